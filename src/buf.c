#include "base.h"
#include "buf.h"
#include "xalloc.h"

char *buf_reserve(struct buf *buf, size_t room)
{
	size_t need = buf->len + room + 1;

	if (need > buf->cap) {
		size_t cap = buf->cap ? buf->cap * 2 : 64;

		if (cap < need)
			cap = need;
		buf->data = xreallocarray(buf->data, cap, 1);
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	char *p = buf_reserve(buf, len);

	if (len)
		memcpy(p, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_vaddf(struct buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_copy() is the line above */
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len <= 0)
		return;
	vsnprintf(buf_reserve(buf, (size_t)len), (size_t)len + 1, fmt, ap);
	buf->len += (size_t)len;
}

void buf_addu(struct buf *buf, unsigned int number)
{
	char digits[sizeof("4294967295")], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	buf_add(buf, first, (size_t)(digits + sizeof(digits) - first));
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(buf, fmt, ap);
	va_end(ap);
}

const char *buf_str(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_detach(struct buf *buf)
{
	char *data = buf->data ? buf->data : xstrdup("");

	*buf = (struct buf)BUF_INIT;
	return data;
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}
