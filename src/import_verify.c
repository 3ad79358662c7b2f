#include "base.h"
#include "import_internal.h"

/* Declared by one line for both families, with rules in the other one only: not made here. */
static bool is_idle(const struct ruleset *set, enum family family, enum xtable table,
		    const struct chain *chain)
{
	enum family other = family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
	const struct chain *twin = ruleset_find(set, other, table, chain->name);

	return !chain->nr && !(chain->flags & CHAIN_BUILTIN) && twin && twin->nr &&
	       import_same_place(&chain->origin, &twin->origin);
}

static bool same_policy(const struct chain *a, const struct chain *b)
{
	const char *x = a ? a->policy : NULL, *y = b ? b->policy : NULL;

	return x == y || (x && y && str_equal(x, y));
}

static bool same_chain(const struct chain *a, const struct chain *b)
{
	const size_t nr = a ? a->nr : 0;

	if (!same_policy(a, b) || nr != (b ? b->nr : 0))
		return false;
	for (size_t i = 0; i < nr; i++)
		if (!str_equal(chain_rule(a, i)->spec, chain_rule(b, i)->spec))
			return false;
	return true;
}

static bool is_declared(const struct chain *chain)
{
	return chain && chain->flags & CHAIN_DECLARED;
}

bool import_is_same(const struct ruleset *a, const struct ruleset *b)
{
	const struct ruleset *sets[] = { a, b };

	FOR_EACH_TABLE(f, t) {
		for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
			FOR_EACH_CHAIN(chain, sets[i], f, t) {
				const struct chain *other =
					ruleset_find(sets[!i], f, t, chain->name);

				if (!same_chain(chain, other) ||
				    (is_declared(chain) != is_declared(other) &&
				     !is_idle(sets[i], f, t, chain)))
					return false;
			}
		}
	}
	return true;
}
