#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "child_sandbox_internal.h"
#include "xalloc.h"

enum {
	FEED_SECONDS = 10,
	FEED_PIPE = 4096,      /* one packet */
	FEED_WAIT = 100 * 1000 /* nanoseconds between two looks */
};

/* What the new process becomes. It shares our memory until then, and says there what failed. */
struct shell {
	const struct sandbox_init *init;
	const struct sandbox_order *order;
	char *text; /* of the order */
	char **argv, **env;
	char *cwd, *fed;
	int out, err;
	const char *failed;
	int error;
};

/* --- becoming the shell ------------------------------------------------------------------ */

static bool drop_privileges(void)
{
	enum {
		BITS = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		       SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
		       SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED
	};
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (prctl(PR_SET_SECUREBITS, BITS) < 0)
		return false;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) < 0)
			return false;
	return syscall(SYS_capset, &header, none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool set_limits(const struct sandbox_order *order)
{
	const struct {
		__rlimit_resource_t what;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_NPROC, order->processes },
		{ RLIMIT_FSIZE, order->file_bytes },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_AS, (rlim_t)1 << 30 },
		{ RLIMIT_NOFILE, 1024 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit limit = { limits[i].value, limits[i].value };
		struct rlimit old;

		if (getrlimit(limits[i].what, &old) < 0)
			return false;
		if (old.rlim_max < limit.rlim_max)
			limit.rlim_cur = limit.rlim_max = old.rlim_max;
		if (setrlimit(limits[i].what, &limit) < 0)
			return false;
	}
	return true;
}

/* Into the user namespace, as its root: uid first, as long as there are capabilities. */
static bool change_user(const struct sandbox_init *init)
{
	if (setns(init->userns, CLONE_NEWUSER) < 0)
		return false;
	/* an ordinary user may not: his groups stay */
	if (!init->with_user && syscall(SYS_setgroups, 0, NULL) < 0)
		return false;
	return syscall(SYS_setresgid, 0, 0, 0) == 0 && syscall(SYS_setresuid, 0, 0, 0) == 0;
}

static int fail(struct shell *shell, const char *what)
{
	shell->failed = what;
	shell->error = errno;
	return 1;
}

/* Only system calls here: the memory is that of the first process. */
static SANDBOX_UNMARKED int become_shell(void *arg)
{
	struct shell *shell = arg;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (!set_limits(shell->order))
		return fail(shell, "limits");
	if (!change_user(shell->init))
		return fail(shell, "user namespace");
	/* without a keyring of its own it would have rampart's; a kernel may have none */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (!drop_privileges())
		return fail(shell, "capabilities");
	if (dup2(shell->out, STDOUT_FILENO) < 0 || dup2(shell->err, STDERR_FILENO) < 0)
		return fail(shell, "descriptors");
	child_close_range(STDERR_FILENO + 1, -1);
	umask(022);
	if (chdir(shell->cwd) < 0 && chdir("/") < 0)
		return fail(shell, "/");
	execve(shell->argv[0], shell->argv, shell->env);
	return fail(shell, shell->argv[0]);
}

static int start_shell(struct sandbox_init *init, struct shell *shell)
{
	_Alignas(16) char stack[32 * 1024];
	pid_t pid =
		clone(become_shell, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, shell);

	if (pid < 0)
		return sandbox_fault(init, "no process", NULL);
	init->shell = pid;
	if (!shell->failed)
		return 0;
	errno = shell->error;
	return sandbox_fault(init, shell->failed, NULL);
}

/* --- the order's text --------------------------------------------------------------------- */

static char *next_word(char **at, const char *end)
{
	char *word = *at, *nul = word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return word;
}

static bool cut_words(struct shell *shell, size_t len)
{
	const struct sandbox_order *order = shell->order;
	const char *end = shell->text + len;
	char *at = shell->text;
	bool whole = true;

	for (size_t i = 0; i < order->argc; i++)
		whole = (shell->argv[i] = next_word(&at, end)) && whole;
	for (size_t i = 0; i < order->envc; i++)
		whole = (shell->env[i] = next_word(&at, end)) && whole;
	shell->cwd = next_word(&at, end);
	shell->fed = order->fed ? next_word(&at, end) : NULL;
	return whole && shell->cwd && (shell->fed || !order->fed);
}

