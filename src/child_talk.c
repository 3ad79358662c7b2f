#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base.h"
#include "child.h"
#include "diag.h"

enum { PART = 64 * 1024, ANSWER_MAX = 64 * 1024 * 1024 /* bytes */ };

struct talk {
	struct child *child;
	const char *text;
	size_t len;
	const char *until;
	size_t until_len;
	struct buf *answer;
	long long deadline; /* milliseconds */
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool is_complete(const struct talk *t)
{
	const struct buf *answer = t->answer;

	return answer->len >= t->until_len &&
	       memcmp(answer->data + answer->len - t->until_len, t->until, t->until_len) == 0;
}

/* 1: it ended. */
static int read_some(struct talk *t)
{
	ssize_t got;

	if (t->answer->len > ANSWER_MAX)
		return 1;
	got = read(t->child->talk_out, buf_reserve(t->answer, PART), PART);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : 1;
	if (got == 0)
		return 1;
	t->answer->len += (size_t)got;
	t->answer->data[t->answer->len] = '\0';
	return 0;
}

/* Not more than a pipe is sure to take at once: it may be waiting for us to read. */
static void write_some(struct talk *t)
{
	ssize_t put = write(t->child->talk_in, t->text, t->len < PIPE_BUF ? t->len : PIPE_BUF);

	if (put > 0) {
		t->text += put;
		t->len -= (size_t)put;
	} else if (errno != EINTR) {
		t->len = 0; /* it has ended: its last words come by the other pipe */
	}
}

static int exchange(struct talk *t)
{
	while (t->len || !is_complete(t)) {
		struct pollfd pfd[2] = { { .fd = t->child->talk_out, .events = POLLIN },
					 { .fd = t->len ? t->child->talk_in : -1,
					   .events = POLLOUT } };
		long long left = t->deadline - now_ms();
		int ready = left > 0 ? poll(pfd, 2, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return -1;
		if (pfd[0].revents && read_some(t))
			return 1;
		if (pfd[1].revents)
			write_some(t);
	}
	t->answer->len -= t->until_len;
	t->answer->data[t->answer->len] = '\0';
	return 0;
}

/* It has closed what it says; its end comes at once, or never. */
static bool has_ended(const struct child *child)
{
	struct pollfd pfd = { .fd = child->pidfd, .events = POLLIN };

	return child->pidfd >= 0 && poll(&pfd, 1, 1000) > 0;
}

int child_ask(struct child *child, const char *text, size_t len, const char *until,
	      struct buf *ret_answer, struct diags *diags)
{
	unsigned int seconds = child->timeout ? child->timeout : CHILD_SECONDS;
	struct talk talk = {
		child, text, len, until, strlen(until), ret_answer, now_ms() + seconds * 1000LL
	};
	int status = 0, ret;

	buf_reset(ret_answer);
	ret = exchange(&talk);
	if (ret == 0)
		return 0;
	if (ret < 0 || !has_ended(child))
		kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	child->pid = -1;
	close_fd(&child->pidfd);
	close_fd(&child->talk_in);
	close_fd(&child->talk_out);
	if (ret < 0)
		return diag_error(diags, NULL, "'%s' does not answer", child->argv[0]);
	return 1;
}
