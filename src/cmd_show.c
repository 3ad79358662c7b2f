#include "base.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "payload.h"
#include "pipeline.h"
#include "place.h"
#include "report.h"

static int fail(struct pipeline *p, struct report *report)
{
	report_finish(report, p->diags, NULL);
	return EXIT_TROUBLE;
}

static void print_family(struct pipeline *p, struct report *report, const struct ruleset *set,
			 enum family family)
{
	struct payload_style style = { .origins = p->options->origins };
	struct payload payload = PAYLOAD_INIT;
	unsigned int tables[FAMILY_NR] = { 0 };
	struct buf head = BUF_INIT;

	place_tables(set, tables);
	if (p->options->table >= 0)
		tables[family] &= 1u << p->options->table;
	payload_render(&payload, set, family, tables[family], &style);
	if (payload.text.len) {
		buf_addf(&head, "# %s, %s\n", family_name(family),
			 ownership_name(p->config.ownership));
		report_bytes(report, head.data, head.len);
		report_bytes(report, payload.text.data, payload.text.len);
	}
	buf_release(&head);
	payload_release(&payload);
}

static int run(struct pipeline *p, struct report *report)
{
	const struct ruleset *set = &p->placed;
	int proof;

	if (pipeline_baseline(p) < 0 || pipeline_discover(p) < 0 || pipeline_compile(p) < 0 ||
	    pipeline_place(p, true) < 0)
		return fail(p, report);
	if (p->options->canonical) {
		if (!p->kernel.ops && pipeline_kernel(p) < 0)
			return fail(p, report);
		proof = pipeline_prove(p);
		if (proof > 0)
			diag_error(p->diags, NULL, "no network namespace can be made here: %s",
				   strerror(errno));
		if (proof)
			return fail(p, report);
		set = &p->canonical;
	}
	FOR_EACH_FAMILY(f)
		if (p->options->families & family_bit(f))
			print_family(p, report, set, f);
	report_finish(report, p->diags, NULL);
	return EXIT_DONE;
}

int cmd_show(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret;

	if (pipeline_open(&p, options, geteuid() == 0, diags) < 0)
		ret = fail(&p, report);
	else
		ret = run(&p, report);
	pipeline_release(&p);
	return ret;
}
