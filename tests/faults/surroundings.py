#!/usr/bin/env python3
"""surroundings.py [--every N] [--offset N] [--scenario REGEX] [CASE...]

What is around rampart fails (each case in a network namespace of its own, see field.Scenario):

var, run    the file system of /var/lib/rampart or /run/rampart has room for N pages more; from 0
            on, until the command has enough
read-only   that of /var/lib/rampart is read-only from system call N on
fail, lie, crash
            the Nth of the programs that the command runs ends with exit code 1; with 0 without
            having done anything (those that restore); by a signal

The exit code is true: 0 live is new and "check" finds nothing, 2 and 3 live is old, 4 it is not
or can't be read. If it is not 0 there is an error, and it makes sense. The lock is free, rules of
others and their counters are as they were. When all is well again the next command works.

A CASE is what a failed one is called. Ends with "N passed, N failed"; RAMPART is the program.
"""
import argparse
import os
import random
import shutil
import sys

import calls
import field

PAGE = os.sysconf('SC_PAGE_SIZE')
PAGES = 64  # enough for anything
PROGRAMS = ('fail', 'lie', 'crash')
EVERY_CALL = 8  # read-only from each so-manieth system call on: most of them write nothing


def mount_small(path, pages):
    """A file system in memory over a directory, with its files and this room for more."""
    saved = path + '.saved'
    shutil.copytree(path, saved)
    field.sh('mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', path)
    shutil.copytree(saved, path, dirs_exist_ok=True)
    shutil.rmtree(saved)
    room = os.statvfs(path)
    used = (room.f_blocks - room.f_bfree) * room.f_frsize // PAGE
    # size=0 would be no limit
    with open(path + '/ballast', 'wb') as file:
        file.write(b'x' * PAGE)
    field.sh('mount', '-o', 'remount,size=%d' % ((used + 1 + pages) * PAGE), path)


def make_room(path):
    field.sh('mount', '-o', 'remount,rw,size=%d' % (PAGES * PAGE), path)


def judge(scenario, result, problems):
    calls.judge_code(scenario, result, problems)
    if result.code != 0 and not calls.sensible(result.err):
        problems.append('no error that makes sense')
    if not scenario.field.lock_is_free():
        problems.append('the lock is still held')
    scenario.judge_foreign(problems)


def finish(scenario, result, problems):
    scenario.judge_end(problems)
    if problems:
        problems.append('it said: %s' % result)
    return problems


def full(scenario, what, pages):
    problems = []
    where = scenario.begin()
    path = where.root + ('/var/lib' if what == 'var' else '/run')
    mount_small(path, pages)
    try:
        result = where.rampart(*scenario.args)
        judge(scenario, result, problems)
        if pages == PAGES and result.code != 0:
            problems.append('it fails for another reason than want of room')
        make_room(path)
        return finish(scenario, result, problems)
    finally:
        field.sh('umount', path)


def read_only(scenario, at):
    problems = []
    where = scenario.begin()
    path = where.root + '/var/lib'
    mount_small(path, PAGES)
    try:
        # not while a file is open for writing
        result = calls.trip(scenario, at, '!mount -o remount,ro %s 2>&- || true' % path).result
        judge(scenario, result, problems)
        make_room(path)
        return finish(scenario, result, problems)
    finally:
        field.sh('umount', path)


def program(scenario, how, nr):
    problems = []
    where = scenario.begin()
    programs = field.Programs(where.work, where.backend)
    try:
        programs.fault('all', how, str(nr))
        result = where.rampart(*scenario.args)
        programs.fault()
    finally:
        programs.release()
    judge(scenario, result, problems)
    return finish(scenario, result, problems)


def run_case(work, case):
    name, what, nr = case
    scenario = calls.scenario_of(work, name)
    if what in PROGRAMS:
        return program(scenario, what, nr)
    return read_only(scenario, nr) if what == 'read-only' else full(scenario, what, nr)


# --- all of them --------------------------------------------------------------------------

def programs_of(scenario):
    """What the command runs, in order."""
    where = scenario.begin()
    programs = field.Programs(where.work, where.backend)
    try:
        programs.fault('all', 'none', 'none')
        where.rampart(*scenario.args)
        with open(programs.at + '/calls') as file:
            return file.read().splitlines()
    finally:
        programs.release()


def enough(scenario, what):
    """The first number of pages with which the command works."""
    for pages in range(PAGES):
        where = scenario.begin()
        path = where.root + ('/var/lib' if what == 'var' else '/run')
        mount_small(path, pages)
        result = where.rampart(*scenario.args)
        field.sh('umount', path)
        if result.code == 0:
            return pages
    return PAGES


def cases_of(work, name):
    scenario = calls.scenario_of(work, name)
    for nr, command in enumerate(programs_of(scenario), 1):
        for how in PROGRAMS:
            if how != 'lie' or '-restore' in command:
                yield name, how, nr
    for what in ('var', 'run'):
        for pages in range(enough(scenario, what) + 1):
            yield name, what, pages
    for at in range(1, len(calls.list_calls(work, name)) + 1, EVERY_CALL):
        yield name, 'read-only', at


def wanted_cases(args):
    """In a child, because it enters namespaces."""
    work = field.private_mounts()
    if args.cases:
        return [(name, what, int(nr)) for name, what, nr in
                (case.split('/') for case in args.cases)]
    cases = [case for name in field.scenarios(args.scenario) for case in cases_of(work, name)]
    offset = random.randrange(args.every) if args.offset is None else args.offset
    print('# every %d, offset %d of %d cases' % (args.every, offset, len(cases)))
    return field.sample(cases, args.every, offset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--offset', type=int)
    parser.add_argument('--scenario', default='.')
    parser.add_argument('cases', nargs='*')
    args = parser.parse_args()
    field.need_root()
    with calls.tools():
        return field.run_cases(field.in_child(wanted_cases, args), run_case,
                               lambda case: '%s/%s/%d' % case)


sys.exit(main())
