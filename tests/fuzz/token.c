/*
 * Words: token_quote() and tokens_scan() are each other's inverse in both
 * modes; and a listing is cut as iptables-restore would.
 * The first byte says what the rest is: words ended by NUL, or a line.
 */
#include "base.h"
#include "common.h"
#include "token.h"

static void check_equal(const struct tokens *tokens, const struct fuzz_words *words)
{
	FUZZ_CHECK(tokens->nr == words->nr, "%zu words, not %zu", tokens->nr, words->nr);
	for (size_t i = 0; i < tokens->nr; i++) {
		FUZZ_CHECK(tokens->v[i].len == words->len[i] &&
			   memcmp(tokens->v[i].text, words->v[i], words->len[i]) == 0,
			   "word '%s', not '%s'", tokens->v[i].text, words->v[i]);
		FUZZ_CHECK(tokens->v[i].text[tokens->v[i].len] == '\0', "no NUL behind the word");
	}
}

/* Cut, quoted and cut again: the same words. */
static void check_again(const struct tokens *tokens, enum token_mode mode)
{
	struct tokens again = TOKENS_INIT;
	struct buf line = BUF_INIT;
	const char *error;

	for (size_t i = 0; i < tokens->nr; i++) {
		if (i)
			buf_addc(&line, ' ');
		token_quote(&line, tokens->v[i].text, tokens->v[i].len);
	}
	error = tokens_scan(&again, buf_str(&line), line.len, mode);
	FUZZ_CHECK(!error, "%s", error);
	FUZZ_CHECK(again.nr == tokens->nr, "%zu words, not %zu", again.nr, tokens->nr);
	for (size_t i = 0; i < tokens->nr; i++) {
		const struct token *a = &tokens->v[i], *b = &again.v[i];

		FUZZ_CHECK(a->len == b->len && memcmp(a->text, b->text, a->len) == 0,
			   "word '%s', not '%s'", b->text, a->text);
		FUZZ_CHECK(!b->nr_pieces, "quoted word '%s' has a name in it", b->text);
	}
	buf_release(&line);
	tokens_release(&again);
}

/* A drop-in's word is one line's; its pieces are its text, less the dollar signs of the names. */
static void check_dropin(const struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->nr; i++) {
		const struct token *token = &tokens->v[i];
		size_t len = 0;

		for (size_t j = 0; j < token->nr_pieces; j++) {
			const struct piece *piece = &tokens->piece[token->first_piece + j];

			len += piece->is_name;
			FUZZ_CHECK(piece->len > 0, "empty piece in '%s'", token->text);
			FUZZ_CHECK(memcmp(token->text + len, piece->text, piece->len) == 0,
				   "piece '%.*s' of '%s'", (int)piece->len, piece->text, token->text);
			len += piece->len;
		}
		FUZZ_CHECK(!token->nr_pieces || len == token->len, "pieces of '%s' have %zu bytes",
			   token->text, len);
		FUZZ_CHECK(!memchr(token->text, '\n', token->len), "newline in '%s'", token->text);
	}
}

static void fuzz_line(const char *line, size_t len)
{
	struct tokens tokens = TOKENS_INIT;
	struct fuzz_words words;
	const char *error = tokens_scan(&tokens, line, len, TOKENS_LISTING);
	bool plain = !memchr(line, '$', len) && !memchr(line, '#', len) &&
		     !memchr(line, '\'', len) && !memchr(line, '\n', len);

	fuzz_words_read(&words, line, len);
	FUZZ_CHECK(!!error == words.open_quote, "%s", error ? error : "no error");
	if (!error) {
		check_equal(&tokens, &words);
		check_again(&tokens, TOKENS_LISTING);
	}
	error = tokens_scan(&tokens, line, len, TOKENS_DROPIN);
	if (!error) {
		check_dropin(&tokens);
		check_again(&tokens, TOKENS_LISTING);
		check_again(&tokens, TOKENS_DROPIN);
	}
	if (plain) { /* nothing in it that a drop-in has on top */
		FUZZ_CHECK(!!error == words.open_quote, "%s", error ? error : "no error");
		if (!error)
			check_equal(&tokens, &words);
	}
	fuzz_words_release(&words);
	tokens_release(&tokens);
}

static void fuzz_words(const char *text, size_t len)
{
	struct tokens tokens = TOKENS_INIT;
	struct fuzz_words words;
	struct buf line = BUF_INIT;
	const char *p = text, *end = text + len, *error;
	size_t nr = 0;

	for (; p < end; p += strlen(p) + 1, nr++) {
		if (nr)
			buf_addc(&line, ' ');
		token_quote(&line, p, strlen(p));
	}
	fuzz_words_read(&words, buf_str(&line), line.len);
	for (int mode = TOKENS_DROPIN; mode <= TOKENS_LISTING; mode++) {
		if (mode == TOKENS_DROPIN && memchr(text, '\n', len))
			continue; /* a continued line's end there */
		error = tokens_scan(&tokens, buf_str(&line), line.len, (enum token_mode)mode);
		FUZZ_CHECK(!error, "%s", error);
		FUZZ_CHECK(tokens.nr == nr, "%zu words, not %zu", tokens.nr, nr);
		p = text;
		for (size_t i = 0; i < nr; i++, p += strlen(p) + 1)
			FUZZ_CHECK(str_equal(tokens.v[i].text, p), "'%s' comes back as '%s'", p,
				   tokens.v[i].text);
		/* iptables has no empty word but a quoted one */
		check_equal(&tokens, &words);
	}
	fuzz_words_release(&words);
	tokens_release(&tokens);
	buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	if (data[0] & 1)
		fuzz_words(text, size - 1);
	else
		fuzz_line(text, size - 1);
	free(text);
	return 0;
}
