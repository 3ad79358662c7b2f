"""field: where faults are tried. A network namespace with rules of others and of rampart, a root
tree, and what is to be said about both afterwards. What the programs of this directory share.

Each worker has a mount namespace with a /run and a work directory of its own in memory, and each
case a network namespace: nothing outside of them is changed.
"""
import ctypes
import fcntl
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RAMPART = os.path.abspath(os.environ.get('RAMPART', HERE + '/../../bin/rampart'))
JOBS = int(os.environ.get('JOBS', os.cpu_count() or 1))
BACKENDS = ('nft', 'legacy')
FAMILIES = ('iptables', 'ip6tables')
SECONDS = 60  # a run that takes longer hangs
CLONE_NEWNS, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x20000, 0x40000000, 1
ENVIRONMENT = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C',
               'ASAN_OPTIONS': 'detect_leaks=0'}  # that would need ptrace for itself
# Rules of others bear this comment, and nothing else does.
FOREIGN = '-m comment --comment foreign'
IS_FOREIGN = re.compile(r'--comment "?foreign')

libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags):
    if libc.unshare(flags) < 0:
        raise OSError(ctypes.get_errno(), 'unshare')


def sh(*command, text=None, check=True, timeout=SECONDS):
    """A program of the system; what it writes."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=ENVIRONMENT,
                          timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError('%s: %d: %s' % (' '.join(command), done.returncode, done.stderr))
    return done.stdout


def private_mounts():
    """A mount namespace for this process, with memory at /run; a work directory in it."""
    unshare(CLONE_NEWNS)
    sh('mount', '--make-rprivate', '/')
    sh('mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', '/run')
    work = '/run/work'
    os.mkdir(work)
    return work


def build(source, *flags):
    """A helper in C, beside this file or elsewhere below tests; where the program is."""
    program = os.path.join(tempfile.gettempdir(), 'rampart-%s.%d' % (
        os.path.basename(source)[:-2], os.getpid()))
    sh('cc', '-std=gnu11', '-D_GNU_SOURCE', '-O2', *flags, '-o', program,
       os.path.join(HERE, source))
    return program


class Result:
    """How a run of rampart ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return 'exit %s\n%s%s' % (self.code, self.out, self.err)


class Field:
    """A backend and a root tree. The network namespace is that of the process."""

    def __init__(self, work, backend):
        self.work, self.backend = work, backend
        self.root = os.path.join(work, 'root')
        self.state = os.path.join(self.root, 'var/lib/rampart')
        self.new_root()

    # --- the root tree --------------------------------------------------------------------

    def new_root(self):
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ('etc/rampart/conf.d', 'etc/rampart/templates', 'run', 'var/lib'):
            os.makedirs(os.path.join(self.root, name))

    def write(self, baseline, rules):
        with open(self.root + '/etc/rampart/rampart.conf', 'w') as file:
            file.write(baseline)
        with open(self.root + '/etc/rampart/conf.d/10-a.rules', 'w') as file:
            file.write(rules)

    # --- the kernel -----------------------------------------------------------------------

    def new_network(self):
        unshare(CLONE_NEWNET)
        sh('ip', 'link', 'set', 'lo', 'up')

    def program(self, family, what=''):
        return '%s-%s%s' % (family, self.backend, what and '-' + what)

    def lay(self, family, table, lines):
        """Rules of others, laid as they lay them."""
        sh(self.program(family, 'restore'), '--noflush', '-c', '-w', '10',
           text='*%s\n%s\nCOMMIT\n' % (table, '\n'.join(lines)))

    def saved(self):
        """All that is live, with counters: a text for each family."""
        return {family: sh(self.program(family, 'save'), '-c') for family in FAMILIES}

    def restore(self, saved):
        for family, text in saved.items():
            sh(self.program(family, 'restore'), '-c', '-w', '10', text=text)

    def live(self):
        """(family, table): lines, chain by chain, without counters. A table that does nothing is
        none.
        """
        return {key: sorted((re.sub(r' \[\d+:\d+\]$', '', re.sub(r'^\[\d+:\d+\] ', '', line))
                             for line in lines), key=chain_of)
                for key, lines in self.tables().items()}

    def tables(self):
        found = {}
        for family, text in self.saved().items():
            for line in text.splitlines():
                if line.startswith('*'):
                    lines = found[family, line[1:]] = []
                elif line and not line.startswith('#') and line != 'COMMIT':
                    lines.append(line)
        return {key: lines for key, lines in found.items()
                if any(not re.match(r':\S+ ACCEPT ', line) for line in lines)}

    def foreign(self):
        """(family, table): the rules of others, in their order, with their counters."""
        found = {key: sorted((line for line in lines if IS_FOREIGN.search(line)), key=chain_of)
                 for key, lines in self.tables().items()}
        return {key: lines for key, lines in found.items() if lines}

    # --- rampart --------------------------------------------------------------------------

    def command(self, *args):
        return [RAMPART, '--root', self.root, '--backend', self.backend, *args]

    def rampart(self, *args, timeout=SECONDS):
        try:
            done = subprocess.run(self.command(*args), capture_output=True, text=True,
                                  env=ENVIRONMENT, stdin=subprocess.DEVNULL, timeout=timeout)
        except subprocess.TimeoutExpired:
            return Result('none: it hangs', '', '')
        return Result(done.returncode, done.stdout, done.stderr)

    def lock_is_free(self):
        try:
            with open(self.root + '/run/rampart/lock') as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            pass
        except BlockingIOError:
            return False
        return True


