#include <limits.h>

#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "kernel.h"
#include "xalloc.h"

/*
 * The shadow: a namespace that has what the virtual tables have, for the real programs to work
 * on. It follows when it is needed: the commands since then are kept as restore text.
 */

void shadow_init(struct session *s)
{
	s->shadow.netns = -1;
	FOR_EACH_FAMILY(f)
		s->shadow.table[f] = -1;
}

void shadow_release(struct session *s)
{
	FOR_EACH_FAMILY(f) {
		judge_release(&s->shadow.judge[f]);
		buf_release(&s->shadow.log[f]);
	}
	if (s->shadow.netns >= 0)
		close(s->shadow.netns);
}

/*
 * alone: rules are counted from here: what comes before is committed first. (Numbers count rules
 * of the same transaction too, but not all versions of the nft programs agree.)
 */
void shadow_log(struct session *s, enum family family, enum xtable table, const char *line,
		bool alone)
{
	struct buf *log = &s->shadow.log[family];

	if (s->shadow.table[family] >= 0 && (alone || s->shadow.table[family] != (int)table)) {
		buf_adds(log, "COMMIT\n");
		s->shadow.table[family] = -1;
	}
	if (s->shadow.table[family] < 0)
		buf_addf(log, "*%s\n", xtable_name(table));
	s->shadow.table[family] = (int)table;
	buf_addf(log, "%s\n", line);
}

int shadow_open(struct session *s)
{
	const struct capture *capture = s->capture;

	if (s->shadow.netns >= 0)
		return 0;
	if (child_new_netns(capture->userns, &s->shadow.netns) < 0)
		return diag_error(s->diags, NULL, "no network namespace for the scripts: %s",
				  strerror(errno));
	FOR_EACH_FAMILY(f) {
		struct judge_place place = { capture->restore[f].path, capture->restore[f].argv0,
					     s->shadow.netns, capture->userns, &capture->confine };

		judge_init(&s->shadow.judge[f], &place);
	}
	return ipset_mirror(s->capture, s->shadow.netns, s->diags);
}

void shadow_renew(struct session *s)
{
	(void)ipset_keep(s); /* what it alone has */
	shadow_release(s);
	s->shadow = (struct shadow){ .netns = -1 };
	shadow_init(s);
	merge_log(s);
}

static void have_doubt(struct session *s, const struct buf *answer)
{
	char *why = s->script->why_doubt;

	s->script->doubt = true;
	snprintf(why, sizeof(s->script->why_doubt), "%s", buf_str(answer));
	for (char *p = why; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
}

static int catch_up(struct session *s, enum family family)
{
	struct buf *log = &s->shadow.log[family], answer = BUF_INIT;
	int ret = shadow_open(s);

	if (ret == 0 && log->len) {
		buf_adds(log, "COMMIT\n");
		s->shadow.judge[family].seconds = session_seconds(s);
		ret = judge_ask(&s->shadow.judge[family], log->data, log->len, &answer, s->diags);
		if (ret > 0) /* what was taken for certain is not: all over again, with care */
			have_doubt(s, &answer);
		buf_reset(log);
		s->shadow.table[family] = -1;
	}
	buf_release(&answer);
	return ret == 0 ? 0 : -1;
}

/* Where the caller is, as it sees it. */
static void read_cwd(pid_t pid, char cwd[PATH_MAX])
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	len = readlink(link, cwd, PATH_MAX - 1);
	cwd[len > 0 ? len : 0] = '\0';
	if (cwd[0] != '/')
		memcpy(cwd, "/", 2);
}

/* A real program, in the shadow; what it says is the answer. */
static int run(struct session *s, struct child *child, struct answer *answer)
{
	int ret;

	child->netns = s->shadow.netns;
	child->userns = s->capture->userns;
	child->timeout = session_seconds(s);
	ret = child_run(child, s->diags);
	if (ret == 0) {
		buf_reset(&answer->out);
		buf_reset(&answer->err);
		buf_add(&answer->out, buf_str(&child->out), child->out.len);
		buf_add(&answer->err, buf_str(&child->err), child->err.len);
		answer->status = child->status >= 0 ? child->status & 0xff : SHIM_GONE;
	}
	child_release(child);
	return ret;
}

