/*
 * A copy of /proc/sys/net in memory, as files that the shell may write where root could write the
 * real ones. The time of a file tells whether it did: it is 0 until then.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "buf.h"
#include "child_sandbox_internal.h"

enum {
	DEPTH_MAX = 8,
	FILES_MAX = 200000,
	VALUE_MAX = 4096,
	READ_MAX = 64 * 1024,
	READ_FIRST = 4000
};

static const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };

/* --- making it: in the first process ------------------------------------------------------ */

/* What can't be read (it may be write-only) is empty. */
static int copy_value(const struct sandbox_init *init, int from, int to, const char *name)
{
	static char value[READ_MAX];
	int fd = openat(from, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC), copy, ret = -1;
	ssize_t got = fd < 0 ? 0 : read(fd, value, READ_FIRST);
	struct stat st;

	if ((fd < 0 ? fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) : fstat(fd, &st)) < 0)
		st.st_mode = 0;	     /* its interface is gone */
	if (!(st.st_mode & S_IROTH)) /* a key, which is root's alone */
		got = 0;
	/* the kernel clears as much memory as is asked for */
	if (got == READ_FIRST)
		got = pread(fd, value, sizeof(value), 0);
	if (fd >= 0)
		close(fd);
	copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      (st.st_mode & S_IWUSR) ? 0644 : 0444);
	if (copy < 0)
		return -1;
	if ((got <= 0 || write(copy, value, (size_t)got) == got) &&
	    (!init->uid || fchown(copy, init->uid, init->uid) == 0) && futimens(copy, never) == 0)
		ret = 0;
	close(copy);
	return ret;
}

/* Takes over both descriptors. */
static int copy_dir(const struct sandbox_init *init, int from, int to, unsigned int depth)
{
	DIR *dir = from < 0 ? NULL : fdopendir(from);
	const struct dirent *entry;
	int ret = dir && to >= 0 && depth < DEPTH_MAX ? 0 : -1;

	while (ret == 0 && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (str_equal(name, ".") || str_equal(name, ".."))
			continue;
		if (entry->d_type != DT_DIR) {
			ret = copy_value(init, from, to, name);
			continue;
		}
		ret = mkdirat(to, name, 0555);
		if (ret == 0)
			ret = copy_dir(init, openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				       openat(to, name, O_PATH | O_DIRECTORY | O_CLOEXEC),
				       depth + 1);
	}
	if (dir)
		closedir(dir);
	if (to >= 0)
		close(to);
	return ret;
}

int sandbox_make_mirror(struct sandbox_init *init)
{
	int from = init->sysctl, to = -1;

	if (mkdirat(init->store, "mirror", 0555) == 0)
		to = openat(init->store, "mirror", O_PATH | O_DIRECTORY | O_CLOEXEC);
	init->sysctl = -1;
	if (from < 0)
		from = open("/proc/sys/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy_dir(init, from, to, 0) < 0)
		return sandbox_fault(init, "a copy of /proc/sys/net", NULL);
	init->mirror = openat(init->store, "mirror", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sandbox_put(init, sandbox_graft(init->store, "mirror"), "/proc/sys/net");
}

/* --- reading it: in rampart. What is there is the shell's: rule 5 -------------------------- */

struct look {
	void (*found)(void *arg, const char *key, const char *value);
	void *arg;
};

static void look_at(struct sandbox_walk *walk, int dir, const char *name, const struct stat *seen)
{
	const struct look *look = walk->arg;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char value[VALUE_MAX + 1];
	struct stat st;
	ssize_t got;

	(void)seen; /* it may be another by now */
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mtim.tv_sec || st.st_mtim.tv_nsec) && (got = read(fd, value, VALUE_MAX)) >= 0) {
		value[got] = '\0';
		got = (ssize_t)strlen(value);
		if (got && value[got - 1] == '\n')
			value[got - 1] = '\0';
		futimens(fd, never);
		look->found(look->arg, buf_str(&walk->path), value);
	}
	close(fd);
}

int sandbox_sysctls(struct sandbox *sandbox,
		    void (*found)(void *arg, const char *key, const char *value), void *arg,
		    struct diags *diags)
{
	struct look look = { found, arg };
	struct sandbox_walk walk = {
		.file = look_at, .arg = &look, .path = BUF_INIT, .depth = DEPTH_MAX
	};

	(void)diags;
	if (!sandbox->has_sysctl)
		return 0;
	buf_adds(&walk.path, "net");
	sandbox_walk(&walk, openat(sandbox->mirror, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	buf_release(&walk.path);
	return 0;
}
