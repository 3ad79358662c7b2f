#!/usr/bin/env python3
"""others.py writers|counters [--rounds N] [--seed N] [CASE...]

writers   Other programs insert, append and delete rules in chains of fail2ban's and Docker's, two
          for each apply and at any moment of it, while two rulesets take turns ROUNDS times; then
          the same with an apply and a rollback in turns. They take the lock as they should. Each
          command and each write works; in the end each chain holds what its writer has left, in
          its order, and ours is as in peace.

counters  Two rulesets take turns ROUNDS times under a flood (bench/flood.c). A rule of others, and
          one of ours that stays, have counted each packet in the end.

A case is BACKEND:OWNERSHIP. Ends with "N passed, N failed"; RAMPART is the program.
"""
import argparse
import os
import queue
import random
import re
import signal
import subprocess
import sys
import threading

import field

SHARED_RULES = ''':BOTH -
-A INPUT -i lo -p udp --dport 1000 -j ACCEPT
-A INPUT -j BOTH
-A BOTH -p tcp --dport 2 -j ACCEPT
'''
RULES = (
    SHARED_RULES + '''-A FORWARD -i eth0 -j BOTH
-A INPUT -p tcp --dport 3 -j ACCEPT
-I INPUT 1 -p tcp --dport 4 -j ACCEPT
-4 -A DOCKER-USER -p tcp --dport 5 -j RETURN
*nat
-A PREROUTING -i eth5 -j RETURN
''',
    SHARED_RULES + ''':OTHER -
-I INPUT 1 -j OTHER
-I INPUT 1 -p tcp --dport 6 -j ACCEPT
-A OTHER -p tcp --dport 7 -j ACCEPT
-A BOTH -p tcp --dport 8 -j ACCEPT
-4 -A DOCKER-USER -p tcp --dport 9 -j RETURN
*mangle
-A PREROUTING -i eth5 -j RETURN
''')
WRITES = 2  # for each command
seed = 1
rounds = 0
flood = None


def baseline(ownership):
    # rules of others first, or ours would take their packets
    return field.OWNERSHIP[ownership] + 'position = last\npolicy { INPUT = DROP }\n'


def lay_others(where):
    for family in field.FAMILIES:
        where.lay(family, 'filter', [
            ':f2b-sshd - [0:0]', ':f2b-web - [0:0]', ':DOCKER - [0:0]', ':DOCKER-USER - [0:0]',
            '-A INPUT -p udp --dport 1000 %s' % field.FOREIGN,
            '-A INPUT -p tcp --dport 22 %s -j f2b-sshd' % field.FOREIGN,
            '-A INPUT -p tcp --dport 80 %s -j f2b-web' % field.FOREIGN,
            '-A FORWARD %s -j DOCKER-USER' % field.FOREIGN,
            '-A FORWARD -o docker0 %s -j DOCKER' % field.FOREIGN])
    where.lay('iptables', 'nat', [':DOCKER - [0:0]', '-A PREROUTING %s -j DOCKER' % field.FOREIGN])


# --- writers ------------------------------------------------------------------------------

class Writer(threading.Thread):
    """Another program and the chain that only it writes to."""

    def __init__(self, where, family, table, chain):
        super().__init__(daemon=True)
        self.where, self.family, self.table, self.chain = where, family, table, chain
        self.random = random.Random('%s %s %s %s' % (seed, family, table, chain))
        self.rules, self.nr, self.failed = [], 0, []
        self.orders = queue.Queue()

    def run(self):
        for delay in iter(self.orders.get, None):
            # any moment is as good as any other
            threading.Event().wait(delay)
            self.write()

    def write(self):
        what = self.random.random()
        if self.rules and what < .3:
            rule = self.random.choice(self.rules)
            self.rules.remove(rule)
            command = ['-D', self.chain]
        else:
            self.nr += 1
            rule = '-m comment --comment foreign%d -j RETURN' % self.nr
            self.rules.insert(0 if what < .8 else len(self.rules), rule)
            command = ['-I', self.chain, '1'] if what < .8 else ['-A', self.chain]
        done = subprocess.run(
            [self.where.program(self.family), '-w', '30', '-t', self.table, *command,
             *rule.split()], capture_output=True, text=True, env=field.ENVIRONMENT)
        if done.returncode != 0:
            self.failed.append('%s %s: %s' % (' '.join(command), rule, done.stderr))

    def judge(self, problems):
        live = [re.sub(r'^-A \S+ ', '', line)
                for line in self.where.live().get((self.family, self.table), [])
                if line.startswith('-A %s ' % self.chain) and 'foreign' in line]
        problems += ['a write of others failed: ' + text for text in self.failed]
        if live != self.rules:
            problems.append('%s %s %s: rules of others are not as they left them:\n%s' % (
                self.family, self.table, self.chain, field.difference(
                    {('theirs', ''): self.rules}, {('theirs', ''): live})))


