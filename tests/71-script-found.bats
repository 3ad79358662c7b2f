# script: faults that were found in script drop-ins, each with what shows it.
# shellcheck disable=SC2016 # expanded by the scripts
load helpers
load kernel
load script

restore_words() {
	as_native 'try() { out=$("$@" 2>&1); note "$? $*"; }
rule() { printf "*filter\n-A INPUT -p tcp --dport %s -j ACCEPT\nCOMMIT\n" "$1"; }
rule 1 | iptables-restore -nT filter
rule 2 | iptables-restore -nw 5
rule 3 | iptables-restore -n --tab filter
rule 4 | iptables-restore -n -w
rule 5 >/tmp/rules
iptables-restore -nT filter /tmp/rules </dev/null'
	assert_equal "$(rules ipv4 filter INPUT | grep -c dport)" 5
}

@test "script: the words of a restore that are no file leave its input to be read" {
	on_both_shells restore_words
}

# A word that only looks like a command of ipset that changes nothing; a set of such a name.
odd_set_words() {
	baseline 'ownership = exclusive'
	script 40-fw.sh '#!/bin/sh
ipset create test hash:ip comment
ipset add test 192.0.2.7 comment list
iptables -A INPUT -m set --match-set test src -j DROP
'
	run_rampart 0 apply
	ns ipset list test | grep -q '^192.0.2.7 comment "list"$'
}

@test "script: the command of ipset is its first word, whatever the others are" {
	on_each_backend odd_set_words
}

# The second apply's script fails to create what is there, and it is the script's all the same.
sets_at_boot() {
	baseline 'ownership = exclusive'
	script 40-fw.sh '#!/bin/sh
ipset create bad hash:ip 2>/dev/null
ipset add bad 192.0.2.1 2>/dev/null
iptables -A INPUT -m set --match-set bad src -j DROP
'
	run_rampart 0 apply
	run_rampart 0 apply
	assert_output_has 'nothing to do'
	# what others put into it goes: the script says what it holds
	ns ipset flush bad
	run_rampart 0 apply
	ns ipset test bad 192.0.2.1 2>/dev/null
	ns_stop
	ns_start
	run_rampart 0 boot
	ns ipset test bad 192.0.2.1 2>/dev/null
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -m set --match-set bad src -j DROP'
}

@test "script: a set that a script makes is filled at a later apply and at boot" {
	on_each_backend sets_at_boot
}

scope_and_deletions() {
	baseline 'ownership = exclusive  script_scope = all'
	dropin 10-a.rules '-4 -A INPUT -p tcp --dport 1 -j ACCEPT
-4 -D INPUT -p tcp --dport 1 -j ACCEPT
-4 -A INPUT -p tcp --dport 2 -j ACCEPT'
	script 40-fw.sh '#!/bin/sh
iptables -A INPUT -p tcp --dport 3 -j ACCEPT
'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT | grep -o 'dport .')" 'dport 2
dport 3'
}

@test "script: with all in its reach, behind a rules drop-in that deletes" {
	on_each_backend scope_and_deletions
}

replaced_jump() {
	as_native 'iptables -N OLD
iptables -N NEW
iptables -A INPUT -j OLD
iptables -v -R INPUT 1 -j NEW >/dev/null
try iptables -X NEW
try iptables -X OLD'
}

@test "script: a rule that the real program replaced jumps where it says" {
	on_both_shells replaced_jump
}

# What a script says of where it is becomes a part of lines.
forged_place() {
	baseline 'ownership = exclusive'
	script 40-fw.sh '#!/bin/bash
export RAMPART_AT=$(printf "x:1\ta\tb\nsysctl\tq:1\tnet.ipv4.ip_forward\t1\nmodule\tz:1")
/bin/sh -c "exec env RAMPART_AT=\"$RAMPART_AT\" ipset create forged hash:ip"
env RAMPART_AT="$(printf "x:1\n-A INPUT -j DROP\n#:1")" iptables -A INPUT -i lo -j ACCEPT
'
	before=$(ns cat /proc/sys/net/ipv4/ip_forward)
	run_rampart 0 show --origins
	refute_output_line '-A INPUT -j DROP'
	run_rampart 0 apply
	assert_equal "$(ns cat /proc/sys/net/ipv4/ip_forward)" "$before"
	! grep -q ip_forward "$ROOT/var/lib/rampart/current"
}

@test "script: where a call says that it comes from forges no line" {
	on_each_backend forged_place
}

@test "script: what only root may read of /proc/sys/net is not in the copy" {
	ns_start
	baseline 'ownership = exclusive  allow_sysctl = {none}'
	script 40-fw.sh '#!/bin/sh
# sysctl
[ -z "$(cat /proc/sys/net/ipv4/tcp_fastopen_key 2>/dev/null)" ] && iptables -A INPUT -p tcp --dport 1 -j ACCEPT
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] && iptables -A INPUT -p tcp --dport 2 -j ACCEPT
exit 0
'
	ns sh -c 'echo 1-2-3-4 >/proc/sys/net/ipv4/tcp_fastopen_key' || true
	run_rampart 0 show -4
	assert_output_has 'dport 1 '
	assert_output_has 'dport 2 '
}

# Lines of "bash -c" and of a bash that reads a pipe are those of who called it.
inner_shells() {
	baseline 'ownership = exclusive'
	script 40-fw.sh '#!/bin/bash
bash -c "iptables -A INPUT -p tcp --dport 1 -j ACCEPT"
echo "iptables -A INPUT -p tcp --dport 2 -j ACCEPT" | bash
'
	run_rampart 0 show -4 --origins
	assert_equal "$(grep -A 1 '^# /' <<<"$output" | grep -o 'sh:[0-9]*\|dport .')" 'sh:2
dport 1
sh:3
dport 2'
}

@test "script: a bash without a file of its own is where its caller is" {
	on_each_backend inner_shells
}

# A rule of which the canonical text was not asked for yet goes on to lead to a chain that is renamed.
renamed_targets() {
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG
iptables -N old
iptables -A INPUT -j old
iptables -E old new
iptables -X new 2>/dev/null || :
"
	run_rampart 0 show -4
	refute_error_has 'no rule leads to'
	assert_output_line ':new - [0:0]'
	assert_output_line '-A INPUT -j new'
}

@test "script: the rules that lead to a chain know its new name" {
	on_both_shells renamed_targets
}
