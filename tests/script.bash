# script: what the tests of script drop-ins share. Load it after helpers and kernel.
#
#   script NAME 'TEXT'        a script drop-in of the administrator's layer, byte for byte
#   on_each_shell FUNCTION    on_each_backend, in dash and then in bash: $SHEBANG is the first line
#   on_both_shells FUNCTION   where the shell does not matter: dash on nft and bash on legacy, or, with
#                             SCRIPTS=all (make check-scripts), on_each_shell
#   natively NAME [ARG...]    runs the drop-in with the real programs in a namespace of its own, and
#                             prints what is live then; native_status is the script's exit code
#   holds                     what is live in the test's namespace, in the same form
#   as_native 'TEXT' [ARG...] rampart's apply of the script is what running it natively is
#   start_rampart ARG...      in the background: $RAMPART_PID; finish_rampart N ends it
#   parts                     what a running script and its test meet with: see below
#
# shellcheck shell=bash disable=SC2034 # output and stderr are for the tests

# The path of the drop-in that most tests are about, as messages have it.
FW=/etc/rampart/conf.d/40-fw.sh

# What a script can't print, since nobody compares it, it lays down as a rule. At the head of each
# script that as_native runs:
#   note WORD...   a rule whose comment is the words
#   lines          a rule for each line of standard input
#   try COMMAND    runs it; its exit code and all that it prints become rules
PRELUDE='note() { iptables -t mangle -A OUTPUT -m comment --comment "$*"; }
lines() { tr "\t" " " | cut -c 1-200 | while IFS= read -r line; do note ":$line"; done; }
try() { out=$("$@" 2>&1); rc=$?; note "$(printf %.180s "$*") = $rc"; printf "%s\n" "$out" | lines; }'

script() {
	printf '%s' "$2" >"$ROOT/$CONF_D/$1"
}

on_each_shell() {
	for SHEBANG in '#!/bin/sh' '#!/bin/bash'; do
		echo "# shell $SHEBANG"
		on_each_backend "$@"
	done
}

on_both_shells() {
	[ "${SCRIPTS:-}" != all ] || { on_each_shell "$@"; return; }
	for BACKEND in nft legacy; do
		SHEBANG='#!/bin/sh'
		[ "$BACKEND" = nft ] || SHEBANG='#!/bin/bash'
		echo "# backend $BACKEND, shell $SHEBANG"
		ns_stop
		ns_start
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		with_no_files "$@"
	done
}

# Both families as live() has them, without the tables that hold nothing.
# shellcheck disable=SC2016 # expanded by the shell that runs it
HOLDS='export LC_ALL=C
for program in iptables ip6tables; do
	echo "= $program"
	$program-$1-save
done | HOLDING=1 perl -0777 -ne '"'$IN_ORDER'"

holds() {
	ns bash -c "$HOLDS" bash "$BACKEND"
}

# Whatever name of the programs the script uses, it gets the backend that is being tested. $BEFORE
# is run in the namespace first, by bash.
natively() {
	local path=$ROOT/$CONF_D/$1 shell
	shell=$(sed -n -e 's/\r$//' -e '1s/^#! *//p' "$path")
	shift
	# shellcheck disable=SC2016 # expanded by the shell that runs it
	ns unshare -n -m bash -c 'mount -t tmpfs -o mode=755 none /run
		mkdir -p /run/lock
		other=legacy
		[ "$1" = nft ] || other=nft
		mount --bind "/usr/sbin/xtables-$1-multi" "/usr/sbin/xtables-$other-multi"
		[ ! -e /usr/sbin/service ] || mount --bind /bin/true /usr/sbin/service
		eval "$2"
		cd "${5%/*}"
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C $4 "${@:5}" \
			>/dev/null 2>&1 </dev/null
		echo $? >"$3/native-status"
		'"$HOLDS" bash "$BACKEND" "${BEFORE:-}" "$BATS_TEST_TMPDIR" "${shell:-/bin/bash}" "$path" "$@"
}

native_status() {
	cat "$BATS_TEST_TMPDIR/native-status"
}

# The script's own failing calls are left out, as natively. $BASELINE: more lines of the baseline.
as_native() {
	local expected text=$1
	shift
	script 40-fw.sh "$SHEBANG
$PRELUDE
$text
"
	expected=$(natively 40-fw.sh "$@")
	baseline "ownership = exclusive
script_errors = warn
${BASELINE:-}"
	run_rampart 0 apply
	assert_same "$(holds)" "$expected"
}

# For long texts: says what differs only.
assert_same() {
	[ "$1" = "$2" ] && return 0
	diff -U 1 --label natively --label rampart <(printf '%s\n' "$2") <(printf '%s\n' "$1")
	return 1
}

# --- a script in the middle of its run -------------------------------------------------------

start_rampart() {
	echo "# rampart $* & ($BACKEND)"
	nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend "$BACKEND" "$@" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- </dev/null &
	RAMPART_PID=$!
}

finish_rampart() {
	local status=0
	wait "$RAMPART_PID" || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/out")
	stderr=$(cat "$BATS_TEST_TMPDIR/err")
	[ "$status" -eq "$1" ] || show_both "exit code $1" "$status"
}

# parts/ lies beside the scripts, where they can read but not write: a FIFO needs no more. In a
# script $STAY makes the shell, and what it starts, known to all_gone, and $MEET waits for met.
# shellcheck disable=SC2016
STAY='exec 7<parts/alive; flock -s 7'
MEET='echo here >parts/ask; read -r _ <parts/answer'

parts() {
	PARTS=$ROOT/$CONF_D/parts
	rm -rf "$PARTS"
	mkdir "$PARTS"
	: >"$PARTS/alive"
	mkfifo "$PARTS/ask" "$PARTS/answer"
	chmod 666 "$PARTS"/*
}

# The script has come to its $MEET; without met_go it stays there.
met() {
	timeout 20 head -n 1 "$PARTS/ask" >/dev/null || { echo 'the script did not come'; return 1; }
}

met_go() {
	# shellcheck disable=SC2016
	timeout 20 sh -c 'echo go >"$1"' sh "$PARTS/answer"
}

# Of the processes of a script that said $STAY none is left, or will be in a moment.
all_gone() {
	flock -w 20 -x "$PARTS/alive" true || { echo 'processes of the script are left'; return 1; }
}

# All processes below one, whatever their generation: descendants PID
descendants() {
	local child
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		echo "$child"
		descendants "$child"
	done
}

# A part of a text: assert_part TEXT PART; refute_part TEXT PART
assert_part() {
	[[ $1 == *"$2"* ]] && return 0
	printf '%s\n' "--- expected in" "$1" "--- this" "$2"
	return 1
}

refute_part() {
	[[ $1 != *"$2"* ]] && return 0
	printf '%s\n' "--- not expected in" "$1" "--- this" "$2"
	return 1
}