static int take_text(struct sandbox_init *init, struct shell *shell, int fd)
{
	struct stat st;
	size_t len = 0;
	ssize_t got;

	if (fstat(fd, &st) < 0 || st.st_size > SANDBOX_TEXT_MAX ||
	    shell->order->argc > SANDBOX_TEXT_MAX || shell->order->envc > SANDBOX_TEXT_MAX) {
		errno = E2BIG;
		return sandbox_fault(init, "words", NULL);
	}
	shell->text = xmalloc((size_t)st.st_size);
	shell->argv = xcalloc((size_t)shell->order->argc + 1, sizeof(*shell->argv));
	shell->env = xcalloc((size_t)shell->order->envc + 1, sizeof(*shell->env));
	while ((got = pread(fd, shell->text + len, (size_t)st.st_size - len, (off_t)len)) > 0)
		len += (size_t)got;
	if (cut_words(shell, len))
		return 0;
	errno = EPROTO;
	return sandbox_fault(init, "words", NULL);
}

/* --- feeding ------------------------------------------------------------------------------ */

static const char *script_path(const struct sandbox_init *init, const char *given)
{
	for (size_t i = 0; i < init->setup->nr_scripts; i++)
		if (str_equal(init->setup->scripts[i].path, given))
			return init->script_paths[i];
	return NULL;
}

static int lay_fifo(struct sandbox_init *init, const char *path)
{
	if (!path) {
		errno = ENOENT;
		return sandbox_fault(init, "no such script", NULL);
	}
	unlinkat(init->own, "feed", 0);
	if (mknodat(init->own, "feed", S_IFIFO | 0400, 0) < 0 ||
	    fchownat(init->own, "feed", init->uid, init->uid, AT_SYMLINK_NOFOLLOW) < 0)
		return sandbox_fault(init, "no FIFO", NULL);
	return sandbox_bind(init, SANDBOX_DIR "/feed", path);
}

static int open_feed(const struct sandbox_init *init, int flags)
{
	return openat(init->own, "feed", flags | O_NONBLOCK | O_CLOEXEC);
}

/* Not reaped: its pid stays its own until rampart has heard of it. */
static bool has_ended(const struct sandbox_init *init)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)init->shell, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0;
}

/* To open it without a reader fails, and there is no event for it: look until it does not. The
 * shell may die before it reads; who writes then hears of it as of any reader that is gone. */
static int wait_for_reader(const struct sandbox_init *init)
{
	const struct timespec pause = { .tv_nsec = FEED_WAIT };
	struct timespec now, end;
	bool ended = false;
	int fd;

	clock_gettime(CLOCK_MONOTONIC, &end);
	now = end;
	end.tv_sec += FEED_SECONDS;
	while ((fd = open_feed(init, O_WRONLY)) < 0 && errno == ENXIO && !ended &&
	       now.tv_sec <= end.tv_sec) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
		ended = has_ended(init);
	}
	if (fd < 0 && ended) {
		int reader = open_feed(init, O_RDONLY);

		fd = open_feed(init, O_WRONLY);
		close(reader);
	}
	return fd;
}

static int feed_shell(struct sandbox_init *init, const char *path, int *ret_feed)
{
	int fd = wait_for_reader(init), error = errno;

	/* the shell keeps what it has opened; at the path the script is there again */
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlinkat(init->own, "feed", 0);
	errno = error;
	if (fd < 0)
		return sandbox_fault(init, "the shell does not read", path);
	/* O_DIRECT: each read gets what one write wrote. As a flag of open() it is refused. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK | O_DIRECT) < 0 ||
	    fcntl(fd, F_SETPIPE_SZ, FEED_PIPE) < 0) {
		sandbox_fault(init, "no packets in a FIFO", NULL);
		close(fd);
		return -1;
	}
	*ret_feed = fd;
	return 0;
}

int sandbox_run_shell(struct sandbox_init *init, const struct sandbox_order *order, int text,
		      int out, int err, int *ret_feed)
{
	struct shell shell = { .init = init, .order = order, .out = out, .err = err };
	const char *path = NULL;
	int ret = take_text(init, &shell, text);

	if (ret == 0 && shell.fed) {
		path = script_path(init, shell.fed);
		ret = lay_fifo(init, path);
	}
	if (ret == 0) {
		ret = start_shell(init, &shell);
		if (ret == 0 && path)
			ret = feed_shell(init, path, ret_feed);
		else if (path)
			umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	}
	free(shell.text);
	free(shell.argv);
	free(shell.env);
	return ret;
}
