/*
 * proof_known: rules that a proof has shown to be good, and their canonical text: a cache in
 * /run/rampart/proven, of the last proof alone. Only rules whose proof can't come out
 * otherwise next time: of extensions that look at nothing but the packet and keep nothing under
 * a name. A rule is known for the table and the built-in chains that it was reached from.
 * owns:   known_release()
 * fails:  never: what can't be read is not known
 */
#ifndef RAMPART_PROOF_KNOWN_H
#define RAMPART_PROOF_KNOWN_H

#include <stdbool.h>

#include "arena.h"
#include "buf.h"
#include "proof_reach.h"
#include "token.h"

struct fs;
struct kernel;

struct known {
	const struct fs *fs;
	struct buf head; /* what has to be the same: kernel, programs, names of services */
	struct arena arena;
	struct known_rule *rules; /* uthash */
	struct buf next;	  /* the file to be */
	size_t nr_new;
	struct tokens scan; /* of the rule that is looked at */
};

/* A chain's place, for the rules in it. */
struct known_place {
	enum family family;
	enum xtable table;
	bool is_builtin;
	unsigned int builtins, hooked; /* of proof_reach.h */
};

void known_read(struct known *known, const struct fs *fs, const struct kernel *kernel);
/* The canonical text of a rule; NULL: it has to be proven. */
const char *known_find(struct known *known, const struct known_place *place,
		       const struct rule *rule);
/* A rule of the ruleset at hand, for the next time; it was proven just now, or known. */
void known_add(struct known *known, const struct known_place *place, const struct rule *rule,
	       const char *canonical, bool is_new);
/* As it was written: does its proof depend on no other rule? Not asked of jumps. */
bool known_stands_alone(struct known *known, const struct rule *rule);
/* Written only if a rule is new. */
void known_write(struct known *known);
void known_release(struct known *known);

#endif
