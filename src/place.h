/*
 * place: where the wanted rules go. In merge mode the rules of a built-in or
 * foreign chain move into an own chain, reached by one jump; in exclusive mode
 * rules of built-in chains stay where they are written.
 * in:     the wanted ruleset as written; the live one, if it can be seen
 * out:    the placed ruleset: chains as they are to be in the kernel. Foreign
 *         chains are in it with nothing but our jump.
 * owns:   rules stay wanted's, which has to live longer
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_PLACE_H
#define RAMPART_PLACE_H

#include "ruleset.h"

struct config;
struct diags;

enum place_unknown {
	UNKNOWN_IS_ERROR,  /* a chain that nobody declared and that is not live */
	UNKNOWN_IS_FOREIGN /* taken to be live, with a warning: the kernel was not looked at */
};

/* live NULL: not looked at. */
int place_rules(const struct ruleset *wanted, const struct config *config,
		const struct ruleset *live, enum place_unknown unknown, struct ruleset *ret_placed,
		struct diags *diags);

/* Tables that a ruleset concerns, added to the bits in tables: a rule, a user chain or a policy. */
void place_tables(const struct ruleset *set, unsigned int tables[FAMILY_NR]);

#endif