def chain_of(line):
    """Chain of a line of a listing: the order of the chains says nothing, that of rules does."""
    return re.search(r'^:(\S+)|-A (\S+)', line).group(1, 2)[line[0] != ':'], line[0] != ':'


def difference(before, after):
    """Two results of live(), as lines."""
    lines = []
    for key in sorted(set(before) | set(after)):
        a, b = before.get(key, []), after.get(key, [])
        if a != b:
            lines.append('      %s %s' % key)
            lines += ['        - ' + line for line in a if line not in b]
            lines += ['        + ' + line for line in b if line not in a]
            if sorted(a) == sorted(b):
                lines.append('        (another order)')
    return '\n'.join(lines)


# --- scenarios ----------------------------------------------------------------------------

OLD_RULES = ''':OLD -
:BOTH -
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -j OLD
-A INPUT -j BOTH
-A OLD -p tcp --dport 1 -j ACCEPT
-A BOTH -p tcp --dport 2 -j ACCEPT
*nat
-A PREROUTING -i eth5 -j RETURN
'''
NEW_RULES = ''':NEW -
:BOTH -
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -j BOTH
-A FORWARD -i eth0 -j NEW
-A NEW -p tcp --dport 3 -j ACCEPT
-A BOTH -p tcp --dport 2 -j ACCEPT
-A BOTH -p tcp --dport 4 -j ACCEPT
*nat
-A PREROUTING -i eth5 -j RETURN
-A PREROUTING -i eth6 -j RETURN
'''
OWNERSHIP = {
    'merge': 'ownership = merge\n',
    'exclusive': 'ownership = exclusive\npreserve = {"f2b-*", "DOCKER*"}\n'
                 'preserve_rules = {"*--comment foreign*"}\n',
}
POLICIES = {
    'rules': ('policy { INPUT = DROP }\n', 'policy { INPUT = DROP }\n'),
    'policies': ('policy { INPUT = DROP  FORWARD = ACCEPT }\n',
                 'policy { INPUT = ACCEPT  FORWARD = DROP }\n'),
}
# A first apply and a flush change policies whatever the files say.
COMMANDS = {'apply': ('rules', 'policies'), 'first': ('policies',), 'flush': ('policies',)}


def counters_are_lost(backend, action):
    """libiptc replaces a table and then, by a second call, puts its counters back: who kills the
    restore program itself in between takes them away, and nobody else has them."""
    return backend == 'legacy' and action == 'kill-all'


def without_counters(rules):
    return {key: [re.sub(r'^\[\d+:\d+\] ', '', line) for line in lines]
            for key, lines in rules.items()}