static int run_confined(struct session *s, const char *path, const char *argv0,
			const struct request *request, struct answer *answer)
{
	const char **argv = xcalloc(request->argc + 2, sizeof(*argv));
	struct child_confinement confine = s->capture->confine;
	struct child child = CHILD_INIT;
	char cwd[PATH_MAX];
	int ret;

	argv[0] = argv0;
	for (size_t i = 1; i < request->argc; i++)
		argv[i] = request->argv[i];
	read_cwd(request->pid, cwd);
	confine.cwd = cwd;
	child.path = path;
	child.argv[0] = argv0; /* for messages */
	child.args = argv;
	child.input_fd = request->input;
	child.confine = &confine;
	ret = run(s, &child, answer);
	free(argv);
	return ret;
}

/* The name that the caller used, which is in messages, unless it is that of the other backend. */
static const char *argv0_of(const struct request *request, const char *fallback, const char *kind)
{
	const char *slash = strrchr(request->argv[0], '/');
	const char *name = slash ? slash + 1 : request->argv[0];
	bool named = strstr(name, "-nft") || strstr(name, "-legacy");
	enum family unused;

	if (xt_kind_of(name, &unused) == XT_NONE || (named && !strstr(name, kind)))
		return fallback;
	return request->argv[0];
}

/*
 * The words of a save for a program that runs as root: -t TABLE and -c alone, nothing by which it
 * would read or write a file. -f FILE is taken out: the caller itself writes it. False: there is
 * more.
 */
static bool harmless_save(const struct request *request, const char **argv, const char **ret_file)
{
	size_t nr = 1;

	for (size_t i = 1; i < request->argc; i++) {
		const char *word = request->argv[i];
		bool has_next = i + 1 < request->argc;

		if ((str_equal(word, "-f") || str_equal(word, "--file")) && has_next) {
			*ret_file = request->argv[++i];
			continue;
		}
		argv[nr++] = word;
		if ((str_equal(word, "-t") || str_equal(word, "--table")) && has_next)
			argv[nr++] = request->argv[++i];
		else if (!str_equal(word, "-c") && !str_equal(word, "--counters") &&
			 !str_starts(word, "--table=") && !str_starts(word, "-t"))
			return false;
	}
	return true;
}

/*
 * As root, since the list of legacy tables is readable by root alone, where its words allow that.
 */
static int run_save(struct session *s, enum family family, const struct request *request,
		    struct answer *answer)
{
	const struct kernel *kernel = s->capture->ctx.kernel;
	const char **argv = xcalloc(request->argc + 2, sizeof(*argv)), *file = NULL;
	struct buf fallback = BUF_INIT;
	struct child child = CHILD_INIT;
	int ret;

	buf_addf(&fallback, "%s-save", s->capture->command[family].argv0);
	argv[0] = argv0_of(request, fallback.data, kernel_kind_name(kernel->kind));
	if (harmless_save(request, argv, &file)) {
		child.path = kernel->save[family];
		child.argv[0] = argv[0];
		child.args = argv;
		ret = run(s, &child, answer);
		answer->file = file;
	} else {
		ret = run_confined(s, s->capture->command[family].path, argv[0], request, answer);
	}
	buf_release(&fallback);
	free(argv);
	return ret;
}

int real_run(struct session *s, enum family family, enum real_program program,
	     const struct request *request, bool changes, struct answer *answer)
{
	const struct capture *capture = s->capture;
	const struct real *real =
		program == REAL_RESTORE ? &capture->restore[family] : &capture->command[family];
	int ret;

	if (!real->path) {
		buf_adds(&answer->err, "no such program\n");
		answer->status = 127;
		return 0;
	}
	if (catch_up(s, family) < 0)
		return -1;
	if (program == REAL_SAVE)
		ret = run_save(s, family, request, answer);
	else
		ret = run_confined(
			s, real->path,
			argv0_of(request, real->argv0, kernel_kind_name(capture->ctx.kernel->kind)),
			request, answer);
	if (ret == 0 && changes && answer->status == 0)
		ret = harvest(s, family);
	return ret;
}

int real_tool(struct session *s, const char *path, const struct request *request,
	      struct answer *answer)
{
	if (shadow_open(s) < 0)
		return -1;
	return run_confined(s, path, request->argv[0], request, answer);
}
