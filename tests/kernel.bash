# kernel: what the tests of the kernel side share. Load it after helpers.
#
#   live                      all that both families hold, policies too, without counters
#   live_counted              the same with counters
#   policy FAMILY TABLE CHAIN
#   udp PORT [N [ADDRESS]]    N datagrams to this host's own port, over lo
#   on_each_backend FUNCTION  each_backend, without the files of the time before
#   apply_dropin NAME 'TEXT'  write it and apply
#   traced 'OPTIONS' N ARG... run_rampart under strace
#   as_nobody ARG...          rampart as an ordinary user; its exit code
#   fake_programs 'CODE'      the backend's programs, with CODE run first
#   lay COMMAND...            as another program would: a rule command, with the lock
#   built NAME [OPTION...]    a program of tests/NAME.c; its path is $BUILT
#   per_table FUNCTION        rampart where seccomp is forbidden, as in some containers
#   at_commit ENV... -- FUNCTION   rampart with before-commit.c in it
#   in_between WHEN 'COMMAND' what another program does between rampart's look and its commit
#
# shellcheck shell=bash disable=SC2034 # output and stderr are for the tests

PYTHON=/usr/bin/python3
nobody_by=() # what runs rampart in as_nobody: strace, or nothing

# --- what is live ---------------------------------------------------------------------

# Both families as one listing by two processes: $1 nft or legacy, more are options of the programs.
# What may be told apart in a listing, but not between two of them, is taken out: comments, counters
# of policies and, without -c, of rules. Tables by name: the kernel lists legacy ones in the order in
# which they were first looked at. HOLDING: without those that hold nothing.
# shellcheck disable=SC2016 # expanded by the shell that runs it
LISTED='for program in iptables ip6tables; do
	echo "= $program"
	"$program-$@"
done'
# shellcheck disable=SC2016 # perl's
IN_ORDER='for (split /^(?== )/m) {
	s/^#.*\n//mg;
	s/^(:.*) \[\d*:\d*\]$/$1/mg;
	print /^= (.*\n)/, sort grep { !$ENV{HOLDING} || /^-A|^:\S+ (?!ACCEPT$)/m } /^\*.*?^COMMIT\n/gms;
}'

live() {
	ns sh -c "$LISTED" sh "$BACKEND-save" | LC_ALL=C perl -0777 -ne "$IN_ORDER"
}

# Rules with their counters; those of policies go on by themselves.
live_counted() {
	ns sh -c "$LISTED" sh "$BACKEND-save" -c | LC_ALL=C perl -0777 -ne "$IN_ORDER"
}

# Lines of one table with counters: counted FAMILY TABLE [PATTERN]
counted() {
	local program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	ns "$program-$BACKEND-save" -c -t "$2" | grep '^\[' | grep -e "${3:-.}" || true
}

policy() {
	save "$1" "$2" | sed -n "s/^:$3 //p"
}

# The tables that exist, without making any.
tables() {
	if [ "$BACKEND" = nft ]; then
		ns nft list tables | sort
	else
		ns sort /proc/net/ip_tables_names | sed 's/^/ip /'
		ns sort /proc/net/ip6_tables_names | sed 's/^/ip6 /'
	fi
}

# nft's generation id: one more for each commit of anybody in this namespace.
nft_generation() {
	ns "$PYTHON" -I -S -c '
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 1, 0, 0, 0, 0))
print(struct.unpack_from(">I", s.recv(4096), 24)[0])'
}

# --- others ---------------------------------------------------------------------------

# A rule command of another program, which takes the lock as it should.
lay() {
	local program=$1
	shift
	ns "$program-$BACKEND" -w 10 "$@"
}

both_families() {
	lay iptables "$@"
	lay ip6tables "$@"
}

# Restore text of another program: lay_text FAMILY TABLE <<'EOF'
lay_text() {
	local program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	{
		echo "*$2"
		cat
		echo COMMIT
	} | ns "$program-$BACKEND-restore" --noflush -w 10
}

# --- packets --------------------------------------------------------------------------

# Refused and dropped ones are as good: a rule has counted them.
udp() {
	ns bash -c 'for ((i = 0; i < $2; i++)); do
		echo x >"/dev/udp/$3/$1"
	done 2>/dev/null; true' bash "$1" "${2:-1}" "${3:-127.0.0.1}"
}

# --- rampart --------------------------------------------------------------------------

# each_backend, and each time without the files of the time before.
on_each_backend() {
	each_backend with_no_files "$@"
}

