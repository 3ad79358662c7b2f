/*
 * The words are walked as getopt_long() walks them: in order (the option string begins with '-'),
 * each option with its value, however that looks. Where this file is in doubt it goes on all the
 * same: what command it was is worth knowing of a call that is left to the program.
 *
 * 1. Words that are not understood in full make the call unsure, never a guess.
 * 2. The words of the rule are handed on byte for byte and in their order. What the program thinks
 *    of them is then found out by iptables-restore, whose parser is the same.
 * 3. So an option of an extension that is not loaded needs no care: it is refused either way.
 */
#include "base.h"
#include "call.h"
#include "call_internal.h"
#include "call_words.h"
#include "chainname.h"
#include "xalloc.h"

enum {
	WORDS_MAX = 240,       /* restore takes 251, with the command and its own name */
	SPEC_BYTES_MAX = 10000 /* the same with LINE_BYTES_MAX */
};

/* A replacement must be one rule, and a list or a name can be several. */
static bool has_single_addresses(const struct call *call)
{
	for (size_t i = 0; i < call->line.nr_units; i++) {
		const struct unit *unit = &call->line.unit[i];
		const struct token *value;

		if (unit->kind != OPTION_SOURCE && unit->kind != OPTION_DESTINATION)
			continue;
		value = unit_value(&call->line, unit, 0);
		if (strspn(value->text, "0123456789./") != value->len &&
		    (!strchr(value->text, ':') || strchr(value->text, ',')))
			return false;
	}
	return true;
}

/* What a command may have beside it, and the names that mean something to the programs. */
static bool command_is_sure(const struct call *call)
{
	bool has_rule = call->line.nr_units > 0;
	bool builtin = call->chain && xtable_is_builtin(call->table, call->chain);

	switch (call->command) {
	case 'A':
	case 'C':
	case 'I': return true;
	case 'D': return !call->number || !has_rule;
	case 'R': return call->number > 0 && has_single_addresses(call);
	case 'P':
		return !has_rule && builtin && call->second &&
		       (str_equal(call->second, "ACCEPT") ||
			(str_equal(call->second, "DROP") && call->table != XTABLE_NAT));
	case 'N': return !has_rule && !builtin && !call_is_target(call->chain);
	case 'E':
		return !has_rule && !builtin && call->second && !chain_name_check(call->second) &&
		       !xtable_is_builtin(call->table, call->second) &&
		       !call_is_target(call->second);
	case 'X': return !has_rule && !builtin;
	case 'F':
	case 'Z':
	case 'S': return !has_rule;
	default: return false; /* none, several, or -L, whose output has too many forms */
	}
}

static void take_next(struct call_cut *c)
{
	const struct token *word = &c->word[c->at];

	if (!c->negated)
		c->first = c->at;
	c->at++;
	if (word->text[0] == '-' && word->len > 1) {
		if (word->text[1] != '-')
			call_take_short(c, word);
		else if (word->len > 2)
			call_take_long(c, word);
		else
			call_doubt(c); /* ends the options: what follows is refused */
		c->negated = false;
		return;
	}
	if (c->negated || !str_equal(word->text, "!")) {
		call_doubt(c);
		c->negated = false;
	} else {
		c->negated = true;
	}
}

/* --- all of it -------------------------------------------------------------------------- */

static void take_words(struct call_cut *c, size_t argc, const char *const *argv)
{
	struct tokens *words = &c->call->words;

	for (size_t i = 1; i < argc; i++) {
		struct token word = { .text = argv[i], .len = strlen(argv[i]), .quoted = true };

		if (word.len > TOKEN_BYTES_MAX || memchr(word.text, '\n', word.len))
			call_doubt(c);
		XGROW(words->v, words->nr, words->cap);
		words->v[words->nr++] = word;
	}
	if (words->nr > WORDS_MAX)
		call_doubt(c);
	c->word = words->v;
	c->nr = words->nr;
}

static void reset(struct call *call, enum family family)
{
	struct ruleline *line = &call->line;

	call->family = family;
	call->sure = true;
	call->command = 0;
	call->table = XTABLE_FILTER;
	call->chain = call->second = call->target = NULL;
	call->number = 0;
	call->is_goto = false;
	buf_reset(&call->spec);
	line->nr_units = line->nr_values = 0;
	call->words.nr = 0;
}

void call_parse(struct call *call, enum family family, size_t argc, const char *const *argv)
{
	struct call_cut c = { .call = call };

	reset(call, family);
	take_words(&c, argc, argv);
	while (c.at < c.nr)
		take_next(&c);
	if (c.several_commands)
		call->command = 0;
	if (c.negated || !call->sure || !command_is_sure(call) || call->spec.len > SPEC_BYTES_MAX)
		call_doubt(&c);
	if (!call->sure)
		buf_reset(&call->spec);
}

void call_release(struct call *call)
{
	buf_release(&call->spec);
	ruleline_release(&call->line);
	tokens_release(&call->words);
}
