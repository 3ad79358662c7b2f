#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <xxhash.h>

#include "base.h"
#include "kernel.h"
#include "kernel_ask.h"

/*
 * nf_tables over netlink: the generation id, and which tables, chains and rules there are.
 */

/* All of a kind. netns: -1 for ours. */
static int ask_all(unsigned int type, enum family family, int netns,
		   void (*found)(const struct nlattr *const *attr, void *arg), void *arg)
{
	struct nft_question question = {
		.type = type, .flags = NLM_F_DUMP, .nfproto = nft_proto(family), .netns = netns
	};

	return nft_ask(&question, found, arg);
}

static void found_generation(const struct nlattr *const *attr, void *arg)
{
	if (attr[NFTA_GEN_ID])
		*(uint64_t *)arg = ntohl(mnl_attr_get_u32(attr[NFTA_GEN_ID]));
}

static int nft_fingerprint(const unsigned int tables[FAMILY_NR], uint64_t *ret_print)
{
	uint64_t generation = 0;
	struct nft_question question = { .type = NFT_MSG_GETGEN,
					 .nfproto = AF_UNSPEC,
					 .netns = -1 };

	(void)tables;
	if (nft_ask(&question, found_generation, &generation) < 0)
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

	return ask_all(NFT_MSG_GETTABLE, family, -1, found_table, &tables) < 0 ? -1 : tables;
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

	return ask_all(NFT_MSG_GETCHAIN, family, -1, found_chain, &chains);
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
	int ret = -1;

	if (prints.state)
		ret = ask_all(NFT_MSG_GETRULE, family, netns, found_rule, &prints);
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
