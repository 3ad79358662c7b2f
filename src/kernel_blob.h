/*
 * kernel_blob: a table of ip_tables as the kernel gives it: one piece of memory with an entry
 * for each rule, for the end of each chain (policy, or return) and for the name of each user
 * chain. Asking for a table that does not exist makes it: see kernel_ops.tables.
 * owns:   a blob its entries; blob_release(), also of a zeroed one
 * fails:  -1 with errno set; EPROTO: the entries do not fit into each other
 * Source: linux/netfilter_ipv4/ip_tables.h, get_entries() of net/ipv4/netfilter/ip_tables.c
 */
#ifndef RAMPART_KERNEL_BLOB_H
#define RAMPART_KERNEL_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xtable.h"

enum { BLOB_HOOKS = 5 }; /* NF_INET_NUMHOOKS */

struct blob {
	enum family family;
	unsigned int hooks; /* bits (1 << hook) of those that the table has */
	/* where its built-in chain begins, and where its policy is; only of hooks that it has */
	unsigned int hook_entry[BLOB_HOOKS], underflow[BLOB_HOOKS];
	unsigned int nr; /* entries */
	size_t size;	 /* bytes of entries */
	char *entries;	 /* in: */
	void *memory;
	size_t room;
};

/* For calls about a table of that family. */
int blob_socket(enum family family);
/* netns: of another namespace, or -1. */
int blob_read(enum family family, enum xtable table, int netns, struct blob *ret_blob);
/* Of what a program tells IPT_SO_SET_REPLACE, len bytes: the table that the kernel makes of it. */
int blob_of_replace(enum family family, const void *replace, size_t len, struct blob *ret_blob);
void blob_release(struct blob *blob);

/* As the kernel makes it where there was none: only to look at it can be enough. */
bool blob_is_pristine(const struct blob *blob);
/* Zero what is no part of the rules: counters, and notes of the kernel's own. */
void blob_strip(struct blob *blob);

/* From chain to chain and, within one, from rule to rule, in the order of "*-save". Start with
 * BLOB_AT(blob). Names live as long as the blob. */
struct blob_at {
	const struct blob *blob;
	const char *chain;
	const char *policy; /* NULL: a user chain */
	const char *rule;   /* NULL: before the chain's first */
	size_t next;	    /* the entry of the chain's next rule, or of its end */
	size_t number;	    /* of that entry, in the table */
	size_t underflow;   /* of a built-in chain */
	unsigned int hook;  /* of a built-in chain */
};

#define BLOB_AT(of) \
	{ \
		.blob = (of) \
	}

bool blob_next_chain(struct blob_at *at);
bool blob_next_rule(struct blob_at *at);
/* May the rule stand in another namespace's table? See kernel_movable.h. */
bool blob_rule_is_movable(const struct blob_at *at);
void blob_counters(const struct blob_at *at, uint64_t *ret_packets, uint64_t *ret_bytes);

#endif
