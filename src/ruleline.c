#include <ctype.h>

#include "base.h"
#include "ruleline.h"
#include "diag.h"
#include "family.h"
#include "origin.h"
#include "text.h"
#include "xalloc.h"

struct parse {
	struct ruleline *line;
	struct tokens *tokens;
	size_t at; /* next word */
	const struct origin *origin;
	struct diags *diags;
	char match[32];	 /* the last -m: decides what --set means */
	char target[32]; /* the last -j: decides what --ecn-tcp-cwr means */
};

static bool is_option_word(const struct token *token)
{
	return token->len > 1 && token->text[0] == '-';
}

static bool is_bang(const struct token *token)
{
	return token->len == 1 && token->text[0] == '!' && !token->quoted;
}

/* The part of a word behind its first bytes, which hold no name: --dport=$P, -i$IF. */
static struct token tail_of(struct parse *p, const struct token *token, size_t skip)
{
	struct token tail = *token;
	struct tokens *t = p->tokens;

	tail.text += skip;
	tail.len -= skip;
	if (!token->nr_pieces)
		return tail;
	tail.first_piece = t->nr_pieces;
	tail.nr_pieces = 0;
	for (size_t i = 0; i < token->nr_pieces; i++) {
		struct piece piece = t->piece[token->first_piece + i];

		if (i == 0) { /* literal, or the word would not be an option */
			piece.text += skip;
			piece.len -= skip;
			if (!piece.len)
				continue;
		}
		XGROW(t->piece, t->nr_pieces, t->piece_cap);
		t->piece[t->nr_pieces++] = piece;
		tail.nr_pieces++;
	}
	return tail;
}

static void add_value(struct parse *p, struct unit *unit, struct token token)
{
	struct ruleline *line = p->line;

	XGROW(line->value, line->nr_values, line->value_cap);
	line->value[line->nr_values++] = token;
	unit->nr_values++;
}

static bool is_plain_word(const struct parse *p, size_t at)
{
	const struct token *token = at < p->tokens->nr ? &p->tokens->v[at] : NULL;

	return token && !is_option_word(token) && !is_bang(token);
}

/* How many values the option takes here. */
static size_t arity_of(const struct parse *p, const struct option_info *option)
{
	/* most options are none of these, and this is asked for each */
	if (option->kind != OPTION_COUNTERS && !strchr("ers", option->name[0]))
		return option->arity;
	if (str_equal(option->name, "set"))
		return str_equal(p->match, "set") ? 2 : 0; /* the old name of --match-set */
	if (str_equal(option->name, "ecn-tcp-cwr") || str_equal(option->name, "ecn-tcp-ece"))
		return str_equal(p->target, "ECN") ? 1 : 0;
	if (str_starts(option->name, "rateest-bps") || str_starts(option->name, "rateest-pps"))
		return is_plain_word(p, p->at); /* a value may stand there */
	if (option->kind == OPTION_COUNTERS && p->at < p->tokens->nr &&
	    strchr(p->tokens->v[p->at].text, ','))
		return 1; /* -c PACKETS,BYTES */
	return option->arity;
}

/* A name in the word (--dport=$P) is no part of the option. */
static size_t option_len_of(const struct parse *p, const struct token *token)
{
	size_t literal = token->nr_pieces ? p->tokens->piece[token->first_piece].len : token->len;
	size_t len = option_len(token->text, literal);

	return len == literal && token->text[1] == '-' ? token->len : len;
}

/* "-s ! ADDRESS" was once good; of a comment "!" is a value like any other. */
static bool takes_no_bang(enum option_kind kind)
{
	return kind == OPTION_SOURCE || kind == OPTION_DESTINATION || kind == OPTION_PROTOCOL ||
	       kind == OPTION_IN || kind == OPTION_OUT || kind == OPTION_SPORT ||
	       kind == OPTION_DPORT || kind == OPTION_PORTS;
}

static int take_values(struct parse *p, struct unit *unit, const struct token *word, size_t len,
		       size_t arity)
{
	struct tokens *t = p->tokens;

	unit->first_value = p->line->nr_values;
	unit->nr_values = 0;
	if (len < word->len) {
		if (!arity)
			return diag_error(p->diags, p->origin, "option '%.*s' takes no value",
					  (int)len, word->text);
		add_value(p, unit, tail_of(p, word, len + (word->text[1] == '-')));
	}
	if (unit->nr_values < arity && p->at < t->nr && is_bang(&t->v[p->at]) &&
	    takes_no_bang(unit->kind))
		return diag_error(p->diags, p->origin,
				  "'!' stands before the option: '! %.*s VALUE'", (int)len,
				  word->text);
	while (unit->nr_values < arity && p->at < t->nr)
		add_value(p, unit, t->v[p->at++]);
	if (unit->nr_values == arity)
		return 0;
	return diag_error(p->diags, p->origin, "option '%.*s' needs %s", (int)len, word->text,
			  arity == 1 ? "a value" : "two values");
}

