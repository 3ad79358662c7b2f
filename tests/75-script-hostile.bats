# script hostile: scripts that mean harm. Each talks to rampart's socket by itself, or goes for the
# sandbox; whatever it does, the run ends in its time with 0 or 2, the host is as it was, nothing
# of the script is left, and the next run is as any other.
# shellcheck disable=SC2016,SC2154,SC2034 # texts are for the scripts; helpers set and use the rest
load helpers
load kernel
load script

RAMPART_SECONDS=30 # the scripts here have two
BASELINE='ownership = exclusive
script_seconds = 2'

# What has to be the same afterwards.
world() {
	live
	ns cat /proc/self/mountinfo
	ns ip address
	ns ip route show table all
	ns ip rule
	ns ip link show
	ns sh -c 'cd /proc/sys && grep -rs . kernel/core_pattern kernel/hostname kernel/sysrq fs/suid_dumpable \
		net/ipv4/conf net/ipv4/ip_forward net/core vm/overcommit_memory'
	find "$ROOT/etc" -printf '%p %M %u %s %T@ %l\n' | sort
}

# The drop-in is a program for python3, with what scripts/hostile.py has: hostile 'PROGRAM' ['SHELL']
hostile() {
	parts
	mkdir -p "$ROOT/$CONF_D/lib"
	cp "$BATS_TEST_DIRNAME/scripts/hostile.py" "$ROOT/$CONF_D/lib"
	printf '%s\n' 'from hostile import *' "$1" >"$ROOT/$CONF_D/lib/attack.py"
	script 40-fw.sh "#!/bin/bash
$STAY
${2:-exec python3 -B lib/attack.py}
"
}

# What is written is for a terminal, and no sanitizer's.
assert_sane() {
	! LC_ALL=C grep -n $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$output$stderr" || show_both 'no control bytes' ''
	! grep -n -e Sanitizer -e 'runtime error' <<<"$stderr" || show_both 'no sanitizer' ''
}

