#include <netinet/in.h>

#include "base.h"
#include "expand.h"
#include "addr.h"
#include "chainname.h"
#include "diag.h"
#include "expand_list.h"
#include "ipset.h"
#include "xalloc.h"
#include "xtable.h"

const char *expand_text(struct expansion *exp)
{
	const char *text = arena_strndup(&exp->arena, buf_str(&exp->work), exp->work.len);

	buf_reset(&exp->work);
	return text;
}

void expand_add(struct expansion *exp, const char *text, unsigned int families)
{
	struct choice *choice = &exp->choice[exp->nr_choices - 1];

	XGROW(exp->alternative, exp->nr_alternatives, exp->alternative_cap);
	exp->alternative[exp->nr_alternatives++] =
		(struct alternative){ .text = text, .families = families };
	choice->nr++;
	choice->families |= families;
}

void expand_add_option(struct expansion *exp, const struct unit *unit, const char *value,
		       unsigned int families)
{
	if (unit->negated)
		buf_adds(&exp->work, "! ");
	buf_add(&exp->work, unit->name.text, unit->name.len);
	if (value) {
		buf_addc(&exp->work, ' ');
		token_quote(&exp->work, value, strlen(value));
	}
	expand_add(exp, expand_text(exp), families);
}

/* iptables takes names in any case, and numbers as C does: -p ICMP, -p 0x3a. */
static bool is_protocol(const char *value, const char *name, unsigned long number)
{
	char *end;

	if (strcasecmp(value, name) == 0)
		return true;
	return *value >= '0' && *value <= '9' && strtoul(value, &end, 0) == number && !*end;
}

/* The ah match is an option of IPv4's protocol ah, and a header of its own in IPv6. */
static unsigned int ah_families(const struct ruleline *line)
{
	for (size_t i = 0; i < line->nr_units; i++) {
		const char *proto = line->unit[i].kind == OPTION_PROTOCOL ?
					    unit_value(line, &line->unit[i], 0)->text :
					    "";

		if (is_protocol(proto, "ah", IPPROTO_AH))
			return family_bit(FAMILY_IPV4);
	}
	return family_bit(FAMILY_IPV6);
}

static unsigned int addr_families(struct addr addr)
{
	return addr.kind ? family_bit(addr.family) : FAMILIES_BOTH;
}

unsigned int expand_families(const struct expand_context *ctx, const struct ruleline *line,
			     const struct unit *unit, const char *value)
{
	switch (unit->kind) {
	case OPTION_ADDRESS: return addr_families(addr_parse_target(value));
	case OPTION_RANGE: return addr_families(addr_parse(value));
	case OPTION_PROTOCOL:
		if (is_protocol(value, "icmp", IPPROTO_ICMP))
			return family_bit(FAMILY_IPV4);
		if (is_protocol(value, "ipv6-icmp", IPPROTO_ICMPV6) ||
		    is_protocol(value, "icmpv6", IPPROTO_ICMPV6))
			return family_bit(FAMILY_IPV6);
		return FAMILIES_BOTH;
	case OPTION_REJECT_WITH:
		return str_starts(value, "icmp-")  ? family_bit(FAMILY_IPV4) :
		       str_starts(value, "icmp6-") ? family_bit(FAMILY_IPV6) :
						     FAMILIES_BOTH;
	case OPTION_MATCH:
		return str_equal(value, "ah") ? ah_families(line) : match_families(value);
	case OPTION_JUMP: return target_families(value);
	case OPTION_IPSET:
		return ipsets_use(ctx->ipsets, value,
				  ctx->origin->use ? ctx->origin->use : ctx->origin, ctx->diags);
	case OPTION_ICMP: return family_bit(FAMILY_IPV4);
	case OPTION_ICMPV6: return family_bit(FAMILY_IPV6);
	default: return FAMILIES_BOTH;
	}
}

int expand_check_value(const struct expand_context *ctx, const struct unit *unit, const char *value)
{
	bool jumps = unit->kind == OPTION_JUMP || unit->kind == OPTION_GOTO;
	const char *error = jumps && !xtable_is_verdict(value) ? chain_name_check(value) : NULL;

	if (error)
		return diag_error(ctx->diags, ctx->origin, "'%s' of '%.*s': %s", value,
				  (int)unit->name.len, unit->name.text, error);
	if (!unit->option || unit->kind == OPTION_TEXT)
		return 0;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '"')
			return diag_error(ctx->diags, ctx->origin,
					  "'%s' of '%.*s' can't hold blanks or quotes: "
					  "iptables-save would write it as several words",
					  value, (int)unit->name.len, unit->name.text);
	return 0;
}

