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

/*
 * The rule as the state knows it, with its origin, if it is one that an exclusive apply has written
 * among those of others; else NULL.
 */
static const struct rule *find_written(const struct chain *owned, const struct rule *rule)
{
	for (size_t i = 0; owned && i < owned->nr; i++)
		if (str_equal(chain_rule(owned, i)->spec, rule->spec))
			return chain_rule(owned, i);
	return NULL;
}

/* A built-in or foreign chain: what is ours in it, or in exclusive mode all its rules. */
static void take_shared(struct undo *undo, const struct ruleset *old, enum family family,
			enum xtable table, const struct chain *before)
{
	bool whole = undo->tx.ownership == OWNERSHIP_EXCLUSIVE && before->flags & CHAIN_BUILTIN;
	const struct chain *owned = ruleset_find(old, family, table, before->name);
	struct chain *chain = NULL;
	bool hooked = false;

	if (owned && owned->flags & CHAIN_DECLARED)
		owned = NULL;
	for (size_t i = 0; i < before->nr; i++) {
		const struct rule *rule = chain_rule(before, i), *written = NULL;

		if (!rule_is_hook(rule))
			written = find_written(owned, rule);
		if (rule_is_cover(rule) || (!whole && !written && (!rule_is_hook(rule) || hooked)))
			continue;
		hooked |= rule_is_hook(rule);
		if (!chain)
			chain = ruleset_chain(&undo->target, family, table, before->name);
		chain_append(chain, written ? written : rule);
	}
	if (chain)
		chain->flags |= CHAIN_SHARED |
				(before->flags & CHAIN_BUILTIN ? 0u : (unsigned int)CHAIN_FOREIGN);
}

/* A chain of ours, whole. */
static void take_own(struct undo *undo, const struct ruleset *old, enum family family,
		     enum xtable table, const struct chain *before)
{
	const struct chain *owned = ruleset_find(old, family, table, before->name);
	struct chain *chain = ruleset_chain(&undo->target, family, table, before->name);

	chain->flags |= CHAIN_DECLARED;
	for (size_t i = 0; i < before->nr; i++) {
		const struct rule *written = find_written(owned, chain_rule(before, i));

		chain_append(chain, written ? written : chain_rule(before, i));
	}
}

/* Policies that are ours, or were to be, as they were; a missing table had accepting ones. */
static void take_policies(struct undo *undo, const struct look *first)
{
	FOR_EACH_TABLE_BIT(f, t, undo->tx.tables) {
		FOR_EACH_CHAIN(goal, &first->goal.set, f, t) {
			const struct chain *before = ruleset_find(&first->live, f, t, goal->name);
			struct chain *chain;

			if (!goal->policy)
				continue;
			chain = ruleset_chain(&undo->target, f, t, goal->name);
			chain->flags |= CHAIN_SHARED;
			chain->policy = before && before->policy ? before->policy : "ACCEPT";
		}
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
	undo->ours.exists = true; /* whose policies these are is known here */
	add_ours(undo, &tx->old->set, false);
	add_ours(undo, tx->wanted, true); /* its chains: see making */
	FOR_EACH_TABLE_BIT(f, t, tx->tables) {
		FOR_EACH_CHAIN(chain, &first->live, f, t) {
			if (is_ours(tx, first, f, t, chain))
				take_own(undo, &tx->old->set, f, t, chain);
			else
				take_shared(undo, &tx->old->set, f, t, chain);
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
