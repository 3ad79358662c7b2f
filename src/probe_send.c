#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"

enum {
	ECHO_ROUNDS = 4, /* answers that may follow from one packet: of a handshake, three */
	ECHO_MS = 5000
};

int probe_wire_find(const struct probe_wire *w, const char *name)
{
	for (size_t i = 0; i < w->probe->nr_links; i++)
		if (str_equal(w->probe->link[i].name, name))
			return (int)i;
	return -1;
}

static int send_frame(int fd, int index, const unsigned char mac[6], int type, const void *bytes,
		      size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = 6 };
	unsigned char frame[ETH_HLEN + PROBE_BYTES_MAX] = { 0 };
	struct ethhdr head = { .h_proto = htons((uint16_t)type) };

	memcpy(head.h_dest, mac, sizeof(head.h_dest));
	memcpy(head.h_source, mac, sizeof(head.h_source));
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + ETH_HLEN, bytes, len);
	return sendto(fd, frame, ETH_HLEN + len, 0, (void *)&to, sizeof(to)) < 0 ? -1 : 0;
}

/* Wait for that very echo; older ones that are found before it are passed over. */
static int await_echo(int fd, uint32_t number)
{
	unsigned char frame[ETH_HLEN + PROBE_BYTES_MAX];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		ssize_t got = recv(fd, frame, sizeof(frame), 0);

		if (got >= (ssize_t)(ETH_HLEN + sizeof(number)) &&
		    memcmp(frame + ETH_HLEN, &number, sizeof(number)) == 0)
			return 0;
		if (got >= 0)
			continue;
		if (errno != EAGAIN)
			return -1;
		if (poll(&pfd, 1, ECHO_MS) <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

static int echo(int from, int index, int to)
{
	static const unsigned char mac[6] = { 0x02 };
	static uint32_t number;

	number++;
	if (send_frame(from, index, mac, PROBE_ECHO_TYPE, &number, sizeof(number)) < 0)
		return -1;
	return await_echo(to, number);
}

int probe_wire_settle(struct probe_wire *w, const char *link)
{
	int at = probe_wire_find(w, link);

	for (unsigned int i = 0; i < ECHO_ROUNDS; i++) {
		if (at < 0) {
			if (echo(w->host_echo, w->lo_index, w->host_echo) < 0)
				return -1;
		} else if (echo(w->peer_echo, w->peer_index[at], w->host_echo) < 0 ||
			   echo(w->host_echo, w->host_index[at], w->peer_echo) < 0) {
			return -1;
		}
	}
	return 0;
}

static bool same_address(enum family family, const void *a, const void *b)
{
	return memcmp(a, b, family == FAMILY_IPV4 ? 4 : 16) == 0;
}

/* Has the packet left? Whatever else has is thrown away. */
static bool has_left(struct probe_wire *w, const struct probe_packet *packet, uint32_t mark)
{
	unsigned char frame[2048];
	struct probe_headers headers;
	bool seen = false;
	ssize_t got;

	while ((got = recv(w->frames, frame, sizeof(frame), 0)) >= 0)
		seen |= got > ETH_HLEN &&
			probe_packet_parse(w->probe->family, frame + ETH_HLEN,
					   (size_t)got - ETH_HLEN, NULL, 0, &headers) &&
			headers.protocol == packet->protocol && headers.mark == mark;
	return seen;
}

/* Has this host received it? IPv6 gives no header with it, but the sender's address. */
static bool is_received(struct probe_wire *w, const struct probe_packet *packet, uint32_t mark)
{
	enum family family = w->probe->family;
	struct probe_headers headers;
	unsigned char bytes[2048];
	struct sockaddr_in6 from;
	bool seen = false;

	for (size_t i = 0; i < ARRAY_SIZE(w->raw); i++) {
		socklen_t len = sizeof(from);
		ssize_t got;

		while ((got = recvfrom(w->raw[i], bytes, sizeof(bytes), 0, (void *)&from, &len)) >=
		       0) {
			if (family == FAMILY_IPV6)
				seen |= same_address(family, &from.sin6_addr, &packet->source);
			else
				seen |= probe_packet_parse(family, bytes, (size_t)got, NULL, 0,
							   &headers) &&
					headers.protocol == packet->protocol &&
					headers.mark == mark;
			len = sizeof(from);
		}
	}
	return seen;
}

struct sockaddr_storage probe_wire_address(enum family family, const struct probe_address *address,
					   uint16_t port, int index, socklen_t *ret_len)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} to = { .any = { 0 } };

	if (family == FAMILY_IPV4) {
		to.in.sin_family = AF_INET;
		to.in.sin_port = htons(port);
		memcpy(&to.in.sin_addr, address->bytes, sizeof(to.in.sin_addr));
		*ret_len = sizeof(to.in);
	} else {
		to.in6.sin6_family = AF_INET6;
		to.in6.sin6_port = htons(port);
		memcpy(&to.in6.sin6_addr, address->bytes, sizeof(to.in6.sin6_addr));
		if (IN6_IS_ADDR_LINKLOCAL(&to.in6.sin6_addr))
			to.in6.sin6_scope_id = (uint32_t)index;
		*ret_len = sizeof(to.in6);
	}
	return to.any;
}

int probe_wire_send(struct probe_wire *w, const struct probe_packet *packet, uint32_t mark,
		    bool *ret_arrived)
{
	enum family family = w->probe->family;
	const char *link = packet->in ? packet->in : "lo";
	unsigned char bytes[PROBE_BYTES_MAX];
	size_t len = probe_packet_build(family, packet, mark, bytes);
	int at = packet->in ? probe_wire_find(w, packet->in) : -1;

	if (at >= 0) {
		if (send_frame(w->frames, w->peer_index[at], w->link[at].mac,
			       family == FAMILY_IPV4 ? ETH_P_IP : ETH_P_IPV6, bytes, len) < 0)
			return -1;
	} else {
		socklen_t to_len;
		struct sockaddr_storage to =
			probe_wire_address(family, &packet->destination, 0, 0, &to_len);

		/* dropped on its way out is EPERM: the trace tells */
		if (sendto(w->send, bytes, len, 0, (void *)&to, to_len) < 0 && errno != EPERM &&
		    errno != ENETUNREACH && errno != EHOSTUNREACH)
			return -1;
	}
	if (probe_wire_settle(w, link) < 0)
		return -1;
	*ret_arrived = is_received(w, packet, mark);
	*ret_arrived |= has_left(w, packet, mark);
	return 0;
}
