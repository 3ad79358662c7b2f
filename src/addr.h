/*
 * addr: IPv4 and IPv6 addresses, prefixes and ranges as text. Nothing is
 * converted: the restore programs read the text; this only tells what it is.
 */
#ifndef RAMPART_ADDR_H
#define RAMPART_ADDR_H

#include <stdbool.h>

#include <stdbool.h>
#include <stddef.h>

#include "family.h"

enum addr_kind {
	ADDR_NONE,   /* not an address */
	ADDR_SINGLE, /* address, or address/prefix, or address/mask */
	ADDR_RANGE   /* address-address */
};

struct addr {
	enum addr_kind kind;
	enum family family; /* valid unless ADDR_NONE */
};

/*
 * Strict: what a set or parameter may hold. Dotted quads, colon form, with
 * /N or /mask, or a range of two of the same family; the numbers are checked.
 */
struct addr addr_parse(const char *text);

/*
 * As iptables reads -s and -d: also 10, 10.1, 10.1/16 and 0/0, which are
 * IPv4 shorthands there (inet_aton(3) forms are not taken).
 */
struct addr addr_parse_rule(const char *text);

/*
 * An address inside a longer argument, as --to-destination and its kin have
 * it: ADDR, ADDR-ADDR, ADDR:PORT, [V6]:PORT, :PORT. ADDR_NONE: no address in it.
 */
struct addr addr_parse_target(const char *text);

/* Is text (len bytes) a range that ends before it begins? It matches nothing. */
bool addr_is_reversed(const char *text, size_t len);

#endif
