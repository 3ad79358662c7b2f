/*
 * payload: restore text of one family, each line with what it came from.
 * owns: the text and the line table; payload_release()
 */
#ifndef RAMPART_PAYLOAD_H
#define RAMPART_PAYLOAD_H

#include "buf.h"
#include "ruleset.h"

struct payload_line {
	enum xtable table;
	const struct chain *chain; /* NULL: "*table" or COMMIT */
	const struct rule *rule;   /* NULL: a chain line, or a command without a rule */
};

struct payload {
	struct buf text;
	struct payload_line *line; /* line[0] is line 1 */
	size_t nr_lines, cap_lines;
	enum xtable table; /* of the lines being added */
};

#define PAYLOAD_INIT \
	{ \
		.text = BUF_INIT \
	}

void payload_begin(struct payload *payload, enum xtable table);
void payload_chain(struct payload *payload, const struct chain *chain, const char *policy);
/* command: "-A", "-I", "-D"; number: 0 for none */
void payload_rule(struct payload *payload, const char *command, const struct chain *chain,
		  size_t number, const struct rule *rule);
/* "-F", "-X"; or "-D" with the number of a rule */
void payload_command(struct payload *payload, const char *command, const struct chain *chain,
		     size_t number);
void payload_commit(struct payload *payload);
void payload_reset(struct payload *payload);
void payload_release(struct payload *payload);

struct payload_style {
	bool origins; /* a comment "# FILE:LINE" before each rule that has an origin */
	size_t block; /* lines per COMMIT, for --noflush; 0: all of a table in one */
};

/*
 * The whole of the tables in the mask, as a restore that flushes: chains first, then rules.
 * Built-in chains are all written, with ACCEPT where no policy is set: a restore would else
 * keep the old policy on legacy and set ACCEPT on nft.
 */
void payload_render(struct payload *payload, const struct ruleset *set, enum family family,
		    unsigned int tables, const struct payload_style *style);

/* "FILE:LINE" or, of a template, "FILE:LINE (TEMPLATE:LINE)". */
void origin_format(struct buf *buf, const struct origin *origin);

#endif
