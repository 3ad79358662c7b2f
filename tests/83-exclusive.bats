# exclusive: whole tables, but for what is preserved.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load foreign

# --- taking over --------------------------------------------------------------------------

takes_over() {
	both_families -A INPUT -p tcp --dport 5 -j ACCEPT
	both_families -A INPUT -i lo -j ACCEPT
	lay iptables -N OLD
	lay iptables -A OLD -s 192.0.2.1 -j DROP
	lay iptables -A FORWARD -j OLD
	lay iptables -N EMPTY
	lay iptables -t nat -A POSTROUTING -o eth7 -j MASQUERADE
	baseline 'ownership = exclusive'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "rampart: error: not rampart's, would be deleted: ipv4 filter: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT"
	assert_error_line "rampart: error: not rampart's, would be deleted: ipv6 filter: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT"
	assert_error_line "rampart: error: not rampart's, would be deleted: ipv4 filter: -A FORWARD -j OLD"
	assert_error_line "rampart: error: not rampart's, would be deleted: ipv4 filter: -A OLD -s 192.0.2.1/32 -j DROP"
	assert_error_line "rampart: error: exclusive ownership would delete 4 rules of others: name what has to stay by 'preserve', or say --take-over"
	refute_error_has '-i lo'
	refute_error_has MASQUERADE
	assert_error_has 'live rules not changed'
	assert_untouched "$before"
	# the refusal leaves nothing that a second try could take for consent
	run_rampart 2 apply
	assert_untouched "$before"
	run_rampart 1 check
	run_rampart 0 apply --take-over
	for family in ipv4 ipv6; do
		assert_equal "$(save $family filter)" '*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT'
	done
	assert_equal "$(rules ipv4 nat POSTROUTING)" '-A POSTROUTING -o eth7 -j MASQUERADE'
}

@test "exclusive: the first apply lists what it would delete and stops without --take-over" {
	on_each_backend takes_over
}

# From then on the tables are ours: what others add is drift, and goes.
drift_goes() {
	baseline 'ownership = exclusive'
	apply_dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	before=$(live)
	lay iptables -I INPUT 1 -p tcp --dport 5 -j ACCEPT
	lay ip6tables -A FORWARD -i eth0 -j ACCEPT
	lay iptables -A WEB -j DROP
	lay iptables -N STRAY
	lay iptables -A STRAY -j DROP
	lay iptables -D INPUT -i lo -j ACCEPT
	run_rampart 1 check
	assert_output_line '  unexpected: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT'
	assert_output_line '  unexpected: -A FORWARD -i eth0 -j ACCEPT'
	assert_output_line '  unexpected: -A WEB -j DROP'
	assert_output_line '  unexpected: chain STRAY'
	assert_output_line '  missing: -A INPUT -i lo -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:2'
	run_rampart 0 apply
	assert_untouched "$before"
	run_rampart 0 check
	assert_silent
	# all gone at once
	both_families -F
	both_families -X
	run_rampart 1 check
	run_rampart 0 apply
	assert_untouched "$before"
}

@test "exclusive: what others add or take away later is drift, and mended without a question" {
	on_each_backend drift_goes
}

order_is_mended() {
	baseline 'ownership = exclusive'
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT
-A INPUT -p tcp --dport 3 -j ACCEPT'
	before=$(live)
	both_families -D INPUT 1
	both_families -A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
	run_rampart 1 check
	assert_output_has 'misplaced: '
	run_rampart 0 apply
	assert_untouched "$before"
	# a copy is one too many
	both_families -A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
	run_rampart 1 check
	run_rampart 0 apply
	assert_untouched "$before"
}

@test "exclusive: order and copies are drift" {
	on_each_backend order_is_mended
}

# --- preserve --------------------------------------------------------------------------------

# Lines of others, of all tables and families, without what is ours.
of_others() {
	live_counted | grep '^\[' | grep -v -e '--dport 7777' -e ours
}

