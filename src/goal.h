/*
 * goal: what the live tables should become: the wanted ruleset laid into what
 * is live now, with everything of others where it is. Computed anew from each
 * look at the kernel, so that what others do in the meantime is kept.
 * in:     wanted (placed and canonical), live, what is ours by the state
 * out:    a ruleset of only those chains that rampart has a say in, each with
 *         all the rules it should have; chains that have to go are marked
 * owns:   rules stay those of wanted and live, which have to live longer
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_GOAL_H
#define RAMPART_GOAL_H

#include "config.h"
#include "ruleset.h"

struct diags;

struct goal_input {
	const struct config *config; /* position, patterns, adopted chains */
	enum ownership ownership;
	const struct ruleset *wanted;
	const struct ruleset *owned; /* what the last apply left; empty where there was none */
	bool owned_unknown;	     /* there is no state */
	const struct ruleset *begun; /* what an interrupted apply was making; or NULL */
	const struct ruleset *live;
	const unsigned int *tables;   /* bits per family of those to look at */
	const struct ruleset *making; /* what this apply itself is making; or NULL */
	const bool *made; /* per family: it has made all of it, and nobody else was there */
};

/* A rule of others that an exclusive apply would delete. */
struct doomed {
	enum family family;
	enum xtable table;
	const char *chain;
	const struct rule *rule;
};

/* What a goal leaves to be said. owns: the lists; goal_release() */
struct goal {
	struct ruleset set;
	char **waiting; /* "DOCKER-USER (ipv4 filter)": foreign chains that are not there yet */
	size_t nr_waiting, cap_waiting;
	struct doomed *doomed;
	size_t nr_doomed, cap_doomed;
};

#define GOAL_INIT \
	{ \
		.set = RULESET_INIT \
	}

int goal_build(const struct goal_input *input, struct goal *ret_goal, struct diags *diags);
/* Warn where only leading jumps to yield_to chains are yielded to, and one stands behind a rule of
 * others: what rampart accepts does not reach it. */
void goal_warn(const struct goal_input *input, const struct goal *goal, struct diags *diags);
void goal_release(struct goal *goal);

/* An own chain: by its name, by the state, by an interrupted apply, or adopted. */
bool goal_is_own_chain(const struct goal_input *input, enum family family, enum xtable table,
		       const char *name);

/* Our unconditional jump from a chain of others into an own one. */
bool rule_is_hook(const struct rule *rule);

/*
 * nft changes policies after the rules: a policy is changed under cover of a last
 * rule with the old verdict. Its text, canonical on both backends; verdict: ACCEPT or DROP.
 */
const char *cover_spec(const char *verdict);
bool rule_is_cover(const struct rule *rule);

#endif
