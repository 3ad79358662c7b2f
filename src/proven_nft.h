/*
 * proven_nft: the rules of a proof as the netlink messages that added them in the scratch
 * namespace.
 * in:     copies of the restore programs' batches, and the canonical rules that came back
 * owns:   the copies; proven_nft_free(). Rules are those of canonical, which has to live as long
 */
#ifndef RAMPART_PROVEN_NFT_H
#define RAMPART_PROVEN_NFT_H

#include <stdbool.h>
#include <stddef.h>

#include "family.h"
#include "xtable.h"

struct nlmsghdr;
struct proven_nft;
struct rule;
struct ruleset;

struct proven_nft *proven_nft_new(void);
void proven_nft_free(struct proven_nft *proven); /* NULL: nothing to do */

/* Room for a batch of len bytes; NULL with errno set. It counts once it is kept. */
char *proven_nft_room(struct proven_nft *proven, size_t len);
void proven_nft_keep(struct proven_nft *proven);

/*
 * All batches are kept, of the rules in these tables: the nth message for a chain is its nth
 * rule. -1: there are not as many of
 * the one as of the other; the programs do something that is not known of them, and nothing of it
 * is to be used.
 */
int proven_nft_match(struct proven_nft *proven, const struct ruleset *canonical,
		     const unsigned int tables[FAMILY_NR]);

/* The message of a rule; NULL: there is none, or it can't be added again (kernel_message.h). */
const struct nlmsghdr *proven_nft_rule(const struct proven_nft *proven, const struct rule *rule);
/* The one that makes a built-in chain; sets_policy: that sets its policy. Or NULL. */
const struct nlmsghdr *proven_nft_base(const struct proven_nft *proven, enum family family,
				       enum xtable table, const char *chain, bool sets_policy);

#endif
