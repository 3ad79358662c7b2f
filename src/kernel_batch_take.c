#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base.h"
#include "kernel_batch.h"

enum {
	ID_BITS = 24, /* a rule's id within its own batch; the batch stands above */
	BATCHES_MAX = 255
};

/* What any message has at least. */
static const size_t smallest = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);

/*
 * By its id a message names a rule that an earlier one of its batch adds. Batches of two programs
 * both count from 1.
 */
static int set_apart(struct nlmsghdr *nlh, uint32_t nr_batch)
{
	struct nlattr *attr;

	if (NFNL_MSG_TYPE(nlh->nlmsg_type) != NFT_MSG_NEWRULE &&
	    NFNL_MSG_TYPE(nlh->nlmsg_type) != NFT_MSG_DELRULE)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		unsigned int type = mnl_attr_get_type(attr);
		uint32_t id;

		if (type != NFTA_RULE_ID && type != NFTA_RULE_POSITION_ID)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return -1;
		id = ntohl(mnl_attr_get_u32(attr));
		if (id >> ID_BITS || nr_batch > BATCHES_MAX)
			return -1;
		id = htonl(nr_batch << ID_BITS | id);
		memcpy(mnl_attr_get_payload(attr), &id, sizeof(id));
	}
	return 0;
}

static bool is_mark(const struct nlmsghdr *nlh, unsigned int type)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	return nlh->nlmsg_type == type && nlh->nlmsg_len >= smallest &&
	       nfg->res_id == htons(NFNL_SUBSYS_NFTABLES);
}

static bool is_change(const struct nlmsghdr *nlh, enum family family)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	return NFNL_SUBSYS_ID(nlh->nlmsg_type) == NFNL_SUBSYS_NFTABLES &&
	       nlh->nlmsg_len >= smallest &&
	       nfg->nfgen_family == (family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static uint32_t generation_of(const struct nlmsghdr *begin)
{
	const struct nlattr *attr;
	uint32_t generation = 0;

	mnl_attr_for_each(attr, begin, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFNL_BATCH_GENID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			generation = ntohl(mnl_attr_get_u32(attr));
	}
	return generation;
}

int nft_batch_take(struct nft_batch *batch, enum family family, size_t len, size_t *ret_messages)
{
	char *raw = batch->data + batch->len;
	struct nlmsghdr *nlh = (void *)raw;
	int left = (int)len; /* at most NFT_BATCH_MAX */
	uint32_t before = batch->nr, generation;
	bool ended = false;
	size_t begin;

	errno = EPROTO;
	if (!mnl_nlmsg_ok(nlh, left) || !is_mark(nlh, NFNL_MSG_BATCH_BEGIN))
		return -1;
	begin = MNL_ALIGN(nlh->nlmsg_len);
	generation = generation_of(nlh);
	if (batch->nr_taken++ == 0)
		batch->generation = generation;
	else if (batch->generation != generation)
		batch->generation = 0;
	for (nlh = mnl_nlmsg_next(nlh, &left); mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		ended = is_mark(nlh, NFNL_MSG_BATCH_END);
		if (ended || !is_change(nlh, family) || MNL_ALIGN(nlh->nlmsg_len) > (size_t)left ||
		    set_apart(nlh, batch->nr_taken) < 0)
			break;
		nft_batch_number(batch, nlh);
	}
	if (!ended || (size_t)left > MNL_ALIGN(nlh->nlmsg_len)) { /* something is behind the end */
		batch->nr = before;
		return -1;
	}
	len -= (size_t)left + begin;
	memmove(raw, raw + begin, len);
	batch->len += len;
	*ret_messages = batch->nr - before;
	return 0;
}
