/*
 * proven: what the kernel has taken in a proof, kept in its own form: to be committed as it is,
 * without a restore program that would parse the text once more.
 * owns: all of it; proven_release(), which accepts a zeroed one
 */
#ifndef RAMPART_PROVEN_H
#define RAMPART_PROVEN_H

#include <stdbool.h>

#include "family.h"
#include "xtable.h"

struct nlmsghdr;
struct proven_legacy;
struct proven_nft;
struct rule;

enum { PROVEN_PARTS = FAMILY_NR }; /* of a proof, in each a part of the rules */

struct proven {
	bool whole;			      /* of all that was sent to the kernel it is known */
	struct proven_nft *nft[PROVEN_PARTS]; /* NULL: nothing was kept */
	struct proven_legacy *legacy[PROVEN_PARTS];
};

void proven_release(struct proven *proven);

/* nft: see proven_nft.h */
const struct nlmsghdr *proven_rule(const struct proven *proven, const struct rule *rule);
const struct nlmsghdr *proven_base(const struct proven *proven, enum family family,
				   enum xtable table, const char *chain, bool sets_policy);

#endif
