/*
 * child_trap: children that are stopped at the system call by which they would change the
 * kernel, so that somebody else decides what comes of it: the call is carried out, answered as
 * if it had been, or refused. By seccomp's user notification (Linux 5.0); the listener is
 * fetched with pidfd_getfd (5.6), memory read with process_vm_readv. Source: seccomp_unotify(2).
 *
 * What rampart relies on, and what not:
 * 1. A child is only half trusted: what it points to is copied once, bounded, and the call is asked
 *    for again afterwards, so that nothing was read from a process that took over its number.
 * 2. A child that is let go on (CONTINUE) could change its memory behind the check. That is no
 *    barrier against a hostile program, which as root could do worse; it is one against surprises.
 * 3. If rampart dies the listener is closed: calls that wait, and all that follow, end with
 *    ENOSYS. Nothing that is held is ever carried out by accident.
 * 4. The filter also holds for what the child starts. A call that is foreign to this
 *    architecture (i386 on x86-64, socketcall) stops it as well: what it would do is unknown.
 */
#ifndef RAMPART_CHILD_TRAP_H
#define RAMPART_CHILD_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child;

enum trap_kind {
	TRAP_NONE,
	TRAP_SEND,   /* each call that could hand a message to a socket; io_uring is refused */
	TRAP_REPLACE /* setsockopt(IPT_SO_SET_REPLACE, IP6T_SO_SET_REPLACE) */
};

struct trap {
	enum trap_kind kind;
	int listener; /* -1: none, or nobody is left who could call */
	/* What the kernel does not let rampart do; NULL: nothing. Then child_start() is -1 without
	 * a word in diags: no program was run. */
	const char *refused;
	int error; /* errno of that */
};

#define TRAP_INIT \
	{ \
		.listener = -1 \
	}

/* A call that waits for its answer. */
struct trap_call {
	size_t child; /* index */
	uint64_t id;
	pid_t pid; /* who calls: the child, or what it has started */
	bool foreign;
	int nr; /* SYS_... */
	uint64_t args[6];
};

enum trap_event {
	TRAP_CALL,    /* one calls */
	TRAP_ENDED,   /* one has ended: child_wait() comes back at once */
	TRAP_TIMEOUT, /* the time is over */
	TRAP_ALL_OVER /* all had ended before */
};

enum { TRAPPED_MAX = 16 }; /* children */

/* The next event among children that were started with a trap. until: of trap_clock(). */
enum trap_event trap_next(struct child *children, size_t nr, int64_t until,
			  struct trap_call *ret_call);
int64_t trap_clock(void); /* milliseconds */

/* A copy of what the caller has at an address. 0, or an errno. */
int trap_read(const struct child *children, const struct trap_call *call, uint64_t address,
	      void *to, size_t len);
/* The same of several places, one behind the other; at most IOV_MAX. */
struct iovec;
int trap_read_all(const struct child *children, const struct trap_call *call,
		  const struct iovec *from, size_t nr_from, void *to, size_t len);

/* Answers. 0, or an errno: ENOENT where the call was given up, and may come again. */
int trap_carry_out(const struct child *children, const struct trap_call *call);
int trap_pretend(const struct child *children, const struct trap_call *call, int64_t result);
int trap_refuse(const struct child *children, const struct trap_call *call, int error);

/* --- for child.c ----------------------------------------------------------------------- */

/* Descriptors of the child while it waits for the parent to have taken the listener. */
enum { TRAP_READY_FD = 5, TRAP_GO_FD, TRAP_LISTENER_FD };

/* In the child, before exec, with nothing open from TRAP_LISTENER_FD on: set the trap and wait.
 * -1: don't go on. */
int trap_enter(enum trap_kind kind);
/* In the parent: the listener. ready, go: its ends of the pipes. -1: see trap.refused. */
int trap_take(struct trap *trap, int pidfd, int ready, int go);

#endif
