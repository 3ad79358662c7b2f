/*
 * transaction: make live match wanted, or leave it as it was.
 *
 *     look - goal - plan - empty? - "begun" on disk - commit - look again, until the
 *     plan is empty - "current" on disk
 *
 * Where what is live behind a commit is known, the second look is spared. nft: the kernel took it
 * on the very generation of the look, made of the messages of the proof, or at a boot, and nobody
 * has changed anything since. legacy: it has the fingerprint of the tables that were made of the
 * proof's, which is one of all that is in them. What programs made is read back.
 *
 * Each look at the kernel gives a new goal and a new plan, so that a change which somebody else
 * makes in between is kept and only ours is done again, at most TRIES_MAX times. What
 * can't be completed is undone the same way: towards the owned part of what was live before.
 * in:     the canonical wanted ruleset, the state, the kernel
 * out:    an outcome that says what is true now
 */
#ifndef RAMPART_TRANSACTION_H
#define RAMPART_TRANSACTION_H

#include "commit.h"
#include "config.h"
#include "goal.h"
#include "plan.h"
#include "state.h"

struct diags;
struct fs;
struct guardian;
struct kernel;
struct proven;

enum {
	TRIES_MAX = 5,
	TRIES_ON_LOOK = 3 /* that others must not have changed anything since */
};

enum outcome_kind {
	OUTCOME_SAME, /* nothing was to be done, nothing was written to the kernel */
	/* live is as wanted: read back and compared, or known by its fingerprint */
	OUTCOME_APPLIED,
	OUTCOME_REFUSED,     /* stopped before anything was changed; see diags */
	OUTCOME_ROLLED_BACK, /* failed; the old rules are back, read back and compared */
	OUTCOME_UNKNOWN	     /* failed, and what is live is not what it was; see diags */
};

struct outcome {
	enum outcome_kind kind;
	bool unfinished;      /* rolled back to what an interrupted apply had left */
	bool unread;	      /* unknown, because live can't be read any more */
	bool needs_take_over; /* refused, because it would delete rules of others */
	size_t added[FAMILY_NR], removed[FAMILY_NR]; /* rules, of the first plan */
	struct commit_result commit;		     /* applied: in which way */
};

struct look;

struct transaction {
	const struct config *config;
	const struct fs *fs;
	const struct kernel *kernel;
	enum ownership ownership;
	const struct ruleset *wanted;
	const struct proven *proven;	/* of wanted's rules, some or all; or NULL */
	const struct state *old;	/* what the last apply left */
	const struct ruleset *begun;	/* of an interrupted apply; or NULL */
	unsigned int tables[FAMILY_NR]; /* concerned */
	const struct ruleset *live;	/* stands for what the kernel holds; NULL: the kernel */
	bool take_over;			/* exclusive: delete rules of others */
	const struct ruleset *making;	/* wanted, once something is changed; NULL before */
	bool *made;			/* see goal.h */
	bool trust_programs;		/* a boot: what they were given is what they have sent */
	bool keep_state;		/* the state speaks of the other backend: leave it */
	/* Told of the first plan before it is carried out; NULL: nobody. */
	void (*announce)(void *arg, const struct plan *plan);
	void *announce_arg;
	/* Asked before the first plan is carried out; -1, after an error: it is refused. NULL:
	 * nobody. */
	int (*guard)(void *arg, const struct look *look, struct diags *diags);
	void *guard_arg;
	/* For the new state. */
	char inputs[HASH_TEXT]; /* "": nothing is applied (flush) */
	char captured[HASH_TEXT];
	const char *version;
	unsigned int generation; /* its number; 0: none */
	char by[BY_TEXT];
	char token[TOKEN_TEXT]; /* it has to be confirmed; "": it has not */
	const char *ipsets;	/* of state.h */
	const char *wishes;	/* of state.h */
	/* Started before the first change; the caller ends it. NULL: nobody stands by. */
	struct guardian *guardian;
};

/* "applied", "same", "refused" ...: for JSON. */
const char *outcome_name(enum outcome_kind kind);

/* What would be done, without doing it: the caller releases all three. */
struct look {
	struct ruleset live;
	struct goal goal;
	struct plan plan;
};

#define LOOK_INIT \
	{ \
		RULESET_INIT, GOAL_INIT, PLAN_INIT \
	}

int transaction_look(const struct transaction *tx, struct look *ret_look, struct diags *diags);
void look_release(struct look *look);

struct outcome transaction_run(const struct transaction *tx, struct diags *diags);

/*
 * The way back, after an apply that did not end: make live what tx says, with nothing written
 * to disk. -1: it is not, after errors. ret_changed: something was to be done.
 */
int transaction_restore(const struct transaction *tx, bool *ret_changed, struct diags *diags);

#endif
