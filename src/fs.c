#include <limits.h>

#include "base.h"
#include "fs.h"
#include "buf.h"
#include "diag.h"
#include "xalloc.h"

enum { LINKS_MAX = 40 };

struct walk {
	const struct fs *fs;
	const char *shown; /* the path that was asked for */
	struct buf done;   /* what has been walked, "" or /a/b, without links */
	struct buf rest;   /* what has not */
	unsigned int links;
	int dir; /* descriptor of done */
	struct diags *diags;
};

static int fail(const struct walk *w, const char *name, const char *text)
{
	struct origin origin = { w->shown, 0, NULL };
	struct buf at = BUF_INIT;

	buf_addf(&at, "%s%s%s", buf_str(&w->done), name[0] || !w->done.len ? "/" : "", name);
	if (str_equal(buf_str(&at), w->shown))
		diag_error(w->diags, &origin, "%s", text);
	else
		diag_error(w->diags, &origin, "'%s' %s", buf_str(&at), text);
	buf_release(&at);
	return -1;
}

const char *fs_untrusted(const struct fs *fs, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != fs->owner)
		return "belongs neither to root nor to you";
	if (S_ISLNK(st->st_mode))
		return NULL; /* a link has no mode of its own */
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "is writable by others than its owner";
	return NULL;
}

/* Stand at the root again, with the descriptor checked. */
static int go_to_root(struct walk *w)
{
	const char *error;
	struct stat st;

	if (w->dir >= 0)
		close(w->dir);
	buf_reset(&w->done);
	w->dir = open(w->fs->root[0] ? w->fs->root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->dir < 0 || fstat(w->dir, &st) < 0)
		return fail(w, "", strerror(errno));
	error = fs_untrusted(w->fs, &st);
	return error ? fail(w, "", error) : 0;
}

/* Put text and the rest behind it where the rest was. */
static void prepend(struct walk *w, const char *text)
{
	struct buf rest = BUF_INIT;

	buf_addf(&rest, "%s/%s", text, buf_str(&w->rest));
	buf_release(&w->rest);
	w->rest = rest;
}

static int follow_link(struct walk *w, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(w->dir, name, target, sizeof(target) - 1);

	if (len < 0)
		return fail(w, name, strerror(errno));
	target[len] = '\0';
	if (++w->links > LINKS_MAX)
		return fail(w, name, "is a link in too long a chain of links");
	prepend(w, target);
	return target[0] == '/' ? go_to_root(w) : 0;
}

/* "..": walk to the parent again from the root, since done is free of links. */
static int go_up(struct walk *w)
{
	char *slash = w->done.len ? strrchr(w->done.data, '/') : NULL;

	if (slash) {
		w->done.len = (size_t)(slash - w->done.data);
		*slash = '\0';
	}
	prepend(w, buf_str(&w->done));
	return go_to_root(w);
}

static int step_into(struct walk *w, const char *name)
{
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const char *error;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 1 : fail(w, name, strerror(errno));
	if (fstat(fd, &st) < 0) {
		close(fd);
		return fail(w, name, strerror(errno));
	}
	if (S_ISLNK(st.st_mode)) {
		close(fd);
		return follow_link(w, name);
	}
	error = S_ISDIR(st.st_mode) ? fs_untrusted(w->fs, &st) : strerror(ENOTDIR);
	if (error) {
		close(fd);
		return fail(w, name, error);
	}
	close(w->dir);
	w->dir = fd;
	buf_addf(&w->done, "/%s", name);
	return 0;
}

static bool is_link(const struct walk *w, const char *name)
{
	struct stat st;

	return fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Open the last name. 1: not there; 2: it was a link, the walk goes on. */
static int open_last(struct walk *w, const char *name, int flags, int *ret_fd)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	int fd = openat(w->dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *error;
	struct stat st;

	/* ENOTDIR: of a link, where a directory was asked for */
	if (fd < 0 && (errno == ELOOP || (errno == ENOTDIR && is_link(w, name))))
		return follow_link(w, name) < 0 ? -1 : 2;
	if (fd < 0)
		return errno == ENOENT ? 1 : fail(w, name, strerror(errno));
	if (fstat(fd, &st) < 0)
		error = strerror(errno);
	else if (!(flags & O_DIRECTORY) && !S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file";
	else
		error = fs_untrusted(w->fs, &st);
	if (error) {
		close(fd);
		return fail(w, name, error);
	}
	*ret_fd = fd;
	return 0;
}

/* Take the next name off the rest. Returns whether it is the last one. */
static bool next_name(struct walk *w, char name[NAME_MAX + 1])
{
	const char *p = buf_str(&w->rest) + strspn(buf_str(&w->rest), "/");
	size_t len = strcspn(p, "/");
	const char *behind = p + len + strspn(p + len, "/");
	bool last = !*behind;
	struct buf rest = BUF_INIT;

	/* too long a name is cut and then not found by the kernel's own limit */
	snprintf(name, NAME_MAX + 1, "%.*s", (int)(len > NAME_MAX ? NAME_MAX : len), p);
	buf_adds(&rest, behind);
	buf_release(&w->rest);
	w->rest = rest;
	return last;
}

static int walk(struct walk *w, int flags, int *ret_fd)
{
	char name[NAME_MAX + 1];

	if (go_to_root(w) < 0)
		return -1;
	for (;;) {
		bool last = next_name(w, name);
		int ret;

		if (str_equal(name, ".."))
			ret = go_up(w);
		else if (last)
			ret = open_last(w, name[0] ? name : ".", flags, ret_fd);
		else
			ret = str_equal(name, ".") ? 0 : step_into(w, name);
		if (ret == 1)
			return 0; /* not there */
		if (ret < 0 || (last && ret == 0 && *ret_fd >= 0))
			return ret;
	}
}

int fs_open(const struct fs *fs, const char *path, int flags, int *ret_fd, struct diags *diags)
{
	struct walk w = { .fs = fs, .shown = path, .dir = -1, .diags = diags };
	int fd = -1;
	int ret;

	buf_adds(&w.rest, path);
	ret = walk(&w, flags, &fd);
	if (w.dir >= 0)
		close(w.dir);
	buf_release(&w.done);
	buf_release(&w.rest);
	if (ret == 0)
		*ret_fd = fd;
	return ret;
}

char *fs_host_path(const struct fs *fs, const char *path)
{
	struct buf buf = BUF_INIT;

	buf_addf(&buf, "%s%s", fs->root, path);
	return buf_detach(&buf);
}

int fs_init(struct fs *fs, const char *root, bool trust_owner, struct diags *diags)
{
	struct origin origin = { root, 0, NULL };
	struct stat st;
	char *path;
	size_t len;

	*fs = (struct fs){ .root = xstrdup(""), .owner = (uid_t)-1 };
	if (!root)
		return 0;
	path = realpath(root, NULL);
	if (!path || stat(path, &st) < 0) {
		diag_error(diags, &origin, "%s", strerror(errno));
		free(path);
		return -1;
	}
	len = strlen(path);
	if (len == 1)
		path[0] = '\0'; /* --root / is no root at all */
	free((char *)fs->root);
	fs->root = path;
	if (trust_owner)
		fs->owner = st.st_uid;
	return 0;
}

void fs_release(struct fs *fs)
{
	free((char *)fs->root);
	fs->root = NULL;
}