# A container host: an exclusive apply that touches all tables leaves each line of it.
preset_keeps() { # PRESET FUNCTION [ARG...]
	local preset=$1
	shift
	"$@"
	before=$(of_others)
	before_chains=$(live | grep -- '^:.* -$' || true)
	baseline "ownership = exclusive
preserve = {$preset}
policy { INPUT = DROP  FORWARD = DROP }"
	dropin 10-a.rules '-A INPUT -p tcp --dport 7777 -j ACCEPT
-A FORWARD -p tcp --dport 7777 -j ACCEPT
-A OUTPUT -p tcp --dport 7777 -j ACCEPT
*nat
-A PREROUTING -p tcp --dport 7777 -j REDIRECT
-A POSTROUTING -p tcp --dport 7777 -j RETURN
*mangle
-A POSTROUTING -p tcp --dport 7777 -j MARK --set-mark 1
*raw
-A PREROUTING -p tcp --dport 7777 -j CT --notrack'
	run_rampart 0 apply
	assert_equal "$(of_others)" "$before"
	assert_equal "$(live | grep -- '^:.* -$' || true)" "$before_chains"
	# behind what is preserved, which has been there before
	assert_equal "$(rules ipv4 filter FORWARD | tail -n 1)" \
		'-A FORWARD -p tcp -m tcp --dport 7777 -j ACCEPT'
	run_rampart 0 check
	assert_silent
	# the program comes back and lays the same again, on top
	lay iptables -F INPUT
	"$@" 2>/dev/null || true
	run_rampart 0 apply
	run_rampart 0 flush
	[[ "$(live)" != *7777* ]]
}

@test "exclusive: preserve = docker keeps what dockerd up to 27 lays" {
	on_each_backend preset_keeps docker docker_rules classic
}

@test "exclusive: preserve = docker keeps what dockerd 28.0 lays" {
	on_each_backend preset_keeps docker docker_rules v28.0
}

@test "exclusive: preserve = docker keeps what dockerd lays since 28.2" {
	on_each_backend preset_keeps docker docker_rules current
}

@test "exclusive: preserve = docker keeps what a swarm node has" {
	on_each_backend preset_keeps docker docker_rules swarm
}

@test "exclusive: preserve = fail2ban keeps jails and bans" {
	on_each_backend preset_keeps fail2ban fail2ban_rules
}

@test "exclusive: preserve = fail2ban keeps the rule of a jail with an ipset" {
	on_each_backend preset_keeps fail2ban fail2ban_ipset_rules
}

@test "exclusive: preserve = kubernetes keeps what kube-proxy, kubelet and flannel lay" {
	on_each_backend preset_keeps kubernetes kube_rules
}

@test "exclusive: preserve = libvirt keeps its private chains" {
	on_each_backend preset_keeps libvirt libvirt_rules private
}

@test "exclusive: preserve = libvirt keeps the plain rules of before 5.1" {
	on_each_backend preset_keeps libvirt libvirt_rules plain
}

@test "exclusive: presets add up" {
	on_each_backend preset_keeps 'docker, fail2ban, kubernetes, libvirt' all_foreign_rules
}

presets_only_their_own() {
	all_foreign_rules
	both_families -A INPUT -p tcp --dport 5 -j ACCEPT
	lay iptables -A FORWARD -i eth0 -o eth1 -j ACCEPT
	lay iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
	baseline 'ownership = exclusive
preserve = {docker, fail2ban, kubernetes, libvirt}'
	dropin 10-a.rules '-A INPUT -p tcp --dport 7777 -j ACCEPT
*nat
-4 -A POSTROUTING -p tcp --dport 7777 -j RETURN'
	run_rampart 2 apply
	assert_equal "$(grep -c 'would be deleted' <<<"$stderr")" 4
	assert_error_has 'ipv4 filter: -A FORWARD -i eth0 -o eth1 -j ACCEPT'
	assert_error_has 'ipv4 nat: -A POSTROUTING -o eth0 -j MASQUERADE'
	# another preset's program is not preserved
	baseline 'ownership = exclusive
preserve = {fail2ban, kubernetes, libvirt}'
	run_rampart 2 apply
	assert_error_has 'ipv4 filter: -A FORWARD -j DOCKER-USER'
	assert_error_has 'ipv4 nat: -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'
}

@test "exclusive: a preset keeps nothing but its own" {
	on_each_backend presets_only_their_own
}

