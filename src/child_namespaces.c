#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base.h"
#include "child.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return put < 0 ? -1 : 0;
}

/* 0, or an errno. The network namespace is made last: what belongs to its root (the list of
 * tables in /proc) belongs to whoever is root by then. */
static int enter_new_namespaces(bool with_user, int userns)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (userns >= 0 && setns(userns, CLONE_NEWUSER) < 0)
		return errno;
	if (with_user) {
		if (unshare(CLONE_NEWUSER) < 0)
			return errno;
		snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
		if (write_file("/proc/self/setgroups", "deny") < 0 ||
		    write_file("/proc/self/uid_map", map) < 0)
			return errno;
		snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
		if (write_file("/proc/self/gid_map", map) < 0)
			return errno;
	}
	return unshare(CLONE_NEWNET) < 0 ? errno : 0;
}

/* In a child: make the namespaces, then wait until the parent has opened them. */
static void NORETURN hold_namespaces(bool with_user, int userns, int ready, int done)
{
	unsigned char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	byte = (unsigned char)enter_new_namespaces(with_user, userns);
	if (write(ready, &byte, 1) == 1 && !byte && read(done, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static int open_namespace(pid_t pid, const char *which)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, which);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int new_namespaces(bool with_user, int inside, int *ret_netns, int *ret_userns)
{
	int ready[2] = { -1, -1 }, done[2] = { -1, -1 };
	int netns = -1, userns = -1, error = 0;
	unsigned char byte = 0;
	pid_t pid = -1;

	if (pipe2(ready, O_CLOEXEC) == 0 && pipe2(done, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		close(ready[0]);
		close(done[1]);
		hold_namespaces(with_user, inside, ready[1], done[0]);
	}
	if (pid < 0)
		error = errno;
	close_fd(&ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		error = EIO;
	if (!error && byte)
		error = byte;
	if (!error) {
		netns = open_namespace(pid, "net");
		userns = with_user ? open_namespace(pid, "user") : -1;
		if (netns < 0 || (with_user && userns < 0))
			error = errno;
	}
	close_fd(&ready[0]);
	close_fd(&done[0]);
	close_fd(&done[1]);
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (error) {
		close_fd(&netns);
		close_fd(&userns);
		errno = error;
		return -1;
	}
	*ret_netns = netns;
	*ret_userns = userns;
	return 0;
}

int child_new_namespaces(bool with_user, int *ret_netns, int *ret_userns)
{
	return new_namespaces(with_user, -1, ret_netns, ret_userns);
}

int child_new_netns(int userns, int *ret_netns)
{
	int none;

	return new_namespaces(false, userns, ret_netns, &none);
}
