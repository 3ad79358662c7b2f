/*
 * proven: what the kernel has taken in a proof, kept in its own form: to be committed as it is,
 * without a restore program that would parse the text once more.
 * owns: both; proven_release(), which accepts a zeroed one
 */
#ifndef RAMPART_PROVEN_H
#define RAMPART_PROVEN_H

struct proven_legacy;
struct proven_nft;

struct proven {
	struct proven_nft *nft; /* either may be NULL: nothing was kept */
	struct proven_legacy *legacy;
};

void proven_release(struct proven *proven);

#endif
