#!/usr/bin/env python3
"""model.py [--seeds A-B] [--rounds N] [BACKEND...]

Random applies and flushes, one after the other, with random files, rules of others that come and
go, hands that tamper with ours, and faults: a restore program that fails, a system call that
fails, rampart killed at any of its own. After each the exit code must be true of what is live,
and:

- rules of others, their order and their counters are never changed;
- 2 and 3: live is as before. 4: something failed, and it is not;
- 0 of apply: check and diff find nothing, and a second apply has nothing to do;
- 0 of flush: nothing of ours is left, no state, and policies are what they were before us;
- killed alone: a second later live is as before, or as the files say.

Ends with "N passed, N failed", a seed and a backend being one. RAMPART is the program.
"""
import argparse
import errno
import os
import random
import re
import shlex
import sys

import field

RULES = (
    '-A INPUT -i lo -j ACCEPT', '-A INPUT -p tcp --dport 22 -j ACCEPT', '-A INPUT -j WEB',
    '-A FORWARD -i eth0 -j DROP', '-A OUTPUT -o lo -j ACCEPT',
    '-A INPUT -m state --state ESTABLISHED -j ACCEPT', '-4 -A INPUT -s 10.0.0.1 -j DROP',
    '-6 -A INPUT -s 2001:db8::1 -j DROP', '-A WEB -p tcp --dport 80 -j ACCEPT',
    '-A WEB -p tcp --dport 443 -j RETURN', '-A WEB2 -p udp -j ACCEPT', '-A WEB -j WEB2',
    '-A INPUT -j THEIRS', '-A INPUT -p tcp --dport 22 -j ACCEPT', '-A WEB -j THEIRS',
    '-A THEIRS -p icmp -j ACCEPT')
NAT_RULES = (
    '-A PREROUTING -i eth5 -j RETURN', '-4 -A POSTROUTING -o eth5 -j MASQUERADE',
    '-A PREROUTING -j NATC', '-A NATC -j RETURN')
# Where others have rules; the last ones are chains of theirs.
PLACES = {'filter': ('INPUT', 'FORWARD', 'OUTPUT', 'THEIRS', 'f2b-x'),
          'nat': ('PREROUTING', 'POSTROUTING', 'THEIRS'), 'mangle': ('PREROUTING', 'THEIRS')}
THEIR_CHAINS = ('THEIRS', 'f2b-x')
IS_COVER = 'policy change'  # comment of a rule that stands in for a policy
CALLS = 900  # about as many system calls as an apply makes

program = None
from_call = None
unfailing = ()


class Wrong(Exception):
    """Something is not as it should be."""


