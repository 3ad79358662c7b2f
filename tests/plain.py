#!/usr/bin/env python3
"""plain.py --driver PROGRAM --backend nft|legacy --family 4|6 --seed N --count N [--native N]

What plain_rule() calls plain is taken by the real programs and the kernel, as one rule and without a
word, in every chain: the chains of the user are reached from all built-in ones. N random rules are
loaded by iptables-restore, many at once; one of --native is given to iptables itself as well.
Run in network and mount namespaces of its own (tests/65-call.bats).
"""
import argparse
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from callgen import Driver, Gen, TABLES, USER, encode  # noqa: E402

BATCH = 60


class Programs:
    def __init__(self, backend, family):
        name = {4: 'iptables', 6: 'ip6tables'}[family] + '-' + backend
        self.name, self.restore, self.save = name, name + '-restore', name + '-save'

    def run(self, argv, stdin=b''):
        return subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def reset(self):
        lines = []
        for table, chains in TABLES.items():
            lines.append('*' + table)
            lines += [':%s ACCEPT' % chain for chain in chains] + [':%s -' % chain for chain in USER]
            lines += ['-A %s -j %s' % (chain, user) for chain in chains for user in USER] + ['COMMIT']
        done = self.run([self.restore], ('\n'.join(lines) + '\n').encode('latin-1'))
        if done.returncode:
            sys.exit('the chains can\'t be made: %s' % done.stderr.decode('latin-1'))

    def load(self, rules):
        """None, or what is wrong."""
        self.reset()
        before = self.nr_rules()
        text = b''.join(b'*%s\n-A %s %s\nCOMMIT\n' % (a['table'].encode(), a['chain'], a['spec'])
                        for _, a in rules)
        done = self.run([self.restore, '--noflush'], text)
        made = self.nr_rules() - before
        if done.returncode or done.stderr or made != len(rules):
            return 'exit code %d, %d rules, %s' % (done.returncode, made, done.stderr.decode('latin-1'))
        return None

    def nr_rules(self):
        return sum(line.startswith(b'-A') for line in self.run([self.save]).stdout.split(b'\n'))

    def call(self, words):
        self.reset()
        before = self.nr_rules()
        done = self.run([self.name.encode()] + words)
        made = self.nr_rules() - before
        if done.returncode or done.stderr or done.stdout or made != 1:
            return 'native: exit code %d, %d rules, %s' % (done.returncode, made,
                                                          done.stderr.decode('latin-1'))
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--driver', required=True)
    parser.add_argument('--backend', required=True)
    parser.add_argument('--family', type=int, required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--native', type=int, default=50)
    args = parser.parse_args()
    os.environ['LC_ALL'] = 'C'
    r = random.Random('%d %s %d' % (args.seed, args.backend, args.family))
    driver, programs, gen = Driver(args.driver), Programs(args.backend, args.family), Gen(r, args.family)
    rules, nr, wrong, natively = [], 0, 0, 0
    for number in range(args.count):
        table, chain = gen.place()
        words = encode(['-t', table, '-A', chain] + [w for piece in gen.rule(table, chain) for w in piece])
        answer = driver.ask(args.family, words)
        if answer['plain']:
            rules.append((words, answer))
            nr += 1
        if rules and (len(rules) == BATCH or number == args.count - 1):
            error = programs.load(rules)
            for rule in rules if error else []:
                error = programs.load([rule])
                if error:
                    wrong += 1
                    print('not plain: %s\n  %s' % (b' '.join(rule[0]).decode('latin-1'), error))
            if error and not wrong:
                sys.exit('only together: %s' % error)
            rules = []
        if answer['plain'] and nr % args.native == 0:
            natively += 1
            error = programs.call(words)
            if error:
                wrong += 1
                print('not plain: %s\n  %s' % (b' '.join(words).decode('latin-1'), error))
    print('seed %d, %s, family %d: %d random rules, %d of them plain, %d asked natively, %d wrong' %
          (args.seed, args.backend, args.family, args.count, nr, natively, wrong))
    return 1 if wrong or not nr else 0


sys.exit(main())
