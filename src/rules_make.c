#include "base.h"
#include "rules_make.h"
#include "chainname.h"
#include "config.h"
#include "diag.h"

/* In a save of a host that already runs others' programs, or rampart itself: not to be taken over
 * with the rest. */
static bool is_left_out(const struct rules_state *s, const char *chain)
{
	const struct config *config = s->rules->config;

	return s->is_dump && !xtable_is_builtin(s->table, chain) &&
	       (is_own_chain_name(chain) || patterns_match(&config->foreign, chain) ||
		patterns_match(&config->yield_to, chain) ||
		patterns_match(&config->preserve, chain));
}

static struct expand_context context(struct rules_state *s)
{
	return (struct expand_context){
		.config = s->rules->config,
		.scope = s->text->scope,
		.families = s->families & s->rules->line.families & s->rules->config->families,
		.ipsets = s->rules->ipsets,
		.hosts = s->rules->hosts,
		.origin = &s->origin,
		.diags = s->rules->diags,
	};
}

static int chain_words(struct rules_state *s, const struct token *token, struct value_list *ret)
{
	struct expand_context ctx = context(s);

	if (expand_word(&s->rules->exp, &ctx, &s->rules->tokens, token, ret) < 0)
		return -1;
	if (!ret->nr && !ret->any && ret->optional && !ret->named)
		return 0; /* a parameter that switches its lines off */
	if (ret->any || !ret->nr)
		return diag_error(s->rules->diags, &s->origin, "'%s' names no chain", token->text);
	for (size_t i = 0; i < ret->nr; i++) {
		const char *error = chain_name_check(ret->v[i].text);

		if (error)
			return diag_error(s->rules->diags, &s->origin, "'%s': %s", ret->v[i].text,
					  error);
	}
	return 0;
}

static int declare(struct rules_state *s, const char *name, const char *policy)
{
	unsigned int families = s->families & s->rules->config->families;
	int ret = 0;

	if (is_left_out(s, name)) {
		s->left_chains++;
		return 0;
	}
	FOR_EACH_FAMILY(f) {
		struct place place = { f, s->table, name, s->origin };

		if (!(families & family_bit(f)))
			continue;
		if (!xtable_is_builtin(s->table, name)) {
			if (wanted_declare(&s->rules->wanted, &place, false) < 0)
				ret = -1;
		} else if (policy && wanted_policy(&s->rules->wanted, &place, policy,
						   s->is_dump ? POLICY_DUMP : POLICY_HEADER) < 0) {
			ret = -1;
		}
	}
	return ret;
}

/* "[packets:bytes]", as "iptables-save -c" writes it. */
static bool is_counters(const char *text)
{
	size_t packets = *text == '[' ? strspn(text + 1, "0123456789") : 0;
	size_t bytes =
		packets && text[1 + packets] == ':' ? strspn(text + packets + 2, "0123456789") : 0;

	return bytes && str_equal(text + packets + 2 + bytes, "]");
}

