# merge: chains of our own among those of others.
load helpers
load kernel
load foreign

# Names of the targets of a chain, in order, on one line: targets ipv4 filter INPUT
targets() {
	rules "$1" "$2" "$3" | sed 's/.*-[jg] \([^ ]*\).*/\1/' | paste -s -d ' '
}

# --- the jump -----------------------------------------------------------------------------

# disturb NAME COMMANDS: after them live has drifted, and the next apply brings INPUT to $wanted.
disturb() {
	local what=$1
	shift
	echo "# $what"
	"$@"
	run_rampart 1 check
	[ -n "$output" ] || { echo "$what: check is silent"; return 1; }
	run_rampart 0 apply
	assert_equal "$(targets ipv4 filter INPUT)" "$wanted"
	assert_equal "$(targets ipv6 filter INPUT)" "$wanted"
	run_rampart 0 check
	assert_silent
}

jump_deleted() { both_families -D INPUT -j rampart-INPUT; }
jump_doubled() { both_families -A INPUT -j rampart-INPUT; }
jump_three_times() {
	both_families -I INPUT 1 -j rampart-INPUT
	both_families -A INPUT -j rampart-INPUT
}
jump_moved() {
	both_families -D INPUT -j rampart-INPUT
	if [ "$position" = first ]; then
		both_families -A INPUT -j rampart-INPUT
	else
		both_families -I INPUT 1 -j rampart-INPUT
	fi
}
jump_lost_and_twice() {
	both_families -F INPUT
	both_families -A INPUT -j rampart-INPUT
	both_families -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT
	both_families -A INPUT -j rampart-INPUT
	both_families -A INPUT -p tcp -m tcp --dport 6 -j DROP
}
input_flushed() {
	both_families -F INPUT
	both_families -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT
	both_families -A INPUT -p tcp -m tcp --dport 6 -j DROP
}
own_chain_emptied() { both_families -F rampart-INPUT; }
own_chain_gone() {
	both_families -D INPUT -j rampart-INPUT
	both_families -F rampart-INPUT
	both_families -X rampart-INPUT
}

jump_is_mended() {
	local what
	for position in first last; do
		ns_stop
		ns_start
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		baseline "position = $position"
		both_families -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT
		both_families -A INPUT -p tcp -m tcp --dport 6 -j DROP
		apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
		wanted='rampart-INPUT ACCEPT DROP'
		[ $position = first ] || wanted='ACCEPT DROP rampart-INPUT'
		assert_equal "$(targets ipv4 filter INPUT)" "$wanted"
		assert_equal "$(targets ipv6 filter INPUT)" "$wanted"
		for what in jump_deleted jump_doubled jump_three_times jump_moved \
			jump_lost_and_twice input_flushed own_chain_emptied own_chain_gone; do
			disturb "$position: $what" $what
			assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
			assert_equal "$(rules ipv6 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
		done
	done
}

@test "merge: the jump stands first or last, exactly once, whatever was done to it" {
	on_each_backend jump_is_mended
}

rule_above_is_mended() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	both_families -I INPUT 1 -p tcp --dport 22 -j ACCEPT
	run_rampart 1 check
	assert_output_has 'rampart-INPUT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" "$(rules ipv4 filter INPUT)"
	run_rampart 0 check
	# behind everything, with "last", is mended as well
	baseline 'position = last'
	run_rampart 0 apply
	assert_equal "$(targets ipv4 filter INPUT)" 'ACCEPT rampart-INPUT'
	both_families -A INPUT -j DROP
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(targets ipv4 filter INPUT)" 'ACCEPT DROP rampart-INPUT'
	assert_equal "$(targets ipv6 filter INPUT)" 'ACCEPT DROP rampart-INPUT'
}

@test "merge: an administrator's -I INPUT 1 is mended, and stays" {
	on_each_backend rule_above_is_mended
}

