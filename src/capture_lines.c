#include "base.h"
#include "capture_lines.h"
#include "hashtable.h"
#include "xalloc.h"

/* A script may be long, and the same word be looked for at each of its calls: what was searched
 * once is not searched again. */

enum { WORDS_KEPT = 64 };

/* The lines that hold a word. */
struct places {
	char *word;
	size_t searched; /* lines */
	size_t *line;
	size_t nr, cap;
	UT_hash_handle hh;
};

void lines_init(struct lines *lines, const char *text, size_t len)
{
	size_t cap = 0;

	*lines = (struct lines){ .text = text };
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);

		XGROW(lines->start, lines->nr + 1, cap);
		lines->start[lines->nr++] = at;
		at = newline ? (size_t)(newline - text) + 1 : len;
		lines->start[lines->nr] = at;
	}
}

static void forget(struct lines *lines)
{
	HASH_CLEAR(hh, lines->by_word);
	for (size_t i = 0; i < lines->nr_places; i++) {
		free(lines->places[i].line);
		free(lines->places[i].word);
	}
	lines->nr_places = 0;
}

void lines_release(struct lines *lines)
{
	forget(lines);
	free(lines->places);
	free(lines->start);
	*lines = (struct lines){ .nr = 0 };
}

bool lines_has(const struct lines *lines, size_t line, const char *word)
{
	size_t from = lines->start[line], len = strlen(word);

	return len && memmem(lines->text + from, lines->start[line + 1] - from, word, len);
}

unsigned int lines_find(const struct lines *lines, const char *word)
{
	for (size_t i = 0; i < lines->nr; i++)
		if (lines_has(lines, i, word))
			return (unsigned int)i + 1;
	return 0;
}

bool lines_continues(const struct lines *lines, size_t line)
{
	size_t end = lines->start[line]; /* behind the newline of the line before */

	return line > 0 && end >= 2 && lines->text[end - 2] == '\\' && lines->text[end - 1] == '\n';
}

size_t lines_first(const struct lines *lines, size_t line)
{
	while (lines_continues(lines, line))
		line--;
	return line;
}

bool lines_has_word(const struct lines *lines, size_t line, const char *word)
{
	for (size_t l = line; l < lines->nr && (l == line || lines_continues(lines, l)); l++)
		if (lines_has(lines, l, word))
			return true;
	return false;
}

static struct places *places_of(struct lines *lines, const char *word)
{
	struct places *places;

	HASH_FIND_STR(lines->by_word, word, places);
	if (places)
		return places;
	if (!lines->places)
		lines->places = xcalloc(WORDS_KEPT, sizeof(*places));
	if (lines->nr_places == WORDS_KEPT)
		forget(lines);
	places = &lines->places[lines->nr_places++];
	*places = (struct places){ .word = xstrdup(word) };
	HASH_ADD_KEYPTR(hh, lines->by_word, places->word, strlen(places->word), places);
	return places;
}

const size_t *lines_with(struct lines *lines, const char *word, size_t nr, size_t *ret_nr)
{
	struct places *places = places_of(lines, word);
	const char *end = lines->text + lines->start[nr], *found;
	size_t len = strlen(word), line = places->searched;

	while (len && line < nr &&
	       (found = memmem(lines->text + lines->start[line],
			       (size_t)(end - lines->text) - lines->start[line], word, len))) {
		while (lines->text + lines->start[line + 1] <= found)
			line++;
		XGROW(places->line, places->nr + 1, places->cap);
		places->line[places->nr++] = line++;
	}
	if (nr > places->searched)
		places->searched = nr;
	*ret_nr = places->nr;
	return places->line;
}
