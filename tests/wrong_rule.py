#!/usr/bin/env python3
"""wrong_rule.py valid|dump|garbage --backend B --rampart PROGRAM --root DIR --seed N --count N

Never a wrong rule. Run in network and mount namespaces of its own (tests/62-wrong-rule.bats).

valid: random rules, each written twice: as a line of a drop-in, spelled in one of many ways, with
sets, lists and parameters; and, one for each rule that the line stands for, in plain restore text.
rampart applies the first, iptables-restore loads the second in another namespace: the kernel must
give the same rules back.

dump: the saves of such rules, as they are, are drop-ins of an exclusive apply.

garbage: restore lines that were broken. What iptables-restore refuses, rampart must refuse;
what both take must be the same rules.
"""
import argparse
import difflib
import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from rulegen import CHAINS, FAMILIES, Gen, USER, V4, V6, World, Writer, b, native, product  # noqa: E402

PROGRAM = {V4: 'iptables', V6: 'ip6tables'}


def run(*argv, stdin=b'', **kw):
    return subprocess.run([str(a) for a in argv], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, **kw)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)


# --- the kernel ------------------------------------------------------------------------

# What may be missing in a kernel or an installation: tried first, natively.
PROBES = {
    'conntrack': '-m conntrack --ctstate NEW', 'state': '-m state --state NEW',
    'limit': '-m limit --limit 5/min', 'mark': '-m mark --mark 1', 'connmark': '-m connmark --mark 1',
    'recent': '-m recent --name x --set', 'iprange': None, 'addrtype': '-m addrtype --dst-type LOCAL',
    'hashlimit': '-m hashlimit --hashlimit-upto 5/sec --hashlimit-name x', 'length': '-m length --length 5',
    'mac': '-m mac --mac-source 00:11:22:33:44:55', 'pkttype': '-m pkttype --pkt-type unicast',
    'statistic': '-m statistic --mode nth --every 2 --packet 0', 'string': '-m string --algo bm --string x',
    'dscp': '-m dscp --dscp 1', 'connlimit': '-m connlimit --connlimit-above 1', 'u32': '-m u32 --u32 0=1',
    'time': '-m time --timestart 10:00', 'ttl': '-m ttl --ttl-eq 1', 'hl': '-m hl --hl-eq 1',
    'frag': '-m frag --fragid 1', 'ecn': '-p tcp -m ecn --ecn-tcp-cwr', 'LOG': '-j LOG',
    'NFLOG': '-j NFLOG', 'REJECT': '-j REJECT', 'CONNMARK': '*mangle -j CONNMARK --save-mark',
    'DSCP': '*mangle -j DSCP --set-dscp 1', 'TCPMSS':
    '*mangle -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
}
ONLY = {'ttl': V4, 'hl': V6, 'frag': V6}


class Native:
    """The restore and save programs, in a namespace of their own."""

    def __init__(self, backend):
        self.backend = backend

    def enter(self, script):
        return ['unshare', '-n', '-m', 'sh', '-c', 'mount -t tmpfs none /run && ' + script]

    def programs(self, family):
        return tuple('%s-%s-%s' % (PROGRAM[family], self.backend, what) for what in ('restore', 'save'))

    def load(self, family, text):
        """(exit code, what is then there, messages)"""
        restore, save = self.programs(family)
        done = run(*self.enter('%s && %s' % (restore, save)), stdin=text)
        return done.returncode, done.stdout, done.stderr

    def save(self, family):
        return run(self.programs(family)[1]).stdout

    def takes(self, family, probe):
        table = 'filter'
        if probe.startswith('*'):
            table, probe = probe[1:].split(' ', 1)
        text = '*%s\n-A FORWARD %s\nCOMMIT\n' % (table, probe)
        return self.load(family, text.encode())[0] == 0

    def features(self):
        found = set()
        for feature, probe in PROBES.items():
            families = [f for f in FAMILIES if ONLY.get(feature, f) == f]
            if feature == 'iprange':
                ok = self.takes(V4, '-m iprange --src-range 10.0.0.1-10.0.0.2')
            else:
                ok = all(self.takes(f, probe) for f in families)
            if ok:
                found.add(feature)
        return found


def parse_save(text):
    """(table, chain) -> rules, without what rampart adds in merge mode."""
    rules, table = {}, None
    for line in text.split(b'\n'):
        if line.startswith(b'*'):
            table = line[1:].decode()
        elif line.startswith(b'-A '):
            chain, _, spec = line[3:].partition(b' ')
            if re.fullmatch(rb'-j rampart-[^ ]*', spec) and not chain.startswith(b'rampart-'):
                continue
            if chain.startswith(b'rampart-'):
                chain = chain[8:]
            rules.setdefault((table, chain.decode()), []).append(spec)
    return rules


