#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base.h"
#include "batch_capture.h"
#include "child_trap.h"
#include "kernel_batch.h"

/* What a call is about to send: its parts, over there. */
static int find_parts(const struct child *children, const struct trap_call *call,
		      struct batch_call *ret)
{
	uint64_t list = call->args[1], nr = call->args[2];
	int error = 0;

	if (call->nr == SYS_sendmsg) {
		struct msghdr message = { .msg_iovlen = 0 };

		error = trap_read(children, call, list, &message, sizeof(message));
		list = (uintptr_t)message.msg_iov;
		nr = message.msg_iovlen;
	}
	if (!error && nr > IOV_MAX && (call->nr == SYS_sendmsg || call->nr == SYS_writev))
		error = EMSGSIZE;
	if (call->nr == SYS_sendto || call->nr == SYS_write) { /* a buffer and its length */
		ret->parts[0] = (struct iovec){ (void *)(uintptr_t)list, nr }; /* NOLINT */
		nr = 1;
	} else if (!error && nr) {
		error = trap_read(children, call, list, ret->parts, nr * sizeof(*ret->parts));
	}
	ret->len = 0;
	for (size_t i = 0; i < nr && !error; i++) {
		if (ret->parts[i].iov_len > NFT_BATCH_MAX - ret->len)
			error = EMSGSIZE;
		else
			ret->len += ret->parts[i].iov_len;
	}
	ret->nr = nr;
	return error;
}

int batch_call_find(const struct child *children, const struct trap_call *call,
		    struct batch_call *ret)
{
	struct nlmsghdr first = { .nlmsg_type = 0 };
	int error = find_parts(children, call, ret);

	if (!error && ret->len >= sizeof(first))
		error = trap_read_all(children, call, ret->parts, ret->nr, &first, sizeof(first));
	/* net/netfilter/nfnetlink.c: nothing else is taken for a batch */
	ret->is_batch = !error && first.nlmsg_type == NFNL_MSG_BATCH_BEGIN;
	return error;
}

int batch_call_read(const struct child *children, const struct trap_call *call,
		    const struct batch_call *what, char *to)
{
	return trap_read_all(children, call, what->parts, what->nr, to, what->len);
}

bool batch_call_is_callers(int error)
{
	return error == EFAULT || error == ENOENT || error == ESRCH;
}
