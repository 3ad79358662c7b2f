/*
 * goal_internal: what the two halves of goal.c share: merge (goal.c) and
 * exclusive (goal_exclusive.c).
 */
#ifndef RAMPART_GOAL_INTERNAL_H
#define RAMPART_GOAL_INTERNAL_H

#include "goal.h"

/* One table of one family. */
struct goal_run {
	const struct goal_input *in;
	struct goal *goal;
	struct diags *diags;
	enum family family;
	enum xtable table;
};

struct chain *goal_live_chain(const struct goal_run *run, const char *name);
struct chain *goal_new_chain(struct goal_run *run, const struct chain *like);
/* Rules of a wanted chain, less those that wait for a foreign chain. */
void goal_add_wanted(struct goal_run *run, struct chain *to, const struct chain *wanted);
/* A chain of others with our jump in its place; wanted NULL: without it. */
void goal_share_chain(struct goal_run *run, const char *name, const struct chain *wanted);
/* A chain of ours that has to go but can't: a rule of others jumps to it. */
void goal_empty_chain(struct goal_run *run, const struct chain *live);

int goal_exclusive(struct goal_run *run);

#endif
