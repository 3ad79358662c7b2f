#include <sys/stat.h>

#include "base.h"
#include "import.h"
#include "diag.h"

static int write_all(int fd, const struct buf *text)
{
	const char *bytes = buf_str(text);
	size_t len = text->len;

	while (len) {
		ssize_t nr = write(fd, bytes, len);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return -1;
		bytes += nr;
		len -= (size_t)nr;
	}
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -1 : 0;
}

/* Below another name first, a dot file that no layer reads: a drop-in is there whole or not. */
static int write_file(int dir, const char *name, const struct buf *text, bool replace)
{
	char temporary[40];
	int fd, ret;

	snprintf(temporary, sizeof(temporary), ".rampart-import.%ld", (long)getpid());
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	ret = write_all(fd, text);
	if (ret == 0)
		ret = renameat2(dir, temporary, dir, name, replace ? 0 : RENAME_NOREPLACE);
	if (ret < 0) {
		int error = errno;

		unlinkat(dir, temporary, 0);
		errno = error;
	}
	close(fd);
	return ret;
}

int import_write(const char *dir, const char *name, const struct buf *text, bool replace,
		 struct diags *diags)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct origin origin = { dir, 0, NULL };
	struct buf path = BUF_INIT;
	int ret = 0;

	if (fd < 0)
		return diag_error(diags, &origin, "%s", strerror(errno));
	buf_addf(&path, "%s/%s", dir, name);
	origin.file = path.data;
	if (write_file(fd, name, text, replace) < 0)
		ret = diag_error(diags, &origin, "%s%s", strerror(errno),
				 errno == EEXIST ? ": --force replaces it" : "");
	buf_release(&path);
	close(fd);
	return ret;
}
