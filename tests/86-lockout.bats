# lockout: an apply that would cut off the ssh connection that it is called over is refused.
# shellcheck disable=SC2154,SC2034 # run_rampart sets stderr; SSH_CONNECTION is exported
load helpers
load kernel

# The host of these tests: eth0 leads to everybody.
network() {
	ns ip link add eth0 type veth peer name far
	ns ip link set far up
	ns ip link set eth0 up
	ns ip addr add 192.0.2.10/24 dev eth0
	ns ip route add default via 192.0.2.1
	ns ip addr add 2001:db8::10/64 dev eth0 nodad
	ns ip route add default via 2001:db8::1 dev eth0
}

# The connections that the tests come over: ssh FAMILY, the peer's address in $peer.
ssh_by() {
	family=$1
	case $1 in
	ipv4) peer=198.51.100.7 SSH_CONNECTION='198.51.100.7 50000 192.0.2.10 22' ;;
	ipv6) peer=2001:db8:7::7 SSH_CONNECTION='2001:db8:7::7 50000 2001:db8::10 22' ;;
	esac
}

# The body, for both backends and both families.
each() { # FUNCTION
	on_each_backend over ipv4 "$1"
	on_each_backend over ipv6 "$1"
}

over() { # FAMILY FUNCTION
	echo "# $1"
	[ -n "$NS_PID" ] || ns_start
	network
	ssh_by "$1"
	"$2"
	SSH_CONNECTION=
}

# cuts_off 'PLACE' 'RULE' 'WHAT IT DOES': refused with that message, and nothing is changed.
cuts_off() {
	local before
	before=$(live)
	run_rampart 2 apply
	assert_error_line "$1: error: this would cut off your ssh connection from $peer: $2 $3; --force applies it anyway, --confirm rolls back by itself"
	assert_error_line 'rampart: live rules not changed'
	assert_untouched "$before"
}

# applied with that warning
doubt() {
	run_rampart 0 apply
	assert_error_line "rampart: warning: whether this cuts off your ssh connection from $peer can't be told: $1"
}

DROPIN=/etc/rampart/conf.d/50-a.rules

# Namespaces that a run has made.
namespaces() {
	grep -c 'unshare(CLONE_NEWNET' "$TRACE" || true
}

let_in() {
	dropin 50-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -j DROP'
	# the answers
	dropin 60-b.rules '-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A OUTPUT -p tcp --sport 22 -j ACCEPT
-A OUTPUT -j DROP'
	run_rampart 0 apply
	assert_equal "$stderr" ''
	assert_output_line "applied ($BACKEND, merge) in one step"
}

@test "lockout: a connection that still gets in is no matter" {
	each let_in
}

own_rule() {
	dropin 50-a.rules '-A INPUT -p tcp --dport 80 -j ACCEPT
-A INPUT -j DROP'
	cuts_off "$DROPIN:2" "'-A rampart-INPUT -j DROP' ($family filter)" 'drops it'
	dropin 50-a.rules '-A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset' ($family filter)" \
		'rejects it'
	# an interface, an address and a port of another one are not meant
	dropin 50-a.rules '-A INPUT -i eth1 -j DROP
-4 -A INPUT -s 198.51.100.8 -j DROP
-6 -A INPUT -s 2001:db8:7::8 -j DROP
-A INPUT -p tcp --sport 50001 -j DROP'
	run_rampart 0 apply
	dropin 50-a.rules '-A INPUT -i eth0 -p tcp --sport 50000 -j DROP'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -i eth0 -p tcp -m tcp --sport 50000 -j DROP' ($family filter)" 'drops it'
}

@test "lockout: a rule that drops or rejects it is named with its place" {
	each own_rule
}

by_template() {
	template wall 'param port port
-A INPUT -p tcp --dport $port -j DROP'
	dropin 50-a.conf 'wall { port = 22 }'
	local before
	before=$(live)
	run_rampart 2 apply
	assert_error_has "/etc/rampart/conf.d/50-a.conf:1: error: this would cut off your ssh connection from $peer: "
	assert_error_has '/etc/rampart/templates/wall.rules:2'
	assert_untouched "$before"
}

