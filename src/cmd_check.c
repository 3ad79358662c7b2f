#include "base.h"
#include "changes.h"
#include "command.h"
#include "diag.h"
#include "live.h"
#include "options.h"
#include "pipeline.h"
#include "recovery.h"
#include "report.h"
#include "watchdog.h"

static int finish(struct pipeline *p, struct report *report, int ret, const char *state)
{
	report_set(report, "state", json_string(state));
	report_finish(report, p->diags, NULL);
	return ret;
}

/* The kernel the rules were applied to, whatever the host's iptables is by now. */
static int choose_kernel(struct pipeline *p)
{
	if (p->options->backend < 0)
		p->config.backend = p->current.backend == KERNEL_NFT ? BACKEND_NFT : BACKEND_LEGACY;
	return pipeline_kernel(p);
}

/* Do the files still say what was applied? */
static int check_inputs(struct pipeline *p, struct report *report)
{
	if (pipeline_discover(p) < 0)
		return finish(p, report, EXIT_TROUBLE, "unknown");
	pipeline_hash(p, p->current.backend);
	if (str_equal(p->inputs, p->current.inputs)) {
		/* what scripts read can't be known: they are run */
		if (!pipeline_has_scripts(p))
			return finish(p, report, EXIT_DONE, "same");
		if (pipeline_compile(p) < 0)
			return finish(p, report, EXIT_TROUBLE, "unknown");
		if (str_equal(p->captured, p->current.captured))
			return finish(p, report, EXIT_DONE, "same");
	}
	report_line(report, "the files have changed since they were applied");
	return finish(p, report, EXIT_DIFFERS, "inputs differ");
}

static int same(struct pipeline *p, struct report *report)
{
	return p->options->inputs ? check_inputs(p, report) : finish(p, report, EXIT_DONE, "same");
}

/* A chain that was emptied but kept looks like one that is declared and empty. apply takes it out
 * as soon as nobody uses it: it must not be told that there is nothing to do. */
static bool may_have_kept(const struct ruleset *set)
{
	FOR_EACH_TABLE(f, t)
		FOR_EACH_CHAIN(chain, set, f, t)
			if (chain->flags & CHAIN_DECLARED && !(chain->flags & CHAIN_BUILTIN) &&
			    !chain->nr)
				return true;
	return false;
}

/* Text against text: what was applied is what is wanted. */
static int compare(struct pipeline *p, struct report *report, uint64_t print)
{
	struct transaction tx = pipeline_applied(p);
	struct look look = LOOK_INIT;
	int ret = EXIT_TROUBLE;

	if (transaction_look(&tx, &look, p->diags) < 0) {
		ret = finish(p, report, EXIT_TROUBLE, "unknown");
	} else if (plan_is_empty(&look.plan)) {
		if (!may_have_kept(&p->current.set))
			loaded_store(&p->fs, &p->current, &p->kernel, print);
		ret = same(p, report);
	} else {
		report_line(report,
			    "live (%s) is not as applied (%s):", kernel_kind_name(p->kernel.kind),
			    ownership_name(p->current.ownership));
		report_set(report, "backend", json_string(kernel_kind_name(p->kernel.kind)));
		changes_report(report, &look.plan, &p->current.set, CHANGES_DRIFT, NULL);
		ret = finish(p, report, EXIT_DIFFERS, "drifted");
	}
	look_release(&look);
	return ret;
}

static int nothing_applied(struct pipeline *p, struct report *report)
{
	report_line(report, "nothing applied yet");
	return finish(p, report, EXIT_DIFFERS, "nothing applied yet");
}

static int run(struct pipeline *p, struct report *report)
{
	uint64_t print;

	if (pipeline_baseline(p) < 0 ||
	    state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) < 0)
		return finish(p, report, EXIT_TROUBLE, "unknown");
	if (!p->current.exists && !state_is_there(&p->fs, &p->config, STATE_BEGUN))
		return nothing_applied(p, report);
	if (choose_kernel(p) < 0)
		return finish(p, report, EXIT_TROUBLE, "unknown");
	print = live_fingerprint(&p->kernel, p->current.tables);
	if (!state_is_there(&p->fs, &p->config, STATE_BEGUN) && !recovery_is_pending(p) &&
	    loaded_matches(&p->fs, &p->current, &p->kernel, print))
		return same(p, report);
	state_release(&p->current);
	if (pipeline_state(p) < 0 || watchdog_recover(p) < 0)
		return finish(p, report, EXIT_TROUBLE, "unknown");
	if (!p->current.exists)
		return nothing_applied(p, report);
	print = live_fingerprint(&p->kernel, p->current.tables);
	return compare(p, report, print);
}

int cmd_check(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, NULL);
		return ret;
	}
	if (pipeline_open(&p, options, true, diags) < 0)
		ret = finish(&p, report, EXIT_TROUBLE, "unknown");
	else
		ret = run(&p, report);
	pipeline_release(&p);
	return ret;
}
