#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include "base.h"
#include "probe_internal.h"

/* Headers as in RFC 791, 8200, 9293, 768, 792 and 4443. */

enum { FLOW_LABEL = 0xfffff, PAYLOAD = 4 };

/* RFC 1071: the sum of 16-bit words, in network order as they are. */
static uint32_t add_words(uint32_t sum, const unsigned char *bytes, size_t len)
{
	for (; len > 1; bytes += 2, len -= 2)
		sum += (uint32_t)bytes[0] << 8 | bytes[1];
	return len ? sum + ((uint32_t)bytes[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* With the pseudo header of the family. */
static uint16_t checksum(enum family family, const struct probe_packet *packet,
			 const unsigned char *bytes, size_t len)
{
	size_t address = family == FAMILY_IPV4 ? 4 : 16;
	uint32_t sum = (uint32_t)packet->protocol + (uint32_t)len;

	if (packet->protocol == IPPROTO_ICMP)
		return fold(add_words(0, bytes, len));
	sum = add_words(sum, packet->source.bytes, address);
	sum = add_words(sum, packet->destination.bytes, address);
	return fold(add_words(sum, bytes, len));
}

static size_t build_transport(enum family family, const struct probe_packet *packet,
			      unsigned char *bytes)
{
	union {
		struct tcphdr tcp;
		struct udphdr udp;
		struct icmphdr icmp; /* ICMPv6's echo is laid out alike */
	} header = { .icmp = { .type = 0 } };
	uint16_t *sum;
	size_t len;

	if (packet->protocol == IPPROTO_TCP) {
		len = sizeof(header.tcp);
		header.tcp.th_sport = htons(packet->source_port);
		header.tcp.th_dport = htons(packet->destination_port);
		header.tcp.th_seq = htonl(1);
		header.tcp.th_off = sizeof(header.tcp) / 4;
		header.tcp.th_flags = packet->tcp_flags ? packet->tcp_flags : TH_SYN;
		header.tcp.th_win = htons(64240);
		sum = &header.tcp.th_sum;
	} else if (packet->protocol == IPPROTO_UDP) {
		len = sizeof(header.udp) + PAYLOAD;
		header.udp.uh_sport = htons(packet->source_port);
		header.udp.uh_dport = htons(packet->destination_port);
		header.udp.uh_ulen = htons((uint16_t)len);
		sum = &header.udp.uh_sum;
	} else {
		len = sizeof(header.icmp);
		header.icmp.type = packet->icmp_type;
		header.icmp.code = packet->icmp_code;
		header.icmp.un.echo.id = htons(1);
		sum = &header.icmp.checksum;
	}
	memcpy(bytes, &header, len < sizeof(header) ? len : sizeof(header));
	*sum = checksum(family, packet, bytes, len);
	memcpy(bytes, &header, len < sizeof(header) ? len : sizeof(header));
	return len;
}

static size_t build4(const struct probe_packet *packet, uint32_t mark, unsigned char *bytes)
{
	struct ip ip = { .ip_v = 4, .ip_hl = sizeof(ip) / 4, .ip_ttl = 64 };
	size_t len = sizeof(ip) + build_transport(FAMILY_IPV4, packet, bytes + sizeof(ip));

	ip.ip_id = htons((uint16_t)mark);
	ip.ip_p = (uint8_t)packet->protocol;
	ip.ip_len = htons((uint16_t)len);
	memcpy(&ip.ip_src, packet->source.bytes, sizeof(ip.ip_src));
	memcpy(&ip.ip_dst, packet->destination.bytes, sizeof(ip.ip_dst));
	memcpy(bytes, &ip, sizeof(ip));
	ip.ip_sum = fold(add_words(0, bytes, sizeof(ip)));
	memcpy(bytes, &ip, sizeof(ip));
	return len;
}

static size_t build6(const struct probe_packet *packet, uint32_t mark, unsigned char *bytes)
{
	struct ip6_hdr ip = { .ip6_src = { .s6_addr = { 0 } } };
	size_t len = build_transport(FAMILY_IPV6, packet, bytes + sizeof(ip));

	ip.ip6_flow = htonl(6u << 28 | (mark & FLOW_LABEL));
	ip.ip6_plen = htons((uint16_t)len);
	ip.ip6_nxt = (uint8_t)packet->protocol;
	ip.ip6_hlim = 64;
	memcpy(&ip.ip6_src, packet->source.bytes, sizeof(ip.ip6_src));
	memcpy(&ip.ip6_dst, packet->destination.bytes, sizeof(ip.ip6_dst));
	memcpy(bytes, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

size_t probe_packet_build(enum family family, const struct probe_packet *packet, uint32_t mark,
			  unsigned char bytes[PROBE_BYTES_MAX])
{
	memset(bytes, 0, PROBE_BYTES_MAX);
	return family == FAMILY_IPV4 ? build4(packet, mark, bytes) : build6(packet, mark, bytes);
}

static size_t parse4(const unsigned char *bytes, size_t len, struct probe_headers *headers)
{
	struct ip ip;

	if (len < sizeof(ip))
		return 0;
	memcpy(&ip, bytes, sizeof(ip));
	if (ip.ip_v != 4 || ip.ip_hl < sizeof(ip) / 4)
		return 0;
	headers->protocol = ip.ip_p;
	headers->mark = ntohs(ip.ip_id);
	memcpy(headers->source.bytes, &ip.ip_src, sizeof(ip.ip_src));
	memcpy(headers->destination.bytes, &ip.ip_dst, sizeof(ip.ip_dst));
	return ip.ip_hl * 4u;
}

static size_t parse6(const unsigned char *bytes, size_t len, struct probe_headers *headers)
{
	struct ip6_hdr ip;

	if (len < sizeof(ip))
		return 0;
	memcpy(&ip, bytes, sizeof(ip));
	if (ntohl(ip.ip6_flow) >> 28 != 6)
		return 0;
	headers->protocol = ip.ip6_nxt;
	headers->mark = ntohl(ip.ip6_flow) & FLOW_LABEL;
	memcpy(headers->source.bytes, &ip.ip6_src, sizeof(ip.ip6_src));
	memcpy(headers->destination.bytes, &ip.ip6_dst, sizeof(ip.ip6_dst));
	return sizeof(ip);
}

bool probe_packet_parse(enum family family, const unsigned char *bytes, size_t len,
			const unsigned char *transport, size_t transport_len,
			struct probe_headers *ret_headers)
{
	struct probe_headers headers = { .protocol = 0 };
	size_t at =
		family == FAMILY_IPV4 ? parse4(bytes, len, &headers) : parse6(bytes, len, &headers);

	if (!at)
		return false;
	if (!transport && at < len) {
		transport = bytes + at;
		transport_len = len - at;
	}
	if (transport && transport_len >= 4 &&
	    (headers.protocol == IPPROTO_TCP || headers.protocol == IPPROTO_UDP)) {
		headers.source_port = (uint16_t)(transport[0] << 8 | transport[1]);
		headers.destination_port = (uint16_t)(transport[2] << 8 | transport[3]);
	}
	if (transport && headers.protocol == IPPROTO_TCP && transport_len >= 14)
		headers.tcp_flags = transport[13];
	*ret_headers = headers;
	return true;
}
