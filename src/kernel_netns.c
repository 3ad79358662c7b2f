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

enum { TRIES = 10 }; /* the way back may want memory; nothing has been changed so far */

void kernel_netns_leave(int here)
{
	int saved = errno, tries = TRIES;

	while (setns(here, CLONE_NEWNET) < 0)
		if (--tries == 0)
			abort(); /* anything that followed would happen to the wrong tables */
	close(here);
	errno = saved;
}