yields() {
	fail2ban_rules
	both_families -A INPUT -p tcp --dport 22 -j LOG
	both_families -A INPUT -p tcp --dport 5 -j f2b-sshd
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	# ours goes behind the leading ones only
	assert_equal "$(targets ipv4 filter INPUT)" 'f2b-recidive f2b-sshd rampart-INPUT LOG f2b-sshd'
	assert_equal "$(targets ipv6 filter INPUT)" 'f2b-recidive f2b-sshd rampart-INPUT LOG f2b-sshd'
	# another jail starts: on top, which is no drift
	both_families -N f2b-new
	both_families -I INPUT 1 -p tcp -j f2b-new
	run_rampart 0 check
	assert_silent
	generation=$(live)
	run_rampart 0 apply
	assert_untouched "$generation"
	# one that stops is none either
	both_families -D INPUT -p tcp -j f2b-recidive
	run_rampart 0 check
	# but a rule of the administrator's between them is: ours goes before it
	both_families -I INPUT 2 -s 192.0.2.0/24 -j ACCEPT 2>/dev/null ||
		lay ip6tables -I INPUT 2 -s 2001:db8::/32 -j ACCEPT
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(targets ipv4 filter INPUT)" 'f2b-new rampart-INPUT ACCEPT f2b-sshd LOG f2b-sshd'
	assert_equal "$(targets ipv6 filter INPUT)" 'f2b-new rampart-INPUT ACCEPT f2b-sshd LOG f2b-sshd'
}

@test "merge: jumps to yield_to chains stay above ours, and a new one is no drift" {
	on_each_backend yields
}

yields_as_told() {
	fail2ban_rules
	lay iptables -N mine-first
	lay iptables -I INPUT 1 -j mine-first
	baseline 'yield_to = {"mine-*"}'
	apply_dropin 10-a.rules '-4 -A INPUT -i lo -j ACCEPT'
	assert_equal "$(targets ipv4 filter INPUT)" 'mine-first rampart-INPUT f2b-recidive f2b-sshd'
	baseline 'yield_to = {}'
	run_rampart 0 apply
	assert_equal "$(targets ipv4 filter INPUT)" 'rampart-INPUT mine-first f2b-recidive f2b-sshd'
}

@test "merge: yield_to of the baseline says which jumps stay above" {
	on_each_backend yields_as_told
}

# --- others' are untouched ------------------------------------------------------------------

# What is not ours: every line with its counters, less our chains, jumps and policies.
counted_of_others() {
	live_counted | grep -v -e 'rampart-' -e '^\*' -e '^COMMIT' -e '^:[A-Z]* [AD]'
}

others_untouched() {
	all_foreign_rules
	lay iptables -I FORWARD 1 -s 192.0.2.7 -m comment --comment 'the "admin"s' -j ACCEPT
	lay iptables -A INPUT -p udp --dport 1001 -j ACCEPT
	lay ip6tables -A INPUT -p udp --dport 1001 -j ACCEPT
	lay iptables -A f2b-sshd -p udp --dport 1002 -j RETURN
	lay iptables -I INPUT 2 -p udp -j f2b-sshd
	udp 1001 7
	udp 1001 3 ::1
	udp 1002 5
	before=$(counted_of_others)
	grep -q '^\[7:[0-9]*\] -A INPUT -p udp -m udp --dport 1001' <<<"$before"
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT
-A OUTPUT -o eth9 -j DROP
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE
-A PREROUTING -p tcp --dport 99 -j REDIRECT --to-ports 98
*mangle
-A FORWARD -j MARK --set-mark 1
*raw
-A PREROUTING -p udp --dport 53 -j CT --notrack'
	run_rampart 0 apply
	assert_equal "$(counted_of_others)" "$before"
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A FORWARD -i eth1 -j ACCEPT
*nat
-4 -A POSTROUTING -o eth1 -j MASQUERADE'
	run_rampart 0 apply
	assert_equal "$(counted_of_others | grep -v WEB)" "$before"
	both_families -D INPUT -j rampart-INPUT
	run_rampart 0 apply
	assert_equal "$(counted_of_others | grep -v WEB)" "$before"
	run_rampart 0 flush
	assert_equal "$(counted_of_others)" "$before"
	[[ "$(live)" != *rampart* ]]
}

