/*
 * ipset: the headers of the host's ipsets: which family a set has, and what
 * makes an empty one of its kind in the scratch namespace.
 * owns: what was read; ipsets_free()
 */
#ifndef RAMPART_IPSET_H
#define RAMPART_IPSET_H

#include <stdbool.h>
#include <stddef.h>

#include "family.h"

struct buf;
struct diags;
struct origin;

struct ipsets;

/* may_read: false where the host's sets can't be seen (no root): every name is then taken as
 * existing, for both families. */
struct ipsets *ipsets_new(bool may_read);
void ipsets_free(struct ipsets *sets);

/*
 * A rule names the set: note it, and give the families that it fits. The host's sets are read
 * at the first call. 0 after an error with origin where there is no such set.
 */
unsigned int ipsets_use(struct ipsets *sets, const char *name, const struct origin *origin,
			struct diags *diags);

/* "ipset restore" lines that make, empty, the sets in use that fit the family; nothing added
 * where there is none. */
void ipsets_mirror(const struct ipsets *sets, enum family family, struct buf *buf);

/* "NAME TYPE HEADER" lines of the sets in use, of all families: what a boot needs to make them. */
void ipsets_describe(const struct ipsets *sets, struct buf *buf);
/* Make those of such lines that the host does not have, empty. ret_made: their names are added.
 * -1 after adding to diags. */
int ipsets_make_missing(const char *lines, struct buf *ret_made, struct diags *diags);

/* The ipset program, absolute; NULL: not there. */
const char *ipset_program(void);

#endif
