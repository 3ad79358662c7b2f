/*
 * rules: restore syntax to rules: the one parser behind drop-ins, templates
 * and, in time, captured scripts.
 * in:     the text of a file, and the names that it may use
 * out:    rules and chains in a wanted ruleset
 * owns:   its working memory; rules_release()
 * fails:  -1 after adding to diags; goes on with the next line, so that one
 *         run shows all faults
 */
#ifndef RAMPART_RULES_H
#define RAMPART_RULES_H

#include "expand.h"
#include "ruleline.h"
#include "wanted.h"

struct rules {
	struct wanted wanted;
	const struct config *config;
	struct ipsets *ipsets;
	struct hosts *hosts;
	struct diags *diags;
	struct tokens tokens;
	struct ruleline line;
	struct expansion exp;
	struct buf spec;    /* of the rule being made */
	struct buf logical; /* a line with its continuations */
};

/* A file, or a template's body at one of its uses. */
struct rules_text {
	const char *file; /* as shown; lives as long as the ruleset */
	const char *text;
	size_t len;
	unsigned int families; /* that its name allows */
	const struct scope *scope;
	const struct origin *use; /* of a template's body */
};

void rules_init(struct rules *rules, struct ruleset *set, const struct config *config,
		struct ipsets *ipsets, struct hosts *hosts, struct diags *diags);
int rules_add(struct rules *rules, const struct rules_text *text);
void rules_release(struct rules *rules);

#endif
