"""protocol.py SEED: a random conversation with rampart, for fuzz-socket. Runs inside a script."""
import random
import select
import signal

from hostile import *

seed = int(sys.argv[1])
r = random.Random(seed)
STEPS = 400
CHAINS = ["INPUT", "OUTPUT", "FORWARD", "A", "B", "C", "PREROUTING", "POSTROUTING", "x" * 28, "x" * 29, "a b", "", "-A"]
TABLES = ["filter", "nat", "mangle", "raw", "security", "broute", ""]
PARTS = [
    ["-p", "tcp"], ["-p", "udp", "--dport", "53"], ["-s", "192.0.2.1"], ["-s", "2001:db8::1"], ["!", "-i", "eth0"],
    ["-m", "comment", "--comment", "a \"b\" \\c"], ["-m", "limit", "--limit", "3/s"], ["-m", "multiport", "--dports", "1,2:9"],
    ["-m", "recent", "--name", "r", "--set"], ["-m", "nosuch"], ["-d", "name.example"], ["-m", "set", "--match-set", "s", "src"],
    ["-m", "conntrack", "--ctstate", "NEW"], ["-i", "a\nb"], ["-c", "1", "2"], ["-4"], ["-6"], ["-w"], ["--modprobe=/bin/true"],
]
TARGETS = ["ACCEPT", "DROP", "RETURN", "LOG", "REJECT", "NOSUCH", "A", "B", "C", "MASQUERADE", "MARK"]
TOOLS = ["modprobe", "sleep", "sudo", "ipset", "service", "systemctl", "nft", "ebtables", "iptables-legacy", "ip6tables-nft",
         "xtables-nft-multi", "iptables-save", "ip6tables-save", "iptables-restore", "iptables-apply", "kmod", "x", ""]


def rule():
    words = [w for part in r.sample(PARTS, r.randrange(4)) for w in part]
    return words + ["-j", r.choice(TARGETS)] * r.randrange(2)


def command():
    chain = r.choice(CHAINS)
    return (["-t", r.choice(TABLES)] if r.randrange(4) == 0 else []) + r.choice([
        ["-A", chain, *rule()], ["-I", chain, *rule()], ["-I", chain, str(r.randrange(-1, 9)), *rule()],
        ["-D", chain, *rule()], ["-D", chain, str(r.randrange(9))], ["-R", chain, "1", *rule()], ["-C", chain, *rule()],
        ["-N", chain], ["-X", chain], ["-X"], ["-F"], ["-F", chain], ["-E", chain, r.choice(CHAINS)], ["-Z"],
        ["-P", chain, r.choice(TARGETS)], ["-S"], ["-L", "-n"], ["-S", chain], ["-h"], [],
    ])


def text():
    lines = []
    for _ in range(r.randrange(6)):
        lines += ["*" + r.choice(TABLES), ":" + r.choice(CHAINS) + " - [0:0]"]
        lines += [" ".join(f'"{w}"' if " " in w or "\n" in w else w for w in command()) for _ in range(r.randrange(9))]
        lines += ["COMMIT"] * r.randrange(2)
    return mutated("\n".join(lines).encode() + b"\n" * r.randrange(2))


def mutated(message):
    message = bytearray(message)
    while r.randrange(5) == 0 and message:
        at = r.randrange(len(message))
        what = r.randrange(4)
        if what == 0:
            message[at] = r.randrange(256)
        elif what == 1:
            del message[at:at + r.randrange(1, 20)]
        elif what == 2:
            message[at:at] = message[:r.randrange(1, 40)]
        else:
            message[at:at] = bytes([r.randrange(256)]) * r.choice([1, 10, 1000, 20000])
    return bytes(message[:150000])


def message():
    hint = r.choice(["", "/a:3", "lib.sh:9", "/a\nb:1", "/a\t:1", "\x1b[2J:1", ":", "x" * 3000 + ":1"])
    if r.randrange(4):
        name = r.choice(["iptables", "ip6tables"])
        return mutated(request([name, *command()], hint=hint, execfn="/usr/sbin/" + name, flags=r.choice([0, 0, 0, 1, 2])))
    name = r.choice(TOOLS)
    words = r.choice([command(), ["-a", "x"], ["iptables", *command()], ["restore"], ["create", "s", "hash:ip"], ["0.1"],
                      ["--noflush"], ["-f", "/tmp/x"]])
    return mutated(request([name, *words], hint=hint, execfn=r.choice(["/usr/sbin/", "/bin/", ""]) + name))


def descriptors():
    made = []
    for _ in range(r.choice([1, 1, 1, 2, 50])):
        what = r.randrange(7)
        if what < 4:
            made.append(memory(text()))
        elif what == 4:
            made.append(os.open(r.choice(["/dev/zero", "/etc", "/etc/passwd", "/dev/null"]), os.O_RDONLY))
        elif what == 5:
            made.append(os.dup(r.choice([0, 1, 2])))
        else:
            made += os.pipe()
    return made


def say(s):
    """One more message, whatever the other side waits for."""
    what = r.randrange(8)
    if what < 5:
        s.send(message())
    elif what == 5:
        s.send(mutated(bytes(r.randrange(256) for _ in range(r.randrange(40)))))
    else:
        given = descriptors()
        try:
            send_fds(s, r.choice([GIVEN, GIVEN, b"", b"x", struct.pack("=I", 5), message()]), given)
        finally:
            for fd in given:
                os.close(fd)


def hear(s):
    if not select.select([s], [], [], r.choice([0, 0.001, 0.02]))[0]:
        return
    got, control, _, _ = s.recvmsg(1 << 18, 256)
    for _, _, fds in control:
        for (fd,) in struct.iter_unpack("i", fds):
            os.close(fd)
    if got[:1] == b"i" and r.randrange(3):
        fd = memory(text())
        send_fds(s, GIVEN, r.choice([[fd], [fd], [fd], [fd, fd], [1, 2], [2] * 100]))
        if r.randrange(4) == 0:
            os.ftruncate(fd, r.randrange(200))
        os.close(fd)


signal.signal(signal.SIGPIPE, signal.SIG_IGN)
if r.randrange(3) == 0 and os.fork():
    r.seed(seed + 1)
speakers = []
for _ in range(STEPS):
    step = r.randrange(20)
    try:
        if step < 4 or not speakers:
            s = connect()
            s.settimeout(0.2)
            speakers.append(s)
            if r.randrange(5):
                s.send(message())
        elif step < 8:
            say(r.choice(speakers))
        elif step < 16:
            hear(r.choice(speakers))
        elif step < 19 or len(speakers) > 100:
            speakers.pop(r.randrange(len(speakers))).close()
        else:
            r.choice(speakers).shutdown(r.choice([socket.SHUT_RD, socket.SHUT_WR]))
    except OSError:
        pass
