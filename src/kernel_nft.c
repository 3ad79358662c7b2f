#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>
#include <xxhash.h>

#include "base.h"
#include "kernel.h"
#include "buf.h"

/*
 * nf_tables over netlink: the generation id, and which tables and chains there are.
 * Source: include/uapi/linux/netfilter/nf_tables.h of the kernel.
 */

struct request {
	struct mnl_socket *socket;
	char buf[65536]; /* a dump's messages are at most 32 KiB */
};

struct dump {
	void (*found)(const struct nlattr *const *attr, void *arg);
	void *arg;
};

enum {
	ATTRS_MAX = 32, /* more than any of the messages below has */
	TRIES = 100	/* of a dump while others commit one after the other */
};

/* A socket belongs to the namespace that it was opened in. */
static struct mnl_socket *open_socket_in(int netns)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct mnl_socket *socket = NULL;

	if (here >= 0 && setns(netns, CLONE_NEWNET) == 0) {
		socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
		if (setns(here, CLONE_NEWNET) < 0)
			abort(); /* anything that followed would happen to the wrong tables */
	}
	if (here >= 0)
		close(here);
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

static struct nlmsghdr *put_header(char *buf, unsigned int type, unsigned int flags, int family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type);
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = 1;
	nfg->nfgen_family = (uint8_t)family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	return nlh;
}

