/*
 * probe: packets through the ruleset of a file, as src/probe.h has it.
 * usage: probe nft|legacy FILE PACKET..., where FILE is a save of one family and a PACKET is
 * "IN KIND SOURCE PORT DESTINATION PORT": IN an interface or "-" for what this host sends; KIND
 * tcp, udp, icmp, connect; of icmp, the second PORT is the type.
 * The host is 192.0.2.10 and 2001:db8::10 on eth0, which leads everywhere, and 10.9.0.1 and
 * 2001:db8:9::1 on eth1, with 10.9.0.0/24 and 2001:db8:9::/64 behind it.
 * Prints for each: the verdict, and what decided it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base.h"
#include "buf.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "kernel.h"
#include "listing.h"
#include "probe.h"

enum { PACKETS_MAX = 32 };

static struct probe_route route_to(enum family family, const char *text, unsigned char prefix,
				   const char *link)
{
	struct probe_route route = { .prefix = prefix, .link = link };

	if (inet_pton(family == FAMILY_IPV4 ? AF_INET : AF_INET6, text, route.address.bytes) != 1)
		abort();
	return route;
}

static struct probe_packet packet_of(enum family family, const char *text)
{
	static char in[PACKETS_MAX][16];
	static size_t nr;
	char kind[16], source[64], destination[64];
	unsigned int source_port, destination_port;
	struct probe_packet packet = { .protocol = IPPROTO_TCP };

	if (sscanf(text, "%15s %15s %63s %u %63s %u", in[nr], kind, source, &source_port,
		   destination, &destination_port) != 6)
		abort();
	packet.in = str_equal(in[nr], "-") ? NULL : in[nr];
	nr++;
	packet.source = route_to(family, source, 0, NULL).address;
	packet.destination = route_to(family, destination, 0, NULL).address;
	packet.source_port = (uint16_t)source_port;
	packet.destination_port = (uint16_t)destination_port;
	packet.icmp_type = (uint8_t)destination_port;
	if (str_equal(kind, "connect"))
		packet.kind = PROBE_CONNECTION;
	else if (str_equal(kind, "udp"))
		packet.protocol = IPPROTO_UDP;
	else if (str_equal(kind, "icmp"))
		packet.protocol = family == FAMILY_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return packet;
}

static void print_result(const struct probe_result *r)
{
	static const char *const verdicts[] = { "accepted", "dropped", "rejected", "queued",
						"lost" };

	printf("%s", verdicts[r->verdict]);
	if (r->answer)
		printf(" (answer)");
	if (r->open)
		printf(" (open)");
	if (r->chain)
		printf(": %s %s %zu", xtable_name(r->table), r->chain->name, r->at);
	if (r->rule)
		printf(" %s", r->rule->spec);
	puts("");
}

int main(int argc, char **argv)
{
	static const char *const texts[FAMILY_NR][5] = {
		{ "192.0.2.10", "10.9.0.1", "0.0.0.0", "10.9.0.0", "32" },
		{ "2001:db8::10", "2001:db8:9::1", "::", "2001:db8:9::", "128" }
	};
	static const struct probe_link links[] = { { "eth0", { 0 } }, { "eth1", { 0 } } };
	unsigned int all[FAMILY_NR] = { ~0u, ~0u };
	struct probe_packet packets[PACKETS_MAX];
	struct probe_result results[PACKETS_MAX];
	struct probe_route addresses[2], routes[2];
	struct ruleset set = RULESET_INIT;
	struct diags diags = DIAGS_INIT;
	struct buf text = BUF_INIT;
	struct kernel kernel;
	struct probe probe = { .kernel = &kernel, .set = &set };
	enum family f;
	int fd, ret = 1;

	if (argc < 4 || argc - 3 > PACKETS_MAX)
		return 64;
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fs_read_fd(fd, &text) < 0)
		return 66;
	if (kernel_init(&kernel, str_equal(argv[1], "nft") ? BACKEND_NFT : BACKEND_LEGACY,
			FAMILIES_BOTH, &diags) < 0 ||
	    listing_parse_file(&set, all, argv[2], buf_str(&text), text.len, &diags) < 0)
		goto out;
	f = strstr(buf_str(&text), "ip6tables") ? FAMILY_IPV6 : FAMILY_IPV4;
	addresses[0] = route_to(f, texts[f][0], f == FAMILY_IPV4 ? 32 : 128, "eth0");
	addresses[1] = route_to(f, texts[f][1], f == FAMILY_IPV4 ? 32 : 128, "eth1");
	routes[0] = route_to(f, texts[f][2], 0, "eth0");
	routes[1] = route_to(f, texts[f][3], f == FAMILY_IPV4 ? 24 : 64, "eth1");
	for (int i = 3; i < argc; i++)
		packets[probe.nr_packets++] = packet_of(f, argv[i]);
	probe.family = f;
	probe.link = links;
	probe.nr_links = ARRAY_SIZE(links);
	probe.address = addresses;
	probe.nr_addresses = ARRAY_SIZE(addresses);
	probe.route = routes;
	probe.nr_routes = ARRAY_SIZE(routes);
	probe.packet = packets;
	ret = probe_run(&probe, results, &diags) < 0;
	for (size_t i = 0; !ret && i < probe.nr_packets; i++)
		print_result(&results[i]);
out:
	for (size_t i = 0; i < diags.nr; i++)
		fprintf(stderr, "%s\n", diags.list[i].text);
	diags_release(&diags);
	buf_release(&text);
	ruleset_release(&set);
	kernel_release(&kernel);
	return ret;
}
