"""callgen: random command lines of iptables and ip6tables, most of them valid or nearly so, and the
driver (tests/call.c) that says what call_parse() and plain_rule() make of them.
"""
import re
import subprocess

TABLES = {
    'filter': ['INPUT', 'FORWARD', 'OUTPUT'],
    'nat': ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
    'mangle': ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
    'raw': ['PREROUTING', 'OUTPUT'],
}
USER = ['USER-1', 'user_2', 'U#3[x]']  # in each table; all that a rule may jump to
ODD = [b'', b'-', b'--', b'!', b'-A', b'-t', b'nat', b'-j', b'a b', b'"', b'a"b', b'\\', b"'", b'$x',
       b'\xff\xfe', b'\x01', b'\t', b'a\nb', b'#', b'-w', b'x' * 300, b'x' * 1023, b'x' * 1024,
       b'--comment', b'-4', b'-6', b'0', b'=', b'-A=', b'--=x', b'*', b'%s', b'\xc3\xa4', b'[0:0]']


class Driver:
    """The C side: one question, one answer."""

    def __init__(self, program):
        self.p = subprocess.Popen([program] + USER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, family, words):
        line = str(family) + ''.join(' .' + w.hex() for w in words) + '\n'
        self.p.stdin.write(line.encode())
        self.p.stdin.flush()
        answer = self.p.stdout.readline().decode().split()
        if len(answer) != 10:
            raise SystemExit('the driver died at %r' % (words,))
        text = [bytes.fromhex(a[1:]) if a[0] == '.' else None for a in answer]
        return {'sure': answer[0] == '1', 'command': answer[1], 'table': answer[2], 'chain': text[3],
                'second': text[4], 'number': int(answer[5]), 'target': text[6],
                'goto': answer[7] == '1', 'plain': answer[8] == '1', 'spec': text[9]}


