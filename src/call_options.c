#include "base.h"
#include "call_internal.h"
#include "call_words.h"
#include "chainname.h"
#include "text.h"
#include "xalloc.h"

/* Options of extensions whose number of values depends on more than their name, and those that
 * would be short for a basic one (--proto, --new, --pol) if their extension is not loaded. */
static const char *const context_options[] = {
	"ecn-tcp-cwr", "ecn-tcp-ece",  "new",	       "pol",
	"proto",       "rateest-bps",  "rateest-bps1", "rateest-bps2",
	"rateest-pps", "rateest-pps1", "rateest-pps2",
};

static bool looks_odd(const struct token *value)
{
	return !value->len || value->text[0] == '-' || value->text[0] == '!';
}

/* xs_has_arg() of the programs: what may be a value that could be left out. */
static const struct token *loose_value(struct call_cut *c)
{
	const struct token *next = c->at < c->nr ? &c->word[c->at] : NULL;

	if (!next || (next->len && looks_odd(next)))
		return NULL;
	c->at++;
	return next;
}

static void add_unit(struct call_cut *c, const struct option_info *option, size_t name_len,
		     const struct token *glued)
{
	struct ruleline *line = &c->call->line;
	size_t word = c->first + c->negated;
	struct unit *unit;

	XGROW(line->unit, line->nr_units, line->unit_cap);
	unit = &line->unit[line->nr_units++];
	*unit = (struct unit){
		.option = option,
		.kind = (enum option_kind)option->kind,
		.negated = c->negated,
		.name = c->word[word],
		.first_value = line->nr_values,
	};
	unit->name.len = name_len;
	for (size_t i = word + !glued; i < c->at; i++) {
		XGROW(line->value, line->nr_values, line->value_cap);
		line->value[line->nr_values++] = glued && i == word ? *glued : c->word[i];
		unit->nr_values++;
	}
	for (size_t i = c->first; i < c->at; i++) {
		if (c->call->spec.len)
			buf_addc(&c->call->spec, ' ');
		token_quote(&c->call->spec, c->word[i].text, c->word[i].len);
	}
	c->negated = false;
}

/* --- the command ---------------------------------------------------------------------- */

static bool is_command(char letter)
{
	return strchr("ACDIRNXFEPZLS", letter) != NULL;
}

static void take_number(struct call_cut *c, const struct token *word)
{
	/* also 0x1, 01 and +1 are numbers for the programs: theirs to say which */
	if (word->text[0] == '0' || word->len > CALL_DIGITS_MAX ||
	    text_number(word->text, 1, INT32_MAX, &c->call->number) < 0)
		call_doubt(c);
}

static void take_command(struct call_cut *c, char letter, const struct token *value)
{
	struct call *call = c->call;
	const struct token *next;

	if (call->command || c->several_commands || c->negated)
		call_doubt(c);
	c->several_commands |= call->command != 0;
	call->command = letter;
	call->chain = value ? value->text : NULL;
	if (value && chain_name_check(value->text))
		call_doubt(c);
	if (strchr("IDRLSZ", letter) && (next = loose_value(c))) {
		take_number(c, next);
		if (strchr("LSZ", letter))
			call_doubt(c);
	}
	if (strchr("EP", letter)) {
		next = loose_value(c);
		call->second = next ? next->text : NULL;
	}
}

/* --- options --------------------------------------------------------------------------- */

static void take_table(struct call_cut *c, const struct token *value)
{
	if (c->has_table || c->negated ||
	    xtable_by_name(value->text, value->len, &c->call->table) < 0)
		call_doubt(c);
	c->has_table = true;
}

static void take_wait(struct call_cut *c, const struct token *value)
{
	unsigned long seconds;

	if (c->has_wait || c->negated ||
	    (value && (value->len > CALL_DIGITS_MAX ||
		       text_number(value->text, 0, INT32_MAX, &seconds) < 0)))
		call_doubt(c);
	c->has_wait = true;
}

static void note_match(struct call_cut *c, const struct token *value)
{
	c->recent |= str_equal(value->text, "recent");
	c->set |= str_equal(value->text, "set");
}

static void take_rule_option(struct call_cut *c, char letter, size_t name_len,
			     const struct token *value, bool glued)
{
	struct call *call = c->call;
	char text[3] = { '-', letter, '\0' };
	const struct option_info *option = option_find(text, 2, NULL);
	unsigned int bit = 1u << (letter - 'a');

	if (c->negated && !strchr("psdiof", letter))
		call_doubt(c);
	if (letter != 'm' && (c->seen & bit))
		call_doubt(c);
	c->seen |= bit;
	if (letter == 'f' && call->family == FAMILY_IPV6)
		call_doubt(c);
	/* of a glued value iptables 1.8.9 takes the whole word, with the option, but for -m */
	if (value && (looks_odd(value) || (glued && letter != 'm')))
		call_doubt(c);
	if (letter == 'm' && value)
		note_match(c, value);
	if (strchr("jg", letter) && value) {
		if (call->target)
			call_doubt(c);
		call->target = value->text;
		call->is_goto = letter == 'g';
	}
	c->extended |= strchr("pmj", letter) != NULL;
	add_unit(c, option, name_len, glued ? value : NULL);
}