class Model:
    def __init__(self, work, backend, seed):
        self.random = random.Random(seed)
        self.field = field.Field(work, backend)
        self.field.new_network()
        self.programs = field.Programs(work, backend)
        self.nr = 0
        self.log = []

    def chance(self, probability):
        return self.random.random() < probability

    def ipt(self, family, *args):
        """May fail: others do, too."""
        field.sh(self.field.program(family), '-w', '10', *args, check=False)

    # --- what others do -------------------------------------------------------------------

    def add_foreign(self):
        self.nr += 1
        family = self.random.choice(field.FAMILIES)
        table = self.random.choice(('filter', 'filter', 'filter', 'nat', 'mangle'))
        chain = self.random.choice(PLACES[table])
        match, target = [], []
        if chain in THEIR_CHAINS:
            self.ipt(family, '-t', table, '-N', chain)
        if self.chance(.7):
            target = ['-j', self.random.choice(('ACCEPT', 'RETURN'))]
        if (table, chain) == ('filter', 'INPUT') and self.chance(.3):
            self.ipt(family, '-N', 'f2b-x')
            target = ['-j', 'f2b-x']
        if self.chance(.5):
            match = ['-o' if chain in ('OUTPUT', 'POSTROUTING') else '-i',
                     'eth%d' % self.random.randrange(4)]
        self.ipt(family, '-t', table, '-A' if self.chance(.6) else '-I', chain, *match,
                 '-m', 'comment', '--comment', 'foreign%d' % self.nr, *target,
                 '-c', str(self.random.randrange(1, 50)), str(self.random.randrange(50, 5000)))

    def remove_foreign(self):
        rules = [(key, line) for key, lines in self.field.foreign().items() for line in lines]
        if rules:
            (family, table), line = self.random.choice(rules)
            self.ipt(family, '-t', table, *shlex.split(
                line.split('] ', 1)[1].replace('-A', '-D', 1)))

    # A rule that exclusive ownership does not preserve.
    def add_stray(self):
        self.nr += 1
        self.ipt(self.random.choice(field.FAMILIES), '-A' if self.chance(.5) else '-I',
                 self.random.choice(('INPUT', 'FORWARD')),
                 '-m', 'comment', '--comment', 'stray%d' % self.nr)

    def tamper(self):
        """Take away, empty or double something of ours."""
        ours = [(key, line) for key, lines in self.field.live().items() for line in lines
                if line.startswith('-A') and '--comment' not in line]
        if not ours:
            return
        (family, table), line = self.random.choice(ours)
        words, what = shlex.split(line), self.random.random()
        if what < .6:
            words[0] = '-D'
        elif what < .8:
            if not words[1].startswith('rampart'):
                return
            words = ['-F', words[1]]
        self.ipt(family, '-t', table, *words)
        self.log.append('tampered: %s %s %s' % (family, table, ' '.join(words)))

    # --- files ----------------------------------------------------------------------------

    def write_files(self):
        ownership = self.random.choice(('merge', 'merge', 'exclusive'))
        policies = ['%s = %s' % (chain, self.random.choice(('DROP', 'ACCEPT')))
                    for chain in ('INPUT', 'FORWARD', 'OUTPUT') if self.chance(.4)]
        baseline = 'ownership = %s\nforeign = {THEIRS}\n' % ownership
        if ownership == 'exclusive':
            baseline += 'preserve = {"f2b-*"}\npreserve_rules = {"*--comment foreign*"}\n'
        if self.chance(.3):
            baseline += 'position = last\n'
        if self.chance(.2):
            baseline += 'families = {%s}\n' % self.random.choice(('ipv4', 'ipv6'))
        if policies:
            baseline += 'policy { %s }\n' % '  '.join(policies)
        lines = self.random.sample(RULES, self.random.randrange(8))
        rules = ':WEB -\n:WEB2 -\n' if any('WEB' in line for line in lines) else ''
        rules += '\n'.join(lines) + '\n'
        if self.chance(.4):
            lines = self.random.sample(NAT_RULES, self.random.randrange(1, 4))
            rules += '*nat\n:NATC -\n' + '\n'.join(lines) + '\n'
        self.field.write(baseline, rules)
        self.files = baseline + rules

    # --- rampart --------------------------------------------------------------------------

    def choose_fault(self):
        """What happens: nothing, a program fails, a system call fails, it is killed."""
        kind = self.random.choice(('none', 'none', 'program', 'program', 'kill', 'kill',
                                   'kill-all', 'call'))
        if kind == 'program':
            first = self.random.randrange(1, 4)
            return kind, self.random.choice((
                '%d' % first, '%d %d' % (first, first + 1),
                ' '.join(map(str, range(first, 40))), 'iptables', 'ip6tables'))
        if kind == 'call':
            return self.random.choice(field.ERRNOS), self.random.randrange(1, CALLS)
        return kind, self.random.randrange(1, CALLS)

    def run(self, command, fault):
        kind, where = fault
        args = [command] + (['--take-over'] if command == 'apply' else [])
        if kind == 'program':
            self.programs.fault('live', 'fail', where)
            result = self.field.rampart(*args)
            self.programs.fault()
            return result
        if kind == 'none':
            return self.field.rampart(*args)
        action = kind if kind.startswith('kill') else str(getattr(errno, kind))
        tripped = field.trip(program, from_call, where, action, self.field.command(*args))
        if tripped.left:
            raise Wrong('still there after a second: %s' % tripped.left)
        if tripped.fired in unfailing and not kind.startswith('kill'):
            tripped.result.code = None  # it could not fail: nothing is to be said about it
        return tripped.result

    def policies(self):
        return {(key, line.split()[0]): line.split()[1]
                for key, lines in self.field.live().items() for line in lines
                if line.startswith(':') and not line.endswith(' -')}

    # --- judging --------------------------------------------------------------------------

    def judge_same(self, command, fault, result, before, after):
        covered = any(IS_COVER in line for lines in before.values() for line in lines)
        changed = field.difference(before, after)
        if result.code in (2, 3) and changed and not covered:
            raise Wrong('exit %d, but live has changed:\n%s\n%s' % (result.code, changed, result))
        if result.code == 4 and (fault[0] == 'none' or fault[0].startswith('kill')):
            raise Wrong('exit 4 where nothing failed: %s' % result)
        if result.code == 4 and not changed and not covered and 'be read' not in result.err:
            raise Wrong('exit 4, but live is as before: %s' % result)
        # what one before could not undo is undone with it: then live is older than before
        if result.code == 'signal 9' and fault[0] == 'kill' and changed and not self.unfinished:
            if command == 'apply' and self.field.rampart('diff').code != 0:
                raise Wrong('killed, and live is neither:\n%s' % changed)

    def judge_applied(self):
        for command in ('check', 'diff'):
            result = self.field.rampart(command)
            if result.code != 0:
                raise Wrong('%s after apply: %s' % (command, result))
        result = self.field.rampart('apply')
        if result.code != 0 or 'nothing to do' not in result.out:
            raise Wrong('a second apply: %s' % result)

    def judge_flushed(self, after):
        left = [line for lines in after.values() for line in lines
                if (line.startswith('-A') and '--comment' not in line) or IS_COVER in line or
                (line.endswith(' -') and line.split()[0][1:] not in THEIR_CHAINS)]
        if left:
            raise Wrong('flush has left\n%s' % '\n'.join(left))
        for key, policy in self.policies().items():
            was = self.policies_before.get(key, 'ACCEPT')
            # flush never leaves DROP without rules
            if policy != was and (was, policy) != ('DROP', 'ACCEPT'):
                raise Wrong('policy of %s after flush: %s instead of %s' % (key, policy, was))
        self.policies_before = self.policies()
        if {'current', 'begun'} & set(os.listdir(self.field.state)):
            raise Wrong('flush has left its state')

    def round(self):
        for _ in range(self.random.randrange(3)):
            self.add_foreign()
        for what, probability in ((self.remove_foreign, .3), (self.tamper, .3),
                                  (self.add_stray, .3), (self.write_files, .7)):
            if self.chance(probability):
                what()
        command = 'apply' if self.chance(.8) else 'flush'
        fault = self.choose_fault()
        before, foreign = self.field.live(), self.field.foreign()
        self.unfinished = os.path.exists(os.path.join(self.field.state, 'begun'))
        result = self.run(command, fault)
        self.log.append('%s, fault %s %s: exit %s\n%s\n%s' % (
            command, *fault, result.code, result.err, self.files))
        after, foreign_now = self.field.live(), self.field.foreign()
        if field.counters_are_lost(self.field.backend, fault[0]) and (
                field.without_counters(foreign_now) == field.without_counters(foreign)):
            foreign = foreign_now
        if foreign_now != foreign:
            raise Wrong('rules of others have changed:\n' + field.difference(foreign, foreign_now))
        if result.code not in (None, 0, 2, 3, 4, 'signal 9'):
            raise Wrong('no exit code of rampart\'s: %s' % result)
        self.judge_same(command, fault, result, before, after)
        if result.code == 0 and command == 'apply':
            self.judge_applied()
        if result.code == 0 and command == 'flush':
            self.judge_flushed(after)
        if self.field.foreign() != foreign:
            raise Wrong('looking has changed rules of others')

    def play(self, rounds):
        if self.chance(.3):
            for family in field.FAMILIES:
                self.ipt(family, '-P', self.random.choice(('INPUT', 'FORWARD')), 'DROP')
        self.policies_before = self.policies()
        for _ in range(self.random.randrange(6)):
            self.add_foreign()
        self.write_files()
        for nr in range(rounds):
            self.log.append('round %d' % nr)
            self.round()


