#include "base.h"
#include "ruleset.h"
#include "xalloc.h"

/* All entries of a chain are one array, whose first stays the head of the hash. */
struct spec_entry {
	const char *spec;
	const struct rule *rule;
	UT_hash_handle hh;
};

static void forget_index(struct chain *chain)
{
	struct spec_entry *entries = chain->by_spec;

	if (!entries)
		return;
	HASH_CLEAR(hh, chain->by_spec);
	free(entries);
}

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
	forget_index(chain);
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
		FOR_EACH_CHAIN(chain, set, f, t) {
			forget_index(chain);
			free(chain->slot);
		}
		HASH_CLEAR(hh, set->chains[f][t]);
	}
	arena_release(&set->arena);
}

bool ruleset_has_table(const struct ruleset *set, enum family family, enum xtable table)
{
	return set->chains[family][table] != NULL;
}

bool ruleset_is_empty(const struct ruleset *set)
{
	FOR_EACH_TABLE(f, t)
		if (ruleset_has_table(set, f, t))
			return false;
	return true;
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

bool chain_same_rules(const struct chain *a, const struct chain *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++)
		if (!str_equal(chain_rule(a, i)->spec, chain_rule(b, i)->spec))
			return false;
	return true;
}

static bool same_policy(const struct chain *a, const struct chain *b)
{
	return (!a->policy && !b->policy) ||
	       (a->policy && b->policy && str_equal(a->policy, b->policy));
}

bool ruleset_same_table(const struct ruleset *a, const struct ruleset *b, enum family family,
			enum xtable table)
{
	if (HASH_COUNT(a->chains[family][table]) != HASH_COUNT(b->chains[family][table]))
		return false;
	FOR_EACH_CHAIN(chain, a, family, table) {
		const struct chain *other = ruleset_find(b, family, table, chain->name);

		if (!other || !same_policy(chain, other) || !chain_same_rules(chain, other))
			return false;
	}
	return true;
}

static struct spec_entry *index_rules(const struct chain *chain)
{
	struct spec_entry *entries = xcalloc(chain->nr, sizeof(*entries)), *head = NULL, *found;

	for (size_t i = 0; i < chain->nr; i++) {
		struct spec_entry *entry = &entries[i];

		entry->rule = chain_rule(chain, i);
		entry->spec = entry->rule->spec;
		HASH_FIND_STR(head, entry->spec, found);
		if (!found)
			HASH_ADD_KEYPTR(hh, head, entry->spec, strlen(entry->spec), entry);
	}
	return head;
}

const struct rule *chain_find(const struct chain *chain, const char *spec)
{
	struct spec_entry *found;

	if (!chain->by_spec && chain->nr) /* a memory of what the chain holds, no change of it */
		((struct chain *)chain)->by_spec = index_rules(chain);
	HASH_FIND_STR(chain->by_spec, spec, found);
	return found ? found->rule : NULL;
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

	forget_index(chain);
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
	forget_index(chain);
	chain->slot[chain->head + at] = rule;
}

void chain_remove(struct chain *chain, size_t at)
{
	const struct rule **first = chain->slot + chain->head;

	forget_index(chain);
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
	forget_index(chain);
	chain->head += chain->nr / 2;
	chain->nr = 0;
}
