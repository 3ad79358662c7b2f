#!/usr/bin/env python3
"""calls.py kill|fail|during [--every N] [--offset N] [--scenario REGEX] [--errno NAMES] [CASE...]

Faults at each system call that a command makes, from its lock on to its end (trip.c), each in a
network namespace of its own with rules of others and of an earlier apply (field.Scenario).

kill    Before the call rampart is killed, alone or together with all that it has started. Then
        - within a second none of its processes is left, the lock is free, nothing is mounted;
        - live is the old or the new rules. Where the way back is left to the next command (all
          were killed), "status" puts it right, and says so;
        - rules of others and their counters are as they were;
        - the next command ends with exit code 0 and the new rules.

fail    The call fails with ENOSPC, EIO, EMFILE, ENOMEM, EINTR, EPERM. Then
        - the exit code is true: 0 live is new and "check" finds nothing, 2 and 3 live is old,
          4 it is not, or can't be read;
        - if it is not 0 there is an error, and it makes sense;
        - and the same as above of processes, rules of others and the next command.

during  Before the call something happens around rampart, which waits meanwhile:
        insert, replace: another program without the lock inserts a rule in a chain of its own, or
        puts it in the place of another. It is there afterwards, once, and all else is as wanted.
        With legacy there is no replace between the last look and the change: see unseen().
        no-run: /run/rampart is deleted. The exit code is true, as above.

A CASE is what a failed one is called: nft:merge:rules:apply/kill/213. --every and --offset take a
sample. Ends with "N passed, N failed"; RAMPART is the program, JOBS how many run at once.
"""
import argparse
import contextlib
import errno
import os
import random
import re
import sys

import field

# These fail in one way only.
MEMORY = {'brk', 'mmap', 'mremap', 'mprotect', 'munmap', 'madvise'}

program = None
numbers = {}
names = {}
prepared = {}  # of this worker: scenarios by name


def scenario_of(work, name):
    if name not in prepared:
        scenario = field.Scenario(name)
        scenario.prepare(work)
        prepared[name] = scenario
    return prepared[name]


def trip(scenario, at, action):
    return field.trip(program, numbers['flock'], at, action,
                      scenario.field.command(*scenario.args))


def judge_rest(scenario, tripped, mounts, problems, action=None):
    """What must be so whatever happened."""
    if tripped.left:
        problems.append('still there after a second: %s' % ', '.join(tripped.left))
    if not scenario.field.lock_is_free():
        problems.append('the lock is still held')
    if mounted() != mounts:
        problems.append('something is still mounted')
    scenario.judge_foreign(problems, action)


def mounted():
    with open('/proc/self/mountinfo') as file:
        return file.read()


# --- killed -------------------------------------------------------------------------------

def says_killed(text):
    return 'an earlier apply was killed' in text


def kill(scenario, at, action):
    problems = []
    scenario.begin()
    mounts = mounted()
    tripped = trip(scenario, at, action)
    if tripped.fired is not None and tripped.result.code != 'signal 9':
        problems.append('was not killed: %s' % tripped.result)
    which = scenario.which()
    judge_rest(scenario, tripped, mounts, problems, action)
    if which == 'neither':
        if action == 'kill':
            problems.append('live is neither the old nor the new rules a second later:\n' +
                            field.difference(scenario.old_live, scenario.field.live()))
        status = scenario.field.rampart('status')
        if not says_killed(status.out + status.err):
            problems.append('status does not say that an apply was killed: %s' % status)
        if scenario.which() == 'neither':
            problems.append('status has not put it right: %s' % status)
    scenario.judge_end(problems)
    return problems


# --- failing ------------------------------------------------------------------------------

def sensible(text):
    """Something was wrong, and what."""
    return (re.search(r'error: \S', text) and
            not re.search(r'\(null\)|Success|error:\s*$|Unknown error', text, re.M))


def judge_code(scenario, result, problems):
    which = scenario.which()
    said = 'exit %s, but live is ' % result.code
    if result.code == 0:
        if which != 'new':
            problems.append(said + which)
        elif scenario.command != 'flush':
            check = scenario.field.rampart('check', '--inputs')
            if check.code != 0:
                problems.append('exit 0, and check: %s' % check)
    elif result.code in (2, 3):
        if which != 'old':
            problems.append(said + which)
    elif result.code == 4:
        if which == 'old' and 'be read' not in result.err:
            problems.append(said + which)
    else:
        problems.append('no exit code of rampart\'s: %s' % result)
        if which == 'neither':
            problems.append('and live is neither the old nor the new rules')


def fail(scenario, at, name):
    problems = []
    scenario.begin()
    mounts = mounted()
    tripped = trip(scenario, at, getattr(errno, name))
    result = tripped.result
    call = names.get(tripped.fired, 'none')
    if call in field.NEVER_FAIL:  # not every run makes the same calls
        return []
    judge_code(scenario, result, problems)
    if result.code != 0 and not sensible(result.err):
        problems.append('no error that makes sense')
    judge_rest(scenario, tripped, mounts, problems)
    scenario.judge_end(problems)
    if problems:
        problems.append('it said, where %s failed: %s' % (call, result))
    return problems


# --- while others do something ------------------------------------------------------------

WRITTEN = ('-m', 'comment', '--comment', 'written', '-j', 'RETURN')
# What others do to their chain, and how to take it back. Without the lock: containers have one of
# their own.
WRITES = {
    'insert': (('-I', 'f2b-sshd', '1', *WRITTEN), ('-D', 'f2b-sshd', *WRITTEN)),
    'replace': (('-R', 'f2b-sshd', '1', *WRITTEN),
                ('-R', 'f2b-sshd', '1', '-s', '203.0.113.7', *field.FOREIGN.split(), '-j', 'DROP',
                 '-c', '11', '660')),
}


