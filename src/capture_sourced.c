#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "capture_internal.h"
#include "discover.h"
#include "fs.h"
#include "text.h"
#include "xalloc.h"

/*
 * A file that dash reads in (". lib.sh"): dash does not say so, but has it open, as the highest of
 * the descriptors that it keeps out of the script's reach, from 10 on.
 */

enum { FIRST_OWN_FD = 10, SOURCED_MAX = 1024 * 1024 /* bytes of a file that is looked into */ };

bool sourced_possible(const struct script *script)
{
	return strstr(buf_str(&script->dropin->text), ". ") != NULL;
}

void sourced_release(struct sourced *sourced)
{
	lines_release(&sourced->lines);
	buf_release(&sourced->text);
	free(sourced->path);
	*sourced = (struct sourced){ .path = NULL };
}

static int highest_fd(const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	unsigned long highest = 0, fd;

	while (dir && (entry = readdir(dir)))
		if (text_number(entry->d_name, FIRST_OWN_FD, INT_MAX, &fd) == 0 && fd > highest)
			highest = fd;
	if (dir)
		closedir(dir);
	return highest ? (int)highest : -1;
}

/* The shell chose what to open, and may not have been allowed to read it: looked at first. */
static bool read_sourced(struct sourced *sourced, const char *link, const char *path)
{
	int place = open(link, O_PATH | O_CLOEXEC), fd = -1;
	char again[32];
	struct stat st;
	bool ret;

	sourced_release(sourced);
	if (place >= 0 && fstat(place, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IROTH &&
	    st.st_size <= SOURCED_MAX) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
		fd = open(again, O_RDONLY | O_CLOEXEC);
	}
	ret = fd >= 0 && fs_read_fd(fd, &sourced->text) == 0;
	if (fd >= 0)
		close(fd);
	if (place >= 0)
		close(place);
	if (ret) {
		sourced->path = xstrdup(path);
		lines_init(&sourced->lines, buf_str(&sourced->text), sourced->text.len);
	}
	return ret;
}

const struct lines *sourced_lines(struct session *s, pid_t shell, const char **ret_path)
{
	char directory[32], link[64], path[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(directory, sizeof(directory), "/proc/%d/fd", (int)shell);
	fd = highest_fd(directory);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "%s/%d", directory, fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || path[0] != '/')
		return NULL;
	path[len] = '\0';
	/* the script itself, or the FIFO that it comes by, which is at no path any more */
	if (str_equal(path, s->script->host_path) || strstr(path, SANDBOX_DIR) ||
	    strstr(path, "deleted"))
		return NULL;
	if (!(s->sourced.path && str_equal(s->sourced.path, path)) &&
	    !read_sourced(&s->sourced, link, path))
		return NULL;
	*ret_path = s->sourced.path;
	return &s->sourced.lines;
}
