/*
 * kernel: one of the two backends: which programs speak for it, what its live
 * tables hold, and a fingerprint that tells whether anything changed.
 * Rule text is read and written by the *-save and *-restore programs, for both
 * backends; everything else goes to the kernel directly (kernel_legacy.c and kernel_blob.c
 * by ip_tables' own calls, the others by netlink).
 * Looking never creates a table.
 */
#ifndef RAMPART_KERNEL_H
#define RAMPART_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "family.h"
#include "xtable.h"

struct diags;
struct ruleset;

enum backend_kind { KERNEL_NFT, KERNEL_LEGACY };

struct kernel;

/* What a backend does without the programs. */
struct kernel_ops {
	const char *name;
	/* Bits (1 << enum xtable) of the tables that exist. -1: can't be seen (no root). */
	int (*tables)(enum family family);
	/*
	 * Changes whenever a table of the mask does, counters aside, but not when an empty one with
	 * accepting policies is made; nft: the generation: whenever any table of the namespace
	 * does, one more for each commit. ret_print: 0 is never a fingerprint. -1 with errno set.
	 */
	int (*fingerprint)(const unsigned int tables[FAMILY_NR], uint64_t *ret_print);
	/* Call found() for each chain of a table that exists. policy: NULL for user chains. */
	int (*chains)(enum family family, enum xtable table,
		      void (*found)(void *arg, const char *chain, const char *policy), void *arg);
	/* Call found() for each rule, numbered from 0 in its chain. NULL: "*-save -c" tells. */
	int (*counters)(enum family family, enum xtable table,
			void (*found)(void *arg, const char *chain, size_t at, uint64_t packets,
				      uint64_t bytes),
			void *arg);
	/*
	 * Call found() for each rule with a hash of what the kernel really holds: counters and
	 * the numbers of ipsets aside. netns: of another namespace, or -1. NULL: the text of
	 * "*-save" is always the whole truth.
	 */
	int (*rule_prints)(enum family family, enum xtable table, int netns,
			   void (*found)(void *arg, const char *chain, uint64_t print), void *arg);
};

extern const struct kernel_ops kernel_nft_ops, kernel_legacy_ops;

struct kernel {
	enum backend_kind kind;
	const struct kernel_ops *ops;
	char *restore[FAMILY_NR]; /* absolute paths */
	char *save[FAMILY_NR];
	bool chosen; /* by the user, not by what the host's iptables is */
};

/* choice: of config.h. families: those whose programs must be there; the other's are found if
 * they are: the last apply may have had it. */
int kernel_init(struct kernel *kernel, int choice, unsigned int families, struct diags *diags);
void kernel_release(struct kernel *kernel);
const char *kernel_kind_name(enum backend_kind kind);

#endif