/* ":CHAIN POLICY [packets:bytes]"; the counters are read and ignored. */
int rules_make_chain(struct rules_state *s)
{
	struct tokens *t = &s->rules->tokens;
	struct token name = t->v[0];
	const char *policy = NULL;
	struct value_list names;
	int ret = 0;

	expansion_reset(&s->rules->exp);
	name.text++;
	name.len--;
	if (name.nr_pieces) { /* the colon is the first piece, or begins it */
		struct piece *first = &t->piece[name.first_piece];

		if (first->len == 1) {
			name.first_piece++;
			name.nr_pieces--;
		} else {
			first->text++;
			first->len--;
		}
	}
	if (!name.len || t->nr > 3 || (t->nr == 3 && !is_counters(t->v[2].text)))
		return diag_error(s->rules->diags, &s->origin,
				  "not a chain line: ':CHAIN POLICY [packets:bytes]'");
	if (t->nr > 1 && !str_equal(t->v[1].text, "-") && !is_counters(t->v[1].text))
		policy = t->v[1].text;
	if (chain_words(s, &name, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.nr; i++) {
		const char *chain = names.v[i].text;

		if (policy && !xtable_is_builtin(s->table, chain))
			ret = diag_error(s->rules->diags, &s->origin,
					 "'%s' is not a built-in chain of table '%s': only those "
					 "have a policy",
					 chain, xtable_name(s->table));
		else if (declare(s, chain, policy) < 0)
			ret = -1;
	}
	return ret;
}

/* The value of "-t nat", "-tnat", "--table=nat" at this word; NULL: another option. */
static const char *table_option(const struct tokens *t, size_t at, size_t *ret_next)
{
	const struct token *word = &t->v[at];
	const char *value = word->text + option_len(word->text, word->len);
	const struct option_info *option = option_at(t, at, ret_next);

	if (!option || option->kind != OPTION_TABLE)
		return NULL;
	if (*value)
		return *value == '=' ? value + 1 : value;
	return at + 1 < t->nr ? t->v[at + 1].text : NULL;
}

/* A line that is a shell command, or has -t: show what it has to be. */
static int explain_command_line(struct rules_state *s, bool is_command)
{
	struct tokens *t = &s->rules->tokens;
	struct buf line = BUF_INIT;
	const char *table = NULL;

	if (is_command && strstr(t->v[0].text, "ip6tables"))
		buf_adds(&line, "-6");
	for (size_t at = is_command, next; at < t->nr; at = next) {
		const char *value = table_option(t, at, &next);

		if (value)
			table = value;
		for (size_t i = at; i < next && !value; i++) {
			if (line.len)
				buf_addc(&line, ' ');
			if (t->v[i].nr_pieces)
				buf_adds(&line, t->v[i].text);
			else
				token_quote(&line, t->v[i].text, t->v[i].len);
		}
	}
	if (table)
		diag_error(s->rules->diags, &s->origin,
			   "'-t' has no place here: write '*%s' in a line of its own, then '%s'",
			   table, buf_str(&line));
	else
		diag_error(s->rules->diags, &s->origin,
			   "a shell command has no place here: write '%s'", buf_str(&line));
	buf_release(&line);
	return -1;
}

static bool is_command_line(const struct tokens *t)
{
	const char *slash = strrchr(t->v[0].text, '/');
	const char *name = slash ? slash + 1 : t->v[0].text;

	return str_starts(name, "iptables") || str_starts(name, "ip6tables");
}

/* Before a rule; ignored, live counters stay. */
static void skip_counters(struct rules_state *s)
{
	struct tokens *t = &s->rules->tokens;

	if (t->nr < 2 || !is_counters(t->v[0].text))
		return;
	t->nr--;
	memmove(t->v, t->v + 1, t->nr * sizeof(*t->v));
	s->raw += t->v[0].at;
	s->raw_len -= t->v[0].at;
}

static int no_options(struct rules_state *s)
{
	const struct ruleline *line = &s->rules->line;

	if (!line->nr_units)
		return 0;
	return diag_error(s->rules->diags, &s->origin, "command '-%c' takes no option '%.*s'",
			  line->command, (int)line->unit[0].name.len, line->unit[0].name.text);
}

/* Commands without a rule: one family, one chain (NULL: all). */
static int chain_command(struct rules_state *s, enum family family, const char *chain)
{
	struct wanted *w = &s->rules->wanted;
	const struct ruleline *line = &s->rules->line;
	struct place place = { family, s->table, chain, s->origin };

	switch (line->command) {
	case 'N': return wanted_declare(w, &place, true);
	case 'X': return wanted_delete_chain(w, &place);
	case 'F': return wanted_flush(w, &place);
	case 'P': return wanted_policy(w, &place, line->second.text, POLICY_COMMAND);
	case 'E': return wanted_rename_chain(w, &place, line->second.text);
	default: return wanted_delete_number(w, &place, line->number);
	}
}

static int chain_commands(struct rules_state *s)
{
	struct ruleline *line = &s->rules->line;
	unsigned int families = s->families & line->families & s->rules->config->families;
	struct value_list names = { .nr = 0 };
	int ret = 0;

	if (no_options(s) < 0 || (line->has_chain && chain_words(s, &line->chain, &names) < 0))
		return -1;
	FOR_EACH_FAMILY(f) {
		if (!(families & family_bit(f)))
			continue;
		for (size_t i = 0; i < (line->has_chain ? names.nr : 1); i++) {
			const char *chain = line->has_chain ? names.v[i].text : NULL;

			if (chain && is_left_out(s, chain))
				s->left_rules++;
			else if (chain_command(s, f, chain) < 0)
				ret = -1;
		}
	}
	return ret;
}

/* A rule of others by its jump, or by its text: Docker's MASQUERADE jumps nowhere. */
static bool rule_is_left_out(const struct rules_state *s)
{
	const struct patterns *others = &s->rules->config->preserve_rules;
	const struct ruleline *line = &s->rules->line;
	char *text = s->is_dump && others->nr ? xstrndup(s->raw, s->raw_len) : NULL;
	bool matches = text && patterns_match(others, text);

	free(text);
	if (matches)
		return true;
	for (size_t i = 0; i < line->nr_units; i++) {
		const struct unit *unit = &line->unit[i];

		if ((unit->kind == OPTION_JUMP || unit->kind == OPTION_GOTO) &&
		    is_left_out(s, unit_value(line, unit, 0)->text))
			return true;
	}
	return false;
}

static int rule_commands(struct rules_state *s)
{
	struct rules *rules = s->rules;
	struct expand_context ctx = context(s);
	struct value_list chains;
	int ret = 0;

	if (rule_is_left_out(s)) {
		s->left_rules++;
		return 0;
	}
	if (chain_words(s, &rules->line.chain, &chains) < 0)
		return -1;
	if (chains.nr && is_left_out(s, chains.v[0].text)) {
		s->left_rules++;
		return 0;
	}
	if (chains.nr && expand_line(&rules->exp, &ctx, &rules->line, &rules->tokens) < 0)
		return -1;
	for (size_t i = 0; i < chains.nr; i++)
		if (rules_make_rules(s, chains.v[i].text) < 0)
			ret = -1;
	return ret;
}

int rules_make_line(struct rules_state *s)
{
	struct rules *rules = s->rules;
	struct ruleline *line = &rules->line;

	expansion_reset(&rules->exp);
	skip_counters(s);
	if (is_command_line(&rules->tokens))
		return explain_command_line(s, true);
	if (rules->tokens.v[0].text[0] != '-' && rules->tokens.v[0].text[0] != '!')
		return diag_error(rules->diags, &s->origin,
				  "'%s' begins no line of a rules file: expected -A and its kin, "
				  "*TABLE, :CHAIN, COMMIT or #",
				  rules->tokens.v[0].text);
	if (ruleline_parse(line, &rules->tokens, &s->origin, rules->diags) < 0)
		return -1;
	for (size_t i = 0; i < line->nr_units; i++)
		if (line->unit[i].kind == OPTION_TABLE)
			return explain_command_line(s, false);
	if (strchr("NXFPE", line->command) || (line->command == 'D' && line->number))
		return chain_commands(s);
	return rule_commands(s);
}

void rules_make_end(struct rules_state *s)
{
	struct origin file = { s->text->file, 0, s->text->use };

	if (s->left_rules || s->left_chains)
		diag_note(s->rules->diags, &file,
			  "%zu chain%s and %zu rule%s of other programs left out", s->left_chains,
			  s->left_chains == 1 ? "" : "s", s->left_rules,
			  s->left_rules == 1 ? "" : "s");
}
