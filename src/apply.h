/*
 * apply: an apply from the lock to the outcome, for the commands that make live
 * what the files say: apply and boot.
 *
 *     apply_open - apply_lock - apply_inputs - apply_is_settled? - apply_recover -
 *     apply_prepare - apply_transaction - apply_make - apply_finish - apply_release
 * owns:   everything; apply_release()
 * fails:  -1 after adding to the pipeline's diags: nothing was changed
 */
#ifndef RAMPART_APPLY_H
#define RAMPART_APPLY_H

#include "command.h"
#include "guardian.h"
#include "lock.h"
#include "pipeline.h"
#include "watchdog.h"

struct apply {
	struct pipeline p;
	struct lock lock;
	struct report *report;
	struct guardian guardian;
	struct watchdog watchdog;
	bool confirm; /* what is applied has to be confirmed */
	unsigned int generation;
	char token[TOKEN_TEXT];
	struct buf ipsets;
	struct buf wishes; /* of wish.h */
	bool loads;	   /* a generation: sets that can't be filled don't stop it */
};

int apply_open(struct apply *a, const struct options *options, struct report *report,
	       struct diags *diags);
/* The lock, the baseline, and the head of what was applied. */
int apply_lock(struct apply *a);
/* The backend, the drop-ins, and the hash of all that is read. */
int apply_inputs(struct apply *a);
/* Is everything that could change the rules as it was when live was last seen as applied? What
 * scripts read can't be known: they are run for it, if scripts says so. */
bool apply_is_settled(struct apply *a, bool scripts);
/* All of the state; what a killed apply left is put right. */
int apply_recover(struct apply *a);
/* a->wishes: of the scripts that were run. */
void apply_take_wishes(struct apply *a);
/* Compile, load modules that scripts want, and prove. */
int apply_prepare(struct apply *a);
/* A transaction with what only a command knows: number, who, guardian. */
int apply_transaction(struct apply *a, struct transaction *ret_tx);
/* Carry it out, under the xtables lock; then what scripts wanted beside rules. */
struct outcome apply_make(struct apply *a, const struct transaction *tx);
void apply_release(struct apply *a);

/* What was done, for the report: of an apply that worked. */
void apply_report(struct apply *a, const struct outcome *outcome);
/* What has become of it, in words, for the report; exit code. verb: "apply", "rollback". */
int apply_finish(struct apply *a, const char *verb, const struct outcome *outcome);

#endif
