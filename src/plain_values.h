/*
 * plain_values: values of options that every iptables takes for certain, a part of what it takes.
 * All take the whole text or nothing: no names of services and hosts, no other base than decimal
 * where that is usual, no empty parts.
 */
#ifndef RAMPART_PLAIN_VALUES_H
#define RAMPART_PLAIN_VALUES_H

#include <stdbool.h>

#include "family.h"

enum { PLAIN_PART_MAX = 128 };

/* A decimal number without leading zeros: elsewhere those mean octal. */
bool plain_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret_value);

/* The part of *text before the next separator or the end; *text goes behind it, NULL at the end.
 * False if that is empty or too long. */
bool plain_next_part(const char **text, char separator, char ret_part[PLAIN_PART_MAX]);

bool plain_protocol(const char *text, unsigned char *ret_number); /* 0: all */
bool plain_address(const char *text, enum family family);	  /* perhaps /N or /MASK */
bool plain_address_range(const char *text, enum family family);	  /* FIRST-LAST */
bool plain_interface(const char *text);				  /* perhaps with '+' at its end */
bool plain_port_range(const char *text);			  /* N, A:B, A:, :B */
bool plain_port_list(const char *text);				  /* of multiport */
bool plain_tcp_flags(const char *text);
bool plain_icmp_type(const char *text, enum family family);
bool plain_states(const char *text);
bool plain_limit(const char *rate, const char *burst); /* burst: NULL if not given */
bool plain_mac(const char *text);
bool plain_mark(const char *text); /* VALUE or VALUE/MASK */
bool plain_length(const char *text);
bool plain_hops(const char *text);
bool plain_ids(const char *text); /* a user's or group's number, or A-B */
bool plain_packet_type(const char *text);
bool plain_address_type(const char *text, enum family family);
bool plain_comment(const char *text,
		   unsigned int max); /* bytes, none of them a control character */
bool plain_log_level(const char *text);
bool plain_reject_with(const char *text, enum family family, bool is_tcp);
bool plain_nat_address(const char *text, enum family family, bool may_have_port);
bool plain_nat_ports(const char *text); /* N or A-B */

#endif
