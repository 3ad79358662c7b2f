/*
 * The stand-in of shim.h. Not a part of rampart itself: built alone, without a C library where
 * the machine is known here, and carried inside rampart (shim_image.c).
 *
 * It runs as the script's own child, with the script's environment and descriptors, and trusts
 * nobody: rampart takes its request for hostile input.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "child_sandbox.h"
#include "shim.h"

#include "shim_start.h"

enum {
	IN = 0,
	OUT = 1,
	ERR = 2,
	FAMILY_UNIX = 1,
	TYPE_SEQPACKET = 5,
	CLOSE_ON_EXEC = 02000000,
	LEVEL_SOCKET = 1,
	PASS_RIGHTS = 1,
	NO_SIGNAL = 0x4000,
	E_INTR = 4,
	WORDS_MAX = 4096,
	NULL_MAJOR = 1,
	NULL_MINOR = 3,	  /* /dev/null: admin-guide/devices.txt of the kernel */
	BROKEN_PIPE = 141 /* as a shell says it of a program ended by SIGPIPE */
};

/* As the kernel has them; no header of a C library is used here. */
struct piece {
	/* cppcheck-suppress unusedStructMember */
	const void *base; /* the kernel reads it */
	size_t len;
};

struct message {
	void *name;
	uint32_t name_len;
	struct piece *piece;
	size_t nr_pieces;
	void *control;
	size_t control_len;
	uint32_t flags;
};

struct rights {
	size_t len;
	int32_t level, type, fd, unused;
};

struct place {
	uint16_t family;
	char path[sizeof(SANDBOX_SOCKET)];
};

static char bytes[SHIM_REQUEST_MAX];