# survives N [PROGRAM [SHELL]]: exit code N, or "any": 0 or 2
survives() {
	local expected=$1 before status=0
	shift
	[ $# -eq 0 ] || hostile "$@"
	baseline "$BASELINE"
	[ -n "$NS_PID" ] || ns_start
	before=$(world)
	if [ "$expected" = any ]; then
		run_rampart 0 -v validate || status=$?
		[ $status -eq 0 ] || run_rampart 2 -v validate
	else
		run_rampart "$expected" -v validate
	fi
	assert_sane
	all_gone
	assert_same "$(world)" "$before"
	local said=$stderr printed=$output
	script 40-fw.sh '#!/bin/sh
iptables -A INPUT -p tcp --dport 7 -j ACCEPT
'
	run_rampart 0 -v validate
	assert_output_has 'rules: ipv4 1'
	stderr=$said output=$printed
}

OVER="$FW: error: the script did not end within 2 seconds: killed"

# --- what is no request ----------------------------------------------------------------------

no_requests() {
	survives 0 '
import random
r = random.Random(1)
messages = [bytes(r.randrange(256) for _ in range(r.choice([1, 4, 11, 12, 13, 200, 5000]))) for _ in range(200)]
messages += [struct.pack("=III", MAGIC, 0, n) + rest for n in (0, 1, 2, 3, 1000, 0x7fffffff, 0xffffffff)
             for rest in (b"", b"\0", b"\0\0\0", b"\0/x\0a\0b", b"x" * 5000, b"\0" * 5000)]
messages += [request(["iptables", "-L"], argc=n) for n in (0, 1, 3, 99, 0xffffffff)]
messages += [request(["iptables", "-L"], tail=b"x"), request(["iptables", "-L"], magic=1)]
for message in messages:
    with connect() as s:
        send(s, message)
expect(status("iptables", "-A", "INPUT", "-j", "ACCEPT"), 0)'
	assert_output_has 'rules: ipv4 1'
}

@test "script hostile: random bytes, lengths that lie, strings without an end" {
	on_each_backend no_requests
}

odd_requests() {
	survives 2 '
big = "A" * 150000
call(*["iptables"] + ["x"] * 70000)
call("iptables", "-A", "INPUT", "-m", "comment", "--comment", big)
call(big, "-A", "INPUT")
call("iptables", "-A", big)
call(*["iptables", "-A", "INPUT"] + ["-s", "192.0.2.1"] * 8000)
call(flags=2)
call("iptables", "-L", flags=0xffffffff)
for name in ("", "/", "//", "x", "iptables", "iptables-", "xtables-nft-multi", "/init.d/", "sudo", "sleep", "modprobe",
             "ipset", "service", "kmod", "../../../../bin/sh", big):
    call(name, execfn=name)
    call("", execfn=name)
    call(execfn=name)
    call(name, name, "-h", execfn="/usr/sbin/" + name)
call("sudo", *["-u"] * 300, execfn="/usr/bin/sudo")
call("sleep", "-1e308", execfn="/usr/bin/sleep")
call("iptables-save", "-f", execfn="/usr/sbin/iptables-save")
call("iptables-save", "-t", "../../x", "-M", "/tmp/x", execfn="/usr/sbin/iptables-save")'
	assert_error_has "$FW"
}

@test "script hostile: requests of odd sizes, for odd programs" {
	on_each_backend odd_requests
}

@test "script hostile: one that hangs up at each point" {
	survives 0 '
for _ in range(20):
    connect().close()
    with connect() as s:
        send(s, request(["iptables", "-S"]))
    with connect() as s:
        s.shutdown(socket.SHUT_WR)
    with connect() as s:
        send(s, request(["iptables", "-S"]))
        s.shutdown(socket.SHUT_RD)
    with connect() as s:
        send(s, request(["iptables-restore"], execfn=RESTORE))
    with connect() as s:
        send(s, request(["iptables-restore"], execfn=RESTORE))
        answers(s)
        send(s, b"xy")
    with connect() as s:
        send(s, request(["sleep", "9"], execfn="/usr/bin/sleep"))
        send(s, request(["iptables", "-S"]))
expect(status("iptables", "-A", "INPUT", "-j", "ACCEPT"), 0)'
	assert_output_has 'rules: ipv4 1'
}

# --- the place of a call ---------------------------------------------------------------------

# As apply does what a script wishes for: one of them is allowed.
forged_place() {
	local forward=/proc/sys/net/ipv4/ip_forward wish
	ns sh -c "echo 0 >$forward"
	for wish in 'modprobe ip_tables' 'ipset create forged hash:ip'; do
		script 40-fw.sh '#!/bin/sh
# ipset
iptables -A INPUT -p tcp --dport 7 -j ACCEPT
RAMPART_AT="/a:1		x
sysctl	/a:1	net.ipv4.ip_forward	1
module	/a:1" '"$wish"'
RAMPART_AT="/a
-A INPUT -j ACCEPT
:1" iptables -A INPUT -p tcp --dport 8 -j ACCEPT
'
		baseline "$BASELINE
allow_modprobe = {ip_tables}"
		run_rampart 0 show --origins
		refute_output_line '-A INPUT -j ACCEPT'
		run_rampart 0 apply || run_rampart 3 apply
		assert_sane
		assert_equal "$(ns cat $forward)" 0
	done
}

@test "script hostile: a place that is said to be two lines is no second wish, and no second rule" {
	on_each_backend forged_place
}

@test "script hostile: a place can't drive the terminal" {
	survives 2 '
for place in ("/a\x1b]0;x\x07:5", "\x1b[2J:1", "/\xff\xfe\x80:2", "a" * 100000 + ":3", ":4", "/x:", "/x:0", "/x:-1", "/x:99999999999"):
    call("iptables", "-A", "NOSUCH", "-j", "ACCEPT", hint=place.encode("latin1"))
    call("iptables", "-A", "INPUT", "-j", "NO\x1b[2J", hint=place.encode("latin1"))'
}

# --- many ------------------------------------------------------------------------------------

# 500 of each process: more descriptors it may not have.
CROWD='
def crowd(_):
    for _ in range(500):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        try:
            s.connect(SOCKET)
        except OSError:
            pass
        held.append(s)
held = []
'

@test "script hostile: 2000 connections that say nothing, and go" {
	survives 0 "$CROWD"'
expect(in_parallel(4, crowd), 4)
expect(status("iptables", "-A", "INPUT", "-j", "ACCEPT"), 0)'
	assert_output_has 'rules: ipv4 1'
}

@test "script hostile: 2000 connections that say nothing, and stay" {
	survives 2 "$CROWD"'
def stay(i):
    crowd(i)
    while True:
        time.sleep(1)
in_parallel(4, stay)'
	assert_error_line "$OVER"
}

in_parallel() {
	survives 0 '
def calls(n):
    for i in range(50):
        expect(status("iptables", "-A", "INPUT", "-p", "tcp", "--dport", str(1000 + 50 * n + i)), 0)
expect(in_parallel(40, calls), 40)'
	assert_output_has 'rules: ipv4 2000'
}

@test "script hostile: 2000 calls by 40 processes at once" {
	on_each_backend in_parallel
}

unread() {
	survives 0 '
for i in range(100):
    expect(status("iptables", "-A", "INPUT", "-p", "tcp", "--dport", str(i + 1)), 0)
unread = []
for i in range(60):
    unread.append(connect())
    send(unread[-1], request(["iptables", "-S"]))
expect(status("iptables", "-C", "INPUT", "-p", "tcp", "--dport", "1"), 0)'
}

@test "script hostile: answers that nobody reads" {
	on_each_backend unread
}

# --- what is handed over ---------------------------------------------------------------------

odd_input() {
	survives any '
text = b"*filter\n-A INPUT -j ACCEPT\nCOMMIT\n"
ends = os.pipe()
os.write(ends[1], text)
expect(feed([ends[0]]), None)
expect(feed([ends[1]]), None)
for path in ("/dev/zero", "/dev/null", "/dev/urandom", "/etc", "/etc/passwd", "/proc/self/mem", "/proc/self/maps"):
    expect(feed([os.open(path, os.O_RDONLY)]), None)
expect(feed([os.open("/etc", os.O_PATH)]), None)
with connect() as s:
    expect(feed([s.fileno()]), None)
expect(feed([os.eventfd(0)]), None)
expect(feed([memory(text)]), 0)
feed([memory(text)], b"")
feed([memory(text)], GIVEN + b"more")
feed([memory(text)], struct.pack("=I", 5))
import fcntl
sealed = memory(text)
fcntl.fcntl(sealed, 1033, 15)  # F_ADD_SEALS, all of them
expect(feed([sealed]), 0)
huge = os.memfd_create("huge")
try:
    os.ftruncate(huge, 1 << 40)
except OSError:
    os.ftruncate(huge, 64 << 20)
feed([huge])
closed = os.open(f"/proc/self/fd/{memory(text)}", os.O_WRONLY)
feed([closed])
with open("/tmp/input", "wb+") as f:
    f.write(text)
    f.flush()
    feed([f.fileno()])'
}

@test "script hostile: input that is no memory, or sealed, huge, write-only" {
	on_each_backend odd_input
}

@test "script hostile: descriptors without end, none is kept" {
	survives 0 '
for _ in range(1000):
    with connect() as s:
        send_fds(s, request(["modprobe", "-r", "x"], execfn="/usr/sbin/modprobe"), [0, 1, 2])
        answers(s)
for _ in range(300):
    expect(feed([1, 2]), None)
    expect(feed([1] * 200), None)
expect(feed([memory(b"*filter\n-A INPUT -j ACCEPT\nCOMMIT\n")]), 0)'
	assert_output_has 'rules: ipv4 1'
}

@test "script hostile: its output held open by what is on its way to rampart" {
	survives 0 "$CROWD"'
expect(feed([1, 2]), None)
crowd(0)
crowd(0)
for s in held:
    try:
        send_fds(s, b"x", [1, 2])
    except OSError:
        pass
open("/tmp/done", "w").close()
while True:
    time.sleep(1)' 'ulimit -n 2000 2>/dev/null
python3 -B lib/attack.py &
until [ -e /tmp/done ]; do :; done'
	assert_error_has 'the script left a process in the background'
}

changing_input() {
	survives any '
fd = memory(b"*filter\n" + b"-A INPUT -p tcp -j ACCEPT\n" * 300 + b"COMMIT\n")
def change():
    n = 0
    while True:
        n += 1
        os.pwrite(fd, b"-A INPUT -m comment --comment \"x" if n & 1 else b"\0\n*nat\n:X - [0:0]\nCOMMIT\nCOMM", 8 + n % 5000)
        os.ftruncate(fd, n % 9000)
        os.lseek(fd, n % 9000, 0)
threading.Thread(target=change, daemon=True).start()
for _ in range(20):
    feed([fd])'
}

@test "script hostile: input that changes and shrinks while it is read" {
	on_each_backend changing_input
}

endless_input() {
	survives 2 '
fd = memory(b"*filter\n" + b"# again\n" * 500000)
def again():
    while True:
        os.lseek(fd, 8, 0)
threading.Thread(target=again, daemon=True).start()
while True:
    feed([fd])'
	assert_error_line "$OVER"
}

@test "script hostile: input that never ends, since it is wound back" {
	on_each_backend endless_input
}

too_many_rules() {
	survives any '
feed([memory(b"*filter\n" + b"-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT\n" * 200000 + b"COMMIT\n")])'
}

@test "script hostile: a restore of 200 000 rules" {
	on_each_backend too_many_rules
}

# --- what is stood on ------------------------------------------------------------------------

# Where the programs' own lock was, and is: whatever they find there, they come back.
false_locks() {
	survives any '
for path in ("/tmp/.rampart-xtables", "/run/xtables.lock", "/run/lock/xtables.lock", "/tmp/xtables.lock"):
    try:
        os.mkfifo(path)
    except OSError:
        pass
import fcntl
held = []
for directory in ("/dev/shm/.rampart", "/dev/shm/.rampart/extra"):
    for name in os.listdir(directory):
        try:
            held.append(os.open(directory + "/" + name, os.O_RDONLY))
            fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass
for i in range(5):
    call("iptables", "-A", "INPUT", "-m", "recent", "--name", f"r{i}", "--set")
call("iptables", "-S")'
}

@test "script hostile: FIFOs and locks where the real programs have theirs" {
	on_each_backend false_locks
}

moved_files() {
	survives any '
import shutil
for base in ("/tmp", "/run", "/run/lock", "/var/lib", "/etc", "/root", "/var/log"):
    for name in ("resolv.conf", "hosts", "protocols", "services", "nsswitch.conf", "passwd", "ld.so.cache",
                 "ld.so.conf", "xtables.conf", "ethertypes"):
        for make in (os.mkfifo, os.mkdir, lambda p: os.symlink("/proc/self/mem", p), lambda p: os.symlink(p, p)):
            try:
                os.rename(f"{base}/{name}", f"{base}/.{name}")
            except OSError:
                pass
            try:
                make(f"{base}/{name}")
                break
            except OSError:
                pass
for rule in (["-p", "nosuch"], ["-p", "tcp", "--dport", "http"], ["-s", "name.example"], ["-p", "tcp"]):
    call("iptables", "-A", "INPUT", *rule, "-j", "ACCEPT")
call("iptables", "-S")'
}

@test "script hostile: FIFOs and links in the place of /etc/services and its kin" {
	on_each_backend moved_files
}

# Code of its own in the programs that rampart runs for it, and a socket of the host's for them.
preloaded() {
	command -v cc >/dev/null || skip 'no compiler'
	ns ip link set lo up
	hostile '
import shutil
shutil.copy("lib/preload.so", "/tmp/preload.so")
os.chmod("/tmp/preload.so", 0o755)
of_host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
hand = socket.socket(socket.AF_UNIX)
hand.bind("/tmp/hand")
os.chmod("/tmp/hand", 0o777)
hand.listen(9)
def give():
    while True:
        send_fds(hand.accept()[0], b"x", [of_host.fileno()])
threading.Thread(target=give, daemon=True).start()
with open("/etc/ld.so.preload", "w") as f:
    f.write("/tmp/preload.so\n")
call("iptables", "-A", "INPUT", "-m", "recent", "--name", "x", "--set")
call("iptables", "-L", "-n")
feed([memory(b"*filter\n-A INPUT -j ACCEPT\nCOMMIT\n")])
os.unlink("/etc/ld.so.preload")
print(open("/tmp/preload").read() if os.path.exists("/tmp/preload") else "never there")'
	cc -O2 -shared -fPIC -o "$ROOT/$CONF_D/lib/preload.so" "$BATS_TEST_DIRNAME/scripts/preload.c"
	survives any
	refute_error_has 'lo is down'
}

@test "script hostile: its own code in the real programs can't reach the host's network" {
	on_each_backend preloaded
}

# --- files -----------------------------------------------------------------------------------

@test "script hostile: all places full, files without number, deep directories, odd kinds" {
	survives 0 '
block = b"x" * 65536
for place in ("/tmp", "/var/tmp", "/run", "/etc", "/var/lib", "/var/log", "/dev/shm", "/root"):
    path = place + "/deep"
    try:
        for _ in range(60):
            os.mkdir(path)
            path += "/d"
    except OSError:
        pass
    for i, make in enumerate((os.mkfifo, lambda p: os.symlink("/etc/shadow", p), lambda p: os.symlink("..", p),
                              lambda p: socket.socket(socket.AF_UNIX).bind(p), lambda p: os.link("/etc/passwd", p),
                              lambda p: os.mknod(p, 0o20666, os.makedev(1, 5)))):
        try:
            make(f"{place}/odd{i}\n\x1b[2J")
        except OSError:
            pass
    try:
        for i in range(100000):
            os.close(os.open(f"{place}/{i}", os.O_CREAT | os.O_WRONLY))
            if i == 3000 and place != "/root":
                break
    except OSError:
        pass
try:
    with open("/tmp/full", "wb") as f:
        while True:
            f.write(block)
except OSError:
    pass
expect(status("iptables", "-A", "INPUT", "-j", "ACCEPT"), 0)
expect(status("iptables", "-A", "INPUT", "-m", "recent", "--name", "x", "--set"), 0)'
	assert_error_has 'what the script wrote to files is thrown away: '
	assert_output_has 'rules: ipv4 2'
}

@test "script hostile: odd kinds and values in the place of /proc/sys/net" {
	BASELINE="$BASELINE
allow_sysctl = {\"net.*\"}"
	survives 0 '
# proc/sys
base = "/proc/sys/net/ipv4/"
for name in ("ip_forward", "../../net/core/x", "conf/all/rp_filter"):
    for make in (os.unlink, os.mkfifo, os.mkdir, lambda p: os.symlink("/etc/shadow", p), lambda p: os.rename(p, "/tmp/x"),
                 lambda p: os.rename("/proc/sys/net", "/tmp/net"), lambda p: os.link(p, "/tmp/y")):
        try:
            make(base + name)
        except OSError:
            pass
values = [b"", b"\n\n\n", b"\0\0", b"1\nsysctl\t/a:1\tkernel.x\t1\n", b"\x1b[2J", b"x" * 70000, b"1\t2\t3", b"1 2\n3"]
names = ["ip_forward", "tcp_rmem", "ip_local_port_range", "tcp_syncookies", "tcp_congestion_control", "ip_default_ttl",
         "tcp_sack", "tcp_ecn"]
for name, value in zip(names, values):
    try:
        with open(base + name, "wb") as f:
            f.write(value)
    except OSError:
        pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/sysrq", "/proc/sysrq-trigger", "/proc/self/oom_score_adj",
             "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/loginuid",
             "/proc/self/mem", "/proc/self/attr/current", "/proc/self/timerslack_ns", "/proc/self/comm"):
    try:
        with open(path, "wb", buffering=0) as f:
            f.write(b"0")
    except OSError:
        pass' 'exec python3 -B lib/attack.py # /proc/sys'
}

# --- processes -------------------------------------------------------------------------------

@test "script hostile: it kills all it can see" {
	survives 2 '
import signal
for pid in [1, *range(2, 40)]:
    if pid != os.getpid():
        for s in (signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(pid, s)
            except OSError:
                pass
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
os.kill(os.getpid(), signal.SIGKILL)'
	assert_error_has "$FW: error: the script ended with exit status 137"
}

@test "script hostile: it ignores signals, and stops itself and its children" {
	survives 2 '
import signal
for s in range(1, 65):
    try:
        signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
for _ in range(20):
    if not os.fork():
        os.setsid()
        os.kill(os.getpid(), signal.SIGSTOP)
        while True:
            pass
os.kill(os.getpid(), signal.SIGSTOP)
while True:
    pass'
	assert_error_line "$OVER"
}

@test "script hostile: twice forked, holding the pipes, calling on and on" {
	survives 0 '
for _ in range(10):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            call("iptables", "-A", "INPUT", "-p", "tcp", "-j", "ACCEPT")
            os.write(1, b"x" * 5000)'
	assert_error_has 'the script left a process in the background: killed: python3 -B lib/attack.py'
}

@test "script hostile: as many processes as it can make" {
	survives 2 '
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.1)'
	assert_error_line "$OVER"
}

@test "script hostile: output without end" {
	survives 2 '
while True:
    os.write(1, b"x" * 65536)
    os.write(2, b"\x1b[2J\n" * 9000)'
	assert_error_line "$OVER"
}

# --- the kernel ------------------------------------------------------------------------------

@test "script hostile: system calls that would lead out" {
	survives 0 '
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made = []
def refused(name, *args):
    if getattr(libc, name)(*args) != -1:
        made.append(name)
refused("mount", b"none", b"/mnt", b"tmpfs", 0, None)
refused("umount2", b"/proc", 2)
refused("unshare", 0x10000000)
refused("unshare", 0x40000000)
refused("unshare", 0x00020000)
refused("pivot_root", b"/tmp", b"/tmp") if hasattr(libc, "pivot_root") else None
refused("chroot", b"/tmp")
refused("ptrace", 16, 1, None, None)
refused("setns", os.open("/proc/self/ns/net", os.O_RDONLY), 0)
refused("setuid", 1)
refused("sethostname", b"x", 1)
refused("swapon", b"/tmp/full", 0)
refused("reboot", 0x89abcdef)
refused("acct", b"/tmp/x")
refused("iopl", 3)
refused("syscall", 321, 5, b"\0" * 120, 120)   # bpf(), a program
refused("syscall", 175, b"", 0, b"")           # init_module()
refused("syscall", 246, 0, 0, None, 0)         # kexec_load()
refused("syscall", 304, 0, b"x" * 8, 0)        # open_by_handle_at()
refused("syscall", 298, b"\0" * 120, 1, -1, -1, 0)  # perf_event_open(), of all processes but one
for number in (425, 323, 250, 248, 425, 434, 438, 440, 272, 435, 442, 428, 429, 430):
    libc.syscall(number, 1, 0, 0, 0, 0)        # io_uring_setup(), userfaultfd(), keyctl(), clone3() ...
for path in ("/proc/1/mem", "/proc/1/root/etc/shadow", "/proc/1/fd", "/proc/1/environ", "/proc/kcore", "/dev/mem",
             "/proc/1/ns/net"):
    try:
        os.open(path, os.O_RDONLY)
        made.append(path)
    except OSError:
        pass
import subprocess
for program in ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount", "/usr/bin/chsh", "/usr/bin/newgrp"):
    if os.path.exists(program):
        subprocess.run(["timeout", "1", program, "-c", "id"], stdin=subprocess.DEVNULL, capture_output=True)
expect(made, [])'
}

# --- memory ----------------------------------------------------------------------------------

# 4000 calls of 150 KB; of what is made, nothing is worth keeping.
@test "script hostile: large requests without number cost no memory" {
	[[ $RAMPART != *sanitize* ]] || skip 'the sanitizer keeps what is freed'
	BASELINE='script_seconds = 25'
	hostile '
for i in range(4000):
    name = "A" * 150000 + str(i)
    call("x", "y", execfn="/x/" + name) if i & 1 else call("modprobe", "-r", "x", hint=name + ":1", execfn="/x/modprobe")'
	baseline "$BASELINE"
	printf '%s\n' '#!/usr/bin/python3' 'import resource, subprocess, sys' \
		"status = subprocess.run(['$RAMPART', *sys.argv[1:]]).returncode" \
		'print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' \
		'sys.exit(status)' >"$BATS_TEST_TMPDIR/measured"
	chmod 755 "$BATS_TEST_TMPDIR/measured"
	ns true
	RAMPART=$BATS_TEST_TMPDIR/measured run_rampart 0 validate ||
		RAMPART=$BATS_TEST_TMPDIR/measured run_rampart 2 validate
	[ "$(sed -n 's/^peak //p' <<<"$output")" -lt 500 ] || show_both 'less than 500 MiB' ''
}
