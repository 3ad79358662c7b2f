#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>

#include "base.h"
#include "kernel_handles.h"
#include "kernel_ask.h"
#include "xalloc.h"

struct handles {
	const char *table, *chain;
	struct nft_handles *ret;
};

static void found(const struct nlattr *const *attr, void *arg)
{
	const struct handles *h = arg;
	struct nft_handles *ret = h->ret;

	/* old kernels tell of all rules, whatever they were asked */
	if (!attr[NFTA_RULE_TABLE] || !attr[NFTA_RULE_CHAIN] || !attr[NFTA_RULE_HANDLE] ||
	    !str_equal(mnl_attr_get_str(attr[NFTA_RULE_TABLE]), h->table) ||
	    !str_equal(mnl_attr_get_str(attr[NFTA_RULE_CHAIN]), h->chain))
		return;
	XGROW(ret->v, ret->nr, ret->cap);
	ret->v[ret->nr++] = be64toh(mnl_attr_get_u64(attr[NFTA_RULE_HANDLE]));
}

int nft_handles(enum family family, enum xtable table, const char *chain, struct nft_handles *ret)
{
	struct handles handles = { xtable_name(table), chain, ret };
	struct nft_question question = { .type = NFT_MSG_GETRULE,
					 .flags = NLM_F_DUMP,
					 .nfproto = nft_proto(family),
					 .netns = -1,
					 .table = handles.table,
					 .chain = chain };

	return nft_ask(&question, found, &handles);
}
