# script messages: what users of script drop-ins read, and what the commands make of scripts.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

ONE='iptables -A INPUT -p tcp --dport 1 -j ACCEPT'
TWO='iptables -A INPUT -p tcp --dport 2 -j ACCEPT'

# A line of standard error that matches as a whole, by an extended pattern.
assert_error_matches() {
	grep -Exq -- "$1" <<<"$stderr" || show_both 'line of error like' "$1"
}

# --- failed calls ----------------------------------------------------------------------------

# Natively, in the backend's own words: what the script's user would have read. A rule is there
# before: nft's texts about a table that nobody has touched are others.
native_error() {
	# shellcheck disable=SC2016
	ns unshare -n sh -c 'iptables=$1; shift; $iptables -A INPUT -j ACCEPT; $iptables "$@"' \
		sh "iptables-$BACKEND" "$@" 2>&1 | head -n 1 | sed 's/^ip6*tables[^:]*: *//' || true
}

failed_calls() {
	local bad code
	while IFS='|' read -r code bad; do
		script 40-fw.sh "$SHEBANG
$ONE

iptables $bad
"
		baseline ''
		before=$(live)
		run_rampart 2 apply
		# shellcheck disable=SC2086 # words
		text=$(native_error $bad)
		[ -n "$text" ]
		assert_error_has "$FW:4: error: 'iptables $bad' failed: "
		assert_error_has "$text"
		assert_error_has "(exit status $code)"
		assert_error_line 'rampart: live rules not changed'
		assert_untouched "$before"
		baseline 'script_errors = warn'
		run_rampart 0 validate
		assert_error_has "$FW:4: warning: 'iptables $bad' failed: "
		assert_error_matches ".*$FW:4: warning: 'iptables ${bad//[+.*]/.}' failed: .*: left out"
	done <<-END
		2|-A INPUT -j NOSUCH
		1|-A NOSUCH -j ACCEPT
		1|-I INPUT 9 -j ACCEPT
		1|-R INPUT 9 -j ACCEPT
		2|-A INPUT -p tcp --dport 99999 -j ACCEPT
		2|-A INPUT -s ! 192.0.2.1 -j ACCEPT
		1|-P INPUT NOSUCH
		2|-N -bad
		3|-t nosuch -A INPUT -j ACCEPT
	END
}

@test "script messages: a call that fails: its line, its words, the program's text and status" {
	on_both_shells failed_calls
}

exact_text() {
	script 40-fw.sh "$SHEBANG
iptables -A INPUT -j NOSUCH
"
	local text="Couldn't load target \`NOSUCH':No such file or directory"
	[ "$BACKEND" = legacy ] || text="Chain 'NOSUCH' does not exist"
	run_rampart 2 validate
	assert_error_line "$FW:2: error: 'iptables -A INPUT -j NOSUCH' failed: $text (exit status 2)"
}

@test "script messages: the target that is not there, word for word" {
	on_both_shells exact_text
}

# All faults in one run, each once.
several_faults() {
	script 30-a.sh "$SHEBANG
iptables -A INPUT -j NOSUCH
$ONE
iptables -A INPUT -j OTHER
"
	script 40-fw.sh "$SHEBANG
ip6tables -A INPUT -j THIRD
"
	dropin 50-x.rules '-A INPUT -s $MISSING -j ACCEPT'
	run_rampart 2 validate
	assert_error_has "${FW%/*}/30-a.sh:2: error: 'iptables -A INPUT -j NOSUCH' failed: "
	assert_error_has "${FW%/*}/30-a.sh:4: error: 'iptables -A INPUT -j OTHER' failed: "
	assert_error_has "$FW:2: error: 'ip6tables -A INPUT -j THIRD' failed: "
	assert_error_has "${FW%/*}/50-x.rules:1: error: "
	assert_equal "$(grep -c NOSUCH <<<"$stderr")" 1
}

@test "script messages: one run shows the faults of all drop-ins" {
	on_both_shells several_faults
}

