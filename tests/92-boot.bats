# boot: what the system's start loads, whatever the files and the host have become meanwhile.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load generations

PORT_1='-A INPUT -p tcp --dport 1001 -j ACCEPT'
PORT_2='-A INPUT -p tcp --dport 1002 -j ACCEPT'
BAD='-A INPUT --no-such-option'

# Generation 1 is good; its live rules are $before. And then the host has started anew.
booted() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	reboot
	[[ "$(live)" != *rampart* ]]
}

# Notes each restore in a scratch namespace: a proof.
watch_proofs() {
	fake_programs '[ $live = yes ] || echo "$name" >>"$T/proofs"'
	rm -f "$FAKE/proofs"
}

INPUT_ONLY='-A INPUT -j rampart-INPUT'

# The rules of a lockdown that stand in one of its chains: locked_down FAMILY CHAIN
locked_down() {
	rules "$1" filter "rampart-$2" | sed "s/^-A rampart-$2 //"
}

STATES='-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
NEIGHBOURS='-p ipv6-icmp -m icmp6 --icmpv6-type 133 -j ACCEPT
-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j ACCEPT
-p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
-p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT'

# All of a lockdown, and nothing else: assert_lockdown 'SSH RULES OF IPV4' ['THOSE OF IPV6']
assert_lockdown() {
	local family
	assert_equal "$(locked_down ipv4 INPUT)" "-i lo -j ACCEPT
$STATES
$1
-j DROP"
	assert_equal "$(locked_down ipv6 INPUT)" "-i lo -j ACCEPT
$STATES
$NEIGHBOURS${2:+
$2}
-j DROP"
	for family in ipv4 ipv6; do
		assert_equal "$(locked_down $family FORWARD)" "$STATES
-j DROP"
		assert_equal "$(rules $family filter INPUT)" "$INPUT_ONLY"
		assert_equal "$(rules $family filter FORWARD)" '-A FORWARD -j rampart-FORWARD'
		assert_equal "$(rules $family filter OUTPUT)" ''
		assert_equal "$(policy $family filter OUTPUT)" ACCEPT
	done
}

SSH='-p tcp -m tcp --dport 22 -j ACCEPT'

# --- unchanged files ----------------------------------------------------------------------------

unchanged() {
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	dropin 20-nat.rules '*nat
-A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80'
	booted
	watch_proofs
	log_start
	run_rampart 0 boot
	log_end
	assert_equal "$stderr" ''
	assert_equal "$output" 'generation 1 is loaded'
	assert_equal "$(cat "$LOG")" 'generation 1 is loaded'
	[ ! -e "$FAKE/proofs" ]
	assert_equal "$(live | sort)" "$(sort <<<"$before")" # legacy lists tables as they were made
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter FORWARD)" 'DROP DROP'
	assert_history '*1 good'
	run_rampart 0 check --inputs
	assert_silent
	# again, as each interface's hook does
	run_rampart 0 boot
	assert_equal "$output" 'nothing to do: live is as applied'
	run_rampart 0 boot --quiet
	assert_silent
	run_rampart 0 boot --json
	assert_equal "$(json 'o["result"]')" same
	assert_equal "$(live | sort)" "$(sort <<<"$before")" # legacy lists tables as they were made
	# what the kernel lost meanwhile
	both_families -F rampart-INPUT
	run_rampart 0 boot --json
	assert_equal "$(json 'o["result"], o["generation"]')" "('loaded', 1)"
	assert_equal "$(live | sort)" "$(sort <<<"$before")" # legacy lists tables as they were made
	[ ! -e "$FAKE/proofs" ]
	real_programs
	# the policies are given back as ever
	run_rampart 0 flush
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter FORWARD)" 'ACCEPT ACCEPT'
}

# Each look at live rules is noted: boot_and_look LOOKS
boot_and_look() {
	reboot
	fake_programs '[ $live = no ] || [[ $name != *-save ]] || echo "$name" >>"$T/looks"'
	: >"$FAKE/looks"
	"${@:2}"
	run_rampart 0 boot
	assert_equal "$(sort "$FAKE/looks" | paste -s -d ' ')" "$1"
	real_programs
}

