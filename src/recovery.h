/*
 * recovery: what an apply left behind that did not come to its end: one that was
 * interrupted is undone, one that nobody confirmed in time is rolled back. For the guardian, the
 * watchdog and the next command alike, from what is on disk.
 * in:     a pipeline with its baseline and state; rampart's own lock is held
 * out:    live and state_dir as before that apply; p's state is read anew
 */
#ifndef RAMPART_RECOVERY_H
#define RAMPART_RECOVERY_H

#include <stdbool.h>

struct lock;
struct pipeline;

enum recovery {
	RECOVERY_NOTHING, /* nothing was to be done */
	RECOVERY_KEPT,	  /* the interrupted apply had made all of it: it stays */
	RECOVERY_UNDONE,  /* the old rules are back, read back and compared */
	RECOVERY_FAILED	  /* after errors: they are not */
};

/* What an interrupted apply left. */
enum recovery recovery_begun(struct pipeline *p, struct lock *lock);
/* Is a generation waiting for its confirm? */
bool recovery_is_pending(const struct pipeline *p);
/* The pending generation is rejected, and what was before it is live again. */
enum recovery recovery_reject(struct pipeline *p, struct lock *lock);

#endif
