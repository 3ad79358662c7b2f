/*
 * proven_legacy: the rules of a proof as entries of a scratch namespace's tables.
 * in:     the namespace, and the canonical rules that came back from it
 * owns:   the tables; proven_legacy_free(). Rules are those of canonical, which has to live as long
 */
#ifndef RAMPART_PROVEN_LEGACY_H
#define RAMPART_PROVEN_LEGACY_H

#include <stdbool.h>

#include "family.h"
#include "xtable.h"

struct blob;
struct proven_legacy;
struct rule;
struct ruleset;

/* The tables, as long as the namespace is there. NULL: they can't be read. */
struct proven_legacy *proven_legacy_read(int netns, const unsigned int tables[FAMILY_NR]);
void proven_legacy_free(struct proven_legacy *proven); /* NULL: nothing to do */

/*
 * The nth rule of a chain is the nth of the canonical chain of that name. -1: there are not the
 * same chains, or not as many rules; nothing of it is to be used.
 */
int proven_legacy_match(struct proven_legacy *proven, const struct ruleset *canonical);

/* NULL: that table was in no proof. */
const struct blob *proven_legacy_table(const struct proven_legacy *proven, enum family family,
				       enum xtable table);
/* Where a rule is in the table that it was proven in. NULL: it is not known, or its entry means
 * something else in another namespace. */
const char *proven_legacy_rule(const struct proven_legacy *proven, enum family family,
			       enum xtable table, const struct rule *rule);

#endif
