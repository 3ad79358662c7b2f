#include <libiptc/libip6tc.h>
#include <libiptc/libiptc.h>
#include <xxhash.h>

#include "base.h"
#include "kernel.h"

/*
 * ip_tables through libiptc. A table is only opened when /proc says that it exists: opening
 * another one would create it.
 */

/* libip4tc and libip6tc are the same code over two structs; the differences, by family. */
struct iptc {
	const char *names; /* tables that exist */
	struct xtc_handle *(*init)(const char *table);
	void (*free)(struct xtc_handle *h);
	const char *(*first_chain)(struct xtc_handle *h);
	const char *(*next_chain)(struct xtc_handle *h);
	const void *(*first_rule)(const char *chain, struct xtc_handle *h);
	const void *(*next_rule)(const void *rule, struct xtc_handle *h);
	const char *(*target)(const void *rule, struct xtc_handle *h);
	const char *(*policy)(const char *chain, struct xtc_handle *h);
	size_t header; /* bytes of an entry that say what it matches on */
	size_t entry;  /* bytes before its first match */
	size_t target_offset, next_offset, counters; /* where an entry has these fields */
};

static const void *first_rule4(const char *chain, struct xtc_handle *h)
{
	return iptc_first_rule(chain, h);
}

static const void *next_rule4(const void *rule, struct xtc_handle *h)
{
	return iptc_next_rule(rule, h);
}

static const char *target4(const void *rule, struct xtc_handle *h)
{
	return iptc_get_target(rule, h);
}

static const char *policy4(const char *chain, struct xtc_handle *h)
{
	struct xt_counters unused;

	return iptc_builtin(chain, h) ? iptc_get_policy(chain, &unused, h) : NULL;
}

static const void *first_rule6(const char *chain, struct xtc_handle *h)
{
	return ip6tc_first_rule(chain, h);
}

static const void *next_rule6(const void *rule, struct xtc_handle *h)
{
	return ip6tc_next_rule(rule, h);
}

static const char *target6(const void *rule, struct xtc_handle *h)
{
	return ip6tc_get_target(rule, h);
}

static const char *policy6(const char *chain, struct xtc_handle *h)
{
	struct xt_counters unused;

	return ip6tc_builtin(chain, h) ? ip6tc_get_policy(chain, &unused, h) : NULL;
}

static const struct iptc iptc[FAMILY_NR] = {
	[FAMILY_IPV4] = {
		"/proc/self/net/ip_tables_names", iptc_init, iptc_free, iptc_first_chain,
		iptc_next_chain, first_rule4, next_rule4, target4, policy4,
		sizeof(struct ipt_ip), sizeof(struct ipt_entry),
		offsetof(struct ipt_entry, target_offset), offsetof(struct ipt_entry, next_offset),
		offsetof(struct ipt_entry, counters),
	},
	[FAMILY_IPV6] = {
		"/proc/self/net/ip6_tables_names", ip6tc_init, ip6tc_free, ip6tc_first_chain,
		ip6tc_next_chain, first_rule6, next_rule6, target6, policy6,
		sizeof(struct ip6t_ip6), sizeof(struct ip6t_entry),
		offsetof(struct ip6t_entry, target_offset),
		offsetof(struct ip6t_entry, next_offset),
		offsetof(struct ip6t_entry, counters),
	},
};

static int legacy_tables(enum family family)
{
	FILE *file = fopen(iptc[family].names, "re");
	char line[64];
	int tables = 0;

	if (!file) /* a kernel without ip_tables has no such file: then there are no tables */
		return errno == ENOENT ? 0 : -1;
	while (fgets(line, sizeof(line), file)) {
		enum xtable table;

		if (xtable_by_name(line, strcspn(line, "\n"), &table) == 0)
			tables |= 1 << table;
	}
	if (ferror(file)) /* cut off: what is missing is not known to be absent */
		tables = -1;
	fclose(file);
	return tables;
}

/*
 * A match or target: its name up to the NUL (what follows in the field is whatever libiptc's
 * buffer held), its revision and its data, which the kernel zeroes where it is private.
 * Source: xt_match_to_user() of net/netfilter/x_tables.c.
 */
static void hash_extension(XXH3_state_t *state, const char *p, size_t size)
{
	const struct xt_entry_match *match = (const void *)p;
	size_t head = sizeof(*match);

	XXH3_64bits_update(state, match->u.user.name,
			   strnlen(match->u.user.name, sizeof(match->u.user.name)) + 1);
	XXH3_64bits_update(state, &match->u.user.revision, 1);
	if (size > head)
		XXH3_64bits_update(state, p + head, size - head);
}

static void hash_rule(XXH3_state_t *state, const struct iptc *x, const void *rule,
		      struct xtc_handle *h)
{
	const char *p = rule, *target = x->target(rule, h);
	uint16_t target_offset, next_offset;
	size_t at = x->entry;

