"""report: RESULTS.md, the tables of what was measured, with the machine that it was measured on."""
import os
import platform
import re
import tempfile
import time

import peers
import plot
from figures import exponent, figure, ratio, thousands
from plan import BACKENDS
from turn import system
from work import RAMPART

# What rampart does, and what the same is done with by hand: names of the works' steps.
REFERENCE = {"show": "test", "first": "restore", "same": "restore", "check": "drift",
             "change": "restore", "boot": "restore"}
STEPS = {"show": "compile only (`show`)", "first": "first apply", "same": "apply, nothing to do",
         "check": "check, no drift", "change": "apply, one drop-in of 10 rules changed",
         "boot": "boot, files unchanged"}
REFERENCES = {"test": "restore --test", "restore": "bare restore", "drift": "save, sed, diff",
              "careful": "restore --test && restore",
              "commands": "the script itself, in dash", "ferm compile": "ferm --noexec --lines"}
PEERS = {"again": "bare restore, over the same rules",
         "addrule": "addrule() in dash, --test, restore",
         "ferm": "ferm --fast", "ufw": "ufw reload (lighter rules)",
         "commands": "one command a rule, in dash"}
# group, step of rampart, reference, the aims, what is compared
AIMS = (
    ("large", "show", "ferm compile", {"nft": 0.01}, "wall"),
    ("huge", "show", "test", {"legacy": 0.25}, "wall"),
    ("large", "same", "restore", {"nft": 0.05, "legacy": 0.15}, "wall"),
    ("large", "check", "drift", {"nft": 0.03, "legacy": 0.35}, "wall"),
    ("large", "first", "restore", {"nft": 2.0, "legacy": 2.3}, "wall"),
    ("families", "first", "careful", {"nft": 1.0, "legacy": 1.0}, "wall"),
    ("large", "change", "restore", {"nft": 0.5, "legacy": 1.5}, "wall"),
    ("small", "boot", "restore", {"nft": 1.15, "legacy": 1.15}, "wall"),
    ("large", "boot", "restore", {"nft": 1.15, "legacy": 1.15}, "wall"),
    ("script", "first", "commands", {"nft": 0.25, "legacy": 0.25}, "wall"),
    ("memory", "first", "restore", {"nft": 1.5, "legacy": 1.5}, "peak"),
)
AIM_OWN, AIM_RATIO = 1.1, 0.1  # exponents
TITLES = {"families": "first apply, IPv4 and IPv6, %s rules each",
          "script": "first apply of a script drop-in, %s rules",
          "memory": "first apply, %s rules: peak memory"}


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def head(*cells):
    return ["", row(*cells), "|" + "---|" * len(cells)]


def reached(value, aim):
    return "not measured" if value is None else "yes" if value <= aim else "**no**"


