#include <limits.h>

#include "base.h"
#include "fs.h"
#include "buf.h"
#include "diag.h"

void fs_identify(const char *name, const struct stat *st, struct buf *ret)
{
	buf_addf(ret, "%s %llu %lld %lld.%09ld\n", name, (unsigned long long)st->st_ino,
		 (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

/* mark: what it may stop behind, or NULL */
static int read_up_to(int fd, const char *mark, struct buf *ret_text)
{
	struct buf text = BUF_INIT;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_size > FS_FILE_MAX) {
		errno = EFBIG;
		return -1;
	}
	while (!mark || !strstr(buf_str(&text), mark)) {
		size_t rest = text.len < (size_t)st.st_size ? (size_t)st.st_size - text.len : 0;
		/* all at once; or twice as much, as it is looked through each time */
		size_t room = 4096 + (mark ? text.len : rest);
		ssize_t got = read(fd, buf_reserve(&text, room), room);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || text.len + (size_t)got > FS_FILE_MAX) {
			buf_release(&text);
			errno = got < 0 ? errno : EFBIG;
			return -1;
		}
		text.len += (size_t)got;
		text.data[text.len] = '\0';
		if (!got)
			break;
	}
	*ret_text = text;
	return 0;
}

int fs_read_fd(int fd, struct buf *ret_text)
{
	return read_up_to(fd, NULL, ret_text);
}

int fs_read_head(int fd, const char *mark, struct buf *ret_text)
{
	return read_up_to(fd, mark, ret_text);
}

int fs_make_dir(const struct fs *fs, const char *path, mode_t mode, struct diags *diags)
{
	struct origin origin = { path, 0, NULL };
	char *full = fs_host_path(fs, path);
	int ret = 0;

	for (char *p = full + strlen(fs->root) + 1; ret == 0 && *p; p++) {
		if (*p != '/' && p[1])
			continue;
		if (*p == '/')
			*p = '\0';
		if (mkdir(full, mode) == 0)
			(void)chmod(full, mode); /* whatever the umask is */
		else if (errno != EEXIST)
			ret = diag_error(diags, &origin, "can't make '%s': %s",
					 full + strlen(fs->root), strerror(errno));
		if (!*p)
			*p = '/';
	}
	free(full);
	return ret;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static int write_beside(int dir, const char *temp, const void *bytes, size_t len, mode_t mode)
{
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0 && errno == EEXIST) { /* left behind by a run that was killed */
		unlinkat(dir, temp, 0);
		fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return -1;
	if (write_all(fd, bytes, len) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

int fs_replace(const struct fs *fs, const char *path, const void *bytes, size_t len, mode_t mode,
	       struct diags *diags)
{
	struct origin origin = { path, 0, NULL };
	const char *name = strrchr(path, '/') + 1;
	struct buf dir_path = BUF_INIT, temp = BUF_INIT;
	struct stat st;
	int dir = -1, ret = -1;

	buf_add(&dir_path, path, (size_t)(name - path));
	buf_addf(&temp, ".%s.rampart-new", name);
	if (fs_open(fs, dir_path.data, O_RDONLY | O_DIRECTORY, &dir, diags) < 0)
		goto out;
	if (dir < 0) {
		diag_error(diags, &origin, "can't be written: its directory does not exist");
		goto out;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		mode = st.st_mode & 07777;
	if (write_beside(dir, temp.data, bytes, len, mode) < 0 ||
	    renameat(dir, temp.data, dir, name) < 0 || fsync(dir) < 0) {
		diag_error(diags, &origin, "can't be written: %s", strerror(errno));
		unlinkat(dir, temp.data, 0);
		goto out;
	}
	ret = 0;
out:
	if (dir >= 0)
		close(dir);
	buf_release(&dir_path);
	buf_release(&temp);
	return ret;
}
