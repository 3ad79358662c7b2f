#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"

static int here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Of the namespace that the process is in. Where /proc/sys can't be written, the kernel's own
 * values have to do. */
static void set_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		errno = 0;
	close(fd);
}

/* Frames of one protocol that come in by any interface. */
static int packet_socket(int protocol)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      htons((uint16_t)protocol));
}

/* What has been sent to the wire's other ends is theirs to look at, never to answer. */
static int open_peer(struct probe_wire *w)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	w->peer = here();
	set_sysctl("/proc/sys/net/ipv4/ip_forward", "0");
	set_sysctl("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	set_sysctl("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
	set_sysctl("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0");
	w->frames = packet_socket(w->probe->family == FAMILY_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	w->peer_echo = packet_socket(PROBE_ECHO_TYPE);
	w->peer_link = probe_link_open();
	w->peer_watch = probe_link_watch();
	if (w->peer < 0 || w->frames < 0 || w->peer_echo < 0 || !w->peer_link || !w->peer_watch)
		return -1;
	return setns(w->host, CLONE_NEWNET);
}

static void set_up_host(void)
{
	set_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	set_sysctl("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	set_sysctl("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
	set_sysctl("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0");
	set_sysctl("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0");
	set_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
}

static int add_links(struct probe_wire *w)
{
	const struct probe *p = w->probe;

	if (probe_link_up(w->host_link, "lo") < 0 || probe_link_up(w->peer_link, "lo") < 0)
		return -1;
	w->lo_index = (int)if_nametoindex("lo");
	/* made down: one that is made up sends before its other end is there */
	for (size_t i = 0; i < p->nr_links; i++) {
		static const unsigned char none[6], made_up[6] = { 0x02, 0, 0x5e, 0x10, 0, 1 };

		w->link[i] = p->link[i];
		if (memcmp(w->link[i].mac, none, sizeof(none)) == 0)
			memcpy(w->link[i].mac, made_up, sizeof(made_up));
		if (probe_link_add(w->host_link, &w->link[i], w->peer) < 0 ||
		    probe_link_up(w->peer_link, p->link[i].name) < 0 ||
		    probe_link_up(w->host_link, p->link[i].name) < 0)
			return -1;
		w->host_index[i] = (int)if_nametoindex(p->link[i].name);
	}
	for (size_t i = 0; i < p->nr_addresses; i++)
		if (probe_link_add_address(w->host_link, p->family, &p->address[i]) < 0)
			return -1;
	for (size_t i = 0; i < p->nr_routes; i++)
		if (probe_link_add_route(w->host_link, p->family, &p->route[i]) < 0)
			return -1;
	return 0;
}

/* A client at the other end of a link has an address there and finds everybody over it. */
static int add_clients(struct probe_wire *w)
{
	const struct probe *p = w->probe;
	const unsigned char bits = p->family == FAMILY_IPV4 ? 32 : 128;

	for (size_t i = 0; i < p->nr_packets; i++) {
		const struct probe_packet *packet = &p->packet[i];
		struct probe_route client = { packet->source, bits, packet->in };
		struct probe_route all = { .prefix = 0, .link = packet->in };

		if (packet->kind == PROBE_CONNECTION && !str_equal(packet->in, "lo") &&
		    (probe_link_add_address(w->peer_link, p->family, &client) < 0 ||
		     probe_link_add_route(w->peer_link, p->family, &all) < 0))
			return -1;
	}
	return 0;
}

/* What is done in the namespace of the other ends. */
static int set_up_peer(struct probe_wire *w)
{
	if (setns(w->peer, CLONE_NEWNET) < 0)
		return -1;
	for (size_t i = 0; i < w->probe->nr_links; i++)
		w->peer_index[i] = (int)if_nametoindex(w->probe->link[i].name);
	if (add_clients(w) < 0 ||
	    probe_link_await(w->peer_watch, w->peer_index, w->probe->nr_links) < 0)
		return -1;
	return setns(w->host, CLONE_NEWNET);
}

static int open_host_sockets(struct probe_wire *w)
{
	int domain = w->probe->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
	const int protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
				  domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6 };

	w->host_echo = packet_socket(PROBE_ECHO_TYPE);
	w->send = socket(domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (w->host_echo < 0 || w->send < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		w->raw[i] = socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocols[i]);
		if (w->raw[i] < 0)
			return -1;
	}
	return 0;
}

/* Packets between the namespaces pass through a queue of the processor: only one has an order. */
static void stay_on_this_processor(void)
{
	int cpu = sched_getcpu();
	cpu_set_t only;

	CPU_ZERO(&only);
	if (cpu >= 0 && cpu < CPU_SETSIZE)
		CPU_SET(cpu, &only);
	(void)sched_setaffinity(0, sizeof(only), &only);
}

int probe_wire_open(struct probe_wire *wire, const struct probe *probe, const char **ret_failed)
{
	*wire = (struct probe_wire){ .probe = probe, .host = here() };
	stay_on_this_processor();
	*ret_failed = "namespace";
	if (wire->host < 0 || open_peer(wire) < 0)
		return -1;
	*ret_failed = "veth";
	set_up_host();
	wire->host_link = probe_link_open();
	if (!wire->host_link || add_links(wire) < 0 || set_up_peer(wire) < 0)
		return -1;
	*ret_failed = "sockets";
	return open_host_sockets(wire);
}
