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
struct ruleset;

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

/* The same for every set that a rule of a ruleset names. -1 after an error where one is missing. */
int ipsets_use_rules(struct ipsets *sets, const struct ruleset *set, enum family family,
		     struct diags *diags);

/* What a packet can be in a set as: up to two values for each part of a set's type, then NULL. */
struct ipset_packet {
	const char *address[2];
	const char *port[2]; /* "tcp:22" */
	const char *interface[2];
	const char *mac[2];
};

/* "ipset restore" lines that fill the mirrored sets with as much of the host's as concerns the
 * packet. Sets that a list:set has are in use then, too. -1 after adding to diags. */
int ipsets_members(struct ipsets *sets, enum family family, const struct ipset_packet *packet,
		   struct buf *ret_lines, struct diags *diags);

/* Call found() for each set in use that fits the family. */
void ipsets_each(const struct ipsets *sets, enum family family,
		 void (*found)(void *arg, const char *name, const char *type), void *arg);

/* "ipset restore" lines that make, empty, the sets in use that fit the family; nothing added
 * where there is none. */
void ipsets_mirror(const struct ipsets *sets, enum family family, struct buf *buf);

/* "NAME TYPE HEADER" lines of the sets in use, of all families: what a boot needs to make them. */
void ipsets_describe(const struct ipsets *sets, struct buf *buf);
/* Make those of such lines that the host does not have, empty. ret_made: their names are added.
 * -1 after adding to diags. */
int ipsets_make_missing(const char *lines, struct buf *ret_made, struct diags *diags);

/* A line of "ipset save", "create NAME TYPE HEADER": that set is there as well, or will be. */
void ipsets_learn(struct ipsets *sets, const char *line, size_t len);

/* Where sets are: -1 is here. */
struct ipset_place {
	int netns, userns;
};

/* "ipset ARGV..." with that input (NULL: none); what it prints is added to ret_out (or NULL). -1
 * after an error. */
int ipset_call(const struct ipset_place *place, const char *const *argv, const struct buf *input,
	       struct buf *ret_out, struct diags *diags);
/* Give the host sets of this content, in lines of "ipset save": those that it lacks are made,
 * others are exchanged in one step, what is so already is left alone. -1 after an error. */
int ipset_fill(const char *lines, struct diags *diags);
/* A header without what only sizes the set's memory or seeds its hash; to be freed. */
char *ipset_clean_header(const char *header, size_t len);

/* The ipset program, absolute; NULL: not there. */
const char *ipset_program(void);

#endif