	memcpy(&target_offset, p + x->target_offset, sizeof(target_offset));
	memcpy(&next_offset, p + x->next_offset, sizeof(next_offset));
	XXH3_64bits_update(state, p, x->header);
	while (at < target_offset) {
		uint16_t size;

		memcpy(&size, p + at, sizeof(size));
		if (!size)
			break;
		hash_extension(state, p + at, size);
		at += size;
	}
	XXH3_64bits_update(state, target, strlen(target) + 1);
	/* the standard target's data is a position in the blob: the name says it better */
	if (((const struct xt_entry_target *)(const void *)(p + target_offset))->u.user.name[0])
		hash_extension(state, p + target_offset, (size_t)(next_offset - target_offset));
}

static void hash_table(XXH3_state_t *state, const struct iptc *x, struct xtc_handle *h)
{
	for (const char *chain = x->first_chain(h); chain; chain = x->next_chain(h)) {
		const char *policy = x->policy(chain, h);

		XXH3_64bits_update(state, chain, strlen(chain) + 1);
		if (policy)
			XXH3_64bits_update(state, policy, strlen(policy) + 1);
		for (const void *rule = x->first_rule(chain, h); rule; rule = x->next_rule(rule, h))
			hash_rule(state, x, rule, h);
	}
}

/* As the kernel makes it where there was none: only to look at it can be enough. */
static bool is_pristine(const struct iptc *x, struct xtc_handle *h)
{
	for (const char *chain = x->first_chain(h); chain; chain = x->next_chain(h)) {
		const char *policy = x->policy(chain, h);

		if (!policy || !str_equal(policy, "ACCEPT") || x->first_rule(chain, h))
			return false;
	}
	return true;
}

/* A table that is not there and one that is as new are the same: a restore program that only
 * reads a table makes it. */
static int legacy_fingerprint(const unsigned int tables[FAMILY_NR], uint64_t *ret_print)
{
	XXH3_state_t *state = XXH3_createState();
	int ret = -1;

	if (!state)
		return -1;
	XXH3_64bits_reset(state);
	FOR_EACH_TABLE_BIT(f, t, tables) {
		int exist = legacy_tables(f);
		struct xtc_handle *h;

		if (exist < 0)
			goto out;
		XXH3_64bits_update(state, "", 1); /* each table ends here */
		if (!(exist >> t & 1))
			continue;
		h = iptc[f].init(xtable_name(t));
		if (!h)
			goto out;
		if (!is_pristine(&iptc[f], h))
			hash_table(state, &iptc[f], h);
		iptc[f].free(h);
	}
	*ret_print = XXH3_64bits_digest(state) | 1; /* 0 is never a fingerprint */
	ret = 0;
out:
	XXH3_freeState(state);
	return ret;
}

/* The table, if it exists. ret_h NULL: it does not. */
static int open_table(enum family family, enum xtable table, struct xtc_handle **ret_h)
{
	int exist = legacy_tables(family);

	*ret_h = NULL;
	if (exist < 0)
		return -1;
	if (!(exist >> table & 1))
		return 0;
	*ret_h = iptc[family].init(xtable_name(table));
	return *ret_h ? 0 : -1;
}

static int legacy_chains(enum family family, enum xtable table,
			 void (*found)(void *arg, const char *chain, const char *policy), void *arg)
{
	const struct iptc *x = &iptc[family];
	struct xtc_handle *h;

	if (open_table(family, table, &h) < 0)
		return -1;
	for (const char *chain = h ? x->first_chain(h) : NULL; chain; chain = x->next_chain(h))
		found(arg, chain, x->policy(chain, h));
	if (h)
		x->free(h);
	return 0;
}

static int legacy_counters(enum family family, enum xtable table,
			   void (*found)(void *arg, const char *chain, size_t at, uint64_t packets,
					 uint64_t bytes),
			   void *arg)
{
	const struct iptc *x = &iptc[family];
	struct xtc_handle *h;

	if (open_table(family, table, &h) < 0)
		return -1;
	for (const char *chain = h ? x->first_chain(h) : NULL; chain; chain = x->next_chain(h)) {
		size_t at = 0;

		for (const void *rule = x->first_rule(chain, h); rule;
		     rule = x->next_rule(rule, h)) {
			struct xt_counters counters;

			memcpy(&counters, (const char *)rule + x->counters, sizeof(counters));
			found(arg, chain, at++, counters.pcnt, counters.bcnt);
		}
	}
	if (h)
		x->free(h);
	return 0;
}

const struct kernel_ops kernel_legacy_ops = {
	.name = "legacy",
	.tables = legacy_tables,
	.fingerprint = legacy_fingerprint,
	.chains = legacy_chains,
	.counters = legacy_counters,
};
