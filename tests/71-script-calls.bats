# script calls: whatever way a script comes to call iptables, the call is captured, and answered as
# the real program would answer.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

# The ports of a chain's rules, in their order: ports FAMILY CHAIN
ports() {
	rules "$1" filter "$2" | sed 's/.*--dport \([0-9]*\) .*/\1/' | paste -s -d ' '
}

by_any_name() {
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG"'
IPT=/sbin/iptables
W="/usr/sbin/iptables -w"
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
/sbin/iptables -A INPUT -p tcp --dport 2 -j ACCEPT
/usr/sbin/iptables -A INPUT -p tcp --dport 3 -j ACCEPT
$IPT -A INPUT -p tcp --dport 4 -j ACCEPT
"$IPT" -A INPUT -p tcp --dport 5 -j ACCEPT
${IPT} -w -A INPUT -p tcp --dport 6 -j ACCEPT
$W -A INPUT -p tcp --dport 7 -j ACCEPT
iptables-nft -A INPUT -p tcp --dport 8 -j ACCEPT
iptables-legacy -A INPUT -p tcp --dport 9 -j ACCEPT
/usr/sbin/iptables-nft -A INPUT -p tcp --dport 10 -j ACCEPT
/usr/sbin/xtables-nft-multi iptables -A INPUT -p tcp --dport 11 -j ACCEPT
/usr/sbin/xtables-legacy-multi iptables -A INPUT -p tcp --dport 12 -j ACCEPT
ip6tables -A INPUT -p tcp --dport 21 -j ACCEPT
/sbin/ip6tables -A INPUT -p tcp --dport 22 -j ACCEPT
/usr/sbin/ip6tables -A INPUT -p tcp --dport 23 -j ACCEPT
ip6tables-nft -A INPUT -p tcp --dport 24 -j ACCEPT
ip6tables-legacy -A INPUT -p tcp --dport 25 -j ACCEPT
'
	run_rampart 0 apply
	assert_equal "$(ports ipv4 INPUT)" '1 2 3 4 5 6 7 8 9 10 11 12'
	assert_equal "$(ports ipv6 INPUT)" '21 22 23 24 25'
}

@test "script 1: bare name, paths, variables, names of both backends: one rule each" {
	on_each_shell by_any_name
}

found_by_path() {
	as_native 'IPT=$(command -v iptables)
[ -x "$IPT" ] && $IPT -A INPUT -p tcp --dport 1 -j ACCEPT
IPT=`which iptables`
[ -x "$IPT" ] && $IPT -A INPUT -p tcp --dport 2 -j ACCEPT
IPT=$(bash -c "type -P iptables")
[ -x "$IPT" ] && [ -f "$IPT" ] && $IPT -A INPUT -p tcp --dport 3 -j ACCEPT
for dir in /sbin /usr/sbin; do
	for name in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
		[ -x $dir/$name ] && note "$dir/$name"
	done
done
type iptables >/dev/null 2>&1; note "type = $?"
hash iptables; note "hash = $?"
PATH=/sbin:/bin
iptables -A INPUT -p tcp --dport 4 -j ACCEPT'
	assert_equal "$(ports ipv4 INPUT)" '1 2 3 4'
}

@test "script 2: a path that command -v, which or type -P gave is executable, and captured" {
	on_each_shell found_by_path
}

