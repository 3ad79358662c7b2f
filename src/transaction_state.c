#include "base.h"
#include "transaction_state.h"
#include "buf.h"
#include "diag.h"
#include "place.h"
#include "state.h"
#include "state_text.h"

/* The policy that an owned one had before our first change: kept from state to state. */
static const char *policy_before(const struct transaction *tx, const struct look *first,
				 enum family family, enum xtable table, const char *name)
{
	const struct chain *old = ruleset_find(&tx->old->set, family, table, name);
	const struct chain *live = ruleset_find(&first->live, family, table, name);
	const struct chain *begun = tx->begun ? ruleset_find(tx->begun, family, table, name) : NULL;

	if (old && old->policy_before)
		return old->policy_before;
	if (begun && begun->policy_before)
		return begun->policy_before;
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
	place_tables(tx->wanted, state->tables); /* one that is no longer named is let go */
	state_time_now(state->applied);
	FOR_EACH_TABLE_BIT(f, t, tx->tables) {
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
			if (chain->flags & CHAIN_KEEP_EMPTY) {
				ruleset_chain(&state->set, f, t, chain->name)->flags |=
					CHAIN_DECLARED;
				state->tables[f] |= 1u << t;
			}
	}
	if (tx->ownership == OWNERSHIP_EXCLUSIVE)
		memcpy(state->taken, state->tables, sizeof(state->taken));
}

/* A chain of others in which an interrupted apply may have left a policy or rules. */
static void add_begun_shared(struct chain *to, const struct chain *begun)
{
	if (begun->policy && !to->policy) {
		to->policy = begun->policy;
		to->policy_before = begun->policy_before;
	}
	for (size_t i = 0; i < begun->nr; i++)
		if (!rule_is_hook(chain_rule(begun, i)))
			chain_append(to, chain_rule(begun, i));
}

/* What an interrupted apply may have made: ours as long as this one has not ended. */
static void add_begun(const struct transaction *tx, struct state *state)
{
	if (!tx->begun)
		return;
	place_tables(tx->begun, state->tables);
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(begun, tx->begun, f, t) {
			struct chain *chain = ruleset_chain(&state->set, f, t, begun->name);

			chain->flags |= begun->flags;
			if (!(begun->flags & CHAIN_DECLARED))
				add_begun_shared(chain, begun);
		}
	}
}

/* The new state on disk: "begun" while live may be neither old nor new, "current" at the end. */
static int write_begun(const struct transaction *tx, const struct look *first, bool at_end,
		       struct diags *diags)
{
	struct state state;
	int ret;

	if (tx->keep_state)
		return 0;
	make_state(tx, first, &state);
	if (!at_end)
		add_begun(tx, &state);
	ret = state_write(tx->fs, tx->config, STATE_BEGUN, &state, diags);
	state_release(&state);
	return ret;
}

int transaction_settle(const struct transaction *tx, const struct look *first, uint64_t fingerprint,
		       struct diags *diags)
{
	struct state written = STATE_INIT;
	struct diags unused = DIAGS_INIT;

	if (tx->keep_state)
		return 0;
	if ((tx->begun && write_begun(tx, first, true, diags) < 0) ||
	    state_promote(tx->fs, tx->config, diags) < 0)
		return -1;
	/* from here on it is applied: what follows only spares the next run a look */
	if (state_read_header(tx->fs, tx->config, STATE_CURRENT, &written, &unused) == 0)
		loaded_store(tx->fs, &written, tx->kernel, fingerprint);
	state_release(&written);
	diags_release(&unused);
	return 0;
}

static bool says_the_same(const struct transaction *tx, const struct look *first)
{
	struct buf old = BUF_INIT, new = BUF_INIT;
	struct state state;
	bool same = false;

	if (tx->old->exists) {
		make_state(tx, first, &state);
		memcpy(state.applied, tx->old->applied, sizeof(state.applied));
		state_text_format(tx->old, &old);
		state_text_format(&state, &new);
		same = str_equal(buf_str(&old), buf_str(&new));
		state_release(&state);
	}
	buf_release(&old);
	buf_release(&new);
	return same;
}

/* Nothing to do: the state is written only where it says something else. */
int transaction_settle_same(const struct transaction *tx, const struct look *first,
			    uint64_t fingerprint, struct diags *diags)
{
	if (!tx->begun && says_the_same(tx, first)) {
		loaded_store(tx->fs, tx->old, tx->kernel, fingerprint);
		return 0;
	}
	if (write_begun(tx, first, true, diags) < 0)
		return -1;
	return transaction_settle(tx, first, fingerprint, diags);
}

int transaction_begin(const struct transaction *tx, const struct look *first, struct diags *diags)
{
	return write_begun(tx, first, false, diags);
}
