/*
 * watchdog: what the guardian does when it is called: the rescue of an apply that
 * was killed, and the wait for a confirm. Whatever it does it tells the system's log.
 */
#ifndef RAMPART_WATCHDOG_H
#define RAMPART_WATCHDOG_H

#include "guardian.h"
#include "pending.h"

struct lock;
struct pipeline;

struct watchdog {
	struct pipeline *p;
	struct lock *lock;
	unsigned int seconds; /* to wait for a confirm */
};

/* For struct guardian; arg: a struct watchdog. */
void watchdog_run(void *arg, enum guardian_call call, int ready);

enum watch {
	WATCH_NOTHING,	/* no generation is pending */
	WATCH_WAITING,	/* one is, and its watchdog waits */
	WATCH_REJECTED, /* its time was over, or its boot: rolled back, with a warning */
	WATCH_FAILED	/* it could not be rolled back, after errors */
};

/*
 * What has become of the pending generation, and of its watchdog? Where that was killed, this
 * does what it would have done; before the time is over, that is a new watchdog. Rampart's own
 * lock is held, and the whole state read.
 * ret_pending: of WATCH_WAITING
 */
enum watch watchdog_check(struct pipeline *p, struct lock *lock, struct pending *ret_pending);

/*
 * For commands that only look: whatever a killed apply or watchdog left is put right first, with
 * warnings. If rampart is at work elsewhere, nothing is done. The whole state has been read.
 * fails: -1 after adding to diags
 */
int watchdog_recover(struct pipeline *p);
/* An interrupted apply, with the lock held: what became of it is said. -1 after errors. */
int watchdog_finish_begun(struct pipeline *p, struct lock *lock);

#endif
