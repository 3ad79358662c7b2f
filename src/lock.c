#include <sys/file.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base.h"
#include "lock.h"
#include "buf.h"
#include "diag.h"
#include "fs.h"
#include "state.h"

static const char *const own_path = RAMPART_RUNDIR "/lock";
static const char *const xtables_path = "/run/xtables.lock";

/* Whoever /proc/locks shows for this file: "1: FLOCK  ADVISORY  WRITE 123 00:1a:456 0 EOF" */
static long holder_of(int fd)
{
	FILE *file = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;
	long holder = 0;

	if (!file || fstat(fd, &st) < 0)
		goto out;
	while (!holder && fgets(line, sizeof(line), file)) {
		unsigned int major_nr, minor_nr;
		unsigned long inode;
		long pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &major_nr, &minor_nr,
			   &inode) == 4 &&
		    inode == st.st_ino && major_nr == major(st.st_dev) &&
		    minor_nr == minor(st.st_dev))
			holder = pid;
	}
out:
	if (file)
		fclose(file);
	return holder;
}

static void describe_holder(int fd, struct buf *buf)
{
	long pid = holder_of(fd);
	char path[64], name[64] = "";
	int comm;
	ssize_t got;

	if (!pid) {
		buf_adds(buf, "another process");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	comm = open(path, O_RDONLY | O_CLOEXEC);
	got = comm < 0 ? -1 : read(comm, name, sizeof(name) - 1);
	if (comm >= 0)
		close(comm);
	name[got > 0 ? strcspn(name, "\n") : 0] = '\0';
	buf_addf(buf, "process %ld%s%s%s", pid, name[0] ? " (" : "", name, name[0] ? ")" : "");
}

/* flock() has no time limit of its own. Waiting costs nothing but these looks. */
static int lock_in_time(int fd)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };

	for (unsigned int tries = 0; tries < LOCK_SECONDS * 50; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		nanosleep(&pause, NULL);
	}
	errno = EWOULDBLOCK;
	return -1;
}

static int take(const char *shown, const char *path, int *ret_fd, struct diags *diags)
{
	struct origin origin = { shown, 0, NULL };
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return diag_error(diags, &origin, "can't be opened: %s", strerror(errno));
	if (lock_in_time(fd) < 0) {
		struct buf holder = BUF_INIT;

		if (errno == EWOULDBLOCK) {
			describe_holder(fd, &holder);
			diag_error(diags, &origin, "busy: locked by %s for more than %d seconds",
				   buf_str(&holder), (int)LOCK_SECONDS);
		} else {
			diag_error(diags, &origin, "can't be locked: %s", strerror(errno));
		}
		buf_release(&holder);
		close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

int lock_own(struct lock *lock, const struct fs *fs, struct diags *diags)
{
	char *path;
	int ret;

	if (fs_make_dir(fs, RAMPART_RUNDIR, 0755, diags) < 0)
		return -1;
	path = fs_host_path(fs, own_path);
	ret = take(own_path, path, &lock->own, diags);
	free(path);
	return ret;
}

int lock_try_own(struct lock *lock, const struct fs *fs)
{
	struct diags unused = DIAGS_INIT;
	char *path;
	int fd = -1;

	if (fs_make_dir(fs, RAMPART_RUNDIR, 0755, &unused) == 0) {
		path = fs_host_path(fs, own_path);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		free(path);
	}
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		lock->own = fd;
	} else if (fd >= 0) {
		close(fd);
		fd = -1;
	}
	diags_release(&unused);
	return fd < 0 ? -1 : 0;
}

int lock_xtables(struct lock *lock, bool required, struct diags *diags)
{
	struct diags quiet = DIAGS_INIT;
	int ret = take(xtables_path, xtables_path, &lock->xtables, required ? diags : &quiet);

	for (size_t i = 0; i < quiet.nr; i++)
		diag_warning(diags, NULL, "%s: %s; going on without: nft does not need it",
			     xtables_path, quiet.list[i].text);
	diags_release(&quiet);
	return required ? ret : 0;
}

void lock_release(struct lock *lock)
{
	if (lock->xtables >= 0)
		close(lock->xtables);
	if (lock->own >= 0)
		close(lock->own);
	*lock = (struct lock)LOCK_INIT;
}
