#include "base.h"
#include "import_internal.h"
#include "lcs.h"
#include "xalloc.h"

/* The lines of one chain; next: the first one that is not in the order yet. */
struct merged {
	struct import_rule *v;
	size_t nr, cap, next;
};

static const struct origin *origin_of(const struct import_rule *rule)
{
	return &rule->rule[rule->rule[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6]->origin;
}

/* Lines of different files (a library that the script reads) have no order. */
static bool comes_before(const struct origin *a, const struct origin *b)
{
	return a->file && b->file && str_equal(a->file, b->file) && a->line < b->line;
}

static void add(struct merged *m, struct import_rule rule)
{
	XGROW(m->v, m->nr, m->cap);
	m->v[m->nr++] = rule;
}

static const char **specs_of(const struct chain *chain)
{
	const char **specs = xcalloc(chain->nr + 1, sizeof(*specs));

	for (size_t i = 0; i < chain->nr; i++)
		specs[i] = chain_rule(chain, i)->spec;
	return specs;
}

/*
 * The order of rules counts within a family only. Those that both have, at a place that suits both,
 * become one line; between two such lines each family's own go by the lines of the file.
 */
static void merge(struct merged *m, const char *name, const struct chain *v4,
		  const struct chain *v6)
{
	static const struct chain none;
	size_t nr4, nr6, i = 0, j = 0, *match;
	const char **specs4, **specs6;

	v4 = v4 ? v4 : &none;
	v6 = v6 ? v6 : &none;
	nr4 = v4->nr;
	nr6 = v6->nr;
	specs4 = specs_of(v4);
	specs6 = specs_of(v6);
	match = xcalloc(nr4 + 1, sizeof(*match));
	lcs_match(specs4, nr4, specs6, nr6, match);
	while (i < nr4 || j < nr6) {
		size_t next = i, end; /* the next rule that both have; where it is in v6 */

		while (next < nr4 && match[next] == LCS_NONE)
			next++;
		end = next < nr4 ? match[next] : nr6;
		while (i < next || j < end) {
			const struct rule *a = i < next ? chain_rule(v4, i) : NULL;
			const struct rule *b = j < end ? chain_rule(v6, j) : NULL;

			if (a && (!b || !comes_before(&b->origin, &a->origin)))
				add(m, (struct import_rule){ name, specs4[i++], { a, NULL } });
			else
				add(m, (struct import_rule){ name, specs6[j++], { NULL, b } });
		}
		if (next < nr4) {
			const struct rule *a = chain_rule(v4, i), *b = chain_rule(v6, j++);

			add(m, (struct import_rule){ name, specs4[i++], { a, b } });
		}
	}
	free(specs4);
	free(specs6);
	free(match);
}

/* Always the line that comes first in the file, of those that their chains allow. */
static void interleave(struct import_order *order, struct merged *chains, size_t nr)
{
	for (;;) {
		struct merged *best = NULL;

		for (size_t i = 0; i < nr; i++) {
			struct merged *m = &chains[i];

			if (m->next < m->nr &&
			    (!best || comes_before(origin_of(&m->v[m->next]),
						   origin_of(&best->v[best->next]))))
				best = m;
		}
		if (!best)
			break;
		XGROW(order->v, order->nr, order->cap);
		order->v[order->nr++] = best->v[best->next++];
	}
}

void import_order(struct import_order *order, const struct ruleset *set, enum xtable table)
{
	struct merged *chains = NULL;
	size_t nr = 0, cap = 0;

	FOR_EACH_FAMILY(f) {
		FOR_EACH_CHAIN(chain, set, f, table) {
			struct chain *v4 = ruleset_find(set, FAMILY_IPV4, table, chain->name);

			if (f == FAMILY_IPV6 && v4)
				continue;
			XGROW(chains, nr, cap);
			chains[nr] = (struct merged){ .v = NULL };
			merge(&chains[nr++], chain->name, v4,
			      ruleset_find(set, FAMILY_IPV6, table, chain->name));
		}
	}
	interleave(order, chains, nr);
	for (size_t i = 0; i < nr; i++)
		free(chains[i].v);
	free(chains);
}

void import_order_release(struct import_order *order)
{
	free(order->v);
	*order = (struct import_order){ .v = NULL };
}