@test "lockout: a rule of a template is named with its use" {
	each by_template
}

own_policy() {
	dropin 50-a.rules '-A INPUT -p tcp --dport 80 -j ACCEPT'
	baseline 'policy { INPUT = DROP }'
	cuts_off '/etc/rampart/rampart.conf:1' "the policy DROP of 'INPUT' ($family filter)" 'drops it'
	baseline 'policy { OUTPUT = DROP }'
	cuts_off '/etc/rampart/rampart.conf:1' "the policy DROP of 'OUTPUT' ($family filter)" 'drops the answer'
}

@test "lockout: a policy is named with its place in the baseline" {
	each own_policy
}

by_others() {
	both_families -P INPUT DROP
	both_families -A INPUT -p tcp --dport 22 -m comment --comment fence -j DROP
	SSH_CONNECTION='' apply_dropin 50-a.rules '-A INPUT -p tcp --dport 20:23 -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT'
	dropin 50-a.rules '-A INPUT -p tcp --dport 21:21 -j ACCEPT'
	cuts_off rampart "'-A INPUT -p tcp -m tcp --dport 22 -m comment --comment fence -j DROP' ($family filter)" 'drops it'
	both_families -D INPUT -p tcp --dport 22 -m comment --comment fence -j DROP
	cuts_off rampart "the policy DROP of 'INPUT' ($family filter)" 'drops it'
}

@test "lockout: a rule or policy of others decides where ours no longer does" {
	each by_others
}

answers() {
	dropin 50-a.rules '-A OUTPUT -p tcp --sport 22 -j DROP'
	cuts_off "$DROPIN:1" "'-A rampart-OUTPUT -p tcp -m tcp --sport 22 -j DROP' ($family filter)" 'drops the answer'
	dropin 50-a.rules '-A INPUT -p tcp --syn --dport 22 -j ACCEPT
-A INPUT -j DROP'
	cuts_off "$DROPIN:2" "'-A rampart-INPUT -j DROP' ($family filter)" 'drops what follows on it'
	dropin 50-a.rules '-A OUTPUT -p tcp --tcp-flags SYN SYN -j ACCEPT
-A OUTPUT -p tcp -j DROP'
	cuts_off "$DROPIN:2" "'-A rampart-OUTPUT -p tcp -j DROP' ($family filter)" 'drops the answers that follow on it'
}

@test "lockout: the answer and what follows have to come through as well" {
	each answers
}

other_tables() {
	dropin 50-a.rules '*raw
-A PREROUTING -p tcp --dport 22 -j DROP
COMMIT'
	cuts_off "$DROPIN:2" "'-A rampart-PREROUTING -p tcp -m tcp --dport 22 -j DROP' ($family raw)" 'drops it'
	dropin 50-a.rules '*mangle
-A POSTROUTING -p tcp --sport 22 -j DROP
COMMIT'
	cuts_off "$DROPIN:2" "'-A rampart-POSTROUTING -p tcp -m tcp --sport 22 -j DROP' ($family mangle)" 'drops the answer'
}

@test "lockout: tables beside filter are looked at" {
	each other_tables
}

# The others' mark decides which of our rules it meets.
live_tables() {
	both_families -t mangle -A PREROUTING -p tcp --dport 22 -j MARK --set-mark 7
	dropin 50-a.rules '-A INPUT -m mark --mark 7 -j DROP'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -m mark --mark 0x7 -j DROP' ($family filter)" 'drops it'
	both_families -t mangle -F PREROUTING
	run_rampart 0 apply
	assert_equal "$stderr" ''
}

@test "lockout: live tables that no drop-in names take part" {
	each live_tables
}

