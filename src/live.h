/*
 * live: what the kernel holds now, read without changing or creating anything.
 */
#ifndef RAMPART_LIVE_H
#define RAMPART_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "family.h"

struct diags;
struct kernel;
struct ruleset;

/* Bits of the tables that exist, of the families whose programs are there. -1 after adding to
 * diags: what can't be seen is not taken for nothing. */
int live_tables(const struct kernel *kernel, unsigned int ret_tables[FAMILY_NR],
		struct diags *diags);

/*
 * Add the tables of the masks to ret_live, in canonical text; tables that do not exist
 * stay empty. counters: with packets and bytes of each rule.
 * fails: -1 after adding to diags
 */
int live_read(const struct kernel *kernel, const unsigned int tables[FAMILY_NR], bool counters,
	      struct ruleset *ret_live, struct diags *diags);

/* The same with nothing but the names of chains and their policies, straight from the kernel. */
int live_chains(const struct kernel *kernel, const unsigned int tables[FAMILY_NR],
		struct ruleset *ret_live, struct diags *diags);

/* 0: could not be read, which equals nothing. */
uint64_t live_fingerprint(const struct kernel *kernel, const unsigned int tables[FAMILY_NR]);

#endif
