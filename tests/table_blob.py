#!/usr/bin/env python3
"""What ip_tables holds in its own form, a line for each entry; used by 96-replay.bats.

Counters and the kernel's own notes aside: "-c" of the save programs has the counters. Names up to
their NUL: the rest is whatever was in the memory that the kernel was given.
"""
import ctypes
import os
import socket
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
SO_GET_INFO, SO_GET_ENTRIES = 64, 65
# family: names of its tables, level, target_offset in an entry
FAMILIES = {
    'ip': (socket.AF_INET, '/proc/self/net/ip_tables_names', 0, 88),
    'ip6': (socket.AF_INET6, '/proc/self/net/ip6_tables_names', 41, 140),
}


def ask(sock, level, option, request):
    buf = ctypes.create_string_buffer(request, len(request))
    size = ctypes.c_uint32(len(request))
    if LIBC.getsockopt(sock.fileno(), level, option, buf, ctypes.byref(size)) < 0:
        raise OSError(ctypes.get_errno(), 'getsockopt')
    return buf.raw


def table(sock, family, level, target, name):
    info = ask(sock, level, SO_GET_INFO, struct.pack('32s52x', name.encode()))
    hooks, *places, nr, size = struct.unpack_from('I10III', info, 32)
    print(family, name, hooks, places, nr, size)
    entries = ask(sock, level, SO_GET_ENTRIES,
                  struct.pack('32sI4x', name.encode(), size) + bytes(size))[40:]
    at = 0
    while at < size:
        length, = struct.unpack_from('H', entries, at + target + 2)
        # what is behind the two offsets: comefrom, padding, counters
        print(at, entries[at:at + target + 4].hex(),
              entries[at + (target + 8 + 7) // 8 * 8 + 16:at + length].hex())
        at += length


for family, (domain, names, level, target) in FAMILIES.items():
    if not os.path.exists(names):
        continue
    with socket.socket(domain, socket.SOCK_RAW, 255) as sock, open(names) as file:
        for name in sorted(file.read().split()):
            table(sock, family, level, target, name)
