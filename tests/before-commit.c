/*
 * before-commit: preloaded into a restore program, it runs $BEFORE_COMMIT by the shell in the
 * last moment before the kernel is told: what others do between look and commit. Once only,
 * as long as the file $BEFORE_COMMIT_ONCE exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH_BEGIN = NLMSG_MIN_TYPE, SET_REPLACE = 64 };

static void before_commit(void)
{
	const char *once = getenv("BEFORE_COMMIT_ONCE"), *command = getenv("BEFORE_COMMIT");

	if (!once || !command || unlink(once) < 0)
		return;
	unsetenv("LD_PRELOAD");
	if (system(command) != 0)
		_exit(99);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
	const struct nlmsghdr *first = message->msg_iov[0].iov_base;

	if (message->msg_iov[0].iov_len >= sizeof(*first) && first->nlmsg_type == BATCH_BEGIN)
		before_commit();
	return next(fd, message, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*next)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");

	if (name == SET_REPLACE && (level == IPPROTO_IP || level == IPPROTO_IPV6))
		before_commit();
	return next(fd, level, name, value, len);
}
