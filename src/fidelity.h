/*
 * fidelity: does a listing say all that the kernel holds? iptables-nft-save shows some native
 * nft rules of others wider than they are ("tcp dport { 22, 80 } accept" becomes "-p tcp -j
 * ACCEPT"): such a text must never be restored. It is loaded in a scratch namespace and the two
 * kernels' rules are compared.
 * fails: -1 after an error for each chain whose listing is not the truth
 */
#ifndef RAMPART_FIDELITY_H
#define RAMPART_FIDELITY_H

#include "family.h"

struct diags;
struct kernel;
struct ruleset;

int fidelity_check(const struct kernel *kernel, const struct ruleset *live,
		   const unsigned int tables[FAMILY_NR], struct diags *diags);

#endif
