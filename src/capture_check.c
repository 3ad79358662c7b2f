#include "capture_internal.h"
#include "config.h"
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

/* Is one of a comma separated list of addresses, less its mask, a name? localhost always
 * means the same. */
static bool is_name(const char *part, size_t len)
{
	const char *mask = memchr(part, '/', len);
	size_t name = mask ? (size_t)(mask - part) : len;
	bool letter = false;

	if ((name == 9 && strncasecmp(part, "localhost", 9) == 0) || memchr(part, ':', name) ||
	    strncmp(part, "0x", 2) == 0)
		return false;
	for (size_t i = 0; i < name; i++)
		letter |= (part[i] | 0x20) >= 'a' && (part[i] | 0x20) <= 'z';
	return letter;
}

/* The first name in such a list, to be freed; NULL: none. */
static char *find_name(const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (is_name(list, len))
			return xstrndup(list, len);
		list += len + !!list[len];
	}
	return NULL;
}

char *check_names(const struct session *s, const struct call *call)
{
	char *name = NULL;

	for (size_t i = 0; !s->capture->ctx.config->resolve && i < call->line.nr_units && !name;
	     i++) {
		const struct unit *unit = &call->line.unit[i];

		if ((unit->kind == OPTION_SOURCE || unit->kind == OPTION_DESTINATION) &&
		    unit->nr_values)
			name = find_name(unit_value(&call->line, unit, 0)->text);
	}
	return name;
}

/* The same in the words of a line of restore text. */
static char *check_line_names(const struct tokens *words)
{
	char *name = NULL;

	for (size_t at = 0, next; at < words->nr && !name; at = next) {
		const struct option_info *option = option_at(words, at, &next);

		if (option && at + 1 < next &&
		    (option->kind == OPTION_SOURCE || option->kind == OPTION_DESTINATION))
			name = find_name(words->v[at + 1].text);
	}
	return name;
}

/* What is wrong with a line of restore text is added to ret_why. */
static void check_line(const struct session *s, struct tokens *words, const char *line, size_t len,
		       struct buf *ret_why)
{
	const char *error;
	char *name;

	if (memchr(line, '\0', len)) {
		buf_adds(ret_why, "it holds a NUL byte");
		return;
	}
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (!len || (*line != '-' && *line != '['))
		return;
	error = tokens_scan(words, line, len, TOKENS_LISTING);
	if (error) {
		buf_adds(ret_why, error);
		return;
	}
	name = s->capture->ctx.config->resolve ? NULL : check_line_names(words);
	if (name)
		buf_addf(ret_why, "host/network `%s' not found" NAME_ADVICE, name);
	free(name);
}

const char *check_restore(const struct session *s, const struct buf *text, struct buf *ret_why)
{
	struct tokens words = TOKENS_INIT;
	const char *line = buf_str(text), *end = line + text->len;
	struct buf why = BUF_INIT;
	unsigned int number = 0;

	while (line < end && !why.len) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		check_line(s, &words, line, (size_t)((newline ? newline : end) - line), &why);
		line = newline ? newline + 1 : end;
		number++;
	}
	if (why.len)
		buf_addf(ret_why, "line %u of its input: %s", number, why.data);
	tokens_release(&words);
	buf_release(&why);
	return ret_why->len ? ret_why->data : NULL;
}
