"""turn: one run in network and mount namespaces of its own, and what its commands cost.

A turn is a child of the benchmark. It leaves the host's namespaces before it does anything else
and makes sure of that; so nothing that it runs can change rules of the host.
"""
import collections
import ctypes
import os
import pickle
import resource
import signal
import subprocess
import time
import traceback

import memory

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000  # unshare(2)
SET_CHILD_SUBREAPER = 36                             # prctl(2)
LIBC = ctypes.CDLL(None, use_errno=True)
OUT, ERR = "/run/out", "/run/err"
PRIORITY = -15  # of all that is measured: before what else the machine has to do
SECONDS = 300  # a turn that takes longer hangs
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/",
               "SSH_CONNECTION": ""}  # whoever runs this is no guest of theirs

# Seconds: on the clock; on the CPU, of all processes; and of the program's own process alone.
# MiB: the peak of all processes, if it was asked for.
Cost = collections.namedtuple("Cost", "wall cpu own peak")


class Failed(Exception):
    """A run that went wrong: it has no cost, and the table must not have one either."""


def take(work, *arguments, verify=False, rules=0):
    """What work(turn, ...) returns, called in new namespaces. verify: let it look at the result,
    not only at exit codes. rules: about how many; how long the kernel needs to get rid of them."""
    settle(rules)
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(readable)
        signal.signal(signal.SIGALRM, took_too_long)
        signal.alarm(SECONDS)
        try:
            answer = (True, work(Turn(verify, rules), *arguments))
        except Failed as failed:
            answer = (False, str(failed))
        except BaseException:  # whatever it is, this process must end here
            answer = (False, traceback.format_exc())
        with os.fdopen(writable, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    done, answer = pickle.loads(text) if text else (False, "the turn was killed")
    if not done:
        raise Failed(answer)
    return answer


def took_too_long(_signal, _frame):
    raise Failed("it took more than %d s" % SECONDS)


def settle(rules):
    """The kernel frees namespaces and old rules later, on its own behalf: not in the time of
    who comes next."""
    time.sleep(0.02 + min(rules, 50000) * 4e-6)


def system(*words):
    done = subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
    if done.returncode:
        raise Failed("%s: %s" % (" ".join(words), done.stdout))
    return done.stdout


def schedstat(pid):
    """CPU seconds of that process without its children, from the scheduler's nanoseconds. It can
    still be read when the process has ended, until it is waited for."""
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


class Turn:
    def __init__(self, verify, rules):
        self.verify = verify
        self.rules = rules
        self.unshare(CLONE_NEWNS | CLONE_NEWNET)
        LIBC.prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        system("mount", "--make-rprivate", "/")
        self.tmpfs("/run")
        os.mkdir("/run/lock")

    @staticmethod
    def unshare(flags):
        before = os.stat("/proc/self/ns/net").st_ino
        if LIBC.unshare(flags) < 0:
            raise Failed("unshare: %s (must be root)" % os.strerror(ctypes.get_errno()))
        if os.stat("/proc/self/ns/net").st_ino == before:
            raise Failed("no network namespace of its own")

    @staticmethod
    def tmpfs(path):
        system("mount", "-t", "tmpfs", "-o", "mode=755", "none", path)

    def reboot(self, run):
        """As after a restart: no rules, an empty /run, and another boot id; the disk stays."""
        self.unshare(CLONE_NEWNET)
        self.tmpfs(run)
        with open("/run/boot_id", "w", encoding="ascii") as file:
            file.write("11111111-2222-4333-8444-555555555555\n")
        system("mount", "--bind", "/run/boot_id", "/proc/sys/kernel/random/boot_id")

    @staticmethod
    def default_backend(backend):
        """What is called by the plain name "iptables" is this backend's."""
        other = "legacy" if backend == "nft" else "nft"
        system("mount", "--bind", "/usr/sbin/xtables-%s-multi" % backend,
               "/usr/sbin/xtables-%s-multi" % other)

    def run(self, argv, stdin="/dev/null", environment=None, peak=False):
        """A command's Cost; its exit code has to be 0."""
        settle(self.rules)
        out = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_OPEN, 1, OUT, out, 0o600),
                   (os.POSIX_SPAWN_OPEN, 2, ERR, out, 0o600)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        pid = os.posix_spawnp(argv[0], argv, dict(ENVIRONMENT, **environment or {}),
                              file_actions=actions)
        try:
            highest = memory.watch(pid) if peak else None
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        except BaseException:  # a signal, or time is over: it must not go on alone
            os.kill(pid, signal.SIGKILL)
            raise
        wall = time.monotonic() - start
        own = schedstat(pid)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.wait_for_orphans()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status:
            raise Failed("%s: exit code %d\n%s%s" % (" ".join(argv), status,
                         self.output()[-2000:], self.output(ERR)[-2000:]))
        return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, own,
                    highest)

    @staticmethod
    def wait_for_orphans():
        try:
            while True:
                os.wait()
        except ChildProcessError:
            pass

    @staticmethod
    def output(path=OUT):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # --- what was done: a run that did something else has no cost ---------------------------------

    def says(self, text):
        """The last command said so; None: it said nothing."""
        if (text is None and self.output()) or (text and text not in self.output()):
            raise Failed("said '%s' instead of '%s'" % (self.output()[:200], text))

    def holds(self, save, rules, text=None, chain=""):
        """The kernel holds so many rules, and one with this text. chain: of this one alone."""
        if not self.verify:
            return
        lines = system(save).splitlines()
        found = sum(line.startswith("-A " + (chain and chain + " ")) for line in lines)
        if found != rules:
            raise Failed("%s: %d rules instead of %d" % (save, found, rules))
        if text and not any(text in line for line in lines):
            raise Failed("%s: no rule with '%s'" % (save, text))
