#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "base.h"
#include "kernel_batch.h"
#include "buf.h"

enum {
	BEGIN_SEQ = 1,	    /* messages follow: the first has 2 */
	ANSWERS = 16 << 20, /* bytes of room for answers */
	OVERHEAD = 64 << 10 /* what the kernel takes of a socket's buffer beside the message */
};

struct begin {
	struct nlmsghdr header;
	struct nfgenmsg message;
	struct nlattr attr;
	uint32_t generation;
};

struct end {
	struct nlmsghdr header;
	struct nfgenmsg message;
};

/* --- filling ------------------------------------------------------------------------------ */

static int reserve(struct nft_batch *batch, size_t room)
{
	size_t cap = batch->cap ? batch->cap : 1 << 16;
	char *data;

	if (room > NFT_BATCH_MAX - batch->len) {
		errno = EMSGSIZE;
		return -1;
	}
	while (cap - batch->len < room)
		cap *= 2;
	if (cap == batch->cap)
		return 0;
	data = realloc(batch->data, cap);
	if (!data)
		return -1;
	batch->data = data;
	batch->cap = cap;
	return 0;
}

char *nft_batch_room(struct nft_batch *batch, size_t len)
{
	if (reserve(batch, sizeof(struct begin) + len) < 0)
		return NULL;
	if (!batch->len) { /* filled when it is sent */
		memset(batch->data, 0, sizeof(struct begin));
		batch->len = sizeof(struct begin);
	}
	return batch->data + batch->len;
}

void nft_batch_number(struct nft_batch *batch, struct nlmsghdr *nlh)
{
	nlh->nlmsg_seq = BEGIN_SEQ + ++batch->nr;
	/* no answers but faults: the last message alone asks for one */
	nlh->nlmsg_flags &= (uint16_t) ~(NLM_F_ACK | NLM_F_ECHO);
}

void nft_batch_undo(struct nft_batch *batch, const struct nft_batch *before)
{
	batch->len = before->len;
	batch->nr = before->nr;
}

/* --- sending ------------------------------------------------------------------------------ */

static struct nfgenmsg mark(void)
{
	return (struct nfgenmsg){ AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES) };
}

/* nft_batch_room() has left room for the end: it is smaller than the BATCH_BEGIN it asked for. */
static void enclose(struct nft_batch *batch, uint32_t generation)
{
	struct begin begin = { { sizeof(begin), NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, BEGIN_SEQ, 0 },
			       mark(),
			       { sizeof(begin.attr) + sizeof(begin.generation), NFNL_BATCH_GENID },
			       htonl(generation) };
	struct end end = { { sizeof(end), NFNL_MSG_BATCH_END, NLM_F_REQUEST,
			     BEGIN_SEQ + batch->nr + 1, 0 },
			   mark() };

	memcpy(batch->data, &begin, sizeof(begin));
	memcpy(batch->data + batch->len, &end, sizeof(end));
}

static struct nlmsghdr *find_message(struct nft_batch *batch, uint32_t seq)
{
	struct nlmsghdr *nlh = (void *)(batch->data + sizeof(struct begin));
	int left = (int)(batch->len - sizeof(struct begin));

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_seq == seq)
			return nlh;
	return NULL;
}

/* Whether a socket that can take it could be opened. */
static int prepare(struct mnl_socket *socket, size_t len)
{
	int fd = mnl_socket_get_fd(socket), room = (int)len + OVERHEAD, answers = ANSWERS, on = 1;
	socklen_t size = sizeof(room);

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &answers, sizeof(answers));
	/* an answer need not hold the message that it answers */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &size) < 0)
		return -1;
	if ((size_t)room >= len + OVERHEAD / 2)
		return 0;
	errno = EMSGSIZE;
	return -1;
}

/* What the kernel has said. */
struct answers {
	bool acknowledged; /* the last message: all before it were carried out as well */
	uint32_t refused;  /* seq of the first that was refused; 0: none */
	int error;
};

