#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "base.h"
#include "child_arch.h"
#include "child_trap.h"
#include "child.h"

enum {
	FILTER_MAX = 32,
	X32_CALL = 0x40000000, /* x86-64: a call of the x32 kind; asm/unistd.h */
	SET_REPLACE = 64       /* linux/netfilter_ipv4/ip_tables.h, ..._ipv6/ip6_tables.h */
};

/* --- the filter ------------------------------------------------------------------------- */

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short nr;
};

static void add(struct filter *f, unsigned int code, unsigned int k, unsigned int yes,
		unsigned int no)
{
	f->code[f->nr++] = (struct sock_filter){ (unsigned short)code, (unsigned char)yes,
						 (unsigned char)no, k };
}

static void load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (unsigned int)offset, 0, 0);
}

/* The lower half of an argument: those that are looked at are ints. */
static void load_arg(struct filter *f, unsigned int n)
{
	size_t low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;

	load(f, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) + low);
}

static void end(struct filter *f, unsigned int action)
{
	add(f, BPF_RET | BPF_K, action, 0, 0);
}

/* Where what was loaded is k: that action. */
static void end_if(struct filter *f, unsigned int k, unsigned int action)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	end(f, action);
}

/* What was loaded is not of this architecture: it stops. */
static void stop_foreign(struct filter *f)
{
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	end(f, SECCOMP_RET_USER_NOTIF);
	load(f, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	add(f, BPF_JMP | BPF_JSET | BPF_K, X32_CALL, 0, 1);
	end(f, SECCOMP_RET_USER_NOTIF);
#endif
#ifdef SYS_socketcall
	end_if(f, SYS_socketcall, SECCOMP_RET_USER_NOTIF);
#endif
}

static void stop_sends(struct filter *f)
{
	end_if(f, SYS_sendmsg, SECCOMP_RET_USER_NOTIF);
	end_if(f, SYS_sendto, SECCOMP_RET_USER_NOTIF);
	end_if(f, SYS_sendmmsg, SECCOMP_RET_ERRNO | ENOSYS);
	end_if(f, SYS_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS);
	/* write(2) to a socket sends as well; 0 to 2 are memory files */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_writev, 1, 0);
	end(f, SECCOMP_RET_ALLOW);
	load_arg(f, 0);
	add(f, BPF_JMP | BPF_JGT | BPF_K, STDERR_FILENO, 0, 1);
	end(f, SECCOMP_RET_USER_NOTIF);
	end(f, SECCOMP_RET_ALLOW);
}

static void stop_replace(struct filter *f)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 1, 0);
	end(f, SECCOMP_RET_ALLOW);
	load_arg(f, 2);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SET_REPLACE, 1, 0);
	end(f, SECCOMP_RET_ALLOW);
	load_arg(f, 1);
	end_if(f, IPPROTO_IP, SECCOMP_RET_USER_NOTIF);
	end_if(f, IPPROTO_IPV6, SECCOMP_RET_USER_NOTIF);
	end(f, SECCOMP_RET_ALLOW);
}

/* The listener, or -1 with errno set. */
static int set_trap(enum trap_kind kind)
{
	struct filter f = { .nr = 0 };
	struct sock_fprog program;
	int fd;

	if (!OWN_ARCH) {
		errno = ENOSYS;
		return -1;
	}
	stop_foreign(&f);
	if (kind == TRAP_SEND)
		stop_sends(&f);
	else
		stop_replace(&f);
	program = (struct sock_fprog){ f.nr, f.code };
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			  &program);
	/* without CAP_SYS_ADMIN it takes the promise to gain no privileges by exec */
	if (fd < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				  SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return fd;
}

/*
 * From here on the child can't tell its parent anything by write(2), which may be trapped: that it
 * closes its end of the pipe has to do, and the number of the listener is known in advance.
 */
int trap_enter(enum trap_kind kind)
{
	int fd = set_trap(kind), error = errno;
	char go;

	if (fd < 0) {
		if (write(TRAP_READY_FD, &error, sizeof(error)) < 0)
			return -1;
		return -1;
	}
	if (fd != TRAP_LISTENER_FD)
		return -1;
	close(TRAP_READY_FD);
	if (read(TRAP_GO_FD, &go, 1) != 1)
		return -1;
	close(TRAP_GO_FD);
	return close(fd);
}

static int refused(struct trap *trap, const char *what, int error)
{
	trap->refused = what;
	trap->error = error;
	return -1;
}

