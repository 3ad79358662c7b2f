"""work: what is done in one turn, by rampart and by hand. Each returns the costs of its steps, by
name. Between two steps nothing else happens, except that the drop-in that changes is written.
"""
import os
import shutil

import rules
from turn import Failed

RAMPART = os.path.abspath(os.environ.get("RAMPART") or
                          os.path.dirname(os.path.abspath(__file__)) + "/../../../bin/rampart")
PAYLOADS = {4: "iptables", 6: "ip6tables"}


def restore_of(backend, family=4):
    return "%s-%s-restore" % (PAYLOADS[family], backend)


def save_of(backend, family=4):
    return "%s-%s-save" % (PAYLOADS[family], backend)


class Place:
    """Where the files of one shape lie: a tree for --root, and the payload that it makes."""

    def __init__(self, where, shape):
        self.shape = shape
        self.where = where
        self.root = where + "/root"
        self.etc = self.root + "/etc/rampart"
        for part in ("/etc/rampart/conf.d", "/run", "/var/lib"):
            os.makedirs(self.root + part)
        rules.write_dropins(shape, self.etc)
        # rampart's own jump, from INPUT to its chain
        self.expected = shape.total() + 1

    def payload(self, family=4):
        return "%s/payload.%d" % (self.where, family)

    def rampart(self, backend, *words):
        return [RAMPART, "--root", self.root, "--backend", backend, *words]

    def forget(self, turn):
        """Never applied yet."""
        turn.tmpfs(self.root + "/run")
        shutil.rmtree(self.root + "/var/lib")
        os.mkdir(self.root + "/var/lib")


def write_payloads(turn, place, families=(4,)):
    """What the references restore is what rampart would apply."""
    for family in families:
        turn.run(place.rampart("nft", "show", "-%d" % family))
        text = turn.output()
        if sum(line.startswith("-A ") for line in text.splitlines()) != place.expected:
            raise Failed("'rampart show' has not %d rules" % place.expected)
        with open(place.payload(family), "w", encoding="ascii") as file:
            file.write(text)


# --- rampart -------------------------------------------------------------------------------------

def rampart_all(turn, place, backend):
    """From the first apply to the boot, in the order in which they happen."""
    costs = {}
    moved = "--dport %d " % rules.port(place.shape.desk()[0], 1)
    place.forget(turn)
    costs["show"] = turn.run(place.rampart(backend, "show"))
    turn.says("-A rampart-INPUT ")
    costs["first"] = turn.run(place.rampart(backend, "apply"))
    turn.says("applied (%s, merge)" % backend)
    turn.holds(save_of(backend), place.expected)
    costs["check"] = turn.run(place.rampart(backend, "check"))
    turn.says(None)
    costs["same"] = turn.run(place.rampart(backend, "apply"))
    turn.says("nothing to do")
    rules.change_desk(place.shape, place.etc, 1)
    try:
        costs["change"] = turn.run(place.rampart(backend, "apply"))
        turn.says("+%d -%d rules" % (rules.DESK, rules.DESK))
        turn.holds(save_of(backend), place.expected, moved)
        turn.reboot(place.root + "/run")
        costs["boot"] = turn.run(place.rampart(backend, "boot"))
        turn.says("generation 2 is loaded")
        turn.holds(save_of(backend), place.expected, moved)
    finally:
        rules.change_desk(place.shape, place.etc, 0)
    return costs


def rampart_first(turn, place, backend, peak=False):
    place.forget(turn)
    cost = turn.run(place.rampart(backend, "apply"), peak=peak)
    turn.says("applied (%s, merge)" % backend)
    turn.holds(save_of(backend), place.expected)
    if place.shape.kind == "both":
        turn.holds(save_of(backend, 6), place.expected)
    return {"first": cost}


def rampart_memory(turn, place, backend):
    return rampart_first(turn, place, backend, peak=True)


# --- by hand -------------------------------------------------------------------------------------

def bare_restore(turn, place, backend):
    """The restore that can't be beaten, and the check for drift that people have."""
    costs = {}
    saved = "/run/saved"
    look = save_of(backend) + " | sed '/^[#:]/d' | "
    costs["restore"] = turn.run([restore_of(backend)], place.payload())
    turn.holds(save_of(backend), place.expected)
    turn.run(["dash", "-c", look + "cat >" + saved])
    costs["drift"] = turn.run(["dash", "-c", look + "diff -q %s -" % saved])
    return costs


def bare_all(turn, place, backend):
    """With --test before it, which leaves nothing behind, and once more after it."""
    restore, payload = [restore_of(backend)], place.payload()
    costs = {"test": turn.run(restore + ["--test"], payload)}
    costs.update(bare_restore(turn, place, backend))
    costs["again"] = turn.run(restore, payload)
    return costs


def bare_memory(turn, place, backend):
    cost = turn.run([restore_of(backend)], place.payload(), peak=True)
    turn.holds(save_of(backend), place.expected)
    return {"restore": cost}


def careful(turn, place, backend):
    """--test before the restore, both families."""
    steps = ["%s %s<'%s'" % (restore_of(backend, family), option, place.payload(family))
             for family in PAYLOADS for option in ("--test ", "")]
    cost = turn.run(["dash", "-c", " && ".join(steps)])
    for family in PAYLOADS:
        turn.holds(save_of(backend, family), place.expected)
    return {"careful": cost}


def addrule(turn, place, backend):
    where = place.where + "/addrule"
    if not os.path.exists(where):
        rules.write_addrule(place.shape, where)
    cost = turn.run(["dash", where + "/firewall.sh", "/run/rules", restore_of(backend)])
    turn.holds(save_of(backend), place.shape.total())
    return {"addrule": cost}


# --- a script of single commands -----------------------------------------------------------------

class ScriptPlace(Place):
    """The only drop-in is a script; it also runs natively."""

    def __init__(self, where, shape):
        super().__init__(where, shape)
        shutil.rmtree(self.etc + "/conf.d")
        self.script = self.etc + "/conf.d/40-firewall.sh"
        rules.write_script(shape, self.script)


def script_native(turn, place, backend):
    turn.default_backend(backend)
    cost = turn.run(["dash", place.script])
    turn.holds("iptables-save", place.shape.total())
    return {"commands": cost}


def script_rampart(turn, place, backend):
    turn.default_backend(backend)
    place.forget(turn)
    cost = turn.run(place.rampart(backend, "apply"))
    turn.says("applied (%s, merge)" % backend)
    turn.holds("iptables-save", place.expected)
    return {"first": cost}
