#include "base.h"
#include "apply.h"
#include "changes.h"
#include "command.h"
#include "confirm.h"
#include "diag.h"
#include "generation.h"
#include "lockout.h"
#include "move.h"
#include "neighbours.h"
#include "options.h"
#include "recovery.h"
#include "report.h"
#include "wish.h"

static const char unchanged[] = "live rules not changed";

/* At a terminal the question can be asked; what would be deleted has just been listed. */
static bool ask_take_over(struct report *report, struct diags *diags)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || report->json)
		return false;
	report_diags(report, diags);
	diags_release(diags);
	fputs("Delete these rules? Type yes: ", stdout);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && str_equal(answer, "yes\n");
}

/* Applied, but not taken out of where the rules were before. */
static int finish_unmoved(struct apply *a)
{
	report_set(a->report, "result", json_string(outcome_name(OUTCOME_UNKNOWN)));
	report_set(a->report, "backend", json_string(a->p.kernel.ops->name));
	report_finish(a->report, a->p.diags,
		      "applied, but rampart's rules are live in the other backend as well");
	return EXIT_NOT_AS_IT_WAS;
}

struct announcement {
	struct report *report;
	const struct ruleset *known;
};

static void announce(void *arg, const struct plan *plan)
{
	const struct announcement *a = arg;

	changes_report(a->report, plan, a->known, CHANGES_DIFF, NULL);
}

static struct outcome run_transaction(struct apply *a, const struct transaction *given)
{
	struct announcement announcement = { a->report, &a->p.current.set };
	struct transaction tx = *given;
	struct lockout lockout = { .kernel = &a->p.kernel,
				   .tables = tx.tables,
				   .confirm = a->confirm };
	struct outcome outcome;

	if (a->report->verbose || a->report->json) {
		tx.announce = announce;
		tx.announce_arg = &announcement;
	}
	if (!a->p.options->force) {
		tx.guard = lockout_guard;
		tx.guard_arg = &lockout;
	}
	outcome = apply_make(a, &tx);
	if (outcome.needs_take_over && ask_take_over(a->report, a->p.diags)) {
		tx.take_over = true;
		outcome = apply_make(a, &tx);
	}
	return outcome;
}

static int refuse(struct apply *a)
{
	struct outcome refused = { .kind = OUTCOME_REFUSED };

	return apply_finish(a, "apply", &refused);
}

/* A generation that waits for its confirm is nobody's to replace by accident. */
static int refuse_pending(struct apply *a)
{
	struct pipeline *p = &a->p;
	struct pending pending;

	if (!recovery_is_pending(p))
		return 0;
	state_release(&p->current);
	if (pipeline_state(p) < 0)
		return -1;
	switch (watchdog_check(p, &a->lock, &pending)) {
	case WATCH_WAITING:
		return diag_error(p->diags, NULL,
				  "generation %u waits for its confirm (token %s, %lld seconds "
				  "left): 'rampart confirm' keeps it, 'rampart rollback' goes back",
				  pending.generation, pending.token, pending_left(&pending));
	case WATCH_FAILED: return -1;
	default: return 0;
	}
}

static int run(struct apply *a)
{
	struct pipeline *p = &a->p;
	struct outcome outcome = { .kind = OUTCOME_SAME };
	struct transaction tx;

	a->confirm = p->options->confirm;
	if (a->confirm && p->options->move) {
		/* a rollback would find nothing to go back to in this backend */
		diag_error(p->diags, NULL,
			   "--move and --confirm can't be used together: what was moved "
			   "can't be rolled back");
		return refuse(a);
	}
	if (apply_lock(a) < 0 || refuse_pending(a) < 0 || apply_inputs(a) < 0)
		return refuse(a);
	if (apply_is_settled(a, true)) {
		apply_take_wishes(a);
		(void)wish_fill_ipsets(buf_str(&a->wishes), p->diags);
		(void)wish_set_sysctls(buf_str(&a->wishes), p->diags);
		return apply_finish(a, "apply", &outcome);
	}
	if (apply_recover(a) < 0 || apply_prepare(a) < 0 || apply_transaction(a, &tx) < 0)
		return refuse(a);
	neighbours_warn(&p->config, &p->fs, p->diags);
	neighbours_warn_ipv6(&p->config, p->diags);
	if (move_check(p, &tx) < 0)
		return refuse(a);
	outcome = run_transaction(a, &tx);
	if (p->options->move && (outcome.kind == OUTCOME_SAME || outcome.kind == OUTCOME_APPLIED) &&
	    move_finish(p) < 0)
		return finish_unmoved(a);
	if (outcome.kind == OUTCOME_APPLIED && a->confirm)
		return confirm_wait(a, &outcome);
	return apply_finish(a, "apply", &outcome);
}

int cmd_apply(const struct options *options, struct report *report, struct diags *diags)
{
	struct apply a;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, unchanged);
		return ret;
	}
	if (apply_open(&a, options, report, diags) < 0) {
		report_finish(report, diags, unchanged);
		ret = EXIT_TROUBLE;
	} else {
		ret = run(&a);
	}
	apply_release(&a);
	return ret;
}
