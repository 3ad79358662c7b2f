#!/usr/bin/env python3
"""call.py --driver PROGRAM --backend nft|legacy --family 4|6 --locks DIR --seed N --count N
call.py --driver PROGRAM --seed N --garbage N

What call_parse() is sure of is what the program understood. A random command line is run as it is in
one network namespace; in another, what call_parse() read is given to iptables-restore as a line of
its own. Both must succeed or both fail, and then hold the same rules. What it is not sure of is only
counted; that it crashes is found by the sanitizers that the driver may be built with.
Run in network and mount namespaces of its own (tests/65-call.bats).
"""
import argparse
import ctypes
import multiprocessing
import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from callgen import Driver, Gen, ODD, TABLES, USER, encode  # noqa: E402

RESET = 40  # calls in a row on the same tables
LONG = {'A': 'append', 'D': 'delete', 'C': 'check', 'I': 'insert', 'R': 'replace', 'F': 'flush', 'Z': 'zero',
        'N': 'new-chain', 'X': 'delete-chain', 'E': 'rename-chain', 'P': 'policy', 'S': 'list-rules',
        'L': 'list', 's': 'source', 'd': 'destination', 'p': 'protocol', 'i': 'in-interface', 'j': 'jump',
        'm': 'match', 'o': 'out-interface', 't': 'table', 'w': 'wait', 'g': 'goto', 'f': 'fragments'}


class Side:
    """The programs in a network namespace of their own, and what they made there."""

    def __init__(self, backend, family, lock):
        self.name = {4: 'iptables', 6: 'ip6tables'}[family] + '-' + backend
        here, there = multiprocessing.Pipe()
        self.pipe, self.pid = here, os.fork()
        if not self.pid:
            here.close()
            os.environ.update(XTABLES_LOCKFILE=lock, LC_ALL='C')
            if ctypes.CDLL(None).unshare(0x40000000):
                os._exit(1)
            try:
                while True:
                    argv, stdin = there.recv()
                    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                    there.send((done.returncode, done.stdout, done.stderr))
            except EOFError:
                os._exit(0)
        there.close()

    def start(self, suffix, words, stdin=b''):
        self.pipe.send(([(self.name + suffix).encode()] + words, stdin))

    def result(self):
        return self.pipe.recv()


def base():
    lines = []
    for table, chains in TABLES.items():
        lines.append('*' + table)
        lines += [':%s ACCEPT' % chain for chain in chains] + [':%s -' % chain for chain in USER]
        lines += ['-A %s -p tcp -m tcp --dport %d' % (chain, n) for chain in chains + USER for n in (1, 2, 3)]
        lines += ['-A %s -j %s' % (chains[0], USER[0]), 'COMMIT']
    return ('\n'.join(lines) + '\n').encode()


def parse(save):
    """{(table, chain): [policy, rule...]}; built-in chains that hold nothing are as good as none."""
    chains = {}
    for line in save.split(b'\n'):
        words = line.split(b' ', 2)
        if line.startswith(b'*'):
            table = line[1:].decode()
        elif line.startswith(b':'):
            chains[table, words[0][1:]] = [words[1]]
        elif line.startswith(b'-'):
            chains[table, words[1]].append(b' '.join(words[2:]))
    for table in TABLES:
        for chain in TABLES[table]:
            chains.setdefault((table, chain.encode()), [b'ACCEPT'])
    return chains


# --- what a caller does with what was read -------------------------------------------------

def targets(rule):
    return re.findall(rb'(?:^| )-[jg] (\S+)', rule)


def is_used(chains, table, name):
    return any(name in targets(rule) for (t, _), rules in chains.items() if t == table for rule in rules[1:])


def delete(chains, table, names):
    for name in names:
        if len(chains[table, name]) > 1 or is_used(chains, table, name):
            return None
    return {key: rules for key, rules in chains.items() if key[0] != table or key[1] not in names}


def rename(chains, table, old, new):
    change = lambda rule: re.sub(rb'(^| )(-[jg]) %s(?= |$)' % re.escape(old),
                                 lambda m: m[1] + m[2] + b' ' + new, rule)
    return {(t, new if (t, c) == (table, old) else c): [change(rule) if t == table and i else rule
                                                        for i, rule in enumerate(rules)]
            for (t, c), rules in chains.items()}


