/*
 * fs: files that may be trusted, and files that are replaced whole.
 *
 * Security, in the order of the checks:
 * 1. A path is walked from the root (DIR of --root, included, else /), name by name, with
 *    descriptors: what was checked is what is opened.
 * 2. Every directory on the way, and the file, must belong to root or to the effective user and
 *    be writable by nobody else. With --root, reading commands also accept DIR's own owner.
 * 3. A link may be anywhere; its target is walked by the same rules. An absolute target starts
 *    again at the root, so that an image's links stay inside the image.
 * 4. Only regular files are read; a FIFO or device is refused without waiting for it.
 */
#ifndef RAMPART_FS_H
#define RAMPART_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct buf;
struct diags;

struct fs {
	const char *root; /* "" for /; no slash at its end */
	uid_t owner;	  /* accepted beside root and the effective user; (uid_t)-1: nobody */
};

/* root: the argument of --root or NULL. trust_owner: accept DIR's own owner. */
int fs_init(struct fs *fs, const char *root, bool trust_owner, struct diags *diags);
void fs_release(struct fs *fs);

/*
 * Open path (absolute, as seen below the root). ret_fd is -1, and 0 returned, where
 * it does not exist; flags as for open(2), O_CLOEXEC is added.
 * fails: -1 after an error that says what is wrong with which part
 */
int fs_open(const struct fs *fs, const char *path, int flags, int *ret_fd, struct diags *diags);

/* NULL, or what is wrong with owner or mode. */
const char *fs_untrusted(const struct fs *fs, const struct stat *st);

/* The path in the host's view: root and path, to be freed. */
char *fs_host_path(const struct fs *fs, const char *path);

enum { FS_FILE_MAX = 256 * 1024 * 1024 }; /* bytes */

/* A line that tells a file from another one, and from itself after a change. */
void fs_identify(const char *name, const struct stat *st, struct buf *ret);
/* All of a regular file. -1 with errno set. */
int fs_read_fd(int fd, struct buf *ret_text);
/* Its beginning, up to the mark and a bit further; all of it if there is no mark. */
int fs_read_head(int fd, const char *mark, struct buf *ret_text);

/* mkdir -p below the root, with this mode for what is made. -1 after adding to diags. */
int fs_make_dir(const struct fs *fs, const char *path, mode_t mode, struct diags *diags);

/*
 * Replace path whole: written beside it, synced, renamed, directory synced. Mode is that of
 * the old file, or mode. -1 after adding to diags; the old file is then as it was.
 */
int fs_replace(const struct fs *fs, const char *path, const void *bytes, size_t len, mode_t mode,
	       struct diags *diags);

#endif
