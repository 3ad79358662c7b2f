/*
 * import_internal: what import.c and its other files share.
 */
#ifndef RAMPART_IMPORT_INTERNAL_H
#define RAMPART_IMPORT_INTERNAL_H

#include <stdbool.h>

#include "config.h"
#include "import.h"

/* --- import.c */

/* The comments above the line that something comes from, set off by a blank line. */
void import_add_comments(struct import *import, const struct origin *origin);
/* "40-fw.sh:12": the directory says nothing once the script is gone. */
void import_add_origin(struct buf *buf, const struct origin *origin);

/* --- import_rules.c: one line of both families' rules */

struct import_reach;

/* A line to write: the rule of each family that has it. */
struct import_rule {
	const char *chain, *spec;
	const struct rule *rule[FAMILY_NR]; /* NULL: not in this family */
};

void import_add_rule(struct import *import, struct import_reach *reach, enum xtable table,
		     struct import_rule line);
/* As token_quote(), but the word "any" of a rule that is made is a name, not nothing at all. */
void import_add_word(struct buf *buf, const char *text, size_t len);
bool import_same_place(const struct origin *a, const struct origin *b);
/* "-4 " or "-6 ". */
const char *import_prefix(enum family family);

/* --- import_lines.c: the file's own text */

void import_lines_init(struct import_lines *lines, const char *text, size_t len);
/* Add the comment block directly above a line, unless it was added before. */
void import_lines_above(struct import_lines *lines, unsigned int line, struct buf *buf);
void import_lines_release(struct import_lines *lines);

/* --- import_order.c: both families' rules of a table as one list */

struct import_order {
	struct import_rule *v;
	size_t nr, cap;
};

/* As they come in the file, as far as the order within each chain allows it. */
void import_order(struct import_order *order, const struct ruleset *set, enum xtable table);
void import_order_release(struct import_order *order);

/* --- import_reach.c: the parser of drop-ins, asked about a line before it is written */

/* families: those that the drop-in's name allows. */
struct import_reach *import_reach_new(const struct config *config, unsigned int families);
/* The families in which the line ("-A CHAIN ...") makes one rule; 0: it is an error. */
unsigned int import_reach(struct import_reach *reach, enum xtable table, const char *chain,
			  const char *line);
void import_reach_free(struct import_reach *reach);

#endif