def ours(where):
    return {key: [line for line in lines if not field.IS_FOREIGN.search(line)]
            for key, lines in where.live().items()}


def go_back_and_forth(where, ownership, commands, writers, problems):
    chance = random.Random(seed)
    for nr in range(rounds):
        for writer in chance.sample(writers, WRITES):
            writer.orders.put(chance.random() / 8)
        where.write(baseline(ownership), RULES[nr % 2])
        result = where.rampart(*commands[nr % len(commands)])
        if result.code != 0:
            problems.append('round %d: %s' % (nr, result))


def writers(where, ownership, problems):
    apply = ['apply', '--take-over']
    lay_others(where)
    peace = []
    for rules in RULES:
        where.write(baseline(ownership), rules)
        result = where.rampart(*apply)
        if result.code != 0:
            raise RuntimeError(str(result))
        peace.append(ours(where))
    threads = [Writer(where, *what) for what in (
        ('iptables', 'filter', 'f2b-sshd'), ('ip6tables', 'filter', 'f2b-web'),
        ('iptables', 'filter', 'DOCKER-USER'), ('iptables', 'nat', 'DOCKER'))]
    for thread in threads:
        thread.start()
    turns = [[apply]]
    if re.search(r'^ *rollback', where.rampart('--help').out, re.M):
        turns.append([apply, ['rollback']])
    for commands in turns:
        go_back_and_forth(where, ownership, commands, threads, problems)
    for thread in threads:
        thread.orders.put(None)
        thread.join()
        thread.judge(problems)
    where.write(baseline(ownership), RULES[0])
    result = where.rampart(*apply)
    if result.code != 0 or ours(where) != peace[0]:
        problems.append('ours is not as in peace: %s\n%s' % (
            result, field.difference(peace[0], ours(where))))
    check = where.rampart('check', '--inputs')
    if check.code != 0:
        problems.append('check: %s' % check)


# --- counters -----------------------------------------------------------------------------

def counted(where):
    """What the two rules have counted."""
    for line in where.tables()['iptables', 'filter']:
        if '--dport 1000' in line:
            yield int(line[1:].split(':')[0]), line


def counters(where, ownership, problems):
    lay_others(where)
    where.write(baseline(ownership), RULES[0])
    where.rampart('apply', '--take-over')
    running = subprocess.Popen([flood, '127.0.0.1', '1000', '1001'], text=True,
                               stdout=subprocess.PIPE)
    running.stdout.readline()
    for nr in range(rounds):
        where.write(baseline(ownership), RULES[(nr + 1) % 2])
        result = where.rampart('apply', '--take-over')
        if result.code != 0:
            problems.append('round %d: %s' % (nr, result))
    running.send_signal(signal.SIGTERM)
    told = running.communicate()[0]
    sent, lost = (int(word) for word in re.search(r'^allowed (\d+) (\d+)', told, re.M).groups())
    if lost or sent < rounds:
        problems.append('the flood is no measure: %s' % told)
    found = list(counted(where))
    if len(found) != 2:
        problems.append('rules that count: %s' % found)
    for nr, line in found:
        if nr != sent:
            problems.append('%d counts of %d lost: %s' % (sent - nr, sent, line))


# --- all of it ----------------------------------------------------------------------------

def run_case(work, case):
    what, backend, ownership = case
    work = os.path.join(work, '-'.join(case))
    os.mkdir(work)
    where = field.Field(work, backend)
    where.new_network()
    problems = []
    (writers if what == 'writers' else counters)(where, ownership, problems)
    return problems


def main():
    global seed, rounds, flood
    parser = argparse.ArgumentParser()
    parser.add_argument('what', choices=['writers', 'counters'])
    parser.add_argument('--rounds', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('cases', nargs='*')
    args = parser.parse_args()
    field.need_root()
    seed, rounds = args.seed, args.rounds
    names = args.cases or ['%s:%s' % (backend, ownership) for backend in field.BACKENDS
                           for ownership in field.OWNERSHIP]
    flood = field.build('../bench/flood.c', '-pthread')
    try:
        return field.run_cases([(args.what, *name.split(':')) for name in names], run_case,
                               lambda case: '%s %s:%s' % case)
    finally:
        os.unlink(flood)


sys.exit(main())
