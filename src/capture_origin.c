#include <sys/ioctl.h>

#include "capture_internal.h"
#include "discover.h"
#include "fs.h"
#include "text.h"
#include "xalloc.h"

/*
 * Where a call comes from, for messages: rules never depend on it.
 * bash says it by a variable. dash gets its script line by line, so that a command at the top
 * level is the last line that was read; in a loop or a function that is where it ends or is called
 * from, and the line itself is found by the words that it shares with the call.
 */

/* How much of the call is written in the line and those that continue it. */
static size_t score(const struct lines *lines, size_t line, const struct request *request)
{
	size_t points = 0;

	for (size_t i = 1; i < request->argc; i++)
		if (lines_has_word(lines, line, request->argv[i]))
			points += strlen(request->argv[i]) + 1;
	return points;
}

/* Does the line call the program by its name, or give the command and the chain? */
static bool has_command(const struct lines *lines, size_t line, const struct request *request)
{
	const char *slash = strrchr(request->argv[0], '/');

	return lines_has(lines, line, slash ? slash + 1 : request->argv[0]) ||
	       (request->argc > 2 && lines_has(lines, line, request->argv[1]) &&
		lines_has(lines, line, request->argv[2]));
}

enum { LOOKED_AT_MAX = 4000, WORDS_LOOKED_AT_MAX = 64 }; /* lines, words: more are not searched */

/* All that a process was started with; the same for one that has only forked. */
static size_t read_cmdline(pid_t pid, char *text, size_t size)
{
	char path[32];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, size);
	if (fd >= 0)
		close(fd);
	return got < 0 ? 0 : (size_t)got;
}

