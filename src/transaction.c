#include <signal.h>

#include "base.h"
#include "transaction.h"
#include "buf.h"
#include "commit.h"
#include "diag.h"
#include "fs.h"
#include "lint.h"
#include "live.h"
#include "transaction_undo.h"

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
		.begun = tx->begun,
		.live = live,
		.tables = tx->tables,
		.names_checked = tx->begun_now,
	};
}

static int look_again(const struct transaction *tx, enum plan_mode mode, struct look *look,
		      struct diags *diags)
{
	const struct ruleset *live = tx->live ? tx->live : &look->live;
	struct goal_input input = goal_input(tx, live);

	if (!tx->live && live_read(tx->kernel, tx->tables, false, &look->live, diags) < 0)
		return -1;
	if (goal_build(&input, &look->goal, diags) < 0)
		return -1;
	plan_build(&look->plan, live, &look->goal.set, tx->tables, mode);
	return 0;
}

int transaction_look(const struct transaction *tx, struct look *ret_look, struct diags *diags)
{
	return look_again(tx, PLAN_TEXT_FIRST, ret_look, diags);
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
			  "stay "
			  "by 'preserve', or say --take-over",
			  nr, nr == 1 ? "" : "s");
}

/* The policy that an owned one had before our first change: kept from state to state. */
static const char *policy_before(const struct transaction *tx, const struct look *first,
				 enum family family, enum xtable table, const char *name)
{
	const struct chain *old = ruleset_find(&tx->old->set, family, table, name);
	const struct chain *live = ruleset_find(&first->live, family, table, name);

	if (old && old->policy_before)
		return old->policy_before;
	return live && live->policy ? live->policy : "ACCEPT";
}

/* The state to be: wanted, with what only this apply knows. */
static void make_state(const struct transaction *tx, const struct look *first, struct state *state)
{
	*state = (struct state){ .exists = true,
				 .backend = tx->kernel->kind,
				 .ownership = tx->ownership,
				 .set = RULESET_INIT };
	snprintf(state->version, sizeof(state->version), "%s", tx->version);
	memcpy(state->inputs, tx->inputs, sizeof(state->inputs));
	memcpy(state->tables, tx->tables, sizeof(state->tables));
	state_time_now(state->applied);
	FOR_EACH_TABLE_BIT(f, t, tx->tables) {
		if (tx->ownership == OWNERSHIP_EXCLUSIVE)
			state->taken[f] |= 1u << t;
		FOR_EACH_CHAIN(wanted, tx->wanted, f, t) {
			struct chain *chain = ruleset_chain(&state->set, f, t, wanted->name);

			chain->flags = wanted->flags;
			chain->policy = wanted->policy;
			if (wanted->policy)
				chain->policy_before = policy_before(tx, first, f, t, wanted->name);
			for (size_t i = 0; i < wanted->nr; i++)
				chain_append(chain, chain_rule(wanted, i));
		}
		/* emptied but kept: still ours, or nobody would ever remove it */
		FOR_EACH_CHAIN(chain, &first->goal.set, f, t)
			if (chain->flags & CHAIN_KEEP_EMPTY)
				ruleset_chain(&state->set, f, t, chain->name)->flags |=
					CHAIN_DECLARED;
	}
}

/* The new state on disk: "begun" while live may be neither old nor new, "current" at the end. */
static int write_begun(const struct transaction *tx, const struct look *first, struct diags *diags)
{
	struct state state;
	int ret;

	if (tx->keep_state)
		return 0;
	make_state(tx, first, &state);
	ret = state_write(tx->fs, tx->config, STATE_BEGUN, &state, diags);
	state_release(&state);
	return ret;
}

static int settle(const struct transaction *tx, uint64_t fingerprint, struct diags *diags)
{
	struct state written = STATE_INIT;
	int ret;

	if (tx->keep_state)
		return 0;
	if (state_promote(tx->fs, tx->config, diags) < 0)
		return -1;
	ret = state_read_header(tx->fs, tx->config, STATE_CURRENT, &written, diags);
	if (ret == 0)
		loaded_store(tx->fs, &written, tx->kernel, fingerprint);
	state_release(&written);
	return ret;
}

/* Nothing to do: the state is written only where it says something else. */
static int settle_same(const struct transaction *tx, const struct look *first, uint64_t fingerprint,
		       struct diags *diags)
{
	const struct state *old = tx->old;

