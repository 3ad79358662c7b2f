/*
 * proof_reach: from which built-in chains a chain is reached, along jumps and gotos. The kernel
 * takes a rule or refuses it for that: what may stand behind INPUT may be forbidden behind OUTPUT.
 * owns: reach_release()
 */
#ifndef RAMPART_PROOF_REACH_H
#define RAMPART_PROOF_REACH_H

#include "hashtable.h"
#include "ruleset.h"

struct reach {
	const struct chain *chain;
	unsigned int builtins; /* bits, in the order of xtable_builtins() */
	unsigned int hooked;   /* the same of those that rampart's own jump leads from */
	UT_hash_handle hh;
};

/* Of all chains of a table, by chain. */
struct reach *reach_of(const struct ruleset *set, enum family family, enum xtable table);
const struct reach *reach_find(struct reach *all, const struct chain *chain);
void reach_release(struct reach *all);

#endif
