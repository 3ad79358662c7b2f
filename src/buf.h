/*
 * buf: growable bytes, always followed by a NUL that is not counted.
 * owns: data, until buf_release() or buf_detach().
 */
#ifndef RAMPART_BUF_H
#define RAMPART_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL while empty and never grown: use buf_str() to print */
	size_t len; /* bytes */
	size_t cap;
};

#define BUF_INIT \
	{ \
		NULL, 0, 0 \
	}

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addu(struct buf *buf, unsigned int number); /* decimal; a format is ten times as slow */
void buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
char *buf_reserve(struct buf *buf, size_t room); /* room writable bytes behind len */
const char *buf_str(const struct buf *buf);	 /* never NULL */
char *buf_detach(struct buf *buf);		 /* the caller frees */
void buf_reset(struct buf *buf);		 /* empty, keeps the memory */
void buf_release(struct buf *buf);

#endif
