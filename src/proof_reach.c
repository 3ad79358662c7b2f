#include "base.h"
#include "proof_reach.h"

struct walk {
	const struct ruleset *set;
	enum family family;
	enum xtable table;
	struct reach *all; /* the hash's head is the array's first */
	struct reach **waiting;
	size_t nr_waiting;
};

const struct reach *reach_find(struct reach *all, const struct chain *chain)
{
	struct reach *found;

	HASH_FIND_PTR(all, &chain, found);
	return found;
}

/* Each chain waits at most once for each bit that it is given: loops come to an end. */
static void spread(struct walk *w, const struct reach *from)
{
	for (size_t i = 0; i < from->chain->nr; i++) {
		const struct rule *rule = chain_rule(from->chain, i);
		const struct chain *chain =
			rule->target ? ruleset_find(w->set, w->family, w->table, rule->target) :
				       NULL;
		struct reach *to = chain ? (struct reach *)reach_find(w->all, chain) : NULL;

		if (!to)
			continue;
		if (rule->flags & RULE_HOOK && from->chain->flags & CHAIN_BUILTIN)
			to->hooked |= from->builtins;
		if (!(from->builtins & ~to->builtins))
			continue;
		to->builtins |= from->builtins;
		w->waiting[w->nr_waiting++] = to;
	}
}

struct reach *reach_of(const struct ruleset *set, enum family family, enum xtable table)
{
	struct walk w = { .set = set, .family = family, .table = table };
	size_t nr = HASH_COUNT(set->chains[family][table]), at = 0, bits = 0;
	struct reach *array = xcalloc(nr + 1, sizeof(*array));

	while (xtable_builtins(table)[bits])
		bits++;
	w.waiting = xcalloc(nr * (bits + 1) + 1, sizeof(struct reach *)); /* NOLINT */
	FOR_EACH_CHAIN(chain, set, family, table) {
		struct reach *reach = &array[at++];

		reach->chain = chain;
		reach->builtins = xtable_builtin_bit(table, chain->name);
		HASH_ADD_PTR(w.all, chain, reach);
		if (reach->builtins)
			w.waiting[w.nr_waiting++] = reach;
	}
	while (w.nr_waiting)
		spread(&w, w.waiting[--w.nr_waiting]);
	free(w.waiting);
	if (!w.all)
		free(array);
	return w.all;
}

void reach_release(struct reach *all)
{
	struct reach *array = all;

	HASH_CLEAR(hh, all);
	free(array);
}