/* One value after the other: the product of all values of the option. */
static int add_plain(struct expansion *exp, const struct expand_context *ctx,
		     const struct ruleline *line, const struct tokens *tokens,
		     const struct unit *unit, size_t at, const char *head, unsigned int families)
{
	struct choice *choice = &exp->choice[exp->nr_choices - 1];
	struct value_list list;

	if (at == unit->nr_values) {
		expand_add(exp, head, families);
		return 0;
	}
	if (expand_word(exp, ctx, tokens, unit_value(line, unit, at), &list) < 0)
		return -1;
	if (list.any)
		return diag_error(ctx->diags, ctx->origin, "'any' is not a value of '%s'",
				  choice->option);
	if (list.name) {
		choice->list = list.name;
		choice->optional |= list.optional;
		choice->named |= list.named;
	}
	if (unit->kind == OPTION_TO_PORT && list.nr > 1)
		return diag_error(ctx->diags, ctx->origin, "'%s' takes one value, '%s' has %zu",
				  choice->option, list.name, list.nr);
	for (size_t i = 0; i < list.nr; i++) {
		unsigned int left = families & list.v[i].families;
		int ret;

		if (expand_check_value(ctx, unit, list.v[i].text) < 0)
			return -1;
		if (at == 0)
			left &= expand_families(ctx, line, unit, list.v[i].text);
		if (at == 0 && unit->kind == OPTION_IPSET && !left)
			return -1; /* reported */
		buf_adds(&exp->work, head);
		buf_addc(&exp->work, ' ');
		token_quote(&exp->work, list.v[i].text, strlen(list.v[i].text));
		choice->named |= list.v[i].named;
		ret = add_plain(exp, ctx, line, tokens, unit, at + 1, expand_text(exp), left);
		if (ret < 0)
			return -1;
		if (unit->kind == OPTION_JUMP || unit->kind == OPTION_GOTO) {
			struct alternative *last = &exp->alternative[exp->nr_alternatives - 1];

			last->target = list.v[i].text;
			last->is_goto = unit->kind == OPTION_GOTO;
		}
		if (choice->nr > RULES_PER_LINE_MAX)
			return 0;
	}
	return 0;
}

static int expand_plain(struct expansion *exp, const struct expand_context *ctx,
			const struct ruleline *line, const struct tokens *tokens,
			const struct unit *unit)
{
	if (unit->negated)
		buf_adds(&exp->work, "! ");
	buf_add(&exp->work, unit->name.text, unit->name.len);
	return add_plain(exp, ctx, line, tokens, unit, 0, expand_text(exp),
			 unit->kind == OPTION_FRAGMENT ? family_bit(FAMILY_IPV4) : FAMILIES_BOTH);
}

static int expand_unit(struct expansion *exp, const struct expand_context *ctx,
		       const struct ruleline *line, const struct tokens *tokens,
		       const struct unit *unit)
{
	const struct token *name = &unit->name;

	switch (unit->kind) {
	case OPTION_LOCK:
		return diag_error(ctx->diags, ctx->origin, "'%.*s' has no place in a drop-in",
				  (int)name->len, name->text);
	case OPTION_SOURCE:
	case OPTION_DESTINATION:
	case OPTION_IN:
	case OPTION_OUT:
	case OPTION_PROTOCOL:
	case OPTION_SPORT:
	case OPTION_DPORT:
	case OPTION_PORTS: return expand_list_unit(exp, ctx, line, tokens, unit);
	default: return expand_plain(exp, ctx, line, tokens, unit);
	}
}

/*
 * "! -s a" and "! -s b" as two rules would together match everything. What the rest of the line
 * leaves to no family is not counted.
 */
static int check_negated(const struct expansion *exp, const struct expand_context *ctx)
{
	unsigned int families = ctx->families;
	int ret = 0;

	for (size_t i = 0; i < exp->nr_choices; i++)
		families &= exp->choice[i].families;
	for (size_t i = 0; i < exp->nr_choices; i++) {
		const struct choice *choice = &exp->choice[i];
		size_t nr[FAMILY_NR] = { 0 };

		for (size_t j = 0; choice->negated && j < choice->nr; j++)
			FOR_EACH_FAMILY(f)
				nr[f] += !!(exp->alternative[choice->first + j].families &
					    families & family_bit(f));
		if (nr[FAMILY_IPV4] > 1 || nr[FAMILY_IPV6] > 1)
			ret = diag_error(ctx->diags, ctx->origin,
					 "'! %s' with several values would become rules that "
					 "together match everything: use a chain that RETURNs for "
					 "each value, or an ipset",
					 choice->option);
	}
	return ret;
}

int expand_line(struct expansion *exp, const struct expand_context *ctx,
		const struct ruleline *line, const struct tokens *tokens)
{
	int ret = 0;

	for (size_t i = 0; i < line->nr_units; i++) {
		const struct unit *unit = &line->unit[i];
		struct choice *choice;

		if (unit->kind == OPTION_COUNTERS)
			continue; /* live counters stay */
		XGROW(exp->choice, exp->nr_choices, exp->choice_cap);
		choice = &exp->choice[exp->nr_choices++];
		*choice = (struct choice){
			.first = exp->nr_alternatives,
			.negated = unit->negated,
			.kind = unit->kind,
			.option = arena_strndup(&exp->arena, unit->name.text, unit->name.len),
		};
		if (expand_unit(exp, ctx, line, tokens, unit) < 0)
			ret = -1;
		choice = &exp->choice[exp->nr_choices - 1];
		choice->literal = !choice->list;
	}
	return ret < 0 ? -1 : check_negated(exp, ctx);
}

void expansion_reset(struct expansion *exp)
{
	exp->nr_alternatives = exp->nr_choices = 0;
	arena_reset(&exp->arena);
}

void expansion_release(struct expansion *exp)
{
	free(exp->alternative);
	free(exp->choice);
	buf_release(&exp->work);
	arena_release(&exp->arena);
	*exp = (struct expansion)EXPANSION_INIT;
}
