/*
 * guardian: a process of its own session that stands by while live rules are
 * changed. If rampart dies before all is settled, it brings the old rules back;
 * if what was applied waits for a confirm, it goes on as the watchdog.
 * It holds rampart's locks as long as it has something to do: nobody comes in between.
 * owns:   guardian_end() or guardian_watch() ends rampart's side of it
 */
#ifndef RAMPART_GUARDIAN_H
#define RAMPART_GUARDIAN_H

#include <sys/types.h>

struct diags;
struct lock;

enum guardian_call {
	GUARDIAN_RESCUE, /* rampart and all its children are gone, and nothing was said */
	GUARDIAN_WATCH	 /* what was applied waits for a confirm */
};

struct guardian {
	/* Called in the guardian's process, at most once. ready: a descriptor; a byte written
	 * there tells a waiting guardian_watch() that the watchdog is at work. */
	void (*run)(void *arg, enum guardian_call call, int ready);
	void *arg;
	const struct lock *lock; /* held by both */

	pid_t pid; /* 0: not started */
	int order, answer, life;
};

/* fails: -1 after adding to diags */
int guardian_start(struct guardian *guardian, struct diags *diags);
/* All is settled: it goes. Also one that was never started. */
void guardian_end(struct guardian *guardian);
/* It watches from now on, and rampart lets it be. -1: it does not live any more. */
int guardian_watch(struct guardian *guardian);

#endif