class Scenario:
    """backend:ownership:what changes:command. Rules of others are live, and those of an apply of
    the old files (command "first": none are, and it is an apply on what others have), and the
    command is what faults are to happen to.
    """

    def __init__(self, name):
        self.name = name
        self.backend, ownership, what, self.command = name.split(':')
        self.old, self.new = (OWNERSHIP[ownership] + policy for policy in POLICIES[what])
        self.args = ['flush'] if self.command == 'flush' else ['apply', '--take-over']
        self.field = None
        self.lost = False  # counters, in this case

    def prepare(self, work):
        """Once for each worker: what old and new are, and how to get there."""
        field = self.field = Field(work, self.backend)
        field.new_network()
        for family in FAMILIES:
            source = '203.0.113.7' if family == 'iptables' else '2001:db8::7'
            field.lay(family, 'filter', [
                ':f2b-sshd - [0:0]', ':DOCKER - [0:0]',
                '[11:660] -A f2b-sshd -s %s %s -j DROP' % (source, FOREIGN),
                '[5:300] -A f2b-sshd %s -j RETURN' % FOREIGN,
                '[16:960] -A INPUT -p tcp --dport 22 %s -j f2b-sshd' % FOREIGN,
                '[7:420] -A FORWARD -o docker0 %s -j DOCKER' % FOREIGN])
        field.lay('iptables', 'nat', [
            ':DOCKER - [0:0]', '[9:540] -A PREROUTING %s -j DOCKER' % FOREIGN,
            '[3:180] -A DOCKER -p tcp --dport 80 %s -j DNAT --to 172.17.0.2' % FOREIGN])
        if self.command != 'first':
            field.write(self.old, OLD_RULES)
            self.must(field.rampart('apply', '--take-over'))
        self.saved, self.old_live, self.foreign = field.saved(), field.live(), field.foreign()
        self.tree = os.path.join(work, 'tree.' + self.name)
        shutil.rmtree(self.tree, ignore_errors=True)
        if self.command != 'flush':
            field.write(self.new, NEW_RULES)
        shutil.copytree(field.root, self.tree)
        self.must(field.rampart(*self.args))
        self.new_live = field.live()
        if self.new_live == self.old_live or field.foreign() != self.foreign:
            raise RuntimeError('%s: the scenario is no good' % self.name)

    def must(self, result):
        if result.code != 0:
            raise RuntimeError('%s: %s' % (self.name, result))

    def begin(self):
        """A new network namespace, in which all is as before the command."""
        self.lost = False
        field = self.field
        field.new_network()
        field.restore(self.saved)
        shutil.rmtree(field.root)
        shutil.copytree(self.tree, field.root)
        return field

    def which(self):
        """What is live: old, new, or neither."""
        live = self.field.live()
        return 'old' if live == self.old_live else 'new' if live == self.new_live else 'neither'

    def judge_foreign(self, problems, action=None):
        now, before = self.field.foreign(), self.foreign
        self.lost |= counters_are_lost(self.backend, action)
        if self.lost:
            now, before = without_counters(now), without_counters(before)
        if now != before:
            problems.append('rules or counters of others changed:\n' + difference(before, now))

    def judge_end(self, problems):
        """The next command of the same kind works, and leaves the new rules and no traces."""
        result = self.field.rampart(*self.args)
        if result.code != 0:
            problems.append('the next %s: %s' % (self.args[0], result))
        elif self.which() != 'new':
            problems.append('live is not the new rules after the next %s:\n%s' % (
                self.args[0], difference(self.new_live, self.field.live())))
        if self.command != 'flush':
            check = self.field.rampart('check', '--inputs')
            if check.code != 0:
                problems.append('check after the next apply: %s' % check)
        self.judge_foreign(problems)
        return result


def scenarios(pattern):
    """Those whose name matches the regular expression."""
    names = [':'.join((backend, ownership, what, command))
             for command, whats in COMMANDS.items() for what in whats for ownership in OWNERSHIP
             for backend in BACKENDS]
    return [name for name in names if re.search(pattern, name)]


# --- faults -------------------------------------------------------------------------------

ERRNOS = ('ENOSPC', 'EIO', 'EMFILE', 'ENOMEM', 'EINTR', 'EPERM')
# These have no way to fail; fcntl() of a descriptor that is open has none either, and libiptc
# aborts the program if it does.
NEVER_FAIL = {'fcntl', 'exit', 'exit_group', 'getpid', 'getppid', 'gettid', 'getuid', 'geteuid', 'getgid',
              'getegid', 'umask', 'rt_sigreturn', 'restart_syscall', 'sched_yield', 'getpgrp'}

def call_numbers():
    """Name of each system call: its number on this machine."""
    text = sh('cc', '-dM', '-E', '-', text='#include <sys/syscall.h>\n')
    return {name: int(nr) for name, nr in re.findall(r'#define __NR_(\w+) (\d+)', text)}


class Tripped:
    """What trip wrote about a run, and how that ended."""

    def __init__(self, report, result, seconds):
        self.result, self.seconds = result, seconds
        self.calls, self.fired, self.killed, self.gone = [], None, False, None
        self.left, self.nr = [], 0
        for line in report.splitlines():
            word, value = line.split(' ', 1)
            if word == 'call':
                self.calls.append(int(value))
            elif word == 'calls':
                self.nr = int(value)
            elif word == 'fired':
                self.fired = int(value)
            elif word == 'exit':
                self.result.code = int(value)
            elif word == 'signal':
                self.result.code = 'signal ' + value
            elif word == 'gone':
                self.gone = int(value)
            elif word == 'left':
                self.left.append(value)