preserves_patterns() {
	both_families -N keep-a
	both_families -A keep-a -p udp --dport 1000 -j ACCEPT
	both_families -N helper
	both_families -A helper -p udp --dport 1001 -j ACCEPT
	both_families -A keep-a -j helper
	both_families -N lose
	both_families -A lose -j DROP
	both_families -A INPUT -p udp -j keep-a
	both_families -A INPUT -p tcp -j lose
	both_families -A INPUT -p udp --dport 1002 -m comment --comment 'stays, "please"' -j ACCEPT
	both_families -A OUTPUT -g keep-a
	udp 1000 3
	udp 1000 3 ::1
	before=$(live_counted | grep -e keep -e helper -e stays)
	grep -q '^\[3:[0-9]*\] -A INPUT -p udp -j keep-a' <<<"$before"
	baseline 'ownership = exclusive
preserve = {"keep-*"}
preserve_rules = {"-A INPUT * --comment \"stays*"}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 2 apply
	assert_equal "$(grep -c 'would be deleted' <<<"$stderr")" 4
	run_rampart 0 apply --take-over
	assert_equal "$(live_counted | grep -e keep -e helper -e stays)" "$before"
	assert_equal "$(rules ipv4 filter INPUT)" \
'-A INPUT -p udp -j keep-a
-A INPUT -p udp -m udp --dport 1002 -m comment --comment "stays, \"please\"" -j ACCEPT
-A INPUT -i lo -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" "$(rules ipv4 filter INPUT)"
	[[ "$(live)" != *lose* ]]
	# what the preserved chains do is their own affair
	lay iptables -I keep-a 1 -s 192.0.2.9 -j DROP
	lay iptables -F helper
	lay iptables -N keep-b
	lay iptables -I INPUT 1 -j keep-b
	run_rampart 0 check
	assert_silent
	lay iptables -D INPUT -j keep-b
	lay iptables -X keep-b
	run_rampart 0 check
}

@test "exclusive: preserve and preserve_rules keep chains, what they lead to, and rules" {
	on_each_backend preserves_patterns
}

# semantics.md 8: preserved lines keep their order and stand before ours; those that stood
# behind our last rule stay last.
preserved_order() {
	local p
	for p in 1 2 3; do
		both_families -N keep-$p
	done
	both_families -A INPUT -j keep-1
	both_families -A INPUT -j keep-2
	baseline 'ownership = exclusive
preserve = {"keep-*"}'
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT'
	order() {
		rules "$1" filter INPUT | sed -e 's/.*-j keep-/k/' -e 's/.*--dport \([0-9]*\) .*/\1/' |
			paste -s -d ' '
	}
	assert_equal "$(order ipv4)" 'k1 k2 1 2'
	# one that comes to the end stays at the end
	both_families -A INPUT -j keep-3
	run_rampart 0 check
	forget_loaded
	run_rampart 0 apply
	assert_equal "$(order ipv4)" 'k1 k2 1 2 k3'
	assert_equal "$(order ipv6)" 'k1 k2 1 2 k3'
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT
-A INPUT -p tcp --dport 4 -j ACCEPT
-A INPUT -p tcp --dport 5 -j ACCEPT'
	assert_equal "$(order ipv4)" 'k1 k2 1 2 4 5 k3'
	# on top: before ours
	both_families -I INPUT 1 -p udp -j keep-3
	run_rampart 0 check
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 5 -j ACCEPT'
	assert_equal "$(order ipv4)" 'k3 k1 k2 5 k3'
	assert_equal "$(order ipv6)" 'k3 k1 k2 5 k3'
	# in between: before ours, by moving ours
	both_families -A INPUT -p tcp --dport 6 -j keep-1
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 5 -j ACCEPT
-A INPUT -p tcp --dport 6 -j ACCEPT'
	assert_equal "$(order ipv4)" 'k3 k1 k2 5 6 k3 k1'
	# a drop-in without rules leaves what is preserved, in its order
	apply_dropin 10-a.rules '-A OUTPUT -o lo -j ACCEPT'
	assert_equal "$(order ipv4)" 'k3 k1 k2 k3 k1'
}

@test "exclusive: preserved lines keep their order, before ours or behind our last one" {
	on_each_backend preserved_order
}

preserved_counters() {
	both_families -N keep
	baseline 'ownership = exclusive
preserve = {"keep"}'
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT'
	# somebody puts a preserved line between ours
	both_families -I INPUT 2 -p udp --dport 1000 -j keep
	udp 1000 4
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT | head -n 1)" '-A INPUT -p udp -m udp --dport 1000 -j keep'
	assert_equal "$(packets ipv4 filter INPUT 1)" 4
}

@test "exclusive: a preserved line that has to be before ours keeps its counters" {
	on_each_backend preserved_counters
}

preserved_and_declared() {
	both_families -N keep
	baseline 'ownership = exclusive
preserve = {"keep"}'
	dropin 10-a.rules ':keep -
-A INPUT -j keep
-A keep -j DROP'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/etc/rampart/conf.d/10-a.rules:1: error: chain 'keep' is declared here, but 'preserve' keeps the live one (ipv4 filter)"
	assert_untouched "$before"
}

