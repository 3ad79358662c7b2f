# helpers: what every test file loads. Each test has a root tree and, if it asks for one,
# network and mount namespaces of its own; nothing outside of them is changed.
#
#   baseline 'TEXT'           the baseline of this test (default: none)
#   dropin NAME 'TEXT'        a drop-in of the administrator's layer
#   template NAME 'TEXT'      a template of the administrator's layer
#   run_rampart N ARG...      run it; the exit code must be N; then $output, $stderr
#   ns CMD...                 a command in the test's namespaces (starts them)
#   each_backend FUNCTION     run the body for nft and for legacy, each in new namespaces
#
# shellcheck shell=bash disable=SC2034 # bats reads the traces

RAMPART=${RAMPART:-$BATS_TEST_DIRNAME/../bin/rampart}
RAMPART_SECONDS=${RAMPART_SECONDS:-60} # a run that takes longer hangs

# Where a file with the plain name lives below the test's root.
CONF_D=etc/rampart/conf.d
TEMPLATES=etc/rampart/templates

setup() {
	cheap_commands
	umask 022
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT/$CONF_D" "$ROOT/$TEMPLATES" "$ROOT/run" "$ROOT/var/lib"
	unset NO_COLOR
	export SSH_CONNECTION= # whoever runs the tests is no guest of theirs
	NS_PID='' BACKEND=nft
}

# Where a test is, bats notes in front of each command: a third of a millisecond, which is more
# than most of them cost. When one fails is early enough.
cheap_commands() {
	trap - DEBUG
	trap 'bats_error_trap; note_place' ERR
	# those of this function
	BATS_DEBUG_LAST_STACK_TRACE=() BATS_DEBUG_LASTLAST_STACK_TRACE=()
}

# In a function, since bats takes the two innermost callers for its own.
note_place() {
	bats_capture_stack_trace
	# a test that returned: its last line is gone
	[[ " ${FUNCNAME[*]} " == *" $BATS_TEST_NAME "* ]] || BATS_DEBUG_LAST_STACK_TRACE=()
}

teardown() {
	ns_stop
	[ -z "${PUBLIC_ROOT:-}" ] || rm -rf "$PUBLIC_ROOT"
}

# --- files ---------------------------------------------------------------------------

baseline() {
	printf '%s\n' "$1" >"$ROOT/etc/rampart/rampart.conf"
}

dropin() {
	printf '%s\n' "$2" >"$ROOT/$CONF_D/$1"
}

template() {
	printf '%s\n' "$2" >"$ROOT/$TEMPLATES/$1.rules"
}

# A file of any layer: file usr/lib/rampart/conf.d/10-x.rules 'TEXT'
file() {
	mkdir -p "$ROOT/${1%/*}"
	printf '%s\n' "$2" >"$ROOT/$1"
}

# The templates and drop-ins that are shipped.
shipped_templates() {
	mkdir -p "$ROOT/usr/share/rampart"
	cp -r "$BATS_TEST_DIRNAME/../templates" "$ROOT/usr/share/rampart/templates"
	chmod -R go-w "$ROOT/usr"
}

# A root tree that everybody may look into: bats' own directories are private.
public_root() {
	PUBLIC_ROOT=$(mktemp -d)
	cp -a "$ROOT/." "$PUBLIC_ROOT"
	chmod 755 "$PUBLIC_ROOT"
	ROOT=$PUBLIC_ROOT
}

# --- namespaces ----------------------------------------------------------------------

# New network and mount namespaces, held by a process of this test; /run is private, so that
# the lock of the xtables programs is this test's own.
ns_start() {
	local ready
	exec {ready}<> <(:) # a pipe
	# shellcheck disable=SC2261 # not a second one: it is closed there
	unshare -n -m sh -c 'mount -t tmpfs -o mode=755 none /run && ip link set lo up && echo ok &&
		exec sleep 600 >/dev/null' >&"$ready" {ready}>&- 2>/dev/null 3>&- &
	NS_PID=$!
	read -r _ <&"$ready"
	exec {ready}>&-
}

ns_stop() {
	[ -n "$NS_PID" ] || return 0
	kill "$NS_PID" 2>/dev/null || true
	wait "$NS_PID" 2>/dev/null || true
	NS_PID=''
}

