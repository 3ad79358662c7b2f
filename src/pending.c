#include <sys/file.h>
#include <time.h>

#include "base.h"
#include "pending.h"
#include "buf.h"
#include "diag.h"
#include "fs.h"

static const char *const mark_path = RAMPART_RUNDIR "/pending";

long long pending_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (long long)now.tv_sec;
}

long long pending_left(const struct pending *pending)
{
	long long left = pending->deadline - pending_now();

	return left > 0 ? left : 0;
}

void pending_read(const struct fs *fs, struct pending *ret_pending)
{
	struct diags unused = DIAGS_INIT;
	struct pending pending = { .generation = 0 };
	struct buf text = BUF_INIT;
	int fd = -1;

	*ret_pending = pending;
	if (fs_open(fs, mark_path, O_RDONLY, &fd, &unused) == 0 && fd >= 0 &&
	    fs_read_fd(fd, &text) == 0 &&
	    sscanf(buf_str(&text), "generation %u\nconfirm %8s\nboot %39s\ndeadline %lld\n",
		   &pending.generation, pending.token, pending.boot, &pending.deadline) == 4) {
		pending.watched = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
		*ret_pending = pending;
	}
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	diags_release(&unused);
}

int pending_mark(const struct fs *fs, const struct pending *pending, int *ret_fd,
		 struct diags *diags)
{
	struct origin origin = { mark_path, 0, NULL };
	struct buf text = BUF_INIT;
	int fd = -1, ret = -1;

	buf_addf(&text, "generation %u\nconfirm %s\nboot %s\ndeadline %lld\n", pending->generation,
		 pending->token, pending->boot, pending->deadline);
	if (fs_make_dir(fs, RAMPART_RUNDIR, 0755, diags) == 0 &&
	    fs_replace(fs, mark_path, text.data, text.len, 0600, diags) == 0 &&
	    fs_open(fs, mark_path, O_RDONLY, &fd, diags) == 0) {
		/* who reads it asks for the lock, for a moment */
		if (fd >= 0 && flock(fd, LOCK_EX) == 0)
			ret = 0;
		else
			diag_error(diags, &origin, "can't be locked: %s",
				   strerror(fd < 0 ? ENOENT : errno));
	}
	if (ret == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	buf_release(&text);
	return ret;
}

void pending_remove(const struct fs *fs)
{
	char *path = fs_host_path(fs, mark_path);

	(void)unlink(path);
	free(path);
}