members() {
	local inet=inet
	[ "$family" = ipv4 ] || inet=inet6
	ns ipset create admins hash:net family $inet
	ns ipset create pairs hash:ip,port family $inet
	ns ipset create all list:set
	ns ipset add all admins
	ns ipset add admins "${peer%[.:]*}${peer:${#peer}-2:1}8" # a neighbour
	for set in admins all; do
		dropin 50-a.rules "-A INPUT -m set --match-set $set src -j ACCEPT
-A INPUT -p tcp -j DROP"
		[ $set = admins ] || sed -i "s/^/-${family#ipv} /" "$ROOT/$CONF_D/50-a.rules"
		cuts_off "$DROPIN:2" "'-A rampart-INPUT -p tcp -j DROP' ($family filter)" 'drops it'
	done
	dropin 50-a.rules '-A INPUT -m set --match-set pairs src,dst -j ACCEPT
-A INPUT -p tcp -j DROP'
	cuts_off "$DROPIN:2" "'-A rampart-INPUT -p tcp -j DROP' ($family filter)" 'drops it'
	ns ipset add pairs "$peer,tcp:22"
	run_rampart 0 apply
	ns ipset add admins "$peer/$([ "$family" = ipv4 ] && echo 24 || echo 64)"
	for set in admins all; do
		dropin 50-a.rules "-A INPUT -m set --match-set $set src -j ACCEPT
-A INPUT -p tcp -j DROP"
		[ $set = admins ] || sed -i "s/^/-${family#ipv} /" "$ROOT/$CONF_D/50-a.rules"
		run_rampart 0 apply
		assert_equal "$stderr" ''
	done
}

@test "lockout: ipsets let their members in, and nobody else" {
	command -v ipset >/dev/null || skip 'no ipset'
	each members
}

forced() {
	dropin 50-a.rules '-A INPUT -j DROP'
	run_rampart 0 apply --force
	assert_equal "$stderr" ''
	assert_equal "$(rules "$family" filter rampart-INPUT)" '-A rampart-INPUT -j DROP'
	# it says nothing about what it leaves alone
	run_rampart 0 apply
	assert_equal "$stderr" ''
}

@test "lockout: --force applies it" {
	each forced
}

# It goes away by itself: said, but done.
to_be_confirmed() {
	local before
	dropin 50-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT'
	run_rampart 0 apply
	before=$(live)
	dropin 50-a.rules '-A INPUT -j DROP'
	run_rampart 0 apply --confirm
	assert_error_line "$DROPIN:1: warning: this cuts off your ssh connection from $peer: '-A rampart-INPUT -j DROP' ($family filter) drops it; it is rolled back unless confirmed"
	assert_equal "$(rules "$family" filter rampart-INPUT)" '-A rampart-INPUT -j DROP'
	run_rampart 0 rollback
	assert_untouched "$before"
}

@test "lockout: with --confirm it is a warning" {
	each to_be_confirmed
}

other_family() {
	dropin 50-a.rules "-$([ "$family" = ipv4 ] && echo 6 || echo 4) -A INPUT -j DROP"
	run_rampart 0 apply
	assert_equal "$stderr" ''
}

@test "lockout: the other family is no matter" {
	each other_family
}

# Already the rules that are live keep such connections out: how this one came, nobody knows.
already() {
	both_families -A INPUT -p tcp --dport 22 -j DROP
	dropin 50-a.rules '-A INPUT -p tcp --dport 80 -j DROP'
	doubt "already now '-A INPUT -p tcp -m tcp --dport 22 -j DROP' ($family filter) drops it"
}

@test "lockout: where live rules drop it already, it is a warning" {
	each already
}

queued() {
	dropin 50-a.rules '-A INPUT -p tcp --dport 22 -j NFQUEUE --queue-num 3'
	doubt "'-A rampart-INPUT -p tcp -m tcp --dport 22 -j NFQUEUE --queue-num 3' ($family filter) hands it to a program"
}

@test "lockout: what a program decides can't be told" {
	each queued
}

redirected() {
	dropin 50-a.rules '*nat
-A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 2222
COMMIT'
	doubt 'it gets lost, and no rule is known to drop it'
}

@test "lockout: a connection that ends elsewhere can't be told" {
	each redirected
}

