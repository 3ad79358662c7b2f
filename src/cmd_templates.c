#include "base.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"

static void format_default(const struct param *param, struct buf *buf)
{
	if (param->required) {
		buf_adds(buf, "required");
		return;
	}
	if (param->nr_values != 1)
		buf_addc(buf, '{');
	for (size_t i = 0; i < param->nr_values; i++)
		buf_addf(buf, "%s%s", i ? ", " : "", param->value[i]);
	if (param->nr_values != 1)
		buf_addc(buf, '}');
}

static void print_template(struct report *report, const struct template *template)
{
	report_line(report, "%s", template->help);
	report_line(report, "%s", template->path);
	for (size_t i = 0; i < template->nr_params; i++) {
		const struct param *param = &template->param[i];
		struct buf value = BUF_INIT;

		format_default(param, &value);
		report_line(report, "  %-12s %-8s %-12s %s", param->name,
			    value_type_name(param->type), buf_str(&value), param->help);
		buf_release(&value);
	}
}

static int print_all(struct pipeline *p, struct report *report)
{
	size_t nr;
	const struct template **list = template_list(&p->templates, &nr, p->diags);

	for (size_t i = 0; i < nr; i++) {
		/* "etcd: a client's traffic": the name need not be said twice */
		const char *help = list[i]->help;
		size_t len = strlen(list[i]->name);

		if (str_starts(help, list[i]->name) && str_starts(help + len, ": "))
			help += len + 2;
		report_line(report, "%-16s %s", list[i]->name, help);
	}
	free(list);
	return p->diags->errors ? EXIT_TROUBLE : EXIT_DONE;
}

static int print_one(struct pipeline *p, struct report *report, const char *name)
{
	const struct template *template = template_find(&p->templates, name, NULL, p->diags);

	if (!template)
		return EXIT_TROUBLE;
	print_template(report, template);
	return EXIT_DONE;
}

int cmd_templates(const struct options *options, struct report *report, struct diags *diags)
{
	int ret = EXIT_TROUBLE;
	struct pipeline p;

	if (pipeline_open(&p, options, geteuid() == 0, diags) == 0 && pipeline_baseline(&p) == 0)
		ret = options->nr_args ? print_one(&p, report, options->args[0]) :
					 print_all(&p, report);
	report_finish(report, diags, NULL);
	pipeline_release(&p);
	return ret;
}
