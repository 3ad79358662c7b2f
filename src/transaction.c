#include <signal.h>

#include "base.h"
#include "transaction.h"
#include "buf.h"
#include "commit.h"
#include "diag.h"
#include "guardian.h"
#include "lint.h"
#include "live.h"
#include "transaction_state.h"
#include "transaction_undo.h"

const char *outcome_name(enum outcome_kind kind)
{
	static const char *const names[] = { "same", "applied", "refused", "rolled back",
					     "not as it was" };

	return names[kind];
}

void look_release(struct look *look)
{
	plan_release(&look->plan);
	goal_release(&look->goal);
	ruleset_release(&look->live);
}

static struct goal_input goal_input(const struct transaction *tx, const struct ruleset *live)
{
	return (struct goal_input){
		.config = tx->config,
		.ownership = tx->ownership,
		.wanted = tx->wanted,
		.owned = &tx->old->set,
		.owned_unknown = !tx->old->exists,
		.begun = tx->begun,
		.live = live,
		.tables = tx->tables,
		.making = tx->making,
		.made = tx->made,
	};
}

/* look->live has been read. */
static int plan_from(const struct transaction *tx, enum plan_mode mode, struct look *look,
		     struct diags *diags)
{
	const struct ruleset *live = tx->live ? tx->live : &look->live;
	struct goal_input input = goal_input(tx, live);

	if (goal_build(&input, &look->goal, diags) < 0)
		return -1;
	plan_build(&look->plan, live, &look->goal.set, tx->tables, mode);
	return 0;
}

static int look_again(const struct transaction *tx, enum plan_mode mode, struct look *look,
		      struct diags *diags)
{
	if (!tx->live && live_read(tx->kernel, tx->tables, false, &look->live, diags) < 0)
		return -1;
	return plan_from(tx, mode, look, diags);
}

/* Where nothing has changed since the last apply has seen it, its rules are not read again. */
static int look_first(const struct transaction *tx, uint64_t print, struct look *look,
		      struct diags *diags)
{
	if (tx->live || tx->begun ||
	    !loaded_live_read(tx->fs, tx->old, tx->kernel, print, tx->tables, &look->live))
		return look_again(tx, PLAN_TEXT_FIRST, look, diags);
	return plan_from(tx, PLAN_TEXT_FIRST, look, diags);
}

int transaction_look(const struct transaction *tx, struct look *ret_look, struct diags *diags)
{
	return look_again(tx, PLAN_SHOW, ret_look, diags);
}

/* Exclusive: rules of others are deleted only when that was said, or the table is ours already. */
static int check_take_over(const struct transaction *tx, const struct look *look, bool *ret_needed,
			   struct diags *diags)
{
	bool taken = tx->old->ownership == OWNERSHIP_EXCLUSIVE;
	size_t nr = 0;

	if (tx->ownership != OWNERSHIP_EXCLUSIVE || tx->take_over)
		return 0;
	for (size_t i = 0; i < look->goal.nr_doomed; i++) {
		const struct doomed *d = &look->goal.doomed[i];

		if (taken && tx->old->taken[d->family] >> d->table & 1)
			continue;
		diag_error(diags, NULL, "not rampart's, would be deleted: %s %s: -A %s %s",
			   family_name(d->family), xtable_name(d->table), d->chain, d->rule->spec);
		nr++;
	}
	if (!nr)
		return 0;
	*ret_needed = true;
	return diag_error(diags, NULL,
			  "exclusive ownership would delete %zu rule%s of others: name what has to "
			  "stay by 'preserve', or say --take-over",
			  nr, nr == 1 ? "" : "s");
}

/* What one try leaves: the kernel's words where it refused, and whether another way is left. */
static bool may_try_again(const struct transaction *tx, const struct buf *failure, uint64_t before,
			  enum plan_mode *mode)
{
	if (!failure->len || live_fingerprint(tx->kernel, tx->tables) != before)
		return true; /* somebody else was there in between */
	if (*mode == PLAN_NUMBERS_ONLY)
		return false;
	/* "no rule of that text", though it was listed: some rules print alike but differ */
	*mode = PLAN_NUMBERS_ONLY;
	return true;
}

