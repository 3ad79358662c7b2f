#include "base.h"
#include "transaction_undo.h"

static void copy_rules(struct chain *to, const struct chain *from)
{
	for (size_t i = 0; i < from->nr; i++)
		chain_append(to, chain_rule(from, i));
}

/*
 * Was the chain one that this apply may change as a whole? In exclusive mode those are all that
 * the goal speaks of: preserved ones are not in it.
 */
static bool is_ours(const struct transaction *tx, const struct look *first, enum family family,
		    enum xtable table, const struct chain *chain)
{
	struct goal_input input = { .config = tx->config,
				    .owned = &tx->old->set,
				    .begun = tx->begun };
	const struct chain *goal = ruleset_find(&first->goal.set, family, table, chain->name);
	const struct chain *wanted = ruleset_find(tx->wanted, family, table, chain->name);

	if (chain->flags & CHAIN_BUILTIN || (wanted && wanted->flags & CHAIN_FOREIGN))
		return false;
	return goal_is_own_chain(&input, family, table, chain->name) ||
	       (tx->ownership == OWNERSHIP_EXCLUSIVE && goal);
}

/* A built-in or foreign chain: our jump, or in exclusive mode all its rules, and its policy. */
static void take_shared(struct undo *undo, enum family family, enum xtable table,
			const struct chain *before)
{
	bool whole = undo->tx.ownership == OWNERSHIP_EXCLUSIVE && before->flags & CHAIN_BUILTIN;
	struct chain *chain = NULL;
	bool hooked = false;

	for (size_t i = 0; i < before->nr; i++) {
		const struct rule *rule = chain_rule(before, i);

		if (rule_is_cover(rule) || (!whole && (!rule_is_hook(rule) || hooked)))
			continue;
		hooked |= rule_is_hook(rule);
		if (!chain)
			chain = ruleset_chain(&undo->target, family, table, before->name);
		chain_append(chain, rule);
	}
	if (chain)
		chain->flags |= CHAIN_SHARED |
				(before->flags & CHAIN_BUILTIN ? 0u : (unsigned int)CHAIN_FOREIGN);
}

/* Policies that this apply was to change, as they were; a missing table had accepting ones. */
static void take_policies(struct undo *undo, const struct look *first)
{
	for (size_t i = 0; i < first->plan.nr; i++) {
		const struct change *change = &first->plan.v[i];
		struct chain *chain;

		if (!change->policy)
			continue;
		chain = ruleset_chain(&undo->target, change->family, change->table,
				      change->after->name);
		chain->flags |= CHAIN_SHARED;
		chain->policy = change->old_policy;
	}
}

static void add_ours(struct undo *undo, const struct ruleset *set, bool shared_only)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t) {
			struct chain *ours;

			if (shared_only && chain->flags & CHAIN_DECLARED)
				continue;
			ours = ruleset_chain(&undo->ours.set, f, t, chain->name);
			ours->flags |= chain->flags;
			copy_rules(ours, chain);
		}
	}
}

void undo_init(struct undo *undo, const struct transaction *tx, const struct look *first)
{
	*undo = (struct undo){ .tx = *tx, .target = RULESET_INIT, .ours = STATE_INIT };
	add_ours(undo, &tx->old->set, false);
	add_ours(undo, tx->wanted, true); /* its chains: see making */
	FOR_EACH_TABLE_BIT(f, t, tx->tables) {
		FOR_EACH_CHAIN(chain, &first->live, f, t) {
			struct chain *own;

			if (!is_ours(tx, first, f, t, chain)) {
				take_shared(undo, f, t, chain);
				continue;
			}
			own = ruleset_chain(&undo->target, f, t, chain->name);
			own->flags |= CHAIN_DECLARED;
			copy_rules(own, chain);
		}
	}
	take_policies(undo, first);
	undo->tx.wanted = &undo->target;
	undo->tx.old = &undo->ours;
	undo->tx.take_over = true;
}

void undo_release(struct undo *undo)
{
	ruleset_release(&undo->target);
	state_release(&undo->ours);
}
