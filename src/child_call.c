#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base.h"
#include "child.h"

enum { CANT_ENTER = 128 }; /* exit code, with an errno added, of a child that could not begin */

static void NORETURN begin(int netns, int userns, pid_t parent, int (*function)(void *arg),
			   void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that was asked for */
		_exit(CHILD_NO_EXEC);
	if ((userns >= 0 && setns(userns, CLONE_NEWUSER) < 0) ||
	    (netns >= 0 && setns(netns, CLONE_NEWNET) < 0))
		_exit(CANT_ENTER + (errno & 127));
	_exit(function(arg) & 127);
}

/* Whether it ended in time; without a pidfd (kernel before 5.3) there is no limit. */
static bool ends_in_time(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int ready;

	if (pidfd < 0)
		return true;
	do
		ready = poll(&pfd, 1, CHILD_SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	close(pidfd);
	return ready != 0;
}

static int wait_for(pid_t pid)
{
	bool in_time = ends_in_time(pid);
	int status = 0;

	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (in_time && WIFEXITED(status) && WEXITSTATUS(status) < CANT_ENTER)
		return WEXITSTATUS(status);
	errno = !in_time	  ? ETIMEDOUT :
		WIFEXITED(status) ? WEXITSTATUS(status) - CANT_ENTER :
				    ECHILD;
	return -1;
}

int child_call(int netns, int userns, int (*function)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		begin(netns, userns, parent, function, arg);
	return pid < 0 ? -1 : wait_for(pid);
}

/* A guardian waits until all of rampart's descriptors are closed, and the one that is held. */
static void NORETURN begin_through(pid_t parent, int (*function)(void *arg), void *arg)
{
	int held = child_held();

	if (held < 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CHILD_NO_EXEC);
	setpgid(0, 0); /* a Ctrl-C is not for it */
	child_keep_only(&held, 1);
	_exit(function(arg) & 127);
}

int child_call_through(int (*function)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid = fork();
	int ret;

	if (pid == 0)
		begin_through(parent, function, arg);
	if (pid < 0)
		return -1;
	if (child_held() >= 0)
		child_survives(0, pid);
	ret = wait_for(pid);
	child_survives(pid, 0);
	return ret;
}

void *child_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void child_unshare(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}
