#include "base.h"
#include "proof_written.h"

/*
 * Extensions whose kernel half looks at the hook when a rule is added, which in nft only a base
 * chain has (par->hook_mask in their checkentry functions, Linux 6.1 net/netfilter/xt_*.c). What
 * declares its hooks (owner, REJECT ...) is checked along the jumps, in our chains too. A word that
 * only looks like one of them costs a copy, no more.
 */
static const char *const hooked[] = {
	"physdev", "policy", "addrtype", "devgroup", "TCPMSS", "SET"
};

static bool asks_for_hook(const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(hooked); i++)
		if (strstr(rule->spec, hooked[i]))
			return true;
	return false;
}

/* Behind the jump: what is refused there is reported at the same line. */
static void add_copies(struct ruleset *placed, struct chain *builtin, const struct chain *own)
{
	for (size_t i = 0; i < own->nr; i++) {
		const struct rule *rule = chain_rule(own, i);
		struct rule *copy;

		if (!asks_for_hook(rule))
			continue;
		copy = ruleset_new_rule(placed);
		*copy = *rule;
		copy->flags |= RULE_WRITTEN;
		chain_append(builtin, copy);
	}
}

void written_add(struct ruleset *placed, const unsigned int tables[FAMILY_NR])
{
	FOR_EACH_TABLE_BIT(f, t, tables) {
		FOR_EACH_CHAIN(chain, placed, f, t) {
			size_t nr = chain->flags & CHAIN_BUILTIN ? chain->nr : 0;

			for (size_t i = 0; i < nr; i++) {
				const struct rule *rule = chain_rule(chain, i);
				const struct chain *own =
					rule->flags & RULE_HOOK && rule->target ?
						ruleset_find(placed, f, t, rule->target) :
						NULL;

				if (own)
					add_copies(placed, chain, own);
			}
		}
	}
}

void written_remove(struct ruleset *set, const unsigned int tables[FAMILY_NR])
{
	FOR_EACH_TABLE_BIT(f, t, tables)
		FOR_EACH_CHAIN(chain, set, f, t)
			while (chain->nr && chain_rule(chain, chain->nr - 1)->flags & RULE_WRITTEN)
				chain_remove(chain, chain->nr - 1);
}
