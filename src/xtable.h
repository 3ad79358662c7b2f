/*
 * xtable: the fixed tables of ip_tables and their built-in chains.
 * Source: iptables(8), section TABLES; net/netfilter of the kernel.
 */
#ifndef RAMPART_XTABLE_H
#define RAMPART_XTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "family.h"

/* In the order in which they are committed: filter, which decides, comes last. */
enum xtable { XTABLE_RAW, XTABLE_MANGLE, XTABLE_NAT, XTABLE_FILTER, XTABLE_SECURITY };

enum {
	XTABLE_NR = 5,
	CHAIN_NAME_MAX = 28 /* bytes; iptables refuses 29 (XT_EXTENSION_MAXNAMELEN - 1) */
};

const char *xtable_name(enum xtable table);
int xtable_by_name(const char *name, size_t len, enum xtable *ret_table); /* -1: unknown */

/* The built-in chains, in the kernel's order, ended by NULL. */
const char *const *xtable_builtins(enum xtable table);
bool xtable_is_builtin(enum xtable table, const char *chain);
/* Bit (1 << n) of the nth of them; 0: it is none. */
unsigned int xtable_builtin_bit(enum xtable table, const char *chain);

/* ACCEPT, DROP, RETURN, QUEUE: what a rule may jump to without a chain or an extension. */
bool xtable_is_verdict(const char *target);

#define FOR_EACH_XTABLE(t) for (enum xtable t = XTABLE_RAW; t <= XTABLE_SECURITY; t++)

/* Each family f and table t whose bit is set in masks[f]. */
#define FOR_EACH_TABLE_BIT(f, t, masks) \
	FOR_EACH_FAMILY(f) \
		FOR_EACH_XTABLE(t) \
			if ((masks)[f] >> t & 1)

#endif
