#include <poll.h>
#include <time.h>

#include "capture_internal.h"
#include "capture_shell.h"
#include "config.h"
#include "diag.h"
#include "discover.h"

enum {
	PROCESSES_MAX = 256,
	FILE_BYTES_MAX = 64 * 1024 * 1024,
	LINE_PART_MAX = 4096,  /* bytes: a packet of a pipe */
	IDLE_MILLISECONDS = 3, /* between looks at whether anything goes on beside a sleep */
	IDLE_LOOKS = 3,
	FIXED = 5 /* descriptors beside the connections */
};

long long session_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

unsigned int session_seconds(const struct session *s)
{
	long long left = (s->deadline - session_now()) / 1000 + 1;

	return left > 0 ? (unsigned int)left : 1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The next line, where the shell has taken the one before. */
static void feed_line(struct session *s)
{
	const struct lines *lines = &s->lines;
	size_t end = s->fed_lines < lines->nr ? lines->start[s->fed_lines + 1] : s->fed;
	size_t len = end - s->fed < LINE_PART_MAX ? end - s->fed : LINE_PART_MAX;
	ssize_t put = len ? write(s->feed, lines->text + s->fed, len) : 0;

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put <= 0) { /* all of it is written, or the shell has ended */
		close_fd(&s->feed);
		return;
	}
	s->fed += (size_t)put;
	s->fed_lines += s->fed == end;
}

/* What the script writes is read on whatever comes, so that it never waits. */
static void take_output(int *fd, struct buf *text)
{
	char bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof(bytes));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		close_fd(fd);
	else if (text->len < OUTPUT_KEPT)
		buf_add(text, bytes, (size_t)got);
}

static int take_end(struct session *s)
{
	if (sandbox_take_end(&s->capture->sandbox, &s->status, s->diags) < 0)
		return -1;
	s->ended = true;
	return 0;
}

static int react(struct session *s, const struct pollfd *pfd, size_t nr)
{
	/* One that ends is replaced by the last. Each may take what is left of the time. */
	for (size_t i = nr; i-- > FIXED && session_now() < s->deadline;)
		if (pfd[i].revents)
			serve_connection(s, i - FIXED);
	if (pfd[4].revents)
		serve_accept(s);
	if (pfd[1].revents)
		take_output(&s->out, &s->out_text);
	if (pfd[2].revents)
		take_output(&s->err, &s->err_text);
	if (pfd[3].revents)
		feed_line(s);
	/* last: what was asked before the shell's end is answered */
	return pfd[0].revents ? take_end(s) : 0;
}

static size_t watch(struct session *s, struct pollfd *pfd)
{
	const struct sandbox *sandbox = &s->capture->sandbox;
	bool full = s->nr_connections == CONNECTIONS_MAX;

	pfd[0] = (struct pollfd){ .fd = sandbox->control, .events = POLLIN };
	pfd[1] = (struct pollfd){ .fd = s->out, .events = POLLIN };
	pfd[2] = (struct pollfd){ .fd = s->err, .events = POLLIN };
	pfd[3] = (struct pollfd){ .fd = s->feed, .events = POLLOUT };
	pfd[4] = (struct pollfd){ .fd = full ? -1 : sandbox->listener, .events = POLLIN };
	for (size_t i = 0; i < s->nr_connections; i++)
		pfd[FIXED + i] = (struct pollfd){ .fd = serve_fd(s, i), .events = POLLIN };
	return FIXED + s->nr_connections;
}

/*
 * A sleep takes no time, but what is after it comes after all that goes on now: it is over when
 * nothing has run for some looks in a row. How many by now.
 */
static unsigned int look_for_rest(struct session *s, unsigned int idle, uint64_t *trace)
{
	uint64_t now = sandbox_trace(&s->capture->sandbox);
	bool rests = !sandbox_is_busy(&s->capture->sandbox) && now == *trace;

	*trace = now;
	if (!rests)
		return 0;
	if (idle + 1 < IDLE_LOOKS)
		return idle + 1;
	serve_wake(s);
	return 0;
}