static bool is_option_name(const char *text, size_t len)
{
	if (len < 4 || text[0] != '-' || text[1] != '-')
		return false;
	for (size_t i = 2; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return true;
}

/* An extension that is not in the table: what follows up to the next option is its own. */
static int take_unknown(struct parse *p, struct unit *unit, size_t len, bool ambiguous)
{
	struct tokens *t = p->tokens;
	const struct token *word = &unit->name;

	if (ambiguous)
		return diag_error(p->diags, p->origin,
				  "option '%.*s' is short for several: write it in full", (int)len,
				  word->text);
	if (!is_option_name(word->text, len))
		return diag_error(p->diags, p->origin, "unknown option '%s'", word->text);
	unit->first_value = p->line->nr_values;
	if (len < word->len)
		add_value(p, unit, tail_of(p, word, len + 1));
	unit->name.len = len;
	while (p->at < t->nr && !is_option_word(&t->v[p->at]) && !is_bang(&t->v[p->at]))
		add_value(p, unit, t->v[p->at++]);
	return 0;
}

/* -A CHAIN, -I CHAIN [N], -D CHAIN [N], -P CHAIN POLICY, -F [CHAIN] ... */
static int take_command(struct parse *p, const struct option_info *option, const struct token *word,
			size_t len)
{
	struct ruleline *line = p->line;
	char letter = option->letter;

	if (line->command)
		return diag_error(p->diags, p->origin, "two commands in one line: -%c and -%c",
				  line->command, letter);
	if (strchr("CLSZ", letter))
		return diag_error(p->diags, p->origin, "command '%.*s' has no place in a drop-in",
				  (int)len, word->text);
	line->command = letter;
	line->has_chain = true;
	if (len < word->len)
		line->chain = tail_of(p, word, len + (word->text[1] == '-'));
	else if (is_plain_word(p, p->at))
		line->chain = p->tokens->v[p->at++];
	else if (!strchr("FX", letter))
		return diag_error(p->diags, p->origin, "command '%.*s' needs a chain", (int)len,
				  word->text);
	else
		line->has_chain = false;
	if (line->has_chain && !line->chain.len)
		return diag_error(p->diags, p->origin, "a chain's name is empty");
	if (strchr("PE", letter)) {
		if (!is_plain_word(p, p->at))
			return diag_error(p->diags, p->origin, "command '%.*s' needs %s", (int)len,
					  word->text,
					  letter == 'P' ? "a chain and a policy" :
							  "the old and the new name");
		line->second = p->tokens->v[p->at++];
	}
	if (strchr("IDR", letter) && is_plain_word(p, p->at)) {
		if (text_number(p->tokens->v[p->at].text, 1, UINT32_MAX, &line->number) < 0)
			return diag_error(p->diags, p->origin, "'%s' is not the number of a rule",
					  p->tokens->v[p->at].text);
		p->at++;
	}
	return 0;
}

/* -c PACKETS BYTES: read and ignored, but an option that was forgotten must not go with it. */
static int check_counters(struct parse *p, const struct unit *unit)
{
	for (size_t i = 0; i < unit->nr_values; i++) {
		const struct token *value = unit_value(p->line, unit, i);

		if (!value->len || strspn(value->text, "0123456789,") != value->len)
			return diag_error(p->diags, p->origin, "'%s' is not a counter's value",
					  value->text);
	}
	return 0;
}

static void remember(char *dst, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(dst, text, len);
	dst[len] = '\0';
}

static int take_option(struct parse *p, const struct token *word, bool negated)
{
	struct ruleline *line = p->line;
	size_t len = option_len_of(p, word);
	bool ambiguous;
	size_t arity;
	const struct option_info *option = option_find(word->text, len, &ambiguous);
	struct unit *unit;

	if (option && option->kind == OPTION_COMMAND) {
		if (negated)
			return diag_error(p->diags, p->origin, "'!' before a command");
		return take_command(p, option, word, len);
	}
	if (option && (option->kind == OPTION_IPV4 || option->kind == OPTION_IPV6)) {
		if (negated || len < word->len)
			return diag_error(p->diags, p->origin, "'%.*s' stands by itself", (int)len,
					  word->text);
		line->families &=
			family_bit(option->kind == OPTION_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6);
		return 0;
	}
	XGROW(line->unit, line->nr_units, line->unit_cap);
	unit = &line->unit[line->nr_units++];
	*unit = (struct unit){ .option = option, .negated = negated, .name = *word };
	if (!option)
		return take_unknown(p, unit, len, ambiguous);
	unit->kind = (enum option_kind)option->kind;
	unit->name.len = len;
	arity = arity_of(p, option);
	if (arity == 2 && str_equal(option->name, "set"))
		unit->kind = OPTION_IPSET;
	if (take_values(p, unit, word, len, arity) < 0)
		return -1;
	if (option->kind == OPTION_COUNTERS && check_counters(p, unit) < 0)
		return -1;
	if (option->kind == OPTION_MATCH)
		remember(p->match, sizeof(p->match), unit_value(line, unit, 0)->text);
	if (option->kind == OPTION_JUMP)
		remember(p->target, sizeof(p->target), unit_value(line, unit, 0)->text);
	return 0;
}

static int take_next(struct parse *p)
{
	struct tokens *t = p->tokens;
	const struct token *word = &t->v[p->at++];
	bool negated = is_bang(word);

	if (negated) {
		if (p->at == t->nr || !is_option_word(&t->v[p->at]))
			return diag_error(p->diags, p->origin, "'!' must stand before an option");
		word = &t->v[p->at++];
	}
	if (!is_option_word(word))
		return diag_error(p->diags, p->origin, "unexpected word '%s'", word->text);
	return take_option(p, word, negated);
}

int ruleline_parse(struct ruleline *line, struct tokens *tokens, const struct origin *origin,
		   struct diags *diags)
{
	struct parse p = { .line = line, .tokens = tokens, .origin = origin, .diags = diags };

	line->command = 0;
	line->has_chain = false;
	line->chain = line->second = (struct token){ .text = "" };
	line->number = 0;
	line->families = FAMILIES_BOTH;
	line->nr_units = line->nr_values = 0;
	while (p.at < tokens->nr)
		if (take_next(&p) < 0)
			return -1;
	if (!line->command)
		return diag_error(diags, origin, "no command such as -A in this line");
	return 0;
}

void ruleline_release(struct ruleline *line)
{
	free(line->unit);
	free(line->value);
	*line = (struct ruleline)RULELINE_INIT;
}
