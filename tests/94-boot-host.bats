# boot: what the host may hold besides its files: a broken baseline, rules and sets of others,
# another backend, a generation that waits, sshd's ports, another rampart at work.
# shellcheck disable=SC2154 # run_rampart sets output and stderr
load helpers
load kernel
load foreign
load generations

# Files with one port each: files 80; broken_files.
files() {
	dropin 10-a.rules "-A INPUT -p tcp --dport $1 -j ACCEPT"
}

broken_files() {
	dropin 10-a.rules '-A INPUT --nonsense'
}

ports() {
	rules "${1:-ipv4}" filter rampart-INPUT | sed -n 's/.*--dport \([0-9]*\) .*/\1/p' | paste -s -d ' '
}

# Both families have this port alone.
assert_port() {
	assert_equal "$(ports ipv4), $(ports ipv6)" "$1, $1"
}

good_generation() {
	files "$1"
	run_rampart 0 apply
}

# --- ipsets ---------------------------------------------------------------------------------

set_rules() {
	ns ipset create PEERS hash:net family inet
	ns ipset create PORTS bitmap:port range 1-1000
	dropin 10-a.rules '-4 -A INPUT -m set --match-set PEERS src -j ACCEPT
-A INPUT -p tcp -m set --match-set PORTS dst -j ACCEPT'
	run_rampart 0 apply
}

missing_ipset() {
	local expected
	set_rules
	expected=$(live)
	reboot
	run_rampart 0 boot
	assert_equal "$stderr" 'rampart: warning: ipsets that were missing were made, empty: PEERS, PORTS'
	assert_equal "$output" 'generation 1 is loaded'
	assert_equal "$(live)" "$expected"
	assert_equal "$(ns ipset list -t PEERS | grep -c -e '^Type: hash:net' -e 'family inet ' -e '^Number of entries: 0')" 3
	assert_equal "$(ns ipset list -t PORTS | grep -c -e '^Type: bitmap:port' -e 'range 1-1000')" 2
	# one that is there stays as it is
	reboot
	ns ipset create PEERS hash:net family inet
	ns ipset add PEERS 192.0.2.0/24
	run_rampart 0 boot
	assert_equal "$stderr" 'rampart: warning: ipsets that were missing were made, empty: PORTS'
	ns ipset test PEERS 192.0.2.9
}

@test "boot: ipsets that are missing are made, empty, and that is said" {
	on_each_backend missing_ipset
}

# --- broken baseline ---------------------------------------------------------------------------

broken_baseline() {
	good_generation 80
	reboot
	baseline 'backend = nonsense'
	run_rampart 3 boot
	assert_error_has "/etc/rampart/rampart.conf:1: error: 'nonsense' is not a value of 'backend'"
	assert_error_line 'rampart: boot failed: the last good generation, 1, is loaded'
	assert_port 80
	reboot
	baseline 'on_boot_failure = open
backend = nonsense'
	run_rampart 2 boot
	assert_error_line 'rampart: boot failed: no rules were loaded, the host is open'
	# what can't be read at all has the defaults
	reboot
	baseline 'on_boot_failure = open
nonsense = 1'
	run_rampart 3 boot
	assert_port 80
	# nothing is known that could be loaded
	rm -rf "$ROOT/var/lib/rampart"
	for text in 'families = {ipv5}' 'families = {}' 'backend = {' 'policy { INPUT = DROP '; do
		reboot
		baseline "$text"
		run_rampart 4 boot
		assert_error_line 'rampart: boot failed: lockdown, only answers and ssh come in'
		assert_lockdown_of_both
	done
}

assert_lockdown_of_both() {
	local family
	for family in ipv4 ipv6; do
		assert_equal "$(rules $family filter INPUT)" '-A INPUT -j rampart-INPUT'
		assert_equal "$(rules $family filter rampart-INPUT | sed -n '$p')" '-A rampart-INPUT -j DROP'
	done
}

@test "boot: a broken baseline is a failed boot" {
	on_each_backend broken_baseline
}

# --- lockdown -------------------------------------------------------------------------------

# What a lockdown lets in by ssh: ssh FAMILY, as "-s ADDRESS PORT".
ssh_rules() {
	rules "$1" filter rampart-INPUT |
		sed -n 's/^-A rampart-INPUT \(.*\)-p tcp \(.*\)-m tcp --dport \([0-9]*\) -j ACCEPT$/\1\2\3/p'
}

