#include <sched.h>
#include <signal.h>

#include "child_sandbox_internal.h"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, text, strlen(text));
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return put < 0 ? -1 : 0;
}

/* An ordinary user: in the namespace that clone() made he is root, and nobody else is anybody. */
int sandbox_map_outer(struct sandbox_init *init)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)init->outer);
	if (write_text("/proc/self/setgroups", "deny") < 0 ||
	    write_text("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)init->outer_gid);
	return write_text("/proc/self/gid_map", map);
}

/* In the new namespace: forbid further ones below it (they would come with all capabilities, and
 * with much of the kernel that only root can reach), then wait to be killed. */
static SANDBOX_UNMARKED int hold(void *arg)
{
	int ready = *(const int *)arg;
	char done = write_text("/proc/sys/user/max_user_namespaces", "0") == 0;

	if (write(ready, &done, 1) == 1)
		pause();
	_exit(0);
}

static int map_user(pid_t pid, uid_t uid)
{
	char path[64], text[64];

	snprintf(text, sizeof(text), "0 %u 1", (unsigned int)uid);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (write_text(path, text) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	return write_text(path, text);
}

static int take(struct sandbox_init *init, pid_t pid, int ready)
{
	char path[64], done = 0;

	if (read(ready, &done, 1) != 1 || !done)
		return sandbox_fault(init, "user namespaces can't be forbidden", NULL);
	init->uid = init->with_user ? 0 : SANDBOX_UID;
	if (map_user(pid, init->uid) < 0) {
		init->uid = SANDBOX_UID_INSIDE;
		if (init->with_user || map_user(pid, init->uid) < 0)
			return sandbox_fault(init, "no user can be mapped", NULL);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	init->userns = open(path, O_RDONLY | O_CLOEXEC);
	return init->userns < 0 ? sandbox_fault(init, "the user namespace can't be held", NULL) : 0;
}

int sandbox_make_userns(struct sandbox_init *init)
{
	_Alignas(16) char stack[16 * 1024];
	int ready[2], ret = -1;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return sandbox_fault(init, "no pipe", NULL);
	/* In our memory: to copy it would take longer than all else. It never comes back to its
	 * stack once it waits, so that its end need not be waited for. */
	pid = clone(hold, stack + sizeof(stack), CLONE_NEWUSER | CLONE_VM | SIGCHLD, &ready[1]);
	if (pid < 0)
		ret = sandbox_fault(init, "no user namespace", NULL);
	close(ready[1]);
	if (pid > 0) {
		ret = take(init, pid, ready[0]);
		kill(pid, SIGKILL);
	}
	close(ready[0]);
	return ret;
}
