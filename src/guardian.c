#include "base.h"
#include "guardian.h"
#include "child.h"
#include "diag.h"
#include "lock.h"

static const char all_is_settled = 's', keep_watch = 'w';

/*
 * The order comes through a pipe whose other end rampart and each of its children hold: its end
 * means that not one of them can change anything any more.
 */
static void NORETURN stand_guard(const struct guardian *guardian, int order, int answer)
{
	char what;
	ssize_t got;

	do
		got = read(order, &what, 1);
	while (got < 0 && errno == EINTR);
	close(order);
	if (got <= 0)
		guardian->run(guardian->arg, GUARDIAN_RESCUE, answer);
	else if (what == keep_watch)
		guardian->run(guardian->arg, GUARDIAN_WATCH, answer);
	_exit(0);
}

int guardian_start(struct guardian *guardian, struct diags *diags)
{
	int order[2] = { -1, -1 }, answer[2] = { -1, -1 };
	pid_t pid = -1;

	if (pipe2(order, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0) {
		const int keep[] = { order[0], answer[1], guardian->lock->own,
				     guardian->lock->xtables };

		pid = child_detach(keep, ARRAY_SIZE(keep));
	}
	if (pid == 0)
		stand_guard(guardian, order[0], answer[1]);
	if (pid < 0)
		diag_error(diags, NULL, "no process can be made to stand by: %s", strerror(errno));
	if (order[0] >= 0)
		close(order[0]);
	if (answer[1] >= 0)
		close(answer[1]);
	if (pid > 0) {
		guardian->pid = pid;
		guardian->order = child_hold(order[1]);
		guardian->answer = answer[0];
		return 0;
	}
	if (order[1] >= 0)
		close(order[1]);
	if (answer[0] >= 0)
		close(answer[0]);
	return -1;
}

static void tell(struct guardian *guardian, char what)
{
	/* one that was killed is not missed: the next command finds what it would have done */
	ssize_t put = write(guardian->order, &what, 1);

	(void)put;
	child_hold(-1);
	close(guardian->order);
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
