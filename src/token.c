#include "base.h"
#include "token.h"
#include "text.h"
#include "xalloc.h"

struct scan {
	struct tokens *out;
	const char *line;
	size_t len, at;
	enum token_mode mode;
	char *dst;	   /* where the next decoded byte goes */
	char *word;	   /* where the current word began */
	char *piece_start; /* text since the last name */
	size_t word_at;
	bool open;   /* inside a word */
	bool quoted; /* the word has a quoted part */
};

static void begin_word(struct scan *s)
{
	if (s->open)
		return;
	s->open = true;
	s->quoted = false;
	s->word = s->dst;
	s->piece_start = s->dst;
	s->word_at = s->at;
	XGROW(s->out->v, s->out->nr, s->out->cap);
	s->out->v[s->out->nr] = (struct token){ .first_piece = s->out->nr_pieces };
}

static void add_piece(struct tokens *t, const char *text, size_t len, bool is_name)
{
	XGROW(t->piece, t->nr_pieces, t->piece_cap);
	t->piece[t->nr_pieces++] = (struct piece){ text, len, is_name };
}

void tokens_add_piece(struct tokens *tokens, struct token *word, const char *text, size_t len,
		      bool is_name)
{
	if (!len)
		return;
	add_piece(tokens, text, len, is_name);
	word->nr_pieces++;
}

static void end_word(struct scan *s)
{
	struct token *token = &s->out->v[s->out->nr];

	token->nr_pieces = s->out->nr_pieces - token->first_piece;
	if (token->nr_pieces && s->dst > s->piece_start)
		add_piece(s->out, s->piece_start, (size_t)(s->dst - s->piece_start), false);
	token->nr_pieces = s->out->nr_pieces - token->first_piece;
	token->text = s->word;
	token->len = (size_t)(s->dst - s->word);
	token->at = s->word_at;
	token->quoted = s->quoted;
	*s->dst++ = '\0';
	s->out->nr++;
	s->open = false;
}

/* At the opening quote. The closing one ends the word, as it does for iptables-restore. */
static const char *scan_quoted(struct scan *s)
{
	begin_word(s);
	s->quoted = true;
	for (s->at++; s->at < s->len; s->at++) {
		char c = s->line[s->at];

		if (c == '"') {
			s->at++;
			end_word(s);
			return NULL;
		}
		/* in a drop-in a newline in here is a continued line's end */
		if (c == '\n' && s->mode == TOKENS_DROPIN)
			continue;
		if (c == '\\') {
			s->at++;
			while (s->mode == TOKENS_DROPIN && s->at < s->len && s->line[s->at] == '\n')
				s->at++;
			if (s->at == s->len)
				break;
		}
		*s->dst++ = s->line[s->at];
	}
	return "missing closing quote '\"'";
}

/* At a dollar sign outside quotes. */
static const char *scan_name(struct scan *s)
{
	bool braced = s->at + 1 < s->len && s->line[s->at + 1] == '{';
	size_t from = s->at + 1 + braced;
	size_t len = text_name_len(s->line + from, s->len - from);

	if (!len || (braced && (from + len >= s->len || s->line[from + len] != '}')))
		return "'$' must be followed by the name of a set; write '\\$' for a dollar sign";
	begin_word(s);
	if (s->dst > s->piece_start)
		add_piece(s->out, s->piece_start, (size_t)(s->dst - s->piece_start), false);
	*s->dst++ = '$';
	memcpy(s->dst, s->line + from, len);
	add_piece(s->out, s->dst, len, true);
	s->dst += len;
	s->piece_start = s->dst;
	s->at = from + len + braced;
	return NULL;
}

/* A comment runs to the end of the line; one inside a continued line would hide the rest. */
static const char *scan_comment(struct scan *s)
{
	bool hides = memchr(s->line + s->at, '\n', s->len - s->at) != NULL;

	s->at = s->len;
	return hides ? "a comment inside a continued line would hide the rest of it" : NULL;
}

static const char *scan_dropin_special(struct scan *s, bool *ret_done)
{
	char c = s->line[s->at];

	*ret_done = true;
	if (c == '$')
		return scan_name(s);
	if (c == '#' && !s->open && (s->at == 0 || strchr(" \t\n", s->line[s->at - 1])))
		return scan_comment(s);
	if (c == '\'' && !s->open)
		return "a single quote does not quote here: use double quotes";
	if (c == '\\' && s->at + 1 < s->len && s->line[s->at + 1] == '$')
		s->at++; /* the dollar sign is then an ordinary byte */
	*ret_done = false;
	return NULL;
}

/* What ends a run of ordinary bytes. Each byte of all drop-ins passes here. */
static bool is_special(char c)
{
	return c == ' ' || c == '"' || c == '$' || c == '\\' || c == '\t' || c == '\n' || !c;
}

static const char *scan_next(struct scan *s)
{
	char c = s->line[s->at];

	if (c == ' ' || c == '\t' || c == '\n') {
		if (s->open)
			end_word(s);
		s->at++;
		return NULL;
	}
	if (c == '"')
		return scan_quoted(s);
	if (s->mode == TOKENS_DROPIN && (c == '$' || c == '#' || c == '\'' || c == '\\')) {
		bool done;
		const char *error = scan_dropin_special(s, &done);

		if (error || done)
			return error;
	}
	begin_word(s);
	do
		*s->dst++ = s->line[s->at++];
	while (s->at < s->len && !is_special(s->line[s->at]));
	return NULL;
}

const char *tokens_scan(struct tokens *tokens, const char *line, size_t len, enum token_mode mode)
{
	struct scan s = { .out = tokens, .line = line, .len = len, .mode = mode };
	const char *error = NULL;

	tokens->nr = tokens->nr_pieces = 0;
	buf_reset(&tokens->text);
	/* every byte of input makes at most itself and one NUL: no growing, pointers stay */
	s.dst = buf_reserve(&tokens->text, len * 2 + 2);
	while (!error && s.at < len)
		error = scan_next(&s);
	if (!error && s.open)
		end_word(&s);
	return error;
}

void tokens_release(struct tokens *tokens)
{
	free(tokens->v);
	free(tokens->piece);
	buf_release(&tokens->text);
	*tokens = (struct tokens)TOKENS_INIT;
}

static bool is_safe(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '\'' || c == '$')
			return false;
	}
	return len > 0 && text[0] != '#';
}

void token_quote(struct buf *buf, const char *text, size_t len)
{
	if (is_safe(text, len)) {
		buf_add(buf, text, len);
		return;
	}
	buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_addc(buf, '\\');
		buf_addc(buf, text[i]);
	}
	buf_addc(buf, '"');
}