@test "merge: rules, chains and counters of others stay to the last packet" {
	on_each_backend others_untouched
}

beside_each() {
	local name version
	for what in docker_rules:classic docker_rules:v28.0 docker_rules:current \
		docker_rules:swarm fail2ban_rules: fail2ban_ipset_rules: kube_rules: \
		libvirt_rules:private libvirt_rules:plain; do
		name=${what%:*} version=${what#*:}
		echo "# $what"
		ns_stop
		ns_start
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		$name $version
		before=$(live | sort)
		apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT
-A OUTPUT -o eth0 -j ACCEPT'
		[ "$(live | grep -c -- '-j rampart-')" -eq 6 ]
		assert_equal "$(live | grep -v rampart- | sort | uniq)" "$({ echo "$before"; echo '*filter';
			echo COMMIT; printf ':%s ACCEPT\n' INPUT OUTPUT
			grep -q ':FORWARD DROP' <<<"$before" || echo ':FORWARD ACCEPT'; live | grep '^:FORWARD'; } |
			sort | uniq)"
		# the program comes again, as after its own restart
		$name $version 2>/dev/null || true
		run_rampart 0 apply
		assert_equal "$(rules ipv4 filter FORWARD | head -n 1)" '-A FORWARD -j rampart-FORWARD'
		run_rampart 0 flush
		[[ "$(live)" != *rampart* ]]
	done
}

@test "merge: beside Docker, fail2ban, Kubernetes and libvirt, of any age" {
	on_each_backend beside_each
}

# Putting our jump back in its place moves ours, never a rule of others.
mending_keeps_counters() {
	local nr i
	for position in first last; do
		for nr in 1 2 3; do
			echo "# $position, $nr rules"
			ns_stop
			ns_start
			rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
			baseline "position = $position"
			apply_dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
			for ((i = 1; i <= nr; i++)); do
				if [ $position = first ]; then
					both_families -I INPUT 1 -p udp --dport $((1000 + i)) -j ACCEPT
				else
					both_families -A INPUT -p udp --dport $((1000 + i)) -j ACCEPT
				fi
				udp $((1000 + i)) 2
				udp $((1000 + i)) 2 ::1
			done
			before=$(counted_of_others | grep udp)
			assert_equal "$(grep -c '^\[2:' <<<"$before")" $((nr * 2))
			run_rampart 1 check
			run_rampart 0 apply
			assert_equal "$(counted_of_others | grep udp)" "$before"
			run_rampart 0 check
		done
	done
}

@test "merge: mending the jump costs no counter of others" {
	on_each_backend mending_keeps_counters
}

# --- chains of others that our rules use -------------------------------------------------------

foreign_live() {
	docker_rules
	apply_dropin 10-a.rules '-A DOCKER-USER -i eth0 -s 192.0.2.0/24 -j DROP
-4 -A INPUT -p tcp --dport 2375 -j DOCKER-USER'
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER'
	assert_equal "$(rules ipv4 filter rampart-DOCKER-USER)" \
		'-A rampart-DOCKER-USER -s 192.0.2.0/24 -i eth0 -j DROP'
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 2375 -j DOCKER-USER'
	run_rampart 0 check
	# Docker flushes and fills it again
	lay iptables -F DOCKER-USER
	lay iptables -A DOCKER-USER -j RETURN
	run_rampart 1 check
	assert_output_has DOCKER-USER
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER
-A DOCKER-USER -j RETURN'
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j RETURN'
}

@test "merge: rules in and jumps to a live chain of others" {
	on_each_backend foreign_live
}