int trap_take(struct trap *trap, int pidfd, int ready, int go)
{
	int error = 0;
	ssize_t got;

	if (pidfd < 0)
		return refused(trap, "pidfd_open", errno);
	do
		got = read(ready, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	if (got != 0)
		return refused(trap, "seccomp", got == sizeof(error) ? error : EIO);
	trap->listener = (int)syscall(SYS_pidfd_getfd, pidfd, TRAP_LISTENER_FD, 0);
	if (trap->listener < 0)
		return refused(trap, "pidfd_getfd", errno);
	if (write(go, "", 1) != 1) /* it has died: the wait will tell how */
		return 0;
	return 0;
}

/* --- events ------------------------------------------------------------------------------ */

int64_t trap_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0: a call; -1: it was given up in between. */
static int receive(const struct child *child, size_t index, struct trap_call *ret_call)
{
	/* more than one: the kernel's struct may have grown since this was built; and it insists
	 * on zeros */
	struct seccomp_notif in[4] = { { .id = 0 } };

	if (ioctl(child->trap.listener, SECCOMP_IOCTL_NOTIF_RECV, in) < 0)
		return -1;
	*ret_call = (struct trap_call){ .child = index,
					.id = in->id,
					.pid = (pid_t)in->pid,
					.nr = in->data.nr,
					.foreign = in->data.arch != OWN_ARCH };
#ifdef __x86_64__
	ret_call->foreign |= (in->data.nr & X32_CALL) != 0;
#endif
#ifdef SYS_socketcall
	ret_call->foreign |= in->data.nr == SYS_socketcall;
#endif
	for (size_t i = 0; i < ARRAY_SIZE(ret_call->args); i++)
		ret_call->args[i] = in->data.args[i];
	return 0;
}

static void forget_listener(struct trap *trap)
{
	close(trap->listener);
	trap->listener = -1;
}

/* What poll() says of one child: whether that is an event. */
static bool has_event(struct child *children, size_t i, const struct pollfd *pfd,
		      enum trap_event *ret_event, struct trap_call *ret_call)
{
	struct trap *trap = &children[i].trap;

	if (pfd[0].revents & POLLIN) {
		*ret_event = TRAP_CALL;
		if (receive(&children[i], i, ret_call) == 0)
			return true;
	} else if (pfd[0].revents) { /* nobody is left who could call */
		forget_listener(trap);
	}
	if (!pfd[1].revents)
		return false;
	*ret_event = TRAP_ENDED;
	*ret_call = (struct trap_call){ .child = i };
	return true;
}

enum trap_event trap_next(struct child *children, size_t nr, int64_t until,
			  struct trap_call *ret_call)
{
	struct pollfd pfd[2 * TRAPPED_MAX];

	for (;;) {
		int64_t left = until - trap_clock();
		enum trap_event event;
		size_t running = 0;
		int ready;

		for (size_t i = 0; i < nr; i++) {
			bool runs = children[i].pid > 0;

			running += runs;
			pfd[2 * i] =
				(struct pollfd){ runs ? children[i].trap.listener : -1, POLLIN, 0 };
			pfd[2 * i + 1] =
				(struct pollfd){ runs ? children[i].pidfd : -1, POLLIN, 0 };
		}
		if (!running)
			return TRAP_ALL_OVER;
		ready = left < 0 ? 0 : poll(pfd, 2 * nr, left < INT_MAX ? (int)left : INT_MAX);
		if (ready == 0)
			return TRAP_TIMEOUT;
		for (size_t i = 0; ready > 0 && i < nr; i++)
			if (has_event(children, i, &pfd[2 * i], &event, ret_call))
				return event;
	}
}

int trap_read_all(const struct child *children, const struct trap_call *call,
		  const struct iovec *from, size_t nr_from, void *to, size_t len)
{
	struct iovec local = { to, len };
	int listener = children[call->child].trap.listener;
	ssize_t got = process_vm_readv(call->pid, &local, 1, from, nr_from, 0);

	if (got < 0)
		return errno;
	if ((size_t)got != len)
		return EFAULT;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) < 0 ? errno : 0;
}

int trap_read(const struct child *children, const struct trap_call *call, uint64_t address,
	      void *to, size_t len)
{
	struct iovec from = { (void *)(uintptr_t)address, len }; /* NOLINT: an address over there */

	return trap_read_all(children, call, &from, 1, to, len);
}

/* --- answers ------------------------------------------------------------------------------ */

static int answer(const struct child *children, const struct trap_call *call, int64_t result,
		  int error, unsigned int flags)
{
	struct seccomp_notif_resp resp = {
		.id = call->id, .val = result, .error = -error, .flags = flags
	};

	return ioctl(children[call->child].trap.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 ?
		       errno :
		       0;
}

int trap_carry_out(const struct child *children, const struct trap_call *call)
{
	return answer(children, call, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

int trap_pretend(const struct child *children, const struct trap_call *call, int64_t result)
{
	return answer(children, call, result, 0, 0);
}

int trap_refuse(const struct child *children, const struct trap_call *call, int error)
{
	return answer(children, call, 0, error, 0);
}
