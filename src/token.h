/*
 * token: the words of one line, as iptables-restore(8) cuts them, and the
 * way back. One tokenizer serves drop-ins, templates and the kernel's listing.
 *
 * Blanks separate; a double quote opens a quoted part, in which a backslash
 * takes the next byte as it is, and the closing quote ends the word. Source:
 * add_param_to_argv() of iptables 1.8.9, iptables/xshared.c.
 *
 * In a drop-in, moreover: $NAME and ${NAME} outside quotes refer to a set or
 * parameter, \$ is a dollar sign, and a word that begins with # begins a comment.
 */
#ifndef RAMPART_TOKEN_H
#define RAMPART_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum {
	/* limits of the restore programs, in bytes and words */
	TOKEN_BYTES_MAX = 1023,
	TOKENS_MAX = 251,
	LINE_BYTES_MAX = 10238
};

#define WORD_TOO_LONG "a word of the rule is longer than the 1023 bytes that iptables-restore takes"

enum token_mode { TOKENS_DROPIN, TOKENS_LISTING };

/* A part of a word: text, or the name of a set or parameter. */
struct piece {
	const char *text; /* not NUL-terminated */
	size_t len;
	bool is_name;
};

struct token {
	const char *text; /* decoded, NUL-terminated; names as "$NAME" */
	size_t len;
	size_t at;	    /* offset in the line that was scanned */
	bool quoted;	    /* a part of it was: never an option, a comment or "any" */
	size_t first_piece; /* in tokens.piece */
	size_t nr_pieces;   /* 0: no name in it, text is all */
};

struct tokens {
	struct token *v;
	size_t nr, cap;
	struct piece *piece;
	size_t nr_pieces, piece_cap;
	struct buf text; /* what the tokens point into */
};

#define TOKENS_INIT \
	{ \
		NULL, 0, 0, NULL, 0, 0, BUF_INIT \
	}

/*
 * Cut line into words, replacing what tokens held. Returns NULL, or the text of
 * an error without a place. The words stay valid until the next scan or release.
 */
const char *tokens_scan(struct tokens *tokens, const char *line, size_t len, enum token_mode mode);
/* Add a piece to a word that is being put together by hand; an empty one adds nothing. */
void tokens_add_piece(struct tokens *tokens, struct token *word, const char *text, size_t len,
		      bool is_name);
void tokens_release(struct tokens *tokens);

/* Add the word so that the tokenizer gives it back byte for byte. */
void token_quote(struct buf *buf, const char *text, size_t len);

#endif
