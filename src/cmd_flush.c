#include "base.h"
#include "command.h"
#include "diag.h"
#include "flush.h"
#include "generation.h"
#include "lock.h"
#include "options.h"
#include "pipeline.h"
#include "recovery.h"
#include "report.h"
#include "watchdog.h"

/* Where the rules are, unless another backend was named. */
static int choose_kernel(struct pipeline *p)
{
	if (p->options->backend < 0 && p->current.exists)
		p->config.backend = p->current.backend == KERNEL_NFT ? BACKEND_NFT : BACKEND_LEGACY;
	return pipeline_kernel(p);
}

/* Nothing is applied any more; chains that had to be kept stay in the state. */
static int forget(struct pipeline *p)
{
	struct state left = STATE_INIT;
	int ret = state_read(&p->fs, &p->config, STATE_CURRENT, &left, p->diags);

	if (ret == 0 && ruleset_is_empty(&left.set))
		ret = state_remove(&p->fs, &p->config, STATE_CURRENT, p->diags);
	if (ret == 0)
		ret = state_remove(&p->fs, &p->config, STATE_BEGUN, p->diags);
	state_release(&left);
	return ret;
}

static int finish(struct pipeline *p, struct report *report, const struct outcome *outcome,
		  bool known)
{
	bool done = outcome->kind == OUTCOME_APPLIED || outcome->kind == OUTCOME_SAME;

	report_set(report, "result", json_string(outcome_name(outcome->kind)));
	if (p->kernel.ops)
		report_set(report, "backend", json_string(p->kernel.ops->name));
	if (done && known && forget(p) < 0) {
		report_finish(report, p->diags, "flushed, but the state could not be removed");
		return outcome->kind == OUTCOME_APPLIED ? EXIT_NOT_AS_IT_WAS : EXIT_TROUBLE;
	}
	if (outcome->kind == OUTCOME_APPLIED)
		report_set(report, "commit", json_string(commit_way_name(outcome->commit.way)));
	if (outcome->kind == OUTCOME_APPLIED)
		report_info(report, "flushed (%s), rules removed: %zu",
			    kernel_kind_name(p->kernel.kind),
			    outcome->removed[FAMILY_IPV4] + outcome->removed[FAMILY_IPV6]);
	else if (outcome->kind == OUTCOME_SAME)
		report_info(report, "nothing to flush (%s)", kernel_kind_name(p->kernel.kind));
	switch (outcome->kind) {
	case OUTCOME_ROLLED_BACK:
		report_finish(report, p->diags, "flush failed: the rules are back and verified");
		return EXIT_ROLLED_BACK;
	case OUTCOME_UNKNOWN:
		report_finish(report, p->diags,
			      outcome->unread ?
				      "flush failed, and what is live can't be read back" :
				      "flush failed: live rules are not what they were");
		return EXIT_NOT_AS_IT_WAS;
	case OUTCOME_REFUSED:
		report_finish(report, p->diags, "live rules not changed");
		return EXIT_TROUBLE;
	default: report_finish(report, p->diags, NULL); return EXIT_DONE;
	}
}

/* With the rules gone there is nothing left to confirm: its watchdog sees that. */
static int reject_pending(struct pipeline *p)
{
	struct generations list = GENERATIONS_INIT;
	int ret;

	if (!recovery_is_pending(p))
		return 0;
	ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);
	if (ret == 0)
		ret = generation_reject(&p->fs, &p->config, generation_current(&list), p->diags);
	if (ret == 0)
		diag_warning(p->diags, NULL, "generation %u, which was pending, is rejected",
			     p->current.generation);
	generations_release(&list);
	return ret;
}

static int run(struct pipeline *p, struct lock *lock, struct report *report)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct watchdog watchdog = { .p = p, .lock = lock };
	struct guardian guardian = { .run = watchdog_run, .arg = &watchdog, .lock = lock };
	bool known = false;

	if (lock_own(lock, &p->fs, p->diags) == 0 && pipeline_baseline(p) == 0 &&
	    pipeline_state(p) == 0 && choose_kernel(p) == 0 &&
	    lock_xtables(lock, p->kernel.kind == KERNEL_LEGACY, p->diags) == 0 &&
	    reject_pending(p) == 0) {
		if (p->begun.exists)
			diag_warning(p->diags, NULL,
				     "an earlier apply was interrupted: finished by this flush");
		known = p->current.backend == p->kernel.kind || !p->current.exists;
		outcome = flush_backend(p, &p->kernel, known ? &p->current : NULL, !known,
					known ? &guardian : NULL);
		guardian_end(&guardian);
	}
	return finish(p, report, &outcome, known);
}

int cmd_flush(const struct options *options, struct report *report, struct diags *diags)
{
	struct lock lock = LOCK_INIT;
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, "live rules not changed");
		return ret;
	}
	if (pipeline_open(&p, options, false, diags) < 0) {
		report_finish(report, diags, "live rules not changed");
		ret = EXIT_TROUBLE;
	} else {
		ret = run(&p, &lock, report);
	}
	lock_release(&lock);
	pipeline_release(&p);
	return ret;
}
