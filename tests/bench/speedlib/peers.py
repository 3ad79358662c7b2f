"""peers: ferm and ufw with the same rules. They are taken from build/peers, where
tests/bench/fetch-peers has unpacked them, else from the system; what is not there is "not
installed". What they change they change in the namespaces of a turn, in copies of their files.
"""
import os
import re
import shutil

import rules
from turn import Failed, system
from work import save_of

FETCHED = os.path.dirname(os.path.abspath(__file__)) + "/../../../build/peers"


def find(path):
    """The file as it was unpacked, or as it is installed; None."""
    for root in (FETCHED, ""):
        if os.path.exists(root + path):
            return os.path.abspath(root + path)
    return None


FERM, UFW = find("/usr/sbin/ferm"), find("/usr/sbin/ufw")


def present(*works):
    """Those of these works whose programs are there."""
    return [one for one in works if (UFW if one is ufw_reload else FERM)]


def versions():
    found = {}
    if FERM:
        found["ferm"] = re.search(r"ferm ([0-9.]+)", system(FERM, "--version"))
    if UFW:
        with open(UFW, encoding="utf-8") as file:
            found["ufw"] = re.search(r'^version = "([0-9.]+)', file.read(), re.MULTILINE)
    return {name: found[name].group(1) if found.get(name) else "not installed"
            for name in ("ferm", "ufw")}


# --- ferm ----------------------------------------------------------------------------------------

FERM_BASE = """domain ip table filter {
    chain INPUT {
        policy DROP;
        interface lo mod comment comment "this host itself" ACCEPT;
        mod conntrack ctstate (RELATED ESTABLISHED) mod comment comment "answers" ACCEPT;
        proto tcp dport 113 mod comment comment "no ident" REJECT;
    }
}
@include 'ferm.d/';"""


def write_ferm(shape, where):
    rules.write(where + "/ferm.conf", [FERM_BASE])
    for name, numbers in rules.parts(shape):
        lines = ["domain ip table filter {"]
        for n in numbers:
            if shape.begins(n):
                lines.append("    chain INPUT jump %s;" % shape.chain(n))
            lines.append('    chain %s saddr %s proto tcp dport %d mod conntrack ctstate NEW '
                         'mod comment comment "%s" ACCEPT;'
                         % (shape.chain(n), rules.source(n), rules.port(n), rules.note(n)))
        rules.write("%s/ferm.d/%s.ferm" % (where, name), lines + ["}"])


def ferm_files(place):
    where = place.where + "/ferm"
    if not os.path.exists(where):
        write_ferm(place.shape, where)
        # ferm takes iptables-legacy if there is one: for nft a copy that does not
        with open(FERM, encoding="utf-8") as file:
            text = file.read()
        if "'-legacy'" not in text:
            raise Failed("ferm does not choose its backend as it did")
        rules.write(where + "/ferm-nft", [text.replace("'-legacy'", "'-nft'")])
        os.chmod(where + "/ferm-nft", 0o755)
    return where


def ferm_compile(turn, place, _backend):
    cost = turn.run([FERM, "--noexec", "--lines", ferm_files(place) + "/ferm.conf"])
    found = turn.output().count("\n-A ")
    if found != place.shape.total():
        raise Failed("ferm made %d rules instead of %d" % (found, place.shape.total()))
    return {"ferm compile": cost}


def ferm_fast(turn, place, backend):
    where = ferm_files(place)
    program = FERM if backend == "legacy" else where + "/ferm-nft"
    cost = turn.run([program, "--fast", where + "/ferm.conf"])
    turn.holds(save_of(backend), place.shape.total())
    return {"ferm": cost}


# --- ufw -----------------------------------------------------------------------------------------

UFW_CHAINS = ["ufw-%s-%s" % (place, way) for place in
              ("user", "before-logging", "user-logging", "after-logging")
              for way in ("input", "output", "forward")]
UFW_CHAINS += ["ufw-logging-deny", "ufw-logging-allow", "ufw-user-limit", "ufw-user-limit-accept"]


def ufw_rules(shape):
    """Its user.rules, one flat list: it knows no chains, and keeps comments to itself."""
    lines = ["*filter"] + [":%s - [0:0]" % chain for chain in UFW_CHAINS] + ["### RULES ###"]
    for n in range(shape.rules):
        port, source = rules.port(n), rules.source(n)
        lines += ["", "### tuple ### allow tcp %d 0.0.0.0/0 any %s in comment=%s"
                  % (port, source, rules.note(n).encode().hex()),
                  "-A ufw-user-input -p tcp --dport %d -s %s -j ACCEPT" % (port, source)]
    return lines + ["", "### END RULES ###", "", "### LOGGING ###", "### END LOGGING ###", "",
                    "### RATE LIMITING ###",
                    "-A ufw-user-limit -m limit --limit 3/minute -j LOG",
                    "-A ufw-user-limit -j REJECT", "-A ufw-user-limit-accept -j ACCEPT",
                    "### END RATE LIMITING ###", "COMMIT"]


def write_ufw(shape, data):
    """What its package would set up, enabled, for IPv4 alone."""
    root = UFW[:-len("/usr/sbin/ufw")]
    share = root + "/usr/share/ufw"
    shutil.copytree(share + "/iptables", data + "/etc/ufw")
    os.makedirs(data + "/etc/default")
    os.makedirs(data + "/lib/ufw")
    os.mkdir(data + "/etc/ufw/applications.d")
    rules.write(data + "/etc/ufw/user.rules", ufw_rules(shape))
    for source, target, changes in (
            (share + "/ufw.conf", "/etc/ufw/ufw.conf", {"ENABLED": "yes", "LOGLEVEL": "off"}),
            (root + "/etc/default/ufw", "/etc/default/ufw", {"IPV6": "no", "IPT_SYSCTL": ""})):
        with open(source, encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if line.split("=")[0] not in changes]
        rules.write(data + target, lines + ["%s=%s" % change for change in changes.items()])


def ufw_reload(turn, place, backend):
    data = place.where + "/ufw"
    if not os.path.exists(data):
        write_ufw(place.shape, data)
    root = UFW[:-len("/usr/sbin/ufw")]
    turn.default_backend(backend)
    # one of its files is read from where it is installed, whatever it is told
    system("mount", "--bind", data + "/etc/ufw", root + "/etc/ufw")
    places = ["--rootdir", root or "/", "--datadir", data]
    init = next(path for path in (root + "/lib/ufw/ufw-init", root + "/usr/lib/ufw/ufw-init")
                if os.path.exists(path))
    turn.run([init] + places + ["start"])
    cost = turn.run([UFW, "--rootdir=" + places[1], "--datadir=" + data, "reload"],
                    environment={"PYTHONPATH": root + "/usr/lib/python3/dist-packages",
                                 "PYTHONDONTWRITEBYTECODE": "1"})
    turn.says("Firewall reloaded")
    turn.holds("iptables-save", place.shape.rules, chain="ufw-user-input")
    return {"ufw": cost}
