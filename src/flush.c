#include "base.h"
#include "flush.h"
#include "kernel.h"
#include "pipeline.h"
#include "place.h"
#include "version.h"

struct outcome flush_backend(struct pipeline *p, const struct kernel *kernel,
			     const struct state *state, bool keep_state)
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
		.version = RAMPART_VERSION,
	};

	/* all that exist: chains of ours may be left where the state knows nothing of them */
	FOR_EACH_FAMILY(f) {
		int exist = kernel->restore[f] ? kernel->ops->tables(f) : 0;

		tx.tables[f] = exist > 0 ? (unsigned int)exist : 0;
	}
	return transaction_run(&tx, p->diags);
}
