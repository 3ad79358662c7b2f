#include "base.h"
#include "state.h"
#include "buf.h"
#include "diag.h"
#include "fs.h"

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
	buf_addf(buf, "current %llu %lld %lld.%09ld\n", (unsigned long long)current->file.st_ino,
		 (long long)current->file.st_size, (long long)current->file.st_mtim.tv_sec,
		 current->file.st_mtim.tv_nsec);
}

static const char *const loaded_path = RAMPART_RUNDIR "/loaded";

bool loaded_matches(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		    uint64_t fingerprint)
{
	struct diags unused = DIAGS_INIT;
	struct buf expected = BUF_INIT, found = BUF_INIT;
	bool match = false;
	int fd = -1;

	if (fingerprint && current->exists &&
	    fs_open(fs, loaded_path, O_RDONLY, &fd, &unused) == 0 && fd >= 0 &&
	    fs_read_fd(fd, &found) == 0) {
		describe(current, kernel, fingerprint, &expected);
		match = str_equal(buf_str(&expected), buf_str(&found));
	}
	if (fd >= 0)
		close(fd);
	buf_release(&expected);
	buf_release(&found);
	diags_release(&unused);
	return match;
}

void loaded_store(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		  uint64_t fingerprint)
{
	struct diags unused = DIAGS_INIT;
	struct buf text = BUF_INIT;

	describe(current, kernel, fingerprint, &text);
	if (fingerprint && fs_make_dir(fs, RAMPART_RUNDIR, 0755, &unused) == 0)
		(void)fs_replace(fs, loaded_path, text.data, text.len, 0600, &unused);
	buf_release(&text);
	diags_release(&unused);
}
