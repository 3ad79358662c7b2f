#include "base.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"

static void format_value(const struct param *param, size_t i, struct buf *buf)
{
	const char *value = param->value[i];

	/* a text shows where it begins and ends */
	if (param->type == VALUE_STRING)
		buf_addf(buf, "\"%s\"", value);
	else
		buf_adds(buf, value);
}

/* "required", "any", "{80, 443}", "optional {}" */
static void format_default(const struct param *param, struct buf *buf)
{
	bool braces = param->nr_values != 1;

	if (param->required) {
		buf_adds(buf, "required");
		return;
	}
	buf_adds(buf, param->optional ? "optional " : "");
	buf_adds(buf, braces ? "{" : "");
	for (size_t i = 0; i < param->nr_values; i++) {
		buf_adds(buf, i ? ", " : "");
		format_value(param, i, buf);
	}
	buf_adds(buf, braces ? "}" : "");
}

static json_t *param_object(const struct param *param)
{
	json_t *object = json_object(), *values = json_array();

	for (size_t i = 0; i < param->nr_values; i++)
		json_array_append_new(values, report_string(param->value[i]));
	json_object_set_new(object, "name", report_string(param->name));
	json_object_set_new(object, "type", json_string(value_type_name(param->type)));
	json_object_set_new(object, "required", json_boolean(param->required));
	json_object_set_new(object, "optional", json_boolean(param->optional));
	json_object_set_new(object, "default", values);
	json_object_set_new(object, "help", report_string(param->help));
	return object;
}

/* "etcd: a client's traffic": the name need not be said twice. */
static const char *help_of(const struct template *template)
{
	size_t len = strlen(template->name);

	if (str_starts(template->help, template->name) && str_starts(template->help + len, ": "))
		return template->help + len + 2;
	return template->help;
}

static json_t *template_object(const struct template *template)
{
	json_t *object = json_object(), *params = json_array();

	for (size_t i = 0; i < template->nr_params; i++)
		json_array_append_new(params, param_object(&template->param[i]));
	json_object_set_new(object, "name", report_string(template->name));
	json_object_set_new(object, "help", report_string(help_of(template)));
	json_object_set_new(object, "path", report_string(template->path));
	json_object_set_new(object, "parameters", params);
	return object;
}

static void print_template(struct report *report, const struct template *template)
{
	size_t name_width = 0, value_width = 0;
	struct buf value = BUF_INIT;

	for (size_t i = 0; i < template->nr_params; i++) {
		const struct param *param = &template->param[i];
		size_t len = strlen(param->name);

		buf_reset(&value);
		format_default(param, &value);
		name_width = len > name_width ? len : name_width;
		value_width = value.len > value_width ? value.len : value_width;
	}
	report_line(report, "%s: %s", template->name, help_of(template));
	report_line(report, "%s", template->path);
	for (size_t i = 0; i < template->nr_params; i++) {
		const struct param *param = &template->param[i];

		buf_reset(&value);
		format_default(param, &value);
		report_line(report, "  %-*s  %-7s  %-*s  %s", (int)name_width, param->name,
			    value_type_name(param->type), (int)value_width, buf_str(&value),
			    param->help);
	}
	buf_release(&value);
}

static int print_all(struct pipeline *p, struct report *report)
{
	size_t nr, width = 0;
	const struct template **list = template_list(&p->templates, &nr, p->diags);
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
		width = strlen(list[i]->name) > width ? strlen(list[i]->name) : width;
	for (size_t i = 0; i < nr; i++) {
		report_line(report, "%-*s  %s", (int)width, list[i]->name, help_of(list[i]));
		json_array_append_new(array, template_object(list[i]));
	}
	report_set(report, "templates", array);
	free(list);
	return p->diags->errors ? EXIT_TROUBLE : EXIT_DONE;
}

static int print_one(struct pipeline *p, struct report *report, const char *name)
{
	const struct template *template = template_find(&p->templates, name, NULL, p->diags);

	if (!template)
		return EXIT_TROUBLE;
	print_template(report, template);
	report_set(report, "template", template_object(template));
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
