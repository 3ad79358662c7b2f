#include "base.h"
#include "expand.h"
#include "addr.h"
#include "config.h"
#include "diag.h"
#include "expand_list.h"

/* That what the pieces of a word multiply to can be a rule's: asked before they do. */
static int check_product(const struct expand_context *ctx, const struct tokens *tokens,
			 const struct token *token)
{
	size_t product = 1, bytes = 0;

	for (size_t i = 0; i < token->nr_pieces; i++) {
		const struct piece *piece = &tokens->piece[token->first_piece + i];
		const struct value_list *set;
		size_t longest = 0;

		if (!piece->is_name) {
			bytes += piece->len;
			continue;
		}
		set = scope_require(ctx->scope, piece->text, piece->len, ctx->origin, ctx->diags);
		if (!set)
			return -1;
		if (set->any)
			return diag_error(ctx->diags, ctx->origin,
					  "'$%s' is 'any' and can't be part of a longer word",
					  set->name);
		for (size_t j = 0; j < set->nr; j++) {
			size_t len = strlen(set->v[j].text);

			longest = len > longest ? len : longest;
		}
		bytes += longest;
		product *= set->nr;
		if (bytes > TOKEN_BYTES_MAX)
			return diag_error(ctx->diags, ctx->origin, WORD_TOO_LONG);
		if (product > RULES_PER_LINE_MAX)
			return diag_error(ctx->diags, ctx->origin,
					  "this line would make more than %u rules",
					  (unsigned int)RULES_PER_LINE_MAX);
	}
	return 0;
}

/* Values of a word that mixes text and names: their product, leftmost slowest. */
static int join_pieces(struct expansion *exp, const struct expand_context *ctx,
		       const struct tokens *tokens, const struct token *token, size_t at,
		       struct value head, struct value_list *list)
{
	const struct piece *piece = &tokens->piece[token->first_piece + at];
	bool closes = at + 1 == token->nr_pieces;
	const struct value_list *set;

	if (!piece->is_name) {
		struct value value = head;

		buf_adds(&exp->work, head.text);
		buf_add(&exp->work, piece->text, piece->len);
		value.text = expand_text(exp);
		if (!closes)
			return join_pieces(exp, ctx, tokens, token, at + 1, value, list);
		value_list_push(list, value, &exp->arena);
		return 0;
	}
	set = scope_require(ctx->scope, piece->text, piece->len, ctx->origin, ctx->diags);
	if (!set)
		return -1;
	list->name = set->name;
	list->optional |= set->optional;
	list->named |= set->named;
	for (size_t i = 0; i < set->nr; i++) {
		struct addr addr = addr_parse(set->v[i].text);
		/* an IPv6 address before a port needs brackets */
		bool bracket = addr.kind && addr.family == FAMILY_IPV6 && !closes &&
			       !piece[1].is_name && piece[1].text[0] == ':';
		struct value value = { .families = head.families & set->v[i].families,
				       .named = head.named || set->v[i].named };

		buf_addf(&exp->work, bracket ? "%s[%s]" : "%s%s", head.text, set->v[i].text);
		value.text = expand_text(exp);
		if (closes)
			value_list_push(list, value, &exp->arena);
		else if (join_pieces(exp, ctx, tokens, token, at + 1, value, list) < 0)
			return -1;
	}
	return 0;
}

int expand_word(struct expansion *exp, const struct expand_context *ctx,
		const struct tokens *tokens, const struct token *token, struct value_list *ret_list)
{
	const struct piece *piece = token->nr_pieces ? &tokens->piece[token->first_piece] : NULL;
	const struct value_list *set;

	*ret_list = (struct value_list){ .name = NULL };
	if (!piece) {
		struct value value = { .text = arena_strndup(&exp->arena, token->text, token->len),
				       .families = FAMILIES_BOTH };

		value_list_push(ret_list, value, &exp->arena);
		return 0;
	}
	if (token->nr_pieces > 1)
		return check_product(ctx, tokens, token) < 0 ?
			     -1 :
			     join_pieces(exp, ctx, tokens, token, 0,
					 (struct value){ .text = "", .families = FAMILIES_BOTH },
					 ret_list);
	set = scope_require(ctx->scope, piece->text, piece->len, ctx->origin, ctx->diags);
	if (!set)
		return -1;
	*ret_list = *set; /* its values are not changed from here on */
	return 0;
}
