/*
 * transaction_undo: the way back, as a transaction like any other: towards the owned part
 * of what was live before. What others changed in the meantime stays.
 */
#ifndef RAMPART_TRANSACTION_UNDO_H
#define RAMPART_TRANSACTION_UNDO_H

#include "transaction.h"

struct undo {
	struct transaction tx;
	struct ruleset target;
	struct state ours; /* what is ours now: old and new together */
};

/* first: the look before anything was changed; must live as long as undo. */
void undo_init(struct undo *undo, const struct transaction *tx, const struct look *first);
void undo_release(struct undo *undo);

#endif
