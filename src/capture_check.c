#include "capture_internal.h"
#include "config.h"
#include "fs.h"
#include "xalloc.h"

/*
 * What the real programs take and rampart can't: rules that no save can hold, so that they would
 * come back as other ones, and names whose meaning changes with time.
 */

const char *check_words(const struct request *request)
{
	for (size_t i = 1; i < request->argc; i++)
		if (strchr(request->argv[i], '\n'))
			return "a word of it holds a newline, which no saved rule can";
	return NULL;
}

/* NULL, or what is wrong with a line of restore text. */
static const char *check_line(struct tokens *words, const char *line, size_t len)
{
	if (memchr(line, '\0', len))
		return "line holds a NUL byte";
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (!len || (*line != '-' && *line != '['))
		return NULL;
	return tokens_scan(words, line, len, TOKENS_LISTING);
}

const char *check_restore(int input, struct buf *ret_why)
{
	struct tokens words = TOKENS_INIT;
	struct buf text = BUF_INIT;
	unsigned int number = 0;

	if (lseek(input, 0, SEEK_SET) == 0 && fs_read_fd(input, &text) == 0) {
		const char *line = buf_str(&text), *end = line + text.len;

		while (line < end && !ret_why->len) {
			const char *newline = memchr(line, '\n', (size_t)(end - line));
			const char *stop = newline ? newline : end;
			const char *error = check_line(&words, line, (size_t)(stop - line));

			number++;
			if (error)
				buf_addf(ret_why, "line %u of its input: %s", number, error);
			line = newline ? newline + 1 : end;
		}
	}
	tokens_release(&words);
	buf_release(&text);
	return ret_why->len ? ret_why->data : NULL;
}

/* Is one of a comma separated list of addresses, less its mask, a name? localhost always
 * means the same. */
static bool is_name(const char *part, size_t len, enum family family)
{
	const char *mask = memchr(part, '/', len);
	size_t name = mask ? (size_t)(mask - part) : len;
	bool letter = false;

	if (!name || (name == 9 && strncasecmp(part, "localhost", 9) == 0))
		return false;
	if (family == FAMILY_IPV6)
		return !memchr(part, ':', name);
	for (size_t i = 0; i < name; i++)
		letter |= (part[i] | 0x20) >= 'a' && (part[i] | 0x20) <= 'z';
	return letter && strncmp(part, "0x", 2) != 0;
}

char *check_names(const struct session *s, const struct call *call)
{
	if (s->capture->ctx.config->resolve)
		return NULL;
	for (size_t i = 0; i < call->line.nr_units; i++) {
		const struct unit *unit = &call->line.unit[i];
		const char *part;

		if ((unit->kind != OPTION_SOURCE && unit->kind != OPTION_DESTINATION) ||
		    !unit->nr_values)
			continue;
		part = unit_value(&call->line, unit, 0)->text;
		while (*part) {
			size_t len = strcspn(part, ",");

			if (is_name(part, len, call->family))
				return xstrndup(part, len);
			part += len + !!part[len];
		}
	}
	return NULL;
}
