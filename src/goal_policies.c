#include "base.h"
#include "goal_internal.h"
#include "diag.h"

/* Ours by the last apply, or by one that was interrupted; NULL: never ours. */
static const struct chain *owned_policy(const struct goal_run *run, const char *name)
{
	const struct chain *chain = ruleset_find(run->in->owned, run->family, run->table, name);

	if (chain && chain->policy)
		return chain;
	chain = run->in->begun ? ruleset_find(run->in->begun, run->family, run->table, name) : NULL;
	return chain && chain->policy ? chain : NULL;
}

static struct chain *goal_builtin(struct goal_run *run, const char *name)
{
	const struct chain *live = goal_live_chain(run, name);
	struct chain *chain = ruleset_find(&run->goal->set, run->family, run->table, name);

	if (chain)
		return chain;
	chain = ruleset_chain(&run->goal->set, run->family, run->table, name);
	chain->flags |= CHAIN_SHARED;
	for (size_t i = 0; live && i < live->nr; i++)
		chain_append(chain, chain_rule(live, i));
	return chain;
}

/* Never DROP without a rule: nothing of ours is left to let anybody in. */
static void never_shut(struct chain *chain)
{
	if (str_equal(chain->policy, "DROP") && !chain->nr)
		chain->policy = "ACCEPT";
}

/* A policy that is wanted, or that goes back to what it was before our first change. */
void goal_set_policies(struct goal_run *run)
{
	for (const char *const *name = xtable_builtins(run->table); *name; name++) {
		const struct chain *wanted =
			ruleset_find(run->in->wanted, run->family, run->table, *name);
		const struct chain *owned = owned_policy(run, *name);
		const struct chain *live = goal_live_chain(run, *name);
		struct chain *chain;

		if (wanted && wanted->policy) {
			chain = goal_builtin(run, *name);
			chain->policy = wanted->policy;
			chain->policy_origin = wanted->policy_origin;
		} else if (owned) {
			chain = goal_builtin(run, *name);
			chain->policy = owned->policy_before ? owned->policy_before : "ACCEPT";
			never_shut(chain);
		} else if (run->in->owned_unknown && live && live->policy &&
			   goal_has_stale(run, live)) {
			chain = goal_builtin(run, *name); /* whose policy it is, nobody knows */
			chain->policy = live->policy;
			never_shut(chain);
			if (str_equal(chain->policy, "DROP"))
				diag_warning(run->diags, NULL,
					     "policy DROP of '%s' (%s %s) stays: whether it is "
					     "rampart's is not known without a state",
					     *name, family_name(run->family),
					     xtable_name(run->table));
		}
	}
}
