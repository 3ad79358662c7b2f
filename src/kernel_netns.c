#include <sched.h>

#include "base.h"
#include "kernel_netns.h"

int kernel_netns_enter(int netns)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), saved;

	if (here < 0 || setns(netns, CLONE_NEWNET) == 0)
		return here;
	saved = errno;
	close(here);
	errno = saved;
	return -1;
}

void kernel_netns_leave(int here)
{
	int saved = errno;

	if (setns(here, CLONE_NEWNET) < 0)
		abort(); /* anything that followed would happen to the wrong tables */
	close(here);
	errno = saved;
}