def trip(program, from_call, at, action, command):
    """Run a command with a fault (trip.c)."""
    read, write = os.pipe()
    begin = time.monotonic()
    # descriptor 3 is what trip writes to
    wrapped = ['bash', '-c', 'exec 3>&%d; exec "$@"' % write, 'bash', program, str(from_call),
               str(at), str(action), *command]
    child = subprocess.Popen(wrapped, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
                             pass_fds=[write])
    os.close(write)
    hangs = False
    try:
        out, err = child.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()  # and with it all that it has started
        out, err = child.communicate()
        hangs = True
    with os.fdopen(read) as file:
        report = file.read()
    tripped = Tripped(report, Result('none', out, err), time.monotonic() - begin)
    if hangs:
        tripped.result.code = 'none: it hangs'
    return tripped


# FAULT/what: SCOPE HOW WHICH...; SCOPE all, or live: those that change live rules; WHICH: the
# how-manieth of them, or the beginning of their names.
WRAPPER = '''#!/bin/bash
name=${0##*/}
read -r scope how which 2>/dev/null <%(fault)s/what
if [ -n "$scope" ] && { [ "$scope" = all ] || { [[ "$name $*" == *-restore*--noflush* ]] &&
		[ "$(readlink /proc/self/ns/net)" = "$(cat %(fault)s/net)" ]; }; }; then
	echo "$name $*" >>%(fault)s/calls
	n=$(wc -l <%(fault)s/calls)
	for one in $which; do
		[ "$one" = "$n" ] || [[ $name == $one-* ]] || continue
		case $how in
		fail) echo no >&2; exit 1 ;;
		lie) exit 0 ;;
		crash) kill -SEGV $$ ;;
		esac
	done
fi
exec -a "$name" %(fault)s/real "$@"
'''


class Programs:
    """The backend's programs with faults of their own, in the mount namespace of this process."""

    def __init__(self, work, backend):
        self.at = os.path.join(work, 'programs')
        self.real = '/usr/sbin/xtables-%s-multi' % backend
        os.makedirs(self.at)
        shutil.copy(self.real, self.at + '/real')
        with open(self.at + '/wrapper', 'w') as file:
            file.write(WRAPPER % {'fault': self.at})
        os.chmod(self.at + '/wrapper', 0o755)
        self.fault()
        sh('mount', '--bind', self.at + '/wrapper', self.real)

    def fault(self, *what):
        """From now on; without words: none."""
        for name, text in (('what', ' '.join(what)), ('calls', ''),
                           ('net', os.readlink('/proc/self/ns/net'))):
            with open(os.path.join(self.at, name), 'w') as file:
                file.write(text and text + '\n')

    def calls(self):
        """How many there were since."""
        with open(self.at + '/calls') as file:
            return len(file.readlines())

    def release(self):
        sh('umount', self.real)
        shutil.rmtree(self.at)


# --- many cases ---------------------------------------------------------------------------

def _worker(queue, results, function):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    work = private_mounts()
    for case in iter(queue.get, None):
        try:
            results.put((case, function(work, case)))
        except Exception as error:  # a case that can't be tried is a failed one
            results.put((case, ['%s: %s' % (type(error).__name__, error)]))


def in_child(function, *args):
    """Its result; what it does to its namespaces stays with the child."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(function, args)


def run_cases(cases, function, label=str):
    """function(work, case) gives a list of problems; all cases, JOBS at once. Prints what failed
    and the last line; the exit code.
    """
    queue, results = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=_worker, args=(queue, results, function))
               for _ in range(max(1, min(JOBS, len(cases))))]
    for case in cases:
        queue.put(case)
    for worker in workers:
        queue.put(None)
        worker.start()
    failed = 0
    for _ in cases:
        case, problems = results.get()
        if problems:
            failed += 1
            print('not ok %s' % label(case))
            for problem in problems:
                print('    ' + problem.rstrip().replace('\n', '\n    '))
            sys.stdout.flush()
    for worker in workers:
        worker.join()
    print('%d passed, %d failed' % (len(cases) - failed, failed))
    return 1 if failed or not cases else 0


def sample(cases, every, offset):
    """Each so-manieth."""
    return cases[offset % every::every]


def need_root():
    if os.geteuid() != 0:
        print('needs root: it makes network namespaces (nothing outside of them changes)',
              file=sys.stderr)
        sys.exit(77)
