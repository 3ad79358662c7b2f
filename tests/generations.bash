# generations: what the tests of generations, confirm and boot share. Load it after kernel.
#
#   json 'EXPRESSION over o'  a value of the JSON object in $output
#   assert_history 'LIST'     the generations, as "1 rejected, *2 good": * is current
#   token                     of the pending generation
#   watchdog                  the watchdog's process id, or nothing
#   kill_watchdog             and wait until it is gone
#   time_over                 of a pending generation whose watchdog was killed
#   reboot                    new namespaces, an empty /run/rampart, another boot id
#   log_start [TEXT]          read the system's log, in the test's own /dev, until TEXT comes
#   log_wait, log_end         until it has come; or until here: then $LOG has all of it
#   at_terminal ACTION ARG... rampart at a terminal; ACTION is done when it asks something:
#                             'type TEXT', 'press ^C', 'shell COMMAND', 'then TEXT COMMAND' (the
#                             command, then the text) or 'hang up'
#
# shellcheck shell=bash disable=SC2034,SC2154 # variables are of, and for, the tests

json() {
	"$PYTHON" -I -S -c '
import json, sys
o = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1" <<<"$output"
}

assert_history() {
	run_rampart 0 history
	assert_equal "$(awk 'NR > 1 { current = /^\*/ ? "*" : ""; $0 = substr($0, 2); print current $1 " " $2 }' \
		<<<"$output" | paste -s -d , | sed 's/,/, /g')" "$1"
}

token() {
	sed -n 's/^confirm //p' "$ROOT/var/lib/rampart/current"
}

# --- the watchdog -----------------------------------------------------------------------

# Who holds the lock of the mark that it keeps.
watchdog() {
	local inode
	inode=$(stat -c %i "$ROOT/run/rampart/pending" 2>/dev/null) || return 0
	awk -v inode="$inode" '$2 == "FLOCK" && $4 == "WRITE" && $6 ~ ":" inode "$" { print $5 }' /proc/locks
}

kill_watchdog() {
	local pid
	pid=$(watchdog)
	[ -n "$pid" ]
	kill -9 "$pid"
	# its lock goes with it
	flock "$ROOT/run/rampart/pending" true
}

time_over() {
	sed -i 's/^deadline .*/deadline 1/' "$ROOT/run/rampart/pending"
}

# --- reboot -----------------------------------------------------------------------------

reboot() {
	local pid
	pid=$(watchdog)
	[ -z "$pid" ] || kill -9 "$pid"
	ns_stop
	ns_start
	rm -rf "$ROOT/run/rampart"
	cat /proc/sys/kernel/random/uuid >"$BATS_TEST_TMPDIR/boot_id"
	ns mount --bind "$BATS_TEST_TMPDIR/boot_id" /proc/sys/kernel/random/boot_id
}

# --- the system's log -------------------------------------------------------------------

log_start() {
	local ready=$BATS_TEST_TMPDIR/log-ready
	LOG=$BATS_TEST_TMPDIR/log
	ns sh -e -c '
		[ ! -e /dev/log.ours ] || { rm -f /dev/log; exit 0; }
		mkdir -p /run/dev && mount -t tmpfs none /run/dev
		mkdir /run/dev/upper /run/dev/work
		: >/run/dev/upper/log.ours
		mount -t overlay -o lowerdir=/dev,upperdir=/run/dev/upper,workdir=/run/dev/work none /dev'
	mkfifo "$ready"
	ns "$PYTHON" -I -S -c '
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
open(sys.argv[1], "w").close()
with open(sys.argv[2], "w") as out:
    while True:
        # "<27>Nov 20 21:00:00 rampart[12]: text"
        text = log.recv(65536).decode().partition("]: ")[2]
        if text == "end of the log":
            break
        print(text, file=out)
        if sys.argv[3] and sys.argv[3] in text:
            break' "$ready" "$LOG" "${1:-}" &
	LOGGER=$!
	: <"$ready"
	rm "$ready"
}

log_wait() {
	wait "$LOGGER"
}

log_end() {
	ns "$PYTHON" -I -S -c '
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"test[1]: end of the log", "/dev/log")'
	wait "$LOGGER"
}

# --- a terminal -------------------------------------------------------------------------

# What it said is in $output, its exit code in $status; 128 + N: killed by signal N.
at_terminal() {
	local action=$1
	shift
	status=0
	echo "# rampart $* at a terminal: $action ($BACKEND)"
	output=$(NO_COLOR=1 ns "$PYTHON" -I -S -c '
import os, subprocess, sys
pid, fd = os.forkpty()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
verb, _, rest = sys.argv[1].partition(" ")
seen = b""
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    seen += part
    if verb and seen.endswith(b": "):
        if verb == "type":
            os.write(fd, rest.encode() + b"\n")
        elif verb == "press":
            os.write(fd, bytes([ord(rest[1]) - 64]))
        elif verb == "shell":
            subprocess.run(["sh", "-c", rest], check=True, stdin=subprocess.DEVNULL)
        elif verb == "then":
            text, _, command = rest.partition(" ")
            subprocess.run(["sh", "-c", command], check=True, stdin=subprocess.DEVNULL)
            os.write(fd, text.encode() + b"\n")
        elif verb == "hang":
            os.close(fd)
            break
        verb = ""
sys.stdout.write(seen.decode().replace("\r", ""))
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)' \
		"$action" "$RAMPART" --root "$ROOT" --backend $BACKEND "$@") || status=$?
}

# The exit code and all that was said at the terminal.
assert_said() { # STATUS TEXT
	assert_equal "$status: $output" "$1: $2"
}
