#!/usr/bin/python3
"""What is known is not proven again, and comes out the same; used by 80-known.bats.

known.py SEED STEPS, with RAMPART, ROOT, NS_PID and BACKEND in the environment. A random ruleset
is changed step by step: rules and jumps come, go and move, many of them good in some places
only, so that the kernel takes or refuses them for what else has changed. Each step is proven
twice: with what the steps before have left in /run/rampart/proven, and without it. Both must say
the same, canonical text, errors and exit code. At the end it prints how many were refused.
"""
import os
import random
import re
import subprocess
import sys

SEED, STEPS = int(sys.argv[1]), int(sys.argv[2])
BACKEND, ROOT, NS = os.environ["BACKEND"], os.environ["ROOT"], os.environ["NS_PID"]
PROVEN = ROOT + "/run/rampart/proven"
CHAINS = ["A", "B", "C", "D"]
rng = random.Random(SEED)

BUILTIN = {
    "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
    "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    "filter": ["INPUT", "FORWARD", "OUTPUT"],
}
ANYWHERE = [
    "-p tcp --dport 22 -j ACCEPT", "-p udp --sport domain -j RETURN", "-s 10.0.0.0/8 -j RETURN",
    '-p tcp -m multiport --dports 80,443 -m comment --comment "the web" -j ACCEPT',
    "-m conntrack --ctstate ESTABLISHED -j ACCEPT", "-m limit --limit 5/min -j LOG",
    "-p icmp --icmp-type echo-request -j ACCEPT", "-d ff02::1 -j RETURN",
    "-m statistic --mode random --probability 0.5 -j RETURN", "-m mark --mark 1",
    "-m recent --name R --set", "-m recent --name R --rcheck --seconds 9 -j RETURN",
    "-m hashlimit --hashlimit-upto 1/s --hashlimit-name H --hashlimit-mode srcip -j RETURN",
]
# good from some built-in chains only
SOMEWHERE = {
    "filter": ["-j REJECT", "-m owner --uid-owner 0 -j ACCEPT",
               "-m mac --mac-source 00:11:22:33:44:55 -j RETURN", "-m owner --gid-owner 0",
               "-m addrtype --dst-type LOCAL --limit-iface-in -j RETURN",
               "-m policy --dir in --pol none -j RETURN"],
    "nat": ["-j MASQUERADE", "-p tcp -j REDIRECT --to-ports 80", "-j SNAT --to-source 10.0.0.1",
            "-p tcp -j DNAT --to-destination 10.0.0.2"],
    "mangle": ["-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu", "-m owner --uid-owner 0 -j MARK --set-mark 1",
               "-m mac --mac-source 00:11:22:33:44:55 -j MARK --set-mark 1"],
}
NEVER = ["-p tcp --dport 99999 -j ACCEPT", "-m set --match-set NOSUCH src -j DROP"]


def rampart(*words):
    done = subprocess.run(["nsenter", "-t", NS, "-n", "-m", "--", os.environ["RAMPART"], "--root",
                           ROOT, "--backend", BACKEND, *words],
                          capture_output=True, text=True, check=False)
    # the kernel says why only a few times in a second
    return done.returncode, done.stdout, re.sub("refused: .*", "refused", done.stderr)


def a_rule(table):
    kind = rng.random()
    if kind < 0.02:
        return rng.choice(NEVER)
    if kind < 0.2:
        return rng.choice(SOMEWHERE[table])
    return rng.choice(ANYWHERE)


def change(rules):
    """One or a few changes of (table, chain, rule) lines."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        kind = rng.random()
        table = rng.choice(list(BUILTIN))
        chain = rng.choice(BUILTIN[table] + CHAINS)
        at = rng.randrange(len(rules) + 1)
        if kind < 0.4 or len(rules) < 10:
            rules.insert(at, (table, chain, a_rule(table)))
        elif kind < 0.6:  # a chain is reached from elsewhere
            rules.insert(at, (table, chain, rng.choice(["-j ", "-g ", "-p tcp -j "])
                              + rng.choice(CHAINS)))
        elif kind < 0.9 or len(rules) > 60:
            rules.pop(rng.randrange(len(rules)))
        else:  # the same rule elsewhere
            table, _, rule = rng.choice(rules)
            rules.insert(at, (table, rng.choice(BUILTIN[table] + CHAINS), rule))


def write(rules):
    with open(ROOT + "/etc/rampart/conf.d/10-a.rules", "w", encoding="ascii") as file:
        for table in BUILTIN:
            file.write(f"*{table}\n" + "".join(f":{chain} -\n" for chain in CHAINS))
            for where, chain, rule in rules:
                if where == table:
                    file.write(f"-A {chain} {rule}\n")


def main():
    rules, refused, used = [], 0, 0
    for step in range(STEPS):
        before = list(rules)
        change(rules)
        write(rules)
        known = os.path.exists(PROVEN)
        first = rampart("show", "--canonical")
        if known:
            os.rename(PROVEN, PROVEN + ".kept")
        second = rampart("show", "--canonical")
        if first != second:
            sys.exit(f"seed {SEED}, step {step}: with what was known\n{first}\nwithout\n{second}")
        if os.path.exists(PROVEN):
            sys.exit("to look has left a trace")
        if known:
            os.rename(PROVEN + ".kept", PROVEN)
        used += known and first[0] == 0
        if first[0]:
            refused += 1
            rules = before
        elif rampart("apply")[0]:  # which remembers
            sys.exit(f"seed {SEED}, step {step}: shown, but not applied")
    print(f"{used} proven by what was known, {refused} refused")
    if not used or not refused:
        sys.exit("nothing was compared")


main()
