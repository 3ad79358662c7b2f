/*
 * commit_internal: what the ways of commit.c share: one transaction of nf_tables
 * (commit_nft.c), legacy tables behind a barrier (commit_legacy.c), table by table
 * (commit_table.c).
 */
#ifndef RAMPART_COMMIT_INTERNAL_H
#define RAMPART_COMMIT_INTERNAL_H

#include "child.h"
#include "commit.h"
#include "payload.h"
#include "script.h"

struct nft_batch;

/* What one step came to. In all but the first nothing was changed by it, unless the way is
 * per table or the backend legacy. */
enum commit_end {
	COMMIT_DONE, /* per table: see result->made whether by us alone */
	COMMIT_RACED,
	COMMIT_REFUSED,	   /* see result->failure; empty: a program ended and did nothing */
	COMMIT_BROKEN,	   /* see diags */
	COMMIT_IMPOSSIBLE, /* not allowed here: see result->forbidden */
};

struct commit {
	const struct kernel *kernel;
	const struct plan *plan;
	const struct proven *proven; /* or NULL */
	const unsigned int *tables;
	uint64_t fingerprint; /* of live, as the last look or our last step left it */
	enum commit_base base;
	struct commit_result *result;
	struct diags *diags;
	bool wrote;   /* the step before has changed something */
	bool covered; /* one of the steps before has */
};

/* One restore program and what it reads. */
struct commit_part {
	enum family family;
	struct payload payload;
};

enum { COMMIT_SECONDS = 30 }; /* for a program; more for a large change */

enum commit_end commit_nft(struct commit *c, enum script_step step);
/* What is proven, without the programs (commit_replay.c). COMMIT_IMPOSSIBLE: this plan can't be
 * carried out so; nothing was changed. */
enum commit_end commit_replay(struct commit *c);
enum commit_end commit_legacy(struct commit *c);
/* The same without the programs (commit_exchange.c). COMMIT_IMPOSSIBLE as above. */
enum commit_end commit_exchange(struct commit *c);
enum commit_end commit_tables(struct commit *c, enum script_step step);

/* Write a part: those tables of its family. False: the step changes nothing in them (a table
 * without a command, where a cover is there already), and the part is empty. */
bool commit_write(const struct commit *c, struct commit_part *part, unsigned int tables,
		  enum script_step step);
/* A restore program for a payload, stopped by the trap. -1: see child->trap.refused, diags. */
int commit_start(const struct commit *c, const struct commit_part *part, enum trap_kind kind,
		 struct child *child);
/* Behind child_wait(): how it ended. COMMIT_DONE, _REFUSED, _BROKEN. */
enum commit_end commit_judge(struct commit *c, struct child *child);
/* Milliseconds that they have together; and the error after that. */
int64_t commit_time(const struct child *children, size_t nr);
enum commit_end commit_late(const struct commit *c, const struct child *children, size_t nr);
enum commit_end commit_impossible(struct commit *c, const char *what, int error);
uint64_t commit_fingerprint(const struct commit *c);
/* nft: all of a batch, if the generation is that one. COMMIT_DONE, _RACED, _REFUSED or
 * _IMPOSSIBLE. */
enum commit_end commit_send(struct commit *c, struct nft_batch *batch, uint32_t generation);

#endif
