/*
 * sandbox: a shell in the sandbox of src/child_sandbox.h, for its tests.
 * usage: sandbox OPTION... -- PROGRAM [ARGUMENT...]
 *   --script PATH FILE   FILE's text stands at PATH       --fed PATH   it is fed to PROGRAM
 *   --extra NAME TEXT    --shim FILE  --tool PATH...      --mirror     of /proc/sys/net
 *   --cwd DIR  --processes N  --bytes N  --env NAME=VALUE
 *   --seconds N   then it is killed   --again N   as many times in the same sandbox
 *   --unswept     what is left behind stays until the next one
 *   --idle        only wait until nothing in the sandbox could run (or for those seconds)
 *   --hold        at the end say "ready" and wait for the end of standard input
 *   --rounds N    measure: N sandboxes with one run, then N runs in one
 * What PROGRAM writes comes first, then lines of what the sandbox tells.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "base.h"
#include "buf.h"
#include "child_sandbox.h"
#include "diag.h"
#include "fs.h"

enum { LIST_MAX = 32 };

static struct options {
	struct sandbox_file scripts[LIST_MAX], extra[LIST_MAX];
	const char *tools[LIST_MAX + 1], *env[LIST_MAX + 1];
	size_t nr_tools, nr_env;
	struct buf shim, texts[LIST_MAX];
	struct sandbox_setup setup;
	struct sandbox_run run;
	unsigned int seconds, again, rounds;
	bool idle, hold, unswept;
} o = { .seconds = 30, .again = 1 };

static struct diags diags = DIAGS_INIT;

static void NORETURN stop(const char *what)
{
	for (size_t i = 0; i < diags.nr; i++)
		printf("%s: %s\n", diag_severity_name(diags.list[i].severity), diags.list[i].text);
	printf("%s\n", what);
	fflush(stdout);
	_exit(2);
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static void read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fs_read_fd(fd, text) < 0)
		stop(path);
	close(fd);
}

static void take_option(const char *name, char ***args)
{
	const char *a = *++*args;

	if (str_equal(name, "--script")) {
		size_t at = o.setup.nr_scripts++;

		read_file(*++*args, &o.texts[at]);
		o.scripts[at] = (struct sandbox_file){ a, buf_str(&o.texts[at]), o.texts[at].len };
	} else if (str_equal(name, "--extra")) {
		const char *text = *++*args;

		o.extra[o.setup.nr_extra++] = (struct sandbox_file){ a, text, strlen(text) };
	} else if (str_equal(name, "--tool")) {
		o.tools[o.nr_tools++] = a;
	} else if (str_equal(name, "--env")) {
		o.env[o.nr_env++] = a;
	} else if (str_equal(name, "--shim")) {
		read_file(a, &o.shim);
	} else if (str_equal(name, "--fed")) {
		o.run.fed = a;
	} else if (str_equal(name, "--cwd")) {
		o.run.cwd = a;
	} else if (str_equal(name, "--processes")) {
		o.run.processes = number(a);
	} else if (str_equal(name, "--bytes")) {
		o.run.file_bytes = number(a);
	} else if (str_equal(name, "--seconds")) {
		o.seconds = number(a);
	} else if (str_equal(name, "--again")) {
		o.again = number(a);
	} else if (str_equal(name, "--rounds")) {
		o.rounds = number(a);
	} else {
		stop(name);
	}
	++*args;
}

static void take_options(char **args)
{
	o.env[o.nr_env++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	o.env[o.nr_env++] = "LC_ALL=C";
	o.run = (struct sandbox_run){ .cwd = "/",
				      .out = STDOUT_FILENO,
				      .err = STDERR_FILENO,
				      .processes = 100,
				      .file_bytes = 16 * 1024 * 1024 };
	while (*args && !str_equal(*args, "--")) {
		if (str_equal(*args, "--mirror"))
			o.setup.mirror_sysctl = *args++;
		else if (str_equal(*args, "--idle"))
			o.idle = *args++;
		else if (str_equal(*args, "--hold"))
			o.hold = *args++;
		else if (str_equal(*args, "--unswept"))
			o.unswept = *args++;
		else
			take_option(*args, &args);
	}
	if (!*args || !args[1])
		stop("usage");
	o.setup.scripts = o.scripts;
	o.setup.extra = o.extra;
	o.setup.shim = buf_str(&o.shim);
	o.setup.shim_len = o.shim.len;
	o.setup.tools = o.tools;
	o.run.argv = (const char *const *)(args + 1);
	o.run.env = o.env;
}

static char left[] = "left", written[] = "written";

static void found(void *arg, const char *text)
{
	printf("%s: %s\n", (const char *)arg, text);
}

static void found_sysctl(void *arg, const char *key, const char *value)
{
	(void)arg;
	printf("sysctl: %s = %s\n", key, value);
}

/* A line for each read of the shell, as rampart does it; false: it has not ended in time. */
static bool attend(struct sandbox *sandbox, int feed)
{
	const char *text = NULL, *end = NULL;
	struct pollfd pfd[2] = { { .fd = sandbox->control, .events = POLLIN },
				 { .fd = feed, .events = POLLOUT } };

	for (size_t i = 0; feed >= 0 && i < o.setup.nr_scripts; i++) {
		if (str_equal(o.scripts[i].path, o.run.fed)) {
			text = o.scripts[i].text;
			end = text + o.scripts[i].len;
		}
	}
	for (;;) {
		const char *newline;
		ssize_t put;

		if (poll(pfd, 2, (int)o.seconds * 1000) == 0)
			return false;
		if (pfd[0].revents)
			return true;
		newline = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
		put = text < end ?
			      write(feed, text,
				    newline ? (size_t)(newline + 1 - text) : (size_t)(end - text)) :
			      -1;
		if (put > 0) {
			text += put;
		} else if (text == end || errno != EAGAIN) {
			close(feed);
			pfd[1].fd = feed = -1;
		}
	}
}

