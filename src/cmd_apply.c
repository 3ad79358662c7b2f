#include "base.h"
#include "changes.h"
#include "command.h"
#include "diag.h"
#include "lock.h"
#include "neighbours.h"
#include "options.h"
#include "live.h"
#include "move.h"
#include "pipeline.h"
#include "report.h"

static const char unchanged[] = "live rules not changed";

/* Is everything that could change the rules as it was when live was last seen as applied? */
static bool is_settled(struct pipeline *p)
{
	unsigned int tables[FAMILY_NR];
	struct state header = STATE_INIT;
	bool same = false;

	if (p->options->nr_adopt || p->options->take_over || p->options->move ||
	    p->config.resolve || state_is_there(&p->fs, &p->config, STATE_BEGUN))
		return false;
	if (state_read_header(&p->fs, &p->config, STATE_CURRENT, &header, p->diags) == 0 &&
	    header.exists && str_equal(header.inputs, p->inputs) &&
	    header.backend == p->kernel.kind && header.ownership == p->config.ownership) {
		memcpy(tables, header.tables, sizeof(tables));
		same = loaded_matches(&p->fs, &header, &p->kernel,
				      live_fingerprint(&p->kernel, tables));
	}
	state_release(&header);
	return same;
}

/* Everything up to the canonical ruleset. */
static int prepare(struct pipeline *p)
{
	int proof;

	if (pipeline_state(p) < 0 || pipeline_compile(p) < 0 || pipeline_live(p) < 0 ||
	    pipeline_place(p, false) < 0)
		return -1;
	proof = pipeline_prove(p);
	if (proof > 0)
		return diag_error(p->diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	return proof;
}

static void warn(struct pipeline *p)
{
	if (p->begun.exists)
		diag_warning(p->diags, NULL,
			     "an earlier apply was interrupted: finished by this one");
	neighbours_warn(&p->config, &p->fs, p->diags);
	neighbours_warn_ipv6(&p->config, p->diags);
}

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

static void report_counts(struct pipeline *p, struct report *report, const struct outcome *outcome)
{
	json_t *families = json_object();

	report_info(report, "applied (%s, %s)", kernel_kind_name(p->kernel.kind),
		    ownership_name(p->config.ownership));
	FOR_EACH_FAMILY(f) {
		json_t *counts = json_object();

		json_object_set_new(counts, "added", json_integer((json_int_t)outcome->added[f]));
		json_object_set_new(counts, "removed",
				    json_integer((json_int_t)outcome->removed[f]));
		json_object_set_new(families, family_name(f), counts);
		if (p->config.families & family_bit(f) || outcome->added[f] || outcome->removed[f])
			report_info(report, "  %s: +%zu -%zu rules", family_name(f),
				    outcome->added[f], outcome->removed[f]);
	}
	report_set(report, "changed", families);
}

static int finish(struct pipeline *p, struct report *report, const struct outcome *outcome)
{
	report_set(report, "result", json_string(outcome_name(outcome->kind)));
	if (p->kernel.ops)
		report_set(report, "backend", json_string(p->kernel.ops->name));
	switch (outcome->kind) {
	case OUTCOME_SAME:
		report_info(report, "nothing to do: live is as wanted (%s, %s)",
			    kernel_kind_name(p->kernel.kind), ownership_name(p->config.ownership));
		report_finish(report, p->diags, NULL);
		return EXIT_DONE;
	case OUTCOME_APPLIED:
		report_counts(p, report, outcome);
		report_finish(report, p->diags, NULL);
		return EXIT_DONE;
	case OUTCOME_ROLLED_BACK:
		report_finish(report, p->diags,
			      outcome->unfinished ?
				      "apply failed: live rules are as they were before it, which "
				      "is what an interrupted apply had left" :
				      "apply failed: the old rules are back and verified");
		return EXIT_ROLLED_BACK;
	case OUTCOME_UNKNOWN:
		report_finish(report, p->diags,
			      outcome->unread ?
				      "apply failed, and what is live can't be read back" :
				      "apply failed: live rules are neither the old nor the new "
				      "ones");
		return EXIT_NOT_AS_IT_WAS;
	case OUTCOME_REFUSED: break;
	}
	report_finish(report, p->diags, unchanged);
	return EXIT_TROUBLE;
}

/* Applied, but not taken out of where the rules were before. */
static int finish_unmoved(struct pipeline *p, struct report *report)
{
	report_set(report, "result", json_string(outcome_name(OUTCOME_UNKNOWN)));
	report_set(report, "backend", json_string(p->kernel.ops->name));
	report_finish(report, p->diags,
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

static int run_transaction(struct pipeline *p, struct report *report)
{
	struct transaction tx = pipeline_transaction(p);
	struct announcement announcement = { report, &p->current.set };
	struct outcome outcome;

	if (report->verbose || report->json) {
		tx.announce = announce;
		tx.announce_arg = &announcement;
	}
	warn(p);
	if (move_check(p, &tx) < 0) {
		report_finish(report, p->diags, unchanged);
		return EXIT_TROUBLE;
	}
	outcome = transaction_run(&tx, p->diags);
	if (outcome.needs_take_over && ask_take_over(report, p->diags)) {
		tx.take_over = true;
		outcome = transaction_run(&tx, p->diags);
	}
	if (p->options->move && (outcome.kind == OUTCOME_SAME || outcome.kind == OUTCOME_APPLIED) &&
	    move_finish(p) < 0)
		return finish_unmoved(p, report);
	return finish(p, report, &outcome);
}

static int run(struct pipeline *p, struct lock *lock, struct report *report)
{
	struct outcome same = { .kind = OUTCOME_SAME }, refused = { .kind = OUTCOME_REFUSED };

	if (lock_own(lock, &p->fs, p->diags) < 0 || pipeline_baseline(p) < 0 ||
	    pipeline_kernel(p) < 0 || pipeline_discover(p) < 0)
		return finish(p, report, &refused);
	pipeline_hash(p, p->kernel.kind);
	if (is_settled(p))
		return finish(p, report, &same);
	/* compiled and proven before the others have to wait */
	if (prepare(p) < 0 || lock_xtables(lock, p->kernel.kind == KERNEL_LEGACY, p->diags) < 0)
		return finish(p, report, &refused);
	return run_transaction(p, report);
}

int cmd_apply(const struct options *options, struct report *report, struct diags *diags)
{
	struct lock lock = LOCK_INIT;
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, unchanged);
		return ret;
	}
	if (pipeline_open(&p, options, false, diags) < 0) {
		report_finish(report, diags, unchanged);
		ret = EXIT_TROUBLE;
	} else {
		ret = run(&p, &lock, report);
	}
	/* ifupdown would leave the interface down: only where the baseline wants that */
	if (options->hook && !p.config.hook_exit_fail)
		ret = EXIT_DONE;
	lock_release(&lock);
	pipeline_release(&p);
	return ret;
}
