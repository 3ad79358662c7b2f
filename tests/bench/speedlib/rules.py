"""rules: one ruleset of any size, for everybody: as drop-ins of rampart, as ferm's and ufw's files,
as a script of single commands, and as a script that writes a restore file.

Each rule is one that people write: a source, a port, conntrack and a comment. DESK of them stand
in a drop-in of their own in the middle, the one that changes.
"""
import collections
import os

DESK = 10
SERVICES = (("ssh", 22), ("dns", 53), ("bgp", 179), ("https", 443), ("etcd", 2379), ("mysql", 3306),
            ("postgres", 5432), ("kube", 6443), ("proxy", 8080), ("node", 9100), ("kubelet", 10250))
BASE = ('-A INPUT -i lo -m comment --comment "this host itself" -j ACCEPT',
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "answers" '
        '-j ACCEPT',
        '-A INPUT -p tcp --dport 113 -m comment --comment "no ident" -j REJECT')
BASELINE = "policy { INPUT = DROP }\n"
ONE_FAMILY = "families = {ipv4}\n"
TEMPLATE = """# service: who may reach a port
param chain chain   # where the rules stand
param from  address # who may
param port  port    # what
param note  string  # the comment of the rules
-A $chain -s $from -p tcp --dport $port -m conntrack --ctstate NEW \\
    -m comment --comment $note -j ACCEPT
"""


class Shape(collections.namedtuple("Shape", "rules chains files kind")):
    """So many rules, spread over chains, written into so many drop-ins. kind: "rules",
    "templates", or "both" for each rule once for IPv4 and once for IPv6."""

    def chain(self, n):
        return "INPUT" if self.chains == 1 else "SVC_%04d" % (n * self.chains // self.rules)

    def begins(self, n):
        """Is it the first rule of a chain of its own?"""
        return self.chains > 1 and (n == 0 or self.chain(n) != self.chain(n - 1))

    def total(self):
        """How many rules the kernel holds of each family, the jumps to the chains included."""
        return self.rules + len(BASE) + (self.chains if self.chains > 1 else 0)

    def desk(self):
        """Its rules: in the middle of a chain where that has more than a few."""
        first = self.rules // 2 + self.rules // self.chains // 2
        first = min(first, self.rules - DESK)
        return range(first, first + DESK)


def source(n, family=4):
    if family == 6:
        return "2001:db8:%x::%x" % (n >> 8, 1 + (n & 255))
    return "10.%d.%d.%d" % (n >> 14 & 255, n >> 6 & 255, 1 + (n & 63))


def port(n, moved=0):
    return SERVICES[(n * 7 + n // 13) % len(SERVICES)][1] + moved


def note(n):
    return "host %06d to %s" % (n, SERVICES[(n * 7 + n // 13) % len(SERVICES)][0])


def rule(shape, n, moved=0, family=4):
    return ('-A %s -s %s -p tcp --dport %d -m conntrack --ctstate NEW -m comment --comment "%s" '
            '-j ACCEPT' % (shape.chain(n), source(n, family), port(n, moved), note(n)))


def parts(shape, with_desk=True):
    """(name, numbers of rules): the drop-ins in their order. Without the desk its rules stand
    among the others."""
    desk = shape.desk() if with_desk else ()
    lists = [[] for _ in range(shape.files)]
    for n in range(shape.rules):
        if n not in desk:
            lists[n * shape.files // shape.rules].append(n)
    for at, numbers in enumerate(lists):
        if with_desk and at == shape.files // 2:
            yield desk_name(shape), list(desk)
        if numbers:
            yield "%05d-some" % (at + 1), numbers


def desk_name(shape):
    return "%05d-desk" % (shape.files // 2 + 1)


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


# --- drop-ins ------------------------------------------------------------------------------------

def rules_text(shape, numbers, moved=0):
    declared = None
    for n in numbers:
        chain = shape.chain(n)
        if chain != declared and shape.chains > 1:
            yield ":%s -" % chain
            declared = chain
        if shape.begins(n):
            yield "-A INPUT -j %s" % chain
        yield rule(shape, n, moved)
        if shape.kind == "both":
            yield rule(shape, n, moved, 6)


def template_text(shape, numbers, moved=0):
    """Each use has up to ten addresses of one chain."""
    while numbers:
        chain = shape.chain(numbers[0])
        few = [n for n in numbers[:10] if shape.chain(n) == chain]
        yield ('service { chain = %s  port = %d  note = "%s"\n          from = {%s} }'
               % (chain, port(few[0], moved), note(few[0]), ", ".join(source(n) for n in few)))
        numbers = numbers[len(few):]


def write_part(shape, conf_d, name, numbers, moved=0):
    if shape.kind == "templates":
        write("%s/%s.conf" % (conf_d, name), template_text(shape, numbers, moved))
    else:
        write("%s/%s.rules" % (conf_d, name), rules_text(shape, numbers, moved))


def write_baseline(shape, etc):
    write(etc + "/rampart.conf", [BASELINE + ("" if shape.kind == "both" else ONE_FAMILY)])


def write_dropins(shape, etc):
    conf_d = etc + "/conf.d"
    base = list(BASE)
    if shape.kind == "templates":
        write(etc + "/templates/service.rules", [TEMPLATE])
        for n in range(shape.rules):
            if shape.begins(n):
                base += [":%s -" % shape.chain(n), "-A INPUT -j %s" % shape.chain(n)]
    write_baseline(shape, etc)
    write(conf_d + "/00000-base.rules", base)
    for name, numbers in parts(shape):
        write_part(shape, conf_d, name, numbers)


def change_desk(shape, etc, moved):
    """The one drop-in that changes: other ports, or the first ones again."""
    write_part(shape, etc + "/conf.d", desk_name(shape), list(shape.desk()), moved)


# --- shell ---------------------------------------------------------------------------------------

def write_script(shape, path):
    """One command a rule, as old firewall scripts are."""
    lines = ["#!/bin/sh", "IPT=iptables"] + ["$IPT " + line for line in BASE]
    for n in range(shape.rules):
        if shape.begins(n):
            lines += ["$IPT -N " + shape.chain(n), "$IPT -A INPUT -j " + shape.chain(n)]
        lines.append("$IPT " + rule(shape, n))
    write(path, lines)


ADDRULE = """RULES=$1 RESTORE=$2
addrule() { printf '%s\\n' "$1" >>"$RULES"; }
echo '*filter' >"$RULES"
addrule ':INPUT DROP [0:0]'
addrule ':FORWARD ACCEPT [0:0]'
addrule ':OUTPUT ACCEPT [0:0]'
for part in "${0%/*}"/conf.d/*.sh; do . "$part"; done
addrule COMMIT
"$RESTORE" --test <"$RULES" && "$RESTORE" <"$RULES"
"""


def write_addrule(shape, where):
    """The better kind of script: sourced parts append to a file, which is tested and restored."""
    write(where + "/firewall.sh", [ADDRULE])
    write(where + "/conf.d/00000-base.sh", ["addrule '%s'" % line for line in BASE])
    for name, numbers in parts(shape, with_desk=False):
        lines = []
        for n in numbers:
            if shape.begins(n):
                lines += ["addrule ':%s - [0:0]'" % shape.chain(n),
                          "addrule '-A INPUT -j %s'" % shape.chain(n)]
            lines.append("addrule '%s'" % rule(shape, n))
        write("%s/conf.d/%s.sh" % (where, name), lines)
