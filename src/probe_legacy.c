#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"
#include "text.h"

/*
 * The trace of ip_tables goes to the logger of the namespace: here to nfnetlink_log, group 0, as
 * "TRACE: TABLE:CHAIN:rule|return|policy:NUMBER " with the packet's first bytes. The host's
 * logger is another namespace's.
 * Source: linux/netfilter/nfnetlink_log.h; trace_packet() of net/ipv4/netfilter/ip_tables.c.
 */

enum { ATTRS_MAX = 32, RECEIVE_BYTES = 8 << 20 };

struct probe_trace {
	enum family family;
	struct mnl_socket *socket;
	char buf[65536];
};

struct reading {
	struct probe_trace *trace;
	void (*found)(void *arg, const struct probe_event *event);
	void *arg;
};

static struct nlmsghdr *begin(struct probe_trace *trace, int family)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(trace->buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(header, sizeof(*nfg));

	header->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nlmsg_seq = 1;
	nfg->nfgen_family = (uint8_t)family; /* res_id stays 0: the group */
	return header;
}

static int ask(struct probe_trace *trace, const struct nlmsghdr *header)
{
	ssize_t got;

	if (mnl_socket_sendto(trace->socket, header, header->nlmsg_len) < 0)
		return -1;
	got = mnl_socket_recvfrom(trace->socket, trace->buf, sizeof(trace->buf));
	if (got < 0)
		return -1;
	return mnl_cb_run(trace->buf, (size_t)got, 1, mnl_socket_get_portid(trace->socket), NULL,
			  NULL) < 0 ?
		     -1 :
		     0;
}

static int command(struct probe_trace *trace, int family, uint8_t code)
{
	struct nfulnl_msg_config_cmd cmd = { .command = code };
	struct nlmsghdr *header = begin(trace, family);

	mnl_attr_put(header, NFULA_CFG_CMD, sizeof(cmd), &cmd);
	return ask(trace, header);
}

/* Each packet told at once, with enough of it to know it again. */
static int configure(struct probe_trace *trace)
{
	struct nfulnl_msg_config_mode mode = { .copy_range = htonl(PROBE_BYTES_MAX),
					       .copy_mode = NFULNL_COPY_PACKET };
	struct nlmsghdr *header = begin(trace, AF_UNSPEC);

	mnl_attr_put(header, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(header, NFULA_CFG_QTHRESH, htonl(1));
	return ask(trace, header);
}

static void legacy_close(struct probe_trace *trace)
{
	if (trace && trace->socket)
		mnl_socket_close(trace->socket);
	free(trace);
}

static struct probe_trace *legacy_open(enum family family)
{
	struct probe_trace *trace = calloc(1, sizeof(*trace));
	int bytes = RECEIVE_BYTES;

	if (!trace)
		return NULL;
	trace->family = family;
	trace->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!trace->socket || mnl_socket_bind(trace->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    command(trace, family == FAMILY_IPV4 ? AF_INET : AF_INET6, NFULNL_CFG_CMD_PF_BIND) <
		    0 ||
	    command(trace, AF_UNSPEC, NFULNL_CFG_CMD_BIND) < 0 || configure(trace) < 0) {
		legacy_close(trace);
		return NULL;
	}
	if (setsockopt(mnl_socket_get_fd(trace->socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		setsockopt(mnl_socket_get_fd(trace->socket), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	return trace;
}

/* Cut the last field, up to the colon before it, off text. */
static char *last_field(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/* "TRACE: filter:INPUT:rule:3 "; a chain's name may hold colons, the other fields may not. */
static bool parse_prefix(char *text, struct probe_event *event)
{
	static const char mark[] = "TRACE: ";
	char *number, *kind, *chain;
	unsigned long at;

	if (!str_starts(text, mark))
		return false;
	text += sizeof(mark) - 1;
	text[strcspn(text, " ")] = '\0';
	number = last_field(text);
	kind = number ? last_field(text) : NULL;
	chain = kind ? strchr(text, ':') : NULL;
	if (!chain || text_number(number, 0, UINT32_MAX, &at) < 0 ||
	    xtable_by_name(text, (size_t)(chain - text), &event->table) < 0)
		return false;
	snprintf(event->chain, sizeof(event->chain), "%s", chain + 1);
	event->at = at;
	event->kind = str_equal(kind, "rule")	? PROBE_EVENT_RULE :
		      str_equal(kind, "policy") ? PROBE_EVENT_POLICY :
						  PROBE_EVENT_RETURN;
	return true;
}

static int store_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= ATTRS_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static int take_event(const struct nlmsghdr *header, void *arg)
{
	const struct nlattr *attr[ATTRS_MAX + 1] = { NULL };
	struct probe_event event = { .at = 0 };
	struct reading *r = arg;
	char prefix[256];

	if (header->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	mnl_attr_parse(header, sizeof(struct nfgenmsg), store_attr, attr);
	if (!attr[NFULA_PREFIX] || !attr[NFULA_PAYLOAD])
		return MNL_CB_OK;
	snprintf(prefix, sizeof(prefix), "%s", mnl_attr_get_str(attr[NFULA_PREFIX]));
	if (parse_prefix(prefix, &event) &&
	    probe_packet_parse(r->trace->family, mnl_attr_get_payload(attr[NFULA_PAYLOAD]),
			       mnl_attr_get_payload_len(attr[NFULA_PAYLOAD]), NULL, 0,
			       &event.headers))
		r->found(r->arg, &event);
	return MNL_CB_OK;
}

static int legacy_read(struct probe_trace *trace,
		       void (*found)(void *arg, const struct probe_event *event), void *arg)
{
	struct reading r = { trace, found, arg };

	for (;;) {
		ssize_t got = recv(mnl_socket_get_fd(trace->socket), trace->buf, sizeof(trace->buf),
				   MSG_DONTWAIT);

		if (got < 0)
			return errno == EAGAIN ? 0 : -1; /* ENOBUFS: an event is missing */
		(void)mnl_cb_run(trace->buf, (size_t)got, 0, 0, take_event, &r);
	}
}

static int legacy_find(struct probe_trace *trace, const struct probe_event *event, size_t *ret_at)
{
	(void)trace;
	*ret_at = event->at;
	return 0;
}

const struct probe_tracer probe_legacy_tracer = { legacy_open, legacy_read, legacy_find,
						  legacy_close };
