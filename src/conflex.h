/*
 * conflex: comments and words of a configuration file, byte by byte, with
 * everything refused that libconfuse 3.3 would silently read as something
 * else. Source of its rules: src/lexer.l of libconfuse.
 * fails: -1 after adding to diags
 */
#ifndef RAMPART_CONFLEX_H
#define RAMPART_CONFLEX_H

#include <stdbool.h>
#include <stddef.h>

#include "origin.h"

struct diags;

struct conflex {
	char *text; /* NUL-terminated; comments are blanked in it */
	size_t at;
	struct origin origin; /* line: of at */
	struct diags *diags;
};

bool conflex_is_blank(char c);
/* Can p begin or continue an unquoted word? */
bool conflex_is_bare(const char *p);

bool conflex_at_comment(const struct conflex *lex);
/* At a comment: replace it by blanks, go behind it. */
int conflex_comment(struct conflex *lex);
/* At a word: go behind it. */
int conflex_word(struct conflex *lex, bool *ret_quoted);

#endif
