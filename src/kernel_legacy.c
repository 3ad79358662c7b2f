#include "base.h"
#include "kernel.h"
#include "kernel_blob.h"
#include "kernel_legacy.h"

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

int legacy_read_table(enum family family, enum xtable table, bool make, struct blob *ret_blob)
{
	int exist = legacy_tables(family);

	*ret_blob = (struct blob){ .family = family };
	if (exist < 0)
		return -1;
	return make || exist >> table & 1 ? blob_read(family, table, -1, ret_blob) : 0;
}

/* --- fingerprint ---------------------------------------------------------------------------- */

XXH3_state_t *legacy_print_begin(void)
{
	XXH3_state_t *state = XXH3_createState();

	if (state)
		XXH3_64bits_reset(state);
	return state;
}

/*
 * A table that is not there and one that is as new are the same: a restore program that only
 * reads a table makes it. A rule may only be told from a policy by where its chain ends. Jumps
 * are places in the blob, which the blob says itself; what is private to an extension the kernel
 * zeroes.
 * Source: xt_match_to_user() of net/netfilter/x_tables.c.
 */
void legacy_print_table(XXH3_state_t *state, struct blob *blob)
{
	XXH3_64bits_update(state, "", 1); /* each table begins here */
	if (!blob->size || blob_is_pristine(blob))
		return;
	blob_strip(blob);
	XXH3_64bits_update(state, &blob->hooks, sizeof(blob->hooks));
	XXH3_64bits_update(state, blob->hook_entry, sizeof(blob->hook_entry));
	XXH3_64bits_update(state, blob->underflow, sizeof(blob->underflow));
	XXH3_64bits_update(state, blob->entries, blob->size);
}

uint64_t legacy_print_end(XXH3_state_t *state)
{
	uint64_t print = XXH3_64bits_digest(state) | 1; /* 0 is never a fingerprint */

	XXH3_freeState(state);
	return print;
}

static int legacy_fingerprint(const unsigned int tables[FAMILY_NR], uint64_t *ret_print)
{
	XXH3_state_t *state = legacy_print_begin();

	if (!state)
		return -1;
	FOR_EACH_TABLE_BIT(f, t, tables) {
		struct blob blob;

		if (legacy_read_table(f, t, false, &blob) < 0) {
			XXH3_freeState(state);
			return -1;
		}
		legacy_print_table(state, &blob);
		blob_release(&blob);
	}
	*ret_print = legacy_print_end(state);
	return 0;
}

/* --- chains and counters -------------------------------------------------------------------- */

static int legacy_chains(enum family family, enum xtable table,
			 void (*found)(void *arg, const char *chain, const char *policy), void *arg)
{
	struct blob blob;
	struct blob_at at = BLOB_AT(&blob);

	if (legacy_read_table(family, table, false, &blob) < 0)
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

	if (legacy_read_table(family, table, false, &blob) < 0)
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
