/*
 * child_sandbox_internal: what the files of the sandbox share.
 */
#ifndef RAMPART_CHILD_SANDBOX_INTERNAL_H
#define RAMPART_CHILD_SANDBOX_INTERNAL_H

#include <sys/stat.h>

#include "base.h"
#include "buf.h"
#include "child.h"
#include "child_sandbox.h"

enum {
	/* 0x7fff0001: above what distributions, systemd (containers, dynamic and foreign users) and
	 * subuid ranges give away, below what is negative as an int. */
	SANDBOX_UID = 2147418113,
	/* Where that one can't be mapped because we are inside a container ourselves: nobody. */
	SANDBOX_UID_INSIDE = 65534,
	SANDBOX_FDS_MAX = 6,		    /* descriptors with one message; see SANDBOX_NO_FDS */
	SANDBOX_TEXT_MAX = 8 * 1024 * 1024, /* argv and environment of a shell */
	SANDBOX_STACK = 256 * 1024
};

/* --- child_sandbox_wire.c: between rampart and the first process ------------------------- */

enum sandbox_call { SANDBOX_START, SANDBOX_SWEEP };

/* With START come three descriptors: a memory file of argc words, envc words, cwd and perhaps fed,
 * each with a NUL behind it; out; err. */
struct sandbox_order {
	enum sandbox_call call;
	unsigned int argc, envc;
	bool fed;
	unsigned int processes;
	unsigned long long file_bytes;
};

enum sandbox_answer {
	SANDBOX_READY,	/* uid; descriptors: see sandbox_open() */
	SANDBOX_BARRED, /* no namespaces here: error */
	SANDBOX_FAILED, /* text, error */
	SANDBOX_STARTED,
	SANDBOX_SWEPT, /* status, if a shell was running */
	SANDBOX_ENDED  /* status */
};

struct sandbox_reply {
	enum sandbox_answer answer;
	int error, status;
	uid_t uid;
	pid_t pid; /* of the shell, inside */
	char text[200];
};

#define SANDBOX_NO_FDS \
	{ \
		-1, -1, -1, -1, -1, -1 \
	}

/* pid: sent along, and translated by the kernel into what it is called at the other end; 0: none.
 * -1 with errno set. */
int sandbox_send(int socket, void *message, size_t len, const int *fds, size_t nr, pid_t pid);
/* Exactly len bytes. fds: SANDBOX_FDS_MAX, as they are where none came. 0: nobody is at the other
 * end. */
int sandbox_receive(int socket, void *message, size_t len, int *fds, pid_t *ret_pid);

/* For a function that clone() begins in shared memory and that does not return: nobody would take
 * away the marks that the address sanitizer leaves on its stack. */
#define SANDBOX_UNMARKED __attribute__((no_sanitize("address")))

/* --- the first process ------------------------------------------------------------------- */

struct sandbox_init {
	const struct sandbox_setup *setup;
	int control;
	bool with_user;
	uid_t outer; /* of who made it */
	gid_t outer_gid;

	uid_t uid;  /* what the shell's 0 is for the first process */
	int userns; /* the shell's */
	int own;    /* SANDBOX_DIR, writable */
	int store;  /* what the shell may write to */
	int listener, mirror, signals;
	/* /proc/sys/net of the host's /proc: unlike that of a new one the kernel may have it at
	 * hand; or -1 */
	int sysctl;
	unsigned int covers; /* how many directories were replaced */
	char **script_paths; /* of setup's scripts: where they stand */
	pid_t shell;
	int status;
	bool ended; /* the shell has, and rampart does not know yet */
	struct sandbox_reply fault;
};

/* Remember what failed, with errno; -1. */
int sandbox_fault(struct sandbox_init *init, const char *what, const char *name);

/* child_sandbox_init.c: where clone() begins. */
int sandbox_first(void *arg);

/* child_sandbox_userns.c */
int sandbox_map_outer(struct sandbox_init *init);
int sandbox_make_userns(struct sandbox_init *init);

/* child_sandbox_mounts.c. A graft is a copy of a mount that is nowhere yet, as a descriptor;
 * sandbox_put() closes it. */
int sandbox_private(struct sandbox_init *init);
int sandbox_read_only(struct sandbox_init *init);
int sandbox_graft(int dir, const char *path);
int sandbox_set_read_only(int graft);
int sandbox_put(struct sandbox_init *init, int graft, const char *path);
int sandbox_bind(struct sandbox_init *init, const char *path, const char *over);
int sandbox_make_own(struct sandbox_init *init);
int sandbox_listen(struct sandbox_init *init);
int sandbox_seal_own(struct sandbox_init *init);
int sandbox_put_tools(struct sandbox_init *init);
int sandbox_write_file(struct sandbox_init *init, int dir, const char *name, const void *bytes,
		       size_t len, mode_t mode, uid_t owner);

/* child_sandbox_memory.c: the places that can be written to. */
struct sandbox_place {
	const char *path, *name; /* name: its directory in the store's "up" */
	mode_t mode;		 /* 0: as the real one, which shows through */
	bool told;		 /* by sandbox_written() */
};

extern const struct sandbox_place sandbox_places[];
extern const size_t sandbox_nr_places;

int sandbox_make_store(struct sandbox_init *init);
int sandbox_cover(struct sandbox_init *init);
/* Can the shell go through that directory? */
bool sandbox_passable(const struct sandbox_init *init, const char *path);

/* child_sandbox_room.c: make a path exist, in the shell's view, on mounts that are read-only. */
char *sandbox_join(const char *dir, const char *name); /* to be freed */
char *sandbox_parent(const char *path);		       /* to be freed */
int sandbox_make_way(struct sandbox_init *init, const char *path);
int sandbox_make_missing(struct sandbox_init *init, const char *path, bool file);
int sandbox_cover_empty(struct sandbox_init *init, const char *path);

/* child_sandbox_scripts.c: the scripts at their paths. First what is taken from places that will be
 * covered, then what stands in them. What they allocate lives as long as the process. */
struct sandbox_dirs;
int sandbox_take_dirs(struct sandbox_init *init, struct sandbox_dirs **ret_dirs);
int sandbox_put_scripts(struct sandbox_init *init, const struct sandbox_dirs *dirs);

/* child_sandbox_sysctl.c */
int sandbox_make_mirror(struct sandbox_init *init);

/* child_sandbox_shell.c */
int sandbox_run_shell(struct sandbox_init *init, const struct sandbox_order *order, int text,
		      int out, int err, int *ret_feed);

/* child_sandbox_look.c, in rampart: file() for each plain file below a directory, which the shell
 * has filled: no link is followed, and there is an end. Takes over fd. */
struct sandbox_walk {
	void (*file)(struct sandbox_walk *walk, int dir, const char *name, const struct stat *st);
	void *arg;
	struct buf path;    /* as it is to be called; begins with what the caller gave */
	unsigned int depth; /* directories below each other that are looked into */
	size_t entries;
};
void sandbox_walk(struct sandbox_walk *walk, int fd, unsigned int depth);

/* child_sandbox_look.c, in rampart: the command line of each process but the shell. */
void sandbox_name_left(const struct sandbox *sandbox, void (*found)(void *arg, const char *cmdline),
		       void *arg);

#endif
