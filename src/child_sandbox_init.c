#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "child_sandbox_internal.h"

int sandbox_fault(struct sandbox_init *init, const char *what, const char *name)
{
	struct sandbox_reply *fault = &init->fault;

	if (!fault->error) {
		fault->answer = SANDBOX_FAILED;
		fault->error = errno ? errno : EIO;
		snprintf(fault->text, sizeof(fault->text), "%s%s%s", what, name ? " " : "",
			 name ? name : "");
	}
	return -1;
}

/* Of rampart's it keeps only its end of the control socket: no handler, no terminal, no descriptor.
 * A signal that has no handler can't be sent to it from inside. */
static int begin(struct sandbox_init *init)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t child_ends;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	umask(0);
	for (int signal_nr = 1; signal_nr < NSIG; signal_nr++)
		signal(signal_nr, SIG_DFL);
	sigemptyset(&child_ends);
	sigaddset(&child_ends, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child_ends, NULL);
	if (null < 0 || chdir("/") < 0)
		return sandbox_fault(init, "/dev/null", NULL);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fd != init->control)
			dup2(null, fd);
	/* first out of the way: it may have the number that is wanted */
	init->control = fcntl(init->control, F_DUPFD_CLOEXEC, STDERR_FILENO + 2);
	if (init->control < 0 || dup3(init->control, STDERR_FILENO + 1, O_CLOEXEC) < 0)
		return sandbox_fault(init, "no descriptors", NULL);
	init->control = STDERR_FILENO + 1;
	child_close_range(init->control + 1, -1);
	init->signals = signalfd(-1, &child_ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return init->signals < 0 ? sandbox_fault(init, "no descriptors", NULL) : 0;
}

/* Where the kernel is short of memory it is to choose the sandbox; if not, it chooses freely. */
static void offer_to_be_killed(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, "1000", 4);
		close(fd);
	}
}

/* What the host may forbid. */
static int enter(struct sandbox_init *init)
{
	if (init->with_user && sandbox_map_outer(init) < 0)
		return sandbox_fault(init, "user namespace", NULL);
	offer_to_be_killed();
	if (init->setup->mirror_sysctl)
		init->sysctl = open("/proc/sys/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sandbox_private(init);
}

/* The order matters: read-only before anything that is to be writable, what is taken from a place
 * before that is covered, the socket before its directory is sealed. */
static int build(struct sandbox_init *init)
{
	struct sandbox_dirs *dirs = NULL;

	if (sandbox_make_userns(init) < 0 || sandbox_read_only(init) < 0 ||
	    sandbox_take_dirs(init, &dirs) < 0 || sandbox_make_store(init) < 0 ||
	    sandbox_cover(init) < 0 || sandbox_make_own(init) < 0 || sandbox_listen(init) < 0 ||
	    sandbox_seal_own(init) < 0 || sandbox_put_scripts(init, dirs) < 0 ||
	    sandbox_put_tools(init) < 0)
		return -1;
	return init->setup->mirror_sysctl ? sandbox_make_mirror(init) : 0;
}

static void send_or_end(const struct sandbox_init *init, struct sandbox_reply *reply,
			const int *fds, size_t nr)
{
	if (sandbox_send(init->control, reply, sizeof(*reply), fds, nr, reply->pid) < 0)
		_exit(1);
}

/* From then on nobody but root may look into it, and a shell that is about to be one inherits that
 * until exec. What is below /proc/self is closed to itself then, if an ordinary user made it. */
static int tell_ready(struct sandbox_init *init)
{
	struct sandbox_reply reply = { .answer = SANDBOX_READY, .uid = init->uid };
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int mntns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	int fds[SANDBOX_FDS_MAX] = {
		init->listener, root, init->store, mntns, userns, init->mirror
	};

	if (root < 0 || mntns < 0 || userns < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return sandbox_fault(init, "/proc/self", NULL);
	send_or_end(init, &reply, fds, init->mirror >= 0 ? 6 : 5);
	close(init->listener);
	close(root);
	close(mntns);
	close(userns);
	return 0;
}

static void tell_end(struct sandbox_init *init)
{
	struct sandbox_reply reply = { .answer = SANDBOX_ENDED, .status = init->status };

	if (init->ended)
		send_or_end(init, &reply, NULL, 0);
	init->ended = false;
}

static void reap(struct sandbox_init *init)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (pid != init->shell)
			continue;
		init->shell = -1;
		init->ended = true;
		init->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* A process that forks meanwhile can't get away: the kernel lets no fork by while it sends a signal
 * to all, nor one of a process that has to die. */
static void sweep(struct sandbox_init *init)
{
	siginfo_t info;

	kill(-1, SIGKILL);
	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | __WALL) == 0 || errno == EINTR)
		reap(init);
}

static void start(struct sandbox_init *init, const struct sandbox_order *order, const int *fds)
{
	struct sandbox_reply reply = { .answer = SANDBOX_STARTED };
	int feed = -1;

	sweep(init);
	init->ended = false;
	init->fault = (struct sandbox_reply){ .answer = SANDBOX_FAILED };
	if (sandbox_run_shell(init, order, fds[0], fds[1], fds[2], &feed) < 0) {
		sweep(init);
		init->ended = false;
		send_or_end(init, &init->fault, NULL, 0);
		return;
	}
	/* it may have ended already: its pid is still what it was, and nobody else's yet */
	reply.pid = init->shell;
	send_or_end(init, &reply, &feed, feed >= 0 ? 1 : 0);
	if (feed >= 0)
		close(feed);
}

static void obey(struct sandbox_init *init)
{
	struct sandbox_reply swept = { .answer = SANDBOX_SWEPT };
	struct sandbox_order order;
	int fds[SANDBOX_FDS_MAX] = SANDBOX_NO_FDS;

	if (sandbox_receive(init->control, &order, sizeof(order), fds, NULL) <= 0)
		_exit(0);
	if (order.call == SANDBOX_START) {
		start(init, &order, fds);
	} else {
		sweep(init);
		init->ended = false;
		swept.status = init->status;
		send_or_end(init, &swept, NULL, 0);
	}
	for (size_t i = 0; i < SANDBOX_FDS_MAX; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void NORETURN serve(struct sandbox_init *init)
{
	struct pollfd pfd[] = { { .fd = init->control, .events = POLLIN },
				{ .fd = init->signals, .events = POLLIN } };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(pfd, ARRAY_SIZE(pfd), -1) < 0)
			continue;
		if (pfd[1].revents)
			while (read(init->signals, &info, sizeof(info)) > 0)
				;
		reap(init);
		tell_end(init);
		if (pfd[0].revents)
			obey(init);
	}
}

int sandbox_first(void *arg)
{
	struct sandbox_init *init = arg;

	if (begin(init) < 0 || enter(init) < 0) {
		init->fault.answer = SANDBOX_BARRED;
		send_or_end(init, &init->fault, NULL, 0);
		return 1;
	}
	if (build(init) < 0 || tell_ready(init) < 0) {
		send_or_end(init, &init->fault, NULL, 0);
		return 1;
	}
	serve(init);
}