# What a dump made ours, and preserve names later, goes back to the others: with the jumps.
hands_over() {
	both_families -N KUBE-FIREWALL
	both_families -A KUBE-FIREWALL -m mark --mark 0x8000 -j DROP
	both_families -A INPUT -j KUBE-FIREWALL
	both_families -A INPUT -p tcp --dport 22 -j ACCEPT
	baseline 'ownership = exclusive'
	dropin 10-old.v4.rules "$(ns "iptables-$BACKEND-save")"
	dropin 10-old.v6.rules "$(ns "ip6tables-$BACKEND-save")"
	before=$(live)
	run_rampart 0 apply
	assert_untouched "$before"
	baseline 'ownership = exclusive  preserve = {kubernetes}'
	run_rampart 0 diff
	run_rampart 0 apply
	assert_untouched "$before"
	run_rampart 0 check
	# theirs: nobody else's flush takes it
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j KUBE-FIREWALL'
	assert_equal "$(rules ipv6 filter KUBE-FIREWALL)" \
		'-A KUBE-FIREWALL -m mark --mark 0x8000 -j DROP'
}

@test "exclusive: chains of ours that preserve names later keep their jumps" {
	on_each_backend hands_over
}

@test "exclusive: a chain can't be both declared and preserved" {
	on_each_backend preserved_and_declared
}

preserved_hooks() {
	docker_rules
	baseline 'ownership = exclusive
preserve = {docker}'
	apply_dropin 10-a.rules '-4 -A DOCKER-USER -i eth0 -j DROP
-4 -A FORWARD -p tcp --dport 5 -j DOCKER-USER'
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER'
	assert_equal "$(rules ipv4 filter rampart-DOCKER-USER)" '-A rampart-DOCKER-USER -i eth0 -j DROP'
	run_rampart 0 check
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter DOCKER-USER)" ''
	[[ "$(live)" != *rampart* ]]
}

@test "exclusive: rules in a preserved chain go through one jump" {
	on_each_backend preserved_hooks
}

# --- concerned tables --------------------------------------------------------------------------

not_concerned() {
	lay iptables -t nat -A POSTROUTING -o eth7 -j MASQUERADE
	lay iptables -t mangle -A FORWARD -j MARK --set-mark 1
	lay ip6tables -A INPUT -p tcp --dport 5 -j ACCEPT
	tables_before=$(tables)
	before=$(live)
	baseline 'ownership = exclusive'
	# a dump's headers with only built-in chains concern nothing
	dropin 10-a.v4.rules '*mangle
:PREROUTING ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
COMMIT
*raw
:PREROUTING ACCEPT [12:3456]
:OUTPUT ACCEPT [0:0]
COMMIT
*filter
-A INPUT -i lo -j ACCEPT
COMMIT'
	run_rampart 0 apply
	run_rampart 0 check
	run_rampart 0 status
	assert_equal "$(live | grep -v -e '-i lo -j ACCEPT' | grep -e '^-A')" "$(grep '^-A' <<<"$before")"
	assert_equal "$(tables | grep -v 'ip filter$')" "$(grep -v 'ip filter$' <<<"$tables_before")"
	# what others do there is none of ours
	lay iptables -t nat -A POSTROUTING -o eth8 -j MASQUERADE
	lay ip6tables -F
	run_rampart 0 check
	run_rampart 0 flush
	assert_equal "$(rules ipv4 nat POSTROUTING)" '-A POSTROUTING -o eth7 -j MASQUERADE
-A POSTROUTING -o eth8 -j MASQUERADE'
}

@test "exclusive: tables that nobody mentions are left alone and never created" {
	on_each_backend not_concerned
}

concerned_by_policy() {
	lay ip6tables -A INPUT -p tcp --dport 5 -j ACCEPT
	baseline 'ownership = exclusive
policy { INPUT = DROP }'
	dropin 10-a.rules '-4 -A INPUT -i lo -j ACCEPT'
	run_rampart 2 apply
	assert_error_has 'ipv6 filter: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT'
	run_rampart 0 apply --take-over
	assert_equal "$(rules ipv6 filter INPUT)" ''
	assert_equal "$(policy ipv6 filter INPUT)" DROP
}

@test "exclusive: a policy concerns the table in both families" {
	on_each_backend concerned_by_policy
}

