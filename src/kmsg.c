#include "base.h"
#include "kmsg.h"
#include "buf.h"

struct kmsg kmsg_open(void)
{
	struct kmsg log = { open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) };

	if (log.fd >= 0)
		lseek(log.fd, 0, SEEK_END);
	return log;
}

/* "6,1234,5678,-;x_tables: ip_tables: owner match: used from hooks INPUT, but ..." */
static const char *message_of(char *record)
{
	static const char *const prefixes[] = { "x_tables: ", "xt_",	     "ipt_",
						"ip6t_",      "ip_tables: ", "ip6_tables: " };
	char *text = strchr(record, ';');
	const char *skip;

	if (!text)
		return NULL;
	text[1 + strcspn(text + 1, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!str_starts(text + 1, prefixes[i]))
			continue;
		skip = strstr(text + 1, "_tables: ip"); /* "x_tables: ip_tables: " says nothing */
		skip = skip ? strstr(skip + 9, ": ") : NULL;
		return skip ? skip + 2 : text + 1;
	}
	return NULL;
}

void kmsg_read(struct kmsg *log, struct buf *text)
{
	char record[8192];
	ssize_t got;

	if (log->fd < 0)
		return;
	/* EPIPE: messages were lost, the next read goes on behind them */
	while ((got = read(log->fd, record, sizeof(record) - 1)) > 0 ||
	       (got < 0 && errno == EPIPE)) {
		const char *message;

		if (got < 0)
			continue;
		record[got] = '\0';
		message = message_of(record);
		if (message) {
			buf_reset(text);
			buf_adds(text, message);
		}
	}
}

void kmsg_close(struct kmsg *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
