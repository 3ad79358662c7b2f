/*
 * kernel_blob_entry: the entries of a blob, for kernel_blob*.c alone. An entry is where it begins,
 * in bytes from the blob's first one; what is read of it is checked when the blob is read.
 * Source: linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h
 */
#ifndef RAMPART_KERNEL_BLOB_ENTRY_H
#define RAMPART_KERNEL_BLOB_ENTRY_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "kernel_blob.h"

/* ip_tables and ip6_tables are the same code over two entries; the differences, by family. */
struct blob_layout {
	int domain, level;
	size_t entry; /* bytes before its first match */
	size_t nfcache, target_offset, next_offset, comefrom, counters;
};

extern const struct blob_layout blob_layouts[FAMILY_NR];

/* The calls have the same numbers and are told the same in both families, but for their level. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       offsetof(struct ipt_get_entries, entrytable) ==
			       offsetof(struct ip6t_get_entries, entrytable) &&
		       offsetof(struct ipt_replace, entries) ==
			       offsetof(struct ip6t_replace, entries) &&
		       (int)NF_INET_NUMHOOKS == (int)BLOB_HOOKS,
	       "one code for both families");

static inline const struct blob_layout *blob_layout(const struct blob *blob)
{
	return &blob_layouts[blob->family];
}

static inline size_t blob_half(const struct blob *blob, size_t at)
{
	uint16_t value;

	memcpy(&value, blob->entries + at, sizeof(value));
	return value;
}

static inline size_t blob_behind(const struct blob *blob, size_t entry)
{
	return entry + blob_half(blob, entry + blob_layout(blob)->next_offset);
}

static inline const struct xt_entry_target *blob_target(const struct blob *blob, size_t entry)
{
	return (const void *)(blob->entries + entry +
			      blob_half(blob, entry + blob_layout(blob)->target_offset));
}

/* Of a standard target: what it says of the packet, or where it goes on. */
static inline int blob_verdict(const struct blob *blob, size_t entry)
{
	return ((const struct xt_standard_target *)blob_target(blob, entry))->verdict;
}

/* The name of a user chain; or, as the table's last entry, its end. */
static inline bool blob_is_error(const struct blob *blob, size_t entry)
{
	return strcmp(blob_target(blob, entry)->u.user.name, XT_ERROR_TARGET) == 0;
}

/* The hooks that have this entry there. */
static inline unsigned int blob_hooks_at(const struct blob *blob,
					 const unsigned int where[BLOB_HOOKS], size_t entry)
{
	unsigned int hooks = 0;

	for (size_t i = 0; i < BLOB_HOOKS; i++)
		if (blob->hooks >> i & 1 && where[i] == entry)
			hooks |= 1u << i;
	return hooks;
}

/* Zeroed memory for a blob, with head bytes before its entries. -1 with errno set. */
int blob_get_room(struct blob *blob, size_t head, size_t size);

#endif