/* An option of the programs themselves. glued: its value, if that is in the same word. */
static void take_basic(struct call_cut *c, const struct call_option *option, size_t name_len,
		       const struct token *glued)
{
	const struct token *value = glued;

	if (option->value == CALL_VALUE_NONE && glued)
		call_doubt(c);
	if (option->value == CALL_VALUE_NEEDED && !glued) {
		if (c->at == c->nr) {
			call_doubt(c);
			if (is_command(option->letter))
				take_command(c, option->letter, NULL);
			return;
		}
		value = &c->word[c->at++];
	}
	if (option->value == CALL_VALUE_MAYBE && !glued)
		value = loose_value(c);
	if (is_command(option->letter)) {
		take_command(c, option->letter, value);
	} else if (strchr("psdiofjgm", option->letter)) {
		take_rule_option(c, option->letter, name_len, value, glued != NULL);
	} else if (option->letter == 't' && value) {
		take_table(c, value);
	} else if (option->letter == 'w') {
		take_wait(c, value);
	} else if (option->letter == (c->call->family == FAMILY_IPV4 ? '4' : '6')) {
		if (c->negated)
			call_doubt(c);
	} else { /* has an output, is rare, or is refused */
		call_doubt(c);
		c->several_commands |= strchr("Vh", option->letter) != NULL;
		if (option->letter == 'c' && !glued)
			loose_value(c);
	}
	c->negated = false;
}

/* Letters may stand together: -nvL CHAIN. That is left to the program, but for the first. */
void call_take_short(struct call_cut *c, const struct token *word)
{
	for (const char *p = word->text + 1; *p; p++) {
		const struct call_option *option = call_option_by_letter(*p);
		struct token rest = *word;

		if (p > word->text + 1)
			call_doubt(c);
		if (!option) {
			call_doubt(c);
			return;
		}
		rest.text = p + 1;
		rest.len = word->len - (size_t)(p + 1 - word->text);
		if (option->value == CALL_VALUE_NONE) {
			take_basic(c, option, 2, NULL);
			continue;
		}
		take_basic(c, option, 2, rest.len ? &rest : NULL);
		return;
	}
}

/* An option of an extension: loaded or not, see the top. glued: its value in the same word. */
static void take_extension(struct call_cut *c, const struct option_info *option, size_t name_len,
			   const struct token *glued)
{
	size_t arity = option->arity;

	for (size_t i = 0; i < ARRAY_SIZE(context_options); i++)
		if (str_equal(option->name, context_options[i]))
			call_doubt(c);
	if (str_equal(option->name, "set")) {
		if (c->set || !c->recent)
			call_doubt(c);
		arity = c->set ? 2 : 0;
	}
	if (glued && !arity)
		call_doubt(c);
	for (size_t i = glued != NULL; i < arity; i++) {
		const struct token *value = c->at < c->nr ? &c->word[c->at++] : NULL;

		if (!value ||
		    ((i > 0 || option->kind != OPTION_TEXT) && value->len && looks_odd(value)))
			call_doubt(c);
	}
	add_unit(c, option, name_len, glued);
}

/* Until something is loaded, basic options are the only ones, and may be cut short as one likes. */
void call_take_long(struct call_cut *c, const struct token *word)
{
	size_t len = option_len(word->text, word->len);
	const struct call_option *basic = call_option_by_name(word->text + 2, len - 2);
	const struct option_info *extension;
	struct token value = *word;
	bool glued = len < word->len;
	bool whole = basic && strlen(basic->name) == len - 2;

	value.text += len + 1;
	value.len -= len + glued;
	if (basic && (whole || !c->extended)) {
		take_basic(c, basic, len, glued ? &value : NULL);
		return;
	}
	extension = option_find(word->text, len, NULL);
	/* short for one of all extensions: that, or nothing if its extension is not loaded */
	if (extension && !extension->letter && (!basic || strlen(extension->name) == len - 2)) {
		take_extension(c, extension, len, glued ? &value : NULL);
		return;
	}
	if (!basic || !basic->unique || len - 2 < basic->unique)
		call_doubt(c);
	if (basic)
		take_basic(c, basic, len, glued ? &value : NULL);
}
