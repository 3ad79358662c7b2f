#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <poll.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"

/*
 * Interfaces, addresses and routes over rtnetlink.
 * Source: rtnetlink(7), linux/rtnetlink.h, linux/veth.h.
 */

enum {
	CARRIER_MS = 10000,
	OPERATIONAL = 6 /* IF_OPER_UP of linux/if.h, which can't be had beside net/if.h */
};

struct message {
	struct nlmsghdr *header;
	char bytes[4096];
};

static int address_family(enum family family)
{
	return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

static size_t address_len(enum family family)
{
	return family == FAMILY_IPV4 ? 4 : 16;
}

static struct mnl_socket *open_socket(unsigned int groups)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

struct mnl_socket *probe_link_open(void)
{
	return open_socket(0);
}

struct mnl_socket *probe_link_watch(void)
{
	return open_socket(RTMGRP_LINK);
}

void probe_link_close(struct mnl_socket *socket)
{
	if (socket)
		mnl_socket_close(socket);
}

/* The message's own header follows; it is zeroed. */
static void *begin(struct message *m, uint16_t type, uint16_t flags, size_t header)
{
	m->header = mnl_nlmsg_put_header(m->bytes);
	m->header->nlmsg_type = type;
	m->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->header->nlmsg_seq = 1;
	return mnl_nlmsg_put_extra_header(m->header, header);
}

/* The kernel answers at once. found NULL: nothing but an acknowledgement is expected. */
static int ask(struct mnl_socket *socket, struct message *m, mnl_cb_t found, void *arg)
{
	ssize_t got;

	if (mnl_socket_sendto(socket, m->header, m->header->nlmsg_len) < 0)
		return -1;
	got = mnl_socket_recvfrom(socket, m->bytes, sizeof(m->bytes));
	if (got < 0)
		return -1;
	return mnl_cb_run(m->bytes, (size_t)got, 1, mnl_socket_get_portid(socket), found, arg) < 0 ?
		     -1 :
		     0;
}

int probe_link_add(struct mnl_socket *socket, const struct probe_link *link, int peer)
{
	struct nlattr *info, *data, *pair;
	struct message m;

	(void)begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
		    sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m.header, IFLA_IFNAME, link->name);
	mnl_attr_put(m.header, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	info = mnl_attr_nest_start(m.header, IFLA_LINKINFO);
	mnl_attr_put_str(m.header, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m.header, IFLA_INFO_DATA);
	pair = mnl_attr_nest_start(m.header, VETH_INFO_PEER);
	(void)mnl_nlmsg_put_extra_header(m.header, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m.header, IFLA_IFNAME, link->name);
	/* the same MAC: without ARP, each end takes its own for that of everybody */
	mnl_attr_put(m.header, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	mnl_attr_put_u32(m.header, IFLA_NET_NS_FD, (uint32_t)peer);
	mnl_attr_nest_end(m.header, pair);
	mnl_attr_nest_end(m.header, data);
	mnl_attr_nest_end(m.header, info);
	return ask(socket, &m, NULL, NULL);
}

int probe_link_up(struct mnl_socket *socket, const char *name)
{
	struct ifinfomsg *info;
	struct message m;

	info = begin(&m, RTM_NEWLINK, NLM_F_ACK, sizeof(*info));
	info->ifi_flags = IFF_UP | (str_equal(name, "lo") ? 0 : IFF_NOARP);
	info->ifi_change = info->ifi_flags;
	mnl_attr_put_strz(m.header, IFLA_IFNAME, name);
	return ask(socket, &m, NULL, NULL);
}

struct carriers {
	const int *index;
	size_t nr, nr_up;
	bool up[PROBE_LINKS_MAX];
};

static int see_carrier(const struct nlmsghdr *header, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	const struct nlattr *attr;
	struct carriers *c = arg;
	bool up = false;

	if (header->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, header,
			  sizeof(*info)) if (mnl_attr_get_type(attr) == IFLA_OPERSTATE) up =
		mnl_attr_get_u8(attr) == OPERATIONAL;
	for (size_t i = 0; up && i < c->nr; i++) {
		if (c->index[i] != info->ifi_index || c->up[i])
			continue;
		c->up[i] = true;
		c->nr_up++;
	}
	return MNL_CB_OK;
}

int probe_link_await(struct mnl_socket *watch, const int *index, size_t nr)
{
	struct pollfd pfd = { .fd = mnl_socket_get_fd(watch), .events = POLLIN };
	struct carriers c = { index, nr, 0, { false } };
	char bytes[8192];

	while (c.nr_up < nr) {
		ssize_t got;

		if (poll(&pfd, 1, CARRIER_MS) <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		got = mnl_socket_recvfrom(watch, bytes, sizeof(bytes));
		if (got < 0)
			return -1;
		(void)mnl_cb_run(bytes, (size_t)got, 0, 0, see_carrier, &c);
	}
	return 0;
}

static int add_route(struct mnl_socket *socket, enum family family, const struct probe_route *route,
		     unsigned char type)
{
	unsigned int index = if_nametoindex(route->link);
	struct rtmsg *info;
	struct message m;

	info = begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, sizeof(*info));
	info->rtm_family = (uint8_t)address_family(family);
	info->rtm_dst_len = route->prefix;
	info->rtm_table = type == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_scope = family == FAMILY_IPV4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	info->rtm_type = type;
	if (route->prefix)
		mnl_attr_put(m.header, RTA_DST, address_len(family), route->address.bytes);
	mnl_attr_put_u32(m.header, RTA_OIF, index);
	return ask(socket, &m, NULL, NULL);
}

int probe_link_add_route(struct mnl_socket *socket, enum family family,
			 const struct probe_route *route)
{
	return add_route(socket, family, route, RTN_UNICAST);
}

int probe_link_add_address(struct mnl_socket *socket, enum family family,
			   const struct probe_route *address)
{
	struct probe_route here = { address->address, 128, address->link };
	struct ifaddrmsg *info;
	struct message m;

	info = begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, sizeof(*info));
	info->ifa_family = (uint8_t)address_family(family);
	info->ifa_prefixlen = address->prefix;
	info->ifa_flags = IFA_F_NODAD;
	info->ifa_index = if_nametoindex(address->link);
	mnl_attr_put(m.header, IFA_LOCAL, address_len(family), address->address.bytes);
	mnl_attr_put(m.header, IFA_ADDRESS, address_len(family), address->address.bytes);
	if (ask(socket, &m, NULL, NULL) < 0)
		return -1;
	/* IPv6 makes this route later, in a worker: until then the address is nobody's */
	return family == FAMILY_IPV6 ? add_route(socket, family, &here, RTN_LOCAL) : 0;
}

/* --- looking at the host -------------------------------------------------------------- */

struct way {
	unsigned char type;
	unsigned int index;
	struct probe_address next; /* the gateway; or the destination itself */
	enum family family;
};

static int found_route(const struct nlmsghdr *header, void *arg)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(header);
	const struct nlattr *attr;
	struct way *way = arg;

	way->type = info->rtm_type;
	mnl_attr_for_each(attr, header, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF)
			way->index = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY &&
			 mnl_attr_get_payload_len(attr) == address_len(way->family))
			memcpy(way->next.bytes, mnl_attr_get_payload(attr),
			       address_len(way->family));
	}
	return MNL_CB_OK;
}

