"""rulegen: random rules, each in two forms: a line of a drop-in, spelled in one of many ways, and
the words of each rule that it stands for. What it makes is valid natively; see wrong_rule.py.
"""
import re

V4, V6 = 1, 2
FAMILIES = (V4, V6)
SAFE = re.compile(rb'^[A-Za-z0-9_.:/,+=%@-][A-Za-z0-9_.:/,+=%@#*-]*$')


def b(text):
    return text if isinstance(text, bytes) else text.encode()


def quoted(word):
    return b'"' + word.replace(b'\\', b'\\\\').replace(b'"', b'\\"') + b'"'


def native(words):
    """A line of restore text: nothing left to anybody's rules of quoting."""
    return b' '.join(w if SAFE.match(w) or w == b'!' else quoted(w) for w in words)


# --- what a line is made of ------------------------------------------------------------

class Unit:
    """An option. alternatives: (families, words) for each rule that it can become part of;
    spell(): how it may stand in a drop-in."""

    def __init__(self, alternatives, spell, exact=0):
        self.alternatives = [(f, [b(w) for w in words]) for f, words in alternatives]
        self.spell = spell
        self.exact = exact  # families that it allows, if the line itself says so


class Lists:
    """Names for lists of values: sets of the baseline, or parameters of a template."""

    def __init__(self, r):
        self.r, self.sets = r, []

    def value(self, word):
        word = b(word)
        if SAFE.match(word) and b'+' not in word and b'//' not in word and b'/*' not in word \
                and b'=' not in word and b'#' not in word and b',' not in word \
                and not word.endswith(b'/') and self.r.random() < 0.5:
            return word
        if b'${' not in word and self.r.random() < 0.7:
            return quoted(word)
        return b"'" + word.replace(b'\\', b'\\\\').replace(b"'", b"\\'") + b"'"

    def values(self, words):
        if len(words) == 1 and self.r.random() < 0.5:
            return self.value(words[0])
        return b'{' + self.r.choice([b', ', b',', b' , ']).join(map(self.value, words)) + b'}'

    def name(self, kind, words):
        name = b'S%d' % len(self.sets)
        self.sets.append(b'set "%s" { values = %s }' % (name, self.values(words)))
        return name


class Params(Lists):
    """Those of one template and its one use."""
    types = {'address': b'address', 'iface': b'iface', 'port': b'port', 'proto': b'proto',
             'text': b'string', 'number': b'number', 'rate': b'rate', 'chain': b'chain'}

    def __init__(self, r):
        super().__init__(r)
        self.params, self.use = [], []

    def name(self, kind, words):
        name = b'p%d' % len(self.params)
        line = b'param %s %s' % (name, self.types[kind])
        if len(words) == 1 and b'\n' not in b(words[0]) and self.r.random() < 0.3:
            line += b' = ' + quoted(b(words[0]))
        else:
            self.use.append(b'  %s = %s' % (name, self.values(words)))
        self.params.append(line + self.r.choice([b'', b' # help', b'\t# a "b" $c']))
        return name