def write(scenario, at, what):
    problems = []
    where = scenario.begin()
    do, take_back = WRITES[what]
    tripped = trip(scenario, at, '!XTABLES_LOCKFILE=/dev/null %s %s' % (
        where.program('iptables'), ' '.join(do)))
    if tripped.result.code != 0:
        problems.append('it was not applied')
    written = [line for line in where.live()['iptables', 'filter'] if '--comment written' in line]
    if len(written) != (tripped.fired is not None):
        problems.append('the rule of others is there %d times' % len(written))
    if written:
        field.sh(where.program('iptables'), '-w', '10', *take_back)
    if scenario.which() != 'new':
        problems.append('live is not the new rules:\n%s' % field.difference(
            scenario.new_live, where.live()))
    scenario.judge_foreign(problems)
    if problems:
        problems.append('it said: %s' % tripped.result)
    return problems


def no_run(scenario, at):
    problems = []
    where = scenario.begin()
    result = trip(scenario, at, '!rm -rf %s/run/rampart' % where.root).result
    judge_code(scenario, result, problems)
    if result.code != 0 and not sensible(result.err):
        problems.append('no error that makes sense')
    scenario.judge_end(problems)
    if problems:
        problems.append('it said: %s' % result)
    return problems


def errnos_of(call, wanted):
    if call in field.NEVER_FAIL:
        return []
    return [name for name in wanted if call not in MEMORY or name == 'ENOMEM']


# --- all of them --------------------------------------------------------------------------

def list_calls(work, name):
    """Names of the calls that the command makes when nothing happens."""
    scenario = scenario_of(work, name)
    scenario.begin()
    tripped = trip(scenario, 0, 'none')
    if tripped.result.code != 0 or tripped.left:
        raise RuntimeError('%s: %s %s' % (name, tripped.result, tripped.left))
    return [names.get(nr, str(nr)) for nr in tripped.calls]


ACTIONS = {'kill': ('kill', 'kill-all'), 'during': (*WRITES, 'no-run')}


# Between the reading of tables and the start of the process that exchanges them.
READING = {'brk', 'close', 'fstat', 'getpid', 'getsockopt', 'madvise', 'mmap', 'mremap', 'munmap',
           'newfstatat', 'openat', 'read', 'socket'}


def exchanged(calls):
    """The same where tables are exchanged without programs: up to the end of that process."""
    for at, call in enumerate(calls, 1):
        begin = at
        while call in ('clone', 'fork') and begin > 1 and calls[begin - 2] in READING:
            begin -= 1
        if 'getsockopt' in calls[begin - 1:at - 1]:
            yield range(calls.index('getsockopt', begin - 1) + 2, calls.index('poll', at) + 2)


def unseen(name, calls):
    """Where ip_tables can't tell that a rule was exchanged for another: from the last time that a
    table is read before it is replaced, up to the first call that lets a restore program do that.
    It compares nothing but the number of rules (rampart(8), "What apply does")."""
    if not name.startswith('legacy:'):
        return set()
    found, reads = set().union(*exchanged(calls)), []
    for at, call in enumerate(calls, 1):
        if call == 'getsockopt':
            reads.append(at)
        elif call == 'poll':
            reads = []  # nobody is let go at once
        elif call == 'ioctl' and reads:
            found.update(range(reads[0] + 1, at + 1))
            reads = []
    return found


def cases_of(what, name, calls, errnos):
    blind = unseen(name, calls) if what == 'during' else set()
    if blind:
        print('# %s: without replace at %d of them' % (name, len(blind)))
    for at, call in enumerate(calls, 1):
        for action in ACTIONS.get(what) or errnos_of(call, errnos):
            if action != 'replace' or at not in blind:
                yield name, action, at, call


def run_case(work, case):
    name, action, at, _ = case
    scenario = scenario_of(work, name)
    if action in WRITES:
        return write(scenario, at, action)
    if action == 'no-run':
        return no_run(scenario, at)
    return (fail if action.startswith('E') else kill)(scenario, at, action)


def label(case):
    return '%s/%s/%d (%s)' % case


def wanted_cases(args):
    """In a child, because it enters namespaces."""
    work = field.private_mounts()
    if args.cases:
        return [(name, action, int(at), '') for name, action, at in
                (case.split('/') for case in args.cases)]
    cases = []
    for name in field.scenarios(args.scenario):
        calls = list_calls(work, name)
        print('# %s: %d calls' % (name, len(calls)))
        cases += cases_of(args.what, name, calls, args.errno.split(','))
    offset = random.randrange(args.every) if args.offset is None else args.offset
    print('# every %d, offset %d of %d cases' % (args.every, offset, len(cases)))
    return field.sample(cases, args.every, offset)


@contextlib.contextmanager
def tools():
    """What all of this needs, before the workers are started."""
    global program, numbers, names
    program = field.build('trip.c')
    numbers = field.call_numbers()
    names = {nr: name for name, nr in numbers.items()}
    try:
        yield
    finally:
        os.unlink(program)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('what', choices=['kill', 'fail', 'during'])
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--offset', type=int)
    parser.add_argument('--scenario', default='.')
    parser.add_argument('--errno', default=','.join(field.ERRNOS))
    parser.add_argument('cases', nargs='*')
    args = parser.parse_args()
    field.need_root()
    with tools():
        return field.run_cases(field.in_child(wanted_cases, args), run_case, label)


if __name__ == '__main__':
    sys.exit(main())
