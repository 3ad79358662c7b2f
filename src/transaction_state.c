#include "base.h"
#include "transaction_state.h"
#include "buf.h"
#include "diag.h"
#include "generation.h"
#include "place.h"
#include "state.h"
#include "state_text.h"
#include "transaction_undo.h"

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
	memcpy(state->captured, tx->captured, sizeof(state->captured));
	state->generation = tx->generation;
	memcpy(state->by, tx->by, sizeof(state->by));
	memcpy(state->token, tx->token, sizeof(state->token));
	state->ipsets = tx->ipsets;
	state->wishes = tx->wishes;
	state_set_preserved(state, tx->config);
	state_boot_now(state->boot);
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

/* What "current" says now has its name among the generations before it is replaced. */
static int keep_old(const struct transaction *tx, const struct generations *list,
		    struct diags *diags)
{
	const struct generation *current = generation_current(list);

	if (!current || current->has_file || current->status == GENERATION_PENDING)
		return 0;
	return generation_keep(tx->fs, tx->config, current->number, current->status, diags);
}

static int keep_new(const struct transaction *tx, struct diags *diags)
{
	struct state header = STATE_INIT;
	struct generations list = GENERATIONS_INIT;
	int ret = 0;

	if (!tx->token[0]) {
		if (tx->generation)
			ret |= generation_keep(tx->fs, tx->config, tx->generation, GENERATION_GOOD,
					       diags);
		ret |= state_remove(tx->fs, tx->config, STATE_UNDO, diags);
	}
	/* a pending one may have to go back to the oldest of them */
	if (!tx->token[0] &&
	    state_read_header(tx->fs, tx->config, STATE_CURRENT, &header, diags) == 0 &&
	    generation_list(tx->fs, tx->config, &header, &list, diags) == 0)
		ret |= generation_prune(tx->fs, tx->config, &list, diags);
	generations_release(&list);
	state_release(&header);
	return ret;
}

/* The new one is live and written: what fails from here on is no reason to undo that. */
static void after_settled(const struct transaction *tx, const struct ruleset *live,
			  uint64_t fingerprint, struct diags *diags)
{
	struct state written = STATE_INIT;
	struct diags unused = DIAGS_INIT, faults = DIAGS_INIT;

	if (keep_new(tx, &faults) < 0)
		for (size_t i = 0; i < faults.nr; i++)
			diag_warning(diags, NULL,
				     "the history of generations is not complete: %s: %s",
				     faults.list[i].file, faults.list[i].text);
	/* this only spares the next run a look */
	if (state_read_header(tx->fs, tx->config, STATE_CURRENT, &written, &unused) == 0) {
		loaded_store(tx->fs, &written, tx->kernel, fingerprint);
		loaded_live_store(tx->fs, &written, tx->kernel, fingerprint, tx->tables, live);
	}
	state_release(&written);
	diags_release(&unused);
	diags_release(&faults);
}

int transaction_settle(const struct transaction *tx, const struct look *first,
		       const struct ruleset *live, uint64_t fingerprint, struct diags *diags)
{
	struct generations list = GENERATIONS_INIT;
	int ret = -1;

	if (tx->keep_state)
		return 0;
	if ((!tx->begun || write_begun(tx, first, true, diags) == 0) &&
	    generation_list(tx->fs, tx->config, tx->old, &list, diags) == 0 &&
	    keep_old(tx, &list, diags) == 0 &&
	    state_rename(tx->fs, tx->config, STATE_BEGUN, STATE_CURRENT, diags) == 0) {
		after_settled(tx, live, fingerprint, diags);
		ret = 0;
	}
	generations_release(&list);
	return ret;
}

static bool says_the_same(const struct transaction *tx, const struct look *first)
{
	struct buf old = BUF_INIT, new = BUF_INIT;
	struct state state;
	bool same = false;

	if (tx->old->exists) {
		make_state(tx, first, &state);
		memcpy(state.applied, tx->old->applied, sizeof(state.applied));
		memcpy(state.by, tx->old->by, sizeof(state.by));
		memcpy(state.boot, tx->old->boot, sizeof(state.boot));
		state.generation = tx->old->generation;
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
	struct transaction same = *tx;

	same.token[0] = '\0'; /* nothing was changed that would have to be confirmed */
	if (!tx->begun && says_the_same(&same, first)) {
		loaded_store(tx->fs, tx->old, tx->kernel, fingerprint);
		loaded_live_store(tx->fs, tx->old, tx->kernel, fingerprint, tx->tables,
				  &first->live);
		return 0;
	}
	if (write_begun(&same, first, true, diags) < 0)
		return -1;
	return transaction_settle(&same, first, &first->live, fingerprint, diags);
}

/* The owned part of what is live, under the head of what was applied. */
static int write_undo(const struct transaction *tx, const struct look *first, struct diags *diags)
{
	struct state state = *tx->old;
	struct undo undo;
	int ret;

	undo_init(&undo, tx, first);
	state.set = undo.target;
	state.backend = tx->kernel->kind;
	state.ownership = tx->ownership;
	state_set_preserved(&state, tx->config);
	memcpy(state.tables, tx->tables, sizeof(state.tables));
	ret = state_write(tx->fs, tx->config, STATE_UNDO, &state, diags);
	undo.target = state.set; /* its arena may have grown */
	undo_release(&undo);
	return ret;
}

int transaction_begin(const struct transaction *tx, const struct look *first, struct diags *diags)
{
	if (tx->keep_state)
		return 0;
	/* an interrupted apply's undo leads further back than what it has left */
	if (!tx->begun && write_undo(tx, first, diags) < 0)
		return -1;
	return write_begun(tx, first, false, diags);
}

int transaction_forget(const struct transaction *tx, struct diags *diags)
{
	if (tx->keep_state)
		return 0;
	if (state_remove(tx->fs, tx->config, STATE_BEGUN, diags) < 0)
		return -1;
	return state_remove(tx->fs, tx->config, STATE_UNDO, diags);
}
