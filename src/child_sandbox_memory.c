/*
 * Where a script may write, and what becomes of it. All is in one tmpfs, "the store", which has a
 * limit and vanishes with the sandbox:
 * 1. Empty directories over /tmp, /var/tmp, /dev/shm, /var/log and /run/lock, which is made if it
 *    is not there.
 * 2. Over /etc, /run, /var/lib and /root the real directory shows through (overlayfs), and the
 *    shell may make files in it. What is root's stays root's: no right to read is added, but for
 *    the saved rules below. A directory that is closed to others, such as most /root, becomes an
 *    empty one.
 * 3. Directories that hold saved rules, and the saved rules, are the shell's.
 */
#include <mntent.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "child_sandbox_internal.h"

enum { SHOWS = 0, EVERYBODY = 01777, OWN_FILE_MAX = 1024 * 1024, GRAFTS_MAX = 64 };

const struct sandbox_place sandbox_places[] = {
	{ "/etc", "etc", SHOWS, true },		 { "/run", "run", SHOWS, true },
	{ "/var/lib", "lib", SHOWS, true },	 { "/root", "root", SHOWS, true },
	{ "/tmp", "tmp", EVERYBODY, false },	 { "/var/tmp", "vartmp", EVERYBODY, false },
	{ "/var/log", "log", 0755, true },	 { "/run/lock", "lock", EVERYBODY, false },
	{ "/dev/shm", "shm", EVERYBODY, false }, /* last: the store itself is under it */
};

const size_t sandbox_nr_places = ARRAY_SIZE(sandbox_places);

/* Of these the shell is the owner. Directories first. */
static const char *const etc_dirs[] = { "iptables", "network", "sysconfig" };
static const char *const etc_files[] = { "iptables/rules.v4",  "iptables/rules.v6",
					 "iptables.rules",     "iptables.up.rules",
					 "ip6tables.rules",    "sysconfig/iptables",
					 "sysconfig/ip6tables" };

bool sandbox_passable(const struct sandbox_init *init, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	/* the first process of an ordinary user has no more rights over the host's files than he */
	if (init->with_user)
		return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
	return st.st_mode & S_IXOTH || (st.st_uid == init->uid && st.st_mode & S_IXUSR);
}

