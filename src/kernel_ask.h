/*
 * kernel_ask: questions to nf_tables over netlink, and what is answered.
 * Known to kernel_*.c alone.
 * fails: -1 with errno set
 * Source: include/uapi/linux/netfilter/nf_tables.h of the kernel.
 */
#ifndef RAMPART_KERNEL_ASK_H
#define RAMPART_KERNEL_ASK_H

#include "family.h"

struct nlattr;

struct nft_question {
	unsigned int type;	   /* NFT_MSG_GET... */
	unsigned int flags;	   /* NLM_F_DUMP: all that there are */
	int nfproto;		   /* AF_UNSPEC: of the whole namespace */
	int netns;		   /* of another namespace; -1: ours */
	const char *table, *chain; /* rules: those of one chain alone; NULL: all */
};

enum { NFT_ATTRS_MAX = 32 }; /* more than any answer has */

/* found() once for each answer, when all are there. attr: by type, NULL where there is none. */
int nft_ask(const struct nft_question *question,
	    void (*found)(const struct nlattr *const *attr, void *arg), void *arg);

int nft_proto(enum family family);

#endif
