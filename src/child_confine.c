#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base.h"
#include "child.h"
#include "child_arch.h"

/*
 * Security: whom the program works for feeds it (its words, its input, the files of /etc), and it
 * has rights over the network namespace that it is in. Should it do what he wants, they must reach
 * no other:
 * 1. Its uid is nobody's, its files are those of the sandbox, it can start no process.
 * 2. It gets no descriptor but those it begins with. Rights count for a socket's namespace, and the
 *    script could hand over a socket of the host's: so no UNIX sockets, and nothing that makes them
 *    by another way (io_uring, calls of a foreign architecture) or takes descriptors from others.
 * 3. Of netlink, netfilter alone: rtnetlink can put an interface into another namespace, and change
 *    those that are there, named by a process in it.
 */

enum { OUTPUT_MAX = 64 * 1024 * 1024 }; /* bytes that it may write to a file, our memory too */

static const unsigned int kept[] = { CAP_NET_ADMIN, CAP_NET_RAW };

static bool is_kept(unsigned int capability)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] == capability)
			return true;
	return false;
}

/* From inheritable and permitted into the ambient set: so they are still there after exec. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		data[0].permitted |= 1u << kept[i];
	data[0].effective = data[0].inheritable = data[0].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -1;
	return 0;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half: all that are looked at are ints. */
#define LOAD_ARG(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t) + LOW)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define RETURN_IF(k, action) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1), RETURN(action)

/* Sockets of the kinds that the xtables programs and ipset use, and no other. */
static int bar_descriptors(void)
{
	enum {
		LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0,
		X32_CALL = 0x40000000, /* asm/unistd.h */
		NO_CALL = SECCOMP_RET_ERRNO | ENOSYS
	};
	struct sock_filter code[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
		RETURN(NO_CALL),
		LOAD(nr),
#ifdef __x86_64__
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_CALL, 0, 1),
		RETURN(NO_CALL),
#endif
#ifdef SYS_socketcall
		RETURN_IF(SYS_socketcall, NO_CALL),
#endif
		RETURN_IF(SYS_socketpair, NO_CALL),
		RETURN_IF(SYS_io_uring_setup, NO_CALL),
		RETURN_IF(SYS_pidfd_getfd, NO_CALL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD_ARG(0),
		RETURN_IF(AF_INET, SECCOMP_RET_ALLOW),
		RETURN_IF(AF_INET6, SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		LOAD_ARG(2),
		RETURN_IF(NETLINK_NETFILTER, SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	if (!OWN_ARCH) {
		errno = ENOSYS;
		return -1;
	}
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int child_confine(const struct child_confinement *confine)
{
	const struct rlimit none = { 0, 0 }, some = { OUTPUT_MAX, OUTPUT_MAX };

	for (unsigned int i = 0; i <= CAP_LAST_CAP; i++)
		if (!is_kept(i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	/* an ordinary user's namespace allows no setgroups(), and there is nothing to lose */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresgid(confine->uid, confine->uid, confine->uid) < 0 ||
	    setresuid(confine->uid, confine->uid, confine->uid) < 0 || keep_capabilities() < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (chdir(confine->cwd) < 0 && chdir("/") < 0) /* as that user: it may be anywhere */
		return -1;
	/* a change of uid takes the wish away */
	prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0);
	if (setrlimit(RLIMIT_FSIZE, &some) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0)
		return -1;
	return bar_descriptors();
}
