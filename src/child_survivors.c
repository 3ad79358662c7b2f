#include <signal.h>

#include "base.h"
#include "child.h"

static int held = -1;

enum { SURVIVORS_MAX = 16 };

/* Shared with the guardian: who may still run when rampart is gone; 0: a free place. */
static pid_t *survivors;

int child_share_survivors(void)
{
	if (!survivors)
		survivors = child_share(SURVIVORS_MAX * sizeof(*survivors));
	return survivors ? 0 : -1;
}

/* Without a place for it it is only not ended by force. */
void child_survives(pid_t old, pid_t new)
{
	for (size_t i = 0; survivors && old != new &&i < SURVIVORS_MAX; i++) {
		if (survivors[i] == old) {
			survivors[i] = new;
			return;
		}
	}
}

void child_end_survivors(void)
{
	for (size_t i = 0; survivors && i < SURVIVORS_MAX; i++) {
		if (survivors[i] > 0) {
			kill(-survivors[i], SIGKILL);
			kill(survivors[i], SIGKILL);
		}
	}
}

int child_hold(int fd)
{
	held = -1;
	if (fd < 0)
		return -1;
	/* out of the way of those that a child gets */
	held = fcntl(fd, F_DUPFD_CLOEXEC, 2 * TRAP_LISTENER_FD);
	if (held >= 0)
		close(fd);
	else
		held = fd;
	return held;
}

int child_held(void)
{
	return held;
}