# These have nothing to lose, whatever they say and wherever.
never_refuse() {
	script 40-fw.sh "$SHEBANG"'
iptables -C INPUT -p tcp --dport 9 -j ACCEPT
iptables -D INPUT -p tcp --dport 9 -j ACCEPT
iptables -D INPUT 9
iptables -X NOSUCH
iptables -F NOSUCH
iptables -E NOSUCH OTHER
iptables -Z NOSUCH
iptables -L NOSUCH -n
iptables -S NOSUCH
iptables -N WEB
iptables -N WEB
iptables -t nat -F
iptables -D INPUT -m bogus
'"$ONE"'
'
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	refute_error_has 'error:'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
}

@test "script messages: -C -D -X -F -E -Z -L -S may fail, and -N of what is there" {
	on_both_shells never_refuse
}

ends_badly() {
	script 40-fw.sh "$SHEBANG
$ONE
exit 3
"
	before=$(live)
	run_rampart 2 apply
	assert_error_line "$FW: error: the script ended with exit status 3"
	assert_untouched "$before"
	baseline 'script_errors = warn'
	run_rampart 0 apply
	assert_error_line "$FW: warning: the script ended with exit status 3"
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 1
}

@test "script messages: an exit status" {
	on_both_shells ends_badly
}

bad_settings() {
	local line
	script 40-fw.sh "$SHEBANG
$ONE
"
	for line in 'script_errors = maybe' 'script_scope = some' 'script_seconds = 0' 'script_seconds = x'
	do
		baseline "$line"
		run_rampart 2 validate
		assert_error_has '/etc/rampart/rampart.conf:1: error: '
	done
}

@test "script messages: settings that make no sense" {
	each_backend bad_settings_in_bash
}

bad_settings_in_bash() {
	SHEBANG='#!/bin/bash'
	bad_settings
}

# --- what is not done ---------------------------------------------------------------------------

saves() {
	script 40-fw.sh "$SHEBANG
$ONE"'
iptables-save >/etc/iptables.rules || exit 1
service iptables save || exit 2
netfilter-persistent save || exit 3
/etc/init.d/iptables save || exit 4
exit 0
'
	# what is not installed is not there, natively as here
	baseline 'script_errors = warn'
	sum=$(cat /etc/iptables.rules 2>/dev/null | md5sum)
	run_rampart 0 apply
	assert_equal "$(cat /etc/iptables.rules 2>/dev/null | md5sum)" "$sum"
	grep -q /etc/iptables.rules <<<"$output$stderr" || show_both 'a note' /etc/iptables.rules
	refute_error_has 'error:'
}

@test "script messages: saving the rules is left to rampart, with a note" {
	on_both_shells saves
}

self_revert() {
	script 40-fw.sh "$SHEBANG
$ONE
sleep 60
iptables -F
iptables -P INPUT ACCEPT
"
	run_rampart 0 validate
	assert_error_has "$FW"
	assert_error_has 'warning: '
	assert_error_has 'apply --confirm'
	# neither of these is one
	script 40-fw.sh "$SHEBANG
iptables -F
sleep 60
$ONE
"
	run_rampart 0 validate
	refute_error_has 'apply --confirm'
	script 40-fw.sh "$SHEBANG
$ONE
iptables -F
$TWO
"
	run_rampart 0 validate
	refute_error_has 'apply --confirm'
}

@test "script messages: rules, sleep, flush: the way back is apply --confirm; and nobody waits" {
	on_both_shells self_revert
}

policy_conflicts() {
	script 40-fw.sh "$SHEBANG
iptables -P INPUT ACCEPT
iptables -P INPUT DROP
iptables -P FORWARD DROP
$ONE
"
	baseline 'policy { INPUT = DROP  FORWARD = ACCEPT }'
	run_rampart 0 apply
	assert_error_has "$FW:4: warning: "
	assert_error_has FORWARD
	refute_error_has 'INPUT'
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv4 filter FORWARD)" 'DROP DROP'
	assert_equal "$(policy ipv6 filter INPUT) $(policy ipv6 filter FORWARD)" 'DROP ACCEPT'
	run_rampart 0 check
	# without a word of the baseline it is the script's affair, in both ownerships
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	refute_error_has warning
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv4 filter FORWARD)" 'DROP DROP'
	assert_equal "$(policy ipv6 filter INPUT) $(policy ipv6 filter FORWARD)" 'ACCEPT ACCEPT'
	# only what it says at its end counts
	script 40-fw.sh "$SHEBANG
