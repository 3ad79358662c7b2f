# policies: who owns them, what they were before, and no gap while they change.
load helpers
load kernel
load foreign

assert_policies() { # CHAIN POLICY
	assert_equal "ipv4 $1 $(policy ipv4 filter "$1")" "ipv4 $1 $2"
	assert_equal "ipv6 $1 $(policy ipv6 filter "$1")" "ipv6 $1 $2"
}

# --- owned ----------------------------------------------------------------------------------

owned_in() { # MODE
	local mode="ownership = $1"
	baseline "$mode
policy { INPUT = DROP  FORWARD = DROP  OUTPUT = ACCEPT }"
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	assert_policies INPUT DROP
	assert_policies FORWARD DROP
	assert_policies OUTPUT ACCEPT
	run_rampart 0 check
	# another's -P is drift
	lay iptables -P INPUT ACCEPT
	lay ip6tables -P OUTPUT DROP
	run_rampart 1 check
	assert_output_line 'ipv4 filter INPUT'
	assert_output_line '  policy is ACCEPT instead of DROP'
	assert_output_line 'ipv6 filter OUTPUT'
	assert_output_line '  policy is DROP instead of ACCEPT'
	run_rampart 0 apply
	assert_policies INPUT DROP
	assert_policies OUTPUT ACCEPT
	assert_equal "$(live | grep -c policy)" 0 # no cover is left
}

@test "policies: those of the baseline are owned in both families, merge" {
	on_each_backend owned_in merge
}

@test "policies: those of the baseline are owned in both families, exclusive" {
	on_each_backend owned_in exclusive
}