foreign_waits() {
	baseline 'foreign = {"DOCKER-USER", "LATER"}'
	apply_dropin 10-a.rules '-4 -A DOCKER-USER -s 192.0.2.0/24 -j DROP
-A INPUT -p tcp --dport 5 -j LATER
-A INPUT -p tcp --dport 6 -j ACCEPT'
	assert_error_has 'waiting for chain DOCKER-USER (ipv4 filter)'
	assert_error_has 'waiting for chain LATER (ipv4 filter)'
	assert_error_has 'waiting for chain LATER (ipv6 filter)'
	assert_equal "$(rules ipv4 filter rampart-DOCKER-USER)" \
		'-A rampart-DOCKER-USER -s 192.0.2.0/24 -j DROP'
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 6 -j ACCEPT'
	run_rampart 0 check
	assert_silent
	run_rampart 0 status
	assert_output_has 'waiting for DOCKER-USER'
	assert_output_has 'waiting for LATER'
	run_rampart 0 status --json
	assert_equal "$("$PYTHON" -c 'import json, sys; print(sorted(json.load(sys.stdin)["waiting"])[0])' \
		<<<"$output")" 'DOCKER-USER (ipv4 filter)'
	run_rampart 0 apply
	# dockerd starts
	docker_rules
	run_rampart 1 check
	assert_output_has 'DOCKER-USER'
	run_rampart 0 status
	assert_output_has 'drifted'
	refute_output_has 'waiting for DOCKER-USER'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER'
	run_rampart 0 check
	both_families -N LATER
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
'-A rampart-INPUT -p tcp -m tcp --dport 5 -j LATER
-A rampart-INPUT -p tcp -m tcp --dport 6 -j ACCEPT'
	assert_equal "$(rules ipv6 filter rampart-INPUT)" "$(rules ipv4 filter rampart-INPUT)"
	run_rampart 0 check
	run_rampart 0 status
	refute_output_has 'waiting'
}

@test "merge: what needs a chain that is not there yet waits, and is placed later" {
	on_each_backend foreign_waits
}

foreign_unknown() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A DOCKER-USER -s 192.0.2.0/24 -j DROP
-A FORWARD -j DOCKER-USRE'
	before=$(live)
	run_rampart 2 apply
	assert_error_has "/etc/rampart/conf.d/10-a.rules:2: error: chain 'DOCKER-USER' is not defined in table 'filter'"
	assert_untouched "$before"
	lay iptables -N DOCKER-USER
	lay ip6tables -N DOCKER-USER
	run_rampart 2 apply
	assert_error_has "/etc/rampart/conf.d/10-a.rules:3: error:"
	refute_error_has '10-a.rules:2: error'
}

@test "merge: a chain that is neither declared nor live nor named is an error at its line" {
	on_each_backend foreign_unknown
}

# --- names ---------------------------------------------------------------------------------

names_taken() {
	lay iptables -N WEB
	lay iptables -A WEB -s 192.0.2.1 -j ACCEPT
	lay ip6tables -N MAIL
	lay iptables -t nat -N WEB
	dropin 10-a.rules ':WEB -
:MAIL -
:FREE -
-A INPUT -j WEB
-A INPUT -j MAIL
-A INPUT -j FREE
-A WEB -p tcp --dport 80 -j ACCEPT
-A MAIL -p tcp --dport 25 -j ACCEPT
-A FREE -p tcp --dport 26 -j ACCEPT
*nat
:WEB -
-A WEB -p tcp --dport 81 -j REDIRECT --to-ports 80
-A PREROUTING -j WEB'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/etc/rampart/conf.d/10-a.rules:1: error: chain 'WEB' is live (ipv4 filter) and not rampart's: rename it, or make it yours by 'apply --adopt WEB' or the baseline's 'adopt'"
	assert_error_has "/etc/rampart/conf.d/10-a.rules:2: error: chain 'MAIL' is live (ipv6 filter)"
	assert_error_has "/etc/rampart/conf.d/10-a.rules:11: error: chain 'WEB' is live (ipv4 nat)"
	refute_error_has FREE
	assert_error_has 'live rules not changed'
	assert_untouched "$before"
	run_rampart 0 apply --adopt WEB MAIL
	assert_equal "$(rules ipv4 filter WEB)" '-A WEB -p tcp -m tcp --dport 80 -j ACCEPT'
	assert_equal "$(rules ipv6 filter MAIL)" '-A MAIL -p tcp -m tcp --dport 25 -j ACCEPT'
	# from now on they are ours
	run_rampart 0 check
	rm "$ROOT/run/rampart/loaded"
	run_rampart 0 apply
	lay iptables -A WEB -s 192.0.2.2 -j ACCEPT
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter WEB)" '-A WEB -p tcp -m tcp --dport 80 -j ACCEPT'
	run_rampart 0 flush
	[[ "$(live)" != *WEB* ]]
	[[ "$(live)" != *MAIL* ]]
}

