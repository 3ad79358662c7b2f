#include "base.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"

static json_t *dropin_object(const struct dropin *dropin)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", report_string(dropin->name));
	json_object_set_new(object, "path", report_string(dropin->path));
	json_object_set_new(object, "layer", report_string(dropin->layer));
	json_object_set_new(object, "kind", json_string(dropin_kind_name(dropin->kind)));
	return object;
}

static void print_dropins(struct pipeline *p, struct report *report)
{
	json_t *list = json_array();
	size_t width = 0;

	for (size_t i = 0; i < p->dropins.nr; i++) {
		size_t len = strlen(p->dropins.v[i].name);

		width = len > width ? len : width;
	}
	for (size_t i = 0; i < p->dropins.nr; i++) {
		const struct dropin *d = &p->dropins.v[i];

		report_line(report, "%-*s  %-6s  %s", (int)width, d->name,
			    dropin_kind_name(d->kind), d->layer);
		json_array_append_new(list, dropin_object(d));
	}
	report_set(report, "dropins", list);
}

static void print_skipped(struct pipeline *p, struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->dropins.nr_skipped; i++) {
		const struct skipped *s = &p->dropins.skipped[i];
		json_t *object = json_object();

		report_line(report, "- %s: %s", s->path, s->reason);
		json_object_set_new(object, "path", report_string(s->path));
		json_object_set_new(object, "reason", report_string(s->reason));
		json_array_append_new(list, object);
	}
	report_set(report, "skipped", list);
}

int cmd_list(const struct options *options, struct report *report, struct diags *diags)
{
	int ret = EXIT_TROUBLE;
	struct pipeline p;

	if (pipeline_open(&p, options, geteuid() == 0, diags) == 0 && pipeline_baseline(&p) == 0) {
		/* what could be read is listed, even if something could not */
		ret = pipeline_discover(&p) < 0 ? EXIT_TROUBLE : EXIT_DONE;
		print_dropins(&p, report);
		if (options->all)
			print_skipped(&p, report);
	}
	report_finish(report, diags, NULL);
	pipeline_release(&p);
	return ret;
}
