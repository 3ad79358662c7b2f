#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "buf.h"
#include "child_sandbox_internal.h"
#include "diag.h"

enum { ANSWER_SECONDS = 30 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int gone(struct diags *diags)
{
	return diag_error(diags, NULL, "the sandbox of the scripts has ended by itself");
}

/* milliseconds: -1 is for ever */
static int take_reply(const struct sandbox *sandbox, struct sandbox_reply *reply, int *fds,
		      pid_t *ret_pid, int milliseconds, struct diags *diags)
{
	struct pollfd pfd = { .fd = sandbox->control, .events = POLLIN };
	int got;

	do
		got = poll(&pfd, 1, milliseconds);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return diag_error(diags, NULL, "the sandbox of the scripts does not answer");
	if (got > 0)
		got = sandbox_receive(sandbox->control, reply, sizeof(*reply), fds, ret_pid);
	return got > 0 ? 0 : gone(diags);
}

static int fault(const struct sandbox_reply *reply, const char *what, struct diags *diags)
{
	return diag_error(diags, NULL, "can't %s: %.*s: %s", what, (int)sizeof(reply->text) - 1,
			  reply->text, strerror(reply->error));
}

/* --- the first process -------------------------------------------------------------------- */

static pid_t start_first(struct sandbox *sandbox, const struct sandbox_setup *setup, int control)
{
	_Alignas(16) char stack[SANDBOX_STACK];
	struct sandbox_init init = { .setup = setup,
				     .control = control,
				     .with_user = sandbox->with_user,
				     .outer = geteuid(),
				     .outer_gid = getegid(),
				     .userns = -1,
				     .own = -1,
				     .store = -1,
				     .listener = -1,
				     .mirror = -1,
				     .signals = -1,
				     .sysctl = -1,
				     .shell = -1 };
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;

	if (sandbox->with_user)
		flags |= CLONE_NEWUSER;
	return clone(sandbox_first, stack + sizeof(stack), flags, &init);
}

int sandbox_open(struct sandbox *sandbox, const struct sandbox_setup *setup, struct diags *diags)
{
	int fds[SANDBOX_FDS_MAX] = SANDBOX_NO_FDS;
	int pair[2], error, ret = 0, yes = 1;
	struct sandbox_reply reply = { .answer = SANDBOX_FAILED };

	*sandbox = (struct sandbox)SANDBOX_INIT;
	sandbox->with_user = geteuid() != 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_error(diags, NULL, "no socket: %s", strerror(errno));
	sandbox->control = pair[0];
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
	sandbox->init = start_first(sandbox, setup, pair[1]);
	error = errno;
	close(pair[1]);
	if (sandbox->init > 0) {
		sandbox->pidfd = (int)syscall(SYS_pidfd_open, sandbox->init, 0);
		ret = take_reply(sandbox, &reply, fds, NULL, ANSWER_SECONDS * 1000, diags);
		error = reply.error;
	}
	if (sandbox->init < 0 || (ret == 0 && reply.answer == SANDBOX_BARRED)) {
		sandbox_close(sandbox);
		errno = error;
		return 1;
	}
	if (ret == 0 && reply.answer != SANDBOX_READY)
		ret = fault(&reply, "make a sandbox for scripts", diags);
	if (ret < 0) {
		sandbox_close(sandbox);
		return -1;
	}
	sandbox->listener = fds[0];
	sandbox->root = fds[1];
	sandbox->store = fds[2];
	sandbox->mntns = fds[3];
	sandbox->userns = fds[4];
	sandbox->mirror = fds[5];
	sandbox->has_sysctl = fds[5] >= 0;
	sandbox->uid = reply.uid;
	if (!sandbox->with_user)
		close_fd(&sandbox->userns);
	return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
	if (sandbox->init > 0) {
		kill(sandbox->init, SIGKILL);
		child_reap(sandbox->init);
	}
	close_fd(&sandbox->pidfd);
	close_fd(&sandbox->control);
	close_fd(&sandbox->listener);
	close_fd(&sandbox->root);
	close_fd(&sandbox->userns);
	close_fd(&sandbox->mntns);
	close_fd(&sandbox->store);
	close_fd(&sandbox->mirror);
	free(sandbox->seen);
	*sandbox = (struct sandbox)SANDBOX_INIT;
}

/* --- a shell ------------------------------------------------------------------------------ */

static unsigned int add_words(struct buf *text, const char *const *words)
{
	unsigned int nr = 0;

	for (; words[nr]; nr++)
		buf_add(text, words[nr], strlen(words[nr]) + 1);
	return nr;
}

/* The order, and a memory file with its text. -1 with errno set. */
static int write_order(const struct sandbox_run *run, struct sandbox_order *ret_order)
{
	struct buf text = BUF_INIT;
	struct sandbox_order order = { .call = SANDBOX_START,
				       .fed = run->fed != NULL,
				       .processes = run->processes,
				       .file_bytes = run->file_bytes };
	int fd = memfd_create("rampart", MFD_CLOEXEC);

	order.argc = add_words(&text, run->argv);
	order.envc = add_words(&text, run->env);
	buf_add(&text, run->cwd, strlen(run->cwd) + 1);
	if (run->fed)
		buf_add(&text, run->fed, strlen(run->fed) + 1);
	if (fd >= 0 && write(fd, text.data, text.len) != (ssize_t)text.len) {
		close(fd);
		fd = -1;
	}
	buf_release(&text);
	*ret_order = order;
	return fd;
}

int sandbox_start(struct sandbox *sandbox, const struct sandbox_run *run, int *ret_feed,
		  pid_t *ret_pid, struct diags *diags)
{
	struct sandbox_order order;
	struct sandbox_reply reply = { .answer = SANDBOX_FAILED };
	int text = write_order(run, &order), got[SANDBOX_FDS_MAX] = SANDBOX_NO_FDS;
	int fds[] = { text, run->out, run->err };
	pid_t pid = 0;
	int ret = 0;

	if (text < 0 || sandbox_send(sandbox->control, &order, sizeof(order), fds, 3, 0) < 0)
		ret = diag_error(diags, NULL, "can't run '%s': %s", run->argv[0], strerror(errno));
	close_fd(&text);
	/* of an earlier shell, whose end nobody asked for */
	do
		if (ret == 0)
			ret = take_reply(sandbox, &reply, got, &pid, ANSWER_SECONDS * 1000, diags);
	while (ret == 0 && reply.answer == SANDBOX_ENDED);
	if (ret == 0 && reply.answer != SANDBOX_STARTED)
		ret = fault(&reply, "run a script", diags);
	if (ret < 0)
		return -1;
	sandbox->shell = reply.pid;
	sandbox->has_ended = false;
	*ret_feed = got[0];
	*ret_pid = pid;
	return 0;
}

int sandbox_take_end(struct sandbox *sandbox, int *ret_status, struct diags *diags)
{
	struct sandbox_reply reply = { .answer = SANDBOX_FAILED };
	int fds[SANDBOX_FDS_MAX] = SANDBOX_NO_FDS;

	if (sandbox->shell > 0) {
		if (take_reply(sandbox, &reply, fds, NULL, -1, diags) < 0)
			return -1;
		sandbox->shell = -1;
		sandbox->status = reply.status;
		sandbox->has_ended = true;
	}
	if (!sandbox->has_ended)
		return diag_error(diags, NULL, "no shell runs in the sandbox");
	*ret_status = sandbox->status;
	return 0;
}

int sandbox_sweep(struct sandbox *sandbox, void (*found)(void *arg, const char *cmdline), void *arg,
		  struct diags *diags)
{
	struct sandbox_order order = { .call = SANDBOX_SWEEP };
	struct sandbox_reply reply = { .answer = SANDBOX_FAILED };
	int fds[SANDBOX_FDS_MAX] = SANDBOX_NO_FDS;

	if (found)
		sandbox_name_left(sandbox, found, arg);
	if (sandbox_send(sandbox->control, &order, sizeof(order), NULL, 0, 0) < 0)
		return gone(diags);
	do {
		if (take_reply(sandbox, &reply, fds, NULL, ANSWER_SECONDS * 1000, diags) < 0)
			return -1;
		if (sandbox->shell > 0) {
			sandbox->shell = -1;
			sandbox->status = reply.status;
			sandbox->has_ended = true;
		}
	} while (reply.answer == SANDBOX_ENDED);
	return 0;
}
