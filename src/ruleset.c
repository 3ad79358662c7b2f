#include "base.h"
#include "ruleset.h"
#include "xalloc.h"

struct chain *ruleset_find(const struct ruleset *set, enum family family, enum xtable table,
			   const char *name)
{
	struct chain *chain;

	HASH_FIND_STR(set->chains[family][table], name, chain);
	return chain;
}

struct chain *ruleset_chain(struct ruleset *set, enum family family, enum xtable table,
			    const char *name)
{
	struct chain *chain = ruleset_find(set, family, table, name);

	if (chain)
		return chain;
	chain = arena_alloc(&set->arena, sizeof(*chain));
	chain->name = arena_strdup(&set->arena, name);
	if (xtable_is_builtin(table, name))
		chain->flags |= CHAIN_BUILTIN;
	HASH_ADD_KEYPTR(hh, set->chains[family][table], chain->name, strlen(name), chain);
	return chain;
}

void ruleset_remove_chain(struct ruleset *set, enum family family, enum xtable table,
			  struct chain *chain)
{
	HASH_DEL(set->chains[family][table], chain);
	free(chain->slot);
	chain->slot = NULL;
}

struct rule *ruleset_new_rule(struct ruleset *set)
{
	return arena_alloc(&set->arena, sizeof(struct rule));
}

void ruleset_release(struct ruleset *set)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t)
			free(chain->slot);
		HASH_CLEAR(hh, set->chains[f][t]);
	}
	arena_release(&set->arena);
}

bool ruleset_has_table(const struct ruleset *set, enum family family, enum xtable table)
{
	return set->chains[family][table] != NULL;
}

size_t ruleset_count_rules(const struct ruleset *set, enum family family)
{
	size_t nr = 0;

	FOR_EACH_XTABLE(t)
		FOR_EACH_CHAIN(chain, set, family, t)
			for (size_t i = 0; i < chain->nr; i++)
				nr += !(chain_rule(chain, i)->flags & RULE_HOOK);
	return nr;
}

/* Room for one more on both sides: -A and -I at the top are equally cheap. */
static void make_room(struct chain *chain)
{
	size_t cap, head;
	const struct rule **slot;

	if (chain->head > 0 && chain->head + chain->nr < chain->cap)
		return;
	cap = chain->nr * 2 + 8;
	head = (cap - chain->nr) / 2;
	slot = xreallocarray(NULL, cap, sizeof(*slot));
	if (chain->nr)
		memcpy(slot + head, chain->slot + chain->head, chain->nr * sizeof(*slot));
	free(chain->slot);
	chain->slot = slot;
	chain->head = head;
	chain->cap = cap;
}

void chain_insert(struct chain *chain, size_t at, const struct rule *rule)
{
	const struct rule **first;

	make_room(chain);
	first = chain->slot + chain->head;
	if (at < chain->nr / 2) { /* move the shorter side */
		memmove(first - 1, first, at * sizeof(*first));
		chain->head--;
	} else {
		memmove(first + at + 1, first + at, (chain->nr - at) * sizeof(*first));
	}
	chain->nr++;
	chain->slot[chain->head + at] = rule;
}

void chain_append(struct chain *chain, const struct rule *rule)
{
	chain_insert(chain, chain->nr, rule);
}

void chain_replace(struct chain *chain, size_t at, const struct rule *rule)
{
	chain->slot[chain->head + at] = rule;
}

void chain_remove(struct chain *chain, size_t at)
{
	const struct rule **first = chain->slot + chain->head;

	if (at < chain->nr / 2) {
		memmove(first + 1, first, at * sizeof(*first));
		chain->head++;
	} else {
		memmove(first + at, first + at + 1, (chain->nr - at - 1) * sizeof(*first));
	}
	chain->nr--;
}

void chain_clear(struct chain *chain)
{
	chain->head += chain->nr / 2;
	chain->nr = 0;
}
