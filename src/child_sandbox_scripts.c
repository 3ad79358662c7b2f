#include <sys/mount.h>
#include <sys/stat.h>

#include "child_sandbox_internal.h"
#include "xalloc.h"

enum { DIRS_MAX = 64 };

/* A directory with scripts. */
struct dir {
	char *given, *path; /* as rampart names it; without links */
	int graft;	    /* its mount, before anything covers it; -1: it does not exist */
	bool mapped;	    /* what is root's is the shell's there, to read */
};

struct sandbox_dirs {
	struct dir v[DIRS_MAX];
	size_t nr;
};

static const char *name_in(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Without any link, as far as it exists; to be freed. NULL with errno set. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL), *parent, *real_parent;

	if (real || errno != ENOENT || str_equal(path, "/"))
		return real;
	parent = sandbox_parent(path);
	real_parent = real_path(parent);
	real = real_parent ? sandbox_join(real_parent, name_in(path)) : NULL;
	free(parent);
	free(real_parent);
	return real;
}

/* Not whole parts of the system: /etc/shadow is below /etc. */
static bool may_be_mapped(const char *path)
{
	size_t depth = 0;

	for (const char *p = path; *p; p++)
		depth += *p == '/';
	for (size_t i = 0; i < sandbox_nr_places; i++)
		if (str_equal(path, sandbox_places[i].path))
			return false;
	return depth >= 2;
}

static bool map_graft(const struct sandbox_init *init, const struct dir *dir)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
				   .userns_fd = (uint64_t)init->userns };

	return !init->with_user && may_be_mapped(dir->path) &&
	       mount_setattr(dir->graft, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct dir *)a)->path, ((const struct dir *)b)->path);
}

static bool has_dir(const struct sandbox_dirs *dirs, const char *given)
{
	for (size_t i = 0; i < dirs->nr; i++)
		if (str_equal(dirs->v[i].given, given))
			return true;
	return false;
}

/* given is taken over */
static int take_dir(struct sandbox_init *init, struct sandbox_dirs *dirs, char *given, char *path)
{
	struct dir *dir = &dirs->v[dirs->nr];

	if (dirs->nr == DIRS_MAX) {
		errno = E2BIG;
		return sandbox_fault(init, "directories with scripts", NULL);
	}
	*dir = (struct dir){ .given = given, .path = path, .graft = sandbox_graft(AT_FDCWD, path) };
	if (dir->graft < 0 && errno != ENOENT)
		return sandbox_fault(init, path, NULL);
	dir->mapped = dir->graft >= 0 && map_graft(init, dir);
	dirs->nr++;
	return 0;
}

int sandbox_take_dirs(struct sandbox_init *init, struct sandbox_dirs **ret_dirs)
{
	struct sandbox_dirs *dirs = xcalloc(1, sizeof(*dirs));
	size_t nr = init->setup->nr_scripts;

	*ret_dirs = dirs;
	init->script_paths = xcalloc(nr, sizeof(*init->script_paths));
	for (size_t i = 0; i < nr; i++) {
		const char *script = init->setup->scripts[i].path;
		char *given = sandbox_parent(script), *path = real_path(given);

		if (!path)
			return sandbox_fault(init, script, NULL);
		init->script_paths[i] = sandbox_join(path, name_in(script));
		if (!has_dir(dirs, given) && take_dir(init, dirs, given, path) < 0)
			return -1;
	}
	/* one that is below another one is put on it */
	qsort(dirs->v, dirs->nr, sizeof(*dirs->v), by_path);
	return 0;
}

/* In a place that is the shell's it could rename the first directory on the way, and have another
 * one stand there for the next script. It can't once that is a mount. */
static int pin(struct sandbox_init *init, const char *path)
{
	int ret = 0;

	for (size_t i = 0; i < sandbox_nr_places; i++) {
		const char *place = sandbox_places[i].path;
		size_t len = strlen(place);
		char *first;

		if (!str_starts(path, place) || path[len] != '/')
			continue;
		first = xstrndup(path, len + 1 + strcspn(path + len + 1, "/"));
		ret = sandbox_bind(init, first, first);
		free(first);
	}
	return ret;
}

static int put_dir(struct sandbox_init *init, const struct dir *dir)
{
	if (sandbox_make_way(init, dir->path) < 0 || pin(init, dir->path) < 0)
		return -1;
	if (dir->graft >= 0 && sandbox_put(init, dir->graft, dir->path) < 0)
		return -1;
	/* only root may look into it, and it can't be mapped: at least the scripts are there */
	return dir->mapped || sandbox_passable(init, dir->path) ?
		       0 :
		       sandbox_cover_empty(init, dir->path);
}

/* By the name that it was given: that may lead through a link which is covered now. */
static int put_link(struct sandbox_init *init, const struct dir *dir)
{
	char *parent;
	struct stat st;
	int ret = 0;

	if (str_equal(dir->given, dir->path) || stat(dir->given, &st) == 0)
		return 0;
	parent = sandbox_parent(dir->given);
	if (sandbox_make_way(init, parent) < 0)
		ret = -1;
	else if (symlink(dir->path, dir->given) < 0)
		ret = sandbox_fault(init, dir->given, NULL);
	free(parent);
	return ret;
}

static int put_script(struct sandbox_init *init, size_t at)
{
	const char *path = init->script_paths[at];
	struct stat st;
	char text[64];

	snprintf(text, sizeof(text), SANDBOX_DIR "/scripts/%zu", at);
	/* it may be a link: it is the link's place that it stands at */
	if (lstat(path, &st) < 0 && sandbox_make_missing(init, path, true) < 0)
		return -1;
	return sandbox_bind(init, text, path);
}

int sandbox_put_scripts(struct sandbox_init *init, const struct sandbox_dirs *dirs)
{
	for (size_t i = 0; i < dirs->nr; i++) {
		bool again = i && str_equal(dirs->v[i].path, dirs->v[i - 1].path);

		if ((!again && put_dir(init, &dirs->v[i]) < 0) || put_link(init, &dirs->v[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < init->setup->nr_scripts; i++)
		if (put_script(init, i) < 0)
			return -1;
	return 0;
}
