/*
 * lockout: would an apply cut off the ssh connection that it was called over?
 *
 * A connection from the caller's address to the one that sshd answered on is opened, in a scratch
 * namespace, through the rules that would be live afterwards: all tables of the family, those of
 * others as well. If it does not come through there, but does through the rules that are live
 * now, the apply would cut it off. What can't be told is a warning and no more.
 * in:     what is live and what would become of it; SSH_CONNECTION (caller.h)
 * fails:  -1 after an error that names the deciding rule
 */
#ifndef RAMPART_LOCKOUT_H
#define RAMPART_LOCKOUT_H

#include <stdbool.h>

#include "family.h"

struct diags;
struct kernel;
struct look;

struct lockout {
	const struct kernel *kernel;
	const unsigned int *tables; /* bits per family: those that look.live holds */
	bool confirm; /* it is rolled back unless confirmed: a warning instead of an error */
};

/* For transaction.guard; arg: struct lockout. */
int lockout_guard(void *arg, const struct look *look, struct diags *diags);

#endif
