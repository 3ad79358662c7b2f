"""plan: which shapes are measured, by which works, how often; and the measuring.

A group is one shape. In each round its works have their turns one after the other, on both
backends, so that a busy machine is busy for all of them; every second round in reverse, so that
nobody always comes after the same one.
"""
import tempfile
import time

import peers
import rules
import turn
import work
from rules import Shape

BACKENDS = ("nft", "legacy")
# Where the machine is too busy, a group of the aims ends when this part of the time is over, after
# half of its rounds at the earliest. The others are left out if they do not fit into what is left.
UNTIL = {"large": 0.20, "families": 0.23, "small": 0.33, "script": 0.43, "huge": 0.74,
         "memory": 0.86, "10 drop-ins": 0.92, "10 000 drop-ins": 1.0}
UNTIL_QUICK = {"large": 0.50, "families": 0.55, "small": 0.70, "script": 1.0}


class Clock:
    """How the time of a run is divided."""

    def __init__(self, rounds, seconds, until):
        self.rounds = rounds
        self.seconds = seconds
        self.until = until
        self.begun = time.monotonic()

    def is_over(self, name, done, took):
        """Shall this group end? done: its rounds so far; took: the seconds for each."""
        left = self.begun + self.seconds - time.monotonic()
        if name in self.until:
            left -= self.seconds * (1 - self.until[name])
            return done >= self.rounds // 2 and left < took
        return left < took * (self.rounds - done)


class Group:
    def __init__(self, name, shape, works, place=work.Place, families=(4,)):
        self.name = name
        self.shape = shape
        self.works = [one if isinstance(one, tuple) else (one, BACKENDS) for one in works]
        self.place = place
        self.families = families  # whose payloads are needed
        self.rounds = {backend: [] for backend in BACKENDS}
        self.failed = {}          # (name of the work, backend): why

    def one_round(self, place, number, log):
        turns = [(one, backend) for backend in BACKENDS
                 for one, backends in self.works if backend in backends]
        costs = {backend: {} for backend in BACKENDS}
        for one, backend in turns[::-1] if number % 2 else turns:
            if (one.__name__, backend) in self.failed:
                continue
            try:
                costs[backend].update(turn.take(one, place, backend, verify=number == 0,
                                                rules=self.shape.rules))
            except turn.Failed as why:
                self.failed[one.__name__, backend] = str(why)
                log("FAILED: %s, %s, %s: %s" % (self.name, one.__name__, backend, why))
        for backend in BACKENDS:
            self.rounds[backend].append(costs[backend])

    def run(self, clock, log):
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="speed.") as where:
            place = self.place(where, self.shape)
            if self.families:
                turn.take(work.write_payloads, place, self.families)
            for number in range(clock.rounds):
                took = (time.monotonic() - start) / number if number else 0
                if clock.is_over(self.name, number, took):
                    break
                self.one_round(place, number, log)
        done = len(self.rounds["nft"])
        if done < clock.rounds and self.name not in clock.until:
            self.rounds = {backend: [] for backend in BACKENDS}
        log("%-18s %5.1f s, %d rounds" % (self.name, time.monotonic() - start, done))


def spread(number, **other):
    """The shape that is measured in all sizes, or one that differs from it."""
    few = max(number // 10, 1)
    return Shape(number, min(50, few), min(100, few), "rules")._replace(**other)


def groups(sizes, others):
    """Those of the aims. sizes: of the groups small, large, huge and memory. others: the works of
    other programs that take part."""
    small, large, huge, memory = sizes
    both = [work.rampart_all, work.bare_all]

    def of(*works):
        return [one for one in works if one in others]

    compiled = [(one, ("nft",)) for one in of(peers.ferm_compile)]  # without a backend: once
    yield Group("large", spread(large), both + [work.addrule] + compiled + of(peers.ferm_fast))
    yield Group("families", spread(small, kind="both"), [work.rampart_first, work.careful],
                families=(4, 6))
    yield Group("small", spread(small),
                both + [work.addrule] + of(peers.ferm_fast, peers.ufw_reload))
    yield Group("script", spread(small), [work.script_rampart, work.script_native],
                place=work.ScriptPlace, families=())
    if huge:
        yield Group("huge", spread(huge), both)
    if memory:
        yield Group("memory", spread(memory), [work.rampart_memory, work.bare_memory])


def grid(tiny, large):
    """The growth with the number of drop-ins; and what no aim needs."""
    both = [work.rampart_all, work.bare_all]
    yield Group("10 drop-ins", spread(large, files=10), both)
    yield Group("10 000 drop-ins", spread(large, files=10000), both)
    yield Group("tiny", spread(tiny), both)
    both = [work.rampart_all, work.bare_restore]
    yield Group("templates", spread(large, kind="templates"), both)
    yield Group("1 000 chains", spread(large, chains=1000), both)
    yield Group("1 chain", spread(large, chains=1), both)
    yield Group("1 drop-in", spread(large, files=1), both)
