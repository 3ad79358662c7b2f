"""What a hostile script says to rampart's socket, in place of the stand-in of src/shim.h."""
import array
import errno
import os
import socket
import struct
import sys
import threading
import time

SOCKET = "/dev/shm/.rampart/socket"
MAGIC = 0x52504731
IPTABLES = "/usr/sbin/iptables"
RESTORE = "/usr/sbin/iptables-restore"
GIVEN = struct.pack("=I", 0)  # the answer to "send standard input": no error


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(SOCKET)
    return s


def encode(word):
    return word if isinstance(word, bytes) else os.fsencode(word)


def request(argv, hint="", execfn=IPTABLES, flags=0, argc=None, magic=MAGIC, tail=b""):
    words = b"".join(encode(w) + b"\0" for w in [hint, execfn, *argv])
    return struct.pack("=III", magic, flags, len(argv) if argc is None else argc) + words + tail


def send(s, message):
    """False: rampart has hung up."""
    try:
        s.send(message)
        return True
    except OSError:
        return False


def send_fds(s, message, fds):
    while True:
        try:
            return s.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                          array.array("i", fds))])
        except OSError as error:
            # others of the same uid have too many on their way just now
            if error.errno != errno.ETOOMANYREFS:
                raise


def answers(s):
    """All messages up to the one that ends it; None at the end: rampart has hung up."""
    got = []
    while True:
        try:
            message, control, _, _ = s.recvmsg(1 << 18, 256)
        except ConnectionError:
            message, control = b"", []
        for _, _, fds in control:
            for (fd,) in struct.iter_unpack("i", fds):
                os.close(fd)
        got.append(message or None)
        if not message or message[:1] in b"xei":
            return got


def call(*argv, **how):
    with connect() as s:
        return answers(s) if send(s, request(argv, **how)) else [None]


def status(*argv, **how):
    """The exit status; None: no answer."""
    last = call(*argv, **how)[-1]
    return last[1] if last and last[:1] == b"x" else None


def feed(fds, text=GIVEN):
    """A restore whose input is that. Its exit status; None: no answer."""
    with connect() as s:
        send(s, request(["iptables-restore"], execfn=RESTORE))
        assert answers(s) == [b"i"]
        send_fds(s, text, fds)
        last = answers(s)[-1]
        return last[1] if last and last[:1] == b"x" else None


def memory(text):
    fd = os.memfd_create("input", os.MFD_ALLOW_SEALING)
    os.write(fd, text)
    return fd


def expect(what, *wanted):
    """Said to the shell's caller by a rule that would not be there otherwise."""
    if what not in wanted:
        print(f"got {what!r}, not {wanted!r}", file=sys.stderr)
        sys.exit(9)


def in_parallel(number, function):
    """Processes; how many of them ended with 0."""
    children = []
    for i in range(number):
        pid = os.fork()
        if not pid:
            code = 1
            try:
                function(i)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    return sum(os.waitpid(pid, 0)[1] == 0 for pid in children)
