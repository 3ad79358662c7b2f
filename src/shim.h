/*
 * shim: what the stand-in of a program inside the script sandbox and rampart say to each other.
 * The stand-in is a tiny static program without a C library, since it is started once for each
 * call of iptables: a C library's start costs more than all the rest. It knows nothing of
 * iptables; it sends what it was called with and does what it is told.
 *
 * SOCK_SEQPACKET, one connection for each call. All numbers are in the machine's byte order.
 *   request:  struct shim_request, then hint, execfn and argv, each ended by NUL
 *   answers:  one byte of enum shim_answer and what follows it, until SHIM_EXIT or SHIM_EXEC
 * A request to send input (SHIM_STDIN) is answered by a message of one 32-bit errno;
 * where it is 0 a descriptor to read from comes along.
 */
#ifndef RAMPART_SHIM_H
#define RAMPART_SHIM_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHIM_MAGIC = 0x52504731, /* "RPG1" */
	/* Bytes of a whole message, either way. A socket's buffer takes 200 KiB. */
	SHIM_REQUEST_MAX = 160 * 1024,
	SHIM_ANSWER_MAX = 32 * 1024,
	SHIM_GONE = 125 /* exit status where rampart does not answer */
};

enum shim_flags {
	SHIM_QUIET = 1 << 0,   /* standard error is /dev/null: the script wants no message */
	SHIM_TOO_BIG = 1 << 1, /* the arguments did not fit: argc is 0 */
};

struct shim_request {
	uint32_t magic;
	uint32_t flags; /* enum shim_flags */
	uint32_t argc;
};

/* The variable by which a shell says where it is: FILE:LINE. */
#define SHIM_AT "RAMPART_AT"

enum shim_answer {
	SHIM_OUT = '1',	       /* bytes for standard output */
	SHIM_ERR = '2',	       /* bytes for standard error */
	SHIM_OUT_FD = 'o',     /* a descriptor comes along: all of it to standard output */
	SHIM_TO = 'w',	       /* path: a file that becomes standard output */
	SHIM_STDIN = 'i',      /* send standard input, whole */
	SHIM_PROCESSORS = 'p', /* a set: run on any of these */
	SHIM_EXIT = 'x',       /* one byte: exit with it */
	SHIM_EXEC = 'e'	       /* one byte: words of argv to leave out; path: become that program */
};

/* The stand-in itself, for whom to put where; built from shim.c. */
extern const unsigned char shim_image[], shim_image_end[];

#endif
