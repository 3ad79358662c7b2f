/*
 * commit_exchange: legacy without restore programs: a new table out of the live one and the
 * entries that the kernel has taken in the proof (commit_exchange_make.c), and the exchange of all
 * of them (commit_exchange.c).
 */
#ifndef RAMPART_COMMIT_EXCHANGE_H
#define RAMPART_COMMIT_EXCHANGE_H

#include "family.h"
#include "xtable.h"

struct blob;
struct blob_swap;
struct plan;
struct proven;

/* A table with the plan's changes of it. -1: some rule is not proven, or the plan is none for what
 * is live: by the programs then. */
int exchange_make(const struct plan *plan, const struct proven *proven, enum family family,
		  enum xtable table, const struct blob *live, struct blob_swap *ret_swap);

#endif
