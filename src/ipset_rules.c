#include "base.h"
#include "ipset.h"
#include "optable.h"
#include "ruleset.h"
#include "token.h"

static int use_of_rule(struct ipsets *sets, struct tokens *tokens, const struct rule *rule,
		       struct diags *diags)
{
	const struct origin *origin = rule->origin.file ? &rule->origin : NULL;
	int ret = 0;

	if (!strstr(rule->spec, "-set "))
		return 0;
	tokens_scan(tokens, rule->spec, strlen(rule->spec), TOKENS_LISTING);
	for (size_t at = 0, next; at + 1 < tokens->nr; at = next) {
		const struct option_info *option = option_at(tokens, at, &next);

		if (option && option->kind == OPTION_IPSET &&
		    !ipsets_use(sets, tokens->v[at + 1].text, origin, diags))
			ret = -1;
	}
	return ret;
}

int ipsets_use_rules(struct ipsets *sets, const struct ruleset *set, enum family family,
		     struct diags *diags)
{
	struct tokens tokens = TOKENS_INIT;
	int ret = 0;

	FOR_EACH_XTABLE(t)
		FOR_EACH_CHAIN(chain, set, family, t)
			for (size_t i = 0; i < chain->nr; i++)
				if (use_of_rule(sets, &tokens, chain_rule(chain, i), diags) < 0)
					ret = -1;
	tokens_release(&tokens);
	return ret;
}