static void take_answer(struct answers *a, const struct nlmsghdr *nlh, uint32_t last)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(answer->error)))
		return;
	if (!answer->error)
		a->acknowledged |= nlh->nlmsg_seq == last;
	else if (!a->refused || nlh->nlmsg_seq < a->refused) {
		a->refused = nlh->nlmsg_seq;
		a->error = -answer->error;
	}
}

/* They are all there when sendto(2) comes back: netlink works in the sender's own time. */
static void read_answers(struct mnl_socket *socket, uint32_t last, struct answers *ret)
{
	char buf[1 << 14];
	ssize_t got;

	/* ENOBUFS: more answers than there was room for; those that are there still come */
	while ((got = recv(mnl_socket_get_fd(socket), buf, sizeof(buf), MSG_DONTWAIT)) > 0 ||
	       errno == ENOBUFS || errno == EINTR) {
		const struct nlmsghdr *nlh = (const void *)buf;
		int left = (int)got;

		for (; got > 0 && mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			take_answer(ret, nlh, last);
	}
}

static int keep_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **attrs = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= NFTA_CHAIN_NAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
		attrs[type] = attr;
	return MNL_CB_OK;
}

/* "ipv6 mangle chain 'X': Invalid argument" */
static void describe(const struct nlmsghdr *nlh, int error, struct buf *failure)
{
	const struct nlattr *attrs[NFTA_CHAIN_NAME + 1] = { NULL };
	const struct nlattr *chain = NULL;

	if (nlh) {
		const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
		unsigned int type = NFNL_MSG_TYPE(nlh->nlmsg_type);

		(void)mnl_attr_parse(nlh, sizeof(*nfg), keep_attr, attrs);
		if (type == NFT_MSG_NEWRULE || type == NFT_MSG_DELRULE)
			chain = attrs[NFTA_RULE_CHAIN];
		else if (type == NFT_MSG_NEWCHAIN || type == NFT_MSG_DELCHAIN)
			chain = attrs[NFTA_CHAIN_NAME];
		buf_adds(failure, family_name(nfg->nfgen_family == NFPROTO_IPV4 ? FAMILY_IPV4 :
										  FAMILY_IPV6));
		/* the table's name is attribute 1 of every message */
		if (attrs[NFTA_TABLE_NAME])
			buf_addf(failure, " %s", mnl_attr_get_str(attrs[NFTA_TABLE_NAME]));
		if (chain)
			buf_addf(failure, " chain '%s'", mnl_attr_get_str(chain));
		buf_adds(failure, ": ");
	}
	buf_adds(failure, strerror(error));
}

static enum nft_batch_end send_all(struct nft_batch *batch, struct mnl_socket *socket,
				   struct buf *failure)
{
	uint32_t last = BEGIN_SEQ + batch->nr;
	struct answers answers = { .acknowledged = false };

	if (mnl_socket_sendto(socket, batch->data, batch->len + sizeof(struct end)) < 0) {
		describe(NULL, errno, failure);
		return NFT_BATCH_REFUSED;
	}
	read_answers(socket, last, &answers);
	if (answers.refused == BEGIN_SEQ && answers.error == ERESTART)
		return NFT_BATCH_RACED;
	if (!answers.refused && answers.acknowledged)
		return NFT_BATCH_DONE;
	/* without any word it is not known what has become of it: the caller looks */
	describe(find_message(batch, answers.refused), answers.refused ? answers.error : ENOBUFS,
		 failure);
	return NFT_BATCH_REFUSED;
}

enum nft_batch_end nft_batch_commit(struct nft_batch *batch, uint32_t generation,
				    struct buf *ret_failure)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	enum nft_batch_end end = NFT_BATCH_IMPOSSIBLE;

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    prepare(socket, batch->len) == 0) {
		enclose(batch, generation);
		find_message(batch, BEGIN_SEQ + batch->nr)->nlmsg_flags |= NLM_F_ACK;
		end = send_all(batch, socket, ret_failure);
	}
	if (socket) {
		int error = errno;

		mnl_socket_close(socket);
		errno = error;
	}
	return end;
}

void nft_batch_release(struct nft_batch *batch)
{
	free(batch->data);
	*batch = (struct nft_batch)NFT_BATCH_INIT;
}
