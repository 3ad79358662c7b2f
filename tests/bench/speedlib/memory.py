"""memory: the peak of a command and of all processes that it starts, together.

The proportional set sizes (Pss) of the whole tree are summed every few milliseconds, so that what
parent and child share counts once. The kernel's own memory, that of the rules, is not in it.
"""
import os
import time

INTERVAL = 0.003


def parent(pid):
    with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def tree():
    """All that descends from this process, orphans that came back to it included."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(parent(name), []).append(int(name))
            except OSError:  # it has ended meanwhile
                pass
    todo, found = [os.getpid()], []
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def pss(pid):
    """KiB; nothing of what has ended."""
    try:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def watch(pid):
    """The highest sum in MiB, until the process has ended; it is not waited for."""
    highest = 0
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
        highest = max(highest, sum(pss(one) for one in tree()))
        time.sleep(INTERVAL)
    return highest / 1024
