/*
 * ruleline: one rule line cut into its command and its units. A unit is one
 * option with its negation and values; what they hold is not looked at here.
 * in:     the words of a line
 * out:    struct ruleline, pointing into the words: valid until the next scan
 * owns:   its arrays, reused from line to line; ruleline_release()
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_RULELINE_H
#define RAMPART_RULELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "optable.h"
#include "token.h"

struct diags;
struct origin;

struct unit {
	const struct option_info *option; /* NULL: not in the table */
	enum option_kind kind;
	bool negated;
	struct token name;  /* as written */
	size_t first_value; /* in ruleline.value */
	size_t nr_values;
};

struct ruleline {
	char command;	       /* 'A', 'I', ...; 0: none was given */
	bool has_chain;	       /* else the command is for all chains (-F, -X) */
	struct token chain;    /* the command's first word */
	struct token second;   /* -P's policy, -E's new name; len 0: none */
	unsigned long number;  /* of -I, -D, -R; 0: none */
	unsigned int families; /* that -4 and -6 leave */
	struct unit *unit;
	size_t nr_units, unit_cap;
	struct token *value;
	size_t nr_values, value_cap;
};

#define RULELINE_INIT \
	{ \
		.unit = NULL \
	}

int ruleline_parse(struct ruleline *line, struct tokens *tokens, const struct origin *origin,
		   struct diags *diags);
void ruleline_release(struct ruleline *line);

static inline const struct token *unit_value(const struct ruleline *line, const struct unit *unit,
					     size_t i)
{
	return &line->value[unit->first_value + i];
}

#endif