@test "merge: declared chains that are live and not ours: all are listed, --adopt takes them" {
	on_each_backend names_taken
}

adopts_by_baseline() {
	lay iptables -N WEB
	lay iptables -N web-a
	lay iptables -A WEB -s 192.0.2.1 -j ACCEPT
	baseline 'adopt = {"WEB", "web-*"}'
	apply_dropin 10-a.rules ':WEB -
:web-a -
-A INPUT -j WEB
-A WEB -j web-a
-A web-a -p tcp --dport 80 -j ACCEPT'
	assert_equal "$(rules ipv4 filter WEB)" '-A WEB -j web-a'
	assert_equal "$(rules ipv6 filter web-a)" '-A web-a -p tcp -m tcp --dport 80 -j ACCEPT'
	baseline ''
	run_rampart 0 apply
	run_rampart 0 check
}

@test "merge: the baseline's adopt takes live chains over" {
	on_each_backend adopts_by_baseline
}

adopts_only_what_is_declared() {
	lay iptables -N OTHER
	lay iptables -A OTHER -s 192.0.2.1 -j ACCEPT
	baseline 'adopt = {"O*"}'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	assert_equal "$(rules ipv4 filter OTHER)" '-A OTHER -s 192.0.2.1/32 -j ACCEPT'
}

@test "merge: adopt leaves alone what no drop-in declares" {
	on_each_backend adopts_only_what_is_declared
}

long_names() {
	local a=ABCDEFGHIJKLMNOPQRSTUVWXYZ12 b=ABCDEFGHIJKLMNOPQRSTUVWXYZ13 fits=ABCDEFGHIJKLMNOPQRST
	lay iptables -N $a
	lay iptables -N $b
	lay iptables -N $fits
	apply_dropin 10-a.rules "-4 -A $a -p tcp --dport 1 -j ACCEPT
-4 -A $b -p tcp --dport 2 -j ACCEPT
-4 -A $fits -p tcp --dport 3 -j ACCEPT"
	own_a=$(rules ipv4 filter $a | sed 's/.*-j //')
	own_b=$(rules ipv4 filter $b | sed 's/.*-j //')
	assert_matches "$own_a" '^rampart-ABCDEFGHIJK-[0-9a-f]{8}$'
	assert_matches "$own_b" '^rampart-ABCDEFGHIJK-[0-9a-f]{8}$'
	[ "$own_a" != "$own_b" ]
	assert_equal "$(rules ipv4 filter "$own_a")" "-A $own_a -p tcp -m tcp --dport 1 -j ACCEPT"
	assert_equal "$(rules ipv4 filter $fits)" "-A $fits -j rampart-$fits"
	forget_loaded
	run_rampart 0 apply
	assert_output_has 'nothing to do'
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
	dropin 10-a.rules ":${a}x -"
	run_rampart 2 apply
	assert_error_has '10-a.rules:1: error:'
}

@test "merge: own names over 28 bytes are cut and hashed; declared ones are errors" {
	on_each_backend long_names
}

own_prefix() {
	dropin 10-a.rules ':rampart-INPUT -
-A INPUT -j rampart-INPUT'
	run_rampart 2 apply
	assert_error_has '10-a.rules:1: error:'
}

