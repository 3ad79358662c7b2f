/*
 * proof_written: rules under their written chain's name. In merge mode a rule of INPUT stands in
 * rampart-INPUT, where nft no longer asks whether it can stand in INPUT: "-m policy --dir in" in
 * OUTPUT would be taken, and never match. The proof holds a copy of such rules in the built-in
 * chain as well, marked RULE_WRITTEN.
 */
#ifndef RAMPART_PROOF_WRITTEN_H
#define RAMPART_PROOF_WRITTEN_H

#include "ruleset.h"

void written_add(struct ruleset *placed, const unsigned int tables[FAMILY_NR]);
void written_remove(struct ruleset *set, const unsigned int tables[FAMILY_NR]);

#endif
