#include <signal.h>
#include <sys/wait.h>

#include "base.h"
#include "child.h"

enum { KEEP_MAX = 8 };

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void child_keep_only(const int *keep, size_t nr)
{
	int sorted[KEEP_MAX], from = STDERR_FILENO + 1;

	if (nr > KEEP_MAX)
		nr = KEEP_MAX;
	memcpy(sorted, keep, nr * sizeof(*keep));
	qsort(sorted, nr, sizeof(*sorted), by_number);
	for (size_t i = 0; i < nr; i++) {
		if (sorted[i] < from)
			continue;
		if (sorted[i] > from)
			child_close_range(from, sorted[i] - 1);
		from = sorted[i] + 1;
	}
	child_close_range(from, -1);
}

pid_t child_detach(const int *keep, size_t nr)
{
	static const int stops[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	pid_t pid = fork();
	sigset_t set;

	if (pid != 0)
		return pid;
	setsid();
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		sigaddset(&set, stops[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (chdir("/") < 0)
		_exit(1);
	child_keep_only(keep, nr);
	child_hold(-1);
	return 0;
}

void child_reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
