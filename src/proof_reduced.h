/*
 * proof_reduced: the proof of what is not known yet (proof_known.h). The kernel is sent all chains,
 * all jumps between them, since they decide what is reached from where and how deep, and
 * those rules that it was not sent before at such a place. What comes back, and what is known of
 * the rest, is the canonical ruleset: the same as that of a whole proof.
 * Much of one family is sent in two shares, side by side: those rules that do not depend on others
 * are divided.
 * in, out: as proof_run(); remember: what was proven is written down for the next time
 */
#ifndef RAMPART_PROOF_REDUCED_H
#define RAMPART_PROOF_REDUCED_H

#include <stdbool.h>

#include "proof.h"

struct fs;

enum proof_result proof_run_reduced(const struct fs *fs, const struct kernel *kernel,
				    const struct ipsets *sets, struct ruleset *placed,
				    const unsigned int tables[FAMILY_NR], bool remember,
				    struct ruleset *ret_canonical, struct proven *ret_proven,
				    struct diags *diags);

#endif
