#include <dirent.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "buf.h"
#include "child_sandbox_internal.h"
#include "text.h"
#include "xalloc.h"

enum { SEEN_MAX = 100, LEFT_MAX = 100, ENTRIES_MAX = 20000, DEPTH_MAX = 32, STAT_MAX = 1024 };

/* A file that was told. */
struct sandbox_seen {
	ino_t ino;
	struct timespec time;
};

/* --- processes ---------------------------------------------------------------------------- */

static DIR *open_proc(const struct sandbox *sandbox)
{
	int fd = openat(sandbox->root, "proc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* The next one but the first; 0 at the end. */
static pid_t next_process(DIR *proc)
{
	const struct dirent *entry;
	unsigned long pid;

	while ((entry = readdir(proc)))
		if (text_number(entry->d_name, 2, INT32_MAX, &pid) == 0)
			return (pid_t)pid;
	return 0;
}

/* Up to size - 1 bytes of one of its files, with a NUL behind; 0: it is gone. */
static size_t read_of(DIR *proc, pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	size_t len = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
	fd = openat(dirfd(proc), path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	while (fd >= 0 && len < size - 1 && (got = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)got;
	if (fd >= 0)
		close(fd);
	text[len] = '\0';
	return len;
}

/* 'R', 'S', 'D', 'Z' ...; 0: it is gone. Its name is its own choice, with brackets if it likes. */
static char state_of(DIR *proc, pid_t pid)
{
	char text[STAT_MAX];
	const char *bracket;

	if (!read_of(proc, pid, "stat", text, sizeof(text)))
		return 0;
	bracket = strrchr(text, ')');
	return bracket && bracket[1] == ' ' ? bracket[2] : 0;
}

uint64_t sandbox_trace(const struct sandbox *sandbox)
{
	DIR *proc = open_proc(sandbox);
	uint64_t trace = 0;
	char text[STAT_MAX];
	pid_t pid;

	while (proc && (pid = next_process(proc))) {
		size_t len = read_of(proc, pid, "stat", text, sizeof(text));

		trace = XXH64(text, len, trace + (uint64_t)pid);
		/* the nanoseconds that it has run */
		len = read_of(proc, pid, "schedstat", text, sizeof(text));
		trace = XXH64(text, len, trace);
	}
	if (proc)
		closedir(proc);
	return trace;
}

bool sandbox_is_busy(const struct sandbox *sandbox)
{
	DIR *proc = open_proc(sandbox);
	bool busy = false;
	pid_t pid;

	while (proc && !busy && (pid = next_process(proc))) {
		char state = state_of(proc, pid);

		busy = state == 'R' || state == 'D';
	}
	if (proc)
		closedir(proc);
	return busy;
}

void sandbox_name_left(const struct sandbox *sandbox, void (*found)(void *arg, const char *cmdline),
		       void *arg)
{
	DIR *proc = open_proc(sandbox);
	char words[4096];
	size_t nr = 0;
	pid_t pid;

	while (proc && nr < LEFT_MAX && (pid = next_process(proc))) {
		char state = state_of(proc, pid);
		size_t len;

		if (pid == sandbox->shell || !state || state == 'Z' || state == 'X')
			continue;
		len = read_of(proc, pid, "cmdline", words, sizeof(words));
		while (len && !words[len - 1])
			len--;
		for (size_t i = 0; i < len; i++)
			if (!words[i])
				words[i] = ' ';
		found(arg, words);
		nr++;
	}
	if (proc)
		closedir(proc);
}

/* --- files that were written -------------------------------------------------------------- */

struct look {
	struct sandbox *sandbox;
	void (*found)(void *arg, const char *path);
	void *arg;
};

/* A copy that nobody has written to has the time and size of the host's file; a place that was made
 * for a script has no time. */
static bool is_written(const char *path, const struct stat *st)
{
	struct stat real;

	if (!st->st_mtim.tv_sec && !st->st_mtim.tv_nsec)
		return false;
	return lstat(path, &real) < 0 || real.st_size != st->st_size ||
	       real.st_mtim.tv_sec != st->st_mtim.tv_sec ||
	       real.st_mtim.tv_nsec != st->st_mtim.tv_nsec;
}

static bool is_news(struct sandbox *sandbox, const struct stat *st)
{
	struct sandbox_seen *seen;

	for (size_t i = 0; i < sandbox->nr_seen; i++) {
		seen = &sandbox->seen[i];
		if (seen->ino != st->st_ino)
			continue;
		if (seen->time.tv_sec == st->st_mtim.tv_sec &&
		    seen->time.tv_nsec == st->st_mtim.tv_nsec)
			return false;
		seen->time = st->st_mtim;
		return true;
	}
	if (sandbox->nr_seen == SEEN_MAX)
		return false;
	if (!sandbox->seen)
		sandbox->seen = xcalloc(SEEN_MAX, sizeof(*sandbox->seen));
	sandbox->seen[sandbox->nr_seen++] =
		(struct sandbox_seen){ .ino = st->st_ino, .time = st->st_mtim };
	return true;
}

void sandbox_walk(struct sandbox_walk *walk, int fd, unsigned int depth)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t len = walk->path.len;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && walk->entries++ < ENTRIES_MAX && (entry = readdir(dir))) {
		struct stat st;

		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, "..") ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(&walk->path, "/%s", entry->d_name);
		if (S_ISDIR(st.st_mode) && depth < walk->depth)
			sandbox_walk(walk,
				     openat(fd, entry->d_name,
					    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				     depth + 1);
		else if (S_ISREG(st.st_mode))
			walk->file(walk, fd, entry->d_name, &st);
		walk->path.len = len;
		walk->path.data[len] = '\0';
	}
	if (dir)
		closedir(dir);
}

static void tell_written(struct sandbox_walk *walk, int dir, const char *name,
			 const struct stat *st)
{
	const struct look *look = walk->arg;

	(void)dir;
	(void)name;
	if (is_written(buf_str(&walk->path), st) && is_news(look->sandbox, st))
		look->found(look->arg, buf_str(&walk->path));
}

int sandbox_written(struct sandbox *sandbox, void (*found)(void *arg, const char *path), void *arg,
		    struct diags *diags)
{
	struct look look = { sandbox, found, arg };
	struct sandbox_walk walk = {
		.file = tell_written, .arg = &look, .path = BUF_INIT, .depth = DEPTH_MAX
	};
	char name[32];

	(void)diags;
	for (size_t i = 0; i < sandbox_nr_places; i++) {
		if (!sandbox_places[i].told)
			continue;
		snprintf(name, sizeof(name), "up/%s", sandbox_places[i].name);
		buf_reset(&walk.path);
		buf_adds(&walk.path, sandbox_places[i].path);
		sandbox_walk(&walk,
			     openat(sandbox->store, name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			     0);
	}
	buf_release(&walk.path);
	return 0;
}
