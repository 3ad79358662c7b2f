# hook: rampart-pre-up under the real ifupdown, on an installed rampart.
load helpers
load host

setup_file() {
	command -v ifup >/dev/null || skip 'ifupdown is not installed'
}

# The host of this test: rampart installed, an interface eth9 that ifup brings up.
hook_host() {
	host_start
	ns ip link add eth9 type veth peer name peer9
	host_file /etc/network/interfaces 'auto lo
iface lo inet loopback
auto eth9
iface eth9 inet static
	address 192.0.2.1/24'
	# counts its runs (strace would do, but a sanitized program can't be traced)
	ns sh -c 'mv /usr/sbin/rampart /usr/lib/rampart-real
		printf "%s\n" "#!/bin/sh" "echo run >>/var/log/rampart-runs" \
			"exec /usr/lib/rampart-real \"\$@\"" >/usr/sbin/rampart
		chmod 755 /usr/sbin/rampart'
	ns rm -f /run/network/ifstate
	ns mkdir -p /run/network
	host_file /etc/rampart/rampart.conf 'policy { INPUT = DROP }'
	ns sh -c 'rm -f /usr/lib/rampart/conf.d/*'
	host_file /etc/rampart/conf.d/10-lo.rules '-A INPUT -i lo -j ACCEPT'
}

# How often the program was run while the command ran: runs_of COMMAND...
runs_of() {
	status=0
	ns sh -c ': >/var/log/rampart-runs'
	output=$(ns "$@" 2>&1) || status=$?
	runs=$(ns cat /var/log/rampart-runs | wc -l)
}

is_up() { ns ip -o link show dev "$1" up | grep -q "$1"; }

loads_once() {
	hook_host
	runs_of ifup -a
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 1'
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" '-A INPUT -j rampart-INPUT'
	is_up eth9
	# all of it again: the program runs once more, and has nothing to do
	before=$(save ipv4 filter)
	ns ifdown -a
	runs_of ifup -a
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 1'
	assert_equal "$(save ipv4 filter)" "$before"
}

@test "hook: ifup -a loads the rules once, not once for each interface" {
	each_backend loads_once
}

@test "hook: an interface that comes up before any 'ifup -a' loads the rules, the next does not" {
	hook_host
	runs_of ifup eth9
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 1'
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
	ns ifdown eth9
	runs_of ifup eth9
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 0'
}

@test "hook: going down and the loopback interface alone do nothing" {
	hook_host
	runs_of ifup lo
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 0'
	runs_of ifdown lo
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 0'
}

@test "hook: a fault is reported, and by default the interface comes up all the same" {
	hook_host
	host_file /etc/rampart/conf.d/20-bad.rules '-A INPUT --no-such-option'
	runs_of ifup -a
	assert_equal "exit code $status" 'exit code 0'
	grep -F '/etc/rampart/conf.d/20-bad.rules:1: error:' <<<"$output"
	grep -Fx 'rampart: boot failed: lockdown, only answers and ssh come in' <<<"$output"
	is_up eth9
}

@test "hook: with hook_exit = fail a fault leaves the interfaces down" {
	hook_host
	host_file /etc/rampart/rampart.conf 'hook_exit = fail'
	host_file /etc/rampart/conf.d/20-bad.rules '-A INPUT --no-such-option'
	runs_of ifup -a
	[ "$status" -ne 0 ]
	! is_up eth9
}

@test "hook: with hook_exit = fail the next interface is no way around a fault" {
	hook_host
	host_file /etc/rampart/rampart.conf 'hook_exit = fail'
	host_file /etc/rampart/conf.d/20-bad.rules '-A INPUT --no-such-option'
	for _ in 1 2; do
		runs_of ifup eth9
		[ "$status" -ne 0 ]
		assert_equal "runs $runs" 'runs 1'
		! is_up eth9
	done
	ns rm /etc/rampart/conf.d/20-bad.rules
	runs_of ifup eth9
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 1'
	is_up eth9
}

@test "hook: a baseline that can't be read does not take the network down" {
	hook_host
	host_file /etc/rampart/rampart.conf 'hook_exit = fial'
	runs_of ifup -a
	assert_equal "exit code $status" 'exit code 0'
	is_up eth9
}

@test "hook: left behind by a removed package it is harmless" {
	hook_host
	ns rm /usr/sbin/rampart
	runs_of ifup -a
	assert_equal "exit code $status, runs $runs" 'exit code 0, runs 0'
	is_up eth9
}

@test "hook: its name is one that run-parts takes, and it is installed executable" {
	host_start
	ns run-parts --test /etc/network/if-pre-up.d | grep -Fx /etc/network/if-pre-up.d/rampart
}
