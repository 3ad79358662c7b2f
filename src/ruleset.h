/*
 * ruleset: family -> table -> chain -> rule. What is wanted and what is live
 * are both this; every stage between reading and committing hands one on.
 * owns: an arena; chains, rules and their strings live and die with it.
 *       Rules may be shared between chains and, as const, between rulesets,
 *       provided that the ruleset they were made in lives longer.
 */
#ifndef RAMPART_RULESET_H
#define RAMPART_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "family.h"
#include "hashtable.h"
#include "origin.h"
#include "xtable.h"

enum rule_flags {
	RULE_HOOK = 1 << 0,   /* rampart's own jump from a foreign chain into an own one */
	RULE_GOTO = 1 << 1,   /* the target is reached by -g, not -j */
	RULE_WRITTEN = 1 << 2 /* proof only: a second copy, in the chain that it was written for */
};

struct rule {
	const char *spec;	 /* restore text behind "-A CHAIN ", may be "" */
	const char *target;	 /* of -j or -g; NULL: none */
	unsigned int flags;	 /* enum rule_flags */
	uint64_t packets, bytes; /* only where counters were asked for */
	struct origin origin;	 /* file NULL: from the kernel */
};

enum chain_flags {
	CHAIN_BUILTIN = 1 << 0,
	CHAIN_DECLARED = 1 << 1,  /* by :NAME or -N, or shown by the kernel */
	CHAIN_FOREIGN = 1 << 2,	  /* neither built-in nor ours: rules only jump to it or hook it */
	CHAIN_SHARED = 1 << 3,	  /* others keep rules in it: edit by rule text, never by number */
	CHAIN_REMOVE = 1 << 4,	  /* goal only: the chain has to go */
	CHAIN_KEEP_EMPTY = 1 << 5 /* goal only: still used by a foreign rule, so only emptied */
};

struct chain {
	const char *name;
	unsigned int flags; /* enum chain_flags */
	const char *policy; /* built-in: "ACCEPT", "DROP" or NULL (not set) */
	const char
		*policy_before; /* owned policies: what it was before our first change; or NULL */
	struct origin policy_origin;
	struct origin origin;	  /* where it was declared */
	const struct rule **slot; /* nr rules begin at slot[head]; room on both sides */
	size_t head, nr, cap;
	struct spec_entry *by_spec; /* chain_find()'s own; NULL: not made, or the rules changed */
	UT_hash_handle hh;
};

struct ruleset {
	struct arena arena;
	struct chain *chains[FAMILY_NR][XTABLE_NR]; /* uthash, in order of appearance */
};

#define RULESET_INIT \
	{ \
		ARENA_INIT, \
		{ \
			{ \
				NULL \
			} \
		} \
	}

struct chain *ruleset_find(const struct ruleset *set, enum family family, enum xtable table,
			   const char *name);
/* Finds or makes it; a built-in chain gets its flag. name is copied. */
struct chain *ruleset_chain(struct ruleset *set, enum family family, enum xtable table,
			    const char *name);
void ruleset_remove_chain(struct ruleset *set, enum family family, enum xtable table,
			  struct chain *chain);
struct rule *ruleset_new_rule(struct ruleset *set);
void ruleset_release(struct ruleset *set);

bool ruleset_is_empty(const struct ruleset *set); /* no chain in any table */
bool ruleset_has_table(const struct ruleset *set, enum family family, enum xtable table);
/* Our own jumps are not counted. */
size_t ruleset_count_rules(const struct ruleset *set, enum family family);

/* The same rules in the same order, by their text; policies aside. */
bool chain_same_rules(const struct chain *a, const struct chain *b);
/* The same chains with the same rules and policies. */
bool ruleset_same_table(const struct ruleset *a, const struct ruleset *b, enum family family,
			enum xtable table);

/* Rules are counted from 0; at <= nr for insert, < nr for the others. */
static inline const struct rule *chain_rule(const struct chain *chain, size_t at)
{
	return chain->slot[chain->head + at];
}

/* The same to write, for whoever made the rule and knows that it is not shared. */
static inline struct rule *chain_own_rule(const struct chain *chain, size_t at)
{
	return (struct rule *)chain->slot[chain->head + at];
}

/* The first rule of that text; NULL: none. The first call indexes the chain. */
const struct rule *chain_find(const struct chain *chain, const char *spec);

void chain_append(struct chain *chain, const struct rule *rule);
void chain_insert(struct chain *chain, size_t at, const struct rule *rule);
void chain_replace(struct chain *chain, size_t at, const struct rule *rule);
void chain_remove(struct chain *chain, size_t at);
void chain_clear(struct chain *chain);

#define FOR_EACH_CHAIN(var, set, family, table) \
	for (struct chain *var = (set)->chains[family][table]; var; var = (var)->hh.next)

#define FOR_EACH_TABLE(f, t) \
	FOR_EACH_FAMILY(f) \
		FOR_EACH_XTABLE(t)

#endif
