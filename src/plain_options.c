#include "base.h"
#include "plain_internal.h"
#include "plain_values.h"

enum { COMMENT_BYTES = 255, LOG_PREFIX_BYTES = 29, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/* What options say, as bits. */
enum {
	SOURCE_PORT = 1 << 0,
	DESTINATION_PORT = 1 << 1,
	TCP_FLAGS = 1 << 2,
	ICMP_TYPE = 1 << 3,
	PORTS = 1 << 4,
	STATE = 1 << 5,
	CTSTATE = 1 << 6,
	LIMIT = 1 << 7,
	BURST = 1 << 8,
	COMMENT = 1 << 9,
	MAC = 1 << 10,
	MARK = 1 << 11,
	SOURCE_RANGE = 1 << 12,
	DESTINATION_RANGE = 1 << 13,
	PACKET_TYPE = 1 << 14,
	LENGTH = 1 << 15,
	SOURCE_TYPE = 1 << 16,
	DESTINATION_TYPE = 1 << 17,
	TARGET_VALUE = 1 << 18,
	LOG_LEVEL = 1 << 19,
	RANDOM = 1 << 20,
	RANDOM_FULLY = 1 << 21,
	PERSISTENT = 1 << 22,
	LOG_SEQUENCE = 1 << 23,
	LOG_TCP = 1 << 24,
	LOG_IP = 1 << 25,
	LOG_UID = 1 << 26,
	LOG_MAC = 1 << 27,
	HOPS = 1 << 28,
	USER = 1 << 29,
	GROUP = 1 << 30
};

bool plain_has_ports(const struct plain_look *look)
{
	return !look->negated_protocol &&
	       (look->protocol == PROTOCOL_TCP || look->protocol == PROTOCOL_UDP);
}

/* --- values ------------------------------------------------------------------------------ */

static bool is_port_range(const struct plain_look *look)
{
	return plain_port_range(look->value);
}

static bool are_tcp_flags(const struct plain_look *look)
{
	return plain_tcp_flags(look->value) &&
	       plain_tcp_flags(unit_value(&look->call->line, look->unit, 1)->text);
}

static bool is_icmp_type(const struct plain_look *look)
{
	return plain_icmp_type(look->value, look->call->family);
}

static bool is_port_list(const struct plain_look *look)
{
	return plain_port_list(look->value);
}

static bool are_states(const struct plain_look *look)
{
	return plain_states(look->value);
}

/* A rate and a burst are good or not together: plain.c looks at them at the end. */
static bool is_anything(const struct plain_look *look)
{
	return look->value != NULL;
}

static bool is_comment(const struct plain_look *look)
{
	return plain_comment(look->value, COMMENT_BYTES);
}

static bool is_mac(const struct plain_look *look)
{
	return plain_mac(look->value);
}

static bool is_mark(const struct plain_look *look)
{
	return plain_mark(look->value);
}

static bool is_address_range(const struct plain_look *look)
{
	return plain_address_range(look->value, look->call->family);
}

static bool is_packet_type(const struct plain_look *look)
{
	return plain_packet_type(look->value);
}

static bool is_length(const struct plain_look *look)
{
	return plain_length(look->value);
}

static bool is_number_of_hops(const struct plain_look *look)
{
	return plain_hops(look->value);
}

static bool are_ids(const struct plain_look *look)
{
	return plain_ids(look->value);
}

static bool is_address_type(const struct plain_look *look)
{
	return plain_address_type(look->value, look->call->family);
}

static bool is_log_prefix(const struct plain_look *look)
{
	return plain_comment(look->value, LOG_PREFIX_BYTES);
}

static bool is_log_level(const struct plain_look *look)
{
	return plain_log_level(look->value);
}

static bool is_reject_with(const struct plain_look *look)
{
	return plain_reject_with(look->value, look->call->family,
				 plain_has_ports(look) && look->protocol == PROTOCOL_TCP);
}

static bool is_nat_address(const struct plain_look *look)
{
	return plain_nat_address(look->value, look->call->family, plain_has_ports(look));
}

static bool are_nat_ports(const struct plain_look *look)
{
	return plain_has_ports(look) && plain_nat_ports(look->value);
}

/* --- tables ------------------------------------------------------------------------------ */

enum { TCP_UDP = PLAIN_TCP | PLAIN_UDP, NATS = PLAIN_TO_SNAT | PLAIN_TO_DNAT };

static const struct plain_option options[] = {
	{ "dport", TCP_UDP, DESTINATION_PORT, true, is_port_range },
	{ "destination-port", TCP_UDP, DESTINATION_PORT, true, is_port_range },
	{ "sport", TCP_UDP, SOURCE_PORT, true, is_port_range },
	{ "source-port", TCP_UDP, SOURCE_PORT, true, is_port_range },
	{ "syn", PLAIN_TCP, TCP_FLAGS, true, NULL },
	{ "tcp-flags", PLAIN_TCP, TCP_FLAGS, true, are_tcp_flags },
	{ "icmp-type", PLAIN_ICMP, ICMP_TYPE, true, is_icmp_type },
	{ "icmpv6-type", PLAIN_ICMPV6, ICMP_TYPE, true, is_icmp_type },
	/* short for those of multiport, if that is loaded and the protocol's extension is not */
	{ "dport", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "destination-port", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "sport", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "source-port", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "dports", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "destination-ports", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "sports", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "source-ports", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "ports", PLAIN_MULTIPORT, PORTS, true, is_port_list },
	{ "state", PLAIN_STATE, STATE, true, are_states },
	{ "ctstate", PLAIN_CONNTRACK, CTSTATE, true, are_states },
	{ "limit", PLAIN_LIMIT, LIMIT, false, is_anything },
	{ "limit-burst", PLAIN_LIMIT, BURST, false, is_anything },
	{ "comment", PLAIN_COMMENT, COMMENT, false, is_comment },
	{ "mac-source", PLAIN_MAC, MAC, true, is_mac },
	{ "mark", PLAIN_MARK, MARK, true, is_mark },
	{ "src-range", PLAIN_IPRANGE, SOURCE_RANGE, true, is_address_range },
	{ "dst-range", PLAIN_IPRANGE, DESTINATION_RANGE, true, is_address_range },
	{ "pkt-type", PLAIN_PKTTYPE, PACKET_TYPE, true, is_packet_type },
	{ "length", PLAIN_LENGTH, LENGTH, true, is_length },
	{ "src-type", PLAIN_ADDRTYPE, SOURCE_TYPE, true, is_address_type },
	{ "dst-type", PLAIN_ADDRTYPE, DESTINATION_TYPE, true, is_address_type },
	{ "ttl", PLAIN_TTL, HOPS, true, is_number_of_hops },
	{ "ttl-eq", PLAIN_TTL, HOPS, true, is_number_of_hops },
	{ "ttl-lt", PLAIN_TTL, HOPS, false, is_number_of_hops },
	{ "ttl-gt", PLAIN_TTL, HOPS, false, is_number_of_hops },
	{ "hl-eq", PLAIN_HL, HOPS, true, is_number_of_hops },
	{ "hl-lt", PLAIN_HL, HOPS, false, is_number_of_hops },
	{ "hl-gt", PLAIN_HL, HOPS, false, is_number_of_hops },
	{ "uid-owner", PLAIN_OWNER, USER, true, are_ids },
	{ "gid-owner", PLAIN_OWNER, GROUP, true, are_ids },
	{ "log-prefix", PLAIN_TO_LOG, TARGET_VALUE, false, is_log_prefix },
	{ "log-level", PLAIN_TO_LOG, LOG_LEVEL, false, is_log_level },
	{ "log-tcp-sequence", PLAIN_TO_LOG, LOG_SEQUENCE, false, NULL },
	{ "log-tcp-options", PLAIN_TO_LOG, LOG_TCP, false, NULL },
	{ "log-ip-options", PLAIN_TO_LOG, LOG_IP, false, NULL },
	{ "log-uid", PLAIN_TO_LOG, LOG_UID, false, NULL },
	{ "log-macdecode", PLAIN_TO_LOG, LOG_MAC, false, NULL },
	{ "reject-with", PLAIN_TO_REJECT, TARGET_VALUE, false, is_reject_with },
	{ "to-source", PLAIN_TO_SNAT, TARGET_VALUE, false, is_nat_address },
	{ "to-destination", PLAIN_TO_DNAT, TARGET_VALUE, false, is_nat_address },
	{ "to", NATS, TARGET_VALUE, false, is_nat_address },
	{ "to", PLAIN_TO_REDIRECT | PLAIN_TO_MASQUERADE, TARGET_VALUE, false, are_nat_ports },
	{ "to-ports", PLAIN_TO_REDIRECT | PLAIN_TO_MASQUERADE, TARGET_VALUE, false, are_nat_ports },
	{ "random", NATS | PLAIN_TO_REDIRECT | PLAIN_TO_MASQUERADE, RANDOM, false, NULL },
	{ "random-fully", PLAIN_TO_SNAT | PLAIN_TO_MASQUERADE, RANDOM_FULLY, false, NULL },
	{ "persistent", NATS, PERSISTENT, false, NULL },
	{ "set-mark", PLAIN_TO_MARK, TARGET_VALUE, false, is_mark },
	{ "set-xmark", PLAIN_TO_MARK, TARGET_VALUE, false, is_mark },
};

enum { IPV4 = 1 << FAMILY_IPV4, IPV6 = 1 << FAMILY_IPV6, BOTH = FAMILIES_BOTH };

static const struct plain_extension matches[] = {
	{ "state", PLAIN_STATE, BOTH, STATE },
	{ "conntrack", PLAIN_CONNTRACK, BOTH, CTSTATE },
	{ "tcp", PLAIN_TCP, BOTH, 0 },
	{ "udp", PLAIN_UDP, BOTH, 0 },
	{ "multiport", PLAIN_MULTIPORT, BOTH, PORTS },
	{ "limit", PLAIN_LIMIT, BOTH, 0 },
	{ "comment", PLAIN_COMMENT, BOTH, COMMENT },
	{ "icmp", PLAIN_ICMP, IPV4, ICMP_TYPE },
	{ "icmp6", PLAIN_ICMPV6, IPV6, ICMP_TYPE },
	{ "icmpv6", PLAIN_ICMPV6, IPV6, ICMP_TYPE },
	{ "mac", PLAIN_MAC, BOTH, MAC },
	{ "mark", PLAIN_MARK, BOTH, MARK },
	{ "iprange", PLAIN_IPRANGE, BOTH, SOURCE_RANGE | DESTINATION_RANGE },
	{ "pkttype", PLAIN_PKTTYPE, BOTH, PACKET_TYPE },
	{ "length", PLAIN_LENGTH, BOTH, LENGTH },
	{ "addrtype", PLAIN_ADDRTYPE, BOTH, SOURCE_TYPE | DESTINATION_TYPE },
	{ "ttl", PLAIN_TTL, IPV4, HOPS },
	{ "hl", PLAIN_HL, IPV6, HOPS },
	{ "owner", PLAIN_OWNER, BOTH, USER | GROUP },
};

static const struct plain_extension targets[] = {
	{ "LOG", PLAIN_TO_LOG, BOTH, 0 },
	{ "REJECT", PLAIN_TO_REJECT, BOTH, 0 },
	{ "MASQUERADE", PLAIN_TO_MASQUERADE, BOTH, 0 },
	{ "SNAT", PLAIN_TO_SNAT, BOTH, TARGET_VALUE },
	{ "DNAT", PLAIN_TO_DNAT, BOTH, TARGET_VALUE },
	{ "REDIRECT", PLAIN_TO_REDIRECT, BOTH, 0 },
	{ "MARK", PLAIN_TO_MARK, BOTH, TARGET_VALUE },
};

const struct plain_option *plain_option(const struct plain_look *look, const char *name)
{
	const struct plain_option *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!str_equal(options[i].name, name))
			continue;
		if (look->loaded & options[i].of)
			return &options[i];
		if (!found)
			found = &options[i];
	}
	return found;
}

const struct plain_extension *plain_match(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		if (str_equal(matches[i].name, name))
			return &matches[i];
	return NULL;
}

const struct plain_extension *plain_target(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (str_equal(targets[i].name, name))
			return &targets[i];
	return NULL;
}

bool plain_has_needed(const struct plain_look *look)
{
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		if ((look->loaded & matches[i].bit) && matches[i].needs &&
		    !(look->said & matches[i].needs))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if ((look->loaded & targets[i].bit) && targets[i].needs &&
		    !(look->said & targets[i].needs))
			return false;
	return true;
}
