/*
 * before-commit: preloaded into a program, it acts around the moment in which the kernel is
 * told: what others do between look and commit, or a kill.
 *
 * In a restore program that is the sendmsg(2) of a batch or setsockopt(2) of a table; in
 * rampart the sendto(2) of the batch, the ioctl(2) that lets a held program go on, or the
 * setsockopt(2) of the process that exchanges tables for it.
 *
 *   BEFORE_COMMIT       run by the shell before it
 *   BEFORE_COMMIT_ONCE  only if this file exists; it is removed
 *   KILL_AT             "before N" or "behind N": the Nth such call of rampart kills it; where
 *                       that is setsockopt(2), a child of its makes it. The guardian, which
 *                       undoes then, is another process and goes on
 *   FAIL_FROM           N: the Nth setsockopt(2) of a process and all that follow fail
 *   PATIENCE            milliseconds after which each of its waits is over: what hangs for minutes
 *                       is ended in seconds
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH_BEGIN = NLMSG_MIN_TYPE, SET_REPLACE = 64 };

static int nr_calls;
static pid_t program;

static void __attribute__((constructor)) begin(void)
{
	program = getpid();
}

static void kill_at(const char *when, pid_t pid)
{
	const char *at = getenv("KILL_AT");
	char now[32];

	snprintf(now, sizeof(now), "%s %d", when, nr_calls);
	if (at && strcmp(at, now) == 0 && pid == program)
		kill(pid, SIGKILL);
}

static void before_commit(pid_t pid)
{
	const char *once = getenv("BEFORE_COMMIT_ONCE"), *command = getenv("BEFORE_COMMIT");
	char preload[4096];

	nr_calls++;
	kill_at("before", pid);
	if (!command || (once && unlink(once) < 0))
		return;
	/* not for what the command runs */
	snprintf(preload, sizeof(preload), "%s", getenv("LD_PRELOAD"));
	unsetenv("LD_PRELOAD");
	if (system(command) != 0)
		_exit(99);
	setenv("LD_PRELOAD", preload, 1);
}

static void behind_commit(pid_t pid)
{
	kill_at("behind", pid);
}

static int is_batch(const void *message, size_t len)
{
	const struct nlmsghdr *first = message;

	return len >= sizeof(*first) && first->nlmsg_type == BATCH_BEGIN;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");

	if (is_batch(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len))
		before_commit(getpid());
	return next(fd, message, flags);
}

ssize_t sendto(int fd, const void *message, size_t len, int flags, const struct sockaddr *to,
	       socklen_t size)
{
	ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
		dlsym(RTLD_NEXT, "sendto");
	int batch = is_batch(message, len);
	ssize_t ret;

	if (batch)
		before_commit(getpid());
	ret = next(fd, message, len, flags, to, size);
	if (batch)
		behind_commit(getpid());
	return ret;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*next)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
	int replace = name == SET_REPLACE && (level == IPPROTO_IP || level == IPPROTO_IPV6), ret;

	if (replace)
		before_commit(getppid());
	if (replace && getenv("FAIL_FROM") && nr_calls >= atoi(getenv("FAIL_FROM"))) {
		errno = ENOMEM;
		return -1;
	}
	ret = next(fd, level, name, value, len);
	if (replace)
		behind_commit(getppid());
	return ret;
}

int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	int (*next)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
	const char *patience = getenv("PATIENCE");

	if (patience && timeout > atoi(patience))
		timeout = atoi(patience);
	return next(fds, nr, timeout);
}

/* What poll() is called where its array is checked. */
int __poll_chk(struct pollfd *fds, nfds_t nr, int timeout, size_t size)
{
	(void)size;
	return poll(fds, nr, timeout);
}

/* BACKEND=legacy: on nft it is the questions of the programs that are let through. */
int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	const char *backend = getenv("BACKEND");
	int release = request == SECCOMP_IOCTL_NOTIF_SEND && backend &&
		      strcmp(backend, "legacy") == 0;
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (release)
		before_commit(getpid());
	ret = next(fd, request, arg);
	if (release)
		behind_commit(getpid());
	return ret;
}