with_no_files() {
	rm -rf "${ROOT:?}/etc/rampart/rampart.conf" "${ROOT:?}/${CONF_D:?}"/* "${ROOT:?}/${TEMPLATES:?}"/*
	"$@"
}

apply_dropin() {
	dropin "$1" "$2"
	run_rampart 0 apply
}

# The seconds' worth of cache, so that the next command has to look.
forget_loaded() {
	rm -f "$ROOT/run/rampart/loaded"
}

# Live is as it was: assert_untouched "$before"
assert_untouched() {
	assert_equal "$(live)" "$1"
}

assert_matches() { # TEXT PATTERN (bash's, extended)
	[[ $1 =~ $2 ]] && return 0
	echo "--- expected to match"; printf '%s\n' "$2"
	echo "--- but is"; printf '%s\n' "$1"
	return 1
}

# run_rampart under strace: traced 'OPTIONS OF STRACE' N ARG...; $TRACE is what it wrote.
traced() {
	local real=$RAMPART options=$1 status=0
	shift
	command -v strace >/dev/null || skip 'no strace'
	TRACE=$BATS_TEST_TMPDIR/trace
	# the sanitizer's look for leaks needs ptrace for itself
	printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -qq -o %s %s %s "$@"\n' \
		"$TRACE" "$options" "$real" >"$BATS_TEST_TMPDIR/traced"
	chmod 755 "$BATS_TEST_TMPDIR/traced"
	RAMPART=$BATS_TEST_TMPDIR/traced
	run_rampart "$@" || status=$?
	RAMPART=$real
	return $status
}

# Options for traced. Waiting costs no time in the test: each pause is over at once.
NO_PAUSES='-e trace=clock_nanosleep,nanosleep -e inject=clock_nanosleep,nanosleep:retval=0'

# rampart as nobody, in the test's namespaces, where the root tree and the program can be reached.
as_nobody() {
	local status=0
	ns mount --bind "$ROOT" /mnt
	ns mkdir -p /run/bin
	ns cp "$RAMPART" /run/bin/rampart
	nsenter -t "$NS_PID" -n -m -- setpriv --reuid 65534 --regid 65534 --clear-groups \
		"${nobody_by[@]}" /run/bin/rampart --root /mnt --backend $BACKEND "$@" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- </dev/null || status=$?
	ns umount /mnt
	output=$(cat "$BATS_TEST_TMPDIR/out")
	stderr=$(cat "$BATS_TEST_TMPDIR/err")
	echo "# as nobody: $* ($BACKEND): $status"
	echo "$stderr"
	return $status
}

# A program or, of before-commit.c, a library of the tests, built once for all of them.
built() { # NAME [OPTION OF THE COMPILER...]
	command -v cc >/dev/null || skip 'no compiler'
	local options=(-O2 "${@:2}")
	[ "$1" != before-commit ] || options+=(-shared -fPIC)
	BUILT=$BATS_RUN_TMPDIR/built-${1##*/}
	# tests beside this one may be at it as well
	[ -e "$BUILT" ] || {
		cc "${options[@]}" -o "$BUILT.$$" "$BATS_TEST_DIRNAME/$1.c" && mv "$BUILT.$$" "$BUILT"
	}
}

# The program stands for rampart as long as FUNCTION runs: as_rampart 'SCRIPT' FUNCTION...
as_rampart() {
	local real=$RAMPART status=0
	RAMPART=$BATS_TEST_TMPDIR/rampart.$RANDOM
	printf '%s\n' '#!/bin/sh' "$1" >"$RAMPART"
	chmod 755 "$RAMPART"
	shift
	"$@" || status=$?
	RAMPART=$real
	return $status
}

# rampart where a system call is refused: forbidding CALL FUNCTION...
forbidding() {
	local call=$1
	shift
	built forbid
	as_rampart "exec '$BUILT' $call '$RAMPART' \"\$@\"" "$@"
}

# Table by table, so that a family can be changed and the other not.
per_table() {
	forbidding seccomp "$@"
}

# rampart with before-commit.c in it: at_commit VARIABLE=VALUE... -- FUNCTION...
at_commit() {
	local variables=''
	while [ "$1" != -- ]; do
		variables+=" ${1%%=*}='${1#*=}'"
		shift
	done
	shift
	built before-commit
	# the sanitizer wants to be the first library
	as_rampart "export BACKEND=$BACKEND ASAN_OPTIONS=verify_asan_link_order=0$variables
		LD_PRELOAD='$BUILT' exec '$RAMPART' \"\$@\"" "$@"
}

# --- others in between -----------------------------------------------------------------

# Another program, which waits to be told: what a restore program ran itself would be part of
# what is captured from it. outsider 'COMMAND'; then who runs $ASK comes back when it is done.
outsider() {
	local box
	box=$(mktemp -u "$BATS_TEST_TMPDIR/outsider.XXXXXXXX")
	[ -z "${OUTSIDER:-}" ] || kill "$OUTSIDER" 2>/dev/null || true
	mkfifo "$box.ask" "$box.answer"
	nsenter -t "$NS_PID" -n -m -- bash -c 'exec 8<>"$1.ask" 9<>"$1.answer"
		while read -r -t 60 _ <&8; do
			eval "$2"
			echo done >&9
		done' bash "$box" "$1" >/dev/null 2>&1 3>&- &
	OUTSIDER=$!
	ASK="echo now >'$box.ask'; read -r _ <'$box.answer'"
}

