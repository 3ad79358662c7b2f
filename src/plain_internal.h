/*
 * plain_internal: what plain.c and plain_options.c share: the extensions and options that a plain
 * rule may have.
 */
#ifndef RAMPART_PLAIN_INTERNAL_H
#define RAMPART_PLAIN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "call.h"

/* Extensions, as bits. */
enum {
	PLAIN_TCP = 1 << 0,
	PLAIN_UDP = 1 << 1,
	PLAIN_ICMP = 1 << 2,
	PLAIN_ICMPV6 = 1 << 3,
	PLAIN_MULTIPORT = 1 << 4,
	PLAIN_STATE = 1 << 5,
	PLAIN_CONNTRACK = 1 << 6,
	PLAIN_LIMIT = 1 << 7,
	PLAIN_COMMENT = 1 << 8,
	PLAIN_MAC = 1 << 9,
	PLAIN_MARK = 1 << 10,
	PLAIN_IPRANGE = 1 << 11,
	PLAIN_PKTTYPE = 1 << 12,
	PLAIN_LENGTH = 1 << 13,
	PLAIN_ADDRTYPE = 1 << 14,
	PLAIN_TO_LOG = 1 << 15,
	PLAIN_TO_REJECT = 1 << 16,
	PLAIN_TO_MASQUERADE = 1 << 17,
	PLAIN_TO_SNAT = 1 << 18,
	PLAIN_TO_DNAT = 1 << 19,
	PLAIN_TO_REDIRECT = 1 << 20,
	PLAIN_TO_MARK = 1 << 21,
	PLAIN_TTL = 1 << 22,
	PLAIN_HL = 1 << 23,
	PLAIN_OWNER = 1 << 24,
	PLAIN_BY_PROTOCOL = PLAIN_TCP | PLAIN_UDP | PLAIN_ICMP | PLAIN_ICMPV6
};

/* Where the walk over a rule is. */
struct plain_look {
	const struct call *call;
	const struct unit *unit;
	const char *value;	/* the unit's first; NULL: none */
	bool builtin;		/* the rule's chain is a built-in one */
	bool negated_protocol;	/* then no extension belongs to it */
	bool numbered_protocol; /* nor then, for certain */
	unsigned char protocol; /* 0: all */
	unsigned int loaded;	/* extensions */
	unsigned int said;	/* by options of extensions */
	unsigned int basic;	/* basic options that were there, by enum option_kind */
	const char *limit, *burst;
};

struct plain_option {
	const char *name;  /* without dashes */
	unsigned int of;   /* the extensions that have it */
	unsigned int says; /* bits: of the options that say the same, a rule has one */
	bool may_negate;
	bool (*check)(const struct plain_look *look); /* of the value; NULL: it takes none */
};

struct plain_extension {
	const char *name;
	unsigned int bit;
	unsigned int families;
	unsigned int needs; /* one of what options say, or 0 */
};

/* What is loaded counts: --to is short for two options. */
const struct plain_option *plain_option(const struct plain_look *look,
					const char *name);    /* NULL: none */
const struct plain_extension *plain_match(const char *name);  /* of -m */
const struct plain_extension *plain_target(const char *name); /* of -j */

/* At the end of a rule: has each extension the option that it can't be without? */
bool plain_has_needed(const struct plain_look *look);

/* tcp and udp, which have ports; not negated. */
bool plain_has_ports(const struct plain_look *look);

#endif
