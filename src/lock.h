/*
 * lock: one rampart at a time, and no other xtables program in between.
 * The second is /run/xtables.lock, which the legacy programs take for each
 * change (iptables/xshared.c); the nft ones never open it.
 * owns: descriptors; the locks end with lock_release() or the process
 */
#ifndef RAMPART_LOCK_H
#define RAMPART_LOCK_H

#include <stdbool.h>

struct diags;
struct fs;

struct lock {
	int own, xtables; /* -1: not held */
};

#define LOCK_INIT \
	{ \
		-1, -1 \
	}

enum { LOCK_SECONDS = 10 }; /* how long to wait for each */

/* Rampart's own: before anything is read. -1 after an error that names the holder. */
int lock_own(struct lock *lock, const struct fs *fs, struct diags *diags);
/* The same without waiting. -1: somebody has it, or it can't be had; nothing is said. */
int lock_try_own(struct lock *lock, const struct fs *fs);
/* That of the xtables programs, after it. required: else (nft) only a warning. */
int lock_xtables(struct lock *lock, bool required, struct diags *diags);
void lock_release(struct lock *lock);

#endif
