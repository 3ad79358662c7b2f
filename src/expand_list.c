#include "base.h"
#include "expand_list.h"
#include "addr.h"
#include "config.h"
#include "diag.h"
#include "hosts.h"

struct list {
	struct expansion *exp;
	const struct expand_context *ctx;
	const struct ruleline *line;
	const struct unit *unit;
	struct choice *choice;
	struct value_list values; /* one by one, commas taken apart */
};

static bool takes_commas(enum option_kind kind)
{
	return kind != OPTION_IN && kind != OPTION_OUT && kind != OPTION_PROTOCOL;
}

static void push(struct list *l, const char *text, size_t len, const struct value *from)
{
	struct value value = *from;

	value.text = arena_strndup(&l->exp->arena, text, len);
	value_list_push(&l->values, value, &l->exp->arena);
}

/* The values of one word without commas between its pieces. */
static int collect_word(struct list *l, const struct tokens *tokens, const struct token *token)
{
	struct value_list list;

	if (expand_word(l->exp, l->ctx, tokens, token, &list) < 0)
		return -1;
	if (list.name) {
		l->choice->list = list.name;
		l->choice->optional = list.optional;
		l->choice->named |= list.named;
	}
	l->values.any |=
		list.any || (!token->nr_pieces && !token->quoted && str_equal(token->text, "any"));
	for (size_t i = 0; i < list.nr; i++) {
		const char *p = list.v[i].text;

		l->choice->named |= list.v[i].named;
		while (takes_commas(l->unit->kind) && strchr(p, ',')) {
			size_t len = strcspn(p, ",");

			push(l, p, len, &list.v[i]);
			p += len + 1;
		}
		push(l, p, strlen(p), &list.v[i]);
	}
	return 0;
}

/* A word put together from pieces; what is only text becomes a plain word. */
static int collect_pieces(struct list *l, struct tokens *words, struct token *word)
{
	const struct piece *piece = word->nr_pieces ? &words->piece[word->first_piece] : NULL;
	struct token plain = { .quoted = word->quoted };
	int ret = 0;

	if (word->nr_pieces == 1 && !piece->is_name) {
		plain.text = arena_strndup(&l->exp->arena, piece->text, piece->len);
		plain.len = piece->len;
		ret = collect_word(l, words, &plain);
	} else if (word->nr_pieces) {
		ret = collect_word(l, words, word);
	}
	word->first_piece = words->nr_pieces;
	word->nr_pieces = 0;
	return ret;
}

/*
 * The option's values. $A,10.0.0.1,$B is three words, one after the other: a product of its
 * pieces would be nonsense.
 */
static int collect(struct list *l, const struct tokens *tokens)
{
	const struct token *token = unit_value(l->line, l->unit, 0);
	const struct piece *piece;
	struct tokens words = TOKENS_INIT;
	struct token word = { .text = "", .quoted = token->quoted };
	int ret = 0;

	if (!token->nr_pieces || !takes_commas(l->unit->kind))
		return collect_word(l, tokens, token);
	piece = tokens->piece + token->first_piece;
	for (size_t i = 0; i < token->nr_pieces && ret == 0; i++) {
		const char *p = piece[i].text, *end = p + piece[i].len;
		const char *comma = piece[i].is_name ? NULL : memchr(p, ',', (size_t)(end - p));

		for (; comma && ret == 0; comma = memchr(p, ',', (size_t)(end - p))) {
			tokens_add_piece(&words, &word, p, (size_t)(comma - p), false);
			ret = collect_pieces(l, &words, &word);
			p = comma + 1;
		}
		tokens_add_piece(&words, &word, p, (size_t)(end - p), piece[i].is_name);
	}
	if (ret == 0)
		ret = collect_pieces(l, &words, &word);
	tokens_release(&words);
	return ret;
}

static int fail(const struct list *l, const char *value, const char *text)
{
	return diag_error(l->ctx->diags, l->ctx->origin, "'%s' of '%s': %s", value,
			  l->choice->option, text);
}

/* A host name in the place of an address: its addresses, where that is allowed. */
static int add_host(struct list *l, const struct value *value)
{
	const char *error = value_check(VALUE_ADDRESS, value->text, l->ctx->config->resolve);
	const char *const *address;

	if (error)
		return fail(l, value->text, error);
	address = hosts_resolve(l->ctx->hosts, value->text, &error);
	if (!address)
		return fail(l, value->text, error);
	for (; *address; address++)
		expand_add_option(l->exp, l->unit, *address,
				  family_bit(addr_parse(*address).family));
	return 0;
}

static void add_range(struct list *l, const char *range, enum family family)
{
	buf_addf(&l->exp->work, "-m iprange %s%s %s", l->unit->negated ? "! " : "",
		 l->unit->kind == OPTION_SOURCE ? "--src-range" : "--dst-range", range);
	expand_add(l->exp, expand_text(l->exp), family_bit(family));
}

static int add_address(struct list *l, const struct value *value)
{
	struct addr addr = addr_parse_rule(value->text);

	if (!addr.kind)
		return add_host(l, value);
	if (addr.kind == ADDR_RANGE)
		add_range(l, value->text, addr.family);
	else
		expand_add_option(l->exp, l->unit, value->text, family_bit(addr.family));
	return 0;
}

