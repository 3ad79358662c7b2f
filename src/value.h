/*
 * value: what a set or a template's parameter holds: a list of words, each
 * with the families it can stand in. A value is one argument of a rule, never
 * text: it can't add an option or a line, whatever bytes it has.
 * owns: nothing; values live in the arena that they were made in
 */
#ifndef RAMPART_VALUE_H
#define RAMPART_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "hashtable.h"
#include "origin.h"

struct diags;

enum value_type {
	VALUE_WORD, /* a set of the baseline: any kind of word */
	VALUE_IFACE,
	VALUE_ADDRESS,
	VALUE_PORT,
	VALUE_PROTO,
	VALUE_NUMBER,
	VALUE_RATE,
	VALUE_STRING,
	VALUE_CHAIN
};

struct value {
	const char *text;
	unsigned int families; /* family bits; both unless it is an address */
	bool named;	       /* came by way of a set's name, not as a literal */
};

struct value_list {
	const char *name; /* without '$' */
	enum value_type type;
	bool any;	 /* fills no option: removes it */
	bool named;	 /* a set's name was among what it was made of */
	bool optional;	 /* a parameter that may be empty, without a warning */
	struct value *v; /* in the arena */
	size_t nr, cap;
	struct origin origin;
	UT_hash_handle hh;
};

/* Where $NAME is looked up: a template's parameters before the sets. */
struct scope {
	struct value_list *lists; /* uthash by name */
	const struct scope *outer;
};

const struct value_list *scope_find(const struct scope *scope, const char *name, size_t len);
/* The same, and an error with a "did you mean" where there is none (NULL). */
const struct value_list *scope_require(const struct scope *scope, const char *name, size_t len,
				       const struct origin *origin, struct diags *diags);

/* NULL if text can be a value of that type, else what is wrong with it. A host name is an
 * address only where names may be resolved. */
const char *value_check(enum value_type type, const char *text, bool may_resolve);
const char *value_type_name(enum value_type type);
int value_type_by_name(const char *name, size_t len, enum value_type *ret_type);

void value_list_push(struct value_list *list, struct value value, struct arena *arena);

/*
 * Add one word as written in a file: a literal, "any", or $NAME of a list in
 * scope, whose values are added one by one. -1 after adding to diags.
 */
int value_list_add(struct value_list *list, const char *text, const struct scope *scope,
		   bool may_resolve, struct arena *arena, const struct origin *origin,
		   struct diags *diags);

#endif
