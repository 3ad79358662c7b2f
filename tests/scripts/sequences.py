#!/usr/bin/python3
"""Random sequences of iptables commands, as shell scripts; used by run-sequences.

sequences.py SEED FIRST LAST LENGTH DIR writes DIR/N.sh for each N. A script depends on SEED, N
and LENGTH alone. It uses all commands, both families and all tables; most commands are right,
some are wrong on purpose. Exit codes, listings and messages end up in comments of the rules
that the script leaves, so that comparing rules compares them too.
"""
import random
import shlex
import sys

BUILTIN = {
    "filter": ["INPUT", "FORWARD", "OUTPUT"],
    "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
    "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    "raw": ["PREROUTING", "OUTPUT"],
}
USER = ["web", "LOGDROP", "f2b-sshd", "a.b_c", "x", "twenty-eight-characters-long"]
HEAD = """#!{shell}
# test: errors=warn
# {origin}
s=
sum() {{ cksum | cut -d' ' -f1; }}
log() {{ iptables -t security -A OUTPUT -m comment --comment "$s"; s=; }}
"""


def jumps(rule):
    """Whether a rule leads to a chain of the user."""
    return any(word in USER for part in rule for spelling in part for word in spelling)


class Sequence:
    def __init__(self, seed, number, length):
        self.rng = random.Random(f"{seed}/{number}/{length}")
        # chains of a family and table, each a list of the rules that it probably has
        self.tables = {(six, table): {chain: [] for chain in chains}
                       for six in (False, True) for table, chains in BUILTIN.items()}
        shell = self.rng.choice(["/bin/sh", "/bin/bash"])
        self.lines = [HEAD.format(shell=shell, origin=f"sequence {seed} {number} {length}")]
        for i in range(length):
            self.one()
            if i % 10 == 9:
                self.lines.append("log")
        self.lines.append("log")

    # --- words ---------------------------------------------------------------------------

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def where(self):
        """A family, a table and its chains."""
        self.six = self.chance(35)
        self.table = self.rng.choices(list(BUILTIN), [60, 15, 15, 10])[0]
        self.chains = self.tables[self.six, self.table]

    def chain(self):
        if self.chance(3):
            return "nosuch"
        return self.rng.choice(list(self.chains))

    def address(self):
        """Spellings of one address."""
        n = self.rng.randint(0, 3)
        if self.six:
            return self.pick([f"2001:db8::{n}", f"2001:DB8:0:0::{n}", f"2001:db8::{n}/128"],
                             [f"2001:db8:{n}::/48", f"2001:db8:{n}::1/48"], ["fe80::/10"])
        return self.pick([f"192.0.2.{n}", f"192.0.2.{n}/32", f"192.0.2.{n}/255.255.255.255"],
                         [f"10.{n}.0.0/16", f"10.{n}.7.7/16", f"10.{n}.0.0/255.255.0.0"],
                         ["198.51.100.0/24", "198.51.100.9/24"])

    # --- a rule: parts, each with all its spellings, a spelling being a list of words ------

    def addresses(self):
        parts = []
        for short, long in ("-s", "--source"), ("-d", "--destination"):
            if not self.chance(25):
                continue
            if self.chance(12):
                both = self.address()[0] + "," + self.address()[0]
                parts.append([[short, both]])
            else:
                no = ["!"] if self.chance(15) else []
                parts.append([no + [option, a] for a in self.address()
                              for option in (short, long)])
        return parts

    def interfaces(self, chain):
        parts = []
        for option, long, never in (("-i", "--in-interface", ("OUTPUT", "POSTROUTING")),
                                    ("-o", "--out-interface", ("INPUT", "PREROUTING"))):
            if self.chance(20 if chain not in never else 1):
                no = ["!"] if self.chance(15) else []
                name = self.pick("eth0", "eth1", "lo", "tun+", "br-lan.7")
                parts.append([no + [option, name], no + [long, name]])
        return parts

    def protocol(self):
        """A protocol and what goes with it."""
        icmp, types = ("ipv6-icmp", "--icmpv6-type") if self.six else ("icmp", "--icmp-type")
        kind = self.rng.choices(["none", "tcp", "udp", "icmp", "other"], [30, 40, 15, 10, 5])[0]
        if kind == "none":
            return []
        if kind == "other":
            return [[["-p", self.pick("esp", "gre", "89", "sctp", "all")]]]
        if kind == "icmp":
            spell = [["-p", icmp], ["-p", "58" if self.six else "1"]]
            echo = [[types, "echo-request"], [types, "128" if self.six else "8"]]
            return [spell, echo] if self.chance(70) else [spell]
        parts = [[["-p", kind], ["-p", kind.upper()], ["--protocol", kind],
                  ["-p", "6" if kind == "tcp" else "17"]]]
        no = ["!"] if self.chance(10) else []
        if self.chance(60):
            port = self.pick(["22", "ssh", "22:22"], ["80", "http"], ["1024:", "1024:65535"],
                             [":1023", "0:1023"], ["6000:6007"])
            parts.append([no + [option, p] for p in port
                          for option in ("--dport", "--destination-port")])
        elif self.chance(50):
            ports = self.pick("80,443", "22,1000:2000,53", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15")
            parts.append([["-m", "multiport"] + no + [option, ports]
                          for option in ("--dports", "--destination-ports")])
        if kind == "tcp" and self.chance(15):
            parts.append(self.pick(
                [["--syn"], ["--tcp-flags", "SYN,RST,ACK,FIN", "SYN"]],
                [["--tcp-flags", "ALL", "NONE"],
                 ["--tcp-flags", "FIN,SYN,RST,PSH,ACK,URG", "NONE"]],
                [["!", "--syn"]]))
        return parts

    def match(self, chain):
        n = self.rng.randint(1, 3)
        hl = "hl" if self.six else "ttl"
        choices = [
            [["-m", "state", "--state", "ESTABLISHED,RELATED"],
             ["-m", "state", "--state", "RELATED,ESTABLISHED"],
             ["--match", "state", "--state", "RELATED,ESTABLISHED"]],
            [["-m", "conntrack", "--ctstate", "NEW"]],
            [["-m", "conntrack", "!", "--ctstate", "INVALID"]],
            [["-m", "limit", "--limit", "60/min"], ["-m", "limit", "--limit", "1/s"],
             ["-m", "limit", "--limit", "1/second", "--limit-burst", "5"]],
            [["-m", "limit", "--limit", f"{n}/hour", "--limit-burst", str(n)]],
            [["-m", "comment", "--comment", self.pick(
                "plain", "two words", "it's", 'a "quoted" one', "back\\slash", "$HOME `x` *",
                "-A INPUT -j DROP", "#", "ümlaut", " ", "!")]],
            [["-m", "mark", "--mark", str(n)], ["-m", "mark", "--mark", f"0x{n}"],
             ["-m", "mark", "--mark", f"0x{n}/0xffffffff"]],
            [["-m", "connmark", "!", "--mark", f"{n}/0xff"]],
            [["-m", "length", "--length", f"{n}:100"]],
            [["-m", "pkttype", "--pkt-type", "multicast"]],
            [["-m", "addrtype", "--dst-type", "LOCAL"]],
            [["-m", hl, f"--{hl}-eq", str(n)]],
            [["-m", "tos", "--tos", "0x10"]],
            [["-m", "dscp", "--dscp", "46"], ["-m", "dscp", "--dscp-class", "EF"]],
            [["-m", "recent", "--name", f"r{n}", "--set"]],
            [["-m", "recent", "--name", f"r{n}", "--update", "--seconds", "60", "--hitcount", "4"]],
            [["-m", "hashlimit", "--hashlimit-name", f"h{n}", "--hashlimit-upto", "5/sec",
              "--hashlimit-mode", "srcip"]],
            [["-m", "statistic", "--mode", "nth", "--every", "4", "--packet", "0"]],
            [["-m", "string", "--string", "a b", "--algo", "bm"]],
            [["-m", "time", "--timestart", "08:00", "--timestop", "18:00"]],
            [["-m", "quota", "--quota", "1000"]],
        ]
        if chain in ("OUTPUT", "POSTROUTING"):
            choices.append([["-m", "owner", "--uid-owner", who] for who in ("root", "0")])
        else:
            choices.append([["-m", "mac", "--mac-source", mac]
                            for mac in ("00:16:3e:00:00:01", "00:16:3E:00:00:01")])
        if not self.six:
            choices.append([["-m", "iprange", "--src-range", f"10.0.0.{n}-10.0.0.99"]])
            choices.append([["-f"], ["--fragment"]])
        return self.rng.choice(choices)

    def target(self, chain, tcp):
        # never a loop: rampart refuses one also where no packet comes, which the kernel takes
        users = [c for c in self.chains if c not in BUILTIN[self.table] and
                 (chain in BUILTIN[self.table] or c > chain)]
        if users and self.chance(20):
            user = self.rng.choice(users)
            if self.chance(10):
                return [["-g", user], ["--goto", user]]
            return [["-j", user], ["--jump", user]]
        if self.chance(3):
            return []
        to = "2001:db8::77" if self.six else "192.0.2.77"
        choices = [["ACCEPT"], ["ACCEPT"], ["ACCEPT"], ["RETURN"], ["LOG"],
                   ["LOG", "--log-prefix", self.pick("in: ", "it's ", "-A ")],
                   ["NFLOG", "--nflog-group", "2"]]
        if self.table == "filter":
            choices += [["DROP"]] * 4 + [["REJECT"], ["REJECT"]]
            if tcp:
                choices.append(["REJECT", "--reject-with", "tcp-reset"])
        elif self.table == "mangle":
            choices += [["DROP"], ["MARK", "--set-mark", "1"], ["MARK", "--or-mark", "0x10"],
                        ["CONNMARK", "--save-mark"], ["DSCP", "--set-dscp", "10"],
                        ["TOS", "--set-tos", "0x10"]]
        elif self.table == "raw":
            choices += [["DROP"], ["CT", "--notrack"], ["NOTRACK"], ["CT", "--zone", "2"]]
        elif chain in ("PREROUTING", "OUTPUT"):
            choices += [["DNAT", "--to-destination", to]] * 3 + [["REDIRECT"]] * 2
            if tcp:
                choices.append(["REDIRECT", "--to-ports", "8080"])
        elif chain in ("POSTROUTING", "INPUT"):
            choices += [["SNAT", "--to-source", to]] * 3
            if chain == "POSTROUTING":
                choices += [["MASQUERADE"]] * 3
        choice = self.rng.choice(choices)
        return [["-j"] + choice, ["--jump"] + choice]

    def rule(self, chain):
        protocol = self.protocol()
        tcp = bool(protocol) and protocol[0][0] == ["-p", "tcp"]
        parts = self.addresses() + self.interfaces(chain) + protocol
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2])):
            parts.append(self.match(chain))
        target = self.target(chain, tcp)
        if target:
            parts.append(target)
        return parts

    def spell(self, rule):
        return [word for part in rule for word in self.rng.choice(part)]

    # --- commands ------------------------------------------------------------------------

    def say(self, words, how=None):
        """One command, with what is kept of it: its exit code, or its output too."""
        program = "ip6tables" if self.six else "iptables"
        program = self.pick(program, program, program, "/sbin/" + program, program + " -w")
        table = ["-t", self.table] if self.table != "filter" or self.chance(10) else []
        words = words + table if self.chance(10) else table + words
        command = program + " " + " ".join(map(shlex.quote, words))
        if how == "output":
            self.lines.append(f'o=$({command} 2>&1); s="$s $?:$(echo "$o" | sum)"')
        elif self.chance(15):
            self.lines.append(f'o=$({command} 2>&1); s="$s $?:$(echo "$o" | sum)"')
        elif self.chance(60):
            self.lines.append(f'{command} 2>/dev/null; s="$s $?"')
        else:
            self.lines.append(f'{command}; s="$s $?"')

    def one(self):
        self.where()
        commands = {"append": 40, "insert": 10, "delete": 6, "delete_number": 5, "replace": 5,
                    "check": 6, "new": 9, "remove": 4, "flush": 2, "rename": 2, "policy": 3,
                    "zero": 2, "show": 6, "save": 2, "restore": 3, "wrong": 8}
        getattr(self, self.rng.choices(list(commands), list(commands.values()))[0])()

    def append(self):
        chain = self.chain()
        rule = self.rule(chain)
        self.say([self.pick("-A", "-A", "--append"), chain] + self.spell(rule))
        self.chains.get(chain, []).append(rule)

    def insert(self):
        chain = self.chain()
        rules = self.chains.get(chain, [])
        rule = self.rule(chain)
        number = self.rng.randint(1, len(rules) + (3 if self.chance(10) else 1))
        place = [] if self.chance(30) else [str(number)]
        self.say([self.pick("-I", "--insert"), chain] + place + self.spell(rule))
        rules.insert(number - 1 if place else 0, rule)

    def known(self):
        """A chain and a rule that it probably has."""
        full = [c for c in self.chains if self.chains[c]]
        if not full or self.chance(10):
            chain = self.chain()
            return chain, self.rule(chain)
        chain = self.rng.choice(full)
        return chain, self.rng.choice(self.chains[chain])

    def delete(self):
        chain, rule = self.known()
        self.say(["-D", chain] + self.spell(rule))
        if rule in self.chains.get(chain, []):
            self.chains[chain].remove(rule)

    def delete_number(self):
        chain, _ = self.known()
        rules = self.chains.get(chain, [])
        number = self.rng.randint(1, len(rules) + (2 if self.chance(15) else 0) or 1)
        self.say(["-D", chain, str(number)])
        del rules[number - 1:number]

    def replace(self):
        chain, _ = self.known()
        rules = self.chains.get(chain, [])
        number = self.rng.randint(1, len(rules) + (2 if self.chance(15) else 0) or 1)
        rule = self.rule(chain)
        self.say(["-R", chain, str(number)] + self.spell(rule))
        rules[number - 1:number] = [rule]

    def check(self):
        chain, rule = self.known()
        self.say(["-C", chain] + self.spell(rule))

    def new(self):
        chain = self.rng.choice(USER)
        self.say(["-N", chain])
        self.chains.setdefault(chain, [])

    def users(self):
        return [c for c in self.chains if c not in BUILTIN[self.table]] or ["nosuch"]

    def remove(self):
        if self.chance(25):
            return self.say(["-X"])
        chain = self.rng.choice(self.users())
        if self.chance(60):
            self.say(["-F", chain])
            if chain in self.chains:
                self.chains[chain] = []
        self.say(["-X", chain])
        if not self.chains.get(chain, [1]):
            del self.chains[chain]

    def flush(self):
        if self.chance(15):
            self.say(["-F"])
            for chain in self.chains:
                self.chains[chain] = []
        else:
            chain = self.chain()
            self.say(["-F", chain])
            if chain in self.chains:
                self.chains[chain] = []

    def rename(self):
        old, new = self.rng.choice(self.users()), self.rng.choice(USER)
        if any(jumps(rule) for rule in self.chains.get(old, [])):
            return self.check()  # its new name could close a loop
        self.say(["-E", old, new])
        if old in self.chains and new not in self.chains:
            self.chains[new] = self.chains.pop(old)

    def policy(self):
        self.say(["-P", self.rng.choice(BUILTIN[self.table]),
                  self.pick("DROP", "DROP", "ACCEPT", "RETURN")])

    def zero(self):
        self.say(["-Z"] + self.pick([], [self.chain()], [self.chain(), "1"]))

    def show(self):
        self.say(self.pick(["-S"], ["-S", self.chain()], ["-nL"], ["-L", self.chain(), "-n"],
                           ["-nvL"], ["-L", "-n", "--line-numbers"], ["-L", self.chain(), "-nvx"],
                           ["-S", self.chain(), "1"], ["-vS"]), "output")

    def save(self):
        program = "ip6tables-save" if self.six else "iptables-save"
        self.lines.append(f"o=$({program} -t {self.table} | grep -v '^#'); "
                          's="$s $?:$(echo "$o" | sum)"')

    def restore(self):
        chain = self.rng.choice(USER)
        text = [f"*{self.table}"]
        fresh = chain not in self.chains or self.chance(30)
        if fresh:
            text.append(f":{chain} - [0:0]")
        for _ in range(self.rng.randint(0, 3)):
            to = self.pick(chain, self.chain())
            words = [f'"{w}"' if " " in w or not w.isascii() else w
                     for w in self.spell(self.rule(to)) if '"' not in w and "\\" not in w]
            text.append(" ".join(["-A", to] + words))
        text.append("COMMIT")
        program = "ip6tables-restore -n" if self.six else "iptables-restore -n"
        quoted = " ".join(map(shlex.quote, text))
        self.lines.append(f"printf '%s\\n' {quoted} | {program} 2>/dev/null; " 's="$s $?"')
        if fresh:
            self.chains[chain] = []

    def wrong(self):
        chain = self.chain()
        other = "192.0.2.1" if self.six else "2001:db8::1"
        self.say(self.pick(
            ["-A", chain, "-j", "NOSUCH"], ["-A", chain, "-j"], ["-A", chain, "extra"],
            ["-A", chain, "-p", "tcp", "--dport", "99999", "-j", "ACCEPT"],
            ["-A", chain, "--dport", "22"], ["-A", chain, "-m", "nosuch"],
            ["-A", chain, "-s", other], ["-A", chain, "-s", "!", "10.0.0.1"],
            ["-A", chain, "-i", "eth0", "-o", "lo"], ["-A", chain, "-j", "MASQUERADE"],
            ["-A", chain, "-j", "TCPMSS", "--clamp-mss-to-pmtu"],
            ["-A", chain, "-m", "owner", "--uid-owner", "root"],
            ["-A", chain, "-p", "udp", "-j", "REJECT", "--reject-with", "tcp-reset"],
            ["-D", chain, "0"], ["-I", chain, "99"], ["-R", chain, "99", "-j", "ACCEPT"],
            ["-N", chain], ["-N", "LOG"], ["-N", "a-name-of-29-characters-or-so"], ["-X", chain],
            ["-E", "nosuch", "x"], ["-F", "nosuch"], ["-P", chain, "MAYBE"],
            ["-P", "nosuch", "DROP"], ["-L", "nosuch"], ["-C", chain], ["-Z", "nosuch"],
            ["--nosuch"], []))


def main():
    seed, first, last, length, directory = sys.argv[1:]
    for number in range(int(first), int(last) + 1):
        path = f"{directory}/{number}.sh"
        with open(path, "w", encoding="utf-8") as file:
            print("\n".join(Sequence(seed, number, int(length)).lines), file=file)


if __name__ == "__main__":
    main()
