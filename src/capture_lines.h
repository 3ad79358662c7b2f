/*
 * capture_lines: the lines of a script, and where words are in them, to find where a call comes
 * from. Lines are counted from 0.
 * owns:   where they begin, and what was found; lines_release(). The text is the caller's.
 */
#ifndef RAMPART_CAPTURE_LINES_H
#define RAMPART_CAPTURE_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct places;

struct lines {
	const char *text;
	size_t *start; /* of each line, and the end */
	size_t nr;
	struct places *places, *by_word; /* of words that were looked for; the hash of them */
	size_t nr_places;
};

void lines_init(struct lines *lines, const char *text, size_t len);
void lines_release(struct lines *lines);
bool lines_has(const struct lines *lines, size_t line, const char *word);
/* Does the line before go on in this one? */
bool lines_continues(const struct lines *lines, size_t line);
/* The line that this one continues, or the line itself. */
size_t lines_first(const struct lines *lines, size_t line);
/* Is the word in the line, or in those that continue it? */
bool lines_has_word(const struct lines *lines, size_t line, const char *word);
/* The first line that holds the word, counted from 1; 0: none. */
unsigned int lines_find(const struct lines *lines, const char *word);
/* All that hold the word, in order: at least those before nr. They stay the lines'. */
const size_t *lines_with(struct lines *lines, const char *word, size_t nr, size_t *ret_nr);

#endif
