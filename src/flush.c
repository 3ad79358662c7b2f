#include "base.h"
#include "flush.h"
#include "chainname.h"
#include "kernel.h"
#include "live.h"
#include "pipeline.h"
#include "place.h"
#include "version.h"

static bool has_ours(const struct ruleset *live, enum family family, enum xtable table)
{
	FOR_EACH_CHAIN(chain, live, family, table)
		if (is_own_chain_name(chain->name))
			return true;
	return false;
}

/* The tables of the state, and those that hold chains of ours which the state knows nothing of.
 * Others are not looked at: what is in them is no matter of ours. */
static int find_tables(struct pipeline *p, const struct kernel *kernel, const struct state *state,
		       unsigned int ret_tables[FAMILY_NR])
{
	struct ruleset live = RULESET_INIT;
	int ret;

	if (live_tables(kernel, ret_tables, p->diags) < 0)
		return -1;
	ret = live_chains(kernel, ret_tables, &live, p->diags);
	FOR_EACH_TABLE_BIT(f, t, ret_tables)
		if (!((state->tables[f] | state->taken[f] | p->begun.tables[f]) >> t & 1) &&
		    !has_ours(&live, f, t))
			ret_tables[f] &= ~(1u << t);
	ruleset_release(&live);
	return ret;
}

struct outcome flush_backend(struct pipeline *p, const struct kernel *kernel,
			     const struct state *state, bool keep_state, struct guardian *guardian)
{
	struct ruleset nothing = RULESET_INIT;
	struct state unknown = STATE_INIT;
	struct transaction tx = {
		.config = &p->config,
		.fs = &p->fs,
		.kernel = kernel,
		.ownership =
			OWNERSHIP_MERGE, /* also of exclusive rules: only those that are ours go */
		.wanted = &nothing,
		.old = state ? state : &unknown,
		.begun = state && p->begun.exists ? &p->begun.set : NULL,
		.keep_state = keep_state,
		.guardian = guardian,
		.version = RAMPART_VERSION,
	};

	if (find_tables(p, kernel, tx.old, tx.tables) < 0)
		return (struct outcome){ .kind = OUTCOME_REFUSED };
	return transaction_run(&tx, p->diags);
}