@test "merge: a drop-in can't declare a chain of rampart's own names" {
	on_each_backend own_prefix
}

# --- own chains that others use ------------------------------------------------------------------

own_chain_is_used() {
	local program
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	both_families -A FORWARD -p tcp -j WEB
	both_families -A OUTPUT -p tcp -j rampart-FORWARD
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	assert_error_line "rampart: warning: chain 'WEB' (ipv4 filter) is emptied but kept: a rule of others still jumps to it"
	assert_error_has "warning: chain 'WEB' (ipv6 filter) is emptied but kept"
	assert_error_has "warning: chain 'rampart-FORWARD' (ipv4 filter) is emptied but kept"
	for program in ipv4 ipv6; do
		assert_equal "$(rules $program filter WEB)" ''
		save $program filter | grep -q '^:WEB '
		assert_equal "$(rules $program filter FORWARD)" '-A FORWARD -p tcp -j WEB'
		assert_equal "$(rules $program filter OUTPUT)" '-A OUTPUT -p tcp -j rampart-FORWARD'
	done
	run_rampart 0 check
	# as long as it is used it stays, without a word or with the same one
	forget_loaded
	run_rampart 0 apply
	save ipv4 filter | grep -q '^:WEB '
	both_families -F FORWARD
	both_families -F OUTPUT
	run_rampart 0 apply
	[[ "$(live)" != *WEB* ]]
	[[ "$(live)" != *rampart-FORWARD* ]]
	run_rampart 0 check
}

@test "merge: an own chain that a rule of others uses is emptied and kept, and removed later" {
	on_each_backend own_chain_is_used
}

kept_chain_removed_by_hand() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	both_families -A FORWARD -p tcp -j WEB
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	# the administrator cleans up himself
	both_families -F FORWARD
	both_families -X WEB
	run_rampart 0 apply
	run_rampart 0 check
	both_families -A FORWARD -p tcp -j ACCEPT
	run_rampart 0 check
	assert_silent
}

@test "merge: a kept chain that somebody removes is missed by nobody" {
	on_each_backend kept_chain_removed_by_hand
}

kept_chain_and_check() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	both_families -A FORWARD -p tcp -j WEB
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	both_families -D FORWARD -p tcp -j WEB
	run_rampart 0 check
	run_rampart 1 diff
	run_rampart 0 apply
	[ -z "$(save ipv4 filter | grep '^:WEB')$(save ipv6 filter | grep '^:WEB')" ]
	run_rampart 0 diff
}

@test "merge: a check before the apply does not keep a kept chain for good" {
	on_each_backend kept_chain_and_check
}

flush_keeps_used_chain() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	lay iptables -A FORWARD -p tcp -j WEB
	run_rampart 0 flush
	assert_error_has "chain 'WEB' (ipv4 filter) is emptied but kept"
	assert_equal "$(rules ipv4 filter FORWARD)" '-A FORWARD -p tcp -j WEB'
	assert_equal "$(save ipv6 filter | grep WEB)" ''
	lay iptables -F FORWARD
	run_rampart 0 flush
	[[ "$(live)" != *WEB* ]]
	# and it may be applied again
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter WEB)" '-A WEB -p tcp -m tcp --dport 80 -j ACCEPT'
}

@test "merge: flush keeps an own chain that others use, and a later one removes it" {
	on_each_backend flush_keeps_used_chain
}

# --- packets ----------------------------------------------------------------------------------