/* 1: the time is over. */
static int loop(struct session *s)
{
	struct pollfd pfd[FIXED + CONNECTIONS_MAX];
	unsigned int idle = 0;
	uint64_t trace = 0;

	while (!s->ended) {
		size_t nr = watch(s, pfd);
		long long left = s->deadline - session_now();
		bool sleepers = serve_has_sleepers(s);
		int ready;

		if (left <= 0)
			return 1;
		ready = poll(pfd, nr, sleepers ? IDLE_MILLISECONDS : (int)left);
		if (ready < 0 && errno != EINTR)
			return diag_error(s->diags, NULL, "poll: %s", strerror(errno));
		if (ready > 0 && react(s, pfd, nr) < 0)
			return -1;
		if (ready == 0 && sleepers)
			idle = look_for_rest(s, idle, &trace);
		else
			idle = 0;
	}
	return 0;
}

static void report_left(void *arg, const char *cmdline)
{
	struct session *s = arg;
	struct origin file = { s->script->dropin->path, 0, NULL };

	if (s->ended)
		diag_warning(s->diags, &file,
			     "the script left a process in the background: killed: %s", cmdline);
}

/* Not until its end: a copy of the other end may be in a message that nobody took. */
static void drain_one(int *fd, struct buf *text)
{
	struct pollfd pfd = { .fd = *fd, .events = POLLIN };

	while (*fd >= 0 && poll(&pfd, 1, 0) > 0)
		take_output(fd, text);
}

/* Nothing of it lives any more: what it wrote is all there. */
static void drain(struct session *s)
{
	drain_one(&s->out, &s->out_text);
	drain_one(&s->err, &s->err_text);
}

static int start(struct session *s, const struct shell *shell)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, ret = -1;
	struct sandbox_run order = { .argv = shell->argv,
				     .env = (const char *const *)shell->env,
				     .cwd = shell->cwd,
				     .fed = shell->kind == SHELL_DASH ? s->script->host_path : NULL,
				     .processes = PROCESSES_MAX,
				     .file_bytes = FILE_BYTES_MAX };

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) {
		diag_error(s->diags, NULL, "pipe: %s", strerror(errno));
	} else {
		order.out = out[1];
		order.err = err[1];
		ret = sandbox_start(&s->capture->sandbox, &order, &s->feed, &s->shell, s->diags);
		s->out = out[0];
		s->err = err[0];
		out[0] = err[0] = -1;
	}
	for (size_t i = 0; i < 2; i++) {
		close_fd(&out[i]);
		close_fd(&err[i]);
	}
	return ret;
}

static int finish(struct session *s, int over)
{
	struct origin file = { s->script->dropin->path, 0, NULL };
	unsigned int seconds = s->capture->ctx.config->script_seconds;
	int ret = sandbox_sweep(&s->capture->sandbox, report_left, s, s->diags);

	serve_close(s);
	if (ret == 0)
		drain(s);
	if (over > 0)
		ret = diag_error(s->diags, &file,
				 "the script did not end within %u second%s: killed", seconds,
				 seconds == 1 ? "" : "s");
	else if (over == 0 && s->status != 0)
		fault_of_script(s);
	return over < 0 ? -1 : ret;
}

static int run(struct session *s)
{
	struct shell shell;
	int ret = -1, over;

	if (shell_init(&shell, s->capture, s->script, s->diags) == 0 && start(s, &shell) == 0) {
		over = loop(s);
		ret = finish(s, over);
		if (note_sysctls(s) < 0 || ipset_keep(s) < 0)
			ret = -1;
		fault_notes(s);
	}
	shell_release(&shell);
	return ret;
}

int session_run(struct capture *capture, struct script *script)
{
	struct session s = {
		.capture = capture,
		.script = script,
		.diags = capture->ctx.diags,
		.view = &script->view,
		.origin = { script->dropin->path, 0, NULL },
		.feed = -1,
		.out = -1,
		.err = -1,
		.call = CALL_INIT,
		.deadline = session_now() + capture->ctx.config->script_seconds * 1000LL,
	};
	int ret;

	lines_init(&s.lines, buf_str(&script->dropin->text), script->dropin->text.len);
	s.may_source = sourced_possible(script);
	shadow_init(&s);
	merge_log(&s);
	ret = run(&s);
	shadow_release(&s);
	serve_close(&s);
	lines_release(&s.lines);
	close_fd(&s.feed);
	close_fd(&s.out);
	close_fd(&s.err);
	call_release(&s.call);
	free(s.hint);
	sourced_release(&s.sourced);
	buf_release(&s.text);
	buf_release(&s.out_text);
	buf_release(&s.err_text);
	return ret;
}
