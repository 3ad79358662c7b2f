#include "base.h"
#include "config.h"
#include "diag.h"
#include "goal.h"

static const struct rule *first_behind_hook(const struct chain *chain, size_t *ret_at)
{
	for (size_t i = 0; i + 1 < chain->nr; i++) {
		if (!rule_is_hook(chain_rule(chain, i)))
			continue;
		*ret_at = i + 1;
		return chain_rule(chain, i + 1);
	}
	return NULL;
}

static void warn_chain(const struct goal_input *input, enum family family, enum xtable table,
		       const struct chain *chain, struct diags *diags)
{
	size_t at = 0;
	const struct rule *first = first_behind_hook(chain, &at);

	for (size_t i = at; first && i < chain->nr; i++) {
		const char *target = chain_rule(chain, i)->target;

		if (target && patterns_match(&input->config->yield_to, target))
			diag_warning(diags, NULL,
				     "chain '%s' (%s %s): '-A %s %s' stands above the jump to "
				     "'%s', so that rampart's rules come before that one",
				     chain->name, family_name(family), xtable_name(table),
				     chain->name, first->spec, target);
	}
}

void goal_warn(const struct goal_input *input, const struct goal *goal, struct diags *diags)
{
	if (input->config->position_last)
		return;
	FOR_EACH_TABLE_BIT(f, t, input->tables)
		FOR_EACH_CHAIN(chain, &goal->set, f, t)
			if (chain->flags & CHAIN_SHARED)
				warn_chain(input, f, t, chain, diags);
}
