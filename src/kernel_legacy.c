#include <xxhash.h>

#include "base.h"
#include "kernel.h"
#include "kernel_blob.h"

/*
 * ip_tables: a table is read as the kernel holds it (kernel_blob), without libiptc, which makes
 * lists of all chains and rules first: that takes as long again as the kernel does for the table.
 * A table is only asked for when /proc says that it exists: asking for another would create it.
 */

static int legacy_tables(enum family family)
{
	static const char *const names[FAMILY_NR] = { "/proc/self/net/ip_tables_names",
						      "/proc/self/net/ip6_tables_names" };
	FILE *file = fopen(names[family], "re");
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
 * A rule may only be told from a policy by where its chain ends. Jumps are places in the blob,
 * which the blob says itself; what is private to an extension the kernel zeroes.
 * Source: xt_match_to_user() of net/netfilter/x_tables.c.
 */
static void hash_table(XXH3_state_t *state, struct blob *blob)
{
	blob_strip(blob);
	XXH3_64bits_update(state, &blob->hooks, sizeof(blob->hooks));
	XXH3_64bits_update(state, blob->hook_entry, sizeof(blob->hook_entry));
	XXH3_64bits_update(state, blob->underflow, sizeof(blob->underflow));
	XXH3_64bits_update(state, blob->entries, blob->size);
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
		struct blob blob;

		if (exist < 0)
			goto out;
		XXH3_64bits_update(state, "", 1); /* each table ends here */
		if (!(exist >> t & 1))
			continue;
		if (blob_read(f, t, &blob) < 0)
			goto out;
		if (!blob_is_pristine(&blob))
			hash_table(state, &blob);
		blob_release(&blob);
	}
	*ret_print = XXH3_64bits_digest(state) | 1; /* 0 is never a fingerprint */
	ret = 0;
out:
	XXH3_freeState(state);
	return ret;
}

/* The table; without entries if it does not exist. */
static int read_table(enum family family, enum xtable table, struct blob *ret_blob)
{
	int exist = legacy_tables(family);

	*ret_blob = (struct blob){ .family = family };
	if (exist < 0)
		return -1;
	return exist >> table & 1 ? blob_read(family, table, ret_blob) : 0;
}

static int legacy_chains(enum family family, enum xtable table,
			 void (*found)(void *arg, const char *chain, const char *policy), void *arg)
{
	struct blob blob;
	struct blob_at at = BLOB_AT(&blob);

	if (read_table(family, table, &blob) < 0)
		return -1;
	while (blob_next_chain(&at))
		found(arg, at.chain, at.policy);
	blob_release(&blob);
	return 0;
}

static int legacy_counters(enum family family, enum xtable table,
			   void (*found)(void *arg, const char *chain, size_t at, uint64_t packets,
					 uint64_t bytes),
			   void *arg)
{
	struct blob blob;
	struct blob_at at = BLOB_AT(&blob);

	if (read_table(family, table, &blob) < 0)
		return -1;
	while (blob_next_chain(&at)) {
		for (size_t nr = 0; blob_next_rule(&at); nr++) {
			uint64_t packets, bytes;

			blob_counters(&at, &packets, &bytes);
			found(arg, at.chain, nr, packets, bytes);
		}
	}
	blob_release(&blob);
	return 0;
}

const struct kernel_ops kernel_legacy_ops = {
	.name = "legacy",
	.tables = legacy_tables,
	.fingerprint = legacy_fingerprint,
	.chains = legacy_chains,
	.counters = legacy_counters,
};