static int make_dir(struct sandbox_init *init, int dir, const char *name, mode_t mode, uid_t owner)
{
	if (mkdirat(dir, name, mode) < 0 ||
	    (owner && fchownat(dir, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0))
		return sandbox_fault(init, "memory for", name);
	return 0;
}

int sandbox_make_store(struct sandbox_init *init)
{
	static const char *const dirs[] = { "up", "work", "links" };

	if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=0755,size=64m,nr_inodes=16384") < 0)
		return sandbox_fault(init, "memory", NULL);
	init->store = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (init->store < 0)
		return sandbox_fault(init, "memory", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (make_dir(init, init->store, dirs[i], 0755, 0) < 0)
			return -1;
	return 0;
}

/* A copy that is the shell's; sandbox_written() knows by its time that nobody has written to it.
 * What can't be copied is left as it is. */
static void copy_file(struct sandbox_init *init, int up, const char *name)
{
	int etc = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(etc, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int copy = -1;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= OWN_FILE_MAX)
		copy = openat(up, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
	if (copy >= 0) {
		struct timespec times[2] = { st.st_atim, st.st_mtim };
		off_t left = st.st_size;
		char bytes[16 * 1024];
		ssize_t got;

		while (left > 0 && (got = read(fd, bytes, sizeof(bytes))) > 0 &&
		       write(copy, bytes, (size_t)got) == got)
			left -= got;
		if (left != 0 || fchown(copy, init->uid, init->uid) < 0 ||
		    futimens(copy, times) < 0)
			unlinkat(up, name, 0);
		close(copy);
	}
	if (fd >= 0)
		close(fd);
	close(etc);
}

static int own_rules(struct sandbox_init *init, int up)
{
	char path[64];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(etc_dirs); i++) {
		snprintf(path, sizeof(path), "/etc/%s", etc_dirs[i]);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && sandbox_passable(init, path) &&
		    make_dir(init, up, etc_dirs[i], st.st_mode & 0777, init->uid) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(etc_files); i++)
		copy_file(init, up, etc_files[i]);
	return 0;
}

/* What is mounted below a directory, which an overlay would hide: a container's resolv.conf, a
 * user's part of /run. */
struct grafts {
	int fd[GRAFTS_MAX];
	char *path[GRAFTS_MAX];
	size_t nr;
};

static void take_grafts(struct grafts *grafts, const char *place)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	size_t len = strlen(place);
	const struct mntent *entry;

	grafts->nr = 0;
	while (mounts && grafts->nr < GRAFTS_MAX && (entry = getmntent(mounts))) {
		int fd;

		if (strncmp(entry->mnt_dir, place, len) != 0 || entry->mnt_dir[len] != '/')
			continue;
		fd = sandbox_graft(AT_FDCWD, entry->mnt_dir);
		if (fd < 0)
			continue;
		grafts->path[grafts->nr] = strdup(entry->mnt_dir);
		grafts->fd[grafts->nr++] = fd;
	}
	if (mounts)
		endmntent(mounts);
}

/* Outer ones come first in the list. One whose place is not there any more stays away. */
static void put_grafts(struct sandbox_init *init, struct grafts *grafts, bool back)
{
	for (size_t i = 0; i < grafts->nr; i++) {
		struct stat st;

		if (back && grafts->path[i] && stat(grafts->path[i], &st) == 0)
			(void)sandbox_put(init, grafts->fd[i], grafts->path[i]);
		else
			close(grafts->fd[i]);
		free(grafts->path[i]);
	}
}

/* No overlay, no harm: the directory then stays read-only. */
static int show_through(struct sandbox_init *init, const struct sandbox_place *place)
{
	struct grafts grafts;
	char options[256];
	bool done;

	take_grafts(&grafts, place->path);
	snprintf(options, sizeof(options),
		 "lowerdir=%s,upperdir=/dev/shm/up/%s,workdir=/dev/shm/work/%s%s", place->path,
		 place->name, place->name, init->with_user ? ",userxattr" : "");
	done = mount("overlay", place->path, "overlay", MS_NOSUID | MS_NODEV, options) == 0;
	put_grafts(init, &grafts, done);
	return 0;
}

/* By these the loader puts code into every program, also into those that work for the shell with
 * more rights than it has. A mount can't be removed or renamed, and what is in it is root's. */
static int pin_loader(struct sandbox_init *init)
{
	static const char *const files[] = { "/etc/ld.so.preload", "/etc/ld.so.cache" };
	static const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st;
		if (stat(files[i], &st) < 0) {
			int fd = open(files[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

			if (fd < 0) /* read-only: nobody can make it */
				return errno == EROFS ? 0 : sandbox_fault(init, files[i], NULL);
			futimens(fd, never); /* ours, for sandbox_written() */
			close(fd);
		}
		if (sandbox_bind(init, files[i], files[i]) < 0)
			return -1;
	}
	return 0;
}

static int cover(struct sandbox_init *init, const struct sandbox_place *place, int up, int work)
{
	bool shows = place->mode == SHOWS;
	mode_t mode = place->mode;
	char name[64];
	struct stat st;
	int ret = 0;

	if (stat(place->path, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (shows) {
		mode = st.st_mode & 0777;
		shows = init->with_user ?
				faccessat(AT_FDCWD, place->path, R_OK | X_OK, AT_EACCESS) == 0 :
				(mode & (S_IROTH | S_IXOTH)) == (S_IROTH | S_IXOTH);
	}
	if (make_dir(init, up, place->name, mode, (mode & S_ISVTX) ? 0 : init->uid) < 0)
		return -1;
	if (!shows) {
		snprintf(name, sizeof(name), "up/%s", place->name);
		return sandbox_put(init, sandbox_graft(init->store, name), place->path);
	}
	if (make_dir(init, work, place->name, 0700, 0) < 0)
		return -1;
	if (str_equal(place->path, "/etc")) {
		int etc = openat(up, place->name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		ret = own_rules(init, etc);
		close(etc);
	}
	/* nearly everywhere it is there, and scripts take locks in it */
	if (str_equal(place->path, "/run") && access("/run/lock", F_OK) < 0)
		ret = make_dir(init, up, "run/lock", EVERYBODY, 0);
	if (ret < 0 || show_through(init, place) < 0)
		return -1;
	return str_equal(place->path, "/etc") ? pin_loader(init) : 0;
}

int sandbox_cover(struct sandbox_init *init)
{
	int up = openat(init->store, "up", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int work = openat(init->store, "work", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sandbox_nr_places; i++)
		ret = cover(init, &sandbox_places[i], up, work);
	close(up);
	close(work);
	return ret;
}
