/*
 * kmsg: what x_tables wrote to the kernel's log in the meantime. The legacy
 * backend gives no other reason for a refusal. A hint, not a proof: the log is
 * rate limited, and anybody's.
 */
#ifndef RAMPART_KMSG_H
#define RAMPART_KMSG_H

struct buf;

struct kmsg {
	int fd; /* -1: the log can't be read */
};

struct kmsg kmsg_open(void);
/* Add the last message about a rule since kmsg_open(), if there is one. */
void kmsg_read(struct kmsg *log, struct buf *text);
void kmsg_close(struct kmsg *log);

#endif