iptables -P INPUT DROP
$ONE
iptables -P INPUT ACCEPT
"
	run_rampart 0 apply
	assert_equal "$(policy ipv4 filter INPUT)" ACCEPT
}

@test "script messages: a policy that the baseline has otherwise: a warning, and the script's counts" {
	on_both_shells policy_conflicts
}

# --- arguments, variables, places ----------------------------------------------------------------

arguments() {
	script 40-fw.sh "$SHEBANG"'
case $1 in
start) iptables -A INPUT -m comment --comment "$# $2 $3" -j ACCEPT ;;
*) echo "usage: $0 start|stop" >&2; exit 64 ;;
esac
'
	run_rampart 2 validate
	assert_error_matches "$FW: error: the script ended with exit status 64: usage: .*/40-fw.sh start\|stop"
	baseline 'ownership = exclusive
script_args "40-fw.sh" { args = {start, "two words", "$HOME;`id`"} }'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" \
		'-A INPUT -m comment --comment "3 two words $HOME;`id`" -j ACCEPT'
	# for another script, or for none at all
	baseline 'ownership = exclusive
script_args "41-fw.sh" { args = {start} }'
	run_rampart 2 validate
}

@test "script: script_args gives it arguments" {
	on_both_shells arguments
}

place() {
	mkdir -p "$ROOT/$CONF_D/parts"
	echo 'PORT=7' >"$ROOT/$CONF_D/parts/settings"
	script 40-fw.sh "$SHEBANG"'
. ./parts/settings
iptables -A INPUT -p tcp --dport $PORT -j ACCEPT
. "${0%40-fw.sh}parts/settings"
[ "$0" = '"'$ROOT/$CONF_D/40-fw.sh'"' ] || exit 5
[ "$(pwd)" = '"'$ROOT/$CONF_D'"' ] || exit 6
cd "$(dirname "$0")" && ls 40-fw.sh parts >/dev/null || exit 7
'
	baseline 'ownership = exclusive'
	local mode
	for mode in 644 755 600 700 444; do
		chmod $mode "$ROOT/$CONF_D/40-fw.sh"
		run_rampart 0 apply
		assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 7 -j ACCEPT'
	done
	chmod 664 "$ROOT/$CONF_D/40-fw.sh"
	run_rampart 2 validate
	assert_error_has "$FW"
}

@test "script: \$0, the working directory, files beside it, any mode that others can't write" {
	on_both_shells place
}

sets_as_variables() {
	baseline 'ownership = exclusive
set "ADMINS" { values = {192.0.2.0/24, "2001:db8::/32"} }
set "WEB_PORTS" { values = {80, 443} }
set "NIC" { values = {eth0} }
set "EMPTY" { values = {} }'
	script 40-fw.sh "$SHEBANG"'
for port in $WEB_PORTS; do
	for from in $ADMINS; do
		case $from in
		*:*) ip6tables -A INPUT -i $NIC -s $from -p tcp --dport $port -j ACCEPT ;;
		*) iptables -A INPUT -i $NIC -s $from -p tcp --dport $port -j ACCEPT ;;
		esac
	done
done
[ "${EMPTY+set}" = set ] && [ -z "$EMPTY" ] || exit 4
sh -c "[ \"\$NIC\" = eth0 ]" || exit 5
[ -z "$BATS_TEST_NAME$SECRET_OF_CALLER" ] || exit 6
'
	export SECRET_OF_CALLER=x
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" \
'-A INPUT -s 192.0.2.0/24 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
-A INPUT -s 192.0.2.0/24 -i eth0 -p tcp -m tcp --dport 443 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" \
'-A INPUT -s 2001:db8::/32 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
-A INPUT -s 2001:db8::/32 -i eth0 -p tcp -m tcp --dport 443 -j ACCEPT'
}

@test "script: the sets of the baseline are its variables, the caller's environment is not" {
	on_both_shells sets_as_variables
}

