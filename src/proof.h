/*
 * proof: a ruleset sent to the real kernel, in scratch namespaces, before the
 * live tables hear of it; and what comes back, which is its canonical form.
 * in:     a placed ruleset (chains and rules as they are to be live)
 * out:    the same ruleset in canonical text, with the origins of the original
 * fails:  PROOF_REFUSED after one error for each refused rule, at the line that
 *         it comes from
 */
#ifndef RAMPART_PROOF_H
#define RAMPART_PROOF_H

#include "family.h"
#include "ruleset.h"

struct diags;
struct ipsets;
struct kernel;
struct proven;

enum proof_result {
	PROOF_OK,
	PROOF_REFUSED,	 /* or the proof itself could not be carried out: see diags */
	PROOF_IMPOSSIBLE /* no namespaces here (errno); nothing added to diags */
};

enum {
	PROOF_REFUSALS_MAX = 20, /* faults reported in one run, per restore program */
	PROOF_PARTS = FAMILY_NR	 /* restore programs at the same time */
};

/*
 * tables: bits of the tables to load, per family. Refused rules are taken out of placed,
 * so that the next one is found too. ret_canonical must be initialised; it is filled only
 * on PROOF_OK, and its rules' origins point to where placed's do. ret_proven (NULL: not wanted):
 * what the kernel has taken for them, where that can be told; the caller releases it.
 */
enum proof_result proof_run(const struct kernel *kernel, const struct ipsets *sets,
			    struct ruleset *placed, const unsigned int tables[FAMILY_NR],
			    struct ruleset *ret_canonical, struct proven *ret_proven,
			    struct diags *diags);

/*
 * The same for rulesets of one family that are shares of one and do not need each other, so that
 * they are proven side by side. canonical and proven: of each.
 */
enum proof_result proof_run_shares(const struct kernel *kernel, const struct ipsets *sets,
				   struct ruleset placed[PROOF_PARTS], enum family family,
				   unsigned int tables, struct ruleset ret_canonical[PROOF_PARTS],
				   struct proven *ret_proven, struct diags *diags);

#endif
