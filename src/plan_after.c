#include "base.h"
#include "plan.h"

static void copy_chain(struct ruleset *to, enum family family, enum xtable table,
		       const struct chain *rules, const char *policy)
{
	struct chain *chain = ruleset_chain(to, family, table, rules->name);

	chain->flags |= rules->flags & CHAIN_DECLARED;
	chain->policy = policy;
	chain->policy_origin = rules->policy_origin;
	for (size_t i = 0; i < rules->nr; i++)
		chain_append(chain, chain_rule(rules, i));
}

void plan_after(const struct ruleset *live, const struct ruleset *goal, enum family family,
		struct ruleset *ret_after)
{
	FOR_EACH_XTABLE(t) {
		FOR_EACH_CHAIN(before, live, family, t) {
			const struct chain *after = ruleset_find(goal, family, t, before->name);

			if (!after)
				copy_chain(ret_after, family, t, before, before->policy);
			else if (!(after->flags & CHAIN_REMOVE))
				copy_chain(ret_after, family, t, after,
					   after->policy ? after->policy : before->policy);
		}
		FOR_EACH_CHAIN(made, goal, family, t)
			if (!ruleset_find(live, family, t, made->name) &&
			    !(made->flags & CHAIN_REMOVE))
				copy_chain(ret_after, family, t, made, made->policy);
	}
}
