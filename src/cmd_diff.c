#include "base.h"
#include "changes.h"
#include "command.h"
#include "diag.h"
#include "generation.h"
#include "lint.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"

static int fail(struct pipeline *p, struct report *report, int ret)
{
	report_finish(report, p->diags, NULL);
	return ret;
}

static int prepare(struct pipeline *p)
{
	int proof;

	if (pipeline_baseline(p) < 0 || pipeline_kernel(p) < 0 || pipeline_discover(p) < 0)
		return -1;
	/* files against a file: what this host's last apply left has no say in it */
	if (!p->options->live && pipeline_state(p) < 0)
		return -1;
	if (pipeline_compile(p) < 0 || pipeline_live(p) < 0 || pipeline_place(p, false) < 0)
		return -1;
	proof = pipeline_prove(p);
	if (proof > 0)
		return diag_error(p->diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	return proof;
}

/* Towards what a generation has, instead of what the files say. */
static int read_generation(struct pipeline *p, struct state *target)
{
	struct generations list = GENERATIONS_INIT;
	const struct generation *g = NULL;
	int ret = -1;

	if (p->options->live) {
		diag_error(p->diags, NULL, "--live and --generation can't be used together");
	} else if (pipeline_baseline(p) == 0 && pipeline_kernel(p) == 0 && pipeline_state(p) == 0 &&
		   generation_list(&p->fs, &p->config, &p->current, &list, p->diags) == 0) {
		g = generation_find(&list, p->options->generation);
		if (!g)
			diag_error(p->diags, NULL,
				   "there is no generation %u: 'rampart history' lists them",
				   p->options->generation);
		else
			ret = generation_read(&p->fs, &p->config, g, target, p->diags);
	}
	generations_release(&list);
	return ret;
}

static struct transaction towards_generation(struct pipeline *p, const struct state *target)
{
	struct transaction tx = pipeline_transaction(p);

	tx.wanted = &target->set;
	tx.ownership = target->ownership;
	FOR_EACH_FAMILY(f)
		tx.tables[f] = p->current.tables[f] | p->begun.tables[f] | target->tables[f];
	return tx;
}

static int run(struct pipeline *p, struct report *report)
{
	struct state target = STATE_INIT;
	struct look look = LOOK_INIT;
	struct transaction tx;
	size_t nr;
	int ret;

	if (p->options->generation ? read_generation(p, &target) < 0 : prepare(p) < 0) {
		state_release(&target);
		return fail(p, report, EXIT_TROUBLE);
	}
	tx = p->options->generation ? towards_generation(p, &target) : pipeline_transaction(p);
	if (p->current.exists && p->current.backend != p->kernel.kind)
		diag_note(p->diags, NULL, "the last apply was to backend %s",
			  kernel_kind_name(p->current.backend));
	if (transaction_look(&tx, &look, p->diags) < 0) {
		look_release(&look);
		state_release(&target);
		return fail(p, report, EXIT_TROUBLE);
	}
	for (size_t i = 0; i < look.goal.nr_waiting; i++)
		diag_note(p->diags, NULL, "waiting for chain %s", look.goal.waiting[i]);
	lint_hashlimit(tx.live ? tx.live : &look.live, tx.wanted, p->diags);
	if (changes_any(&look.plan, p->options)) {
		report_line(report, "--- live (%s)",
			    p->options->live ? p->options->live : kernel_kind_name(p->kernel.kind));
		report_line(report, "+++ wanted (%s)", ownership_name(tx.ownership));
	}
	nr = changes_report(report, &look.plan, &p->current.set, CHANGES_DIFF, p->options);
	ret = nr ? EXIT_DIFFERS : EXIT_DONE;
	report_set(report, "backend", json_string(kernel_kind_name(p->kernel.kind)));
	report_finish(report, p->diags, NULL);
	look_release(&look);
	state_release(&target);
	return ret;
}

int cmd_diff(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret = options->live ? EXIT_DONE : command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, NULL);
		return ret;
	}
	if (pipeline_open(&p, options, true, diags) < 0)
		ret = fail(&p, report, EXIT_TROUBLE);
	else
		ret = run(&p, report);
	pipeline_release(&p);
	return ret;
}
