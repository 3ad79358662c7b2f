#include "base.h"
#include "wanted.h"
#include "canon.h"
#include "config.h"
#include "diag.h"

const char *wanted_file(const struct origin *origin)
{
	return origin->use ? origin->use->file : origin->file;
}

unsigned int wanted_line(const struct origin *origin)
{
	return origin->use ? origin->use->line : origin->line;
}

int wanted_undefined(const struct wanted *wanted, const struct place *place)
{
	return diag_error(wanted->diags, &place->origin, "chain '%s' is not defined in table '%s'",
			  place->chain, xtable_name(place->table));
}

int wanted_not_ours(const struct wanted *wanted, const struct place *place)
{
	if (!patterns_match(&wanted->config->foreign, place->chain))
		return wanted_undefined(wanted, place);
	return diag_error(wanted->diags, &place->origin,
			  "rules of the foreign chain '%s' can't be removed here", place->chain);
}

/* The chain that a command changes or removes rules of: it must be there by now, and ours. */
struct chain *wanted_own_chain(struct wanted *wanted, const struct place *place)
{
	struct chain *chain = ruleset_find(wanted->set, place->family, place->table, place->chain);

	if (!chain && xtable_is_builtin(place->table, place->chain))
		return ruleset_chain(wanted->set, place->family, place->table, place->chain);
	if (chain && (chain->nr || chain->flags & (CHAIN_BUILTIN | CHAIN_DECLARED)))
		return chain;
	wanted_not_ours(wanted, place);
	return NULL;
}

static struct chain *chain_of(struct wanted *wanted, const struct place *place)
{
	return ruleset_chain(wanted->set, place->family, place->table, place->chain);
}

int wanted_append(struct wanted *wanted, const struct place *place, const struct rule *rule)
{
	chain_append(chain_of(wanted, place), rule);
	return 0;
}

static int out_of_range(struct wanted *wanted, const struct place *place, unsigned long at,
			size_t nr)
{
	return diag_error(wanted->diags, &place->origin,
			  "chain '%s' has no rule %lu: %zu so far (%s)", place->chain, at, nr,
			  family_name(place->family));
}

int wanted_insert(struct wanted *wanted, const struct place *place, const struct rule *rule,
		  unsigned long at)
{
	struct chain *chain = chain_of(wanted, place);

	if (wanted->census)
		return wanted_append(wanted, place, rule);
	if (at > chain->nr + 1)
		return out_of_range(wanted, place, at, chain->nr);
	chain_insert(chain, at - 1, rule);
	return 0;
}

int wanted_replace(struct wanted *wanted, const struct place *place, const struct rule *rule,
		   unsigned long at)
{
	struct chain *chain;

	if (wanted->census)
		return wanted_append(wanted, place, rule);
	chain = wanted_own_chain(wanted, place);
	if (!chain)
		return -1;
	if (at > chain->nr)
		return out_of_range(wanted, place, at, chain->nr);
	chain_replace(chain, at - 1, rule);
	return 0;
}

int wanted_delete_number(struct wanted *wanted, const struct place *place, unsigned long at)
{
	struct chain *chain;

	if (wanted->census)
		return 0;
	chain = wanted_own_chain(wanted, place);
	if (!chain)
		return -1;
	if (at > chain->nr)
		return out_of_range(wanted, place, at, chain->nr);
	chain_remove(chain, at - 1);
	return 0;
}

int wanted_delete_rule(struct wanted *wanted, const struct place *place, const struct rule *rule)
{
	struct chain *chain;
	const char *text;

	if (wanted->census)
		return wanted_append(wanted, place, rule);
	chain = wanted_own_chain(wanted, place);
	if (!chain)
		return -1;
	if (!wanted->canon) {
		wanted->needs_canon = true;
		return 0;
	}
	text = canon_find(wanted->canon, place->family, place->table, rule->spec);
	for (size_t i = 0; text && i < chain->nr; i++) {
		const char *other = canon_find(wanted->canon, place->family, place->table,
					       chain_rule(chain, i)->spec);

		if (other && str_equal(text, other)) {
			chain_remove(chain, i);
			return 0;
		}
	}
	return diag_error(wanted->diags, &place->origin,
			  "no rule before this line matches '-A %s %s' (%s)", place->chain,
			  rule->spec, family_name(place->family));
}
