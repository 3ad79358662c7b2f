/*
 * script: a plan as restore text for --noflush, per family.
 * On nft a policy takes effect after the rules of the same commit, so that for
 * microseconds new rules would stand before an old policy (measured). Where
 * both change, a first script sets the policies under cover of a last rule with
 * the old verdict, and the second one changes the rules and takes the cover away.
 */
#ifndef RAMPART_SCRIPT_H
#define RAMPART_SCRIPT_H

#include "kernel.h"
#include "payload.h"
#include "plan.h"

/* What goes first; empty text where no cover is needed. */
void script_cover(struct payload *payload, const struct plan *plan, enum backend_kind backend,
		  enum family family);
/* The edits themselves. */
void script_edit(struct payload *payload, const struct plan *plan, enum backend_kind backend,
		 enum family family);

#endif
