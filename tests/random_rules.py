#!/usr/bin/python3
"""Random rulesets, applied one after the other; used by 84-edits.bats.

random_rules.py SEED PAIRS MODE, with RAMPART, ROOT, NS_PID and BACKEND in the environment.
After each apply live must be what was wanted, others' lines must be as they were, and of the
rules of a chain as many as possible must be those that were there before: each rule gets
counters of its own in between, which a rule that was written again has lost. (For IPv6
iptables-nft-restore 1.8.9 forgets -c: there it is the rule's handle.)
"""
import json
import os
import random
import re
import subprocess
import sys

SEED, PAIRS, MODE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
BACKEND, ROOT, NS = os.environ["BACKEND"], os.environ["ROOT"], os.environ["NS_PID"]
CONF_D = ROOT + "/etc/rampart/conf.d/"
PROGRAM = {4: "iptables", 6: "ip6tables"}
BUILTIN = {
    "raw": ["PREROUTING", "OUTPUT"],
    "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
    "filter": ["INPUT", "FORWARD", "OUTPUT"],
}
VERDICTS = {"filter": ["ACCEPT", "DROP", "RETURN", "LOG"], "nat": ["ACCEPT", "RETURN"],
            "mangle": ["ACCEPT", "RETURN", "MARK --set-xmark 0x1/0xffffffff"],
            "raw": ["ACCEPT", "DROP", "CT --notrack"]}
rng = random.Random(SEED)


