#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base.h"
#include "child.h"
#include "diag.h"
#include "fs.h"

/* linux/close_range.h; glibc has the call since 2.34 */
void child_close_range(int first, int last)
{
	if (syscall(SYS_close_range, (unsigned int)first, (unsigned int)last, 0u) == 0)
		return;
	for (int fd = first; fd < 1024 && (last < 0 || fd <= last); fd++)
		close(fd);
}

static int memory_file(const char *text, size_t len)
{
	int fd = memfd_create("rampart", MFD_CLOEXEC);

	while (fd >= 0 && len) {
		ssize_t put = write(fd, text, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			close(fd);
			return -1;
		}
		text += put;
		len -= (size_t)put;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Pipes by which a child with a trap and its parent wait for each other. */
struct meeting {
	int ready[2], go[2];
};

#define MEETING_INIT \
	{ \
		{ -1, -1 }, \
		{ \
			-1, -1 \
		} \
	}

/* First out of the way: either may have the other's number. */
static int take_places(const struct meeting *meeting)
{
	int ready = fcntl(meeting->ready[1], F_DUPFD, TRAP_LISTENER_FD);
	int go = fcntl(meeting->go[0], F_DUPFD, TRAP_LISTENER_FD);

	if (ready < 0 || go < 0 || dup2(ready, TRAP_READY_FD) < 0 || dup2(go, TRAP_GO_FD) < 0)
		return -1;
	child_close_range(TRAP_LISTENER_FD, -1);
	return 0;
}

/* Between fork and exec: only what is safe there. */
static void NORETURN become(const struct child *child, pid_t parent, int in, int lock,
			    const struct meeting *meeting)
{
	char lockfile[64];
	const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"
				    "bin",
				    "LC_ALL=C", lockfile, NULL };
	enum { LOCK_FD = 3, HELD_FD };
	int held = child_held();
	sigset_t none;

	if (!child->finishes || held < 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that was asked for */
		_exit(CHILD_NO_EXEC);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (child->userns >= 0 && setns(child->userns, CLONE_NEWUSER) < 0)
		_exit(CHILD_NO_EXEC);
	if (child->confine && setns(child->confine->mntns, CLONE_NEWNS) < 0)
		_exit(CHILD_NO_EXEC);
	if (child->netns >= 0 && setns(child->netns, CLONE_NEWNET) < 0)
		_exit(CHILD_NO_EXEC);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(child->out_fd, STDOUT_FILENO) < 0 ||
	    dup2(child->err_fd, STDERR_FILENO) < 0 || dup2(lock, LOCK_FD) < 0 ||
	    fcntl(LOCK_FD, F_SETFD, 0) < 0) /* dup2() to itself keeps the flag */
		_exit(CHILD_NO_EXEC);
	/* always taken: the descriptors that follow have to have their numbers */
	if (dup2(held >= 0 ? held : lock, HELD_FD) < 0)
		_exit(CHILD_NO_EXEC);
	if (child->trap.kind == TRAP_NONE)
		child_close_range(HELD_FD + 1, -1);
	else if (take_places(meeting) < 0 || trap_enter(child->trap.kind) < 0)
		_exit(CHILD_NO_EXEC);
	/*
	 * Whoever holds the real lock is rampart; a child that asked for it would wait for its
	 * parent. A memory file is a lock that nobody else can hold.
	 */
	snprintf(lockfile, sizeof(lockfile), "XTABLES_LOCKFILE=/proc/self/fd/%d", (int)LOCK_FD);
	if (child->confine) {
		snprintf(lockfile, sizeof(lockfile), "XTABLES_LOCKFILE=%s",
			 child->confine->lockfile);
		if (child_confine(child->confine) < 0)
			_exit(CHILD_NO_EXEC);
	}
	execve(child->path ? child->path : child->argv[0],
	       (char *const *)(child->args ? child->args : child->argv), (char *const *)env);
	_exit(CHILD_NO_EXEC);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void end_child(struct child *child)
{
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child_survives(child->pid, 0);
	child->pid = -1;
}

/* Pipes both ways; the child's ends are closed in open_files()'s caller as the others are. */
static int open_talk(struct child *child)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	child->talk_in = in[1];
	if (pipe2(out, O_CLOEXEC) == 0) {
		child->talk_out = out[0];
		child->out_fd = out[1];
		child->err_fd = fcntl(out[1], F_DUPFD_CLOEXEC, 0);
	}
	return in[0];
}

static int open_input(struct child *child)
{
	int fd;

	if (child->talks)
		return open_talk(child);
	child->out_fd = memfd_create("rampart", MFD_CLOEXEC);
	child->err_fd = memfd_create("rampart", MFD_CLOEXEC);
	if (child->input_fd < 0)
		return memory_file(child->input, child->input_len);
	fd = fcntl(child->input_fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static bool open_files(struct child *child, int *ret_in, int *ret_lock, struct meeting *meeting)
{
	*ret_in = open_input(child);
	*ret_lock = memfd_create("xtables.lock", MFD_CLOEXEC);
	return *ret_in >= 0 && *ret_lock >= 0 && child->out_fd >= 0 && child->err_fd >= 0 &&
	       (child->trap.kind == TRAP_NONE ||
		(pipe2(meeting->ready, O_CLOEXEC) == 0 && pipe2(meeting->go, O_CLOEXEC) == 0));
}

int child_start(struct child *child, struct diags *diags)
{
	struct meeting meeting = MEETING_INIT;
	pid_t parent = getpid();
	int in, lock, ret = 0;

	child->pid = open_files(child, &in, &lock, &meeting) ? fork() : -1;
	if (child->pid == 0)
		become(child, parent, in, lock, &meeting);
	if (child->pid > 0 && child->finishes && child_held() >= 0)
		child_survives(0, child->pid);
	if (child->pid > 0)
		child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pid < 0)
		ret = diag_error(diags, NULL, "can't run '%s': %s", child->argv[0],
				 strerror(errno));
	if (ret == 0 && child->trap.kind != TRAP_NONE) {
		close_fd(&meeting.ready[1]); /* the child's end: read() sees that it is closed */
		ret = trap_take(&child->trap, child->pidfd, meeting.ready[0], meeting.go[1]);
		if (ret < 0)
			end_child(child);
	}
	close_fd(&in);
	close_fd(&lock);
	if (child->talks) {
		close_fd(&child->out_fd);
		close_fd(&child->err_fd);
	}
	for (size_t i = 0; i < 2; i++) {
		close_fd(&meeting.ready[i]);
		close_fd(&meeting.go[i]);
	}
	return ret;
}

/* Whether it ended in time; without a pidfd (kernel before 5.3) there is no limit. */
static bool wait_for_end(const struct child *child)
{
	struct pollfd pfd = { .fd = child->pidfd, .events = POLLIN };
	unsigned int seconds = child->timeout ? child->timeout : CHILD_SECONDS;
	int ready;

	if (child->pidfd < 0)
		return true;
	do
		ready = poll(&pfd, 1, (int)seconds * 1000);
	while (ready < 0 && errno == EINTR);
	return ready != 0;
}

static int take_output(int *fd, struct buf *ret)
{
	int error;

	lseek(*fd, 0, SEEK_SET);
	error = fs_read_fd(*fd, ret);
	close_fd(fd);
	return error;
}

int child_wait(struct child *child, struct diags *diags)
{
	int status = 0;

	if (child->pid < 0)
		return -1;
	if (wait_for_end(child)) {
		while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
			;
		child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		child->pid = -1;
	} else {
		end_child(child);
		child->status = CHILD_TIMEOUT;
	}
	close_fd(&child->pidfd);
	close_fd(&child->trap.listener);
	if (take_output(&child->out_fd, &child->out) < 0 ||
	    take_output(&child->err_fd, &child->err) < 0)
		return diag_error(diags, NULL, "can't read what '%s' wrote: %s", child->argv[0],
				  strerror(errno));
	return 0;
}

const char *child_error(struct child *child)
{
	struct buf *err = &child->err;

	while (err->len && err->data[err->len - 1] == '\n')
		err->data[--err->len] = '\0';
	for (size_t i = 0; i < err->len; i++)
		if (err->data[i] == '\n')
			err->data[i] = ' ';
	if (!err->len)
		buf_addf(err, "exit status %d", child->status);
	return err->data;
}

int child_run(struct child *child, struct diags *diags)
{
	if (child_start(child, diags) < 0)
		return -1;
	return child_wait(child, diags);
}

void child_release(struct child *child)
{
	if (child->pid > 0)
		end_child(child);
	close_fd(&child->pidfd);
	close_fd(&child->trap.listener);
	close_fd(&child->out_fd);
	close_fd(&child->err_fd);
	close_fd(&child->talk_in);
	close_fd(&child->talk_out);
	buf_release(&child->out);
	buf_release(&child->err);
	*child = (struct child)CHILD_INIT;
}
