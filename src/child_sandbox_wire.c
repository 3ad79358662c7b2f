#include <sys/socket.h>

#include "child_sandbox_internal.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(SANDBOX_FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

static void add_fds(struct cmsghdr *cmsg, const int *fds, size_t nr)
{
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(nr * sizeof(*fds));
	memcpy(CMSG_DATA(cmsg), fds, nr * sizeof(*fds));
}

static void add_pid(struct cmsghdr *cmsg, pid_t pid)
{
	struct ucred ucred = { .pid = pid, .uid = getuid(), .gid = getgid() };

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_CREDENTIALS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(ucred));
	memcpy(CMSG_DATA(cmsg), &ucred, sizeof(ucred));
}

int sandbox_send(int socket, void *message, size_t len, const int *fds, size_t nr, pid_t pid)
{
	struct iovec iov = { .iov_base = message, .iov_len = len };
	union control control = { .bytes = { 0 } };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	size_t used = 0;
	ssize_t sent;

	if (nr) {
		add_fds(cmsg, fds, nr);
		used += CMSG_SPACE(nr * sizeof(*fds));
		cmsg = CMSG_NXTHDR(&msg, cmsg);
	}
	if (pid) {
		add_pid(cmsg, pid);
		used += CMSG_SPACE(sizeof(struct ucred));
	}
	msg.msg_control = used ? control.bytes : NULL;
	msg.msg_controllen = used;
	do
		sent = sendmsg(socket, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)len ? 0 : -1;
}

static void take_control(struct msghdr *msg, int *fds, pid_t *ret_pid)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type == SCM_RIGHTS) {
			memcpy(fds, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));
		} else if (cmsg->cmsg_type == SCM_CREDENTIALS && ret_pid) {
			struct ucred ucred;

			memcpy(&ucred, CMSG_DATA(cmsg), sizeof(ucred));
			*ret_pid = ucred.pid;
		}
	}
}

int sandbox_receive(int socket, void *message, size_t len, int *fds, pid_t *ret_pid)
{
	struct iovec iov = { .iov_base = message, .iov_len = len };
	union control control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	do
		got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == ECONNRESET)
		got = 0;
	if (got > 0)
		take_control(&msg, fds, ret_pid);
	if (got <= 0 || got == (ssize_t)len)
		return (int)got;
	errno = EPROTO;
	return -1;
}
