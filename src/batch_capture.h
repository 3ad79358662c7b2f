/*
 * batch_capture: what a restore program that is stopped at a call of TRAP_SEND is about to send:
 * a question to the kernel, or a batch of nf_tables changes, which can be copied.
 * fails: an errno, see batch_call_find(); nothing here answers the call
 */
#ifndef RAMPART_BATCH_CAPTURE_H
#define RAMPART_BATCH_CAPTURE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct child;
struct trap_call;

struct batch_call {
	struct iovec parts[IOV_MAX]; /* over there */
	size_t nr, len;		     /* parts, and bytes of all */
	bool is_batch;		     /* it begins like one: only those change anything */
};

/* 0, or an errno: EMSGSIZE, or of reading the caller's memory. */
int batch_call_find(const struct child *children, const struct trap_call *call,
		    struct batch_call *ret);
/* Copy all of it: len bytes. */
int batch_call_read(const struct child *children, const struct trap_call *call,
		    const struct batch_call *what, char *to);
/* Of those errors: the caller is gone, or gave no address of its own. */
bool batch_call_is_callers(int error);

#endif