unnamed_in() { # MODE
	both_families -P FORWARD DROP
	both_families -A FORWARD -i eth0 -j ACCEPT
	baseline "ownership = $1
preserve_rules = {\"-A FORWARD -i eth0 *\"}
policy { INPUT = DROP }"
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth1 -j ACCEPT'
	assert_policies FORWARD DROP
	# and is nobody's business
	both_families -P FORWARD ACCEPT
	run_rampart 0 check
	both_families -P OUTPUT DROP
	run_rampart 0 check
	run_rampart 0 apply
	assert_policies FORWARD ACCEPT
	assert_policies OUTPUT DROP
	both_families -P OUTPUT ACCEPT
}

@test "policies: one that nobody names is left as it is, merge" {
	on_each_backend unnamed_in merge
}

@test "policies: one that nobody names is left as it is, exclusive" {
	on_each_backend unnamed_in exclusive
}

# --- what was before --------------------------------------------------------------------------

goes_back_in() { # MODE
	local mode="ownership = $1
preserve_rules = {\"* eth9 *\"}"
	both_families -P FORWARD DROP
	both_families -A FORWARD -i eth9 -j ACCEPT
	baseline "$mode
policy { INPUT = DROP  FORWARD = ACCEPT }"
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	# through several applies, and when the files change their mind
	baseline "$mode
policy { INPUT = ACCEPT  FORWARD = DROP }"
	run_rampart 0 apply
	baseline "$mode
policy { INPUT = DROP  FORWARD = ACCEPT }"
	run_rampart 0 apply
	assert_policies INPUT DROP
	assert_policies FORWARD ACCEPT
	# no longer named: as before us
	baseline "$mode
policy { INPUT = DROP }"
	run_rampart 0 apply
	assert_policies INPUT DROP
	assert_policies FORWARD DROP
	run_rampart 0 check
	baseline "$mode
policy { INPUT = DROP  FORWARD = ACCEPT }"
	run_rampart 0 apply
	assert_policies FORWARD ACCEPT
	run_rampart 0 flush
	assert_policies INPUT ACCEPT
	assert_policies FORWARD DROP
}

@test "policies: no longer named or flushed, they are what they were before us, merge" {
	on_each_backend goes_back_in merge
}

@test "policies: no longer named or flushed, they are what they were before us, exclusive" {
	on_each_backend goes_back_in exclusive
}

never_drop_without_rules() {
	both_families -P INPUT DROP
	both_families -P FORWARD DROP
	both_families -A FORWARD -i eth9 -j ACCEPT
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	run_rampart 0 flush
	# what was before would lock everybody out
	assert_policies INPUT ACCEPT
	assert_policies FORWARD DROP
}

@test "policies: flush never leaves DROP without rules" {
	on_each_backend never_drop_without_rules
}

flush_without_state() {
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	rm -r "$ROOT/var/lib/rampart"
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
	assert_policies INPUT ACCEPT
}

@test "policies: flush without its state does not leave DROP without rules either" {
	on_each_backend flush_without_state
}

no_longer_named_without_rules() {
	both_families -P INPUT DROP
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	baseline ''
	dropin 10-a.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply
	assert_policies INPUT ACCEPT
}

@test "policies: one that goes back to DROP does not where no rule is left" {
	on_each_backend no_longer_named_without_rules
}

# --- -P in drop-ins ----------------------------------------------------------------------------

policy_in_dropins() {
	dropin 10-a.rules ':INPUT DROP [12:34]
-P FORWARD DROP
-A INPUT -i lo -j ACCEPT
*mangle
-P POSTROUTING ACCEPT
-4 -P OUTPUT DROP
*raw
:OUTPUT ACCEPT [0:0]'
	dropin 20-b.rules '-P FORWARD ACCEPT'
	run_rampart 0 apply
	assert_policies INPUT DROP
	assert_policies FORWARD ACCEPT # the last word
	assert_equal "$(policy ipv4 mangle OUTPUT)" DROP
	assert_equal "$(policy ipv6 mangle OUTPUT)" "$([ -z "$(save ipv6 mangle)" ] || echo ACCEPT)"
	lay iptables -P INPUT ACCEPT
	run_rampart 1 check
	rm "$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	assert_policies INPUT ACCEPT
	assert_equal "$(policy ipv4 mangle OUTPUT)" ACCEPT
}

@test "policies: -P and chain lines of drop-ins own them too, the last word wins" {
	on_each_backend policy_in_dropins
}

policy_against_baseline() {
	baseline '# one
policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-P INPUT ACCEPT
-P FORWARD DROP'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/etc/rampart/conf.d/10-a.rules:2: error: policy ACCEPT of chain 'INPUT' is not the baseline's, which is DROP at /etc/rampart/rampart.conf:2"
	refute_error_has '10-a.rules:3'
	assert_untouched "$before"
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-P INPUT DROP'
	run_rampart 0 apply
	assert_policies INPUT DROP
	dropin 10-a.rules '-P WEB DROP
-P INPUT REJECT
*nat
-P PREROUTING DROP'
	run_rampart 2 apply
	assert_error_has '10-a.rules:1: error:'
	assert_error_has '10-a.rules:2: error:'
	assert_error_has '10-a.rules:4: error:'
	assert_policies INPUT DROP
}

@test "policies: another than the baseline's is an error with both places" {
	on_each_backend policy_against_baseline
}

# --- no gap -----------------------------------------------------------------------------------

# A large packet is on its way through these for longer than a commit takes: one that began
# below the old rules and ends at the new policy is decided by neither ruleset.
long_way() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		echo "-A INPUT -p udp -m string --algo bm --string never$i -j DROP"
	done
}

# The policy forbids, a rule allows; and the other way round. policy_forbids [MODE]
policy_forbids() {
	baseline "families = {ipv4}
ownership = ${1:-merge}
policy { INPUT = DROP }"
	{
		echo '-A INPUT -p udp --dport 1000 -j ACCEPT'
		long_way
	} >"$ROOT/$CONF_D/10-a.rules"
}

policy_allows() {
	baseline "families = {ipv4}
ownership = ${1:-merge}
policy { INPUT = ACCEPT }"
	{
		echo '-A INPUT -p udp --dport 2000 -j DROP'
		long_way
	} >"$ROOT/$CONF_D/10-a.rules"
}

flood_start() {
	built bench/flood -D_GNU_SOURCE -pthread
	rm -f "$BATS_TEST_TMPDIR/flood.$BACKEND"
	mkfifo "$BATS_TEST_TMPDIR/flood.$BACKEND"
	nsenter -t "$NS_PID" -n -m -- "$BUILT" -s 60000 127.0.0.1 1000 2000 \
		>"$BATS_TEST_TMPDIR/flood.$BACKEND" 3>&- &
	FLOOD_PID=$!
	exec 7<"$BATS_TEST_TMPDIR/flood.$BACKEND"
	read -r _ <&7
}

flood_stop() {
	kill "$FLOOD_PID"
	flood=$(cat <&7)
	exec 7<&-
	wait "$FLOOD_PID"
	echo "# $flood"
}

no_gap() { # MODE TIMES
	local i
	policy_forbids "$1"
	run_rampart 0 apply
	flood_start
	for ((i = 0; i < $2; i++)); do
		policy_allows "$1"
		run_rampart 0 apply
		policy_forbids "$1"
		run_rampart 0 apply
	done >/dev/null
	flood_stop
	assert_matches "$flood" $'^allowed [0-9]{3,} 0\nforbidden [0-9]{3,} 0$'
	assert_equal "$(live | grep -c 'policy change' || true)" 0
}

@test "policies: fifty applies with different policies: no packet lost, none let in, merge" {
	on_each_backend no_gap merge 25
}

@test "policies: thirty applies with different policies: no packet lost, none let in, exclusive" {
	on_each_backend no_gap exclusive 15
}

# Between no rules and rules that need the policy nothing that is allowed on both sides is lost.
no_gap_flush() {
	local i
	policy_forbids
	run_rampart 0 apply
	flood_start
	for ((i = 0; i < 5; i++)); do
		run_rampart 0 flush
		run_rampart 0 apply
	done >/dev/null
	flood_stop
	assert_matches "$flood" $'^allowed [0-9]{3,} 0\n'
}

@test "policies: flush and apply lose nothing that both allow" {
	on_each_backend no_gap_flush
}

# Same policy, other rules: nothing that both forbid gets in, nothing that both allow is lost.
no_gap_rules() {
	local i
	baseline 'families = {ipv4}
policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT'
	run_rampart 0 apply
	flood_start
	for ((i = 0; i < 5; i++)); do
		dropin 10-a.rules ':NEW -
-A INPUT -j NEW
-A NEW -p udp --dport 1000:1001 -j ACCEPT'
		run_rampart 0 apply
		lay iptables -I INPUT 1 -p tcp --dport 5 -j ACCEPT
		run_rampart 0 apply
		dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p udp --dport 1000 -j ACCEPT'
		run_rampart 0 apply
	done >/dev/null
	flood_stop
	assert_matches "$flood" $'^allowed [0-9]{3,} 0\nforbidden [0-9]{3,} 0$'
}

@test "policies: rules and chains that change under one policy leave no gap" {
	on_each_backend no_gap_rules
}

# --- undone, interrupted --------------------------------------------------------------------------

undone() {
	both_families -A FORWARD -i eth9 -j ACCEPT
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	fake_programs '[ $commit = yes ] && [[ $name = ip6* ]] && { echo no >&2; exit 1; }'
	baseline 'policy { INPUT = ACCEPT  FORWARD = DROP  OUTPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i eth0 -j DROP
-A OUTPUT -o lo -j ACCEPT'
	per_table run_rampart 3 apply
	assert_error_has 'the old rules are back and verified'
	assert_untouched "$before"
}

@test "policies: an apply that is undone puts the policies back" {
	on_each_backend undone
}

# Killed behind the Nth commit: neither ruleset lets 2000 in, both let 1000 in.
interrupted_under_cover() {
	local n
	baseline 'families = {ipv4}'
	for ((n = 1; ; n++)); do
		policy_forbids
		run_rampart 0 apply
		fake_programs "[ \$commit = yes ] && {
			real \"\$@\" || exit
			echo >>\"\$T/nr\"
			[ \$(wc -l <\"\$T/nr\") -ne $n ] || { $KILL_BOTH; }
			exit
		}"
		: >"$FAKE/nr"
		policy_allows
		status=0
		per_table run_rampart 137 apply >/dev/null || status=$?
		[ $status -eq 0 ] || break
		real_programs
		echo "# behind commit $n: $(policy ipv4 filter INPUT), $(rules ipv4 filter INPUT | paste -s)"
		flood_start
		flood_stop
		assert_matches "$flood" $'^allowed [0-9]+ 0\nforbidden [0-9]+ 0$'
		run_rampart 0 apply
		assert_error_has 'rampart: warning: an earlier apply was killed'
		assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT'
		assert_equal "$(policy ipv4 filter INPUT)" ACCEPT
		run_rampart 0 check
	done
	real_programs
	[ $n -gt 1 ]
	# and the old policy is still known
	run_rampart 0 flush
	assert_policies INPUT ACCEPT
}

@test "policies: killed behind each commit: no gap, and the next apply takes the cover away" {
	on_each_backend interrupted_under_cover
}

interrupted_and_back() {
	[ $BACKEND = nft ] || return 0
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT'
	before=$(live)
	fake_programs "[ \$commit = no ] || { real \"\$@\"; $KILL_BOTH; exit; }"
	baseline 'policy { INPUT = ACCEPT }'
	dropin 10-a.rules '-A INPUT -p udp --dport 2000 -j DROP'
	per_table run_rampart 137 apply
	real_programs
	# the administrator thinks better of it
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT'
	assert_untouched "$before"
	run_rampart 0 check
}

@test "policies: killed under cover, the old files bring the old rules back" {
	on_each_backend interrupted_and_back
}

# Killed with a policy set, and the next one killed as well, which no longer names it.
killed_twice() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i lo -j ACCEPT'
	fake_programs "[ \$commit = no ] || [[ \$name != ip6* ]] || { real \"\$@\"; $KILL_BOTH; exit; }"
	per_table run_rampart 137 apply
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	fake_programs "[ \$commit = no ] || { $KILL_BOTH; exit; }"
	per_table run_rampart 137 apply
	real_programs
	run_rampart 0 "$1"
	assert_policies FORWARD ACCEPT
}

@test "policies: killed twice, one that is no longer named still goes back" {
	on_each_backend killed_twice apply
	on_each_backend killed_twice flush
}