not_read_back() {
	apply_dropin 10-a.rules ":MINE -
-A INPUT -m comment --comment \"a -j b\" -g MINE
-A MINE -m comment --comment -j -p udp -j REJECT
-A INPUT -p tcp --syn -j LOG --log-prefix -j
-A INPUT -i eth7
$PORT_1"
	before=$(live)
	boot_and_look ''
	assert_equal "$(live)" "$before"
	run_rampart 0 check --inputs
	# what is live is remembered
	run_rampart 0 boot
	assert_equal "$output" 'nothing to do: live is as applied'
	# before, where others were there already; their rules go on counting
	boot_and_look "iptables-$BACKEND-save" lay iptables -I INPUT 1 -s 203.0.113.1 -c 3 180 -j DROP
	assert_equal "$(counted ipv4 filter 203.0.113)" '[3:180] -A INPUT -s 203.0.113.1/32 -j DROP'
	lay iptables -D INPUT -s 203.0.113.1 -j DROP
	assert_equal "$(live)" "$before"
	run_rampart 0 check --inputs
}

@test "boot: what the programs were seen to make is not read back" {
	on_each_backend not_read_back
}

@test "boot: with unchanged files the last good generation is loaded, without a proof" {
	on_each_backend unchanged
}

names_and_sets() {
	echo '192.0.2.7 printer.example' >"$BATS_TEST_TMPDIR/hosts"
	ns mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
	ns ipset create banned hash:ip timeout 60
	ns ipset add banned 203.0.113.7
	ns ipset create nets hash:net family inet6 hashsize 2048
	baseline 'resolve = yes'
	dropin 20-b.rules '-4 -A INPUT -s printer.example -j ACCEPT
-4 -A INPUT -m set --match-set banned src -j DROP
-A INPUT -m set --match-set nets src -j DROP'
	booted
	grep -q 192.0.2.7/32 <<<"$before"
	ns ipset create other hash:ip
	watch_proofs
	run_rampart 0 boot
	assert_equal "$stderr" 'rampart: warning: ipsets that were missing were made, empty: banned, nets'
	assert_output_line 'generation 1 is loaded'
	assert_untouched "$before"
	[ ! -e "$FAKE/proofs" ]
	real_programs
	assert_equal "$(ns ipset list -n | sort | paste -s -d ' ')" 'banned nets other'
	ns ipset list banned | grep -q '^Header:.* timeout 60'
	ns ipset list nets | grep -q '^Header: family inet6'
	assert_equal "$(ns ipset list banned | sed '1,/^Members/d')" ''
	# sets that others have filled by then are theirs
	reboot
	ns ipset create banned hash:ip
	ns ipset add banned 203.0.113.9
	run_rampart 0 boot
	assert_error_line 'rampart: warning: ipsets that were missing were made, empty: nets'
	assert_equal "$(ns ipset list banned | sed '1,/^Members/d')" 203.0.113.9
}

@test "boot: names that are not resolved and ipsets that are missing are no obstacle" {
	on_each_backend names_and_sets
}

no_sets() {
	ns ipset create banned hash:ip
	dropin 20-b.rules '-4 -A INPUT -m set --match-set banned src -j DROP'
	booted
	printf '%s\n' '#!/bin/sh' '[ "$1" != restore ] || { echo "not now" >&2; exit 1; }' 'exec /run/ipset "$@"' \
		>"$BATS_TEST_TMPDIR/ipset"
	chmod 755 "$BATS_TEST_TMPDIR/ipset"
	ns cp /usr/sbin/ipset /run/ipset
	ns mount --bind "$BATS_TEST_TMPDIR/ipset" /usr/sbin/ipset
	run_rampart 4 boot
	assert_error_has "warning: missing ipsets can't be made: not now"
	assert_error_line 'rampart: boot failed: lockdown, only answers and ssh come in'
	assert_lockdown "$SSH" "$SSH"
}

@test "boot: ipsets that can't be made end in a lockdown, not in an open host" {
	on_each_backend no_sets
}

