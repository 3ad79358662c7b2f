/*
 * script: a plan as restore text for --noflush, per family.
 * On nft a policy takes effect after the rules of the same commit, so that for
 * microseconds new rules would stand before an old policy; and a packet that is
 * on its way through the old rules meets the new policy at their end (both
 * measured). Where rules and policies change, they do so in three steps: a last
 * rule with the old verdict covers the policy; the policy changes; the rules
 * change and the cover goes. Between them no packet may be on its way that has
 * not met the cover: commit.c waits for that. Each step is one change of the kernel, of all
 * tables and both families, where commit.c may make it in one.
 */
#ifndef RAMPART_SCRIPT_H
#define RAMPART_SCRIPT_H

#include "kernel.h"
#include "payload.h"
#include "plan.h"

enum script_step { SCRIPT_COVER, SCRIPT_POLICIES, SCRIPT_EDIT };

/* Nothing is added where the step has nothing to do. tables: bits of those to write. */
void script_write(struct payload *payload, const struct plan *plan, enum backend_kind backend,
		  enum family family, unsigned int tables, enum script_step step);

#endif