static pid_t parent_of(pid_t pid)
{
	char path[32], text[512];
	const char *behind_name;
	int fd, parent = 0;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	behind_name = strrchr(text, ')'); /* the name may hold anything: proc(5) */
	if (!behind_name || sscanf(behind_name, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* Was the call made by the script's shell, or a fork of it, rather than by xargs or another script
 * in between? */
static bool is_from_shell(const struct session *s, const struct request *request)
{
	char shell[1024], parent[1024];
	size_t len = read_cmdline(s->shell, shell, sizeof(shell));

	return len && read_cmdline(parent_of(request->pid), parent, sizeof(parent)) == len &&
	       memcmp(shell, parent, len) == 0;
}

/* The line before nr that looks most like the call, the last of the best; its points. */
static size_t nearest_best(const struct lines *lines, size_t nr, const struct request *request,
			   size_t *ret_line)
{
	size_t points = 0;

	for (size_t i = nr < LOOKED_AT_MAX ? nr : 0; i-- > 0;) {
		size_t other = lines_continues(lines, i) ? 0 : score(lines, i, request);

		if (other > points) {
			points = other;
			*ret_line = i;
		}
	}
	return points;
}

/* The longest word of the call that is not in the line; NULL: it has all of them. */
static const char *missing_word(const struct lines *lines, size_t line,
				const struct request *request)
{
	const char *missing = NULL;

	for (size_t i = 1; i < request->argc; i++) {
		const char *word = request->argv[i];

		if ((!missing || strlen(word) > strlen(missing)) &&
		    !lines_has_word(lines, line, word))
			missing = word;
	}
	return missing;
}

/*
 * The last line before nr that has all the words of a call. Mostly there is none, since the word
 * was a variable's value: only lines with that word are looked at for the others.
 */
static bool find_whole(struct lines *lines, size_t nr, const struct request *request,
		       const char *word, size_t *ret_line)
{
	size_t nr_places;
	const size_t *place = lines_with(lines, word, nr, &nr_places);

	while (nr_places-- > 0) {
		size_t first = lines_first(lines, place[nr_places]);

		if (place[nr_places] < nr && !missing_word(lines, first, request)) {
			*ret_line = first;
			return true;
		}
	}
	return false;
}

/*
 * The line that looks most like the call: one that has all its words; else the one that was read
 * last, if most of the call is in it; else the best. nr: lines that have been read.
 */
static size_t best_line(struct session *s, size_t at, size_t nr, const struct request *request)
{
	struct lines *lines = &s->lines;
	const char *missing = missing_word(lines, at, request);
	size_t best = at, of_at, all = 0;
	bool better;

	if (!missing || nr >= LOOKED_AT_MAX)
		return at;
	of_at = score(lines, at, request);
	for (size_t i = 1; i < request->argc; i++)
		all += strlen(request->argv[i]) + 1;
	if (of_at * 2 >= all || has_command(lines, at, request))
		better = find_whole(lines, nr, request, missing, &best);
	else
		better = nearest_best(lines, nr, request, &best) > of_at;
	/* last: it reads what other processes are */
	return better && is_from_shell(s, request) ? best : at;
}

/* Lines that dash has read: those that were written, less the one that still waits. */
static size_t lines_read(const struct session *s)
{
	int waiting = 0;

	if (s->feed >= 0 && ioctl(s->feed, FIONREAD, &waiting) < 0)
		waiting = 0;
	return s->fed_lines > 0 && waiting > 0 ? s->fed_lines - 1 : s->fed_lines;
}

/* A path as the shell says it, as messages show it: less --root, from the script's directory. */
static const char *shown_path(const struct session *s, const char *path, size_t len)
{
	const char *root = s->capture->ctx.fs->root;
	size_t root_len = strlen(root);
	struct buf full = BUF_INIT;
	const char *ret;

	if (len == strlen(s->script->host_path) && memcmp(path, s->script->host_path, len) == 0)
		return s->script->dropin->path;
	if (path[0] != '/') {
		const char *slash = strrchr(s->script->dropin->path, '/');

		while (len > 2 && memcmp(path, "./", 2) == 0) {
			path += 2;
			len -= 2;
		}
		if (slash)
			buf_add(&full, s->script->dropin->path,
				(size_t)(slash - s->script->dropin->path) + 1);
	} else if (len > root_len && memcmp(path, root, root_len) == 0 && path[root_len] == '/') {
		path += root_len;
		len -= root_len;
	}
	buf_add(&full, path, len);
	ret = arena_strdup(&s->capture->arena, full.data);
	buf_release(&full);
	return ret;
}

enum { HINT_MAX = 4096, HINT_FILES_MAX = 1000 }; /* bytes of one; how many are remembered */

/* The script says what it likes, and it becomes a part of lines: of wishes, of a listing. */
static bool is_plain_text(const char *hint)
{
	size_t len = 0;

	for (; hint[len]; len++)
		if ((unsigned char)hint[len] < ' ' || hint[len] == 0x7f || len == HINT_MAX)
			return false;
	return true;
}

/* "FILE:LINE" of bash. */
static bool from_hint(struct session *s, const char *hint, struct origin *ret)
{
	const char *colon = strrchr(hint, ':');
	unsigned long line;

	if (!colon || colon == hint || !is_plain_text(hint) ||
	    text_number(colon + 1, 1, 100000000, &line) < 0)
		return false;
	/* the same file as for the call before, mostly */
	if (!s->hint_file || strncmp(s->hint, hint, (size_t)(colon - hint)) != 0 ||
	    s->hint[colon - hint] != '\0') {
		if (++s->hint_files > HINT_FILES_MAX)
			return false;
		free(s->hint);
		s->hint = xstrndup(hint, (size_t)(colon - hint));
		s->hint_file = shown_path(s, hint, (size_t)(colon - hint));
	}
	*ret = (struct origin){ s->hint_file, (unsigned int)line, NULL };
	return true;
}

/* In a file that dash has read in: it is read whole, so that its line is only the likeliest. */
static bool from_sourced(struct session *s, const struct request *request, struct origin *ret)
{
	const char *path;
	const struct lines *lines = sourced_lines(s, parent_of(request->pid), &path);
	size_t line = 0;

	if (!lines || !lines->nr)
		return false;
	(void)nearest_best(lines, lines->nr, request, &line);
	*ret = (struct origin){ shown_path(s, path, strlen(path)), (unsigned int)line + 1, NULL };
	return true;
}

struct origin origin_of(struct session *s, const struct request *request)
{
	struct origin origin = { s->script->dropin->path, 0, NULL };
	size_t nr = lines_read(s), at;

	if (from_hint(s, request->hint, &origin) || !s->lines.nr)
		return origin;
	if (s->fed && s->may_source && request->argc <= WORDS_LOOKED_AT_MAX &&
	    from_sourced(s, request, &origin))
		return origin;
	at = lines_first(&s->lines, nr ? nr - 1 : 0);
	/* a shell that reads its script by itself may be anywhere in it */
	if (!s->fed)
		nr = s->lines.nr;
	origin.line = (unsigned int)best_line(s, at, nr, request) + 1;
	return origin;
}