static int store_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= ATTRS_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static void parse_message(const struct nlmsghdr *nlh, const struct dump *dump)
{
	const struct nlattr *attrs[ATTRS_MAX + 1] = { NULL };

	mnl_attr_parse(nlh, sizeof(struct nfgenmsg), store_attr, attrs);
	dump->found(attrs, dump->arg);
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
static int ask_once(int netns, unsigned int type, unsigned int flags, int family,
		    struct buf *answer)
{
	struct request *r = calloc(1, sizeof(*r));
	const struct nlmsghdr *nlh;
	int ret = -1;

	if (!r)
		return -1;
	r->socket = open_socket(netns);
	if (r->socket) {
		nlh = put_header(r->buf, type, flags, family);
		if (mnl_socket_sendto(r->socket, nlh, nlh->nlmsg_len) >= 0)
			ret = receive(r, flags & NLM_F_DUMP, answer);
		mnl_socket_close(r->socket);
	}
	free(r);
	return ret;
}

static int ask_in(int netns, unsigned int type, unsigned int flags, int family, struct dump *dump)
{
	struct buf answer = BUF_INIT;
	int ret = -1;

	for (unsigned int try = 0; try < TRIES; try++) {
		buf_reset(&answer);
		ret = ask_once(netns, type, flags, family, &answer);
		if (ret == 0 || errno != EINTR)
			break;
	}
	for (size_t at = 0; ret == 0 && at < answer.len;) {
		const struct nlmsghdr *nlh = (const void *)(answer.data + at);

		parse_message(nlh, dump);
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	buf_release(&answer);
	return ret;
}

static int ask(unsigned int type, unsigned int flags, int family, struct dump *dump)
{
	return ask_in(-1, type, flags, family, dump);
}

static int nfproto(enum family family)
{
	return family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

static void found_generation(const struct nlattr *const *attr, void *arg)
{
	if (attr[NFTA_GEN_ID])
		*(uint64_t *)arg = ntohl(mnl_attr_get_u32(attr[NFTA_GEN_ID]));
}

static int nft_fingerprint(const unsigned int tables[FAMILY_NR], uint64_t *ret_print)
{
	uint64_t generation = 0;
	struct dump dump = { found_generation, &generation };

	(void)tables;
	if (ask(NFT_MSG_GETGEN, 0, AF_UNSPEC, &dump) < 0)
		return -1;
	*ret_print = generation;
	return 0;
}

static void found_table(const struct nlattr *const *attr, void *arg)
{
	const char *name = attr[NFTA_TABLE_NAME] ? mnl_attr_get_str(attr[NFTA_TABLE_NAME]) : "";
	enum xtable table;

	if (xtable_by_name(name, strlen(name), &table) == 0)
		*(int *)arg |= 1 << table;
}

static int nft_tables(enum family family)
{
	int tables = 0;
	struct dump dump = { found_table, &tables };

	return ask(NFT_MSG_GETTABLE, NLM_F_DUMP, nfproto(family), &dump) < 0 ? -1 : tables;
}

struct chains {
	const char *table;
	void (*found)(void *arg, const char *chain, const char *policy);
	void *arg;
};

static void found_chain(const struct nlattr *const *attr, void *arg)
{
	const struct chains *chains = arg;
	const char *policy = NULL;

	if (!attr[NFTA_CHAIN_TABLE] || !attr[NFTA_CHAIN_NAME] ||
	    !str_equal(mnl_attr_get_str(attr[NFTA_CHAIN_TABLE]), chains->table))
		return;
	if (attr[NFTA_CHAIN_POLICY])
		policy = ntohl(mnl_attr_get_u32(attr[NFTA_CHAIN_POLICY])) == NF_ACCEPT ? "ACCEPT" :
											 "DROP";
	chains->found(chains->arg, mnl_attr_get_str(attr[NFTA_CHAIN_NAME]), policy);
}

static int nft_chains(enum family family, enum xtable table,
		      void (*found)(void *arg, const char *chain, const char *policy), void *arg)
{
	struct chains chains = { xtable_name(table), found, arg };
	struct dump dump = { found_chain, &chains };

	return ask(NFT_MSG_GETCHAIN, NLM_F_DUMP, nfproto(family), &dump);
}

struct prints {
	const char *table;
	XXH3_state_t *state;
	void (*found)(void *arg, const char *chain, uint64_t print);
	void *arg;
};

/* An xt extension (match or target): iptables shows those as they are. Its data is not hashed, it
 * differs in bits that mean nothing (recent, connlimit) and in the numbers of ipsets. */
static void hash_extension(XXH3_state_t *state, const struct nlattr *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data) if (mnl_attr_get_type(attr) ==
						 NFTA_MATCH_NAME) /* = NFTA_TARGET_NAME */
		XXH3_64bits_update(state, mnl_attr_get_payload(attr),
				   mnl_attr_get_payload_len(attr));
}

static void hash_expression(XXH3_state_t *state, const struct nlattr *expression)
{
	const struct nlattr *attr, *data = NULL;
	const char *name = NULL;

	mnl_attr_for_each_nested(attr, expression)
	{
		if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA)
			data = attr;
	}
	if (!name)
		return;
	XXH3_64bits_update(state, name, strlen(name) + 1);
	if (!data || str_equal(name, "counter"))
		return;
	if (str_equal(name, "match") || str_equal(name, "target"))
		hash_extension(state, data);
	else
		XXH3_64bits_update(state, mnl_attr_get_payload(data),
				   mnl_attr_get_payload_len(data));
}

static void found_rule(const struct nlattr *const *attr, void *arg)
{
	const struct prints *prints = arg;
	const struct nlattr *expression;

	if (!attr[NFTA_RULE_TABLE] || !attr[NFTA_RULE_CHAIN] ||
	    !str_equal(mnl_attr_get_str(attr[NFTA_RULE_TABLE]), prints->table))
		return;
	XXH3_64bits_reset(prints->state);
	if (attr[NFTA_RULE_EXPRESSIONS])
		mnl_attr_for_each_nested(expression, attr[NFTA_RULE_EXPRESSIONS])
			hash_expression(prints->state, expression);
	prints->found(prints->arg, mnl_attr_get_str(attr[NFTA_RULE_CHAIN]),
		      XXH3_64bits_digest(prints->state));
}

static int nft_rule_prints(enum family family, enum xtable table, int netns,
			   void (*found)(void *arg, const char *chain, uint64_t print), void *arg)
{
	struct prints prints = { xtable_name(table), XXH3_createState(), found, arg };
	struct dump dump = { found_rule, &prints };
	int ret = -1;

	if (prints.state)
		ret = ask_in(netns, NFT_MSG_GETRULE, NLM_F_DUMP, nfproto(family), &dump);
	XXH3_freeState(prints.state);
	return ret;
}

const struct kernel_ops kernel_nft_ops = {
	.name = "nft",
	.tables = nft_tables,
	.fingerprint = nft_fingerprint,
	.chains = nft_chains,
	.rule_prints = nft_rule_prints,
};