/*
 * Commit and look again until nothing is left to do. first: a look that still holds, or NULL.
 * ret_last: the last look; its plan is empty on success. But where the commit is known to leave
 * the goal of *ret_made, there is no look behind it. -1: live is not as wanted, after errors.
 */
static int drive(const struct transaction *tx, const struct look *first, struct look *ret_last,
		 const struct look **ret_made, uint64_t *print, struct commit_result *commit,
		 struct diags *diags)
{
	enum plan_mode mode = PLAN_TEXT_FIRST;
	const struct look *now = first;
	bool again = true, undoing = tx->making != tx->wanted;

	*ret_made = NULL;
	for (unsigned int try = 0; again; try++) {
		if (!now) {
			look_release(ret_last);
			*ret_last = (struct look)LOOK_INIT;
			*print = live_fingerprint(tx->kernel, tx->tables);
			if (look_again(tx, mode, ret_last, diags) < 0)
				return -1;
			now = ret_last;
		}
		if (plan_is_empty(&now->plan))
			return 0;
		if (try == TRIES_MAX)
			break;
		if (commit_plan(tx->kernel, &now->plan, tx->proven, tx->tables, *print,
				try < TRIES_ON_LOOK ? COMMIT_ON_LOOK : COMMIT_ON_LIVE, commit,
				diags) < 0)
			return -1;
		FOR_EACH_FAMILY(f)
			tx->made[f] |= commit->made[f] && !undoing;
		if (commit->after && (tx->trust_programs || !commit->by_programs) &&
		    live_fingerprint(tx->kernel, tx->tables) == commit->after) {
			*ret_made = now;
			*print = commit->after;
			return 0;
		}
		again = may_try_again(tx, &commit->failure, *print, &mode);
		now = NULL;
	}
	if (commit->failure.len)
		diag_error(diags, NULL, "the kernel did not take the change: %s",
			   commit->failure.data);
	else if (commit->raced)
		diag_error(diags, NULL, "others changed live rules in each of %d tries",
			   (int)TRIES_MAX);
	else
		diag_error(diags, NULL, "live rules are not as they should be after %d tries",
			   (int)TRIES_MAX);
	return -1;
}

static void report_rest(const struct plan *plan, struct diags *diags)
{
	for (size_t i = 0; i < plan->nr; i++)
		diag_error(diags, NULL, "not as it was: %s %s chain '%s'",
			   family_name(plan->v[i].family), xtable_name(plan->v[i].table),
			   plan->v[i].after->name);
}

/* The way back can be barred where nothing was changed: then all is as it was. */
static bool is_as_before(const struct transaction *tx, const struct look *first,
			 const struct look *last)
{
	if (plan_is_empty(&last->plan)) /* not read */
		return false;
	FOR_EACH_TABLE_BIT(f, t, tx->tables)
		if (!ruleset_same_table(&first->live, &last->live, f, t))
			return false;
	return true;
}

static void roll_back(const struct transaction *tx, const struct look *first,
		      struct outcome *outcome, struct diags *diags)
{
	struct commit_result commit = COMMIT_RESULT_INIT;
	struct look last = LOOK_INIT;
	const struct look *made;
	struct undo undo;
	uint64_t print;

	undo_init(&undo, tx, first);
	if (drive(&undo.tx, NULL, &last, &made, &print, &commit, diags) == 0 ||
	    is_as_before(tx, first, &last)) {
		outcome->kind = OUTCOME_ROLLED_BACK;
		/* what an earlier apply left half done is still half done */
		outcome->unfinished = tx->begun != NULL;
		if (!tx->begun)
			(void)transaction_forget(tx, diags);
	} else {
		outcome->kind = OUTCOME_UNKNOWN;
		outcome->unread = plan_is_empty(&last.plan);
		report_rest(&last.plan, diags);
	}
	commit_result_release(&commit);
	look_release(&last);
	undo_release(&undo);
}

