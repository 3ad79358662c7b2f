#include "base.h"
#include "transaction_undo.h"

static void copy_rules(struct chain *to, const struct chain *from)
{
	for (size_t i = 0; i < from->nr; i++)
		chain_append(to, chain_rule(from, i));
}

/*
 * Was the chain one that this apply may change as a whole? In exclusive mode those are what it
 * declares or removes; a preserved one, even if it was ours, may have lost our jump, no more.
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
	if (tx->ownership == OWNERSHIP_EXCLUSIVE)
		return (wanted && wanted->flags & CHAIN_DECLARED) ||
		       (goal && goal->flags & (CHAIN_REMOVE | CHAIN_KEEP_EMPTY));
	return goal_is_own_chain(&input, family, table, chain->name);
}

/* A chain that was live before, and what is known of it. */
struct known {
	const struct chain *before;
	const struct chain *by[2]; /* the last apply's, an interrupted one's; or NULL */
};

static struct known know(const struct transaction *tx, enum family family, enum xtable table,
			 const struct chain *before)
{
	struct known known = { .before = before };

	known.by[0] = ruleset_find(&tx->old->set, family, table, before->name);
	if (tx->begun)
		known.by[1] = ruleset_find(tx->begun, family, table, before->name);
	return known;
}

/* A rule that we have written, with its origin: nobody takes it for one of others then. */
static const struct rule *find_written(const struct known *known, const struct rule *rule)
{
	const struct rule *found = NULL;

	for (size_t k = 0; k < ARRAY_SIZE(known->by) && !found; k++)
		found = known->by[k] ? chain_find(known->by[k], rule->spec) : NULL;
	return found;
}

/* The same, first at the place that it has in the chain: mostly it is there. */
static const struct rule *find_written_at(const struct known *known, const struct rule *rule,
					  size_t at)
{
	const struct chain *last = known->by[0];
	const struct rule *there = last && at < last->nr ? chain_rule(last, at) : NULL;

	return there && str_equal(there->spec, rule->spec) ? there : find_written(known, rule);
}

/* A built-in or foreign chain, with the rules of others: ours go back to their place among them. */
static void take_shared(struct undo *undo, enum family family, enum xtable table,
			struct known known)
{
	bool whole = undo->tx.ownership == OWNERSHIP_EXCLUSIVE;
	const struct chain *before = known.before;
	struct chain *chain;
	bool hooked = false, ours = whole && before->flags & CHAIN_BUILTIN;

	for (size_t k = 0; k < ARRAY_SIZE(known.by); k++)
		if (known.by[k] && known.by[k]->flags & CHAIN_DECLARED)
			known.by[k] = NULL;
	for (size_t i = 0; !ours && i < before->nr; i++)
		ours = rule_is_hook(chain_rule(before, i)) ||
		       find_written(&known, chain_rule(before, i));
	if (!ours || !before->nr)
		return;
	chain = ruleset_chain(&undo->target, family, table, before->name);
	for (size_t i = 0; i < before->nr; i++) {
		const struct rule *rule = chain_rule(before, i);
		const struct rule *written = find_written(&known, rule);
		bool hook = rule_is_hook(rule);

		if (!rule_is_cover(rule) && !(hook && hooked))
			chain_append(chain, written && !hook ? written : rule);
		hooked |= hook;
	}
	chain->flags |=
		CHAIN_SHARED | (before->flags & CHAIN_BUILTIN ? 0u : (unsigned int)CHAIN_FOREIGN);
}

static void take_own(struct undo *undo, enum family family, enum xtable table, struct known known)
{
	struct chain *chain = ruleset_chain(&undo->target, family, table, known.before->name);

	chain->flags |= CHAIN_DECLARED;
	for (size_t i = 0; i < known.before->nr; i++) {
		const struct rule *rule = chain_rule(known.before, i);
		const struct rule *written = find_written_at(&known, rule, i);

		chain_append(chain, written ? written : rule);
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
				take_own(undo, f, t, know(tx, f, t, chain));
			else
				take_shared(undo, f, t, know(tx, f, t, chain));
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
