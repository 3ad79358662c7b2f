/*
 * optable: how many values an option of iptables takes and what they are.
 * Needed to tell an option from a value that looks like one
 * (--log-prefix "-A INPUT"), and to find addresses, ports and interfaces.
 * Source: the option tables of the programs and extensions of iptables 1.8.9.
 */
#ifndef RAMPART_OPTABLE_H
#define RAMPART_OPTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "token.h"

enum option_kind {
	OPTION_PLAIN,
	OPTION_TEXT,	/* may hold blanks: iptables-save writes it in quotes */
	OPTION_COMMAND, /* -A -D -I -R -N -X -F -P -E and those that no drop-in may have */
	OPTION_SOURCE,
	OPTION_DESTINATION, /* addresses, a list multiplies */
	OPTION_PROTOCOL,
	OPTION_IN,
	OPTION_OUT,
	OPTION_JUMP,
	OPTION_GOTO,
	OPTION_MATCH,
	OPTION_SPORT,
	OPTION_DPORT,	/* one port or range; a list needs multiport */
	OPTION_PORTS,	/* multiport's own, comma separated */
	OPTION_ADDRESS, /* an address, perhaps with port or as a range */
	OPTION_TO_PORT, /* of a target: one value, a list would be rules that are never reached */
	OPTION_RANGE,	/* iprange */
	OPTION_ICMP,
	OPTION_ICMPV6,
	OPTION_REJECT_WITH,
	OPTION_IPSET,	 /* name of an ipset, then its directions */
	OPTION_FRAGMENT, /* -f, IPv4 only */
	OPTION_IPV4,
	OPTION_IPV6,	 /* -4, -6: restrict the line */
	OPTION_TABLE,	 /* -t: has no place in a drop-in */
	OPTION_COUNTERS, /* -c: read and ignored */
	OPTION_LOCK	 /* -w, -W, -M: have no place in a payload */
};

struct option_info {
	const char *name; /* without dashes */
	unsigned char arity;
	unsigned char kind; /* enum option_kind */
	char letter;	    /* short form; of a command also its code */
};

/* The option that text ("-s", "--source", "--sour") names; NULL if unknown, or if it is short for
 * several (ret_ambiguous, may be NULL). len: bytes of text before "=" or a glued value. */
const struct option_info *option_find(const char *text, size_t len, bool *ret_ambiguous);

/* The option that word at of a line is (NULL: none that is known), and the word behind its values.
 * A walk from word to word so takes no value for an option (--log-prefix -j). */
const struct option_info *option_at(const struct tokens *tokens, size_t at, size_t *ret_next);

/* Bytes of an option word before "=VALUE" (long) or a glued value (short). */
size_t option_len(const char *text, size_t len);

/* Extension that exists for one family only: its family bits; both for all others. */
unsigned int match_families(const char *match);
unsigned int target_families(const char *target);

#endif
