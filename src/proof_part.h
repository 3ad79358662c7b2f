/*
 * proof_part: one restore program of a proof, what it is sent, and the scratch namespace that it
 * does that in: the rules of a family, or a share of them.
 * fails: -1 after adding to diags
 */
#ifndef RAMPART_PROOF_PART_H
#define RAMPART_PROOF_PART_H

#include <stdbool.h>

#include "payload.h"
#include "scratch.h"

struct diags;
struct ipsets;
struct kmsg;
struct ruleset;

struct proof_part {
	enum family family;
	unsigned int tables[FAMILY_NR];	    /* to load: of that family alone */
	const struct ipsets *sets;	    /* that the rules may name */
	struct ruleset *placed, *canonical; /* see proof.h */
	struct diags *diags;
	struct child *child; /* the program that runs, or has run */
	/* of the part itself: */
	struct scratch scratch;
	struct payload payload;
	bool started; /* the program */
};

/* -1 with errno set where namespaces can't be made. */
int part_open(struct proof_part *part, const struct kernel *kernel);
void part_close(struct proof_part *part);

/* Start the restore program; trapped: stopped where it sends, if that is allowed here. */
int part_start_restore(struct proof_part *part, bool trapped);
/* Wait for it. As long as it is refused: an error, and again without the refused rule. */
int part_finish_restore(struct proof_part *part, struct kmsg *log);
int part_start_save(struct proof_part *part);
/* Wait for it, and read what came back into canonical, with the origins of placed. */
int part_finish_save(struct proof_part *part);

#endif
