/*
 * child: other programs, run with a clean environment. The only place that forks.
 *
 * A child gets: argv as given, an environment built here (PATH, LC_ALL=C, a lock file of
 * its own for the xtables programs), standard input from memory, standard output and error into
 * memory, no other descriptor, a process group of its own (a Ctrl-C is for rampart, not for a
 * restore half way), and it dies when rampart is killed.
 * owns:   out and err, until child_release()
 * fails:  -1 after adding to diags only where no child could be made; how it
 *         ended is in status
 */
#ifndef RAMPART_CHILD_H
#define RAMPART_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "child_trap.h"

struct diags;

enum {
	CHILD_ARGS_MAX = 7,
	CHILD_TIMEOUT = -2, /* status: killed after timeout seconds */
	CHILD_NO_EXEC = 127 /* status: the program could not be run */
};

/*
 * For a program that works on behalf of somebody who is not trusted: it sees the files that they
 * see and has their uid, CAP_NET_ADMIN and CAP_NET_RAW over the namespaces that it is in, and
 * nothing else. It can't start other programs (iptables --modprobe).
 */
struct child_confinement {
	int mntns;	      /* entered before the network namespace */
	uid_t uid;	      /* also its gid */
	const char *cwd;      /* "/" if it can't be entered */
	const char *lockfile; /* for the xtables programs */
};

struct child {
	const char *argv[CHILD_ARGS_MAX + 1]; /* argv[0]: absolute path */
	const char *const *args;	      /* more words than that: all of argv; or NULL */
	const char *path;		      /* the program, if argv[0] is another name; or NULL */
	const char *input;		      /* NULL: nothing to read */
	size_t input_len;
	int input_fd;	   /* is its standard input instead, from its beginning on; or -1 */
	bool talks;	   /* for child_ask(): it reads and writes as long as it lives */
	int netns, userns; /* namespaces to enter first; -1: stay */
	const struct child_confinement *confine; /* or NULL */
	unsigned int timeout;			 /* seconds; 0: CHILD_SECONDS */
	/* Not to be cut off half way: where a guardian stands by it does not die with rampart. */
	bool finishes;
	struct trap trap; /* kind: where it is to be stopped */

	int status; /* exit code, 128 + signal, or CHILD_TIMEOUT */
	struct buf out, err;

	pid_t pid;
	int pidfd, out_fd, err_fd;
	int talk_in, talk_out; /* our ends of its standard input, and of its output and errors */
};

enum { CHILD_SECONDS = 120 };

#define CHILD_INIT \
	{ \
		.input_fd = -1, .netns = -1, .userns = -1, .trap = TRAP_INIT, .pid = -1, \
		.pidfd = -1, .out_fd = -1, .err_fd = -1, .talk_in = -1, .talk_out = -1 \
	}

int child_start(struct child *child, struct diags *diags);
int child_wait(struct child *child, struct diags *diags);
/* What it wrote to standard error, as one line; "exit status N" if nothing. */
const char *child_error(struct child *child);
int child_run(struct child *child, struct diags *diags);
void child_release(struct child *child);

/*
 * Write text to a child that talks, and read what it says until that ends in until; ret_answer is
 * without it. 1: it ended instead; what it said is in ret_answer, its status in status; it may be
 * started again. -1 after adding to diags: it could not be talked to within its timeout.
 */
int child_ask(struct child *child, const char *text, size_t len, const char *until,
	      struct buf *ret_answer, struct diags *diags);

/* child*.c's own: in a child that has entered its namespaces. -1 with errno set. */
int child_confine(const struct child_confinement *confine);
/* A child in another's place among those that may outlive rampart; 0: in none, of none. */
void child_survives(pid_t old, pid_t new);
/* What child_hold() has left, or -1. */
int child_held(void);
/* Close all descriptors but 0 to 2 and those; -1 is nothing. */
void child_keep_only(const int *keep, size_t nr);

/* Before a guardian is made: it will know those that outlive rampart. -1 with errno set. */
int child_share_survivors(void);
/* In the guardian: end those that still run. */
void child_end_survivors(void);

/* From now on each child holds this descriptor open until it ends; -1: none. Who reads the other
 * end of a pipe learns from its end that rampart and all its children are gone. Takes it over, and
 * gives the one that stands for it: the caller closes that. */
int child_hold(int fd);

/*
 * fork(2) for a process that outlives rampart, its terminal and its caller: a session of its own,
 * SIGHUP, SIGINT, SIGQUIT and SIGTERM blocked, no descriptor but 0 to 2 and those of keep (-1 is
 * nothing). -1 with errno set.
 */
pid_t child_detach(const int *keep, size_t nr);
/* Wait for its end. */
void child_reap(pid_t pid);

/* Close these descriptors, whether they are open or not; last -1: all that follow. */
void child_close_range(int first, int last);

/*
 * A function of our own in a child, inside namespaces (-1: stay): what it does to itself, such as
 * entering another one, ends with it. It returns an exit code below 128, and leaves the rest in
 * memory of child_share(). -1: no child could be made (errno), or it could not enter (errno), or
 * it did not end by itself in time (ETIMEDOUT, ECHILD).
 */
int child_call(int netns, int userns, int (*function)(void *arg), void *arg);
/*
 * The same, here, for what must not be cut off half way (as a child that finishes); without
 * a guardian it dies with rampart. The child has no descriptor but 0 to 2.
 */
int child_call_through(int (*function)(void *arg), void *arg);
/* Zeroed memory that a child writes and we read; NULL with errno set. */
void *child_share(size_t size);
void child_unshare(void *memory, size_t size);

/* New namespaces, held by descriptors alone: network, and for an ordinary user also a user
 * namespace (ret_userns; else -1). -1 with errno set: not allowed here. */
int child_new_namespaces(bool with_user, int *ret_netns, int *ret_userns);
/* The same for a network namespace that belongs to an existing user namespace (-1: ours). */
int child_new_netns(int userns, int *ret_netns);

#endif
