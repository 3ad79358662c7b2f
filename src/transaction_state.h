/*
 * transaction_state: what a transaction leaves on disk: "begun" before the
 * first change, "current" when live has been read back and is as wanted.
 * fails: -1 after adding to diags
 */
#ifndef RAMPART_TRANSACTION_STATE_H
#define RAMPART_TRANSACTION_STATE_H

#include "transaction.h"

/* first: the look before anything was changed. Also the owned part of it, for an undo. */
int transaction_begin(const struct transaction *tx, const struct look *first, struct diags *diags);
/* Nothing is begun any more: all is as it was. */
int transaction_forget(const struct transaction *tx, struct diags *diags);
/* live: what is live now; fingerprint: of a moment not later than the look that tells so. */
int transaction_settle(const struct transaction *tx, const struct look *first,
		       const struct ruleset *live, uint64_t fingerprint, struct diags *diags);
/* Where nothing was to be done. */
int transaction_settle_same(const struct transaction *tx, const struct look *first,
			    uint64_t fingerprint, struct diags *diags);

#endif