class Gen:
    def __init__(self, r, family):
        self.r, self.family = r, family

    def one(self, *choices):
        return self.r.choice(choices)

    def maybe(self, p):
        return self.r.random() < p

    # --- values ---

    def number(self, *edges):
        return str(self.r.choice(list(edges) + [self.r.randrange(0, 300)]))

    def port(self):
        if self.maybe(.05):
            return self.one('65535', '65536', '0', 'ssh', '080', '0x50', '-1', '', '1x', '99999999999')
        return str(self.r.randrange(0, 65536))

    def ports(self):
        a, b = self.port(), self.port()
        return self.one(a, a, a, a + ':' + b, a + ':', ':' + b, ':', a + '-' + b, a + ',' + b,
                        '%d:%d' % tuple(sorted((self.r.randrange(65536), self.r.randrange(65536)))))

    def port_list(self):
        n = self.one(1, 1, 2, 3, 8, 14, 15, 16)
        return ','.join(self.one(self.port(), self.port(), self.port(), '%d:%d' % tuple(
            sorted((self.r.randrange(65536), self.r.randrange(65536))))) for _ in range(n))

    def host(self):
        r = self.r
        if self.maybe(.06):
            return self.one('10', '10.1', '010.1.1.1', '1.2.3.4.5', '256.1.1.1', 'localhost', '::1',
                            '0.0.0.0', '::', '0/0', '0', 'fe80::1%lo', '1.2.3.4', '::ffff:1.2.3.4', '', '0x7f.1')
        if self.family == 4:
            return '%d.%d.%d.%d' % tuple(r.randrange(256) for _ in range(4))
        return self.one('2001:db8::%x' % r.randrange(65536), 'fe80::%x:1' % r.randrange(65536),
                        '2001:db8:1:2:3:4:5:%x' % r.randrange(65536), '::%x' % r.randrange(1, 99))

    def address(self):
        bits = 32 if self.family == 4 else 128
        tail = self.one('', '', '', '/%d' % self.r.randrange(bits + 1), '/%d' % self.r.randrange(bits + 1),
                        '/%d' % (bits + 1), '/0', '/255.255.255.0', '/255.0.255.0', '/0.0.0.0', '/',
                        '/ffff::', '/08', '/255.255.255.255')
        if self.maybe(.05):
            return self.host() + ',' + self.host()
        return self.host() + (tail if self.maybe(.7) else '')

    def range(self):
        a, b = self.host(), self.host()
        if self.maybe(.8):
            a, b = sorted((a, b), key=lambda h: [int(x, 16) if re.match('[0-9a-f]+$', x) else -1
                                                 for x in re.split('[.:]', h)])
        return self.one(a + '-' + b, a + '-' + b, a + '-' + b, a, a + '-', a + '-' + b + '-' + a)

    def iface(self):
        if self.maybe(.1):
            return self.one('+', 'e+h', '', '-x', 'averyverylongname', 'fifteen-bytes-x', 'sixteen-bytes-xx',
                            'eth0:1', 'a/b', 'a b', '.', '!', 'any', 'eth0+', '++', 'x\xe4', '1', '@', '_x')
        return self.one('eth0', 'lo', 'eth+', 'br-lan', 'vlan.10', 'wg0', 'ppp+', 'enp3s0')

    def mark(self):
        v = self.one('0', '1', '255', '0x1', '0xff', '0xffffffff', '4294967295', '4294967296', '010',
                     '0x', 'x', '0x1ffffffff', '-1', '0XFF')
        return v + (self.one('/0xff', '/255', '/0', '/', '/x') if self.maybe(.3) else '')

    def states(self):
        n = self.one(1, 1, 2, 2, 3, 5)
        pool = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']
        if self.maybe(.1):
            pool += ['new', 'SNAT', 'FOO', '', 'DNAT', 'NEWX', 'N']
        return ','.join(self.r.choice(pool) for _ in range(n))

    def limit(self):
        number = self.one('1', '2', '3', '5', '10', '60', '100', '1000', '10000', '10001', '0', '01', '-1',
                          'x', str(self.r.randrange(1, 10001)))
        return number + self.one('/s', '/sec', '/second', '/m', '/min', '/minute', '/h', '/hour', '/d', '/day',
                                 '', '/', '/se', '/x', '/seconds', '/MIN')

    def text(self, limits):
        if self.maybe(.15):
            return self.r.choice(ODD)
        if self.maybe(.15):
            return b'x' * self.r.choice(limits)
        if self.maybe(.15):
            return bytes(self.r.randrange(1, 256) for _ in range(self.r.randrange(1, 20)))
        return self.one('a', 'drop: ', 'FW-IN "x"', "it's", 'a\\b', 'end ', ' x', '\xe4\xf6', '-A INPUT')

    def nat(self):
        host = self.host()
        if self.family == 6 and self.maybe(.4):
            host = self.one('[' + host + ']', '[' + host + ']', '[' + host, '[' + self.range() + ']')
        return self.one(host, host, self.range(), host + ':' + self.port(), host + ':' + self.nat_ports(), self.range() + ':' + self.nat_ports(),
                        ':' + self.port(), host + ':', host + ':0', host + ':1-65535')

    def nat_ports(self):
        return self.one(self.port(), '%d-%d' % tuple(sorted((self.r.randrange(65536), self.r.randrange(65536)))),
                        self.port() + '-' + self.port(), self.port() + ':' + self.port())

    def icmp(self):
        if self.family == 4:
            return self.one('8', '0', '3/4', '255', '254', '256', '3/255', '3/', 'echo-request', 'ping', 'any',
                            'fragmentation-needed', 'network-unknown', 'host-prohibited', 'TOS-host-redirect',
                            'destination-unreachable', 'time-exceeded', 'ttl-zero-during-transit', 'echo',
                            'source-route-failed', 'required-option-missing', 'redirect', 'host-redirect',
                            'ip-header-bad', 'parameter-problem', 'timestamp-request', 'source-quench', '08',
                            'address-mask-reply', 'router-advertisement', 'router-solicitation', 'pong',
                            'protocol-unreachable', 'network-unreachable', 'host-unreachable', 'ttl-exceeded',
                            'port-unreachable', 'echo-reply', 'ttl-zero-during-reassembly', '3/1',
                            'timestamp-reply', 'address-mask-request', 'PING')
        return self.one('128', '1/4', '255', '0', '254', '256', 'echo-request', 'ping', 'packet-too-big',
                        'no-route', 'bad-header', 'neighbour-solicitation', 'neighbor-advertisement', 'any',
                        'router-advertisement', 'redirect', 'destination-unreachable', 'pong', 'ttl-exceeded',
                        'communication-prohibited', 'beyond-scope', 'address-unreachable', 'port-unreachable',
                        'failed-policy', 'reject-route', 'time-exceeded', 'ttl-zero-during-transit',
                        'ttl-zero-during-reassembly', 'parameter-problem', 'unknown-header-type', 'echo-reply',
                        'unknown-option', 'router-solicitation', 'neighbor-solicitation', 'echo',
                        'neighbour-advertisement')

    # --- pieces: words that stay together ---

    def protocol(self):
        p = self.one('tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp' if self.family == 4 else 'icmpv6',
                     'ipv6-icmp', 'icmp', 'all', '6', '17', '1', '58', '0', '255', '256', '-1', '06', 'TCP', 'Udp',
                     'esp', 'ah', 'sctp', 'bogus', '41', '43', '51', '60', 'udplite', 'dccp', 'gre', 'mh', 'ipv6')
        return p.lower(), self.neg(.05) + [self.one('-p', '-p', '-p', '--protocol', '--proto'), p]

    def neg(self, p=.15):
        return ['!'] if self.maybe(p) else []

    def of_protocol(self, proto):
        sport = self.one('--sport', '--source-port', '--dport', '--destination-port', '--dport')
        pieces = [
            lambda: self.neg() + [sport, self.ports()],
            lambda: self.neg() + [sport, self.ports()],
            lambda: ['--sport', self.ports(), '--dport', self.ports()],
            lambda: self.neg() + ['--syn'],
            lambda: self.neg() + ['--tcp-flags', self.flags(), self.flags()],
            lambda: self.neg() + ['--icmp-type' if self.family == 4 else '--icmpv6-type', self.icmp()],
        ]
        if proto in ('icmp', 'icmpv6', 'ipv6-icmp', '1', '58'):
            return pieces[-1]() if self.maybe(.9) else self.one(*pieces)()
        if proto in ('udp', '17'):
            return pieces[self.r.randrange(3)]() if self.maybe(.9) else self.one(*pieces)()
        return self.one(*pieces[:5])() if self.maybe(.95) else pieces[5]()

    def flags(self):
        n = self.one(1, 1, 2, 3)
        return self.one('ALL', 'NONE', 'SYN,RST', ','.join(self.one(
            'SYN', 'ACK', 'FIN', 'RST', 'URG', 'PSH', 'ALL', 'NONE', *(['syn', 'X', ''] if self.maybe(.1) else []))
            for _ in range(n)))

    def match(self):
        r = self.neg
        return self.one(
            lambda: ['-m', 'state'] + r() + ['--state', self.states()],
            lambda: ['-m', 'state'] + r() + ['--state', self.states()],
            lambda: ['-m', 'conntrack'] + r() + ['--ctstate', self.states()],
            lambda: ['-m', 'multiport'] + r() + [self.one('--dports', '--sports', '--ports', '--dport', '--sport', '--source-port', '--port',
                                                          '--destination-ports'), self.port_list()],
            lambda: ['-m', 'limit'] + (['--limit', self.limit()] if self.maybe(.9) else []) + (
                ['--limit-burst', self.number(1, 5, 10000, 10001, 0)] if self.maybe(.4) else []),
            lambda: ['-m', 'comment', '--comment', self.text((254, 255, 256))],
            lambda: ['-m', 'mac'] + r() + ['--mac-source', self.one(
                '00:11:22:33:44:55', 'AA:bb:cc:DD:ee:ff', '0:1:2:3:4:5', '00:11:22:33:44', 'xx:11:22:33:44:55')],
            lambda: ['-m', 'mark'] + r() + ['--mark', self.mark()],
            lambda: ['-m', 'iprange'] + r() + [self.one('--src-range', '--dst-range'), self.range()],
            lambda: ['-m', 'iprange', '--src-range', self.range(), '--dst-range', self.range()],
            lambda: ['-m', 'pkttype'] + r() + ['--pkt-type', self.one(
                'unicast', 'broadcast', 'multicast', 'host', 'x', 'UNICAST', '1')],
            lambda: ['-m', 'length'] + r() + ['--length', self.one(
                '0', '1', '65535', '65536', '10:20', '20:10', ':10', '10:', '1:1', ':', '010')],
            lambda: ['-m', 'addrtype'] + r() + [self.one('--src-type', '--dst-type'), self.one(
                'LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST', 'ANYCAST', 'LOCAL,BROADCAST', 'BLACKHOLE', 'local',
                'UNSPEC', 'PROHIBIT', 'X', '')],
            lambda: ['-m', self.one('tcp', 'udp', 'icmp', 'icmp6', 'icmpv6', 'bogus', 'recent', 'TCP', '')],
            lambda: ['-m', 'recent', '--name', 'x', self.one('--set', '--update', '--rcheck', '--remove'),
                     *(['--seconds', '60'] if self.maybe(.5) else [])],
            lambda: ['-m', 'connmark'] + r() + ['--mark', self.mark()],
            lambda: ['-m', self.one('ttl', 'hl')] + r() + [self.one(
                '--ttl-eq', '--ttl-lt', '--ttl-gt', '--ttl', '--hl-eq', '--hl-lt', '--hl-gt'),
                self.number(0, 1, 254, 255, 256)],
            lambda: ['-m', 'ttl' if self.family == 4 else 'hl'] + r() + [self.one(*(
                ['--ttl-eq', '--ttl-lt', '--ttl-gt', '--ttl'] if self.family == 4 else ['--hl-eq', '--hl-lt', '--hl-gt'])),
                self.number(0, 1, 254, 255, 256)],
            lambda: ['-m', 'string', '--algo', 'bm', '--string', self.text((10,))],
            lambda: ['-m', 'statistic', '--mode', 'random', '--probability', '0.5'],
            lambda: ['-m', 'hashlimit', '--hashlimit-upto', '5/min', '--hashlimit-name', 'n'],
            lambda: ['-m', 'owner'] + self.owner() + (self.owner() if self.maybe(.3) else []),
            lambda: ['-m', 'physdev', '--physdev-in', 'eth0'],
        )()

    def owner(self):
        ids = self.one('0', '1', '1000', '65534', '65535', '65536', '0-99', '5-5', '9-3', '-', '4294967295', '010', 'root',
                       'bogus', '0x1', '1-', str(self.r.randrange(65536)))
        return self.neg() + [self.one('--uid-owner', '--gid-owner', '--uid-owner', '--socket-exists'), ids]

    def target(self):
        to = lambda name: self.one(name, name, '--to', name[:-1], name[:6])
        nat = lambda: self.one([], [], ['--random'], ['--persistent'], ['--random-fully'])
        return self.one(
            lambda: [self.one('-j', '-j', '--jump'), self.one('ACCEPT', 'DROP', 'RETURN')],
            lambda: ['-j', self.one('ACCEPT', 'DROP', 'RETURN')],
            lambda: ['-j', self.one('ACCEPT', 'DROP', 'RETURN', 'QUEUE', 'NOSUCH', 'INPUT', 'accept', 'LOG', 'TRACE')],
            lambda: [self.one('-j', '-g', '--goto'), self.r.choice(USER)],
            lambda: ['-g', self.one('ACCEPT', 'LOG', *USER)],
            lambda: ['-j', 'LOG'] + self.some([['--log-prefix', self.text((28, 29, 30, 31))], ['--log-level', self.one(
                '0', '4', '7', '8', 'info', 'warning', 'warn', 'debug', 'err', 'error', 'emerg', 'panic', 'notice',
                'alert', 'crit', '', '04', 'INFO')], ['--log-tcp-sequence'], ['--log-tcp-options'],
                ['--log-ip-options'], ['--log-uid'], ['--log-macdecode']]),
            lambda: ['-j', 'REJECT'] + ([] if self.maybe(.3) else ['--reject-with', self.one(*(
                'icmp-net-unreachable host-unreach icmp-port-unreachable icmp-proto-unreachable icmp-host-prohibited '
                'icmp-net-prohibited icmp-admin-prohibited tcp-reset port-unreach icmp6-no-route tcp-rst net-unreach '
                'icmp6-adm-prohibited icmp6-port-unreachable addr-unreach icmp6-addr-unreachable adm-prohibited no-route '
                'echo-reply icmp6-policy-fail icmp6-reject-route icmp-host-unreachable proto-unreach net-prohib '
                'host-prohib admin-prohib icmp reject-route policy-fail x').split())]),
            lambda: ['-j', 'MASQUERADE'] + ([to('--to-ports'), self.nat_ports()] if self.maybe(.3) else []) + nat(),
            lambda: ['-j', 'SNAT', to('--to-source'), self.nat()] + nat(),
            lambda: ['-j', 'DNAT', to('--to-destination'), self.nat()] + nat(),
            lambda: ['-j', 'REDIRECT'] + ([to('--to-ports'), self.nat_ports()] if self.maybe(.7) else []) + nat(),
            lambda: ['-j', 'MARK', self.one('--set-mark', '--set-xmark', '--or-mark'), self.mark()],
            lambda: ['-j', 'TCPMSS', '--clamp-mss-to-pmtu'],
            lambda: ['-j', 'CONNMARK', self.one('--save-mark', '--restore-mark')],
        )()

    def some(self, pieces):
        self.r.shuffle(pieces)
        return [w for piece in pieces if self.maybe(.3) for w in piece]

    def place(self):
        """(table, chain), good or not."""
        table = self.one('filter', 'filter', 'filter', 'nat', 'mangle', 'raw')
        chain = self.r.choice(TABLES[table] * 2 + USER)
        return table, chain

    def rule(self, table, chain):
        pieces, proto = [], ''
        if self.maybe(.25):
            pieces.append(self.neg() + [self.one('-i', '--in-interface'), self.iface()])
        if self.maybe(.15):
            pieces.append(self.neg() + ['-o', self.iface()])
        if self.maybe(.25):
            pieces.append(self.neg() + [self.one('-s', '--source', '--src'), self.address()])
        if self.maybe(.25):
            pieces.append(self.neg() + [self.one('-d', '--destination', '--dst'), self.address()])
        if self.maybe(.04):
            pieces.append(self.neg() + [self.one('-f', '--fragment', '--fragments')])
        if self.maybe(.6):
            proto, words = self.protocol()
            pieces.append(words)
            if self.maybe(.15):
                pieces.insert(self.one(0, len(pieces)), ['-m', proto])
            if self.maybe(.6):
                pieces.append(self.of_protocol(proto))
        while self.maybe(.35):
            pieces.append(self.match())
        if self.maybe(.9):
            pieces.append(self.place_target(table, chain))
        if self.maybe(.12):
            self.r.shuffle(pieces)
        return pieces

    def place_target(self, table, chain):
        if table == 'nat' and self.maybe(.6):
            for _ in range(20):
                words = self.target()
                if words[1] in ({'POSTROUTING': ['MASQUERADE', 'SNAT']}.get(chain, ['DNAT', 'REDIRECT'])):
                    return words
        return self.target()


def encode(words):
    return [w if isinstance(w, bytes) else w.encode('latin-1') for w in words]
