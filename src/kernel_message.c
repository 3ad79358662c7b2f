#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include "base.h"
#include "kernel_message.h"
#include "kernel_ask.h"
#include "kernel_batch.h"
#include "kernel_movable.h"

/* --- looking ------------------------------------------------------------------------------ */

/* Attributes of a rule, a chain or an expression: none has a type above that. */
enum { TYPES = NFT_ATTRS_MAX };

/* All attributes of a message in place, each type once, and no type beyond. */
static bool parse(const struct nlmsghdr *nlh, const struct nlattr *ret[TYPES + 1])
{
	const size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	const struct nlattr *attr = (const void *)((const char *)nlh + head);
	int left = (int)(nlh->nlmsg_len - head);

	if (nlh->nlmsg_len < head)
		return false;

	for (; mnl_attr_ok(attr, left); attr = mnl_attr_next(attr)) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type > TYPES || ret[type])
			return false;
		ret[type] = attr;
		left -= (int)MNL_ALIGN(attr->nla_len);
	}
	return left <= 0;
}

/* Has nothing but attributes of these types (bits). */
static bool has_only(const struct nlattr *const *attrs, uint64_t types)
{
	for (unsigned int i = 0; i <= TYPES; i++)
		if (attrs[i] && !(types >> i & 1))
			return false;
	return true;
}

static const char *text_of(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(attr) :
									   NULL;
}

static const struct nlattr *inside(const struct nlattr *nested, unsigned int type)
{
	const struct nlattr *attr, *found = NULL;

	mnl_attr_for_each_nested(attr, nested)
	{
		if (mnl_attr_get_type(attr) == type)
			found = attr;
	}
	return found;
}

static bool is_movable(const struct nlattr *expression)
{
	const char *name = text_of(inside(expression, NFTA_EXPR_NAME));
	const struct nlattr *data;

	/* what the batch would have to make as well */
	if (!name || str_equal(name, "lookup") || str_equal(name, "dynset") ||
	    str_equal(name, "objref"))
		return false;
	if (!str_equal(name, "match") && !str_equal(name, "target"))
		return true;
	data = inside(expression, NFTA_EXPR_DATA);
	name = data ? text_of(inside(data, NFTA_MATCH_NAME)) : NULL; /* = NFTA_TARGET_NAME */
	return name && extension_is_movable(name);
}

static bool is_plain_rule(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	const uint64_t known = 1u << NFTA_RULE_TABLE | 1u << NFTA_RULE_CHAIN |
			       1u << NFTA_RULE_EXPRESSIONS | 1u << NFTA_RULE_COMPAT |
			       1u << NFTA_RULE_USERDATA;
	const struct nlattr *expression;

	if (nlh->nlmsg_flags != (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND) ||
	    !has_only(attrs, known) || !attrs[NFTA_RULE_EXPRESSIONS])
		return false;
	mnl_attr_for_each_nested(expression, attrs[NFTA_RULE_EXPRESSIONS])
	{
		if (!is_movable(expression))
			return false;
	}
	return true;
}

static bool is_plain_base(const struct nlattr *const *attrs)
{
	const uint64_t known = 1u << NFTA_CHAIN_TABLE | 1u << NFTA_CHAIN_NAME |
			       1u << NFTA_CHAIN_HOOK | 1u << NFTA_CHAIN_POLICY |
			       1u << NFTA_CHAIN_TYPE | 1u << NFTA_CHAIN_COUNTERS;

	return has_only(attrs, known) && attrs[NFTA_CHAIN_POLICY] &&
	       mnl_attr_validate(attrs[NFTA_CHAIN_POLICY], MNL_TYPE_U32) == 0;
}

/* Table, family and chain. */
static bool find_place(const struct nlmsghdr *nlh, const struct nlattr *const *attrs,
		       const struct nlattr *chain, struct nft_message *ret)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = text_of(attrs[NFTA_RULE_TABLE]); /* = NFTA_CHAIN_TABLE */

	ret->nlh = nlh;
	ret->family = nfg->nfgen_family == NFPROTO_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6;
	ret->chain = text_of(chain);
	return (nfg->nfgen_family == NFPROTO_IPV4 || nfg->nfgen_family == NFPROTO_IPV6) && table &&
	       ret->chain && xtable_by_name(table, strlen(table), &ret->table) == 0;
}

/* 1: it is one to be told of; 0: something else; -1: damaged. */
static int look_at(const struct nlmsghdr *nlh, struct nft_message *ret)
{
	const struct nlattr *attrs[TYPES + 1] = { NULL };
	unsigned int type = NFNL_MSG_TYPE(nlh->nlmsg_type);

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return 0;
	if (!parse(nlh, attrs))
		return -1;
	if (type == NFT_MSG_NEWRULE) {
		ret->kind = NFT_ADDS_RULE;
		return find_place(nlh, attrs, attrs[NFTA_RULE_CHAIN], ret) ? 1 : -1;
	}
	if (type == NFT_MSG_NEWCHAIN && attrs[NFTA_CHAIN_HOOK]) {
		ret->kind = attrs[NFTA_CHAIN_COUNTERS] ? NFT_SETS_POLICY : NFT_MAKES_BASE;
		return find_place(nlh, attrs, attrs[NFTA_CHAIN_NAME], ret) ? 1 : -1;
	}
	return 0;
}

int nft_messages(const void *batch, size_t len,
		 void (*found)(void *arg, const struct nft_message *message), void *arg)
{
	const struct nlmsghdr *nlh = batch;
	int left = len <= NFT_BATCH_MAX ? (int)len : 0;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		struct nft_message message;
		int ret;

		if (nlh->nlmsg_type == NFNL_MSG_BATCH_END)
			return 0;
		ret = look_at(nlh, &message);
		if (ret < 0)
			break;
		if (ret > 0)
			found(arg, &message);
	}
	errno = EPROTO;
	return -1;
}

bool nft_message_is_plain(const struct nlmsghdr *nlh)
{
	const struct nlattr *attrs[TYPES + 1] = { NULL };

	if (!parse(nlh, attrs))
		return false;
	return NFNL_MSG_TYPE(nlh->nlmsg_type) == NFT_MSG_NEWRULE ? is_plain_rule(nlh, attrs) :
								   is_plain_base(attrs);
}

bool nft_message_is_of(const struct nlmsghdr *nlh, enum family family, enum xtable table,
		       const char *chain)
{
	struct nft_message message;

	return look_at(nlh, &message) > 0 && message.family == family && message.table == table &&
	       str_equal(message.chain, chain);
}
