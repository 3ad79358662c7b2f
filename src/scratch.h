/*
 * scratch: a throw-away network namespace for each family, as the judge of a
 * ruleset: what it refuses is refused, what it gives back is canonical.
 * For an ordinary user it lies inside a user namespace.
 * owns: descriptors; scratch_close(), or the end of the process, ends the namespaces
 */
#ifndef RAMPART_SCRATCH_H
#define RAMPART_SCRATCH_H

#include <stdbool.h>

#include "child.h"
#include "family.h"

struct ipsets;
struct kernel;

struct scratch {
	const struct kernel *kernel;
	int netns[FAMILY_NR], userns[FAMILY_NR];
	bool with_user;	     /* inside a user namespace: nft takes only small batches there */
	enum trap_kind trap; /* for the restore programs that are started */
};

/* -1 with errno set where namespaces can't be made. */
int scratch_open(struct scratch *scratch, const struct kernel *kernel, unsigned int families);
void scratch_close(struct scratch *scratch);

/* Make the ipsets that the rules name, empty. */
int scratch_mirror_sets(struct scratch *scratch, const struct ipsets *sets, unsigned int families,
			struct diags *diags);

/* Give sets members: lines for "ipset restore". */
int scratch_fill_sets(struct scratch *scratch, enum family family, const struct buf *text,
		      struct diags *diags);

/* Load a payload, which is copied; noflush: into the tables as they are. child's status and err
 * say how it went. */
int scratch_start_restore(struct scratch *scratch, enum family family, const struct buf *text,
			  bool noflush, struct child *child, struct diags *diags);
/* List all tables; child's out is the listing. */
int scratch_start_save(struct scratch *scratch, enum family family, struct child *child,
		       struct diags *diags);
/* A new, empty namespace in the place of the old one. */
int scratch_renew(struct scratch *scratch, enum family family, const struct ipsets *sets,
		  struct diags *diags);

#endif