class Gen:
    def __init__(self, r, features):
        self.r, self.features, self.lists = r, features, Lists(r)
        self.serial = 0

    def has(self, feature):
        return feature in self.features

    # -- spelling --

    def word(self, word):
        """One word as a drop-in may have it."""
        word, r = b(word), self.r
        plain = re.fullmatch(rb'[A-Za-z0-9_.:/,+=%@!*-][A-Za-z0-9_.:/,+=%@#*\'-]*', word)
        ways = ['quoted']
        if plain:
            ways += ['plain'] * 4 + ['middle']
        elif re.fullmatch(rb'[A-Za-z0-9_.$-]+', word):
            ways.append('dollar')
        way = r.choice(ways)
        if way == 'plain':
            return word
        if way == 'dollar':
            return word.replace(b'$', b'\\$')
        if way == 'middle' and len(word) > 1:
            at = r.randrange(1, len(word))
            return word[:at] + quoted(word[at:])
        text = quoted(word)
        if r.random() < 0.1 and len(word) > 2 and word.isalnum():
            text = b'"\\' + text[1:]  # a backslash that was not needed
        return text

    def option(self, names, value):
        """value: already spelled."""
        name = b(self.r.choice(names))
        if name.startswith(b'--'):
            if self.r.random() < 0.25:
                return name + b'=' + value
        elif self.r.random() < 0.1:
            return name + value
        return name + self.r.choice([b' ', b' ', b'  ', b'\t']) + value

    def reference(self, name, alone=True):
        if alone and self.r.random() < 0.5:
            return b'$' + name
        return b'${' + name + b'}'

    # -- units --

    def plain(self, *parts, families=V4 | V6, exact=0):
        """parts: ('-m', 'limit'), ('!', '--mark', '1'): as they are, values spelled anew."""
        def spell():
            out = []
            for part in parts:
                part = [b(w) for w in part]
                bang = part[0] == b'!'
                if bang:
                    out.append(b'!')
                    part = part[1:]
                names = [part[0]]
                if part[0] == b'-m':
                    names += [b'--match']
                elif part[0] == b'-j':
                    names += [b'--jump', b'--jum']
                if len(part) == 2:
                    out.append(self.option(names, self.word(part[1])))
                else:
                    out.append(b' '.join([part[0]] + [self.word(w) for w in part[1:]]))
            return b' '.join(out)
        return Unit([(families, [w for part in parts for w in part])], spell, exact)

    def listed(self, head, option, kind, make, families=V4 | V6, most=3, negated=False):
        """An option with one value, or a list by name that multiplies."""
        r = self.r
        values = [make() for _ in range(1 if negated or r.random() < 0.6 else r.randint(1, most))]
        head = [b(w) for w in head]
        bang = [b'!'] if negated else []
        alternatives = [(families, head + bang + [option, v]) for v in values]
        if len(values) == 1 and r.random() < 0.6:
            def spell():
                return b' '.join(head + bang + [self.option([option], self.word(values[0]))])
        else:
            name = self.lists.name(kind, values)

            def spell():
                return b' '.join(head + bang + [self.option([option], self.reference(name))])
        # one head for all of them: it stands before the option in each rule
        return Unit(alternatives, spell)

    def v4(self):
        r = self.r
        address = '%d.%d.%d.%d' % (r.choice([10, 172, 192, 203]), r.randrange(256), r.randrange(256),
                                   r.randrange(1, 255))
        return address + r.choice(['', '', '/32', '/24', '/8', '/%d' % r.randrange(1, 33),
                                   '/255.255.0.0'])

    def v6(self):
        r = self.r
        address = r.choice(['2001:db8::%x', '2001:DB8:1::%x', 'fe80::%x', 'fd00:0:0:1:%x::1',
                            '::ffff:10.0.0.%d']) % r.randrange(1, 255)
        return address + r.choice(['', '', '/128', '/64', '/%d' % r.randrange(1, 129)])

    def range4(self):
        return '10.%d.0.1-10.%d.0.9' % (self.r.randrange(50), self.r.randrange(50, 99))

    def range6(self):
        return '2001:db8::%x-2001:db8::%x' % (self.r.randrange(1, 50), self.r.randrange(50, 99))

    def address(self, source, families):
        """families: of the line."""
        r = self.r
        names = ['-s', '--source', '--src'] if source else ['-d', '--destination', '--dst']
        long = '--source' if source else '--destination'
        across = '--src-range' if source else '--dst-range'
        ranges = self.has('iprange')

        def alternative(text, bang=()):
            family = V6 if ':' in text else V4
            if '-' in text:
                return family, ['-m', 'iprange', *bang, across, text]
            return family, [*bang, long, text]

        def one(family):
            if ranges and r.random() < 0.15:
                return self.range4() if family == V4 else self.range6()
            return self.v4() if family == V4 else self.v6()

        way = r.random()
        if way < 0.05:
            name = self.lists.name('address', ['any'])
            return Unit([(V4 | V6, [])],
                        lambda: self.option(names, r.choice([b'any', b'$' + name + b' '])).strip())
        if way < 0.2 and families != V4 | V6:
            text = one(families)
            if r.random() < 0.4:
                # a set of one family: -4 or -6 has to say that the other gets no rule
                name, flag = self.lists.name('address', [text]), b'-4' if families == V4 else b'-6'
                return Unit([alternative(text, ['!'])],
                            lambda: flag + b' ! ' + self.option(names, self.reference(name)), families)
            return Unit([alternative(text, ['!'])],
                        lambda: b'! ' + self.option(names, self.word(text)), families)
        if families == V4 | V6:
            values = [one(r.choice(FAMILIES)) for _ in range(r.randint(0, 2))] + [one(V4), one(V6)]
            r.shuffle(values)
        else:
            values = [one(families) for _ in range(r.choice([1, 1, 1, 2, 3]))]
            if r.random() < 0.15:
                values.append(one(V4 + V6 - families))
        exact = 0
        for value in values:
            exact |= alternative(value)[0]
        alternatives = [alternative(v) for v in values]
        if r.random() < 0.5:
            text = ','.join(values)
            return Unit(alternatives, lambda: self.option(names, self.word(text)), exact)
        name = self.lists.name('address', values)
        return Unit(alternatives, lambda: self.option(names, self.reference(name)))

    def interface(self, into):
        r = self.r
        names = ['-i', '--in-interface', '--in-int'] if into else \
            ['-o', '--out-interface', '--out-i']
        long = names[1]

        def one():
            return r.choice(['eth0', 'eth+', 'wlan0', 'br-lan', 'veth12.34', 'tun+', 'lo', 'eth0.100',
                             'abcdefghijklmno', 'ppp_0', 'a+'])
        if r.random() < 0.2:
            text = one()
            return Unit([(V4 | V6, ['!', long, text])],
                        lambda: b'! ' + self.option(names, self.word(text)))
        if r.random() < 0.1:
            return Unit([(V4 | V6, [])], lambda: self.option(names, b'any'))
        if r.random() < 0.6:
            text = one()
            return Unit([(V4 | V6, [long, text])], lambda: self.option(names, self.word(text)))
        values = [one() for _ in range(r.randint(1, 3))]
        name = self.lists.name('iface', values)
        return Unit([(V4 | V6, [long, v]) for v in values],
                    lambda: self.option(names, self.reference(name)))

    def protocol(self, values):
        names = ['-p', '--protocol', '--proto']
        r = self.r
        if len(values) == 1 and r.random() < 0.8:
            if r.random() < 0.1:
                text = {'tcp': 'TCP', 'udp': '17'}.get(values[0], values[0])
                return Unit([(V4 | V6, ['--protocol', values[0]])],
                            lambda: self.option(names, self.word(text)))
            return Unit([(V4 | V6, ['--protocol', values[0]])],
                        lambda: self.option(names, self.word(values[0])))
        name = self.lists.name('proto', values)
        return Unit([(V4 | V6, ['--protocol', v]) for v in values],
                    lambda: self.option(names, self.reference(name)))

    def port(self):
        r = self.r
        low = r.randrange(0, 65000)
        return r.choice(['%d' % low, '%d' % low, '%d' % low, '%d:%d' % (low, low + r.randrange(1, 500)),
                         'domain', 'domain:https', 'https', '1:65535', '0'])

    def ports(self, source, several=False):
        """--dport and its kin; a list folds into multiport, 15 slots at a time."""
        r = self.r
        names = ['--sport', '--source-port'] if source else ['--dport', '--destination-port']
        many = '--source-ports' if source else '--destination-ports'
        multi = r.random() < 0.25  # written as multiport
        values = [self.port() for _ in range(r.choice([2] if several else [1, 1, 1, 2, 3, 5, 14, 15, 16, 40]))]
        if len(values) == 1 and not multi and not isinstance(self.lists, Params) and r.random() < 0.2:
            values = [r.choice(['1024:', ':1023'])]
        bang = [b'!'] if r.random() < 0.2 else []
        if multi:
            names = ['--sports', '--source-ports'] if source else ['--dports', '--destination-ports']
        chunks, slots = [[]], 0
        for value in values:
            if slots + 1 + (':' in value) > 15:
                chunks.append([])
                slots = 0
            chunks[-1].append(value)
            slots += 1 + (':' in value)
        if len(values) == 1 and not multi:
            alternatives = [(V4 | V6, bang + [names[1], values[0]])]
        elif bang:
            alternatives = [(V4 | V6, [w for c in chunks
                                       for w in [b'-m', b'multiport', b'!', many, ','.join(c)]])]
        else:
            alternatives = [(V4 | V6, ['-m', 'multiport', many, ','.join(c)]) for c in chunks]
        if r.random() < 0.5:
            text = ','.join(values)

            def value():
                return self.word(text)
        else:
            name = self.lists.name('port', values)

            def value():
                return self.reference(name)
        head = [b'-m multiport'] if multi else []
        return Unit(alternatives, lambda: b' '.join(head + bang + [self.option(names, value())]))

    # -- awkward bytes --

    def text(self, most):
        r = self.r
        alphabet = r.choice([
            b'abcdefghijklmnop', b'abc 123', b'a "\\\'', b'a$#!-', b' \t-', b'a\xc3\xa4\xe2\x82\xac',
            bytes(c for c in range(1, 256) if c not in (10, 13))])
        text = bytes(r.choice(alphabet) for _ in range(r.choice([1, 2, 5, 10, 20, most, most])))[:most]
        return r.choice([b'', b'', b'', b'-A ', b'-j ', b'! ', b'--', b'$HOME ', b'${X}', b'#', b"'",
                         b'\\', b'"'])[:most] + text[:max(0, most - 7)] or b'x'

    def textual(self, option, most):
        """A text as it is, by name, or put together of both."""
        r, text = self.r, self.text(most)
        way = r.random()
        if way < 0.6:
            return [option, text], lambda: self.option([option], self.word(text))
        if way < 0.8:
            name = self.lists.name('text', [text])
            return [option, text], lambda: self.option([option], self.reference(name))
        name, head, tail = self.lists.name('text', [text[:-1] or b'x']), b'pre.', b'-post'
        whole = head + (text[:-1] or b'x') + tail
        if len(whole) > most:
            return [option, text], lambda: self.option([option], self.word(text))
        return [option, whole], lambda: self.option([option], head + b'${' + name + b'}' + tail)

    def comment(self, tag=None):
        if tag is not None:
            return self.plain(('-m', 'comment'), ('--comment', tag))
        words, spell = self.textual(b'--comment', 255)
        return Unit([(V4 | V6, ['-m', 'comment'] + words)], lambda: b'-m comment ' + spell())

    # -- matches --

    def match(self, chain, families, proto, first):
        """first: no match before it, which may have been of the same kind."""
        r = self.r
        self.serial += 1
        options = [lambda: self.comment()]

        def add(feature, *makers):
            if self.has(feature):
                options.extend(makers)

        def number(low, high):
            return lambda: '%d' % r.randint(low, high)
        bang = r.choice([(), (), ('!',)])
        add('conntrack', lambda: self.plain(('-m', 'conntrack'), bang + (
                '--ctstate', ','.join(r.sample(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'DNAT'],
                                               r.randint(1, 3))))),
            lambda: self.plain(('-m', 'conntrack'), ('--ctstatus', 'ASSURED'), bang + ('--ctexpire', '10:20')),
            lambda: self.listed(['-m', 'conntrack'], '--ctdir', 'text',
                                lambda: r.choice(['ORIGINAL', 'REPLY']), most=2))
        add('state', lambda: self.plain(('-m', 'state'), bang + ('--state', 'NEW,RELATED')))
        add('limit', lambda: self.listed(['-m', 'limit'], '--limit', 'rate',
                                         lambda: r.choice(['5/min', '3/second', '10/hour', '1/min'])),
            lambda: self.plain(('-m', 'limit'), ('--limit', '7/sec'), ('--limit-burst', '9')))
        add('mark', lambda: self.listed(['-m', 'mark'], '--mark', 'number', number(1, 99999),
                                        negated=bool(bang)),
            lambda: self.plain(('-m', 'mark'), bang + ('--mark', '0x%x/0xff' % r.randrange(255))))
        add('connmark', lambda: self.plain(('-m', 'connmark'), bang + ('--mark', '1/3')))
        add('recent', lambda: self.plain(('-m', 'recent'), ('--name', 'n%d' % self.serial), bang + ('--set',),
                                         ('--rsource',)),
            lambda: self.plain(('-m', 'recent'), bang + ('--update',), ('--seconds', '60'), ('--hitcount', '4'),
                               ('--name', 'bad'), ('--rdest',)))
        add('hashlimit', lambda: self.plain(
            ('-m', 'hashlimit'), (r.choice(['--hashlimit-upto', '--hashlimit-above']), '5/min'),
            ('--hashlimit-burst', '7'), ('--hashlimit-mode', r.choice(['srcip', 'srcip,dstip'])),
            ('--hashlimit-name', 'h%d' % self.serial)))
        add('addrtype', lambda: self.plain(('-m', 'addrtype'), bang + ('--dst-type', 'LOCAL,MULTICAST')))
        add('length', lambda: self.plain(('-m', 'length'), bang + ('--length', '10:%d' % r.randint(11, 999))))
        if chain in ('INPUT', 'FORWARD', 'PREROUTING'):  # elsewhere there is none
            add('mac', lambda: self.plain(('-m', 'mac'), bang + (
                '--mac-source', '00:1A:2b:33:44:%02x' % r.randrange(256))))
        add('pkttype', lambda: self.plain(('-m', 'pkttype'), bang + ('--pkt-type', 'broadcast')))
        add('statistic', lambda: self.plain(('-m', 'statistic'), ('--mode', 'nth'), bang + ('--every', '3'),
                                            ('--packet', '1')))
        add('string', lambda: self.plain(('-m', 'string'), ('--algo', 'bm'), bang + (
            '--string', self.text(40))))
        add('dscp', lambda: self.plain(('-m', 'dscp'), bang + ('--dscp-class', 'AF21')))
        add('connlimit', lambda: self.plain(('-m', 'connlimit'), ('--connlimit-above', '5'),
                                            ('--connlimit-mask', '24')))
        add('u32', lambda: self.plain(('-m', 'u32'), bang + ('--u32', '0x0&0xff=0x1:0x5&&4=7')))
        add('time', lambda: self.plain(('-m', 'time'), ('--timestart', '10:00'), ('--timestop', '12:30'),
                                       bang + ('--weekdays', 'Mon,Tue')))
        add('iprange', *([lambda: self.plain(
            ('-m', 'iprange'), bang + ('--src-range', self.range4() if families == V4 else self.range6()),
            families=families, exact=families)] if families != V4 | V6 else []))
        if families == V4:
            add('ttl', lambda: self.plain(('-m', 'ttl'), ('--ttl-lt', '64'), families=V4, exact=V4))
            if first:
                options.append(lambda: self.plain(bang + ('-f',), families=V4, exact=V4))
        if families == V6:
            add('hl', lambda: self.plain(('-m', 'hl'), ('--hl-gt', '64'), families=V6, exact=V6))
            add('frag', lambda: self.plain(('-m', 'frag'), ('--fragid', '1:2'), families=V6, exact=V6))
        if proto == 'tcp' and first:
            flags = r.choice([('SYN,RST', 'SYN'), ('ALL', 'NONE'), ('FIN,SYN,RST,ACK', 'SYN,ACK')])
            options += [lambda: self.plain(bang + ('--tcp-flags', *flags)),
                        lambda: self.plain(bang + ('--syn',)),
                        lambda: self.plain(bang + ('--tcp-option', '8'))]
            add('ecn', lambda: self.plain(('-m', 'ecn'), bang + ('--ecn-tcp-cwr',)))
        return r.choice(options)()

    # -- targets --

    def log(self):
        r = self.r
        words, spell = self.textual(b'--log-prefix', 29)
        extra = r.choice([[], ['--log-level', '6'], ['--log-uid'], ['--log-tcp-options', '--log-ip-options']])
        return Unit([(V4 | V6, ['-j', 'LOG'] + words + extra)],
                    lambda: b' '.join([self.option(['-j', '--jump'], b'LOG'), spell()] + [b(w) for w in extra]))

    def nflog(self):
        words, spell = self.textual(b'--nflog-prefix', 60)
        return Unit([(V4 | V6, ['-j', 'NFLOG'] + words + ['--nflog-group', '5'])],
                    lambda: b'-j NFLOG ' + spell() + b' --nflog-group=5')

    def target(self, table, chain, chains, families, proto, matched):
        r = self.r
        options = [lambda: self.plain(('-j', r.choice(['ACCEPT', 'DROP', 'RETURN'] if table != 'nat' else
                                                      ['ACCEPT', 'RETURN'])))] * 3
        if chains:
            def jump():
                values = [r.choice(chains) for _ in range(r.choice([1, 1, 2]))]
                how = r.choice(['-j', '-g'])
                if len(values) == 1 and r.random() < 0.7:
                    return self.plain((how, values[0]))
                name = self.lists.name('chain', values)
                return Unit([(V4 | V6, [how, v]) for v in values],
                            lambda: self.option([how], self.reference(name)))
            options += [jump] * 2
        if self.has('LOG'):
            options += [self.log] * 2
        if self.has('NFLOG'):
            options += [self.nflog]
        options.append(lambda: Unit([(V4 | V6, [])], lambda: b''))  # no target at all
        if table == 'filter' and self.has('REJECT'):
            options.append(lambda: self.plain(('-j', 'REJECT')))
            if proto == 'tcp':
                options.append(lambda: self.plain(('-j', 'REJECT'), ('--reject-with', 'tcp-reset')))
            if families == V4:
                options.append(lambda: self.plain(('-j', 'REJECT'), ('--reject-with', 'icmp-host-prohibited'),
                                                  families=V4, exact=V4))
            if families == V6:
                options.append(lambda: self.plain(('-j', 'REJECT'), ('--reject-with', 'icmp6-adm-prohibited'),
                                                  families=V6, exact=V6))
        if table == 'mangle':
            options += [lambda: self.listed(['-j', 'MARK'], '--set-mark', 'number', lambda: '%d' % r.randrange(99999)),
                        lambda: self.plain(('-j', 'MARK'), ('--set-xmark', '0x1/0xf'))]
            if self.has('CONNMARK'):
                options.append(lambda: self.plain(('-j', 'CONNMARK'), ('--save-mark',), ('--nfmask', '0xff'),
                                                  ('--ctmask', '0xff')))
            if self.has('DSCP'):
                options.append(lambda: self.plain(('-j', 'DSCP'), ('--set-dscp-class', 'EF')))
            if proto == 'tcp' and self.has('TCPMSS') and chain == 'FORWARD' and not matched:
                options.append(lambda: self.plain(('--tcp-flags', 'SYN,RST', 'SYN'), ('-j', 'TCPMSS'),
                                                  ('--clamp-mss-to-pmtu',)))
        if table == 'nat' and families != V4 | V6:
            options = self.nat_targets(chain, families, proto) or options
        return r.choice(options)()

    def nat_targets(self, chain, families, proto):
        r = self.r
        ports = proto in ('tcp', 'udp')
        address = (lambda: '10.1.2.%d' % r.randint(1, 9)) if families == V4 else \
            (lambda: '2001:db8::%x' % r.randint(1, 99))

        def place(with_port):
            text = address()
            if not with_port:
                return r.choice([text, text + '-' + (text[:-1] + 'f' if families == V6 else '10.1.2.99')])
            return ('[%s]:%s' if families == V6 else '%s:%s') % (text, r.choice(['80', '1000-1009']))

        def one(target, option, with_port, *extra):
            value = place(with_port)
            return lambda: self.plain(('-j', target), (option, value), *extra, families=families,
                                      exact=families)
        if chain in ('PREROUTING', 'OUTPUT'):
            options = [one('DNAT', '--to-destination', False),
                       one('DNAT', '--to-destination', False, ('--persistent',))]
            if ports:
                options += [one('DNAT', '--to-destination', True), lambda: self.plain(('-j', 'REDIRECT'),
                                                                                     ('--to-ports', '8080-8090'))]
            return options
        if chain in ('POSTROUTING', 'INPUT'):
            options = [one('SNAT', '--to-source', False), one('SNAT', '--to-source', False, ('--random',))]
            if chain == 'POSTROUTING':
                options.append(lambda: self.plain(('-j', 'MASQUERADE')))
            if ports:
                options.append(one('SNAT', '--to-source', True))
            return options
        return []

    # -- a whole line --

    def line(self, table, chain, chains, tag=None):
        """Its units in their order, and the families that it is for."""
        r = self.r
        families = r.choice([V4, V6, V4 | V6])
        units = []
        if chain not in ('OUTPUT', 'POSTROUTING') and r.random() < 0.4:
            units.append(self.interface(True))
        if chain not in ('INPUT', 'PREROUTING') and r.random() < 0.3:
            units.append(self.interface(False))
        if r.random() < 0.6:
            units.append(self.address(True, families))
        if r.random() < 0.4:
            units.append(self.address(False, families))
        proto = r.choice(['tcp', 'tcp', 'udp', None, None, 'icmp', 'both', 'number'])
        r.shuffle(units)
        if proto == 'both':
            units.append(self.protocol(['tcp', 'udp']))
        elif proto == 'number':
            value, bang = '%d' % r.choice([47, 50, 89, 112]), r.choice([(), ('!',)])
            units.append(self.plain(bang + ('-p', value)))
        elif proto == 'icmp' and families == V4:
            units.append(self.plain(('-p', r.choice(['icmp', '1'])), ('--icmp-type', r.choice(
                ['8', 'echo-request', '3/4', 'destination-unreachable'])), families=V4, exact=V4))
        elif proto == 'icmp' and families == V6:
            units.append(self.plain(('-p', r.choice(['ipv6-icmp', 'icmpv6', '58'])), ('--icmpv6-type', r.choice(
                ['128', 'echo-request', '1/4', 'neighbour-solicitation'])), families=V6, exact=V6))
        elif proto in ('tcp', 'udp'):
            units.append(self.protocol([proto]))
            if r.random() < 0.3:
                units.append(self.plain(('-m', proto)))
        if proto in ('tcp', 'udp', 'both'):
            if r.random() < 0.6:
                units.append(self.ports(False))
            if r.random() < 0.2:
                # --sport behind a multiport is multiport's --sports to the programs
                units.append(self.ports(True, b'multiport' in units[-1].alternatives[0][1]))
        matched = r.choice([0, 0, 1, 1, 2])
        for i in range(matched):
            units.append(self.match(chain, families, proto, i == 0))
        if tag is not None:
            units.append(self.comment(tag))
        units.append(self.target(table, chain, chains, families, proto, matched))
        allowed = V4 | V6
        for unit in units:
            allowed &= unit.exact or V4 | V6
        if not allowed:
            return self.line(table, chain, chains, tag)
        return units, allowed