loopback() {
	SSH_CONNECTION="$1 50000 $1 22" peer=$1 family=$2
	dropin 50-a.rules '-A INPUT -i eth0 -j DROP'
	run_rampart 0 apply
	assert_equal "$stderr" ''
	dropin 50-a.rules '-A INPUT -i lo -p tcp --dport 22 -j DROP'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -i lo -p tcp -m tcp --dport 22 -j DROP' ($family filter)" 'drops it'
	dropin 50-a.rules '-A INPUT -p tcp --sport 22 -j DROP'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -p tcp -m tcp --sport 22 -j DROP' ($family filter)" 'drops the answer'
}

loopbacks() {
	network
	loopback 127.0.0.1 ipv4
	loopback ::1 ipv6
	loopback 192.0.2.10 ipv4
	SSH_CONNECTION=
}

@test "lockout: a connection of the host to itself" {
	on_each_backend loopbacks
}

forms() {
	network
	dropin 50-a.rules '-A INPUT -j DROP'
	peer=198.51.100.7 family=ipv4
	SSH_CONNECTION='::ffff:198.51.100.7 50000 ::ffff:192.0.2.10 22'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -j DROP' (ipv4 filter)" 'drops it'
	peer=fe80::7 family=ipv6
	SSH_CONNECTION='fe80::7%eth0 50000 fe80::10%eth0 22'
	cuts_off "$DROPIN:1" "'-A rampart-INPUT -j DROP' (ipv6 filter)" 'drops it'
	dropin 50-a.rules '-A INPUT ! -i eth0 -j DROP'
	run_rampart 0 apply
	assert_equal "$stderr" ''
	SSH_CONNECTION=
}

@test "lockout: IPv4 inside IPv6, and addresses of one link" {
	on_each_backend forms
}

@test "lockout: SSH_CONNECTION of a parent counts where sudo has taken it away" {
	ns_start
	network
	dropin 50-a.rules '-A INPUT -j DROP'
	ssh_by ipv4
	local real=$RAMPART before
	before=$(live)
	# rampart <- sh without it <- sh with it, in the middle of the environment
	printf '%s\n' '#!/bin/sh' 'A=1 sh -c '\''env -u SSH_CONNECTION sh -c "\"\$@\"; exit \$?" sh "$@"; exit $?'\'' \
		sh '"$real"' "$@"; exit $?' >"$BATS_TEST_TMPDIR/child"
	chmod 755 "$BATS_TEST_TMPDIR/child"
	RAMPART=$BATS_TEST_TMPDIR/child
	run_rampart 2 apply
	assert_error_has 'this would cut off your ssh connection from 198.51.100.7: '
	assert_untouched "$before"
	# set and empty: there is none, whatever the parents have
	sed -i 's/env -u SSH_CONNECTION/env SSH_CONNECTION=/' "$RAMPART"
	run_rampart 0 apply
	assert_equal "$stderr" ''
	RAMPART=$real
}

@test "lockout: a SSH_CONNECTION that ssh does not write is ignored with a warning" {
	ns_start
	network
	local n=0
	for SSH_CONNECTION in x '198.51.100.7 50000 192.0.2.10' '198.51.100.7 50000 192.0.2.10 22 1' \
		'198.51.100.7  50000 192.0.2.10 22' ' 198.51.100.7 50000 192.0.2.10 22' \
		'198.51.100.7 50000 192.0.2.10 22 ' '198.51.100.7 0 192.0.2.10 22' '198.51.100.7 65536 192.0.2.10 22' \
		'198.51.100.7 5e4 192.0.2.10 22' '198.51.100 50000 192.0.2.10 22' '198.51.100.7 50000 2001:db8::1 22' \
		'::1%123456789012345678 50000 ::1 22' '::1% 50000 ::1 22' '198.51.100.7%eth0 50000 192.0.2.10 22' \
		"$(printf '1%.0s' {1..5000}) 50000 192.0.2.10 22" 'UNKNOWN 65535 UNKNOWN 65535' $'\e[2J 1 1 1'; do
		n=$((n + 1))
		dropin 50-a.rules "-A INPUT -p tcp --dport $n -j DROP"
		run_rampart 0 apply
		assert_equal "$stderr" \
			"rampart: warning: SSH_CONNECTION is not 'ADDRESS PORT ADDRESS PORT', as ssh writes it: ignored"
	done
}

