#include "base.h"
#include "rules_make.h"
#include "config.h"
#include "diag.h"

/* No line shorter than this can break a limit of the restore programs. */
enum {
	SURELY_SMALL = 500,
	COMMAND_WORDS = 3,
	COMMAND_BYTES = CHAIN_NAME_MAX + sizeof("-I  123456789 ") - 1,
	COMMENT_BYTES_MAX = 255 /* XT_MAX_COMMENT_LEN of the kernel - 1 */
};

/* The families that everything written out in the line leaves; 0 after an error. */
static unsigned int literal_families(struct rules_state *s)
{
	const struct expansion *exp = &s->rules->exp;
	unsigned int families = s->families & s->rules->line.families;
	const char *why[FAMILY_NR] = { NULL };

	FOR_EACH_FAMILY(f) {
		if (!(s->families & family_bit(f)))
			why[f] = "the file";
		else if (!(s->rules->line.families & family_bit(f)))
			why[f] = f == FAMILY_IPV4 ? "-6" : "-4";
	}
	for (size_t i = 0; i < exp->nr_choices; i++) {
		const struct choice *choice = &exp->choice[i];

		if (!choice->literal || (!choice->families && !choice->nr))
			continue;
		FOR_EACH_FAMILY(f)
			if (families & family_bit(f) && !(choice->families & family_bit(f)))
				why[f] = exp->alternative[choice->first].text;
		families &= choice->families;
	}
	if (!families)
		diag_error(s->rules->diags, &s->origin,
			   "one rule can't be for both families: '%s' is not for IPv4, '%s' is not "
			   "for IPv6",
			   why[FAMILY_IPV4], why[FAMILY_IPV6]);
	return families;
}

/* Why a choice has nothing for a family: said once for each use of a template, not per line. */
static int explain_empty(struct rules_state *s, const struct choice *choice, enum family family)
{
	const char *ip = family == FAMILY_IPV4 ? "IPv4" : "IPv6";
	const struct origin *origin = s->origin.use ? s->origin.use : &s->origin;

	if (choice->negated && (choice->named || (!choice->nr && !choice->optional)))
		return diag_error(s->rules->diags, &s->origin,
				  "'! %s $%s': '%s' has no value for %s, so that the rule would "
				  "match everything there; restrict the line by -4 or -6",
				  choice->option, choice->list, choice->list, ip);
	if (!choice->nr && (choice->named || !choice->optional))
		diag_warning(s->rules->diags, origin, "'%s' is empty: no rule made", choice->list);
	else if (choice->nr && choice->named)
		diag_warning(s->rules->diags, origin, "'%s' has no value for %s: no rule made",
			     choice->list, ip);
	/* literals of one family only, as if they were written in the line: nothing to say */
	return 0;
}

/* Does the line make rules in this family? A set without an element of it makes none. */
static int check_family(struct rules_state *s, enum family family, bool *ret_any)
{
	const struct expansion *exp = &s->rules->exp;

	*ret_any = true;
	for (size_t i = 0; i < exp->nr_choices; i++) {
		const struct choice *choice = &exp->choice[i];

		if (choice->literal || choice->families & family_bit(family))
			continue;
		*ret_any = false;
		if (explain_empty(s, choice, family) < 0)
			return -1;
	}
	return 0;
}

/* "%-i in OUTPUT" is accepted inside a chain of our own, but could never match. */
static int check_interfaces(struct rules_state *s, const char *chain)
{
	const struct expansion *exp = &s->rules->exp;
	bool no_in = str_equal(chain, "OUTPUT") || str_equal(chain, "POSTROUTING");
	bool no_out = str_equal(chain, "INPUT") || str_equal(chain, "PREROUTING");

	for (size_t i = 0; i < exp->nr_choices; i++) {
		const struct choice *choice = &exp->choice[i];
		bool set = choice->nr && exp->alternative[choice->first].text[0];

		if (set && ((no_in && choice->kind == OPTION_IN) ||
			    (no_out && choice->kind == OPTION_OUT)))
			return diag_error(s->rules->diags, &s->origin,
					  "'%s' can't be used in chain '%s'", choice->option,
					  chain);
	}
	return 0;
}