def restore_text(world, family):
    out = []
    for table in CHAINS:
        out.append(b'*' + b(table))
        if table != 'raw':
            out += [b':%s - [0:0]' % b(chain) for chain in USER]
        for chain in CHAINS[table] + USER:
            out += [b'-A ' + b(chain) + b' ' + native(rule) if rule else b'-A ' + b(chain)
                    for rule in world.of(family, table, chain)]
        out.append(b'COMMIT')
    return b'\n'.join(out) + b'\n'


def compare(expected, found, title):
    faults = 0
    for key in sorted(set(expected) | set(found)):
        if expected.get(key, []) == found.get(key, []):
            continue
        print('--- %s, table %s, chain %s' % (title, *key))
        for line in difflib.unified_diff([repr(x) for x in expected.get(key, [])],
                                         [repr(x) for x in found.get(key, [])],
                                         'native', 'rampart', n=0, lineterm=''):
            print(line)
        faults += 1
    return faults


def rampart(args, *argv):
    return run(args.rampart, '--root', args.root, '--backend', args.backend, *argv)


def valid(args):
    r = random.Random(args.seed)
    backend = Native(args.backend)
    gen = Gen(r, backend.features())
    world = World()
    writer = Writer(r, gen, world)
    conf_d = args.root + '/etc/rampart/conf.d/'
    write(conf_d + '10-a.rules', writer.dropin(args.count // 2, True))
    uses = []
    for i in range(8):
        text, use = writer.template()
        write(args.root + '/etc/rampart/templates/t%d.rules' % i, text)
        uses.append(b't%d {\n%s\n}' % (i, b'\n'.join(use)))
    write(conf_d + '20-b.conf', b'\n'.join(uses) + b'\n')
    write(conf_d + '30-c.rules', writer.dropin(args.count, False))
    sets = gen.lists.sets
    write(args.root + '/etc/rampart/rampart.conf', b'\n'.join(sets) + b'\n')
    for family in FAMILIES:
        write(args.root + '/native.' + PROGRAM[family], restore_text(world, family))
    print('%s: %d rules from %d features, %d sets' % (args.backend, world.count(), len(gen.features),
                                                      len(sets)))
    done = rampart(args, 'apply')
    faults = 0
    if done.returncode != 0:
        print('rampart apply: exit code %d\n%s' % (
            done.returncode, b'\n'.join(x for x in done.stderr.split(b'\n') if b'warning' not in x)
            .decode(errors='backslashreplace')))
        return 1
    for family in FAMILIES:
        status, text, messages = backend.load(family, restore_text(world, family))
        if status != 0:
            print('%s refuses what was expected: %s' % (backend.programs(family)[0], messages.decode()))
            faults += 1
            continue
        faults += compare(parse_save(text), parse_save(backend.save(family)), PROGRAM[family])
    return faults


def without_comments(text):
    return [line.split(b' [')[0] if line.startswith(b':') else line
            for line in text.split(b'\n') if line and not line.startswith(b'#')]


def dump(args):
    r = random.Random(args.seed)
    backend = Native(args.backend)
    gen, world = Gen(r, backend.features()), World()
    Writer(r, gen, world).dropin(args.count, False)
    write(args.root + '/etc/rampart/rampart.conf', b'ownership = exclusive\n')
    saved, faults = {}, 0
    for family in FAMILIES:
        status, saved[family], messages = backend.load(family, restore_text(world, family))
        if status != 0:
            print('%s: %s' % (backend.programs(family)[0], messages.decode()))
            return 1
        write(args.root + '/etc/rampart/conf.d/10-%s.rules' % PROGRAM[family], saved[family])
    done = rampart(args, 'apply', '--take-over')
    if done.returncode != 0:
        print('rampart apply: exit code %d\n%s' % (done.returncode, done.stderr.decode(errors='backslashreplace')))
        return 1
    for family in FAMILIES:
        expected, found = without_comments(saved[family]), without_comments(backend.save(family))
        for table in (b'filter', b'mangle', b'nat', b'raw'):
            want, have = (t[t.index(b'*' + table):] if b'*' + table in t else [] for t in (expected, found))
            want, have = (t[:t.index(b'COMMIT')] if t else [] for t in (want, have))
            if not have and len(want) <= 6 and not any(x.startswith(b'-A') for x in want):
                continue  # an empty table concerns nobody
            # chains may be declared in another order
            if sorted(want) != sorted(have) or parse_save(b'\n'.join(want)) != parse_save(b'\n'.join(have)):
                faults += 1
                print('--- %s, table %s' % (PROGRAM[family], table.decode()))
                for line in difflib.unified_diff([repr(x) for x in want], [repr(x) for x in have], 'native',
                                                 'rampart', n=0, lineterm=''):
                    print(line)
    print('%s: %d rules' % (args.backend, world.count()))
    return faults


# --- garbage ---------------------------------------------------------------------------

JUNK = ['-x', '--nonsense', '-j', 'ACCEPT', '!', '-m', 'tcp', '-p', 'udp', '99999', '--dport', '-s', 'any1', '1.2.3',
        '300.1.1.1', '10.0.0.0/33', '-A', 'INPUT', '--', '-', '=', '--dport=70000', '-i', 'averylonginterface',
        '--ctstate', 'NEVER', '-4', '-6x', '-n', '-v', '--line-numbers', '-L', '-t', 'nat', '-w', '-c', '"',
        '--set', '\\']
# What rampart takes beyond the restore programs, by design: lists of ports and ranges of addresses
# that are not written as a match of their own, a value glued to a short option, any, and a
# comment behind a rule.
LENIENT = re.compile(rb'(^| )((-s|-d|--source|--destination|--src|--dst|--[a-z]*port|--[a-z]*-port)[ =]?'
                     rb'[^ ]*[,-]|-[spdiojgm][^ ]|any( |$)|#|[^ ]*\$)')


def mutate(r, words):
    words = list(words)
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        at = r.randrange(len(words))
        way = r.randrange(8)
        if way == 0:
            del words[at]
        elif way == 1:
            words.insert(at, words[at])
        elif way == 2:
            other = r.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif way == 3:
            words.insert(at, b(r.choice(JUNK)))
        elif way == 4:
            words[at] = b(r.choice(JUNK))
        elif way == 5 and words[at]:
            cut = r.randrange(len(words[at]))
            words[at] = words[at][:cut] + bytes([r.randrange(33, 127)]) + words[at][cut + 1:]
        elif way == 6 and words[at]:
            words[at] = words[at][:r.randrange(len(words[at]))]
        else:
            words.insert(at, b'!')
        if not words:
            words = [b'-x']
    return words


def scratch_bytes(r, line):
    """Quotes and blanks where they were not meant to be."""
    line = bytearray(line)
    for _ in range(r.choice([1, 1, 2])):
        at = r.randrange(len(b'-A FORWARD '), len(line) + 1)
        if r.random() < 0.3:
            del line[at:at + 1]
        else:
            line[at:at] = r.choice([b'"', b'"', b'\\', b' ', b'\t', b"'", b'\\"', b'""', b'\x01', b'\xff', b'\r'])
    return bytes(line)


def garbage(args):
    r = random.Random(args.seed)
    backend = Native(args.backend)
    gen = Gen(r, backend.features() - {'string'})
    conf_d = args.root + '/etc/rampart/conf.d/'
    refused = faults = 0
    write(args.root + '/etc/rampart/rampart.conf', b'')
    while refused < args.count:
        units, families = gen.line('filter', 'FORWARD', [])
        family = r.choice([f for f in FAMILIES if f & families])
        rules = product(units, family)
        if not rules or not rules[0]:
            continue
        line = b'-A FORWARD ' + native(mutate(r, rules[0]) if r.random() < 0.7 else rules[0])
        if r.random() < 0.3:
            line = scratch_bytes(r, line)
        if b'\n' in line or line[-1:] in b'\r\\' or LENIENT.search(line):
            continue
        status, text, _ = backend.load(family, b'*filter\n' + line + b'\nCOMMIT\n')
        name = '10-a.v%d.rules' % (4 if family == V4 else 6)
        for other in os.listdir(conf_d):
            os.unlink(conf_d + other)
        write(conf_d + name, line + b'\n')
        done = rampart(args, 'show', '--canonical')
        if done.returncode not in (0, 2):
            print('exit code %d: %r\n%s' % (done.returncode, line, done.stderr.decode(errors='replace')))
            faults += 1
        elif status != 0:
            refused += 1
            if done.returncode == 0:
                print('%s refuses it, rampart does not: %r' % (PROGRAM[family], line))
                faults += 1
            elif not re.search(rb'^/etc/rampart/conf.d/' + name.encode() + rb':1: error: .', done.stderr, re.M):
                print('no error at its line: %r\n%s' % (line, done.stderr.decode(errors='replace')))
                faults += 1
        elif done.returncode == 0:
            faults += compare(parse_save(text), parse_save(done.stdout), '%s, %r' % (PROGRAM[family], line))
    print('%s: %d lines refused' % (args.backend, refused))
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('what', choices=['valid', 'dump', 'garbage'])
    parser.add_argument('--backend', required=True)
    parser.add_argument('--rampart', required=True)
    parser.add_argument('--root', required=True)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--count', type=int, required=True)
    args = parser.parse_args()
    print('seed %d' % args.seed)
    return 1 if {'valid': valid, 'dump': dump, 'garbage': garbage}[args.what](args) else 0


if __name__ == '__main__':
    sys.exit(main())
