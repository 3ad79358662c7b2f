#include <dirent.h>
#include <sys/stat.h>

#include "child_sandbox_internal.h"
#include "xalloc.h"

enum { COVERS_MAX = 64, LINKS_MAX = 4096 };

char *sandbox_join(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = xmalloc(size);

	snprintf(path, size, "%s/%s", str_equal(dir, "/") ? "" : dir, name);
	return path;
}

/* "/" for "/x", and for "/" itself */
char *sandbox_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

/* Put a new directory of ours over path; ret_dir: to write to it. */
static int put_new_dir(struct sandbox_init *init, const char *path, int *ret_dir)
{
	char name[32];

	snprintf(name, sizeof(name), "links/%u", init->covers);
	if (init->covers++ >= COVERS_MAX) {
		errno = E2BIG;
		return sandbox_fault(init, path, NULL);
	}
	if (mkdirat(init->store, name, 0755) < 0)
		return sandbox_fault(init, path, NULL);
	*ret_dir = openat(init->store, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return sandbox_put(init, sandbox_graft(init->store, name), path);
}

int sandbox_cover_empty(struct sandbox_init *init, const char *path)
{
	int dir = -1, ret = put_new_dir(init, path, &dir);

	if (dir >= 0)
		close(dir);
	return ret;
}

/* The same names in a directory that can be added to: links to what is there. */
static int cover_links(struct sandbox_init *init, const char *path)
{
	char was[64], *link;
	const struct dirent *entry;
	size_t nr = 0;
	int new = -1, ret = -1;
	DIR *old;

	snprintf(was, sizeof(was), "was/%u", init->covers);
	if (mkdirat(init->own, was, 0755) < 0)
		return sandbox_fault(init, path, NULL);
	snprintf(was, sizeof(was), SANDBOX_DIR "/was/%u", init->covers);
	old = opendir(path);
	if (!old)
		return sandbox_fault(init, path, NULL);
	if (sandbox_bind(init, path, was) == 0)
		ret = put_new_dir(init, path, &new);
	while (ret == 0 && nr++ < LINKS_MAX && (entry = readdir(old))) {
		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
			continue;
		link = sandbox_join(was, entry->d_name);
		if (symlinkat(link, new, entry->d_name) < 0)
			ret = sandbox_fault(init, path, entry->d_name);
		free(link);
	}
	closedir(old);
	if (new >= 0)
		close(new);
	return ret;
}

/* 1: it is on a read-only mount. */
static int make_one(struct sandbox_init *init, const char *path, bool file)
{
	static const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };
	int fd;

	if (!file && mkdir(path, 0755) == 0)
		return 0;
	if (file) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
		if (fd >= 0) {
			futimens(fd, never); /* ours, for sandbox_written() */
			return close(fd);
		}
	}
	return errno == EROFS ? 1 : sandbox_fault(init, path, NULL);
}

int sandbox_make_missing(struct sandbox_init *init, const char *path, bool file)
{
	char *parent = sandbox_parent(path);
	int ret = make_one(init, path, file);

	if (ret == 1 && !str_equal(parent, "/"))
		ret = cover_links(init, parent) < 0 ? -1 : make_one(init, path, file);
	free(parent);
	if (ret == 1) {
		errno = EROFS;
		return sandbox_fault(init, path, NULL);
	}
	return ret;
}

/* Each directory on the way has to be there, and open to the shell; behind one that is not, is
 * nothing that it could reach. */
int sandbox_make_way(struct sandbox_init *init, const char *path)
{
	char *part = xstrdup(path);
	struct stat st;
	int ret = 0;

	for (char *end = strchr(part + 1, '/'); ret == 0 && end; end = strchr(end + 1, '/')) {
		*end = '\0';
		if (lstat(part, &st) < 0)
			ret = sandbox_make_missing(init, part, false);
		else if (!sandbox_passable(init, part))
			ret = sandbox_cover_empty(init, part);
		*end = '/';
	}
	if (ret == 0 && lstat(part, &st) < 0)
		ret = sandbox_make_missing(init, part, false);
	free(part);
	return ret;
}