def product(units, family):
    """The rules that they stand for: leftmost slowest."""
    rules = [[]]
    for unit in units:
        rules = [rule + words for rule in rules for f, words in unit.alternatives if f & family]
    return rules


# --- a whole set of drop-ins -----------------------------------------------------------

CHAINS = {'filter': ['INPUT', 'FORWARD', 'OUTPUT'], 'mangle': ['PREROUTING', 'FORWARD', 'POSTROUTING'],
          'nat': ['PREROUTING', 'POSTROUTING', 'OUTPUT'], 'raw': ['PREROUTING']}
USER = ['W0', 'W1', 'w.2', "W'3", 'W#4[x]', 'a-chain-of-the-full-28-bytes']


class World:
    """What the kernel must hold: (family, table, chain) -> rules."""

    def __init__(self):
        self.rules = {}

    def of(self, family, table, chain):
        return self.rules.setdefault((family, table, chain), [])

    def count(self):
        return sum(len(rules) for rules in self.rules.values())


class Writer:
    def __init__(self, r, gen, world):
        self.r, self.gen, self.world = r, gen, world
        self.tags = []

    def shape(self, line):
        """Blanks, counters, a continued line."""
        r = self.r
        if r.random() < 0.05:
            line = b'[%d:%d] ' % (r.randrange(9999), r.randrange(9999)) + line
        if r.random() < 0.1:
            line = r.choice([b' ', b'\t', b'   ']) + line
        if r.random() < 0.1:
            line += r.choice([b' ', b' # what it is for', b'\t#x "y', b' # $unknown'])
        elif r.random() < 0.1:
            # at a blank outside quotes: nowhere near one
            at = line.rfind(b' -j ')
            if at > 0 and b'"' not in line:
                line = line[:at] + b' \\\n  ' + line[at:]
        return line

    def flags(self, families):
        if families == V4 | V6 or self.r.random() < 0.7:
            return b''
        return self.r.choice([b'-4 ', b'--ipv4 '] if families == V4 else [b'-6 ', b'--ipv6 '])

    def spell(self, units):
        return b' '.join(filter(None, (u.spell() for u in units)))

    def rule(self, table, user):
        """One line; what it does is done to the world."""
        r, world = self.r, self.world
        chain = r.choice(CHAINS[table] + user)
        below = user[user.index(chain) + 1:] if chain in user else user
        command = r.choice(['-A'] * 12 + ['-I', '-I', 'tagged', 'tagged', '-R', '-Dn', '-D'])
        if command == '-D' and self.tags:
            return self.delete_rule()
        lengths = [len(world.of(f, table, chain)) for f in FAMILIES]
        if command == '-Dn' and min(lengths) > 0:
            at = r.randint(1, min(lengths))
            for f in FAMILIES:
                self.forget(world.of(f, table, chain)[at - 1])
                del world.of(f, table, chain)[at - 1]
            return table, b'%s %s %d' % (b(r.choice(['-D', '--delete'])), b(chain), at)
        tag = None
        if command == 'tagged':
            tag = 'tag-%d' % r.randrange(10 ** 9)
        units, families = self.gen.line(table, chain, below, tag)
        made = {f: product(units, f) if families & f else [] for f in FAMILIES}
        if command == '-R' and min(lengths) > 0 and max(map(len, made.values())) == 1:
            at = r.randint(1, min(lengths))
            for f in FAMILIES:
                if made[f]:
                    self.forget(world.of(f, table, chain)[at - 1])
                    world.of(f, table, chain)[at - 1] = made[f][0]
            head = b'%s %s %d' % (b(r.choice(['-R', '--replace'])), b(chain), at)
        elif command == '-I':
            at = r.randint(1, min(lengths) + 1)
            for f in FAMILIES:
                world.of(f, table, chain)[at - 1:at - 1] = made[f]
            head = b'-I ' + b(chain)
            if at > 1 or r.random() < 0.5:
                head += b' %d' % at
        else:
            for f in FAMILIES:
                world.of(f, table, chain).extend(made[f])
            head = b(r.choice(['-A', '-A', '-A', '--append', '--app'])) + b' ' + b(chain)
            if r.random() < 0.05:
                head = b'--append=' + b(chain)
        if tag:
            self.tags.append((table, chain, units, families, made))
        return table, self.shape(self.flags(families) + head + b' ' + self.spell(units))

    def forget(self, rule):
        self.tags = [t for t in self.tags if not any(rule in rules for rules in t[4].values())]

    def delete_rule(self):
        """The same rules, spelled in another way."""
        table, chain, units, families, made = self.tags.pop(self.r.randrange(len(self.tags)))
        for f in FAMILIES:
            for rule in made[f]:
                self.world.of(f, table, chain).remove(rule)
        return table, self.flags(families) + b'-D ' + b(chain) + b' ' + self.spell(units)

    def dropin(self, count, declare):
        """count rules in the kernel or more."""
        out, table = [], None
        if declare:
            for t in ('filter', 'mangle', 'nat'):
                out.append(b'*' + b(t))
                for chain in USER:
                    out.append(self.r.choice([b':%s - [0:0]', b':%s -', b'-N %s']) % b(chain))
                out.append(b'COMMIT')
        lines = 0
        while self.world.count() < count:
            # lines of one table stand together, as people have them
            if lines % 20 == 0:
                table = self.r.choice(['filter', 'filter', 'mangle', 'nat', 'raw'])
                out.append(b'*' + b(table))
            lines += 1
            where, line = self.rule(table, USER if table != 'raw' else [])
            if where != table:
                out += [b'*' + b(where), line, b'*' + b(table)]
            else:
                out.append(line)
        newline = self.r.choice([b'\n', b'\n', b'\r\n'])
        text = newline.join(line if newline == b'\n' else line.replace(b'\n', b'\r\n') for line in out)
        return text + self.r.choice([b'', newline])

    def template(self):
        """A template of some lines, used once."""
        params = Params(self.r)
        sets, self.gen.lists = self.gen.lists, params
        lines = []
        for _ in range(self.r.randint(1, 4)):
            table = self.r.choice(['filter', 'mangle'])
            chain = self.r.choice(CHAINS[table] + USER)
            below = USER[USER.index(chain) + 1:] if chain in USER else USER
            units, families = self.gen.line(table, chain, below)
            for f in FAMILIES:
                if families & f:
                    self.world.of(f, table, chain).extend(product(units, f))
            lines += [b'*' + b(table), self.shape(self.flags(families) + b'-A ' + b(chain) + b' ' +
                                                  self.spell(units))]
        self.gen.lists = sets
        return b'\n'.join([b'# a template'] + params.params + lines) + b'\n', params.use