def run_case(work, case):
    seed, backend, rounds = case
    work = os.path.join(work, '%d.%s' % (seed, backend))
    os.mkdir(work)
    model = None
    try:
        model = Model(work, backend, seed)
        model.play(rounds)
    except Wrong as wrong:
        return ['%s' % wrong, 'and before:\n' + '\n'.join(model.log[-12:])]
    finally:
        if model:
            model.programs.release()
    return []


def main():
    global program, from_call, unfailing
    parser = argparse.ArgumentParser()
    parser.add_argument('--seeds', default='1-10')
    parser.add_argument('--rounds', type=int, default=50)
    parser.add_argument('backends', nargs='*', default=field.BACKENDS)
    args = parser.parse_args()
    field.need_root()
    first, last = (int(word) for word in (re.split('-', args.seeds) * 2)[:2])
    program = field.build('trip.c')
    numbers = field.call_numbers()
    from_call = numbers['flock']
    unfailing = {nr for name, nr in numbers.items() if name in field.NEVER_FAIL}
    try:
        return field.run_cases(
            [(seed, backend, args.rounds) for seed in range(first, last + 1)
             for backend in args.backends], run_case,
            lambda case: '--seeds %d --rounds %d %s' % (case[0], case[2], case[1]))
    finally:
        os.unlink(program)


sys.exit(main())
