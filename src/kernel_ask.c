#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base.h"
#include "kernel_ask.h"
#include "buf.h"
#include "kernel_netns.h"

struct request {
	struct mnl_socket *socket;
	char buf[65536]; /* a dump's messages are at most 32 KiB */
};

enum { TRIES = 100 }; /* of a dump while others commit one after the other */

/* A socket belongs to the namespace that it was opened in. */
static struct mnl_socket *open_socket_in(int netns)
{
	int here = kernel_netns_enter(netns);
	struct mnl_socket *socket;

	if (here < 0)
		return NULL;
	socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	kernel_netns_leave(here);
	return socket;
}

static struct mnl_socket *open_socket(int netns)
{
	struct mnl_socket *socket = netns >= 0 ? open_socket_in(netns) :
						 mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

static const struct nlmsghdr *put_question(char *buf, const struct nft_question *question)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | question->type);
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | question->flags);
	nlh->nlmsg_seq = 1;
	nfg->nfgen_family = (uint8_t)question->nfproto;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	if (question->table)
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, question->table);
	if (question->chain)
		mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, question->chain);
	return nlh;
}

static int store_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= NFT_ATTRS_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static int keep_message(const struct nlmsghdr *nlh, void *arg)
{
	static const char padding[NLMSG_ALIGNTO];

	buf_add(arg, (const char *)nlh, nlh->nlmsg_len);
	buf_add(arg, padding, NLMSG_ALIGN(nlh->nlmsg_len) - nlh->nlmsg_len);
	return MNL_CB_OK;
}

/* All messages of the answer. -1 with EINTR: a commit of somebody else cut the dump off. */
static int receive(struct request *r, bool is_dump, struct buf *answer)
{
	ssize_t got;
	int ret;

	do {
		got = mnl_socket_recvfrom(r->socket, r->buf, sizeof(r->buf));
		if (got < 0)
			return -1;
		ret = mnl_cb_run(r->buf, (size_t)got, 1, mnl_socket_get_portid(r->socket),
				 keep_message, answer);
	} while (ret > 0 && is_dump);
	return ret < 0 ? -1 : 0;
}

/* A socket of its own each time: what an aborted dump still sends must not be read. */
static int ask_once(const struct nft_question *question, struct buf *answer)
{
	struct request *r = calloc(1, sizeof(*r));
	const struct nlmsghdr *nlh;
	int ret = -1;

	if (!r)
		return -1;
	r->socket = open_socket(question->netns);
	if (r->socket) {
		nlh = put_question(r->buf, question);
		if (mnl_socket_sendto(r->socket, nlh, nlh->nlmsg_len) >= 0)
			ret = receive(r, question->flags & NLM_F_DUMP, answer);
		mnl_socket_close(r->socket);
	}
	free(r);
	return ret;
}

int nft_ask(const struct nft_question *question,
	    void (*found)(const struct nlattr *const *attr, void *arg), void *arg)
{
	struct buf answer = BUF_INIT;
	int ret = -1;

	for (unsigned int try = 0; try < TRIES; try++) {
		buf_reset(&answer);
		ret = ask_once(question, &answer);
		if (ret == 0 || errno != EINTR)
			break;
	}
	for (size_t at = 0; ret == 0 && at < answer.len;) {
		const struct nlmsghdr *nlh = (const void *)(answer.data + at);
		const struct nlattr *attrs[NFT_ATTRS_MAX + 1] = { NULL };

		mnl_attr_parse(nlh, sizeof(struct nfgenmsg), store_attr, attrs);
		found(attrs, arg);
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	buf_release(&answer);
	return ret;
}

int nft_proto(enum family family)
{
	return family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}