exclusive_again() {
	baseline 'ownership = exclusive'
	dropin 10-a.rules "$PORT_1"
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	run_rampart 0 apply --take-over
	before=$(live)
	reboot
	# the one that was to go, and one that comes with this boot
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	lay ip6tables -A INPUT -p tcp --dport 6 -j ACCEPT
	run_rampart 0 boot
	assert_untouched "$before"
}

@test "boot: an exclusive generation does not ask again" {
	on_each_backend exclusive_again
}

killed_before() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	fake_programs "[ \$commit = no ] || { real \"\$@\"; $KILL_BOTH; exit; }"
	dropin 10-a.rules "$PORT_2"
	run_rampart 137 apply
	reboot
	dropin 10-a.rules "$PORT_1"
	run_rampart 0 boot
	assert_equal "$output$stderr" 'generation 1 is loaded'
	assert_untouched "$before"
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	[ ! -e "$ROOT/var/lib/rampart/undo" ]
}

@test "boot: what an apply left that was killed in another boot is forgotten" {
	on_each_backend killed_before
}

# --- changed files ------------------------------------------------------------------------------

changed() {
	booted
	dropin 10-a.rules "$PORT_2"
	watch_proofs
	log_start
	run_rampart 0 boot
	log_end
	assert_equal "$output" 'the files were applied'
	assert_equal "$(cat "$LOG")" 'the files were applied'
	[ -s "$FAKE/proofs" ]
	real_programs
	assert_equal "$(rules ipv6 filter rampart-INPUT)" '-A rampart-INPUT -p tcp -m tcp --dport 1002 -j ACCEPT'
	assert_history '1 good, *2 good'
	run_rampart 0 check --inputs
	# and none before at all
	run_rampart 0 flush
	rm -rf "$ROOT/var/lib/rampart"
	reboot
	run_rampart 0 boot --json
	assert_equal "$(json 'o["result"]')" applied
	assert_history '*1 good'
	# taken out by hand, and started anew
	run_rampart 0 flush
	reboot
	run_rampart 0 boot
	assert_output_line 'the files were applied'
}

@test "boot: changed files are applied, with all that belongs to it" {
	on_each_backend changed
}

# --- broken files -------------------------------------------------------------------------------

last_good() {
	booted
	dropin 20-bad.rules "$BAD"
	log_start
	run_rampart 3 boot
	log_end
	assert_error_has "/etc/rampart/conf.d/20-bad.rules:1: error: "
	assert_error_line 'rampart: boot failed: the last good generation, 1, is loaded'
	grep -q '^/etc/rampart/conf.d/20-bad.rules:1: error: ' "$LOG"
	assert_equal "$(tail -n 1 "$LOG")" 'boot failed: the last good generation, 1, is loaded'
	assert_untouched "$before"
	assert_history '*1 good'
	run_rampart 0 check
	# a second one, in the same boot
	run_rampart 2 boot
	assert_error_line 'rampart: boot failed: the rules that were applied in this boot stay'
	assert_untouched "$before"
	# a baseline that can't be read says nothing about what to do: the default
	rm "$ROOT/$CONF_D/20-bad.rules"
	reboot
	baseline 'on_boot_failure = opn'
	run_rampart 3 boot
	assert_error_has "/etc/rampart/rampart.conf:1: error: 'opn' is not a value of 'on_boot_failure'"
	assert_error_line 'rampart: boot failed: the last good generation, 1, is loaded'
	assert_untouched "$before"
	reboot
	baseline 'this is no baseline'
	run_rampart 3 boot --json
	assert_equal "$(json 'o["result"]')" 'last good'
	assert_untouched "$before"
}

@test "boot: broken files: the last good generation" {
	on_each_backend last_good
}

stays_at_runtime() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 20-bad.rules "$BAD"
	for way in last-good lockdown open; do
		baseline "on_boot_failure = $way"
		run_rampart 2 boot
		assert_error_line 'rampart: boot failed: the rules that were applied in this boot stay'
		assert_untouched "$before"
		run_rampart 0 check
	done
	run_rampart 0 boot --hook
	assert_error_line 'rampart: boot failed: the rules that were applied in this boot stay'
	baseline 'hook_exit = fail'
	run_rampart 2 boot --hook
	rm "$ROOT/$CONF_D/20-bad.rules"
	run_rampart 0 boot --hook
	assert_untouched "$before"
	mv "$ROOT/run/rampart/lock" "$ROOT/run/rampart/lock.away"
	mkdir "$ROOT/run/rampart/lock"
	run_rampart 2 boot
	assert_equal "$stderr" "/run/rampart/lock: error: can't be opened: Is a directory