/* While live may be neither old nor new, a Ctrl-C has to wait. */
static void hold_signals(sigset_t *before)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigaddset(&stop, SIGQUIT);
	sigprocmask(SIG_BLOCK, &stop, before);
}

int transaction_restore(const struct transaction *tx, bool *ret_changed, struct diags *diags)
{
	struct transaction restore = *tx;
	bool made[FAMILY_NR] = { false };
	struct commit_result commit = COMMIT_RESULT_INIT;
	struct look first = LOOK_INIT, last = LOOK_INIT;
	const struct look *seen;
	uint64_t print = live_fingerprint(tx->kernel, tx->tables);
	sigset_t before;
	int ret;

	restore.made = made;
	hold_signals(&before);
	ret = look_again(&restore, PLAN_TEXT_FIRST, &first, diags);
	*ret_changed = ret == 0 && !plan_is_empty(&first.plan);
	if (*ret_changed) {
		ret = drive(&restore, &first, &last, &seen, &print, &commit, diags);
		if (ret < 0)
			report_rest(&last.plan, diags);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	commit_result_release(&commit);
	look_release(&last);
	look_release(&first);
	return ret;
}

static void change_live(const struct transaction *tx, const struct look *first, uint64_t print,
			struct outcome *outcome, struct diags *diags)
{
	struct transaction begun = *tx;
	bool made[FAMILY_NR] = { false };
	struct ruleset after = RULESET_INIT;
	struct look last = LOOK_INIT;
	const struct look *from;
	int ret;

	begun.making = tx->wanted;
	begun.made = made;
	ret = drive(&begun, first, &last, &from, &print, &outcome->commit, diags);
	if (ret == 0 && from)
		FOR_EACH_FAMILY(f)
			plan_after(&from->live, &from->goal.set, f, &after);
	if (ret < 0 || transaction_settle(tx, first, from ? &after : &last.live, print, diags) < 0)
		roll_back(&begun, first, outcome, diags);
	else
		outcome->kind = OUTCOME_APPLIED;
	ruleset_release(&after);
	commit_result_release(&outcome->commit);
	look_release(&last);
}

/* From "begun" on. */
static void carry_out(const struct transaction *tx, const struct look *first, uint64_t print,
		      struct outcome *outcome, struct diags *diags)
{
	sigset_t before;

	hold_signals(&before);
	if (transaction_begin(tx, first, diags) == 0) {
		if (tx->guardian && guardian_start(tx->guardian, diags) < 0)
			(void)transaction_forget(tx, diags);
		else
			change_live(tx, first, print, outcome, diags);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

struct outcome transaction_run(const struct transaction *tx, struct diags *diags)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED, .commit = COMMIT_RESULT_INIT };
	struct look first = LOOK_INIT;
	struct goal_input input;
	uint64_t print = live_fingerprint(tx->kernel, tx->tables);

	if (look_first(tx, print, &first, diags) < 0 ||
	    check_take_over(tx, &first, &outcome.needs_take_over, diags) < 0)
		goto out;
	for (size_t i = 0; i < first.goal.nr_waiting; i++)
		diag_note(diags, NULL, "waiting for chain %s", first.goal.waiting[i]);
	lint_hashlimit(&first.live, tx->wanted, diags);
	input = goal_input(tx, &first.live);
	goal_warn(&input, &first.goal, diags);
	FOR_EACH_FAMILY(f)
		plan_count(&first.plan, f, &outcome.added[f], &outcome.removed[f]);
	if (plan_is_empty(&first.plan)) {
		if (transaction_settle_same(tx, &first, print, diags) == 0)
			outcome.kind = OUTCOME_SAME;
	} else if (!tx->guard || tx->guard(tx->guard_arg, &first, diags) == 0) {
		if (tx->announce)
			tx->announce(tx->announce_arg, &first.plan);
		carry_out(tx, &first, print, &outcome, diags);
	}
out:
	look_release(&first);
	return outcome;
}
