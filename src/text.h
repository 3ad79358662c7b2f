/*
 * text: small helpers over strings that several stages need.
 */
#ifndef RAMPART_TEXT_H
#define RAMPART_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Decimal only, whole string, within min..max; -1 and nothing set if not. */
int text_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret_value);

/* [A-Za-z_][A-Za-z0-9_]*: the length of the name at text, 0 if there is none. */
size_t text_name_len(const char *text, size_t len);

/* Behind the last slash, or all of it. */
const char *text_base_name(const char *path);

/* Add text with every control character and stray byte as \xNN, so that it can't drive a
 * terminal; UTF-8 passes. */
void text_escape(struct buf *buf, const char *text);

/*
 * "did you mean": of the nr words offered one by one, the one nearest to text.
 * Begin with TEXT_NEAREST_INIT; best stays NULL when none is near enough.
 */
struct text_nearest {
	const char *best; /* points into what was offered */
	size_t distance;
};

#define TEXT_NEAREST_INIT \
	{ \
		NULL, 0 \
	}

void text_nearest_offer(struct text_nearest *nearest, const char *text, const char *word);

#endif