ns() {
	[ -n "$NS_PID" ] || ns_start
	nsenter -t "$NS_PID" -n -m -- "$@" 3>&-
}

# The programs of the backend that is being tested.
ipt() { ns "iptables-$BACKEND" "$@"; }
ip6t() { ns "ip6tables-$BACKEND" "$@"; }
ipt_restore() { ns "iptables-$BACKEND-restore" "$@"; }
ip6t_restore() { ns "ip6tables-$BACKEND-restore" "$@"; }

# What a table holds, canonical, without comments and counters: save ipv4|ipv6 TABLE
save() {
	local program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	ns "$program-$BACKEND-save" -t "$2" | sed -e '/^#/d' -e 's/ \[[0-9]*:[0-9]*\]$//'
}

# Rules of one chain: rules ipv4 filter INPUT
rules() {
	save "$1" "$2" | grep -a -- "^-A $3\( \|$\)" || true
}

# Packet counter of the nth rule of a chain: packets ipv4 filter INPUT 1
packets() {
	local program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	ns "$program-$BACKEND-save" -c -t "$2" | grep -- "\] -A $3\( \|$\)" |
		sed -n "$4s/^\[\([0-9]*\):.*/\1/p"
}

each_backend() {
	for BACKEND in nft legacy; do
		echo "# backend $BACKEND"
		ns_stop
		ns_start
		if [ -e "$ROOT/var/lib/rampart" ] || [ -e "$ROOT/run/rampart" ]; then
			rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		fi
		"$@"
	done
}

# --- running -------------------------------------------------------------------------

# run_rampart EXPECTED-EXIT-CODE ARG...: in the test's namespaces if there are any.
# Standard output is in $output, standard error in $stderr.
run_rampart() {
	local expected=$1 status=0 enter=()
	shift
	[ -z "$NS_PID" ] || enter=(nsenter -t "$NS_PID" -n -m --)
	local backend=()
	[ -z "$NS_PID" ] || backend=(--backend "$BACKEND")
	echo "# rampart $* ($BACKEND)"
	"${enter[@]}" timeout "$RAMPART_SECONDS" "$RAMPART" --root "$ROOT" "${backend[@]}" "$@" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- </dev/null || status=$?
	output=$(<"$BATS_TEST_TMPDIR/out")
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	if [ "$status" -ne "$expected" ]; then
		echo "exit code $status instead of $expected"
		echo "--- standard output"; echo "$output"
		echo "--- standard error"; echo "$stderr"
		return 1
	fi
}

# --- assertions: each says what it saw ------------------------------------------------

show_both() {
	echo "--- expected $1"; printf '%s\n' "$2"
	echo "--- standard output"; printf '%s\n' "$output"
	echo "--- standard error"; printf '%s\n' "$stderr"
	return 1
}

# By the shell itself: there are thousands of them.
has_line() { [[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]; }
has() { [[ $1 == *"$2"* ]]; }

# A whole line of standard output / standard error.
assert_output_line() { has_line "$output" "$1" || show_both 'line of output' "$1"; }
assert_error_line() { has_line "$stderr" "$1" || show_both 'line of error' "$1"; }
refute_output_line() { ! has_line "$output" "$1" || show_both 'no such line of output' "$1"; }
# A part of either.
assert_output_has() { has "$output" "$1" || show_both 'in output' "$1"; }
assert_error_has() { has "$stderr" "$1" || show_both 'in error' "$1"; }
refute_output_has() { ! has "$output" "$1" || show_both 'not in output' "$1"; }
refute_error_has() { ! has "$stderr" "$1" || show_both 'not in error' "$1"; }
assert_silent() { [ -z "$output$stderr" ] || show_both 'silence' ''; }

assert_equal() {
	[ "$1" = "$2" ] && return 0
	echo "--- expected"; printf '%s\n' "$2"
	echo "--- but is"; printf '%s\n' "$1"
	return 1
}

# The rules of the wanted payload, one family, without the rest: shown ipv4
shown() {
	run_rampart 0 show "-${1#ipv}"
	grep '^-A' <<<"$output" || true
}

# "-A INPUT -j rampart-INPUT" and the like are everywhere in merge mode: the rules that were
# written, under the chains that they were written for.
shown_written() {
	shown "$1" | grep -v -- '^-A [^ ]* -j rampart-' | sed 's/^-A rampart-/-A /'
}
