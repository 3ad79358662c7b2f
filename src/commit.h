/*
 * commit: a plan carried out by the restore programs, table by table: the only
 * place where live rules are changed.
 */
#ifndef RAMPART_COMMIT_H
#define RAMPART_COMMIT_H

#include <stdbool.h>

#include "family.h"

struct buf;
struct diags;
struct kernel;
struct plan;

/*
 * 0 also where the kernel refused a part: then ret_failure says what, and what is live has
 * to be looked at. ret_made: the family's plan was carried out, and nobody else changed anything
 * while it was. Tables are committed one by one, filter last.
 * fails: -1 after adding to diags, where no program could be run
 */
int commit_plan(const struct kernel *kernel, const struct plan *plan, bool ret_made[FAMILY_NR],
		struct buf *ret_failure, struct diags *diags);

#endif
