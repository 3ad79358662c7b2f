/*
 * kernel_handles: the numbers by which nf_tables names the rules of a chain.
 * owns: v; the caller frees it
 */
#ifndef RAMPART_KERNEL_HANDLES_H
#define RAMPART_KERNEL_HANDLES_H

#include <stddef.h>
#include <stdint.h>

#include "family.h"
#include "xtable.h"

struct nft_handles {
	uint64_t *v; /* in the chain's order */
	size_t nr, cap;
};

/* -1 with errno set. A chain that is not there has none: ENOENT. */
int nft_handles(enum family family, enum xtable table, const char *chain, struct nft_handles *ret);

#endif