/* The compiler calls these by itself. */
void *memcpy(void *to, const void *from, size_t len)
{
	char *t = to;
	const char *f = from;

	while (len--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	char *t = to;

	while (len--)
		*t++ = (char)byte;
	return to;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static void __attribute__((noreturn)) leave(int status)
{
	for (;;)
		call(__NR_exit_group, status, 0, 0, 0);
}

/* Whole, or the end: as a program that is ended by SIGPIPE. */
static void put(int fd, const char *text, size_t len)
{
	while (len) {
		long done = call(__NR_write, fd, (long)text, (long)len, 0);

		if (done == -E_INTR)
			continue;
		if (done <= 0)
			leave(BROKEN_PIPE);
		text += done;
		len -= (size_t)done;
	}
}

static void __attribute__((noreturn)) gone(void)
{
	static const char text[] = "rampart: nobody answers any more: the run is over\n";

	put(ERR, text, sizeof(text) - 1);
	leave(SHIM_GONE);
}

static int reach_rampart(void)
{
	struct place place = { FAMILY_UNIX, SANDBOX_SOCKET };
	long fd = call(__NR_socket, FAMILY_UNIX, TYPE_SEQPACKET | CLOSE_ON_EXEC, 0, 0);
	long ret;

	if (fd < 0)
		gone();
	do
		ret = call(__NR_connect, fd, (long)&place, sizeof(place), 0);
	while (ret == -E_INTR);
	if (ret < 0)
		gone();
	return (int)fd;
}

/* The value behind NAME= of an entry, or NULL. */
static const char *value_of(const char *entry, const char *name)
{
	while (*name && *entry == *name) {
		entry++;
		name++;
	}
	return !*name && *entry == '=' ? entry + 1 : NULL;
}

static bool stderr_is_null(void)
{
	struct statx st;

	memset(&st, 0, sizeof(st));
	return call(__NR_statx, ERR, (long)"", AT_EMPTY_PATH, STATX_TYPE, (long)&st) == 0 &&
	       st.stx_rdev_major == NULL_MAJOR && st.stx_rdev_minor == NULL_MINOR;
}

static void send(int fd, struct message *message)
{
	long ret;

	do
		ret = call(__NR_sendmsg, fd, (long)message, NO_SIGNAL, 0);
	while (ret == -E_INTR);
	if (ret < 0)
		gone();
}

static size_t add(size_t at, const char *text)
{
	size_t len = length(text) + 1;

	if (!at || len > sizeof(bytes) - at)
		return 0; /* and so it stays */
	memcpy(bytes + at, text, len);
	return at + len;
}

static void ask(int fd, int argc, char **argv, char **env, const char *execfn)
{
	struct shim_request request = { SHIM_MAGIC, stderr_is_null() ? SHIM_QUIET : 0,
					(uint32_t)argc };
	struct piece piece = { bytes, 0 };
	struct message message = { .piece = &piece, .nr_pieces = 1 };
	const char *hint = "";
	size_t at;

	for (; *env; env++) {
		const char *value = value_of(*env, SHIM_AT);

		if (value && length(value) < 4096)
			hint = value;
	}
	at = add(add(sizeof(request), hint), execfn);
	for (int i = 0; i < argc; i++)
		at = add(at, argv[i]);
	if (!at || argc > WORDS_MAX) {
		request.argc = 0;
		request.flags |= SHIM_TOO_BIG;
		at = add(add(sizeof(request), hint), execfn);
	}
	memcpy(bytes, &request, sizeof(request));
	piece.len = at;
	send(fd, &message);
}

/* Input for rampart: an open file; or why there is none. */
static void send_input(int fd, long input)
{
	uint32_t error = input < 0 ? (uint32_t)-input : 0;
	struct piece piece = { &error, sizeof(error) };
	struct rights rights = { 20, LEVEL_SOCKET, PASS_RIGHTS, (int32_t)input, 0 };
	struct message message = { .piece = &piece, .nr_pieces = 1 };

	if (!error) {
		message.control = &rights;
		message.control_len = sizeof(rights);
	}
	send(fd, &message);
}

/* All that a descriptor gives: rampart must not wait for the script's pipes. */
static long slurp(long from)
{
	long memory = call(__NR_memfd_create, (long)"input", 1, 0, 0);

	if (memory < 0 || from < 0)
		return from < 0 ? from : memory;
	for (;;) {
		long got = call(__NR_read, from, (long)bytes, sizeof(bytes), 0);

		if (got == -E_INTR)
			continue;
		if (got <= 0)
			return got < 0 ? got : memory;
		for (long at = 0; at < got;) {
			long done = call(__NR_write, memory, (long)bytes + at, got - at, 0);

			if (done <= 0)
				return done < 0 ? done : -28; /* ENOSPC */
			at += done;
		}
	}
}

static void copy_out(int from)
{
	for (;;) {
		long got = call(__NR_read, from, (long)bytes, sizeof(bytes), 0);

		if (got <= 0)
			return;
		put(OUT, bytes, (size_t)got);
	}
}

/* From here on standard output is that file. */
static void write_to(const char *path)
{
	static const char text[] = "can't write to the file\n";
	long fd = call(__NR_openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || (fd != OUT && call(__NR_dup3, fd, OUT, 0, 0) < 0)) {
		put(ERR, text, sizeof(text) - 1);
		leave(1);
	}
}

static void __attribute__((noreturn))
become(const char *path, char **argv, char **env, int argc, int skip)
{
	long ret =
		skip < argc ? call(__NR_execve, (long)path, (long)(argv + skip), (long)env, 0) : -2;

	leave(ret == -2 ? 127 : 126);
}

/* One answer; the length of what is behind its first byte, and the descriptor that came along. */
static size_t receive(int fd, int *ret_fd)
{
	struct piece piece = { bytes, sizeof(bytes) - 1 };
	struct rights rights = { 0 };
	struct message message = {
		.piece = &piece, .nr_pieces = 1, .control = &rights, .control_len = sizeof(rights)
	};
	long got;

	do
		got = call(__NR_recvmsg, fd, (long)&message, 0x40000000, 0);
	while (got == -E_INTR);
	if (got <= 0)
		gone();
	bytes[got] = '\0';
	*ret_fd = message.control_len >= 20 ? rights.fd : -1;
	return (size_t)got - 1;
}

int shim_main(int argc, char **argv, char **env, const char *execfn)
{
	int fd = reach_rampart();

	ask(fd, argc, argv, env, execfn);
	for (;;) {
		int extra;
		size_t len = receive(fd, &extra);

		switch (bytes[0]) {
		case SHIM_OUT: put(OUT, bytes + 1, len); break;
		case SHIM_ERR: put(ERR, bytes + 1, len); break;
		case SHIM_OUT_FD: copy_out(extra); break;
		case SHIM_STDIN: send_input(fd, slurp(IN)); break;
		case SHIM_PROCESSORS:
			(void)call(__NR_sched_setaffinity, 0, (long)len, (long)(bytes + 1), 0);
			break;
		case SHIM_TO: write_to(bytes + 1); break;
		case SHIM_EXEC: become(bytes + 2, argv, env, argc, (unsigned char)bytes[1]);
		case SHIM_EXIT: leave((unsigned char)bytes[1]);
		default: gone();
		}
	}
}