static void wait_until_idle(const struct sandbox *sandbox)
{
	time_t end = time(NULL) + o.seconds;
	bool busy;

	while ((busy = sandbox_is_busy(sandbox)) && time(NULL) < end)
		usleep(1000);
	puts(busy ? "busy" : "idle");
}

static void run_once(struct sandbox *sandbox)
{
	int feed = -1, status = -1;
	pid_t pid = 0;

	if (sandbox_start(sandbox, &o.run, &feed, &pid, &diags) < 0)
		stop("not started");
	/* one that is idle lives */
	if (pid <= 0 || (o.idle && kill(pid, 0) < 0 && errno == ESRCH))
		puts("no pid");
	if (o.idle)
		wait_until_idle(sandbox);
	else if (!attend(sandbox, feed))
		puts("too long");
	else if (sandbox_take_end(sandbox, &status, &diags) < 0)
		stop("no end");
	if (!o.unswept && sandbox_sweep(sandbox, found, left, &diags) < 0)
		stop("not swept");
	if (sandbox_take_end(sandbox, &status, &diags) < 0)
		stop("no end after the sweep");
	sandbox_sysctls(sandbox, found_sysctl, NULL, &diags);
	sandbox_written(sandbox, found, written, &diags);
	printf("exit: %d\n", status);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void say(const char *what, double *times, size_t nr)
{
	qsort(times, nr, sizeof(*times), by_size);
	printf("%-28s least %.2f  median %.2f  most %.2f ms\n", what, times[0], times[nr / 2],
	       times[nr - 1]);
}

enum { OPEN, START, END, CLOSE, WHOLE, STEPS };

static void measure_run(struct sandbox *sandbox, double *ret_start, double *ret_end)
{
	int feed = -1, status;
	double before = now();
	pid_t pid;

	if (sandbox_start(sandbox, &o.run, &feed, &pid, &diags) < 0)
		stop("not started");
	*ret_start = now() - before;
	before = now();
	attend(sandbox, feed);
	if (sandbox_take_end(sandbox, &status, &diags) < 0)
		stop("no end");
	*ret_end = now() - before;
}

static void measure(void)
{
	static const char *const names[] = { "open", "first start", "end", "close",
					     "all but close" };
	double *times[STEPS];
	struct sandbox sandbox;

	for (size_t i = 0; i < STEPS; i++)
		times[i] = calloc(o.rounds, sizeof(**times));
	for (size_t r = 0; r < o.rounds; r++) {
		double before = now();

		if (sandbox_open(&sandbox, &o.setup, &diags) != 0)
			stop("no sandbox");
		times[OPEN][r] = now() - before;
		measure_run(&sandbox, &times[START][r], &times[END][r]);
		times[WHOLE][r] = now() - before;
		before = now();
		sandbox_close(&sandbox);
		times[CLOSE][r] = now() - before;
	}
	for (size_t i = 0; i < STEPS; i++)
		say(names[i], times[i], o.rounds);
	if (sandbox_open(&sandbox, &o.setup, &diags) != 0)
		stop("no sandbox");
	for (size_t r = 0; r < o.rounds; r++) {
		measure_run(&sandbox, &times[START][r], &times[END][r]);
		times[WHOLE][r] = times[START][r] + times[END][r];
	}
	say("further start", times[START], o.rounds);
	say("further start and end", times[WHOLE], o.rounds);
	sandbox_close(&sandbox);
}

int main(int argc, char **argv)
{
	struct sandbox sandbox;
	char byte;

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	take_options(argv + 1);
	if (o.rounds) {
		measure();
		return 0;
	}
	switch (sandbox_open(&sandbox, &o.setup, &diags)) {
	case 0: break;
	case 1: stop(strerror(errno));
	default: stop("no sandbox");
	}
	for (unsigned int i = 0; i < o.again; i++)
		run_once(&sandbox);
	if (o.hold) {
		printf("ready %d\n", (int)sandbox.init);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	sandbox_close(&sandbox);
	return 0;
}
