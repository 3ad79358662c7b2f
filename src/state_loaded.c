#include "base.h"
#include "state.h"
#include "buf.h"
#include "diag.h"
#include "fs.h"
#include "listing.h"
#include "payload.h"

/* Everything that has to be the same for "seen equal" to still hold. */
static void describe(const struct state *current, const struct kernel *kernel, uint64_t fingerprint,
		     struct buf *buf)
{
	struct stat ns = { .st_ino = 0 };
	char boot[BOOT_TEXT];

	state_boot_now(boot);
	(void)stat("/proc/self/ns/net", &ns);
	buf_addf(buf, "boot %s\nnetns %llu\nbackend %s\nfingerprint %llu\n", boot,
		 (unsigned long long)ns.st_ino, kernel_kind_name(kernel->kind),
		 (unsigned long long)fingerprint);
	fs_identify("current", &current->file, buf);
}

static const char *const loaded_path = RAMPART_RUNDIR "/loaded";

/* A file of /run/rampart, all of it. */
static bool read_file(const struct fs *fs, const char *path, struct buf *ret)
{
	struct diags unused = DIAGS_INIT;
	int fd = -1;
	bool done = fs_open(fs, path, O_RDONLY, &fd, &unused) == 0 && fd >= 0 &&
		    fs_read_fd(fd, ret) == 0;

	if (fd >= 0)
		close(fd);
	diags_release(&unused);
	return done;
}

static void write_file(const struct fs *fs, const char *path, const struct buf *text)
{
	struct diags unused = DIAGS_INIT;

	if (fs_make_dir(fs, RAMPART_RUNDIR, 0755, &unused) == 0)
		(void)fs_replace(fs, path, text->data, text->len, 0600, &unused);
	diags_release(&unused);
}

bool loaded_matches(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		    uint64_t fingerprint)
{
	struct buf expected = BUF_INIT, found = BUF_INIT;
	bool match = false;

	if (fingerprint && current->exists && read_file(fs, loaded_path, &found)) {
		describe(current, kernel, fingerprint, &expected);
		match = str_equal(buf_str(&expected), buf_str(&found));
	}
	buf_release(&expected);
	buf_release(&found);
	return match;
}

void loaded_store(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		  uint64_t fingerprint)
{
	struct buf text = BUF_INIT;

	describe(current, kernel, fingerprint, &text);
	if (fingerprint)
		write_file(fs, loaded_path, &text);
	buf_release(&text);
}

/* --- the rules themselves ----------------------------------------------------------------- */

static const char *const live_path = RAMPART_RUNDIR "/live";

/*
 * By which programs the rules are read: where these are gone or are others, this has to be found
 * out before a change, which is verified by them.
 */
static void describe_live(const struct state *current, const struct kernel *kernel,
			  uint64_t fingerprint, struct buf *buf)
{
	describe(current, kernel, fingerprint, buf);
	FOR_EACH_FAMILY(f) {
		struct stat st = { .st_ino = 0 };

		if (!kernel->save[f])
			continue;
		(void)stat(kernel->save[f], &st);
		fs_identify(kernel->save[f], &st, buf);
	}
}

/* Behind that: in which tables. */
static void describe_tables(const unsigned int tables[FAMILY_NR], struct buf *buf)
{
	buf_addf(buf, "tables %x %x\n\n", tables[FAMILY_IPV4], tables[FAMILY_IPV6]);
}

/* Of all tables that are concerned now: a legacy fingerprint is one of certain tables. */
static bool covers(const char *text, const struct kernel *kernel,
		   const unsigned int tables[FAMILY_NR])
{
	unsigned int seen[FAMILY_NR];

	if (sscanf(text, "tables %x %x", &seen[FAMILY_IPV4], &seen[FAMILY_IPV6]) != FAMILY_NR)
		return false;
	FOR_EACH_FAMILY(f)
		if (kernel->kind == KERNEL_LEGACY ? tables[f] != seen[f] : tables[f] & ~seen[f])
			return false;
	return true;
}

static bool parse_live(const char *text, const unsigned int tables[FAMILY_NR],
		       struct ruleset *ret_live)
{
	struct diags unused = DIAGS_INIT;
	bool done =
		listing_parse_file(ret_live, tables, live_path, text, strlen(text), &unused) == 0;

	diags_release(&unused);
	if (!done) {
		ruleset_release(ret_live);
		*ret_live = (struct ruleset)RULESET_INIT;
	}
	return done;
}

bool loaded_live_read(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		      uint64_t fingerprint, const unsigned int tables[FAMILY_NR],
		      struct ruleset *ret_live)
{
	struct buf expected = BUF_INIT, found = BUF_INIT;
	const char *body;
	bool done = false;

	if (fingerprint && current->exists && read_file(fs, live_path, &found)) {
		describe_live(current, kernel, fingerprint, &expected);
		body = strstr(buf_str(&found), "\n\n");
		done = body && str_starts(found.data, expected.data) &&
		       covers(found.data + expected.len, kernel, tables) &&
		       parse_live(body + 2, tables, ret_live);
	}
	buf_release(&expected);
	buf_release(&found);
	return done;
}

static void write_table(const struct ruleset *live, enum family family, enum xtable table,
			struct payload *payload)
{
	payload_begin(payload, table);
	FOR_EACH_CHAIN(chain, live, family, table)
		payload_chain(payload, chain,
			      chain->flags & CHAIN_BUILTIN && !chain->policy ? "ACCEPT" :
									       chain->policy);
	FOR_EACH_CHAIN(chain, live, family, table)
		for (size_t i = 0; i < chain->nr; i++)
			payload_rule(payload, "-A", chain, 0, chain_rule(chain, i));
	payload_commit(payload);
}

void loaded_live_store(const struct fs *fs, const struct state *current,
		       const struct kernel *kernel, uint64_t fingerprint,
		       const unsigned int tables[FAMILY_NR], const struct ruleset *live)
{
	struct payload payload = PAYLOAD_INIT;

	describe_live(current, kernel, fingerprint, &payload.text);
	describe_tables(tables, &payload.text);
	FOR_EACH_FAMILY(f) {
		buf_addf(&payload.text, "# Generated by ip%stables-save\n",
			 f == FAMILY_IPV4 ? "" : "6");
		FOR_EACH_XTABLE(t)
			if (ruleset_has_table(live, f, t))
				write_table(live, f, t, &payload);
	}
	if (fingerprint)
		write_file(fs, live_path, &payload.text);
	payload_release(&payload);
}