class Report:
    def __init__(self, groups, rounds):
        self.groups = {group.name: group for group in groups}
        self.rounds = rounds
        self.started = time.time()
        self.load = os.getloadavg()[0]

    # --- the tables ------------------------------------------------------------------------------

    def aims(self):
        lines = head("work", "backend", "rampart, ms", "reference", "ms", "ratio", "aim", "reached",
                     "ratio of CPU time")
        for name, step, reference, aims, of in AIMS:
            group = self.groups.get(name)
            if not group:  # not in this run at all
                continue
            title = TITLES.get(name, STEPS[step] + ", %s rules") % thousands(group.shape.rules)
            unit, scale = (" MiB", 1) if of == "peak" else ("", 1e3)
            for backend, aim in aims.items():
                ours, theirs = (figure(group, backend, one, of) for one in (step, reference))
                compared = ratio(group, backend, step, reference, of)
                cpu = "-" if of == "peak" else ratio(group, backend, step, reference, "cpu").text()
                lines.append(row(
                    title, "any" if step == "show" else backend, ours.text(scale, unit),
                    REFERENCES[reference], self.missing(reference) or theirs.text(scale, unit),
                    compared.text(), str(aim), reached(compared.median, aim), cpu))
        return lines

    @staticmethod
    def missing(reference):
        absent = reference in ("ferm", "ferm compile") and not peers.FERM or \
            reference == "ufw" and not peers.UFW
        return "not installed" if absent else ""

    def growth(self):
        return ["", "With the number of rules; cost grows as its power with the exponent:"] + \
            self.growth_of(("small", "large", "huge"), "rules", lambda shape: shape.rules)

    def growth_of_dropins(self):
        return ["", "With the number of drop-ins that the same rules stand in:"] + \
            self.growth_of(("10 drop-ins", "large", "10 000 drop-ins"), "drop-ins",
                           lambda shape: shape.files)

    def growth_of(self, names, what, size):
        groups = [self.groups[name] for name in names if name in self.groups]
        if len(groups) < 2:
            return ["", "(not in this run)"]
        sizes = [size(group.shape) for group in groups]
        times = sizes[-1] / sizes[0]
        titles = ["%s %s" % (thousands(nr), what) for nr in sizes]
        lines = head("work", "backend", *("own CPU, ms: " + title for title in titles), "exponent",
                     "aim", "reached", "ratio: " + titles[0], "ratio: " + titles[-1], "exponent",
                     "aim", "reached")
        for step, reference in REFERENCE.items():
            for backend in BACKENDS:
                own = [figure(group, backend, step, "own") for group in groups]
                ratios = [ratio(group, backend, step, reference) for group in groups]
                lines.append(row(STEPS[step], backend, *(one.text(1e3) for one in own),
                                 *self.exponents(own, times, AIM_OWN),
                                 ratios[0].text(), ratios[-1].text(),
                                 *self.exponents(ratios, times, AIM_RATIO)))
        return lines

    @staticmethod
    def exponents(figures, times, aim):
        value = exponent(figures[0], figures[-1], times)
        return "-" if value is None else "%.2f" % value, str(aim), reached(value, aim)

    def grid(self):
        lines = head("rules", "chains", "drop-ins", "backend", "bare restore, ms",
                     *(title + ", ms" for title in STEPS.values()))
        for group in sorted(self.groups.values(), key=lambda group: group.shape):
            shape = group.shape
            if not any("change" in costs for costs in group.rounds["nft"]):
                continue
            for backend in BACKENDS:
                cells = ["%s ×%s" % (figure(group, backend, step).text(1e3),
                                     ratio(group, backend, step, "restore").text().split()[0])
                         for step in STEPS]
                lines.append(row(
                    thousands(shape.rules), thousands(shape.chains), thousands(shape.files)
                    + (" of templates" if shape.kind == "templates" else ""), backend,
                    figure(group, backend, "restore").text(1e3), *cells))
        return lines

    def without_time(self):
        done = [(name, len(group.rounds["nft"])) for name, group in self.groups.items()]
        fewer = ["%s (%d)" % one if one[1] else "%s (left out)" % one[0] for one in done
                 if one[1] < self.rounds]
        return ["- no time for all rounds: " + ", ".join(fewer)] if fewer else []

    def others(self):
        lines = head("rules", "backend", "what", "ms", "× bare restore",
                     "× rampart's first apply")
        for name in ("small", "script", "large"):
            group = self.groups.get(name)
            for step, title in PEERS.items() if group else ():
                for backend in BACKENDS:
                    time_of = figure(group, backend, step)
                    if time_of:
                        lines.append(row(
                            thousands(group.shape.rules), backend, title, time_of.text(1e3),
                            ratio(group, backend, step, "restore").text(),
                            ratio(group, backend, step, "first").text()))
        for name, version in peers.versions().items():
            if version == "not installed":
                lines.append(row("", "", name, version, "-", "-"))
        return lines

    # --- where it was measured -------------------------------------------------------------------

    def machine(self):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = re.search(r"^(?:model name|Model|CPU part)\s*:\s*(.*)", file.read(), re.MULTILINE)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        files = system("findmnt", "-n", "-o", "FSTYPE", "-T", tempfile.gettempdir()).strip()
        versions = ["rampart " + system(RAMPART, "--version").split()[-1],
                    "iptables " + re.search(r"v([0-9.]+)", system("iptables", "-V")).group(1)]
        versions += [" ".join(item) for item in peers.versions().items()]
        loads = self.load, os.getloadavg()[0]
        lines = ["", "- date: %s; %d rounds, %d s" % (
                     time.strftime("%Y-%m-%d", time.gmtime(self.started)), self.rounds,
                     time.time() - self.started),
                 "- machine: %s, %d cores, %.0f GiB; files on %s" % (
                     cpu.group(1) if cpu else platform.machine(), os.cpu_count(), memory, files),
                 "- Linux %s; %s" % (platform.release(), ", ".join(versions)),
                 "- load of the machine: %.1f at the start, %.1f at the end" % loads]
        lines += self.without_time()
        if max(loads) > os.cpu_count() + 1:
            lines += ["", "**The machine was busy with something else: times on the clock, and "
                      "their ratios, say little.**"]
        return lines

    def text(self, with_plot):
        image = ["", "![cost over the number of rules](%s)" % plot.NAME] if with_plot else []
        return "\n".join(
            [INTRODUCTION.rstrip()] + self.machine()
            + ["", "## Aims"] + self.aims() + image
            + ["", "## Growth"] + self.growth() + self.growth_of_dropins()
            + ["", "## Sizes and shapes", "", "×: to the bare restore of the same round."]
            + self.grid() + ["", "## Other ways"] + self.others() + self.failures()) + "\n"

    def failures(self):
        return ["", "## Failed"] * bool(self.failed()) + self.failed()

    def failed(self):
        return ["- %s, %s, %s: `%s`" % (name, work, backend, why.splitlines()[0])
                for name, group in self.groups.items()
                for (work, backend), why in group.failed.items()]


INTRODUCTION = """# Speed

Made by `make bench` (tests/bench/speed); how is said at the top of that file. Printed are
medians, and from the lowest to the highest in brackets. A ratio is the median of the ratios of
each round; the two commands of a ratio ran in the same round, one soon after the other. The bare
restore is that of the payload that `rampart show` prints, into empty tables.
"""