rampart: live rules not changed"
}

@test "boot: where rules were applied in this boot, a failure leaves them" {
	on_each_backend stays_at_runtime
}

open_host() {
	booted
	before=$(live)
	baseline 'on_boot_failure = open'
	dropin 20-bad.rules "$BAD"
	log_start
	run_rampart 2 boot
	log_end
	assert_error_line 'rampart: boot failed: no rules were loaded, the host is open'
	assert_equal "$(tail -n 1 "$LOG")" 'boot failed: no rules were loaded, the host is open'
	assert_untouched "$before"
	run_rampart 0 boot --hook --json
	assert_equal "$(json 'o["result"]')" open
	baseline 'on_boot_failure = open
hook_exit = fail'
	run_rampart 2 boot --hook
	assert_untouched "$before"
}

@test "boot: broken files: on_boot_failure = open" {
	on_each_backend open_host
}

lockdown() {
	baseline 'policy { OUTPUT = DROP }
on_boot_failure = lockdown'
	booted
	dropin 20-bad.rules "$BAD"
	log_start
	run_rampart 4 boot
	log_end
	assert_error_line 'rampart: boot failed: lockdown, only answers and ssh come in'
	assert_equal "$(tail -n 1 "$LOG")" 'boot failed: lockdown, only answers and ssh come in'
	assert_lockdown "$SSH" "$SSH"
	run_rampart 0 status
	assert_matches "$(grep '^applied' <<<"$output")" ', by boot: lockdown, version '
	refute_output_has 'generation'
	assert_history '1 good'
	run_rampart 0 check
	locked=$(live)
	# again, as the hook of the next interface
	run_rampart 4 boot
	assert_untouched "$locked"
	run_rampart 0 boot --hook
	assert_untouched "$locked"
	# an apply that fails leaves it, one that works takes it away
	run_rampart 2 apply
	assert_untouched "$locked"
	rm "$ROOT/$CONF_D/20-bad.rules"
	run_rampart 0 apply
	assert_untouched "$before"
	assert_history '1 good, *2 good'
	# and so does a rollback
	reboot
	dropin 20-bad.rules "$BAD"
	run_rampart 4 boot --json
	assert_equal "$(json 'o["result"]')" lockdown
	run_rampart 0 rollback
	assert_untouched "$before"
	# and the next boot
	reboot
	run_rampart 4 boot
	reboot
	rm "$ROOT/$CONF_D/20-bad.rules"
	run_rampart 0 boot
	assert_output_line 'the files were applied'
	assert_untouched "$before"
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "boot: broken files: on_boot_failure = lockdown" {
	on_each_backend lockdown
}

lockdown_from() {
	file etc/ssh/sshd_config '# Port 1
#Port 2
Port 2222
  port=2223
PortForwarding yes
Port 99999
ListenAddress 0.0.0.0'
	file etc/ssh/sshd_config.d/10-more.conf 'PORT "2224"'
	file etc/ssh/sshd_config.d/20-no.txt 'Port 3333'
	baseline 'on_boot_failure = lockdown
lockdown_from = {192.0.2.0/24, "2001:db8::1", 198.51.100.1-198.51.100.9, "2001:db8::a-2001:db8::b"}'
	dropin 20-bad.rules "$BAD"
	local port four='' six=''
	for port in 2222 2223 2224; do
		four+="${four:+$'\n'}-s 192.0.2.0/24 -p tcp -m tcp --dport $port -j ACCEPT
-p tcp -m iprange --src-range 198.51.100.1-198.51.100.9 -m tcp --dport $port -j ACCEPT"
		six+="${six:+$'\n'}-s 2001:db8::1/128 -p tcp -m tcp --dport $port -j ACCEPT
-p tcp -m iprange --src-range 2001:db8::a-2001:db8::b -m tcp --dport $port -j ACCEPT"
	done
	run_rampart 4 boot
	assert_lockdown "$four" "$six"
	# of one family only: nobody comes in by the other
	rm -r "$ROOT/etc/ssh"
	baseline 'on_boot_failure = lockdown
lockdown_from = {192.0.2.7}'
	run_rampart 4 boot
	assert_lockdown "-s 192.0.2.7/32 $SSH" ''
	baseline 'on_boot_failure = lockdown
lockdown_from = any'
	run_rampart 4 boot
	assert_lockdown "$SSH" "$SSH"
	# without namespaces it goes as well
	run_rampart 0 flush
	traced '-f -e trace=unshare -e inject=unshare:error=EPERM' 4 boot
	assert_lockdown "$SSH" "$SSH"
}

@test "boot: a lockdown lets ssh in from lockdown_from, at the ports of sshd_config" {
	on_each_backend lockdown_from
}

nothing_good() {
	dropin 20-bad.rules "$BAD"
	run_rampart 4 boot
	assert_error_line 'rampart: boot failed: lockdown, only answers and ssh come in'
	assert_lockdown "$SSH" "$SSH"
	run_rampart 0 flush
	# no generation that can be read
	rm "$ROOT/$CONF_D/20-bad.rules"
	apply_dropin 10-a.rules "$PORT_1"
	reboot
	echo nonsense >"$ROOT/var/lib/rampart/current" # which is 1.good as well
	dropin 20-bad.rules "$BAD"
	run_rampart 4 boot
	assert_error_has '/var/lib/rampart/generations/1.good:1: error: '
	assert_lockdown "$SSH" "$SSH"
}

@test "boot: broken files and no good generation: a lockdown" {
	on_each_backend nothing_good
}

all_fails() {
	booted
	fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	run_rampart 4 boot
	assert_error_has 'error: the kernel did not take the change: '
	assert_error_line 'rampart: boot failed, and the lockdown failed too: see above'
	real_programs
	run_rampart 0 boot
	assert_untouched "$before"
}

@test "boot: nothing can be loaded" {
	on_each_backend all_fails
}

# --- rejected files -----------------------------------------------------------------------------

rejected() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=3600
	run_rampart 0 rollback
	# at once, and in the next boot
	for when in now later; do
		[ $when = now ] || reboot
		watch_proofs
		run_rampart 0 boot
		assert_equal "$output" "generation 1 is loaded: the files were rejected when they were applied, only 'rampart apply' tries them again"
		assert_untouched "$before"
		[ ! -e "$FAKE/proofs" ]
		real_programs
	done
	assert_history '*1 good, 2 rejected'
	# the same files under other numbers are the same
	dropin 10-a.rules "$PORT_1"
	run_rampart 0 boot
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 boot --hook
	assert_output_has 'generation 1 is loaded: the files were rejected'
	# accepted by hand
	run_rampart 0 apply
	after=$(live)
	reboot
	run_rampart 0 boot
	assert_equal "$output" 'generation 3 is loaded'
	assert_untouched "$after"
	# and rejected by hand
	run_rampart 0 rollback
	reboot
	run_rampart 0 boot
	assert_output_has 'generation 1 is loaded: the files were rejected'
	assert_untouched "$before"
}

@test "boot: files that were rejected are never applied, only by hand" {
	on_each_backend rejected
}

rejected_and_none_good() {
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=3600
	run_rampart 0 rollback
	reboot
	run_rampart 4 boot
	assert_equal "$stderr" "rampart: error: the files were rejected when they were applied: only 'rampart apply' tries them again
rampart: boot failed: lockdown, only answers and ssh come in"
	assert_lockdown "$SSH" "$SSH"
	baseline 'on_boot_failure = open'
	run_rampart 0 flush
	rm "$ROOT/etc/rampart/rampart.conf"
	run_rampart 0 apply
	[[ "$(live)" == *'--dport 1002 '* ]]
}

@test "boot: rejected files and no good generation: on_boot_failure" {
	on_each_backend rejected_and_none_good
}