no_longer_concerned() {
	baseline 'ownership = exclusive'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
*nat
:OURS -
-4 -A POSTROUTING -j OURS
-4 -A OURS -o eth0 -j MASQUERADE'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(save ipv4 nat | grep -e '^-A' -e OURS)" ''
	# and then it is nobody's
	lay iptables -t nat -A POSTROUTING -o eth8 -j MASQUERADE
	run_rampart 0 apply
	run_rampart 0 check
	forget_loaded
	run_rampart 0 check
	run_rampart 0 diff
	assert_equal "$(rules ipv4 nat POSTROUTING)" '-A POSTROUTING -o eth8 -j MASQUERADE'
}

@test "exclusive: a table that is no longer named is emptied of ours and let go" {
	on_each_backend no_longer_concerned
}

taken_per_table() {
	baseline 'ownership = exclusive'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	lay iptables -t nat -A POSTROUTING -o eth8 -j MASQUERADE
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	before=$(live)
	run_rampart 2 apply
	assert_error_has 'ipv4 nat: -A POSTROUTING -o eth8 -j MASQUERADE'
	refute_error_has 'dport 5'
	assert_untouched "$before"
}

@test "exclusive: a table that is new to us asks for --take-over of its own" {
	on_each_backend taken_per_table
}

# --- switching, flush ----------------------------------------------------------------------------

switches() {
	fail2ban_rules
	before=$(live)
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	merged=$(live)
	baseline 'ownership = exclusive
preserve = {fail2ban}
policy { INPUT = DROP }'
	run_rampart 0 apply
	[[ "$(live)" != *rampart* ]]
	assert_equal "$(rules ipv4 filter INPUT)" \
'-A INPUT -p tcp -j f2b-recidive
-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB'
	assert_equal "$(rules ipv6 filter FORWARD)" '-A FORWARD -i eth0 -j ACCEPT'
	run_rampart 0 check
	baseline 'policy { INPUT = DROP }'
	run_rampart 0 apply
	assert_equal "$(live | sort)" "$(sort <<<"$merged")"
	run_rampart 0 check
	run_rampart 0 flush
	assert_equal "$(live | sort)" "$(sort <<<"$before")"
}

@test "exclusive: merge, exclusive, merge: nothing is left behind" {
	on_each_backend switches
}

flushes_ours() {
	both_families -N keep
	both_families -A INPUT -j keep
	before=$(live)
	baseline 'ownership = exclusive
preserve = {"keep"}'
	apply_dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A OUTPUT -o lo -j ACCEPT'
	# others have come since
	both_families -A OUTPUT -p tcp --dport 5 -j ACCEPT
	both_families -N STRAY
	both_families -I INPUT 1 -j STRAY
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j STRAY
-A INPUT -j keep'
	assert_equal "$(rules ipv6 filter OUTPUT)" '-A OUTPUT -p tcp -m tcp --dport 5 -j ACCEPT'
	both_families -D INPUT -j STRAY
	both_families -X STRAY
	both_families -F OUTPUT
	assert_untouched "$before"
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
}

@test "exclusive: flush takes out only ours" {
	on_each_backend flushes_ours
}

undefined_chain() {
	lay iptables -N theirs
	baseline 'ownership = exclusive'
	dropin 10-a.rules '-4 -A INPUT -j ACCEPT
-4 -A theirs -j DROP'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/etc/rampart/conf.d/10-a.rules:2: error: chain 'theirs' is not defined in table 'filter' (in exclusive mode only chains of 'preserve' and 'foreign' stay)"
	assert_untouched "$before"
}

@test "exclusive: rules in a live chain that is not preserved are an error at their line" {
	on_each_backend undefined_chain
}

# In merge mode a preserved chain had our jump: it goes, and the chain that it led to.
jump_in_preserved_goes() {
	lay iptables -N KEPT
	lay iptables -A KEPT -j RETURN
	apply_dropin 10-a.rules '-4 -A KEPT -i eth0 -j ACCEPT
-A INPUT -i lo -j ACCEPT'
	baseline 'ownership = exclusive
preserve = {"KEPT"}'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	refute_error_has 'emptied but kept'
	assert_equal "$(rules ipv4 filter KEPT)" '-A KEPT -j RETURN'
	[[ "$(live)" != *rampart-* ]]
	run_rampart 0 check
}

@test "exclusive: our jump in a preserved chain goes, and the chain that it led to" {
	on_each_backend jump_in_preserved_goes
}
