/*
 * judge: a restore program that stays, in a scratch namespace, and is asked question after
 * question: a start for each would cost twenty times as much.
 * With -v it repeats comment lines, and so a comment ends each answer (iptables-restore 1.8.9).
 * owns:   the process; judge_release()
 */
#ifndef RAMPART_JUDGE_H
#define RAMPART_JUDGE_H

#include "buf.h"
#include "child.h"

struct diags;

/* What and where a judge is. Nothing in it is the judge's own. */
struct judge_place {
	const char *path; /* of the program; NULL: argv0 */
	const char *argv0;
	int netns, userns;
	const struct child_confinement *confine; /* or NULL */
};

struct judge {
	struct judge_place place;
	unsigned int seconds; /* for an answer; 0: 60 */
	struct child child;
	unsigned long asked;
	struct buf question;
};

void judge_init(struct judge *judge, const struct judge_place *place);
/*
 * Hand over restore text, whole tables up to COMMIT, and take what is said to it. 1: the program
 * ended, as it does at the first thing it refuses: ret_answer says why; the next question begins
 * with a new one, in the same namespace. -1 after adding to diags.
 */
int judge_ask(struct judge *judge, const char *text, size_t len, struct buf *ret_answer,
	      struct diags *diags);
void judge_release(struct judge *judge);

#endif
