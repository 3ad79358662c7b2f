/*
 * kernel_message: single nf_tables messages. Those of a batch that a restore program has sent are
 * looked at: what they add can be added again, elsewhere. And a batch of our own is put together.
 * in:     a program's batch, checked in full: it comes from another process
 * owns:   nothing: messages point into that batch
 * fails:  -1 with errno set
 *
 * A rule can be added again where its extensions are movable (kernel_movable.h); sets and objects
 * of nft would have to be made.
 */
#ifndef RAMPART_KERNEL_MESSAGE_H
#define RAMPART_KERNEL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "family.h"
#include "xtable.h"

struct nft_batch;
struct nlmsghdr;

enum nft_message_kind {
	NFT_ADDS_RULE,
	NFT_MAKES_BASE, /* a built-in chain, with a policy */
	NFT_SETS_POLICY /* of one that exists */
};

struct nft_message {
	enum nft_message_kind kind;
	enum family family;
	enum xtable table;
	const char *chain;
	const struct nlmsghdr *nlh;
};

/* found() for each of them, in their order. -1: not a batch from its beginning to its end. */
int nft_messages(const void *batch, size_t len,
		 void (*found)(void *arg, const struct nft_message *message), void *arg);
/* Can it be added again, elsewhere? A rule: it was added behind all others of its chain. */
bool nft_message_is_plain(const struct nlmsghdr *nlh);
/* Is it about that chain? */
bool nft_message_is_of(const struct nlmsghdr *nlh, enum family family, enum xtable table,
		       const char *chain);

/* --- a batch of our own, each message behind the others -------------------------------- */

int nft_put_table(struct nft_batch *batch, enum family family, enum xtable table);
int nft_put_chain(struct nft_batch *batch, enum family family, enum xtable table,
		  const char *chain);
/* Of a message that makes a built-in chain, or sets its policy. policy: ACCEPT, DROP. */
int nft_put_base(struct nft_batch *batch, const struct nlmsghdr *message, const char *policy);
/* before: a rule's handle; 0: behind all others. */
int nft_put_rule(struct nft_batch *batch, const struct nlmsghdr *message, uint64_t before);
/* handle 0: all rules of the chain. */
int nft_put_rule_end(struct nft_batch *batch, enum family family, enum xtable table,
		     const char *chain, uint64_t handle);
int nft_put_chain_end(struct nft_batch *batch, enum family family, enum xtable table,
		      const char *chain);

#endif
