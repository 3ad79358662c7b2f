/*
 * child_sandbox: where shell scripts run: a shell that believes to be root, sees the host's files,
 * interfaces and routes, and can change none of them.
 *
 * Security, in the order in which it is built up:
 * 1. Namespaces of its own: mount, process, IPC, host name, and a user namespace in which uid 0 is
 *    an unprivileged uid outside (SANDBOX_UID; for an ordinary user his own). The network namespace
 *    is the caller's: to read it needs no right. No further user namespace can be made inside.
 * 2. All mounts are read-only and without set-user-ID; what may be written to is in memory, limited
 *    and thrown away: child_sandbox_memory.c says where.
 * 3. The shell has no capability, can't get one (bounding set, no_new_privs), no controlling
 *    terminal, no keyring, no descriptor but those it is given, an environment that is given, and
 *    limits for processes, files and memory.
 * 4. The sandbox's first process stays outside of that user namespace, with the rights to mount; it
 *    reads nothing that the shell can write, and can't be traced or stopped by it. When it is
 *    killed, all in the sandbox is; it is when rampart ends.
 * 5. What the shell can write is hostile for who reads it: never through a link, never a FIFO or a
 *    device, and with limits for number and size.
 * owns:   descriptors and the first process; sandbox_close(), or the end of rampart, ends all
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_CHILD_SANDBOX_H
#define RAMPART_CHILD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct diags;
struct sandbox_seen;

/* Where the sandbox keeps what it needs itself. The shell can read it, not change it. */
#define SANDBOX_DIR "/dev/shm/.rampart"
/* The socket (SOCK_SEQPACKET) that the stand-ins of programs connect to. */
#define SANDBOX_SOCKET SANDBOX_DIR "/socket"
/* The real programs behind the stand-ins: REAL_DIR/xtables-nft-multi, by their files' names. */
#define SANDBOX_REAL SANDBOX_DIR "/real"
/* Small files of the caller (sandbox_setup.extra). */
#define SANDBOX_EXTRA SANDBOX_DIR "/extra"

/* A file as the shell is to see it, whatever is there (or is not there) on the host. */
struct sandbox_file {
	const char *path; /* absolute, in the host's view */
	const char *text;
	size_t len;
};

struct sandbox_setup {
	/* Stand at their paths, mode 0755. What else is in their directories is there too, and what
	 * only root can read can be read, where the file system lets us (idmapped mounts). */
	const struct sandbox_file *scripts;
	size_t nr_scripts;
	const struct sandbox_file *extra; /* path: a name below SANDBOX_EXTRA; mode 0444 */
	size_t nr_extra;
	const void *shim; /* the stand-in: an executable's bytes */
	size_t shim_len;
	/* Absolute paths of programs that it stands in for, then NULL. Several may lead to the same
	 * file, and some nowhere. */
	const char *const *tools;
	bool mirror_sysctl; /* /proc/sys/net is a copy that can be written */
};

struct sandbox {
	pid_t init; /* its first process */
	int pidfd, control;
	int listener;	/* of SANDBOX_SOCKET; non-blocking */
	int root;	/* the sandbox's / as a directory, to look into; open with care: rule 5 */
	bool with_user; /* made by an ordinary user */
	/* For other programs that are to see what the shell sees, and to be its user: enter userns
	 * (-1: ours), then mntns, and be uid, which is the shell's as seen from there. */
	int userns, mntns;
	uid_t uid;
	bool has_sysctl;

	int store;	/* what can be written to, as a directory */
	int mirror;	/* the copy of /proc/sys/net; -1 */
	pid_t shell;	/* as seen from inside; -1: none runs */
	bool has_ended; /* it did, with status, and sandbox_take_end() has not been asked */
	int status;
	struct sandbox_seen *seen; /* what sandbox_written() has told already */
	size_t nr_seen;
};

#define SANDBOX_INIT \
	{ \
		.init = -1, .pidfd = -1, .control = -1, .listener = -1, .root = -1, .userns = -1, \
		.mntns = -1, .store = -1, .mirror = -1, .shell = -1 \
	}

/* 1: no namespaces can be made here (errno), nothing added to diags. */
int sandbox_open(struct sandbox *sandbox, const struct sandbox_setup *setup, struct diags *diags);
void sandbox_close(struct sandbox *sandbox);

struct sandbox_run {
	const char *const *argv; /* argv[0]: absolute path of the shell; NULL at the end */
	const char *const *env;	 /* NAME=VALUE; NULL at the end */
	const char *cwd;	 /* of the shell; "/" if it can't be entered */
	int out, err;		 /* descriptors that become its 1 and 2; its 0 is /dev/null */
	/* A script (its path) that the shell gets through a FIFO, for the caller to write it line
	 * by line. Only the shell itself sees the FIFO: it is gone from the path, and the script
	 * as it is there again, before a byte can be written. NULL: none. */
	const char *fed;
	unsigned int processes; /* limits: number of processes, bytes of a file written */
	size_t file_bytes;
};

/*
 * Start a shell; whatever an earlier one left behind is ended first. One at a time. ret_feed: the
 * FIFO's writing end, non-blocking, each write one packet; -1 without fed. ret_pid: the shell, as
 * seen from outside.
 */
int sandbox_start(struct sandbox *sandbox, const struct sandbox_run *run, int *ret_feed,
		  pid_t *ret_pid, struct diags *diags);

/*
 * sandbox->control is readable when the shell has ended: its exit code, or 128 + signal. Waits for
 * it. -1: the sandbox itself is gone, after adding to diags.
 */
int sandbox_take_end(struct sandbox *sandbox, int *ret_status, struct diags *diags);

/*
 * End everything but the first process: whatever the shell was, or left in the background. When it
 * returns, none is left, and a shell that was running counts as ended (sandbox_take_end() gives its
 * status at once). found() is called for each process before it is killed (the first 100), the
 * shell itself aside; cmdline: its words, blank separated, may be "". NULL: nobody wants to know.
 */
int sandbox_sweep(struct sandbox *sandbox, void (*found)(void *arg, const char *cmdline), void *arg,
		  struct diags *diags);

/* Could any process in the sandbox, its first aside, run now (state R or D, or starting)? */
bool sandbox_is_busy(const struct sandbox *sandbox);
/* Another number whenever any of them has run, was made or has ended since the last call. */
uint64_t sandbox_trace(const struct sandbox *sandbox);

/* What was written to the mirror of /proc/sys/net since the last call: "net/ipv4/ip_forward", and
 * the text without the newline at its end. */
int sandbox_sysctls(struct sandbox *sandbox,
		    void (*found)(void *arg, const char *key, const char *value), void *arg,
		    struct diags *diags);

/* The files that were written to places that are thrown away (but for /tmp, /var/tmp, /dev/shm and
 * lock directories), since the last call. At most 100 in all. */
int sandbox_written(struct sandbox *sandbox, void (*found)(void *arg, const char *path), void *arg,
		    struct diags *diags);

#endif
