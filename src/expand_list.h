/*
 * expand_list: expansion of the options whose lists have rules of their own:
 * addresses, interfaces and protocols (a product; negated only one at a time)
 * and ports (folded into multiport).
 */
#ifndef RAMPART_EXPAND_LIST_H
#define RAMPART_EXPAND_LIST_H

#include "expand.h"

int expand_list_unit(struct expansion *exp, const struct expand_context *ctx,
		     const struct ruleline *line, const struct tokens *tokens,
		     const struct unit *unit);

/* What is in exp->work, kept in exp's arena; work is empty again. */
const char *expand_text(struct expansion *exp);
/* Families that the value of an option leaves; 0 after an error (an unknown ipset). */
unsigned int expand_families(const struct expand_context *ctx, const struct ruleline *line,
			     const struct unit *unit, const char *value);
/* -1: what iptables-save would write as several words, and so not be read again. */
int expand_check_value(const struct expand_context *ctx, const struct unit *unit,
		       const char *value);
/* Add an alternative to the choice that is being made. text: in exp's arena. */
void expand_add(struct expansion *exp, const char *text, unsigned int families);
/* The same for "[! ]OPTION [VALUE]". value NULL: the option alone. */
void expand_add_option(struct expansion *exp, const struct unit *unit, const char *value,
		       unsigned int families);

#endif