# Once, WHEN
#   early   before the restore program has looked
#   late    when it is about to commit
#   last    when rampart is
# a command of another program that does not know the lock (a container has its own).
in_between() {
	local command
	command=$(sed -E "s,(ip6?tables),XTABLES_LOCKFILE=/dev/null \1-$BACKEND,g" <<<"$2")
	IN_BETWEEN=()
	FAKE=$BATS_TEST_TMPDIR/fake.$BACKEND
	case $1 in
	early)
		outsider "$command"
		fake_programs "if [ \$commit = yes ] && rm \"\$T/once\" 2>/dev/null; then
			$ASK
		fi"
		;;
	late)
		outsider "$command"
		built before-commit
		fake_programs "if [ \$commit = yes ]; then
			export BEFORE_COMMIT_ONCE=\"\$T/once\" BEFORE_COMMIT=\"$ASK\"
			export LD_PRELOAD='$BUILT'
		fi"
		;;
	last)
		mkdir -p "$FAKE"
		IN_BETWEEN=(at_commit "BEFORE_COMMIT_ONCE=$FAKE/once" "BEFORE_COMMIT=$command" --)
		;;
	esac
	: >"$FAKE/once"
}

# The change of another program that came in between has really been made.
assert_in_between() {
	[ -z "${OUTSIDER:-}" ] || kill "$OUTSIDER" 2>/dev/null || true
	OUTSIDER=''
	[ ! -e "$FAKE/once" ] || { echo 'nothing came in between'; return 1; }
	real_programs
}

# --- false programs -------------------------------------------------------------------

# In the test's own mount namespace the backend's programs are a script from now on. CODE is
# run before the real program, with $name (iptables-nft-restore), "$@", $live (yes: in the
# test's namespace, no: in a scratch one) and $commit (yes: it is the change of live rules).
# real ARG... runs the program and comes back.
# Where CODE is about the change, programs make it, as they do where rules are not proven: what the
# proof is sent twice is not what came back; nor is a table that got one more chain since then.
fake_programs() {
	local program=xtables-$BACKEND-multi unproven=''
	[[ $1 != *'$commit'* ]] || unproven=$BACKEND
	FAKE=$BATS_TEST_TMPDIR/fake.$BACKEND
	mkdir -p "$FAKE"
	if ! [ -e "$FAKE/$program" ]; then
		cp "/usr/sbin/$program" "$FAKE/$program"
	fi
	cat >"$FAKE/script" <<SCRIPT
#!/bin/bash
name=\${0##*/}
T='$FAKE'
real() { (exec -a "\$name" "\$T/$program" "\$@"); }
live=no commit=no
[ "\$(readlink /proc/self/ns/net)" != '$(ns readlink /proc/self/ns/net)' ] || live=yes
[ \$live = no ] || [[ "\$name \$*" != *-restore*--noflush* ]] || commit=yes
$1
if [ '$unproven' = legacy ] && [ \$live = no ] && [[ \$name = *-save ]]; then
	real "\$@" || exit
	while read -r table; do
		name=\${name%%-*} real -t "\$table" -N unproven
	done <"/proc/self/net/\${name%%tables*}_tables_names"
	exit
fi
if [ '$unproven' = nft ] && [ \$live = no ] && [[ \$name = *-restore ]]; then
	cat >"\$T/sent.\$\$"
	real "\$@" <"\$T/sent.\$\$" >/dev/null 2>&1
	exec <"\$T/sent.\$\$"
	rm "\$T/sent.\$\$"
fi
exec -a "\$name" "\$T/$program" "\$@"
SCRIPT
	chmod 755 "$FAKE/script"
	ns umount "/usr/sbin/$program" 2>/dev/null || true
	ns mount --bind "$FAKE/script" "/usr/sbin/$program"
}

# In the text of fake_programs: kills rampart and its guardian, which would undo at once.
# shellcheck disable=SC2016,SC2034 # expanded in the program, used by tests
KILL_BOTH='for child in $(cat /proc/$PPID/task/*/children); do
	[ $child = $$ ] || kill -9 $child
done
kill -9 $PPID'

# After a rampart that was killed: wait until its guardian, which holds the lock, has ended.
guardian_done() {
	flock "$ROOT/run/rampart/lock" true
}

real_programs() {
	# lazily: one that was killed may still be about to end
	! ns mountpoint -q "/usr/sbin/xtables-$BACKEND-multi" ||
		ns umount --lazy "/usr/sbin/xtables-$BACKEND-multi"
}

# Each commit is noted: $FAKE/commits has the payloads, one behind the other.
watch_commits() {
	fake_programs 'if [ $commit = yes ]; then
		tee -a "$T/commits" >"$T/payload.$$"
		real "$@" <"$T/payload.$$"
		exit
	fi'
	: >"$FAKE/commits"
}

# The lines of the commits that change something.
committed() {
	grep -v -e '^\*' -e '^COMMIT' "$FAKE/commits" || true
}

# Something of ours is live ($before), and the files say something else.
changing() {
	apply_dropin 10-a.rules ':OLD -
-A INPUT -j OLD
-A OLD -p tcp --dport 80 -j ACCEPT'
	before=$(live)
	dropin 10-a.rules ':NEW -
-A INPUT -j NEW
-A NEW -p tcp --dport 80 -j ACCEPT'
}
