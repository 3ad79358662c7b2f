/*
 * pending: which generation waits for its confirm, and until when: the mark that its watchdog
 * leaves in /run/rampart, locked as long as the watchdog lives. It says nothing about whether
 * a generation is pending: that is in state_dir, and survives a reboot.
 */
#ifndef RAMPART_PENDING_H
#define RAMPART_PENDING_H

#include <stdbool.h>
#include <sys/types.h>

#include "state.h"

struct diags;
struct fs;

struct pending {
	unsigned int generation; /* 0: no mark, or one that can't be read */
	char token[TOKEN_TEXT];
	char boot[BOOT_TEXT];
	long long deadline; /* seconds of CLOCK_BOOTTIME, which counts a suspended host's too */
	bool watched;	    /* its watchdog lives */
};

void pending_read(const struct fs *fs, struct pending *ret_pending);
/* Seconds left, 0 when they are over. */
long long pending_left(const struct pending *pending);
/* The clock of deadline. */
long long pending_now(void);
/* Write the mark and lock it for this process. -1 after adding to diags. */
int pending_mark(const struct fs *fs, const struct pending *pending, int *ret_fd,
		 struct diags *diags);
void pending_remove(const struct fs *fs);

#endif