def done(chains, a):
    """The chains after the command, None if it fails. Not for those with a rule."""
    c, table, chain, key = a['command'], a['table'], a['chain'], (a['table'], a['chain'])
    chains = {key: list(rules) for key, rules in chains.items()}
    if c == 'N':
        return None if key in chains else {**chains, key: [b'-']}
    if chain is not None and key not in chains:
        return None
    if c == 'F':
        for key in [key] if chain else [key for key in chains if key[0] == table]:
            del chains[key][1:]
    if c == 'P':
        chains[key][0] = a['second']
    if c == 'E':
        return None if (table, a['second']) in chains else rename(chains, table, chain, a['second'])
    if c == 'X':
        return delete(chains, table, [chain] if chain else
                      [name for (t, name), rules in chains.items() if t == table and rules[0] == b'-'])
    if c == 'D':
        if a['number'] >= len(chains[key]):
            return None
        del chains[key][a['number']]
    return chains


# --- random calls --------------------------------------------------------------------------

class Calls:
    def __init__(self, r, family):
        self.r, self.gen, self.made = r, Gen(r, family), []

    def one(self, *choices):
        return self.r.choice(choices)

    def maybe(self, p):
        return self.r.random() < p

    def chain(self, table):
        if self.maybe(.07):
            return self.one('PREROUTING', 'INPUT', 'NONE', 'ACCEPT', 'LOG', 'x' * 28, 'x' * 29, 'standard', 'tcp',
                            *ODD)
        return self.r.choice(TABLES[table] + USER * 2)

    def number(self):
        return self.one('1', '2', '3', '4', '5', '1', '2', '9', '0', '01', '0x2', '+1', '1x', '-1', '', '2147483648')

    def rule(self, table, chain):
        if self.made and self.maybe(.5):
            return self.r.choice(self.made)[3]
        return self.gen.rule(table, chain)

    def command(self, table):
        """(words of the command, pieces of the rule)"""
        c = self.one(*'AAAAAAIIIRRDDDDCCNNXXFFEEPPZSL')
        chain = self.chain(table)
        again = [made for made in self.made if made[1] == table]
        if c in 'CD' and again and self.maybe(.7): # a rule that is there
            _, _, chain, rule = self.r.choice(again)
            return [c, chain], rule
        if c in 'AC':
            return [c, chain], self.rule(table, chain)
        if c in 'ID':
            number = [self.number()] if self.maybe(.5) else []
            return [c, chain] + number, [] if number and c == 'D' and self.maybe(.9) else self.rule(table, chain)
        if c == 'R':
            return [c, chain] + ([self.number()] if self.maybe(.95) else []), self.rule(table, chain)
        if c in 'FXZSL':
            chain = [chain] if self.maybe(.7) else []
            return [c] + chain + ([self.number()] if self.maybe(.05) else []), []
        if c == 'N':
            return [c, self.one('new1', 'new2', 'LOG', 'TTL', 'standard', 'ERROR', 'x/y', 'new-chain', chain)], []
        if c == 'E':
            new = self.one('new1', 'new3', 'LOG', 'INPUT', 'x' * 29, '-x', self.chain(table))
            return [c, chain] + ([new] if self.maybe(.95) else []), []
        return [c, chain] + ([self.one('ACCEPT', 'DROP', 'DROP', 'QUEUE', 'RETURN', 'x', USER[0])]
                             if self.maybe(.95) else []), []

    def short(self, letter):
        """An option with a value, in one of the forms that getopt knows."""
        name = LONG[letter]
        form = self.r.random()
        if form < .7 or letter == 'f':
            return '-' + letter
        if form < .85:
            return '--' + name
        return '--' + name[:self.r.randrange(1, len(name) + 1)]

    def glue(self, option, value):
        value = encode([value])[0]
        if self.maybe(.07):
            return [option.encode() + (b'=' if option.startswith('--') else b'') + value]
        return [option, value]

    def respell(self, piece):
        words = []
        for word in piece:
            if isinstance(word, str) and re.match('-[a-z]$', word) and word[1] in LONG and self.maybe(.3):
                word = self.short(word[1])
            words.append(word)
        if len(words) == 2 and isinstance(words[0], str) and words[0].startswith('-') and self.maybe(.1):
            words = self.glue(words[0], words[1])
        return words

    def call(self):
        table = self.one('filter', 'filter', 'nat', 'mangle', 'raw')
        command, rule = self.command(table)
        option = self.short(command[0])
        words = self.glue(option, command[1]) + command[2:] if len(command) > 1 else [option]
        pieces = [words] + [self.respell(piece) for piece in rule]
        if table != 'filter' or self.maybe(.1):
            pieces.insert(0, self.glue(self.short('t'), table if self.maybe(.97) else self.one('x', '', 'fil')))
        if self.maybe(.15):
            pieces.append(self.one(['-w'], ['-w5'], ['-w', '5'], ['--wait=5'], ['--wait'], ['-w', 'x'], ['-4'], ['-6'],
                                   ['-n'], ['-v'], ['-c', '1', '2'], ['--ipv4'], ['--ipv6'], ['-w5x'], ['-w', '0'],
                                   ['-M', 'x'], ['--line-numbers'], ['-x'], ['--'], ['-V'], ['-t', 'nat'], ['-w'],
                                   ['--modprobe=x'], ['!'], ['-W', '5', '-w'], ['-nv'], ['-4w'], ['--pol', 'INPUT'],
                                   ['--set', '1', '2'], ['--new', 'x1'], ['-w', '5', '-w'], ['--verb']))
        if self.maybe(.25):
            self.r.shuffle(pieces)
        elif self.maybe(.2): # only the place of one
            pieces.insert(self.r.randrange(len(pieces)), pieces.pop(self.r.randrange(len(pieces))))
        words = [w for piece in pieces for w in piece]
        while self.maybe(.08):
            words.insert(self.r.randrange(len(words) + 1), self.r.choice(ODD))
        if self.maybe(.03):
            del words[self.r.randrange(len(words))]
        self.last = (command[0], table, command[1] if len(command) > 1 else None, rule)
        return [w.replace(b'\0', b'') for w in encode(words)]

    def succeeded(self):
        if self.last[0] in 'AI':
            self.made = self.made[-30:] + [self.last]