	if (old->exists && !tx->begun && str_equal(old->inputs, tx->inputs) &&
	    old->ownership == tx->ownership && old->backend == tx->kernel->kind) {
		loaded_store(tx->fs, old, tx->kernel, fingerprint);
		return 0;
	}
	if (write_begun(tx, first, diags) < 0)
		return -1;
	return settle(tx, fingerprint, diags);
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
 * ret_last: the last look; its plan is empty on success. -1: live is not as wanted, after errors.
 */
static int drive(const struct transaction *tx, const struct look *first, struct look *ret_last,
		 uint64_t *print, struct diags *diags)
{
	enum plan_mode mode = PLAN_TEXT_FIRST;
	const struct look *now = first;
	struct buf failure = BUF_INIT;
	bool again = true;
	int ret = -1;

	for (unsigned int try = 0; again; try++) {
		if (!now) {
			look_release(ret_last);
			*ret_last = (struct look)LOOK_INIT;
			*print = live_fingerprint(tx->kernel, tx->tables);
			if (look_again(tx, mode, ret_last, diags) < 0)
				goto out;
			now = ret_last;
		}
		if (plan_is_empty(&now->plan)) {
			ret = 0;
			goto out;
		}
		if (try == TRIES_MAX)
			break;
		buf_reset(&failure);
		if (commit_plan(tx->kernel, &now->plan, &failure, diags) < 0)
			goto out;
		again = may_try_again(tx, &failure, *print, &mode);
		now = NULL;
	}
	if (failure.len)
		diag_error(diags, NULL, "the kernel did not take the change: %s", failure.data);
	else
		diag_error(diags, NULL, "live rules are not as they should be after %d tries",
			   (int)TRIES_MAX);
out:
	buf_release(&failure);
	return ret;
}

static void report_rest(const struct plan *plan, struct diags *diags)
{
	for (size_t i = 0; i < plan->nr; i++)
		diag_error(diags, NULL, "not as it was: %s %s chain '%s'",
			   family_name(plan->v[i].family), xtable_name(plan->v[i].table),
			   plan->v[i].after->name);
}

static void roll_back(const struct transaction *tx, const struct look *first,
		      struct outcome *outcome, struct diags *diags)
{
	struct look last = LOOK_INIT;
	struct undo undo;
	uint64_t print;

	undo_init(&undo, tx, first);
	if (drive(&undo.tx, NULL, &last, &print, diags) == 0) {
		outcome->kind = OUTCOME_ROLLED_BACK;
		(void)state_remove(tx->fs, tx->config, STATE_BEGUN, diags);
	} else {
		outcome->kind = OUTCOME_UNKNOWN;
		report_rest(&last.plan, diags);
	}
	look_release(&last);
	undo_release(&undo);
}

/* From "begun" on, live may be neither old nor new: a Ctrl-C has to wait. */
static void change_live(const struct transaction *tx, const struct look *first, uint64_t print,
			struct outcome *outcome, struct diags *diags)
{
	struct transaction begun = *tx;
	struct look last = LOOK_INIT;
	sigset_t stop, before;

	begun.begun_now = true;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigaddset(&stop, SIGQUIT);
	sigprocmask(SIG_BLOCK, &stop, &before);
	if (drive(&begun, first, &last, &print, diags) < 0 || settle(tx, print, diags) < 0)
		roll_back(&begun, first, outcome, diags);
	else
		outcome->kind = OUTCOME_APPLIED;
	sigprocmask(SIG_SETMASK, &before, NULL);
	look_release(&last);
}

struct outcome transaction_run(const struct transaction *tx, struct diags *diags)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct look first = LOOK_INIT;
	uint64_t print = live_fingerprint(tx->kernel, tx->tables);

	if (transaction_look(tx, &first, diags) < 0 ||
	    check_take_over(tx, &first, &outcome.needs_take_over, diags) < 0)
		goto out;
	for (size_t i = 0; i < first.goal.nr_waiting; i++)
		diag_note(diags, NULL, "waiting for chain %s", first.goal.waiting[i]);
	lint_hashlimit(&first.live, tx->wanted, diags);
	FOR_EACH_FAMILY(f)
		plan_count(&first.plan, f, &outcome.added[f], &outcome.removed[f]);
	if (plan_is_empty(&first.plan)) {
		if (settle_same(tx, &first, print, diags) == 0)
			outcome.kind = OUTCOME_SAME;
	} else if (write_begun(tx, &first, diags) == 0) {
		if (tx->announce)
			tx->announce(tx->announce_arg, &first.plan);
		change_live(tx, &first, print, &outcome, diags);
	}
out:
	look_release(&first);
	return outcome;
}
