#include <strings.h>

#include "base.h"
#include "plain_values.h"

/* words: separated by blanks */
static bool is_among(const char *text, const char *words)
{
	size_t len = strlen(text);

	while (*words) {
		size_t word_len = strcspn(words, " ");

		if (word_len == len && memcmp(words, text, len) == 0)
			return true;
		words += word_len + strspn(words + word_len, " ");
	}
	return false;
}

/* Is text a list of these words? */
static bool is_list_of(const char *text, const char *words)
{
	char part[PLAIN_PART_MAX];

	do
		if (!plain_next_part(&text, ',', part) || !is_among(part, words))
			return false;
	while (text);
	return true;
}

bool plain_tcp_flags(const char *text)
{
	static const char flags[] = "SYN ACK FIN RST URG PSH ALL NONE";

	return is_list_of(text, flags);
}

bool plain_icmp_type(const char *text, enum family family)
{
	static const char icmp[] =
		"echo-reply pong destination-unreachable network-unreachable "
		"host-unreachable protocol-unreachable port-unreachable "
		"fragmentation-needed source-quench redirect echo-request ping "
		"router-advertisement router-solicitation time-exceeded ttl-exceeded "
		"ttl-zero-during-transit ttl-zero-during-reassembly parameter-problem "
		"timestamp-request timestamp-reply address-mask-request "
		"address-mask-reply";
	static const char icmpv6[] =
		"destination-unreachable no-route communication-prohibited "
		"address-unreachable port-unreachable packet-too-big time-exceeded "
		"ttl-exceeded parameter-problem bad-header unknown-header-type "
		"unknown-option echo-request ping echo-reply pong router-solicitation "
		"router-advertisement neighbour-solicitation neighbor-solicitation "
		"neighbour-advertisement neighbor-advertisement redirect";
	unsigned long number;
	char part[PLAIN_PART_MAX];

	if (is_among(text, family == FAMILY_IPV4 ? icmp : icmpv6))
		return true;
	/* 255 is "any" for the kernel */
	return plain_next_part(&text, '/', part) && plain_number(part, 0, 254, &number) &&
	       (!text || plain_number(text, 0, 254, &number));
}

bool plain_states(const char *text)
{
	static const char states[] = "NEW ESTABLISHED RELATED INVALID UNTRACKED";

	return is_list_of(text, states);
}

bool plain_packet_type(const char *text)
{
	static const char types[] = "unicast broadcast multicast";

	return is_among(text, types);
}

bool plain_address_type(const char *text, enum family family)
{
	static const char ipv4[] = "LOCAL UNICAST BROADCAST MULTICAST ANYCAST";
	static const char ipv6[] = "LOCAL UNICAST";

	return is_list_of(text, family == FAMILY_IPV4 ? ipv4 : ipv6);
}

bool plain_log_level(const char *text)
{
	static const char levels[] = "alert crit debug emerg error info notice panic warning";
	unsigned long number;

	return is_among(text, levels) || plain_number(text, 0, 7, &number);
}

bool plain_reject_with(const char *text, enum family family, bool is_tcp)
{
	static const char icmp[] =
		"icmp-net-unreachable net-unreach icmp-host-unreachable host-unreach "
		"proto-unreach icmp-proto-unreachable icmp-port-unreachable "
		"port-unreach icmp-net-prohibited net-prohib host-prohib "
		"icmp-host-prohibited icmp-admin-prohibited admin-prohib";
	static const char icmpv6[] = "icmp6-no-route no-route icmp6-adm-prohibited adm-prohibited "
				     "addr-unreach icmp6-addr-unreachable icmp6-port-unreachable";

	if (str_equal(text, "tcp-reset"))
		return is_tcp;
	return is_among(text, family == FAMILY_IPV4 ? icmp : icmpv6);
}

bool plain_protocol(const char *text, unsigned char *ret_number)
{
	static const struct {
		const char *name;
		unsigned char number;
	} protocols[] = {
		{ "all", 0 },	  { "tcp", 6 },	       { "udp", 17 }, { "icmp", 1 },
		{ "icmpv6", 58 }, { "ipv6-icmp", 58 }, { "esp", 50 }, { "ah", 51 },
		{ "sctp", 132 },  { "udplite", 136 },
	};
	unsigned long number;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcasecmp(protocols[i].name, text) == 0) {
			*ret_number = protocols[i].number;
			return true;
		}
	}
	if (!plain_number(text, 0, 255, &number))
		return false;
	*ret_number = (unsigned char)number;
	return true;
}