static int find_route(struct mnl_socket *socket, const struct probe_address *from, struct way *way)
{
	struct rtmsg *info;
	struct message m;

	info = begin(&m, RTM_GETROUTE, 0, sizeof(*info));
	info->rtm_family = (uint8_t)address_family(way->family);
	info->rtm_dst_len = (uint8_t)(8 * address_len(way->family));
	mnl_attr_put(m.header, RTA_DST, address_len(way->family), way->next.bytes);
	if (from) {
		info->rtm_src_len = info->rtm_dst_len;
		mnl_attr_put(m.header, RTA_SRC, address_len(way->family), from->bytes);
	}
	return ask(socket, &m, found_route, way);
}

static int found_neighbour(const struct nlmsghdr *header, void *arg)
{
	const struct nlattr *attr;
	struct probe_link *link = arg;

	mnl_attr_for_each(attr, header,
			  sizeof(struct ndmsg)) if (mnl_attr_get_type(attr) == NDA_LLADDR &&
						    mnl_attr_get_payload_len(attr) ==
							    sizeof(link->mac))
		memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
	return MNL_CB_OK;
}

static void find_neighbour(struct mnl_socket *socket, const struct way *way,
			   struct probe_link *link)
{
	struct ndmsg *info;
	struct message m;

	info = begin(&m, RTM_GETNEIGH, 0, sizeof(*info));
	info->ndm_family = (uint8_t)address_family(way->family);
	info->ndm_ifindex = (int)way->index;
	mnl_attr_put(m.header, NDA_DST, address_len(way->family), way->next.bytes);
	(void)ask(socket, &m, found_neighbour, link);
	if (link->mac[0] & 1) /* a multicast one is nobody's */
		memset(link->mac, 0, sizeof(link->mac));
}

int probe_find_link(enum family family, const struct probe_address *to,
		    const struct probe_address *from, struct probe_link *ret_link)
{
	struct way way = { .family = family, .next = *to };
	struct mnl_socket *socket = probe_link_open();
	struct probe_link link = { "", { 0 } };
	int ret = -1;

	if (!socket)
		return -1;
	/* a source that is not the host's own is refused: then the way without one */
	if (find_route(socket, from, &way) < 0 && find_route(socket, NULL, &way) < 0)
		goto out;
	if (way.type == RTN_LOCAL) {
		snprintf(link.name, sizeof(link.name), "lo");
	} else if (way.type != RTN_UNICAST || !if_indextoname(way.index, link.name)) {
		errno = ENETUNREACH;
		goto out;
	} else {
		find_neighbour(socket, &way, &link);
	}
	*ret_link = link;
	ret = 0;
out:
	probe_link_close(socket);
	return ret;
}
