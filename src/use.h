/*
 * use: a drop-in of template uses ("etcd { interface = eth2 }"), expanded in
 * file order, each at its place.
 * in:     the text of a .conf drop-in, the templates, the sets
 * out:    rules, by way of rules.c
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_USE_H
#define RAMPART_USE_H

#include "arena.h"

struct dropin;
struct rules;
struct scope;
struct template_store;

/* arena: takes what the rules' origins point to; lives as long as the ruleset. */
int use_expand(struct rules *rules, const struct dropin *dropin, struct template_store *templates,
	       const struct scope *sets, struct arena *arena);

#endif