from_children() {
	command -v perl >/dev/null || skip 'no perl'
	as_native 'echo "-A INPUT -p tcp --dport 1 -j ACCEPT" | xargs iptables
seq 2 4 | xargs -I {} iptables -A INPUT -p tcp --dport {} -j ACCEPT
find . -maxdepth 0 -exec iptables -A INPUT -p tcp --dport 5 -j ACCEPT ";"
env -i /sbin/iptables -A INPUT -p tcp --dport 6 -j ACCEPT
(exec iptables -A INPUT -p tcp --dport 7 -j ACCEPT)
nice iptables -A INPUT -p tcp --dport 8 -j ACCEPT
timeout 20 iptables -A INPUT -p tcp --dport 9 -j ACCEPT
setsid -w iptables -A INPUT -p tcp --dport 10 -j ACCEPT
/usr/bin/python3 -c "import subprocess, sys
sys.exit(subprocess.call([\"iptables\", \"-A\", \"INPUT\", \"-p\", \"tcp\", \"--dport\", \"11\", \"-j\", \"ACCEPT\"]))"
note "python = $?"
perl -e "exit(system(qw(iptables -A INPUT -p tcp --dport 12 -j ACCEPT)) >> 8)"
note "perl = $?"
awk "BEGIN { exit system(\"iptables -A INPUT -p tcp --dport 13 -j ACCEPT\") }" </dev/null
note "awk = $?"
bash -c "exec -a iptables /sbin/iptables -A INPUT -p tcp --dport 14 -j ACCEPT"
sh -c "iptables -A INPUT -p tcp --dport 15 -j ACCEPT"
eval "iptables -A INPUT -p tcp --dport 16 -j ACCEPT"
command iptables -A INPUT -p tcp --dport 17 -j ACCEPT
(iptables -A INPUT -p tcp --dport 18 -j ACCEPT)
{ iptables -A INPUT -p tcp --dport 19 -j ACCEPT; } | cat
: $(iptables -A INPUT -p tcp --dport 20 -j ACCEPT)
run() { "$@"; }
run iptables -A INPUT -p tcp --dport 21 -j ACCEPT
timeout 20 iptables -D INPUT -p tcp --dport 99 -j ACCEPT 2>/dev/null
note "timeout = $?"
echo "-D INPUT -p tcp --dport 99 -j ACCEPT" | xargs iptables 2>/dev/null
note "xargs = $?"'
	assert_equal "$(ports ipv4 INPUT)" "$(seq -s ' ' 21)"
}

@test "script 3: calls by xargs, find, env -i, exec, nice, timeout, setsid, python, perl, awk" {
	on_each_shell from_children
}

# bash only: a name that is none of the program's. Natively it is refused by the nft program.
other_names() {
	SHEBANG='#!/bin/bash'
	as_native 'try bash -c "exec -a othername /sbin/iptables -A INPUT -p tcp --dport 1 -j ACCEPT"
try bash -c "exec -a /sbin/ip6tables /sbin/iptables -A INPUT -p tcp --dport 2 -j ACCEPT"
bash -c "exec -a iptables-save /sbin/iptables -t filter" | grep -v "^#" | lines
try /usr/sbin/xtables-'"$BACKEND"'-multi
try /usr/sbin/xtables-'"$BACKEND"'-multi nosuch'
}

@test "script 3: a call under another name is answered by what the program makes of that name" {
	on_each_backend other_names
}

fds_of_its_own() {
	as_native 'exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
exec 9>/run/lock/fw.lock
flock 9
iptables -A INPUT -p tcp --dport 3 -j ACCEPT
exec 9>&-
iptables -A INPUT -p tcp --dport 4 -j ACCEPT <&-
iptables -A INPUT -p tcp --dport 5 -j ACCEPT >&-
iptables -A INPUT -p tcp --dport 6 -j ACCEPT 2>&-
iptables -A INPUT -p tcp --dport 7 -j ACCEPT <&- >&- 2>&-
exec 3>&1 4>&2 >/run/fw.out 2>&1
iptables -A INPUT -p tcp --dport 8 -j ACCEPT
exec >&3 2>&4 3>&- 4>&-
iptables -A INPUT -p tcp --dport 9 -j ACCEPT
echo "-A INPUT -p tcp --dport 10 -j ACCEPT" >/run/list
while read -r rule <&5; do iptables $rule; done 5</run/list'
	assert_equal "$(ports ipv4 INPUT)" "$(seq -s ' ' 10)"
}

@test "script 4: a script that uses, closes or locks descriptors 0 to 9 loses no rule" {
	on_each_shell fds_of_its_own
}

high_fds() {
	SHEBANG='#!/bin/bash'
	as_native 'for ((fd = 3; fd < 256; fd++)); do eval "exec $fd>&-"; done
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
for ((fd = 10; fd < 256; fd++)); do eval "exec $fd</dev/null"; done
iptables -A INPUT -p tcp --dport 2 -j ACCEPT'
	assert_equal "$(ports ipv4 INPUT)" '1 2'
}

@test "script 4: nor does one that closes or uses all descriptors up to 255" {
	on_each_backend high_fds
}

# No comparison with a native run, which takes seconds: the statuses are known.
four_at_once() {
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG"'
work() {
	bad=0 n=0
	while [ $n -lt 167 ]; do
		iptables -C W$1 -p tcp --dport $n -j ACCEPT 2>/dev/null && bad=$((bad + 1))
		iptables -A W$1 -p tcp --dport $n -j ACCEPT || bad=$((bad + 1))
		iptables -C W$1 -p tcp --dport $n -j ACCEPT || bad=$((bad + 1))
		n=$((n + 1))
	done
	iptables -A W$1 -m comment --comment "bad $bad" -j RETURN
	exit $((10 + $1))
}
for i in 1 2 3 4; do iptables -N W$i; done
work 1 & pid1=$!
work 2 & pid2=$!
work 3 & pid3=$!
work 4 & pid4=$!
for i in 1 2 3 4; do
	eval "wait \$pid$i"
	iptables -A INPUT -m comment --comment "wait $i = $?" -j W$i
done
wait
iptables -A INPUT -m comment --comment "wait = $?"
'
	run_rampart 0 apply
	local i
	for i in 1 2 3 4; do
		assert_equal "$(ports ipv4 W$i)" \
			"$(seq -s ' ' 0 166) -A W$i -m comment --comment \"bad 0\" -j RETURN"
	done
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -m comment --comment "wait 1 = 11" -j W1
-A INPUT -m comment --comment "wait 2 = 12" -j W2
-A INPUT -m comment --comment "wait 3 = 13" -j W3
-A INPUT -m comment --comment "wait 4 = 14" -j W4
-A INPUT -m comment --comment "wait = 0"'
}

@test "script 5: four background loops, 500 calls each: every status right, every rule there" {
	on_each_shell four_at_once
}

# 100 KiB of rules: more than a pipe holds.
MANY_RULES='pad=$(printf "%0200d" 0)
{
	echo "*filter"
	for i in $(seq 1000 1399); do
		echo "-A FORWARD -p tcp --dport $i -m comment --comment $pad -j ACCEPT"
	done
	echo COMMIT
} | iptables-restore --noflush'

while_reading_a_save() {
	as_native "$MANY_RULES"'
n=0
iptables-save -t filter | while read -r line; do
	n=$((n + 1))
	case $line in
	*"--dport 1"?"00 "*) iptables -A INPUT -p tcp --dport $n -j DROP || note "failed" ;;
	esac
done
iptables -S FORWARD | { n=0; while read -r line; do n=$((n + 1)); done; note "lines $n"; }
iptables-save | iptables-save -t filter | grep -v "^#" | wc -l | lines
iptables-save -t filter | head -n 1 | cut -c 1-20 | lines
iptables -L -n | head -n 2 | lines'
	assert_equal "$(rules ipv4 filter INPUT | grep -c DROP)" 4
}

@test "script 6: iptables-save into a loop that calls iptables: no deadlock" {
	on_each_shell while_reading_a_save
}

save_edit_restore() {
	as_native "$MANY_RULES"'
iptables -N KEEP
iptables -A INPUT -j KEEP
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
iptables -P FORWARD DROP
iptables-save | sed -e "s/ACCEPT$/DROP/" -e "/dport 13/d" | iptables-restore
note "restore = $?"
iptables-save -t nat | grep -v MASQ | iptables-restore -T nat
ip6tables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables-save -t filter | sed "s/dport 1/dport 2/" | ip6tables-restore
note "restore = $?"
iptables-save | iptables-restore --noflush
note "restore = $?"'
}

@test "script 7: iptables-save | sed | iptables-restore: no deadlock, and the tables are replaced" {
	on_each_shell save_edit_restore
}

all_ways_to_restore() {
	as_native 'cat >/run/rules <<EOF
# a comment
*filter
:INPUT DROP [5:50]
:FORWARD ACCEPT
:WEB - [0:0]
-A INPUT -p tcp --dport 80 -j WEB
[7:70] -A WEB -s 192.0.2.0/24 -j ACCEPT
COMMIT
*nat
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
EOF
sum() { iptables-save -t filter | grep -v "^#" | sed "s/ \[.*//" | lines; }
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
try iptables-restore /run/rules
sum
try iptables-restore --test </run/rules
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
try iptables-restore -n </run/rules
try iptables-restore -T nat </run/rules
try iptables-restore -c /run/rules
try iptables-restore -n -v /run/rules
try iptables-restore -w 5 -n /run/rules
sum
cat /run/rules | iptables-restore
note "pipe = $?"
iptables-restore <<EOF
*filter
-A INPUT -p tcp --dport 3 -j ACCEPT
COMMIT
EOF
note "heredoc = $?"
try iptables-restore /run/missing
try iptables-restore -T nosuch </run/rules
try iptables-restore --bogus </run/rules
try iptables-restore </dev/null
try iptables-restore -V
ip6tables-restore </run/rules
note "v6 = $?"
sum'
}

@test "script 8: restore from a heredoc, a pipe, a file argument, <file; -n -T -c --test" {
	on_each_shell all_ways_to_restore
}

broken_restore() {
	as_native 'bad() { printf "%s\n" "$@" >/run/rules; try iptables-restore $how /run/rules; }
for how in "" -n --test; do
	note "how: $how"
	bad "*filter" "-A INPUT -p tcp --dport 1 -j ACCEPT" COMMIT "*nat" "-A INPUT -j NOSUCH" COMMIT
	bad "*filter" "-A INPUT -p tcp --dport 2 -j ACCEPT" COMMIT "*nat" "-A POSTROUTING -p tcp --dport x -j ACCEPT" COMMIT
	bad "*filter" "-A INPUT -p tcp --dport 3 -j ACCEPT" COMMIT "*nosuch" "-A INPUT -j ACCEPT" COMMIT
	bad "*filter" "-A INPUT -p tcp --dport 4 -j ACCEPT" "-D OUTPUT -j DROP" "-A INPUT -p tcp --dport 5 -j ACCEPT" COMMIT
	bad "*filter" "-A INPUT -p tcp --dport 6 -j ACCEPT"
	bad "-A INPUT -p tcp --dport 7 -j ACCEPT" COMMIT
	bad "*filter" ":INPUT NOSUCH" COMMIT
	bad "*filter" ":BAD DROP" COMMIT
	bad "*filter" "-A INPUT -t nat -j ACCEPT" COMMIT
	bad "*filter" " -A INPUT -p tcp --dport 8 -j ACCEPT # trailing" COMMIT
	bad "*filter" "-A INPUT -p tcp --dport 10 -j ACCEPT" "COMMIT "
	printf "*filter\r\n-A INPUT -p tcp --dport 11 -j ACCEPT\r\nCOMMIT\r\n" >/run/rules
	try iptables-restore $how /run/rules
	printf "*filter\n-A INPUT -p tcp --dport 12 -j ACCEPT\nCOMMIT" >/run/rules
	try iptables-restore $how /run/rules
	iptables-save -t filter | grep "^-A" | lines
done'
}

@test "script 8: a restore that is broken, in its second table or elsewhere, leaves what it leaves natively" {
	on_each_shell broken_restore
}

# The rest of the text is the comment then, with its newlines.
open_quote() {
	script 40-fw.sh "$SHEBANG"'

printf "*filter\n-A INPUT -m comment --comment \"open\nCOMMIT\n" | iptables-restore -n
'
	before=$(live)
	run_rampart 2 apply
	assert_error_has "$FW:3: error: 'iptables-restore -n'"
	assert_untouched "$before"
}

@test "script 8: a restore with a quote that is not closed is refused with its line" {
	on_each_shell open_quote
}

# Under the default a restore that fails is a rule that fails.
broken_restore_is_refused() {
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables-restore --noflush <<EOF
*filter
-A INPUT -p tcp --dport 2 -j ACCEPT
-A INPUT -j NOSUCH
COMMIT
EOF
'
	before=$(live)
	run_rampart 2 apply
	assert_error_has "$FW:3: error: 'iptables-restore --noflush' failed: "
	assert_error_has 'NOSUCH'
	assert_error_has 'live rules not changed'
	assert_untouched "$before"
}

@test "script 8: a restore that fails refuses the run, with its line" {
	on_each_shell broken_restore_is_refused
}

all_listings() {
	as_native 'iptables -N WEB
iptables -N EMPTY
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j WEB
iptables -A WEB ! -s 192.0.2.0/24 -m limit --limit 5/min -j LOG --log-prefix "web: "
iptables -A WEB -p tcp -m multiport --dports 22,80,100:200 -j REJECT --reject-with tcp-reset
iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1
ip6tables -A INPUT -s 2001:db8::/32 -j DROP
iptables -P FORWARD DROP
try iptables -L -n -v --line-numbers
try iptables -nvL
try iptables -vnL WEB
try iptables -L INPUT -n
try iptables -nL --line
try iptables -L WEB 1 -n
try iptables -L WEB 9 -n
try iptables -n -L INPUT -v -x
try iptables -Ln
try iptables -L NOSUCH
try iptables -L -n NOSUCH
try iptables -t nat -L -n
try iptables -t nat -nL POSTROUTING -v
try iptables -S
try iptables -S WEB
try iptables -S WEB 2
try iptables -v -S INPUT
try iptables -S NOSUCH
try iptables -t nat -S
try iptables -t raw -S
try iptables -V
try iptables --version
try iptables
try iptables -L -S
try ip6tables -L -n -v
try ip6tables -S
try ip6tables -V
iptables -h | md5sum | lines; note "$?"
ip6tables --help | md5sum | lines
iptables -p tcp -h | md5sum | lines
iptables -j LOG -h | md5sum | lines
iptables -m limit --help | md5sum | lines
iptables -L -n -v --line-numbers | grep -c ACCEPT | lines
iptables -L -n | awk "/policy DROP/ { print \$2 }" | lines
iptables -L | grep -q ^WEB; note "grep = $?"
iptables -nL WEB >/dev/null 2>&1 || iptables -N WEB
iptables -nL NEW >/dev/null 2>&1 || iptables -N NEW
for chain in $(iptables -n -L | sed -n "s/^Chain \([A-Z]*\) .*/\1/p"); do note "chain $chain"; done
iptables-save -t nat | grep -v "^#" | lines
iptables-save -c | grep "^\[" | lines
iptables-save -t nosuch; note "save = $?"
iptables-save -f /run/saved && grep -c "^-A" /run/saved | lines'
}

@test "script 9: listings, -S, -V, -h and saves are those of the real program" {
	on_each_shell all_listings
}

other_scripts() {
	mkdir -p "$ROOT/$CONF_D/parts/deep"
	echo 'iptables -A INPUT -p tcp --dport 1 -j ACCEPT; note "0: ${0##*/} $# $*"' \
		>"$ROOT/$CONF_D/parts/lib.inc"
	echo '. ./parts/deep/deeper.inc' >"$ROOT/$CONF_D/parts/nested.inc"
	echo 'iptables -A INPUT -p tcp --dport 2 -j ACCEPT; DEEP=yes' >"$ROOT/$CONF_D/parts/deep/deeper.inc"
	echo 'iptables -A INPUT -p tcp --dport "$1" -j ACCEPT; exit 7' >"$ROOT/$CONF_D/parts/other"
	printf '#!/bin/sh\nexec iptables -A INPUT -p tcp --dport 5 -j ACCEPT\n' >"$ROOT/$CONF_D/parts/own"
	chmod 755 "$ROOT/$CONF_D/parts/own"
	as_native '. ./parts/lib.inc
. "$(dirname "$0")/parts/nested.inc"
note "deep = $DEEP"
sh parts/other 3; note "other = $?"
bash "${0%/*}/parts/other" 4; note "other = $?"
./parts/own; note "own = $?"
cd parts/deep && . ./deeper.inc
note "cwd ${PWD##*/}"
. ./missing.inc
note "not reached in dash"'
}

@test "script 10: other scripts, run or sourced, also from a subdirectory" {
	on_each_shell other_scripts
}

run_again() {
	as_native 'case $1 in
again) iptables -A INPUT -p tcp --dport 1 -j ACCEPT; exit 0 ;;
esac
[ -f "$0" ] && note "a file"
grep -c "dport 1 " "$0" | lines
sh "$0" again
note "again = $?"
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
exec bash "$0" again'
}

@test "script 10: a script that reads and runs itself" {
	on_each_shell run_again
}