/* As it is restored: "-I CHAIN POSITION " stands before the rule, the chain perhaps our own. */
static int check_limits(struct rules_state *s, const char *spec, size_t len)
{
	struct tokens tokens = TOKENS_INIT;
	const char *error = NULL;

	if (len < SURELY_SMALL)
		return 0;
	tokens_scan(&tokens, spec, len, TOKENS_LISTING);
	if (tokens.nr + COMMAND_WORDS > TOKENS_MAX)
		error = "the rule has too many words: with chain and position iptables-restore "
			"takes 251";
	for (size_t i = 0; i < tokens.nr; i++)
		if (tokens.v[i].len > TOKEN_BYTES_MAX)
			error = WORD_TOO_LONG;
	if (len + COMMAND_BYTES > LINE_BYTES_MAX)
		error = "the rule is too long: with chain and position iptables-restore takes "
			"10238 bytes";
	tokens_release(&tokens);
	return error ? diag_error(s->rules->diags, &s->origin, "%s", error) : 0;
}

/* "-m comment --comment FILE:LINE", the end of the path where it is too long. */
static void add_origin_comment(struct rules_state *s)
{
	const char *file = wanted_file(&s->origin);
	char text[COMMENT_BYTES_MAX + 1];
	size_t len = strlen(file), room = COMMENT_BYTES_MAX - 12;

	snprintf(text, sizeof(text), "%s:%u", len > room ? file + len - room : file,
		 wanted_line(&s->origin));
	buf_adds(&s->rules->spec, "-m comment --comment ");
	token_quote(&s->rules->spec, text, strlen(text));
}

/* The rule of one combination: at[i] is the alternative that choice i has in it. */
static struct rule *make_rule(struct rules_state *s, const size_t *at)
{
	struct rules *rules = s->rules;
	const struct expansion *exp = &rules->exp;
	struct ruleset *set = rules->wanted.set;
	struct buf *spec = &rules->spec;
	struct rule *rule;

	buf_reset(spec);
	if (rules->config->origin_comments)
		add_origin_comment(s);
	rule = ruleset_new_rule(set);
	for (size_t i = 0; i < exp->nr_choices; i++) {
		const struct alternative *alt = &exp->alternative[at[i]];

		if (!alt->text[0])
			continue;
		if (spec->len)
			buf_addc(spec, ' ');
		buf_adds(spec, alt->text);
		if (alt->target) {
			rule->target = arena_strdup(&set->arena, alt->target);
			rule->flags = alt->is_goto ? RULE_GOTO : 0;
		}
	}
	if (check_limits(s, buf_str(spec), spec->len) < 0)
		return NULL;
	rule->spec = arena_strndup(&set->arena, buf_str(spec), spec->len);
	rule->origin = s->origin;
	return rule;
}

static int carry_out(struct rules_state *s, enum family family, const char *chain,
		     const struct rule *rule, unsigned long nth)
{
	struct place place = { family, s->table, chain, s->origin };
	struct wanted *w = &s->rules->wanted;
	unsigned long number = s->rules->line.number;

	switch (s->rules->line.command) {
	case 'I': /* a list keeps its order */
		return wanted_insert(w, &place, rule, (number ? number : 1) + nth);
	case 'R':
		if (!number)
			return diag_error(w->diags, &s->origin,
					  "'-R %s' needs the number of a rule", chain);
		if (nth)
			return diag_error(w->diags, &s->origin,
					  "'-R' replaces one rule by one: this line makes several");
		return wanted_replace(w, &place, rule, number);
	case 'D': return wanted_delete_rule(w, &place, rule);
	default: return wanted_append(w, &place, rule);
	}
}