layers() {
	file usr/lib/rampart/conf.d/40-fw.sh "$SHEBANG
$ONE"
	run_rampart 0 show -4
	assert_output_has '--dport 1 '
	# replaced whole, by name
	script 40-fw.sh "$SHEBANG
$TWO
"
	run_rampart 0 show -4
	assert_output_has '--dport 2 '
	refute_output_has '--dport 1 '
	# masked
	script 40-fw.sh ''
	run_rampart 0 show -4
	refute_output_has '--dport'
	rm "$ROOT/$CONF_D/40-fw.sh"
	ln -s /dev/null "$ROOT/$CONF_D/40-fw.sh"
	run_rampart 0 show -4
	refute_output_has '--dport'
	run_rampart 0 list --all
	assert_output_has 40-fw.sh
	rm "$ROOT/$CONF_D/40-fw.sh" "$ROOT/usr/lib/rampart/conf.d/40-fw.sh"
}

@test "script: layers: replaced by a file of its name, masked by an empty one or a link to /dev/null" {
	on_both_shells layers
}

order() {
	baseline 'ownership = exclusive'
	dropin 39-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT'
	script 40-fw.sh "$SHEBANG
$TWO
iptables -I INPUT -p tcp --dport 3 -j ACCEPT
iptables -I INPUT 1 -p tcp --dport 4 -j ACCEPT
"
	dropin 41-a.rules '-A INPUT -p tcp --dport 5 -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT | sed 's/.*--dport \([0-9]*\) .*/\1/' | paste -s -d ' ')" \
		'1 4 3 2 5'
	assert_equal "$(rules ipv6 filter INPUT | sed 's/.*--dport \([0-9]*\) .*/\1/' | paste -s -d ' ')" \
		'1 5'
}

@test "script: its rules stand at its place, -I too" {
	on_both_shells order
}

# --- commands ------------------------------------------------------------------------------------

named_by_line() {
	script 40-fw.sh "$SHEBANG
$ONE

$TWO
"
	run_rampart 1 diff
	assert_output_has "$FW:2"
	assert_output_has "$FW:4"
	run_rampart 0 apply
	run_rampart 0 diff
	run_rampart 0 status
	assert_output_has 40-fw.sh
	run_rampart 0 show -4 --origins
	assert_output_line "# $FW:2"
	assert_output_line "# $FW:4"
	run_rampart 0 show --canonical --origins
	assert_output_line "# $FW:4"
	run_rampart 0 list
	assert_output_has 40-fw.sh
	lay iptables -D rampart-INPUT 2
	run_rampart 1 check
	assert_output_has "missing: -A rampart-INPUT -p tcp -m tcp --dport 2 -j ACCEPT    # $FW:4"
}

@test "script: diff, status, show, list and check name its lines" {
	on_both_shells named_by_line
}

applied_again() {
	script 40-fw.sh "$SHEBANG"'
iptables -N WEB
iptables -A INPUT -p tcp --dport http -m limit --limit 60/min -j WEB
iptables -A WEB -s 10.1.2.3/8 -j LOG --log-prefix "web "
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
'
	local ownership
	for ownership in merge exclusive; do
		baseline "ownership = $ownership"
		run_rampart 0 apply --take-over
		before=$(live_counted)
		run_rampart 0 apply
		assert_output_has 'nothing to do'
		forget_loaded
		run_rampart 0 apply
		assert_output_has 'nothing to do'
		assert_equal "$(live_counted)" "$before"
		run_rampart 0 check
		run_rampart 0 check --inputs
		run_rampart 0 flush
	done
}

@test "script: apply again: nothing to do" {
	on_both_shells applied_again
}

# What a script reads can't be hashed: apply runs it, boot does not.
not_run_at_boot() {
	parts
	echo 1 >"$PARTS/port"
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport $(cat parts/port) -j ACCEPT
'
	run_rampart 0 apply
	before=$(holds)
	echo 2 >"$PARTS/port"
	# the host starts anew
	both_families -F
	both_families -X
	rm -rf "$ROOT/run/rampart"
	run_rampart 0 boot
	assert_same "$(holds)" "$before"
	# with the same files apply sees that the script says something else
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
	# another text of the script is another input
	script 40-fw.sh "$SHEBANG
$ONE
"
	both_families -F
	both_families -X
	rm -rf "$ROOT/run/rampart"
	run_rampart 0 boot
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
}