static bool is_address(enum option_kind kind)
{
	return kind == OPTION_SOURCE || kind == OPTION_DESTINATION;
}

static int add_each(struct list *l)
{
	int ret = 0;

	for (size_t i = 0; i < l->values.nr; i++) {
		const struct value *value = &l->values.v[i];

		if (!takes_commas(l->unit->kind) && strchr(value->text, ','))
			diag_warning(l->ctx->diags, l->ctx->origin,
				     "'%s' is ONE name to '%s': for several write a set",
				     value->text, l->choice->option);
		if (is_address(l->unit->kind)) {
			if (add_address(l, value) < 0)
				ret = -1;
			continue;
		}
		expand_add_option(l->exp, l->unit, value->text,
				  value->families &
					  expand_families(l->ctx, l->line, l->unit, value->text));
	}
	return ret;
}

static bool match_has_ports(const char *match)
{
	return str_equal(match, "tcp") || str_equal(match, "udp") || str_equal(match, "udplite") ||
	       str_equal(match, "sctp") || str_equal(match, "dccp");
}

static size_t slots(const char *port)
{
	return strchr(port, ':') ? 2 : 1;
}

static const char *multiport_option(const struct list *l)
{
	return l->unit->kind == OPTION_SPORT ? "--sports" :
	       l->unit->kind == OPTION_DPORT ? "--dports" :
					       l->choice->option;
}

/* The ports in as few multiport matches as hold them, 15 slots each. A plain list becomes one
 * rule per match; a negated one becomes ONE rule with all the matches. */
static void fold_ports(struct list *l)
{
	bool has_match = l->unit->kind == OPTION_PORTS; /* the first one stands in the line */
	struct buf *buf = &l->exp->work;
	size_t used = 0;

	for (size_t i = 0; i < l->values.nr; i++) {
		const char *port = l->values.v[i].text;

		if (used && used + slots(port) > MULTIPORT_SLOTS) {
			used = 0;
			if (l->unit->negated) {
				buf_addc(buf, ' ');
				has_match = false;
			} else {
				expand_add(l->exp, expand_text(l->exp), FAMILIES_BOTH);
			}
		}
		if (!used)
			buf_addf(buf, "%s%s%s ", has_match ? "" : "-m multiport ",
				 l->unit->negated ? "! " : "", multiport_option(l));
		else
			buf_addc(buf, ',');
		token_quote(buf, port, strlen(port));
		used += slots(port);
	}
	expand_add(l->exp, expand_text(l->exp), FAMILIES_BOTH);
}

/*
 * Behind -m multiport iptables takes --sport as short for --sports, and refuses it beside --dports:
 * such a port gets a multiport of its own. Unless the line names the protocol's match.
 */
static bool is_behind_multiport(const struct list *l)
{
	bool behind = false;

	for (const struct choice *c = l->exp->choice; c < l->choice; c++) {
		const char *text = c->nr ? l->exp->alternative[c->first].text : "";
		const char *space = strchr(text, ' ');

		if (c->kind != OPTION_MATCH && c->kind != OPTION_SPORT && c->kind != OPTION_DPORT)
			continue;
		if (c->kind == OPTION_MATCH && space && !str_equal(space, " multiport") &&
		    match_has_ports(space + 1))
			return false;
		behind |= space && str_starts(space, " multiport");
	}
	return behind;
}

/* "-m multiport --dports any": the match goes with its option. */
static void drop_multiport_match(struct list *l)
{
	for (size_t i = l->choice->first; i-- > 0;) {
		if (str_equal(l->exp->alternative[i].text, "-m multiport")) {
			l->exp->alternative[i].text = "";
			return;
		}
	}
}

static int add_any(struct list *l)
{
	if (l->unit->negated)
		return diag_error(l->ctx->diags, l->ctx->origin, "'! %s any' would match nothing",
				  l->choice->option);
	if (l->unit->kind == OPTION_PORTS)
		drop_multiport_match(l);
	expand_add(l->exp, "", FAMILIES_BOTH);
	return 0;
}

int expand_list_unit(struct expansion *exp, const struct expand_context *ctx,
		     const struct ruleline *line, const struct tokens *tokens,
		     const struct unit *unit)
{
	struct list l = { .exp = exp,
			  .ctx = ctx,
			  .line = line,
			  .unit = unit,
			  .choice = &exp->choice[exp->nr_choices - 1] };
	bool ports = unit->kind == OPTION_SPORT || unit->kind == OPTION_DPORT ||
		     unit->kind == OPTION_PORTS;

	if (collect(&l, tokens) < 0)
		return -1;
	if (l.values.any)
		return add_any(&l);
	for (size_t i = 0; i < l.values.nr && !is_address(unit->kind); i++)
		if (expand_check_value(ctx, unit, l.values.v[i].text) < 0)
			return -1;
	if (!ports || !l.values.nr ||
	    (l.values.nr == 1 && unit->kind != OPTION_PORTS && !is_behind_multiport(&l)))
		return add_each(&l);
	fold_ports(&l);
	return 0;
}