returns_to_others() {
	local program address=127.0.0.1
	both_families -A INPUT -p udp --dport 1000 -j ACCEPT
	both_families -A INPUT -p udp --dport 1001 -j ACCEPT
	both_families -A INPUT -p udp --dport 1002 -j ACCEPT
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j RETURN
-A INPUT -p udp --dport 1001 -j ACCEPT
-A INPUT -p udp --dport 1002 -j DROP
-A INPUT -p udp --dport 1000 -j DROP'
	for family in ipv4 ipv6; do
		udp 1000 3 $address
		udp 1001 4 $address
		udp 1002 5 $address
		assert_equal "$(packets $family filter rampart-INPUT 1)" 3
		assert_equal "$(packets $family filter rampart-INPUT 2)" 4
		assert_equal "$(packets $family filter rampart-INPUT 3)" 5
		assert_equal "$(packets $family filter rampart-INPUT 4)" 0
		# RETURN goes on with what others say, a verdict of ours ends it
		assert_equal "$(packets $family filter INPUT 2)" 3
		assert_equal "$(packets $family filter INPUT 3)" 0
		assert_equal "$(packets $family filter INPUT 4)" 0
		address=::1
	done
}

@test "merge: RETURN in our chain goes on with the rules of others" {
	on_each_backend returns_to_others
}

bans_come_first() {
	fail2ban_rules
	lay iptables -I INPUT 1 -p udp -j f2b-sshd
	lay iptables -I f2b-sshd 1 -p udp -s 127.0.0.1 --dport 1000 -j DROP
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	udp 1000 4
	assert_equal "$(packets ipv4 filter f2b-sshd 1)" 4
	assert_equal "$(packets ipv4 filter rampart-INPUT 1)" 0
}

@test "merge: fail2ban's bans decide before what we accept" {
	on_each_backend bans_come_first
}

# --- families and tables -------------------------------------------------------------------------

one_family_less() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	baseline 'families = {ipv4}'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter WEB)" '-A WEB -p tcp -m tcp --dport 80 -j ACCEPT'
	assert_equal "$(save ipv6 filter | grep -e rampart -e WEB)" ''
	run_rampart 0 check
	run_rampart 0 status
	baseline ''
	run_rampart 0 apply
	assert_equal "$(rules ipv6 filter WEB)" '-A WEB -p tcp -m tcp --dport 80 -j ACCEPT'
}

@test "merge: a family that is no longer wanted is taken out" {
	on_each_backend one_family_less
}