# --- both sides ------------------------------------------------------------------------------

def line_of(a):
    words = [b'-' + a['command'].encode()] + ([a['chain']] if a['chain'] is not None else [])
    words += [b'%d' % a['number']] if a['number'] else []
    words += [a['second']] if a['second'] is not None else []
    words += [a['spec']] if a['spec'] else []
    return b'*%s\n%s\nCOMMIT\n' % (a['table'].encode(), b' '.join(words))


class Compare:
    def __init__(self, args):
        self.sides = [Side(args.backend, args.family, os.path.join(args.locks, n)) for n in 'ab']
        self.reset()

    def both(self, suffix, words, stdin=b''):
        for side in self.sides:
            side.start(suffix, words, stdin)
        return [side.result() for side in self.sides]

    def reset(self):
        for result in self.both('-restore', [], base()):
            if result[0]:
                sys.exit('the chains can\'t be made: %r' % (result,))

    def call(self, words, a):
        """None, or how they differ."""
        return self.modelled(words, a) if a['command'] in 'NFPEXZ' or not a['spec'] and a['command'] == 'D' and \
            a['number'] else self.restored(words, a)

    def modelled(self, words, a):
        """A command without a rule is done by done()."""
        native = self.sides[0]
        native.start('-save', [])
        expected = done(parse(native.result()[1]), a)
        x = self.both('', words)[0]
        self.status = x[0]
        if (x[0] == 0) != (expected is not None):
            return 'native %d %r, expected %s' % (x[0], x[2], 'a failure' if expected is None else 'success')
        if x[1] or not x[0] and x[2]:
            return 'native output: %r %r' % (x[1], x[2])
        if expected is not None:
            native.start('-save', [])
            found = parse(native.result()[1])
            if found != expected:
                return 'differ: %r' % [(key, found.get(key), expected.get(key)) for key in {**found, **expected}
                                       if found.get(key) != expected.get(key)]
        return None

    def restored(self, words, a):
        """A command with a rule, or a listing, is given to the programs as it was read."""
        native, ours = self.sides
        native.start('', words)
        if a['command'] == 'S':
            ours.start('', [b'-t', a['table'].encode(), b'-S'] + ([a['chain']] if a['chain'] is not None else []))
        else:
            ours.start('-restore', [b'--noflush'], line_of(a))
        x, y = native.result(), ours.result()
        self.status = x[0]
        if (x[0] == 0) != (y[0] == 0) or a['command'] == 'S' and x[1] != y[1]:
            return 'native %d %r %r, read so %d %r %r' % (*x, *y)
        if x[1] and a['command'] != 'S':
            return 'native output: %r' % x[1]
        if x[0] == 0 and a['command'] not in 'CS':
            x, y = [parse(result[1]) for result in self.both('-save', [])]
            if x != y:
                self.reset()
                return 'differ: %r' % [(key, x.get(key), y.get(key)) for key in {**x, **y} if x.get(key) != y.get(key)]
        return None


