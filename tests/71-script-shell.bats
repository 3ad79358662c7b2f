# script shell: a script runs in its own kind of shell as it would outside, and rampart knows from
# which of its lines a rule comes.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

# --- origins -------------------------------------------------------------------------------

# Where "show --origins" says that the rule for a port comes from.
origin() {
	grep -B 1 -- "--dport $1 " <<<"$output" | sed -n 's/^# //p'
}

# assert_from PORT FILE FIRST [LAST]
assert_from() {
	local where line
	where=$(origin "$1")
	line=${where##*:}
	if [ "${where%:*}" != "$2" ] || [ "$line" -lt "$3" ] || [ "$line" -gt "${4:-$3}" ]; then
		echo "port $1: from '$where' instead of $2:$3-${4:-$3}"
		return 1
	fi
}

origins_script() {
	mkdir -p "$ROOT/$CONF_D/parts"
	printf '\n%s\n' 'iptables -A INPUT -p tcp --dport 11 -j ACCEPT' >"$ROOT/$CONF_D/parts/lib.inc"
	printf '\n%s\n' 'iptables -A INPUT -p tcp --dport 16 -j ACCEPT' >"$ROOT/$CONF_D/parts/other"
	script 40-fw.sh "$SHEBANG"'
f() {
	iptables -A INPUT -p tcp --dport 1 -j ACCEPT
}
f
for p in 2 3; do
	iptables -A INPUT -p tcp --dport $p -j ACCEPT
done
iptables -A INPUT -p tcp \
	--dport 4 \
	-j ACCEPT
while read -r p; do
	iptables -A INPUT -p tcp --dport $p -j ACCEPT
done <<END
5
END
eval "iptables -A INPUT -p tcp --dport 6 -j ACCEPT"
x=$(iptables -A INPUT -p tcp --dport 7 -j ACCEPT)
iptables -A INPUT -p tcp --dport 8 -j ACCEPT &
wait
echo "-A INPUT -p tcp --dport 9 -j ACCEPT" | xargs iptables
iptables -A INPUT -p tcp --dport 10 -j ACCEPT
. parts/lib.inc
if true; then
	iptables -A INPUT -p tcp --dport 12 -j ACCEPT
fi
iptables -A INPUT -p tcp --dport 13 -j ACCEPT; iptables -A INPUT -p tcp --dport 14 -j ACCEPT
env -i /sbin/iptables -A INPUT -p tcp --dport 15 -j ACCEPT
sh parts/other
g() { iptables -A INPUT -p tcp --dport $1 -j ACCEPT; }
g 17
cat <<END | iptables-restore --noflush
*filter
-A INPUT -p tcp --dport 18 -j ACCEPT
COMMIT
END
(iptables -A INPUT -p tcp --dport 19 -j ACCEPT)
iptables -A INPUT -p tcp --dport 20 -j ACCEPT'
	run_rampart 0 show -4 --origins
}

origins_in_bash() {
	SHEBANG='#!/bin/bash'
	origins_script
	assert_from 1 $FW 3
	assert_from 2 $FW 7
	assert_from 3 $FW 7
	assert_from 4 $FW 9
	assert_from 5 $FW 13
	assert_from 6 $FW 17
	assert_from 7 $FW 18
	assert_from 8 $FW 19
	assert_from 9 $FW 21
	assert_from 10 $FW 22
	assert_from 11 "${FW%/*}/parts/lib.inc" 2
	assert_from 12 $FW 25
	assert_from 13 $FW 27
	assert_from 14 $FW 27
	assert_from 16 $FW 29
	assert_from 17 $FW 30
	assert_from 18 $FW 32 36
	assert_from 19 $FW 37
	assert_from 20 $FW 38
}

@test "script 34: bash: each rule knows its line, in functions, loops, heredocs, eval, \$(), &" {
	on_each_backend origins_in_bash
}

# dash has no line numbers to tell. A compound command is one thing to it.
origins_in_dash() {
	SHEBANG='#!/bin/sh'
	origins_script
	assert_from 1 $FW 2 5
	assert_from 2 $FW 6 8
	assert_from 3 $FW 6 8
	assert_from 4 $FW 9 11
	assert_from 5 $FW 12 16
	assert_from 6 $FW 17
	assert_from 7 $FW 18
	assert_from 8 $FW 19 20
	assert_from 9 $FW 21
	assert_from 10 $FW 22
	assert_from 11 "${FW%/*}/parts/lib.inc" 2
	assert_from 12 $FW 24 26
	assert_from 13 $FW 27
	assert_from 14 $FW 27
	assert_from 15 $FW 28
	assert_from 16 "${FW%/*}/parts/other" 2
	assert_from 17 $FW 30 31
	assert_from 18 $FW 32 36
	assert_from 19 $FW 37
	assert_from 20 $FW 38
}

@test "script 34: dash: each top-level command knows its line, a compound one its lines" {
	on_each_backend origins_in_dash
}

# --- how a script ends -----------------------------------------------------------------------

# The text alone, without anything of the tests' own: its end matters.
ends_as_native() {
	local expected code
	printf '%s' "$1" >"$ROOT/$CONF_D/40-fw.sh"
	expected=$(natively 40-fw.sh)
	code=$(native_status)
	baseline 'ownership = exclusive
script_errors = warn'
	run_rampart 0 apply
	assert_same "$(holds)" "$expected"
	if [ "$code" -eq 0 ]; then
		refute_error_has 'ended with'
		return
	fi
	# its last words may follow
	grep -Exq "$FW: warning: the script ended with exit status $code(: .*)?" <<<"$stderr" ||
		show_both warning "$code"
	before=$(live)
	baseline 'ownership = exclusive'
	run_rampart 2 apply
	grep -Exq "$FW: error: the script ended with exit status $code(: .*)?" <<<"$stderr" ||
		show_both error "$code"
	assert_error_has 'live rules not changed'
	assert_untouched "$before"
}

ONE='iptables -A INPUT -p tcp --dport 1 -j ACCEPT'
TWO='iptables -A INPUT -p tcp --dport 2 -j ACCEPT'

all_ends() {
	ends_as_native "$SHEBANG
$ONE
return
$TWO
"
	ends_as_native "$SHEBANG
$ONE
exit 3
$TWO
"
	ends_as_native "$SHEBANG
f() { exit 4; }
$ONE
f
$TWO
"
	ends_as_native "$SHEBANG
set -e
$ONE
false
$TWO
"
	ends_as_native "$SHEBANG
$ONE
$TWO
if
"
	ends_as_native "$SHEBANG
$ONE
(
$TWO
"
	ends_as_native "$SHEBANG
$ONE
$TWO"
	ends_as_native "$SHEBANG
$ONE
cat <<END
not closed"
	ends_as_native "$SHEBANG
$ONE
echo 'not closed
$TWO
"
	ends_as_native "$SHEBANG
"
	ends_as_native "$SHEBANG
$ONE
: $(head -c 20000 /dev/zero | tr '\0' x)
$TWO
"
	ends_as_native "$SHEBANG
$ONE
nosuchcommand
"
	ends_as_native "$SHEBANG
$ONE
false
"
	ends_as_native "$SHEBANG
trap '$TWO' EXIT
$ONE
exit 5
"
	ends_as_native "$SHEBANG
$ONE
kill -9 \$\$
$TWO
"
	ends_as_native "$SHEBANG
$ONE
kill -TERM \$\$
$TWO
"
	ends_as_native "$SHEBANG
set -u
$ONE
iptables -A INPUT -s \$NOSUCH -j ACCEPT
$TWO
"
}

@test "script 35: return, exit, set -e, syntax errors, no last newline, long lines: as natively" {
	on_each_shell all_ends
}

dos_lines() {
	# natively there is no such shell: the first line is read as it was meant
	script 40-fw.sh "$SHEBANG"$'\r\niptables -A INPUT -p tcp --dport 1 -m comment --comment x\r\n:\r\n'
	expected=$(natively 40-fw.sh)
	baseline 'ownership = exclusive
script_errors = warn'
	run_rampart 0 apply
	assert_same "$(holds)" "$expected"
}

@test "script 35: CR LF lines" {
	on_each_shell dos_lines
}

first_lines() {
	local line
	for line in '#!/bin/bash' '#!/usr/bin/env bash' '#! /bin/bash' '#!/usr/bin/bash' '# no such line' ''; do
		script 40-fw.sh "$line
a=(1 2)
iptables -A INPUT -p tcp --dport \${a[1]} -j ACCEPT
"
		baseline 'ownership = exclusive'
		run_rampart 0 apply
		assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
		run_rampart 0 flush
	done
	for line in '#!/bin/bash -e' '#!/bin/sh -e' '#!/bin/sh -eu'; do
		script 40-fw.sh "$line
$ONE
false
$TWO
"
		run_rampart 2 validate
		assert_error_line "$FW: error: the script ended with exit status 1"
	done
	script 40-fw.sh '#!/bin/sh
'"iptables -A INPUT -m comment --comment \"bash \${BASH_VERSION:-no}\" -j ACCEPT
"
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -m comment --comment "bash no" -j ACCEPT'
	script 40-fw.sh '#!/usr/bin/nosuchshell
iptables -A INPUT -j ACCEPT
'
	run_rampart 2 validate
	assert_error_has "$FW"
	assert_error_has nosuchshell
}

@test "script: the first line says which shell, with options; none: bash" {
	on_each_backend first_lines
}

# --- bash ----------------------------------------------------------------------------------

bash_as_it_is() {
	SHEBANG='#!/bin/bash'
	as_native 'echo one two; note "last: $_"
true x; note "$_"
set -u
set -o pipefail
false | true | (exit 3); note "pipe ${PIPESTATUS[*]}"
f() { note "line $LINENO, ${FUNCNAME[0]} from $(caller)"; return 4; }
f; note "rc $?"
note "source ${#BASH_SOURCE[@]} ${BASH_SOURCE[0]##*/} main ${FUNCNAME[0]-none}"
note "level $BASH_SUBSHELL"
note "args $# name ${0##*/}"
note "lineno $LINENO"
( note "sub $BASH_SUBSHELL" )
exec 5>&2 2>/run/trace
set -x
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
set +x
exec 2>&5 5>&-
grep -c "^+ iptables" /run/trace | lines
trap "note \"debug \$BASH_COMMAND\"" DEBUG
:
trap - DEBUG
trap "note err" ERR
false
trap - ERR
trap "note \"exit \$?\"" EXIT
set +u
env | sed "s/=.*//" | grep -v -e "^_$" -e "^SHLVL$" -e "^PWD$" -e "^OLDPWD$" -e "^PATH$" -e "^HOME$" -e "^LC_ALL$" -e "^LANG" -e "^TERM$" -e "^USER$" -e "^LOGNAME$" -e "^SHELL$" -e "^RAMPART" -e "^BASH_ENV$" | lines
for i in {1..3}; do iptables -A INPUT -p tcp --dport $((10 + i)) -j ACCEPT; done
[[ abc == a* ]] && note "match"
declare -A map=([x]=1 [y]=2); note "${map[y]}"
while read -r p; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done < <(echo 21; echo 22)
read -r first rest <<<"31 32"; note "$first $rest"
(exit 6)'
	assert_equal "$(native_status)" 6
	assert_error_line "$FW: warning: the script ended with exit status 6"
}

@test "script 36: bash's \$_, set -x, set -u, DEBUG, ERR and EXIT traps are the script's own" {
	on_each_backend bash_as_it_is
}

# Without set -T functions do not inherit these.
traps_in_functions() {
	SHEBANG='#!/bin/bash'
	as_native 'count=0
step() { :; :; }
trap "count=\$((count + 1))" DEBUG
:
step
(:; :)
trap - DEBUG
note "debug $count"
inner() { :; }
outer() { trap "note return" RETURN; inner; }
outer
trap - RETURN
trap "note \"outside\"" RETURN
step
inner
trap - RETURN'
}

@test "script 36: bash's DEBUG and RETURN traps go off as often as natively" {
	on_each_backend traps_in_functions
}

dash_as_it_is() {
	SHEBANG='#!/bin/sh'
	as_native 'set -u
note "flags $-"
note "args $# name ${0##*/}"
trap "note trap" EXIT
f() { local x=1; note "$x"; return 3; }
f; note "rc $?"
false | true; note "pipe $?"
alias ipt="iptables -A INPUT"
ipt -p tcp --dport 1 -j ACCEPT
IFS=:
for p in 2:3; do note "$p"; done
list=4:5
for p in $list; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done
unset IFS
case x in x) iptables -A INPUT -p tcp --dport 6 -j ACCEPT ;; esac
cat <<-END | lines
	indented
	END
x=$(cat <<END
a $(echo b)
END
)
note "$x"
if [ a == a ] 2>/dev/null; then note same; fi
PATH=/nowhere
/sbin/iptables -A INPUT -p tcp --dport 7 -j ACCEPT
PATH=/sbin:/usr/sbin:/bin:/usr/bin
[ -f "$0" ] && note "is a file"
note "$(wc -l <"$0")"
# a comment in the middle \
iptables -A INPUT -p tcp --dport 8 -j ACCEPT'
}

@test "script 36: dash's options, traps, aliases, heredocs and its own text are the script's own" {
	on_each_backend dash_as_it_is
}

# --- one shell for each script -----------------------------------------------------------------

nothing_carries_over() {
	baseline 'ownership = exclusive'
	script 30-one.sh "$SHEBANG"'
VARIABLE=one
export EXPORTED=one
function_of_one() { :; }
alias alias_of_one=true
cd /
umask 077
set -f
PATH=/nowhere
IFS=x
trap "exit 0" EXIT
/sbin/iptables -A INPUT -p tcp --dport 1 -j ACCEPT
echo x >/tmp/of-one
exit 0
'
	script 40-two.sh "$SHEBANG
$PRELUDE"'
note "${VARIABLE-unset} ${EXPORTED-unset} $(umask)"
command -v function_of_one >/dev/null && note "function"
command -v alias_of_one >/dev/null && note "alias"
case $- in *f*) note "set -f" ;; esac
[ "$PWD" = "$(cd "$(dirname "$0")" && pwd)" ] && note "cwd"
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
'
	sed -i 's/trap "exit 0" EXIT/trap "exit 0" EXIT/' "$ROOT/$CONF_D/30-one.sh"
	run_rampart 0 apply
	assert_equal "$(rules ipv4 mangle OUTPUT | sed 's/.*--comment //')" '"unset unset 0022"
cwd'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
}

@test "script 37: each script has a shell of its own: nothing carries over but the tables' chains" {
	on_each_shell nothing_carries_over
}

no_input() {
	as_native 'cat | wc -c | lines
read -r x; note "read = $? ${x}"
iptables-restore --noflush; note "restore = $?"
while read -r x; do note "$x"; done
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
head -c 1 /dev/stdin | wc -c | lines
[ -t 0 ]; note "tty $?"
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
exec cat
iptables -A INPUT -p tcp --dport 3 -j ACCEPT'
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 2
}

@test "script 38: a script that reads its standard input finds it at its end" {
	on_each_shell no_input
}
