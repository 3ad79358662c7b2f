#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"

/*
 * The trace of nf_tables: group NFNLGRP_NFTRACE. Headers are told in the first event of each base
 * chain only; those that follow have the packet's id, which is unique among packets alive.
 * Source: linux/netfilter/nf_tables.h; net/netfilter/nf_tables_trace.c of the kernel.
 */

enum { ATTRS_MAX = 32, PACKETS_MAX = 64, RECEIVE_BYTES = 8 << 20 };

struct seen_packet {
	uint32_t id;
	struct probe_headers headers;
};

struct probe_trace {
	enum family family;
	struct mnl_socket *socket;
	struct seen_packet seen[PACKETS_MAX]; /* the last ones */
	size_t oldest;
	char buf[65536];
};

struct reading {
	struct probe_trace *trace;
	void (*found)(void *arg, const struct probe_event *event);
	void *arg;
};

static int store_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= ATTRS_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static void nft_close(struct probe_trace *trace)
{
	if (trace && trace->socket)
		mnl_socket_close(trace->socket);
	free(trace);
}

static struct probe_trace *nft_open(enum family family)
{
	struct probe_trace *trace = calloc(1, sizeof(*trace));
	int group = NFNLGRP_NFTRACE, bytes = RECEIVE_BYTES;

	if (!trace)
		return NULL;
	trace->family = family;
	trace->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!trace->socket || mnl_socket_bind(trace->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(trace->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
		    0) {
		nft_close(trace);
		return NULL;
	}
	/* an ordinary user gets what the system allows */
	if (setsockopt(mnl_socket_get_fd(trace->socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		setsockopt(mnl_socket_get_fd(trace->socket), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	return trace;
}

static struct seen_packet *find_seen(struct probe_trace *trace, uint32_t id)
{
	for (size_t i = 0; i < PACKETS_MAX; i++) /* those not yet in use are of protocol 0 */
		if (trace->seen[i].id == id)
			return &trace->seen[i];
	return NULL;
}

/* The headers of the packet that an event is about; false: one that was never told. */
static bool find_headers(struct probe_trace *trace, const struct nlattr *const *attr,
			 struct probe_headers *ret_headers)
{
	const struct nlattr *network = attr[NFTA_TRACE_NETWORK_HEADER];
	const struct nlattr *transport = attr[NFTA_TRACE_TRANSPORT_HEADER];
	uint32_t id = attr[NFTA_TRACE_ID] ? mnl_attr_get_u32(attr[NFTA_TRACE_ID]) : 0;
	struct seen_packet *seen = find_seen(trace, id);

	if (network) {
		if (!seen)
			seen = &trace->seen[trace->oldest++ % PACKETS_MAX];
		seen->id = id;
		if (!probe_packet_parse(trace->family, mnl_attr_get_payload(network),
					mnl_attr_get_payload_len(network),
					transport ? mnl_attr_get_payload(transport) : NULL,
					transport ? mnl_attr_get_payload_len(transport) : 0,
					&seen->headers))
			seen->headers = (struct probe_headers){ .protocol = -1 };
	}
	if (!seen)
		return false;
	*ret_headers = seen->headers;
	return true;
}

static bool is_queued(const struct nlattr *verdict)
{
	const struct nlattr *attr;

	if (!verdict)
		return false;
	mnl_attr_for_each_nested(
		attr, verdict) if (mnl_attr_get_type(attr) ==
				   NFTA_VERDICT_CODE) return (ntohl(mnl_attr_get_u32(attr)) &
							      NF_VERDICT_MASK) == NF_QUEUE;
	return false;
}

static int take_event(const struct nlmsghdr *header, void *arg)
{
	const struct nlattr *attr[ATTRS_MAX + 1] = { NULL };
	struct probe_event event = { .at = 0 };
	struct reading *r = arg;
	const char *table;

	if (header->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE))
		return MNL_CB_OK;
	mnl_attr_parse(header, sizeof(struct nfgenmsg), store_attr, attr);
	if (!attr[NFTA_TRACE_TABLE] || !attr[NFTA_TRACE_CHAIN] || !attr[NFTA_TRACE_TYPE] ||
	    !find_headers(r->trace, attr, &event.headers))
		return MNL_CB_OK;
	table = mnl_attr_get_str(attr[NFTA_TRACE_TABLE]);
	if (xtable_by_name(table, strlen(table), &event.table) < 0)
		return MNL_CB_OK;
	snprintf(event.chain, sizeof(event.chain), "%s", mnl_attr_get_str(attr[NFTA_TRACE_CHAIN]));
	switch (ntohl(mnl_attr_get_u32(attr[NFTA_TRACE_TYPE]))) {
	case NFT_TRACETYPE_RULE: event.kind = PROBE_EVENT_RULE; break;
	case NFT_TRACETYPE_POLICY: event.kind = PROBE_EVENT_POLICY; break;
	default: event.kind = PROBE_EVENT_RETURN;
	}
	if (attr[NFTA_TRACE_RULE_HANDLE])
		event.handle = be64toh(mnl_attr_get_u64(attr[NFTA_TRACE_RULE_HANDLE]));
	event.queued = is_queued(attr[NFTA_TRACE_VERDICT]);
	r->found(r->arg, &event);
	return MNL_CB_OK;
}

static int nft_read(struct probe_trace *trace,
		    void (*found)(void *arg, const struct probe_event *event), void *arg)
{
	struct reading r = { trace, found, arg };

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(trace->socket, trace->buf, sizeof(trace->buf));

		if (got < 0)
			return errno == EAGAIN ? 0 : -1; /* ENOBUFS: an event is missing */
		(void)mnl_cb_run(trace->buf, (size_t)got, 0, 0, take_event, &r);
	}
}

struct search {
	uint64_t handle;
	size_t at, found;
};

static int count_rule(const struct nlmsghdr *header, void *arg)
{
	const struct nlattr *attr[ATTRS_MAX + 1] = { NULL };
	struct search *search = arg;

	mnl_attr_parse(header, sizeof(struct nfgenmsg), store_attr, attr);
	search->at++;
	if (attr[NFTA_RULE_HANDLE] &&
	    be64toh(mnl_attr_get_u64(attr[NFTA_RULE_HANDLE])) == search->handle)
		search->found = search->at;
	return MNL_CB_OK;
}

static int dump_chain(struct mnl_socket *socket, struct probe_trace *trace,
		      const struct probe_event *event, struct search *search)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(trace->buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(header, sizeof(*nfg));
	ssize_t got;
	int ret;

	header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	nfg->nfgen_family = trace->family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	mnl_attr_put_strz(header, NFTA_RULE_TABLE, xtable_name(event->table));
	mnl_attr_put_strz(header, NFTA_RULE_CHAIN, event->chain);
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -1;
	do {
		got = mnl_socket_recvfrom(socket, trace->buf, sizeof(trace->buf));
		if (got < 0)
			return -1;
		ret = mnl_cb_run(trace->buf, (size_t)got, 1, mnl_socket_get_portid(socket),
				 count_rule, search);
	} while (ret > 0);
	return ret;
}

static int nft_find(struct probe_trace *trace, const struct probe_event *event, size_t *ret_at)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	struct search search = { .handle = event->handle };
	int ret = -1;

	if (!socket)
		return -1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		ret = dump_chain(socket, trace, event, &search);
	mnl_socket_close(socket);
	if (ret == 0 && !search.found) {
		errno = ENOENT;
		ret = -1;
	}
	*ret_at = search.found;
	return ret;
}

const struct probe_tracer probe_nft_tracer = { nft_open, nft_read, nft_find, nft_close };
