/*
 * expand: what each unit of a rule line can become. A unit has one or more
 * alternatives, each a piece of restore text with the families it can stand
 * in; the rules of a line are the product of its units, leftmost slowest.
 * in:     a ruleline, the scope of its names
 * out:    struct expansion
 * owns:   its arrays and texts, reused from line to line; expansion_release()
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_EXPAND_H
#define RAMPART_EXPAND_H

#include "arena.h"
#include "buf.h"
#include "ruleline.h"
#include "value.h"

struct config;
struct hosts;
struct ipsets;

/* What expanding needs to know of the world. */
struct expand_context {
	const struct config *config;
	const struct scope *scope;
	unsigned int families; /* that the file and the line leave */
	struct ipsets *ipsets; /* families of ipsets; looked at when a rule names one */
	struct hosts *hosts;   /* host names, where they may be resolved */
	const struct origin *origin;
	struct diags *diags;
};

struct alternative {
	const char *text;      /* quoted, "" for an option that "any" removed */
	unsigned int families; /* family bits */
	const char *target;    /* of -j and -g */
	bool is_goto;
};

/* The alternatives of one unit. */
struct choice {
	size_t first, nr;      /* in expansion.alternative */
	unsigned int families; /* families with at least one alternative */
	bool literal;	       /* what it excludes, the line itself says: two kinds are an error */
	bool named;    /* a set brought the values: a family left empty deserves a warning */
	bool optional; /* ... unless it is a parameter that may be empty */
	bool negated;
	enum option_kind kind;
	const char *option; /* for messages */
	const char *list;   /* name of the set or parameter; NULL */
};

struct expansion {
	struct alternative *alternative;
	size_t nr_alternatives, alternative_cap;
	struct choice *choice;
	size_t nr_choices, choice_cap;
	struct arena arena; /* the texts of this line */
	struct buf work;    /* a text being made */
};

#define EXPANSION_INIT \
	{ \
		.arena = ARENA_INIT \
	}

enum { RULES_PER_LINE_MAX = 100000, MULTIPORT_SLOTS = 15 /* XT_MULTI_PORTS of the kernel */ };

int expand_line(struct expansion *exp, const struct expand_context *ctx,
		const struct ruleline *line, const struct tokens *tokens);

/* A word on its own (a chain's name): the values it can take, in expansion.arena. */
int expand_word(struct expansion *exp, const struct expand_context *ctx,
		const struct tokens *tokens, const struct token *token,
		struct value_list *ret_list);

void expansion_reset(struct expansion *exp);
void expansion_release(struct expansion *exp);

#endif
