#include <limits.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "child_sandbox_internal.h"

int sandbox_private(struct sandbox_init *init)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sandbox_fault(init, "/proc", NULL);
	return 0;
}

int sandbox_read_only(struct sandbox_init *init)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };

	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return sandbox_fault(init, "read-only mounts", NULL);
	return 0;
}

/* Recursive: a user namespace's mounts can't be taken apart from those on them. */
int sandbox_graft(int dir, const char *path)
{
	return open_tree(dir, path,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
}

int sandbox_set_read_only(int graft)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return mount_setattr(graft, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* A link at the end of path is not followed: the graft stands in its place. */
int sandbox_put(struct sandbox_init *init, int graft, const char *path)
{
	int ret = 0;

	if (graft < 0 || move_mount(graft, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		ret = sandbox_fault(init, path, NULL);
	if (graft >= 0)
		close(graft);
	return ret;
}

int sandbox_bind(struct sandbox_init *init, const char *path, const char *over)
{
	return sandbox_put(init, sandbox_graft(AT_FDCWD, path), over);
}

int sandbox_write_file(struct sandbox_init *init, int dir, const char *name, const void *bytes,
		       size_t len, mode_t mode, uid_t owner)
{
	const char *from = bytes;
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	ssize_t put = 0;

	while (fd >= 0 && len && put >= 0) {
		put = write(fd, from, len);
		if (put > 0) {
			from += put;
			len -= (size_t)put;
		}
	}
	if (fd < 0 || put < 0 || (owner && fchown(fd, owner, owner) < 0)) {
		sandbox_fault(init, SANDBOX_DIR, name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return close(fd);
}

static int write_own_files(struct sandbox_init *init)
{
	const struct sandbox_setup *setup = init->setup;
	char name[32];
	int extra;

	if (sandbox_write_file(init, init->own, "shim", setup->shim, setup->shim_len, 0755, 0) < 0)
		return -1;
	for (size_t i = 0; i < setup->nr_scripts; i++) {
		snprintf(name, sizeof(name), "scripts/%zu", i);
		if (sandbox_write_file(init, init->own, name, setup->scripts[i].text,
				       setup->scripts[i].len, 0755, init->uid) < 0)
			return -1;
	}
	extra = openat(init->own, "extra", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < setup->nr_extra; i++)
		if (sandbox_write_file(init, extra, setup->extra[i].path, setup->extra[i].text,
				       setup->extra[i].len, 0444, 0) < 0)
			return -1;
	return close(extra);
}

int sandbox_make_own(struct sandbox_init *init)
{
	static const char *const dirs[] = { "real", "extra", "scripts", "was" };

	if (mkdir(SANDBOX_DIR, 0755) < 0 ||
	    mount("tmpfs", SANDBOX_DIR, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=256m") < 0)
		return sandbox_fault(init, SANDBOX_DIR, NULL);
	init->own = open(SANDBOX_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (init->own < 0)
		return sandbox_fault(init, SANDBOX_DIR, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(init->own, dirs[i], 0755) < 0)
			return sandbox_fault(init, SANDBOX_DIR, dirs[i]);
	return write_own_files(init);
}

int sandbox_listen(struct sandbox_init *init)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SANDBOX_SOCKET };
	enum { BACKLOG = 512 };

	init->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (init->listener < 0 ||
	    bind(init->listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(init->own, "socket", 0666, 0) < 0 || listen(init->listener, BACKLOG) < 0)
		return sandbox_fault(init, SANDBOX_SOCKET, NULL);
	return 0;
}

/*
 * The shell of an ordinary user has his uid, and so has what we write: what keeps it from changing
 * that is a read-only mount on top. The first process goes on to write through the one below.
 */
int sandbox_seal_own(struct sandbox_init *init)
{
	int graft = sandbox_graft(AT_FDCWD, SANDBOX_DIR);

	if (graft >= 0 && sandbox_set_read_only(graft) < 0) {
		sandbox_fault(init, SANDBOX_DIR, NULL);
		close(graft);
		return -1;
	}
	return sandbox_put(init, graft, SANDBOX_DIR);
}

/* Where the shim stands in for it already, the path leads to the shim. */
static bool is_shim(const struct sandbox_init *init, const struct stat *st)
{
	struct stat shim;

	return fstatat(init->own, "shim", &shim, 0) == 0 && shim.st_dev == st->st_dev &&
	       shim.st_ino == st->st_ino;
}

static int put_tool(struct sandbox_init *init, const char *tool)
{
	char path[PATH_MAX], real[PATH_MAX];
	const char *name;
	struct stat st;
	int fd, error = 0;

	if (!realpath(tool, path) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    is_shim(init, &st))
		return 0;
	name = strrchr(path, '/') + 1;
	fd = openat(init->own, "real", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || mknodat(fd, name, S_IFREG | 0444, 0) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	/* of two files of the same name the first one counts, as it does in PATH */
	if (error && error != EEXIST) {
		errno = error;
		return sandbox_fault(init, SANDBOX_REAL, name);
	}
	snprintf(real, sizeof(real), SANDBOX_REAL "/%.*s", NAME_MAX, name);
	if (!error && sandbox_bind(init, path, real) < 0)
		return -1;
	return sandbox_bind(init, SANDBOX_DIR "/shim", path);
}

int sandbox_put_tools(struct sandbox_init *init)
{
	for (size_t i = 0; init->setup->tools && init->setup->tools[i]; i++)
		if (put_tool(init, init->setup->tools[i]) < 0)
			return -1;
	return 0;
}