lockdown_ssh() {
	baseline 'on_boot_failure = lockdown
		lockdown_from = {192.0.2.0/24, "2001:db8::1", 198.51.100.1-198.51.100.9, "2001:db8::a-2001:db8::f"}'
	broken_files
	file etc/ssh/sshd_config '# Port 1
Include /etc/ssh/sshd_config.d/*.conf
	pOrT=2222
PermitRootLogin no
Portal 3
Port "2200" # the old one
Port 70000
Port'
	file etc/ssh/sshd_config.d/x.conf 'Port 443'
	file etc/ssh/sshd_config.d/x.conf.old 'Port 444'
	run_rampart 4 boot
	assert_equal "$(ssh_rules ipv4)" '-s 192.0.2.0/24 2222
-m iprange --src-range 198.51.100.1-198.51.100.9 2222
-s 192.0.2.0/24 2200
-m iprange --src-range 198.51.100.1-198.51.100.9 2200
-s 192.0.2.0/24 443
-m iprange --src-range 198.51.100.1-198.51.100.9 443'
	assert_equal "$(ssh_rules ipv6)" '-s 2001:db8::1/128 2222
-m iprange --src-range 2001:db8::a-2001:db8::f 2222
-s 2001:db8::1/128 2200
-m iprange --src-range 2001:db8::a-2001:db8::f 2200
-s 2001:db8::1/128 443
-m iprange --src-range 2001:db8::a-2001:db8::f 443'
	rm -r "$ROOT/etc/ssh"
}

@test "boot: a lockdown lets in ssh on sshd's ports, from lockdown_from" {
	on_each_backend lockdown_ssh
}

# sshd_config(5): what has no port there is listened on at all of Port, by default 22.
lockdown_listen_address() {
	baseline 'on_boot_failure = lockdown'
	broken_files
	file etc/ssh/sshd_config 'ListenAddress 192.0.2.1:2201
ListenAddress [2001:db8::1]:2202
listenaddress 2001:db8::2
ListenAddress host.example:2203 rdomain blue
ListenAddressed 192.0.2.1:1
ListenAddress "192.0.2.1:2204"
ListenAddress 192.0.2.1:none'
	run_rampart 4 boot
	assert_equal "$(ssh_rules ipv4 | paste -s -d ' ')" '2201 2202 2203 2204 22'
	assert_equal "$(ssh_rules ipv6)" "$(ssh_rules ipv4)"
	file etc/ssh/sshd_config 'Port 2200
ListenAddress 192.0.2.1:2201'
	run_rampart 4 boot
	assert_equal "$(ssh_rules ipv4 | paste -s -d ' ')" '2200 2201'
	rm -r "$ROOT/etc/ssh"
}

@test "boot: a lockdown lets in ssh on the ports of ListenAddress" {
	on_each_backend lockdown_listen_address
}

lockdown_among_others() {
	local ownership
	for ownership in merge exclusive; do
		baseline "ownership = $ownership
			on_boot_failure = lockdown"
		broken_files
		reboot
		fail2ban_rules
		lay iptables -A INPUT -p tcp --dport 9 -j ACCEPT
		before=$(live | grep '^-A')
		run_rampart 4 boot
		assert_equal "$(live | grep '^-A' | grep -v rampart-)" "$before"
		# above what would let others in, below the bans
		assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -j f2b-recidive
-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
-A INPUT -j rampart-INPUT
-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT'
		assert_equal "$(rules ipv4 filter rampart-INPUT | sed -n '$p')" '-A rampart-INPUT -j DROP'
		rm -rf "$ROOT/var/lib/rampart"
	done
}

@test "boot: a lockdown deletes nothing of others, in exclusive neither" {
	on_each_backend lockdown_among_others
}

# --- pending --------------------------------------------------------------------------------

pending_now() {
	good_generation 80
	files 81
	run_rampart 0 apply --confirm
	broken_files
	run_rampart 0 boot
	assert_equal "$output" 'nothing done: a generation waits for its confirm'
	assert_port 81
	run_rampart 0 confirm "$(token)"
	assert_history '1 good, *2 good'
}

@test "boot: a generation that waits for its confirm is left alone" {
	on_each_backend pending_now
}

pending_before() {
	good_generation 80
	files 81
	run_rampart 0 apply --confirm
	reboot
	run_rampart 0 boot
	assert_error_line 'rampart: warning: generation 2 was not confirmed before the reboot: rolled back'
	assert_output_has 'generation 1 is loaded: the files were rejected'
	assert_port 80
	assert_history '*1 good, 2 rejected'
}

@test "boot: one that was not confirmed before the reboot is rejected, the last good is loaded" {
	on_each_backend pending_before
}

begun_before() {
	good_generation 80
	cp "$ROOT/var/lib/rampart/current" "$ROOT/var/lib/rampart/begun"
	reboot
	run_rampart 0 boot
	assert_equal "$output" 'generation 1 is loaded'
	assert_equal "$stderr" ''
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	assert_port 80
	# killed while it made the second
	files 81
	fake_programs "[ \$commit = no ] || { $KILL_BOTH; }"
	run_rampart 137 apply
	guardian_done
	[ -e "$ROOT/var/lib/rampart/begun" ]
	reboot
	run_rampart 0 boot
	assert_equal "$stderr" ''
	assert_equal "$output" 'the files were applied'
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	assert_port 81
}

@test "boot: what an apply had begun before the reboot is forgotten" {
	on_each_backend begun_before
}

# --- others ---------------------------------------------------------------------------------

foreign_are_there() {
	local before ownership
	for ownership in merge exclusive; do
		rm -rf "$ROOT/var/lib/rampart"
		reboot
		baseline "ownership = $ownership
			preserve = {docker, fail2ban}"
		good_generation 80
		reboot
		docker_rules
		fail2ban_rules
		before=$(live | grep -a -e '^-A' -e '^:[^ ]* -')
		run_rampart 0 boot
		assert_equal "$output" 'generation 1 is loaded'
		assert_equal "$stderr" ''
		assert_equal "$(comm -23 <(sort <<<"$before") <(live | sort))" ''
		assert_equal "$(live | grep -c -- '--dport 80 -j ACCEPT' | grep -vx 0)" \
			"$(($(grep -c -- '--dport 80 -j ACCEPT' <<<"$before") + 2))"
		run_rampart 0 check
	done
}

@test "boot: rules of others that came first stay, in merge and in exclusive" {
	on_each_backend foreign_are_there
}

other_backend() {
	local first=$BACKEND
	good_generation 80
	reboot
	broken_files
	[ "$first" = nft ] && BACKEND=legacy || BACKEND=nft
	run_rampart 3 boot
	assert_error_line 'rampart: boot failed: the last good generation, 1, is loaded'
	assert_equal "$(ports)" ''
	BACKEND=$first
	assert_port 80
	# files that work: where the host's iptables is now
	files 81
	reboot
	[ "$first" = nft ] && BACKEND=legacy || BACKEND=nft
	run_rampart 0 boot
	assert_equal "$output" 'the files were applied'
	assert_port 81
	BACKEND=$first
	assert_equal "$(ports)" ''
}

@test "boot: the last good generation goes to its own backend, files to the host's" {
	on_each_backend other_backend
}

# --- trouble --------------------------------------------------------------------------------

another_is_at_work() {
	local ready=$BATS_TEST_TMPDIR/held.$BACKEND holder
	good_generation 80
	mkfifo "$ready"
	nsenter -t "$NS_PID" -n -m -- flock --no-fork "$ROOT/run/rampart/lock" \
		sh -c 'echo ok >"$1"; exec sleep 300' sh "$ready" 3>&- &
	holder=$!
	read -r _ <"$ready"
	files 81
	traced "$NO_PAUSES" 2 boot
	kill "$holder"
	assert_error_has 'busy: locked by '
	assert_error_line 'rampart: live rules not changed'
	assert_port 80
}

@test "boot: while another rampart is at work nothing is changed, exit 2" {
	on_each_backend another_is_at_work
}

@test "boot: as an ordinary user it does nothing, exit 77" {
	public_root
	ns_start
	as_nobody boot || status=$?
	assert_equal "$status" 77
	assert_error_line 'rampart: live rules not changed'
}