@test "script: boot with unchanged files does not run it, apply does" {
	on_both_shells not_run_at_boot
}

candidates() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	printf '%s\n' "$SHEBANG" "$ONE" >"$BATS_TEST_TMPDIR/new"
	run_rampart 0 validate --as 40-fw.sh "$BATS_TEST_TMPDIR/new"
	[ ! -e "$ROOT/$CONF_D/40-fw.sh" ]
	printf '%s\n' "$SHEBANG" "$ONE" 'iptables -A INPUT -j NOSUCH' >"$BATS_TEST_TMPDIR/new"
	run_rampart 2 validate --as 40-fw.sh "$BATS_TEST_TMPDIR/new"
	assert_error_has ":3: error: 'iptables -A INPUT -j NOSUCH' failed: "
	# in place of the one that is there, beside what lies there
	mkdir -p "$ROOT/$CONF_D/parts"
	echo 'PORT=5' >"$ROOT/$CONF_D/parts/settings"
	script 40-fw.sh "$SHEBANG
iptables -A INPUT -j NOSUCH
"
	printf '%s\n' "$SHEBANG" '. parts/settings || exit 1' \
		'[ "${0##*/}" = 40-fw.sh ] || exit 2' '[ -f "$0" ] || exit 3' \
		'iptables -A INPUT -p tcp --dport $PORT -j ACCEPT' >"$BATS_TEST_TMPDIR/new"
	run_rampart 0 validate --as 40-fw.sh "$BATS_TEST_TMPDIR/new"
	run_rampart 2 validate
	cmp "$ROOT/$CONF_D/40-fw.sh" <(printf '%s\niptables -A INPUT -j NOSUCH\n' "$SHEBANG")
}

@test "script: validate --as judges a file as the script" {
	on_both_shells candidates
}

ordinary_user() {
	script 40-fw.sh "$SHEBANG"'
[ "$(id -u)" = 0 ] || exit 1
iptables -N WEB
iptables -A INPUT -p tcp --dport 1 -j WEB
iptables -C INPUT -p tcp --dport 1 -j WEB || exit 2
iptables-save | grep -c dport >/dev/null || exit 3
iptables -A WEB -m string --string x --algo bm -j DROP
'
	public_root
	as_nobody validate
	as_nobody show --canonical
	assert_output_has '-A rampart-INPUT -p tcp -m tcp --dport 1 -j WEB'
	echo 'iptables -A INPUT -j NOSUCH' >>"$ROOT/$CONF_D/40-fw.sh"
	local status=0
	as_nobody validate || status=$?
	[ $status -eq 2 ]
	assert_error_has "$FW:8: error: 'iptables -A INPUT -j NOSUCH' failed: "
}

# one shell for each test: a public root is made once
@test "script: an ordinary user can validate and show, dash" {
	SHEBANG='#!/bin/sh'
	on_each_backend ordinary_user
}

@test "script: an ordinary user can validate and show, bash" {
	SHEBANG='#!/bin/bash'
	on_each_backend ordinary_user
}

no_rules() {
	script 40-fw.sh "$SHEBANG
echo hello
echo world >&2
"
	run_rampart 0 validate
	run_rampart 0 -v validate || run_rampart 0 validate -v
	grep -q hello <<<"$output$stderr" || show_both 'what it prints, with -v' hello
	before=$(live)
	run_rampart 0 apply
	assert_untouched "$before"
}

@test "script: one without any call; what it prints is told with -v" {
	on_both_shells no_rules
}

rolled_back() {
	script 40-fw.sh "$SHEBANG
$ONE
"
	run_rampart 0 apply
	before=$(live)
	script 40-fw.sh "$SHEBANG
$TWO
"
	run_rampart 0 apply
	run_rampart 0 rollback
	assert_untouched "$before"
}

@test "script: rollback goes back to what it made before, without running it" {
	on_both_shells rolled_back
}
