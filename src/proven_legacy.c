#include "base.h"
#include "proven_legacy.h"
#include "kernel_blob.h"
#include "ruleset.h"

struct entry {
	const struct rule *rule;
	const char *entry;
};

struct proven_table {
	struct blob blob;
	struct entry *entries; /* in the order of the rules' addresses */
	size_t nr, cap;
};

struct proven_legacy {
	struct proven_table table[FAMILY_NR][XTABLE_NR];
};

struct proven_legacy *proven_legacy_read(int netns, const unsigned int tables[FAMILY_NR])
{
	struct proven_legacy *proven = xcalloc(1, sizeof(*proven));

	FOR_EACH_TABLE_BIT(f, t, tables) {
		if (blob_read(f, t, netns, &proven->table[f][t].blob) < 0) {
			proven_legacy_free(proven);
			return NULL;
		}
	}
	return proven;
}

void proven_legacy_free(struct proven_legacy *proven)
{
	if (!proven)
		return;
	FOR_EACH_TABLE(f, t) {
		blob_release(&proven->table[f][t].blob);
		free(proven->table[f][t].entries);
	}
	free(proven);
}

/* --- which entry is which rule -------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct entry *)a)->rule;
	uintptr_t y = (uintptr_t)((const struct entry *)b)->rule;

	return (x > y) - (x < y);
}

/* chain: NULL: there is none. */
static int match_chain(struct proven_table *table, struct blob_at *at, const struct chain *chain)
{
	size_t nr = 0;

	if (!chain && !at->policy)
		return -1;
	for (; blob_next_rule(at); nr++) {
		if (!chain || nr == chain->nr)
			return -1;
		if (!blob_rule_is_movable(at))
			continue;
		XGROW(table->entries, table->nr, table->cap);
		table->entries[table->nr++] = (struct entry){ chain_rule(chain, nr), at->rule };
	}
	return chain && nr != chain->nr ? -1 : 0;
}

static int match_table(struct proven_table *table, const struct ruleset *canonical,
		       enum family family, enum xtable name)
{
	struct blob_at at = BLOB_AT(&table->blob);
	size_t nr = 0, nr_canonical = 0;

	while (blob_next_chain(&at)) {
		const struct chain *chain = ruleset_find(canonical, family, name, at.chain);

		nr += chain != NULL;
		if (match_chain(table, &at, chain) < 0)
			return -1;
	}
	FOR_EACH_CHAIN(chain, canonical, family, name)
		nr_canonical++;
	/* they are made in the order of their chains: it is sorted already */
	if (table->nr)
		qsort(table->entries, table->nr, sizeof(*table->entries), by_address);
	return nr == nr_canonical ? 0 : -1;
}

int proven_legacy_match(struct proven_legacy *proven, const struct ruleset *canonical)
{
	FOR_EACH_TABLE(f, t)
		if (proven->table[f][t].blob.size &&
		    match_table(&proven->table[f][t], canonical, f, t) < 0)
			return -1;
	return 0;
}

const struct blob *proven_legacy_table(const struct proven_legacy *proven, enum family family,
				       enum xtable table)
{
	const struct blob *blob = &proven->table[family][table].blob;

	return blob->size ? blob : NULL;
}

const char *proven_legacy_rule(const struct proven_legacy *proven, enum family family,
			       enum xtable table, const struct rule *rule)
{
	const struct proven_table *in = &proven->table[family][table];
	const struct entry key = { .rule = rule };
	const struct entry *found =
		in->nr ? bsearch(&key, in->entries, in->nr, sizeof(key), by_address) : NULL;

	return found ? found->entry : NULL;
}