def run(*argv, text=None, ok=(0,)):
    done = subprocess.run(["nsenter", "-t", NS, "-n", "-m", "--", *argv], input=text,
                          capture_output=True, text=True)
    if done.returncode not in ok:
        sys.exit(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def rampart(*argv, ok=(0,)):
    return run(os.environ["RAMPART"], "--root", ROOT, "--backend", BACKEND, *argv, ok=ok)


class Ruleset:
    """Per family and table: chains in order of declaration, each a list of rules' texts."""

    def __init__(self, like=None):
        self.files, self.policies = {}, {}
        self.chains = {4: {}, 6: {}}
        lines = {}
        tables = [t for t in BUILTIN if t == "filter" or rng.random() < 0.35]
        for table in tables:
            own = [f"{table[0].upper()}-{c}" for c in "abcde" if rng.random() < 0.5]
            old = like.lines.get(table) if like and rng.random() < 0.8 else None
            lines[table] = self.vary(table, own, old) if old else self.make(table, own)
        self.lines = lines
        for chain in BUILTIN["filter"]:
            if rng.random() < 0.5:
                self.policies[chain] = rng.choice(["ACCEPT", "DROP"])
        self.declare(tables)
        self.write()

    def rule(self, table, chain, own):
        # only to chains behind this one: no loops
        targets = VERDICTS[table] + [c for c in own if c > chain or chain in BUILTIN[table]]
        match = f"-p udp -m udp --dport {rng.randint(1, 9)} "
        family = rng.choice(["", "", "", "", "-4 ", "-6 "])
        return family, match + "-j " + rng.choice(targets)

    def make(self, table, own):
        return {chain: [self.rule(table, chain, own) for _ in range(rng.randint(0, 12))]
                for chain in own + rng.sample(BUILTIN[table], rng.randint(1, 2))}

    def vary(self, table, own, old):
        """A ruleset like an older one: rules gone, come, moved, doubled."""
        new = {}
        keep = own + [c for c in old if c in BUILTIN[table]]
        for chain in keep:
            rules = [r for r in old.get(chain, []) if r[1].split("-j ")[1] in
                     VERDICTS[table] + own and rng.random() < 0.85]
            for _ in range(rng.choice([0, 0, 1, 2, 5])):
                rules.insert(rng.randint(0, len(rules)), self.rule(table, chain, own))
            for _ in range(rng.choice([0, 0, 1, 3]) if rules else 0):
                rules.insert(rng.randint(0, len(rules) - 1), rules.pop(rng.randrange(len(rules))))
            if rules and rng.random() < 0.4:
                rules.insert(rng.randint(0, len(rules)), rng.choice(rules))
            if rng.random() < 0.1:
                rng.shuffle(rules)
            new[chain] = rules
        return new

    def declare(self, tables):
        for table in tables:
            for family in (4, 6):
                mark = {4: "-6 ", 6: "-4 "}[family]
                self.chains[family][table] = {
                    chain: [text for f, text in rules if f != mark]
                    for chain, rules in self.lines[table].items()}
        # a chain that one family only fills, and nobody jumps to in the other, is not made there
        for family, other in ((4, 6), (6, 4)):
            for table, chains in self.chains[family].items():
                used = {r.split("-j ")[1] for rules in chains.values() for r in rules}
                for chain in list(chains):
                    if chain in BUILTIN[table] or chains[chain] or chain in used:
                        continue
                    if self.lines[table][chain]:
                        del chains[chain]

    def write(self):
        names = ["10-a.rules", "20-b.rules", "30-c.rules"]
        self.files = {name: [] for name in names}
        for table, chains in self.lines.items():
            for name in names:
                self.files[name].append("*" + table)
                self.files[name] += [f":{c} -" for c in chains if c not in BUILTIN[table]]
            for chain, rules in chains.items():
                at = 0
                for family, text in rules:
                    at = at if rng.random() < 0.8 else rng.randint(at, 2)
                    self.files[names[at]].append(f"{family}-A {chain} {text}")

    def put(self):
        for name, lines in self.files.items():
            with open(CONF_D + name, "w") as file:
                file.write("\n".join(lines) + "\n")
        policies = " ".join(f"{c} = {p}" for c, p in self.policies.items())
        with open(ROOT + "/etc/rampart/rampart.conf", "w") as file:
            file.write(f'ownership = {MODE}\npreserve = {{"foreign-*"}}\n'
                       f'yield_to = {{"foreign-a"}}\n')
            file.write(f"policy {{ {policies} }}\n" if policies else "")


def handles():
    """{(table, chain): [handle]}, of nft"""
    found = {}
    for item in json.loads(run("nft", "-j", "-a", "list", "ruleset", "ip6").stdout)["nftables"]:
        if "rule" in item:
            rule = item["rule"]
            found.setdefault((rule["table"], rule["chain"]), []).append(rule["handle"])
    return found


def listing(family):
    """{table: {chain: [(mark, rule)]}}, {table: {chain: policy}}"""
    tables, policies, table = {}, {}, None
    for line in run(f"{PROGRAM[family]}-{BACKEND}-save", "-c").stdout.splitlines():
        if line[0] == "*":
            table = line[1:]
            tables[table], policies[table] = {}, {}
        elif line[0] == ":":
            name, policy = line[1:].split()[:2]
            tables[table][name] = []
            policies[table][name] = policy
        elif line[0] == "[":
            found = re.match(r"\[(\d+):\d+\] -A (\S+) ?(.*)", line)
            tables[table][found[2]].append((int(found[1]), found[3]))
    if BACKEND == "nft" and family == 6:
        marks = handles()
        for table, chains in tables.items():
            for chain, rules in chains.items():
                chains[chain] = [(m, r[1]) for m, r in
                                 zip(marks.get((table, chain), []), rules, strict=True)]
    return tables, policies


def number_rules():
    """Counters of its own for each live rule, so that it is known again."""
    number = 0
    for family in (4, 6) if BACKEND == "legacy" else (4,):
        tables, policies = listing(family)
        text = ""
        for table, chains in tables.items():
            text += f"*{table}\n"
            text += "".join(f":{c} {policies[table][c]} [0:0]\n" for c in chains)
            for chain, rules in chains.items():
                for _, rule in rules:
                    number += 1
                    text += f"[{number}:{number * 100}] -A {chain} {rule}\n"
            text += "COMMIT\n"
        if text:
            run(f"{PROGRAM[family]}-{BACKEND}-restore", "-c", text=text)


def longest_common(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b):
            before, row[j + 1] = row[j + 1], before + 1 if x == y else max(row[j], row[j + 1])
    return row[-1]


def is_foreign(rule, chain):
    return chain.startswith("foreign-") or "foreign" in rule


def fail(what, family, table, chain, *parts):
    sys.exit(f"{BACKEND}, {MODE}, seed {SEED}: {what}: IPv{family} {table} {chain}\n" +
             "\n".join(f"  {p}" for p in parts))


def compare(wanted, before):
    for family in (4, 6):
        tables, policies = listing(family)
        for table, chains in tables.items():
            compare_table(wanted, before[family].get(table, {}), family, table, chains)
            for chain, policy in policies[table].items():
                if table == "filter" and chain in BUILTIN[table] and \
                        policy != wanted.policies.get(chain, "ACCEPT"):
                    fail(f"policy is {policy}", family, table, chain)


def compare_table(wanted, before, family, table, chains):
    model = wanted.chains[family].get(table, {})
    expected = {c: r for c, r in model.items() if c not in BUILTIN[table]}
    for chain, rules in model.items():
        if chain in BUILTIN[table] and rules and MODE == "merge":
            expected["rampart-" + chain] = rules
    ours = {c for c in chains if c not in BUILTIN[table] and not c.startswith("foreign-")}
    if ours != set(expected):
        fail("other chains are live", family, table, "", sorted(ours), sorted(expected))
    for chain, live in chains.items():
        was = before.get(chain, [])
        theirs = [r for r in live if is_foreign(r[1], chain)]
        if theirs != [r for r in was if is_foreign(r[1], chain)]:
            fail("others' rules have changed", family, table, chain, was, live)
        mine = [r for r in live if not is_foreign(r[1], chain)]
        if MODE == "merge" and chain in BUILTIN[table]:
            jump = [f"-j rampart-{chain}"] if "rampart-" + chain in expected else []
            if [r[1] for r in mine] != jump:
                fail("not one jump", family, table, chain, live)
            leading = 0
            while leading < len(live) and live[leading][1].endswith("-j foreign-a"):
                leading += 1
            if jump and live[leading][1] != jump[0]:
                fail("the jump is not first", family, table, chain, live)
            continue
        want = model.get(chain, []) if chain in BUILTIN[table] else expected.get(chain, [])
        if not chain.startswith("foreign-") and [r[1] for r in mine] != want:
            fail("not as wanted", family, table, chain, mine, want)
        old = [r for r in was if not is_foreign(r[1], chain)]
        marks = {r[0] for r in old}
        kept = [r for r in mine if r[0] in marks]
        # of legacy tables that are exchanged, what is moved within its chain has them too
        at = iter(old) if BACKEND == "nft" else sorted(old)
        if not all(r in at for r in kept) or len(set(kept)) != len(kept):
            fail("counters are not those of before", family, table, chain, old, mine)
        best = longest_common([r[1] for r in old], [r[1] for r in mine])
        if len(kept) < best or (BACKEND == "nft" and len(kept) > best):
            fail(f"{len(kept)} rules are kept, {best} could be", family, table, chain, old, mine)


def lay_foreign():
    for family in (4, 6):
        for table in ("filter", "mangle"):
            text = f"*{table}\n:foreign-a -\n:foreign-b -\n-A foreign-a -m comment --comment x\n"
            text += "-A INPUT -p tcp -j foreign-a\n-A INPUT -m comment --comment y -j foreign-b\n"
            text += "-A FORWARD -p udp -j foreign-b\n-A foreign-b -j RETURN\nCOMMIT\n"
            run(f"{PROGRAM[family]}-{BACKEND}-restore", "--noflush", "-w", "10", text=text)


def main():
    lay_foreign()
    wanted = None
    for pair in range(PAIRS + 1):
        wanted = Ruleset(like=wanted)
        wanted.put()
        number_rules()
        before = {family: listing(family)[0] for family in (4, 6)}
        done = rampart("apply")
        print(f"# {pair}: {done.stdout.splitlines()[0]}")
        compare(wanted, before)
        done = rampart("check")
        if done.stdout or done.stderr:
            fail("check says", "", "", "", done.stdout, done.stderr)
    number_rules()
    before = {family: listing(family)[0] for family in (4, 6)}
    rampart("flush")
    empty = Ruleset.__new__(Ruleset)
    empty.policies, empty.chains = {}, {4: {}, 6: {}}
    compare(empty, before)


main()
