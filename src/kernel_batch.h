/*
 * kernel_batch: nf_tables changes that several programs wanted to make, as one transaction that
 * is only carried out if the generation still is the expected one. All of it, or nothing.
 * in:     the programs' own netlink batches (BATCH_BEGIN, messages, BATCH_END), which are
 *         checked in full: they come from another process
 * owns:   its messages; nft_batch_release()
 * fails:  without memory, too; nothing here ends the program
 * Source: linux/netfilter/nfnetlink.h, net/netfilter/nfnetlink.c of the kernel.
 */
#ifndef RAMPART_KERNEL_BATCH_H
#define RAMPART_KERNEL_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "family.h"

struct buf;

struct nft_batch {
	char *data;
	size_t len, cap;
	uint32_t nr;	     /* messages */
	uint32_t nr_taken;   /* batches */
	uint32_t generation; /* that all of them are made for; 0: not the same, or not said */
};

#define NFT_BATCH_INIT \
	{ \
		.data = NULL \
	}

enum {
	NFT_BATCH_MAX = 1 << 30 /* bytes; the kernel's limit for a socket's buffer is the double */
};

/* Room for a batch of len bytes, to be filled and then taken; NULL with errno set. */
char *nft_batch_room(struct nft_batch *batch, size_t len);
/* Take what was put there. -1 with errno: EPROTO: no whole batch of that family alone. */
int nft_batch_take(struct nft_batch *batch, enum family family, size_t len, size_t *ret_messages);

/* A message that stands behind all others gets its number; for kernel_*.c. */
struct nlmsghdr;
void nft_batch_number(struct nft_batch *batch, struct nlmsghdr *nlh);

/* Back to what it was: what was taken since is not to be sent. */
void nft_batch_undo(struct nft_batch *batch, const struct nft_batch *before);

enum nft_batch_end {
	NFT_BATCH_DONE,	     /* the kernel has acknowledged it: one generation more */
	NFT_BATCH_RACED,     /* the generation is another one: nothing done */
	NFT_BATCH_REFUSED,   /* nothing done, ret_failure says what was refused */
	NFT_BATCH_IMPOSSIBLE /* no such socket, or too large for it (errno); nothing done */
};

enum nft_batch_end nft_batch_commit(struct nft_batch *batch, uint32_t generation,
				    struct buf *ret_failure);
void nft_batch_release(struct nft_batch *batch);

#endif
