/*
 * commit: a plan carried out: the only place where live rules are changed.
 *
 * The restore programs write the change, as they do for everybody; but they are stopped at the
 * call that would make it (child_trap), so that the tables of both families change together:
 *
 *     nft     what the programs were about to send goes to the kernel as one transaction, which
 *             it only carries out if its generation is that of the look (commit_nft.c); where
 *             the proof has sent it already, no program is asked again (commit_replay.c);
 *     legacy  the programs of all tables are held at their last call; the fingerprint is
 *             compared once more; they are let go back to back (commit_legacy.c); where the proof
 *             has each new rule, the tables are made and exchanged here (commit_exchange.c).
 *
 * Where the kernel or a container forbids that, each table is changed by itself, in
 * the order of enum xtable (commit_table.c).
 */
#ifndef RAMPART_COMMIT_H
#define RAMPART_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "family.h"

struct diags;
struct kernel;
struct plan;
struct proven;

enum commit_way { COMMIT_ONE_STEP, COMMIT_PER_TABLE };

struct commit_result {
	bool made[FAMILY_NR]; /* its plan was carried out, and nobody else changed anything */
	bool raced;	      /* somebody else did, before: nothing was changed by this step */
	/* The fingerprint of live behind it, where nobody else can have changed anything and the
	 * kernel has acknowledged all of it; legacy: if nobody has. 0: it has to be looked at. */
	uint64_t after;
	bool by_programs;    /* restore programs have written it, or a part of it */
	struct buf failure;  /* what the kernel or a program refused; empty: nothing */
	enum commit_way way; /* per table as soon as one commit was: it stays so */
	/* What is not allowed here, and why, where it is per table: "seccomp", EPERM. */
	const char *forbidden;
	int error; /* errno, or 0 */
};

#define COMMIT_RESULT_INIT \
	{ \
		.failure = BUF_INIT \
	}

/*
 * What may have happened between the look and the commit of an nft change; legacy is always
 * on what was seen.
 */
enum commit_base {
	COMMIT_ON_LOOK, /* nothing: else the commit is raced */
	/* Anything: the programs fit the change to what they find themselves, as they do for
	 * everybody, and the commit is on that. For where others write all the time. */
	COMMIT_ON_LIVE
};

/*
 * 0 also where something was refused, or changed by others: what is live has to be looked at
 * again then. tables, fingerprint: those of the look that the plan was made from; the fingerprint
 * taken before it. proven: rules of the plan that need not be parsed once more; or NULL.
 * ret: initialized; its way is kept from commit to commit.
 * fails: -1 after adding to diags, where no program could be run, or one did not end
 */
int commit_plan(const struct kernel *kernel, const struct plan *plan, const struct proven *proven,
		const unsigned int tables[FAMILY_NR], uint64_t fingerprint, enum commit_base base,
		struct commit_result *ret, struct diags *diags);

/* "one-step", "per-table": for JSON. */
const char *commit_way_name(enum commit_way way);
/* "in one step", "table by table (seccomp: Operation not permitted)" */
void commit_way_describe(const struct commit_result *result, struct buf *ret);
void commit_result_release(struct commit_result *result);

#endif