/* How many rules the line makes in a family; more than the limit is not counted on. */
static size_t count_rules(const struct expansion *exp, enum family family)
{
	size_t product = 1;

	for (size_t i = 0; i < exp->nr_choices && product <= RULES_PER_LINE_MAX; i++) {
		const struct choice *choice = &exp->choice[i];
		size_t nr = 0;

		for (size_t j = 0; j < choice->nr; j++)
			nr += !!(exp->alternative[choice->first + j].families & family_bit(family));
		product *= nr;
	}
	return product;
}

/* The next alternative of a choice in this family; false when there is none behind at. */
static bool next_in(const struct expansion *exp, const struct choice *choice, enum family family,
		    size_t *at)
{
	size_t end = choice->first + choice->nr;

	for (size_t i = *at; i < end; i++) {
		if (exp->alternative[i].families & family_bit(family)) {
			*at = i;
			return true;
		}
	}
	return false;
}

/* Step like a mileage counter: the rightmost choice is the fastest. */
static bool step(const struct expansion *exp, enum family family, size_t *at)
{
	for (size_t i = exp->nr_choices; i-- > 0;) {
		size_t next = at[i] + 1;

		if (next_in(exp, &exp->choice[i], family, &next)) {
			at[i] = next;
			return true;
		}
		at[i] = exp->choice[i].first;
		(void)next_in(exp, &exp->choice[i], family, &at[i]);
	}
	return false;
}

static int make_product(struct rules_state *s, enum family family, const char *chain)
{
	const struct expansion *exp = &s->rules->exp;
	unsigned long nth = 0;
	size_t *at;
	int ret = 0;

	if (count_rules(exp, family) > RULES_PER_LINE_MAX)
		return diag_error(s->rules->diags, &s->origin,
				  "this line would make more than %u rules",
				  (unsigned int)RULES_PER_LINE_MAX);
	at = arena_alloc(&s->rules->exp.arena, (exp->nr_choices + 1) * sizeof(*at));
	for (size_t i = 0; i < exp->nr_choices; i++) {
		at[i] = exp->choice[i].first;
		(void)next_in(exp, &exp->choice[i], family, &at[i]);
	}
	do {
		const struct rule *rule = make_rule(s, at);

		if (!rule || carry_out(s, family, chain, rule, nth++) < 0)
			ret = -1;
	} while (ret == 0 && step(exp, family, at));
	return ret;
}

/* The common case: one rule, the same for all families of the line. */
static bool is_single(const struct expansion *exp)
{
	for (size_t i = 0; i < exp->nr_choices; i++)
		if (exp->choice[i].nr != 1)
			return false;
	return true;
}

static int make_single(struct rules_state *s, unsigned int families, const char *chain)
{
	const struct expansion *exp = &s->rules->exp;
	size_t *at = arena_alloc(&s->rules->exp.arena, (exp->nr_choices + 1) * sizeof(*at));
	const struct rule *rule;
	int ret = 0;

	for (size_t i = 0; i < exp->nr_choices; i++)
		at[i] = exp->choice[i].first;
	rule = make_rule(s, at);
	if (!rule)
		return -1;
	FOR_EACH_FAMILY(f)
		if (families & family_bit(f) && carry_out(s, f, chain, rule, 0) < 0)
			ret = -1;
	return ret;
}

int rules_make_rules(struct rules_state *s, const char *chain)
{
	unsigned int families = literal_families(s);
	int ret = 0;

	if (!families || check_interfaces(s, chain) < 0)
		return -1;
	families &= s->rules->config->families;
	FOR_EACH_FAMILY(f) {
		bool any;

		if (!(families & family_bit(f)))
			continue;
		if (check_family(s, f, &any) < 0)
			ret = -1;
		if (!any)
			families &= ~family_bit(f);
	}
	if (ret < 0)
		return -1;
	if (families && is_single(&s->rules->exp))
		return make_single(s, families, chain);
	FOR_EACH_FAMILY(f)
		if (families & family_bit(f) && make_product(s, f, chain) < 0)
			ret = -1;
	return ret;
}
