/*
 * canon: the kernel's own spelling of rules, by family, table and spec as
 * written. Needed where a drop-in deletes a rule by its text: two spellings
 * of one rule are the same rule.
 * owns: copies; canon_free()
 */
#ifndef RAMPART_CANON_H
#define RAMPART_CANON_H

#include "family.h"
#include "xtable.h"

struct canon;

struct canon *canon_new(void);
void canon_add(struct canon *canon, enum family family, enum xtable table, const char *spec,
	       const char *canonical);
/* NULL if that spec was not added. */
const char *canon_find(const struct canon *canon, enum family family, enum xtable table,
		       const char *spec);
void canon_free(struct canon *canon);

#endif
