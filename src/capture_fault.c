#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "text.h"
#include "xalloc.h"

enum { WORDS_SHOWN = 200 }; /* bytes of a command line */

void fault_words(struct buf *buf, const struct request *request)
{
	size_t start = buf->len;

	for (size_t i = 0; i < request->argc; i++) {
		const char *word = request->argv[i];
		bool quote = !*word || strpbrk(word, " \t\n'\"\\$`;&|<>()*?[]#");

		if (i == 0 && strrchr(word, '/'))
			word = strrchr(word, '/') + 1;
		if (i)
			buf_addc(buf, ' ');
		if (quote)
			buf_addc(buf, '"');
		text_escape(buf, word);
		if (quote)
			buf_addc(buf, '"');
		if (buf->len - start > WORDS_SHOWN) {
			buf->len = start + WORDS_SHOWN;
			buf_adds(buf, " ...");
			return;
		}
	}
}

/*
 * What the program said, in one line, without its name, without "Try `iptables -h' ...":
 * "iptables v1.8.9 (nf_tables): Couldn't load match `bogus':No such file or directory".
 */
static void reason(struct buf *buf, const struct answer *answer)
{
	static const char *const noise[] = { "Try `", "Perhaps ip", "Run `dmesg'" };
	char *text = xstrdup(buf_str(&answer->err));
	const char *at = text;
	size_t len;

	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
		char *cut = strstr(text, noise[i]);

		if (cut)
			*cut = '\0';
	}
	if (str_starts(at, "ip") && strstr(at, ": "))
		at = strstr(at, ": ") + 2;
	while (*at == ' ')
		at++;
	len = strlen(at);
	while (len && (at[len - 1] == ' ' || at[len - 1] == '.'))
		len--;
	text[(at - text) + (ptrdiff_t)len] = '\0';
	text_escape(buf, at);
	free(text);
}

void fault_add(struct session *s, const struct origin *origin, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (s->capture->ctx.config->script_errors_warn)
		diag_warning(s->diags, origin, "%s: left out", text.data);
	else
		s->script->failed = diag_error(s->diags, origin, "%s", text.data) < 0;
	buf_release(&text);
}

static bool asks_for_help(const struct request *request)
{
	for (size_t i = 1; i < request->argc; i++)
		if (str_equal(request->argv[i], "-h") || str_equal(request->argv[i], "--help") ||
		    str_equal(request->argv[i], "-V") || str_equal(request->argv[i], "--version"))
			return true;
	return false;
}

/*
 * A firewall that lacks a rule is the harm to avoid: a rule, policy or chain that was not made is
 * a fault; that something was not there to be deleted or found is not. Where the script has thrown
 * the message away it was a question, and it knows the answer.
 */
static bool is_fault(const struct session *s, const struct request *request,
		     const struct answer *answer)
{
	char command = s->call.command;

	if (request->flags & SHIM_QUIET)
		return false;
	if (command == 'N') /* status 1: it is there already */
		return answer->status != 1;
	return command ? strchr("AIRP", command) != NULL : !asks_for_help(request);
}

static const char *advice(const struct session *s, const struct answer *answer)
{
	return !s->capture->ctx.config->resolve && strstr(buf_str(&answer->err), "host/network `") ?
		       NAME_ADVICE :
		       "";
}

void fault_of_call(struct session *s, const struct request *request, const struct answer *answer)
{
	struct buf words = BUF_INIT, why = BUF_INIT;

	if (s->script->doubt || !is_fault(s, request, answer))
		return;
	fault_words(&words, request);
	reason(&why, answer);
	fault_add(s, &s->origin, "'%s' failed: %s (exit status %d)%s", buf_str(&words),
		  why.len ? buf_str(&why) : "no message", answer->status, advice(s, answer));
	buf_release(&words);
	buf_release(&why);
}

void fault_refuse(struct session *s, const struct request *request, struct answer *answer,
		  const char *why)
{
	struct buf words = BUF_INIT;

	fault_words(&words, request);
	buf_addf(&answer->err, "%s: %s\n", request->argv[0], why);
	answer->status = 2;
	fault_add(s, &s->origin, "'%s' failed: %s (exit status %d)", buf_str(&words), why,
		  answer->status);
	buf_release(&words);
}

void fault_of_tool(struct session *s, const struct request *request, const char *why)
{
	struct buf words = BUF_INIT;

	fault_words(&words, request);
	fault_add(s, &s->origin, "'%s': not captured: %s", buf_str(&words), why);
	buf_release(&words);
}

/* The last line of a text, escaped; "" where there is none. */
static void last_line(struct buf *buf, const struct buf *text)
{
	const char *start = buf_str(text), *end = start + text->len;
	const char *from;
	bool is_advice;
	char *line;

	do { /* advice is no last word */
		while (end > start && (end[-1] == '\n' || end[-1] == ' '))
			end--;
		for (from = end; from > start && from[-1] != '\n'; from--)
			;
		is_advice = strncmp(from, "Try `", 5) == 0;
		end = is_advice ? from : end;
	} while (is_advice && end > start);
	line = xstrndup(from, (size_t)(end - from));
	text_escape(buf, line);
	free(line);
}

void fault_of_script(struct session *s)
{
	struct origin file = { s->script->dropin->path, 0, NULL };
	struct buf said = BUF_INIT;

	if (s->script->doubt)
		return;
	last_line(&said, &s->err_text);
	if (s->status > 128)
		buf_addf(&said, "%s(signal %d)", said.len ? " " : "", s->status - 128);
	if (s->capture->ctx.config->script_errors_warn)
		diag_warning(s->diags, &file, "the script ended with exit status %d%s%s", s->status,
			     said.len ? ": " : "", buf_str(&said));
	else
		s->script->failed =
			diag_error(s->diags, &file, "the script ended with exit status %d%s%s",
				   s->status, said.len ? ": " : "", buf_str(&said)) < 0;
	buf_release(&said);
}

/* Each line of what it wrote, with -v. */
static void note_output(struct session *s, const struct buf *text, const char *what)
{
	struct origin file = { s->script->dropin->path, 0, NULL };
	char *copy = xstrdup(buf_str(text)), *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct buf shown = BUF_INIT;

		text_escape(&shown, line);
		diag_note(s->diags, &file, "%s: %s", what, buf_str(&shown));
		buf_release(&shown);
	}
	free(copy);
}

struct written {
	struct buf paths;
	size_t nr;
};

enum { PATHS_NAMED = 5 };

static void add_path(void *arg, const char *path)
{
	struct written *written = arg;

	if (written->nr < PATHS_NAMED) {
		buf_adds(&written->paths, written->nr ? ", " : "");
		text_escape(&written->paths, path);
	}
	written->nr++;
}

void fault_notes(struct session *s)
{
	struct origin file = { s->script->dropin->path, 0, NULL };
	struct written written = { BUF_INIT, 0 };

	if (s->script->doubt)
		return;
	if (s->capture->ctx.verbose) {
		note_output(s, &s->out_text, "output");
		note_output(s, &s->err_text, "error output");
	}
	(void)sandbox_written(&s->capture->sandbox, add_path, &written, s->diags);
	if (written.nr > PATHS_NAMED)
		buf_addf(&written.paths, " and %zu more", written.nr - PATHS_NAMED);
	if (written.nr)
		diag_note(s->diags, &file, "what the script wrote to files is thrown away: %s",
			  written.paths.data);
	buf_release(&written.paths);
}
