#include <poll.h>

#include "base.h"
#include "guardian.h"
#include "child.h"
#include "diag.h"
#include "lock.h"

static const char all_is_settled = 's', keep_watch = 'w';

/* Long enough for what a restore program has left to do when it changes a table already. */
enum { SURVIVORS_MS = 700 };

/* Three pipes. The last is held by rampart and each of its children: its end means that not one of
 * them can change anything any more. */
struct pipes {
	int order[2], answer[2], life[2];
};

#define PIPES_INIT \
	{ \
		{ -1, -1 }, { -1, -1 }, \
		{ \
			-1, -1 \
		} \
	}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/*
 * Rampart is gone. Who changes a legacy table now, a restore program or a process of ours, has to
 * put the counters back by a second call: it is waited for, before it is killed.
 */
static void wait_for_survivors(int life)
{
	struct pollfd pfd = { .fd = life, .events = POLLIN };

	if (poll(&pfd, 1, SURVIVORS_MS) == 0)
		child_end_survivors();
	while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
		;
}

static void NORETURN stand_guard(const struct guardian *guardian, const struct pipes *p)
{
	char what;
	ssize_t got;

	do
		got = read(p->order[0], &what, 1);
	while (got < 0 && errno == EINTR);
	close(p->order[0]);
	if (got <= 0) {
		wait_for_survivors(p->life[0]);
		guardian->run(guardian->arg, GUARDIAN_RESCUE, p->answer[1]);
	} else if (what == keep_watch) {
		close(p->life[0]);
		guardian->run(guardian->arg, GUARDIAN_WATCH, p->answer[1]);
	}
	_exit(0);
}

int guardian_start(struct guardian *guardian, struct diags *diags)
{
	struct pipes p = PIPES_INIT;
	pid_t pid = -1;

	if (pipe2(p.order, O_CLOEXEC) == 0 && pipe2(p.answer, O_CLOEXEC) == 0 &&
	    pipe2(p.life, O_CLOEXEC) == 0 && child_share_survivors() == 0) {
		const int keep[] = { p.order[0], p.answer[1], p.life[0], guardian->lock->own,
				     guardian->lock->xtables };

		pid = child_detach(keep, ARRAY_SIZE(keep));
	}
	if (pid == 0)
		stand_guard(guardian, &p);
	if (pid < 0)
		diag_error(diags, NULL, "no process can be made to stand by: %s", strerror(errno));
	close_fd(p.order[0]);
	close_fd(p.answer[1]);
	close_fd(p.life[0]);
	if (pid > 0) {
		guardian->pid = pid;
		guardian->order = p.order[1];
		guardian->answer = p.answer[0];
		guardian->life = child_hold(p.life[1]);
		return 0;
	}
	close_fd(p.order[1]);
	close_fd(p.answer[0]);
	close_fd(p.life[1]);
	return -1;
}

static void tell(struct guardian *guardian, char what)
{
	/* one that was killed is not missed: the next command finds what it would have done */
	ssize_t put = write(guardian->order, &what, 1);

	(void)put;
	(void)child_hold(-1);
	close(guardian->order);
	close(guardian->life);
}

void guardian_end(struct guardian *guardian)
{
	if (!guardian->pid)
		return;
	tell(guardian, all_is_settled);
	close(guardian->answer);
	child_reap(guardian->pid);
	guardian->pid = 0;
}

int guardian_watch(struct guardian *guardian)
{
	char byte;
	ssize_t got;

	tell(guardian, keep_watch);
	do
		got = read(guardian->answer, &byte, 1);
	while (got < 0 && errno == EINTR);
	close(guardian->answer);
	guardian->pid = 0;
	return got == 1 ? 0 : -1;
}