flush_after_one_family_less() {
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 80 -j ACCEPT'
	baseline 'families = {ipv4}'
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "merge: flush takes out both families, whatever the baseline says by now" {
	on_each_backend flush_after_one_family_less
}

table_no_longer_wanted() {
	docker_rules
	before=$(live)
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE
*raw
-4 -A PREROUTING -s 192.0.2.1 -j DROP'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	assert_equal "$(save ipv4 nat | grep rampart)" ''
	assert_equal "$(save ipv4 raw | grep rampart)" ''
	run_rampart 0 check
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "merge: a table that is no longer named is cleared of ours" {
	on_each_backend table_no_longer_wanted
}

tables_not_named() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-4 -A FORWARD -i eth0 -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	for command in 'validate' 'apply' 'check' 'status' 'apply' 'flush'; do
		run_rampart 0 $command
	done
	if [ $BACKEND = nft ]; then
		assert_equal "$(tables)" 'table ip filter
table ip nat
table ip6 filter'
	else
		assert_equal "$(tables)" 'ip filter
ip nat
ip6 filter'
	fi
}

@test "merge: tables that nobody names are never created" {
	on_each_backend tables_not_named
}

# --- native nft ------------------------------------------------------------------------------

native_tables_beside() {
	[ $BACKEND = nft ] || return 0
	ns nft -f - <<'NFT'
table inet mine {
	set banned { type ipv4_addr; elements = { 192.0.2.1 } }
	chain in {
		type filter hook input priority -10; policy accept;
		ip saddr @banned counter drop
		udp dport { 1000, 1001 } counter
	}
}
table ip mine {
	chain x {
		counter
	}
}
table arp filter {
	chain INPUT {
		type filter hook input priority 0; policy accept;
	}
}
NFT
	udp 1000 5
	mine=$(ns nft list ruleset)
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	run_rampart 0 check
	without_ours() {
		ns nft -f - <<'NFT'
delete table ip filter
delete table ip nat
delete table ip6 filter
NFT
		ns nft list ruleset
	}
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1001 -j ACCEPT'
	run_rampart 0 flush
	assert_equal "$(without_ours)" "$mine"
}

@test "merge: native nft tables beside ours stay, to the last packet" {
	on_each_backend native_tables_beside
}

# Rules in iptables' own tables that iptables can't show: it says so, or breaks off.
native_rules_inside() {
	[ $BACKEND = nft ] || return 0
	local rule shown=0
	for rule in "$@"; do
		ns_stop
		ns_start
		lay iptables -A INPUT -p tcp --dport 22 -j ACCEPT
		ns nft add rule ip filter INPUT "$rule" 2>/dev/null || continue
		shown=$((shown + 1))
		echo "# $rule"
		before=$(ns nft -s list ruleset)
		dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
		run_rampart 2 apply
		assert_error_line "rampart: error: table 'filter' (ipv4) holds native nft rules that iptables can't show, so that it can't be edited safely: move them to a table of their own"
		assert_error_has 'live rules not changed'
		assert_equal "$(ns nft -s list ruleset)" "$before"
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
	done
	[ $shown -gt 0 ] || skip 'the kernel has none of these'
}

@test "merge: native nft rules inside iptables' table that it can't show are refused" {
	on_each_backend native_rules_inside 'numgen random mod 2 0 drop' \
		'ct state vmap { established : accept }' 'fib daddr type local accept'
}

@test "merge: native nft rules at which iptables' listing breaks off are refused as clearly" {
	on_each_backend native_rules_inside 'meta l4proto { tcp, udp } th dport 53 accept' \
		'meta cpu 1 drop' 'ip length 100 accept'
}

native_rules_elsewhere() {
	[ $BACKEND = nft ] || return 0
	lay iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	ns nft add rule ip filter INPUT numgen random mod 2 0 drop
	before=$(ns nft -s list ruleset)
	apply_dropin 10-a.rules '*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	run_rampart 0 check
	run_rampart 0 flush
	assert_equal "$(save ipv4 nat | grep -c MASQUERADE)" 0
	ns nft delete table ip nat
	assert_equal "$(ns nft -s list ruleset)" "$before"
}

@test "merge: native nft rules in a table that we have no rules in are no matter" {
	on_each_backend native_rules_elsewhere
}

# iptables shows it wider than it is: it must never be written back.
misprinted_rules_stay() {
	[ $BACKEND = nft ] || return 0
	lay iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	ns nft add rule ip filter INPUT udp dport '{ 1000, 1001 }' counter accept
	udp 1000 5
	mine=$(ns nft list chain ip filter INPUT | grep 1000)
	apply_dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
	assert_equal "$(ns nft list chain ip filter INPUT | grep 1000)" "$mine"
	lay iptables -I INPUT 1 -i eth5 -j ACCEPT
	run_rampart 0 apply
	assert_equal "$(ns nft list chain ip filter INPUT | grep 1000)" "$mine"
	run_rampart 0 flush
	assert_equal "$(ns nft list chain ip filter INPUT | grep 1000)" "$mine"
}

@test "merge: native nft rules that iptables shows wider than they are stay as they are" {
	on_each_backend misprinted_rules_stay
}

passed_over() {
	fail2ban_rules
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	refute_error_has 'stands above'
	both_families -I INPUT 1 -p tcp --dport 9 -j ACCEPT
	run_rampart 0 apply
	assert_error_line "rampart: warning: chain 'INPUT' (ipv4 filter): '-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT' stands above the jump to 'f2b-sshd', so that rampart's rules come before that one"
	# as the rule goes, bans are above what we accept again
	both_families -D INPUT -p tcp --dport 9 -j ACCEPT
	run_rampart 0 apply
	refute_error_has 'stands above'
	assert_matches "$(rules ipv4 filter INPUT | sed -n 2p)" 'f2b-sshd'
}

@test "merge: a rule that keeps our jump from standing behind the bans is warned of" {
	on_each_backend passed_over
}