def garbage(r, driver, count):
    """Words that nobody would write: an answer for each, and a rule that is one line."""
    letters = 'ACDIRNXFEPZLSVhpsdiojgmtwWMcnvxf46'
    for _ in range(count):
        words = []
        for _ in range(r.choice((0, 1, 2, 3, 5, 8, 13, 300 if r.random() < .02 else 4))):
            kind = r.random()
            if kind < .3:
                word = b'-' + r.choice(letters).encode()
            elif kind < .45:
                word = b'--' + r.choice(list(LONG.values()) + ['set', 'comment', 'tcp-flags', 'dport', 'to']).encode()
                word = word[:r.randrange(len(word) + 1)] if r.random() < .4 else word
            elif kind < .7:
                word = r.choice(ODD + [b'INPUT', b'nat', b'1', b'ACCEPT', b'tcp', b'recent', b'multiport'])
            else:
                word = bytes(r.randrange(1, 256) for _ in range(r.choice((0, 1, 2, 5, 30, 1100))))
            if r.random() < .1:
                word += bytes(r.randrange(1, 256) for _ in range(r.randrange(9)))
            words.append(word)
        answer = driver.ask(r.choice((4, 6)), words)
        spec = answer['spec']
        if b'\n' in spec or len(spec) > 10000 or answer['sure'] and any(b'\n' in w or len(w) > 1023 for w in words):
            sys.exit('%r: %r' % (words, answer))
    print('%d calls of garbage' % count)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--driver', required=True)
    parser.add_argument('--backend', default='nft')
    parser.add_argument('--family', type=int, default=4)
    parser.add_argument('--locks', default='/run', help='a directory')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=300)
    parser.add_argument('--garbage', type=int, default=0)
    args = parser.parse_args()
    driver = Driver(args.driver)
    if args.garbage:
        garbage(random.Random(args.seed), driver, args.garbage)
        return 0
    compare = Compare(args)
    calls = Calls(random.Random('%d %s %d' % (args.seed, args.backend, args.family)), args.family)
    nr = {'sure': 0, 'done': 0, 'wrong': 0}
    by_command = {}
    for number in range(args.count):
        if number % RESET == 0:
            compare.reset()
        words = calls.call()
        answer = driver.ask(args.family, words)
        if not answer['sure']:
            continue
        nr['sure'] += 1
        error = compare.call(words, answer)
        if error:
            nr['wrong'] += 1
            print('%r\n  %r\n  %s' % (words, line_of(answer), error))
        elif compare.status == 0:
            nr['done'] += 1
            by_command[answer['command']] = by_command.get(answer['command'], 0) + 1
            calls.succeeded()
    print('seed %d, %s, family %d: %d random calls, %d of them sure, %d took effect (%s), %d wrong' %
          (args.seed, args.backend, args.family, args.count, nr['sure'], nr['done'],
           ' '.join('%s %d' % i for i in sorted(by_command.items())), nr['wrong']))
    return 1 if nr['wrong'] or not nr['done'] else 0


sys.exit(main())
