#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base.h"
#include "kernel_message.h"
#include "kernel_ask.h"
#include "kernel_batch.h"

/* The largest of our own; names are shorter than NFT_NAME_MAXLEN. */
enum { OWN_MAX = 2 * NFT_NAME_MAXLEN + 256 };

/* What stands in the room behind the others is whole. */
static void end_message(struct nft_batch *batch, struct nlmsghdr *nlh)
{
	nft_batch_number(batch, nlh);
	batch->len += MNL_ALIGN(nlh->nlmsg_len);
}

static struct nlmsghdr *begin_message(struct nft_batch *batch, unsigned int type,
				      unsigned int flags, enum family family, enum xtable table)
{
	char *room = nft_batch_room(batch, OWN_MAX);
	struct nlmsghdr *nlh;
	struct nfgenmsg *nfg;

	if (!room)
		return NULL;
	nlh = mnl_nlmsg_put_header(room);
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nlh->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type);
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nfg->nfgen_family = (uint8_t)nft_proto(family);
	nfg->version = NFNETLINK_V0;
	/* = NFTA_CHAIN_TABLE, NFTA_RULE_TABLE */
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, xtable_name(table));
	return nlh;
}

int nft_put_table(struct nft_batch *batch, enum family family, enum xtable table)
{
	struct nlmsghdr *nlh = begin_message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, family, table);

	if (!nlh)
		return -1;
	end_message(batch, nlh);
	return 0;
}

/* A message about a chain by its name; NULL: too long. */
static struct nlmsghdr *begin_chain(struct nft_batch *batch, unsigned int type, unsigned int flags,
				    enum family family, enum xtable table, const char *chain)
{
	bool of_rule = type == NFT_MSG_DELRULE;
	struct nlmsghdr *nlh;

	errno = ENAMETOOLONG;
	if (strlen(chain) >= NFT_NAME_MAXLEN)
		return NULL;
	nlh = begin_message(batch, type, flags, family, table);
	if (nlh)
		mnl_attr_put_strz(nlh, of_rule ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME, chain);
	return nlh;
}

static int put_chain(struct nft_batch *batch, unsigned int type, unsigned int flags,
		     enum family family, enum xtable table, const char *chain)
{
	struct nlmsghdr *nlh = begin_chain(batch, type, flags, family, table, chain);

	if (!nlh)
		return -1;
	end_message(batch, nlh);
	return 0;
}

int nft_put_chain(struct nft_batch *batch, enum family family, enum xtable table, const char *chain)
{
	return put_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, family, table, chain);
}

int nft_put_chain_end(struct nft_batch *batch, enum family family, enum xtable table,
		      const char *chain)
{
	/* not with its rules, if some are there after all */
	return put_chain(batch, NFT_MSG_DELCHAIN, NLM_F_NONREC, family, table, chain);
}

int nft_put_rule_end(struct nft_batch *batch, enum family family, enum xtable table,
		     const char *chain, uint64_t handle)
{
	struct nlmsghdr *nlh = begin_chain(batch, NFT_MSG_DELRULE, 0, family, table, chain);

	if (!nlh)
		return -1;
	if (handle)
		mnl_attr_put_u64(nlh, NFTA_RULE_HANDLE, htobe64(handle));
	end_message(batch, nlh);
	return 0;
}

static struct nlmsghdr *copy_message(struct nft_batch *batch, const struct nlmsghdr *message)
{
	size_t len = MNL_ALIGN(message->nlmsg_len);
	char *room = nft_batch_room(batch, len + OWN_MAX);

	if (!room)
		return NULL;
	/* its padding is in the program's batch as well: the batch goes on behind it */
	return memcpy(room, message, len);
}

int nft_put_base(struct nft_batch *batch, const struct nlmsghdr *message, const char *policy)
{
	uint32_t verdict = htonl(str_equal(policy, "DROP") ? NF_DROP : NF_ACCEPT);
	struct nlmsghdr *nlh = copy_message(batch, message);
	struct nlattr *attr;

	if (!nlh)
		return -1;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_CHAIN_POLICY)
			memcpy(mnl_attr_get_payload(attr), &verdict, sizeof(verdict));
	}
	end_message(batch, nlh);
	return 0;
}

int nft_put_rule(struct nft_batch *batch, const struct nlmsghdr *message, uint64_t before)
{
	struct nlmsghdr *nlh = copy_message(batch, message);

	if (!nlh)
		return -1;
	if (before) {
		nlh->nlmsg_len = MNL_ALIGN(nlh->nlmsg_len);
		mnl_attr_put_u64(nlh, NFTA_RULE_POSITION, htobe64(before));
		nlh->nlmsg_flags &= (uint16_t)~NLM_F_APPEND;
	}
	end_message(batch, nlh);
	return 0;
}
