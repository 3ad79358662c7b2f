#include "base.h"
#include "text.h"
#include "buf.h"

int text_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret_value)
{
	unsigned long value;
	char *end;

	/* strtoul() itself would take blanks, a sign and an empty string */
	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return -1;
	*ret_value = value;
	return 0;
}

static bool is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

size_t text_name_len(const char *text, size_t len)
{
	size_t i = 0;

	if (!len || !is_name_start(text[0]))
		return 0;
	while (i < len && (is_name_start(text[i]) || (text[i] >= '0' && text[i] <= '9')))
		i++;
	return i;
}

/* Length of the UTF-8 sequence at s (2 to 4), 0 if it is none or a C1 control character. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len;

	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void text_escape(struct buf *buf, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = 0;

		while (s[len] >= 0x20 && s[len] < 0x7f)
			len++;
		if (!len)
			len = utf8_len(s);
		if (len) {
			buf_add(buf, s, len);
			s += len;
		} else {
			buf_addf(buf, "\\x%02x", *s++);
		}
	}
}

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t low = a < b ? a : b;

	return low < c ? low : c;
}

/* Slips between two words: letters left out, added, changed, or swapped with the next. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= len_b; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			bool swapped =
				i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];

			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (swapped && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[len_b];
}

void text_nearest_offer(struct text_nearest *nearest, const char *text, const char *word)
{
	size_t far = distance(text, word);
	size_t len = strlen(text);

	/* one slip in four letters is a typo, more is another word */
	if (far == 0 || far > (len < 5 ? 1 : len / 4 + 1))
		return;
	if (!nearest->best || far < nearest->distance)
		*nearest = (struct text_nearest){ word, far };
}
