/*
 * trip: run a program, and at one of its system calls kill it or let the call fail.
 *
 *     trip FROM AT ACTION PROGRAM ARG...
 *
 * Counted are the calls of the program itself, not those of its children, beginning with the
 * first call number FROM, which is 1; one that a signal interrupts and the kernel makes again is
 * one. Before the call AT is made, ACTION happens:
 *
 *     none       nothing
 *     kill       the program gets SIGKILL: the call is not made
 *     kill-all   it and all other processes that it has started, at once
 *     NUMBER     the call is not made and fails with this errno; close() is made nevertheless:
 *                one that fails has closed
 *     !COMMAND   the shell runs it while the program waits
 *
 * All of it has process identifiers of its own, and trip is their first process: nobody who was
 * started can get away from it. After the end of the program the others have GRACE_MS to end.
 * What is written to descriptor 3, a line each:
 *
 *     calls N                how many were counted
 *     fired NUMBER           the call at which it happened; not written: there was none
 *     exit CODE | signal N   how the program ended
 *     gone MS                when the last of the other processes had ended, since then
 *     left NAME              a process that was still there
 *
 * With the action none, "call NUMBER" for each call comes first.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum { GRACE_MS = 1000, REPORT = 3 };
/* The kernel's own results that a program never sees: it makes the call again (linux/errno.h). */
enum { ERESTARTSYS = 512, ERESTART_RESTARTBLOCK = 516 };
enum action { NONE, KILL, KILL_ALL, FAIL, RUN };

struct trip {
	long from, at;
	enum action action;
	int error;
	const char *command;
	pid_t pid;

	long calls, fired; /* fired: the call's number, or -1 */
	bool started, failing, again;
	unsigned long heap_end; /* what brk() gave the last time */
};

static void die(const char *what)
{
	fprintf(stderr, "trip: %s: %s\n", what, strerror(errno));
	exit(125);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A call with a number that does not exist is not made. */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		die("ptrace");
	regs.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0)
		die("ptrace");
#elif defined(__aarch64__)
	int nr = -1;
	struct iovec v = { &nr, sizeof(nr) };

	if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &v) < 0)
		die("ptrace");
#else
#error "trip does not know the registers of this machine"
#endif
}

static void set_result(pid_t pid, long result)
{
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0)
		die("ptrace");
#if defined(__x86_64__)
	regs.rax = (unsigned long long)result;
#else
	regs.regs[0] = (unsigned long long)result;
#endif
	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v) < 0)
		die("ptrace");
}

static void fire(struct trip *trip, long nr)
{
	trip->fired = nr;
	switch (trip->action) {
	case KILL: kill(trip->pid, SIGKILL); break;
	case KILL_ALL: kill(-1, SIGKILL); break;
	case FAIL:
		if (nr != SYS_close)
			skip_call(trip->pid);
		trip->failing = true;
		break;
	case RUN:
		if (system(trip->command) != 0)
			die(trip->command);
		break;
	case NONE: break;
	}
}

static void on_entry(struct trip *trip, long nr)
{
	trip->started |= nr == trip->from;
	if (!trip->started || trip->again)
		return;
	trip->calls++;
	if (trip->action == NONE)
		dprintf(REPORT, "call %ld\n", nr);
	else if (trip->calls == trip->at)
		fire(trip, nr);
}

static void on_exit_of_call(struct trip *trip, long nr, long result)
{
	if (trip->failing) /* brk() tells of a failure by giving what was there */
		set_result(trip->pid, trip->fired == SYS_brk ? (long)trip->heap_end : -trip->error);
	else if (nr == SYS_brk)
		trip->heap_end = (unsigned long)result;
	trip->failing = false;
	trip->again = result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static void on_stop(struct trip *trip, int status)
{
	static long nr; /* of the call that it is in */
	struct ptrace_syscall_info info;
	int signal = WSTOPSIG(status);

	if (signal != (SIGTRAP | 0x80)) {
		/* a signal of its own goes on to it; what else stops it is ptrace's */
		if (status >> 16 || signal == SIGSTOP)
			signal = 0;
		ptrace(PTRACE_SYSCALL, trip->pid, 0, signal);
		return;
	}
	if (ptrace(PTRACE_GET_SYSCALL_INFO, trip->pid, sizeof(info), &info) > 0) {
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			nr = (long)info.entry.nr;
			on_entry(trip, nr);
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
			on_exit_of_call(trip, nr, (long)info.exit.rval);
		}
	}
	ptrace(PTRACE_SYSCALL, trip->pid, 0, 0); /* fails where it has just been killed */
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(REPORT);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			die("ptrace");
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (pid < 0 || waitpid(pid, NULL, __WALL) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
		die("start");
	return pid;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* The others that are still there: orphans are children of the first process. */
static void wait_for_others(void)
{
	const struct itimerval grace = { .it_value = { GRACE_MS / 1000, GRACE_MS % 1000 * 1000 } };
	const struct sigaction wake = { .sa_handler = on_alarm };
	long begin = now_ms();

	sigaction(SIGALRM, &wake, NULL);
	setitimer(ITIMER_REAL, &grace, NULL);
	while (waitpid(-1, NULL, __WALL) > 0 || (errno == EINTR && now_ms() - begin < GRACE_MS))
		;
	if (errno == ECHILD)
		dprintf(REPORT, "gone %ld\n", now_ms() - begin);
}

static void report_left(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		char path[300], name[64] = "";
		FILE *file;

		if (atoi(entry->d_name) <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(name, sizeof(name), file))
			dprintf(REPORT, "left %s", name);
		if (file)
			fclose(file);
	}
	if (proc)
		closedir(proc);
}

static void follow(struct trip *trip)
{
	int status = 0;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			die("wait");
		if (pid != trip->pid)
			continue;
		if (!WIFSTOPPED(status))
			break;
		on_stop(trip, status);
	}
	dprintf(REPORT, "calls %ld\n", trip->calls);
	if (trip->fired >= 0)
		dprintf(REPORT, "fired %ld\n", trip->fired);
	if (WIFEXITED(status))
		dprintf(REPORT, "exit %d\n", WEXITSTATUS(status));
	else
		dprintf(REPORT, "signal %d\n", WTERMSIG(status));
}

/* The first process of the new identifiers. Its end is the end of all others. */
static int run(struct trip *trip, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		die("/proc");
	trip->pid = start(argv);
	follow(trip);
	wait_for_others();
	report_left();
	return 0;
}

static enum action parse_action(const char *word, int *ret_error)
{
	if (strcmp(word, "none") == 0)
		return NONE;
	if (strcmp(word, "kill") == 0)
		return KILL;
	if (strcmp(word, "kill-all") == 0)
		return KILL_ALL;
	if (word[0] == '!')
		return RUN;
	*ret_error = atoi(word);
	return FAIL;
}

int main(int argc, char **argv)
{
	struct trip trip = { .fired = -1 };
	int status = 0;
	pid_t first;

	if (argc < 5)
		return 64;
	trip.from = atol(argv[1]);
	trip.at = atol(argv[2]);
	trip.action = parse_action(argv[3], &trip.error);
	trip.command = argv[3] + 1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		die("unshare");
	first = fork();
	if (first < 0)
		die("fork");
	if (first == 0)
		exit(run(&trip, argv + 4));
	if (waitpid(first, &status, 0) < 0)
		die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
