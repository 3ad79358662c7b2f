/*
 * goal_internal: what the parts of goal.c share: merge (goal.c), exclusive
 * (goal_exclusive.c) and the policies of both (goal_policies.c).
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

typedef bool (*goal_is_other)(const void *arg, const char *chain, const struct rule *rule);

/*
 * What an undo wants back stands among the rules of others as it did: they are in wanted as well.
 * to: those that there are now. False: they are not as many, or wanted is no undo's.
 */
bool goal_put_back(struct chain *to, const struct chain *wanted, goal_is_other is_other,
		   const void *arg);
/* Does a live chain of others hold rules of ours? */
bool goal_has_stale(const struct goal_run *run, const struct chain *live);

int goal_exclusive(struct goal_run *run);
void goal_set_policies(struct goal_run *run);

#endif
