/*
 * call_internal: what call.c and call_options.c share: the state of the walk over the words.
 */
#ifndef RAMPART_CALL_INTERNAL_H
#define RAMPART_CALL_INTERNAL_H

#include "call.h"

/* INT_MAX, the programs' limit of numbers, has ten */
enum { CALL_DIGITS_MAX = 9 };

struct call_cut {
	struct call *call;
	struct token *word;
	size_t nr;
	size_t at;	       /* next word */
	size_t first;	       /* of the option that is being read; its '!' too */
	bool negated;	       /* a '!' stands before it */
	bool several_commands; /* or one that only prints */
	bool extended;	       /* -p, -m or -j was there: options of extensions may be known */
	bool recent, set;      /* -m recent, -m set: they decide what --set is */
	bool has_table;
	bool has_wait;
	unsigned int seen; /* bits of letters a to z that may be there once */
};

static inline void call_doubt(struct call_cut *c)
{
	c->call->sure = false;
}

/* The word that is an option, which begins with a dash. What follows it is taken, too. */
void call_take_short(struct call_cut *c, const struct token *word);
void call_take_long(struct call_cut *c, const struct token *word);

#endif