no_way() {
	dropin 50-a.rules '-A INPUT -j DROP'
	ns ip route del default 2>/dev/null || true
	ns ip -6 route del default
	run_rampart 0 apply
	assert_error_has "rampart: warning: whether this cuts off your ssh connection from $peer can't be told: no way to it is known: "
}

@test "lockout: without a way to the peer it can't be told" {
	each no_way
}

# The namespaces of the proof, and the two of a connection through the rules to be: that of the
# host and that of the others.
probes() {
	network
	dropin 50-a.rules '-A INPUT -p tcp --dport 80 -j DROP'
	traced '-f -e trace=unshare' 0 apply
	assert_equal "$(namespaces)" 2
	ssh_by ipv4
	dropin 50-a.rules '-A INPUT -p tcp --dport 81 -j DROP'
	for command in diff validate; do
		traced '-f -e trace=unshare' "$([ $command = diff ] && echo 1 || echo 0)" $command
		assert_equal "$stderr" ''
		assert_equal "$(namespaces)" 2
	done
	traced '-f -e trace=unshare' 0 apply
	assert_equal "$(namespaces)" 4
	# nothing to do, or said to be wanted: no look at it
	dropin 50-a.rules '-A INPUT -p tcp --dport 81 -j DROP '
	traced '-f -e trace=unshare' 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
	assert_equal "$(namespaces)" 2
	dropin 50-a.rules '-A INPUT -p tcp --dport 82 -j DROP'
	traced '-f -e trace=unshare' 0 apply --force
	assert_equal "$(namespaces)" 2
	SSH_CONNECTION=
}

@test "lockout: only an apply that changes something, over ssh, is probed" {
	on_each_backend probes
}

# A fault of the probe never stops an apply.
faults() {
	network
	ssh_by ipv4
	dropin 50-a.rules '-A INPUT -p tcp --dport 80 -j DROP'
	traced '-f -e trace=listen -e inject=listen:error=ENOMEM' 0 apply
	assert_error_line "rampart: warning: whether this cuts off your ssh connection from $peer can't be told: no packets can be sent through the rules (packets): Cannot allocate memory"
	dropin 50-a.rules '-A INPUT -p tcp --dport 81 -j DROP'
	traced '-f -e trace=listen -e inject=listen:signal=KILL' 0 apply
	assert_error_line "rampart: warning: whether this cuts off your ssh connection from $peer can't be told: no packets can be sent through the rules: No child processes"
	fake_programs 'if [[ $name = *-restore && $live = no ]]; then
		cat >"$T/text.$$" # of each family at once
		if grep -q -e "-j TRACE" "$T/text.$$"; then
			echo "no TRACE here" >&2
			exit 1
		fi
		real "$@" <"$T/text.$$"
		exit
	fi'
	dropin 50-a.rules '-A INPUT -p tcp --dport 82 -j DROP'
	doubt 'the rules to be probed (ipv4) can'\''t be loaded in a scratch namespace: no TRACE here'
	real_programs
	SSH_CONNECTION=
}

@test "lockout: a probe that can't be made is a warning" {
	on_each_backend faults
}

# A live table that can't be listed, but is none of those that we change.
unlisted() {
	[ "$BACKEND" = nft ] || return 0
	network
	ssh_by ipv4
	lay iptables -t mangle -A PREROUTING -p tcp --dport 22 -j ACCEPT
	ns nft add rule ip mangle PREROUTING numgen random mod 2 0 drop
	dropin 50-a.rules '-A INPUT -j DROP'
	doubt "table 'mangle' (ipv4) holds native nft rules that iptables can't show, so that it can't be edited safely: move them to a table of their own"
	SSH_CONNECTION=
}

@test "lockout: native nft rules that can't be listed are a warning" {
	on_each_backend unlisted
}
