# edits: live becomes as wanted by the fewest changes; what stays keeps its counters.
load helpers
load kernel

# "port packets" of the rules with a port, of both families, in order.
port_counters() {
	live_counted | sed -n 's/^\[\([0-9]*\):.*--dport \([0-9]*\) .*/\2 \1/p'
}

# N packets to port 1000 + N, N = 1 to 9.
some_traffic() {
	local n
	for n in 1 2 3 4 5 6 7 8 9; do
		udp $((1000 + n)) $n
		udp $((1000 + n)) $n ::1
	done
}

# --- counters ------------------------------------------------------------------------------

keeps_counters() {
	both_families -N others
	both_families -A INPUT -p udp --dport 1008 -j others
	both_families -A others -p udp --dport 1008 -j ACCEPT
	both_families -A INPUT -p udp --dport 1009 -j ACCEPT
	apply_dropin 10-a.rules ':MINE -
-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1002 -j DROP
-A INPUT -p udp --dport 1003 -j MINE
-A MINE -p udp --dport 1003 -j DROP
-A INPUT -p udp --dport 1004 -j DROP
-A INPUT -p udp --dport 1005 -j DROP'
	some_traffic
	before='1008 8
1009 9
1008 8
1001 1
1002 2
1003 3
1004 4
1005 5
1003 3'
	# order of chains differs; so do the two backends
	assert_equal "$(port_counters | sort)" "$({ echo "$before"; echo "$before"; } | sort)"
	# one more, one less, one changed, one moved; another file; another chain
	apply_dropin 10-a.rules ':MINE -
:MORE -
-A INPUT -p udp --dport 1010 -j DROP
-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1003 -j MINE
-A MINE -p udp --dport 1003 -j DROP
-A MINE -p udp --dport 1011 -j MORE
-A INPUT -p udp --dport 1005 -j DROP
-A INPUT -p udp --dport 1004 -j DROP'
	after='1001 1
1003 3
1003 3
1008 8
1008 8
1009 9
1010 0
1011 0'
	four=$(counted ipv4 filter dport | sed 's/^\[\([0-9]*\):.*--dport \([0-9]*\) .*/\2 \1/' | sort)
	six=$(counted ipv6 filter dport | sed 's/^\[\([0-9]*\):.*--dport \([0-9]*\) .*/\2 \1/' | sort)
	# of the two that changed places one has moved, the other has not; where a table of legacy is
	# exchanged, it is the same rule there
	assert_equal "$(grep -v -e 1004 -e 1005 <<<"$four")" "$after"
	assert_equal "$(grep -v -e 1004 -e 1005 <<<"$six")" "$after"
	moved='^1004 4 1005 5$'
	[ $BACKEND = legacy ] || moved='^1004 (4 1005 0|0 1005 5)$'
	assert_matches "$(grep -e 1004 -e 1005 <<<"$four" | paste -s -d ' ')" "$moved"
	# nothing to do costs nothing either
	before=$(live_counted)
	forget_loaded
	run_rampart 0 apply
	assert_equal "$(live_counted)" "$before"
	# nor do looks
	run_rampart 0 check
	run_rampart 0 status
	run_rampart 0 diff
	run_rampart 0 validate
	assert_equal "$(live_counted)" "$before"
}

@test "edits: counters of unchanged rules are kept exactly, ours and others'" {
	on_each_backend keeps_counters
}

keeps_counters_exclusive() {
	baseline 'ownership = exclusive
preserve = {"keep"}'
	both_families -N keep
	both_families -A keep -p udp --dport 1008 -j DROP
	both_families -A INPUT -p udp --dport 1008 -j keep
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1002 -j DROP
-A INPUT -p udp --dport 1003 -j DROP'
	some_traffic
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1004 -j DROP
-A INPUT -p udp --dport 1003 -j DROP
-A FORWARD -j DROP'
	assert_equal "$(port_counters | sort -u)" '1001 1
1003 3
1004 0
1008 8'
	# a rule of another program on top costs no counter when it goes
	both_families -I INPUT 1 -p tcp --dport 1 -j ACCEPT
	run_rampart 0 apply
	assert_equal "$(port_counters | sort -u)" '1001 1
1003 3
1004 0
1008 8'
}

@test "edits: counters are kept in exclusive mode as well" {
	on_each_backend keeps_counters_exclusive
}

keeps_counters_undone() {
	both_families -A INPUT -p udp --dport 1009 -j DROP
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1002 -j DROP'
	some_traffic
	before=$(live_counted)
	# the second family fails: the first has to be undone
	fake_programs '[ $commit = yes ] && [[ $name = ip6* ]] && exit 1'
	dropin 10-a.rules '-A INPUT -p udp --dport 1001 -j DROP
-A INPUT -p udp --dport 1005 -j DROP
-A INPUT -p udp --dport 1002 -j DROP'
	per_table run_rampart 3 apply
	assert_error_has 'the old rules are back and verified'
	assert_equal "$(live_counted)" "$before"
}

@test "edits: an apply that is undone costs no counter of what stayed" {
	on_each_backend keeps_counters_undone
}

# nft: a rule that is not touched goes on where it was; legacy writes the table as a whole.
keeps_quota() {
	[ $BACKEND = nft ] || return 0
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1001 -m quota --quota 70 -j ACCEPT
-A INPUT -p udp --dport 1001 -j DROP'
	udp 1001 5 # of 30 bytes each
	assert_equal "$(packets ipv4 filter rampart-INPUT 1)" 2
	apply_dropin 20-b.rules '-A INPUT -p udp --dport 1002 -j ACCEPT'
	udp 1001 5
	assert_equal "$(packets ipv4 filter rampart-INPUT 1)" 2
	assert_equal "$(packets ipv4 filter rampart-INPUT 2)" 8
}

@test "edits: a quota that is used up stays used up (nft)" {
	on_each_backend keeps_quota
}

# --- nothing to do ---------------------------------------------------------------------------

writes_nothing() {
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules ':MINE -
-A INPUT -i lo -j ACCEPT
-A INPUT -j MINE
*nat
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080'
	[ $BACKEND = legacy ] || generation=$(nft_generation)
	# not even another program is started
	traced '-f -e trace=execve,fork,vfork,clone,clone3,setsockopt,sendmsg' 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
	assert_equal "$(grep -c execve "$TRACE")" 1
	assert_equal "$(grep -E ' (v?fork|clone3?|sendmsg)\(|REPLACE' "$TRACE")" ''
	# where it has to look, it looks, and commits nothing
	watch_commits
	forget_loaded
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
	rm -r "$ROOT/run/rampart"
	run_rampart 0 apply
	# other files with the same meaning
	dropin 10-a.rules '# the same again
:MINE -
-A INPUT --in-interface lo -j ACCEPT
-A INPUT -j MINE
*nat
-A PREROUTING --protocol tcp --dport http -j REDIRECT --to-ports 8080'
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
	run_rampart 0 check --inputs
	for command in check status 'show --canonical' validate diff; do
		run_rampart 0 $command
	done
	assert_equal "$(cat "$FAKE/commits")" ''
	[ $BACKEND = legacy ] || assert_equal "$(nft_generation)" "$generation"
	real_programs
}

@test "edits: nothing to do is no write, and no process where nothing has moved" {
	on_each_backend writes_nothing
}

refused_writes_nothing() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	watch_commits
	[ $BACKEND = legacy ] || generation=$(nft_generation)
	dropin 10-a.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT'
	run_rampart 2 apply
	assert_equal "$(cat "$FAKE/commits")" ''
	[ $BACKEND = legacy ] || assert_equal "$(nft_generation)" "$generation"
}

@test "edits: a refused apply writes nothing" {
	on_each_backend refused_writes_nothing
}

# --- minimal ---------------------------------------------------------------------------------

hundred() {
	local i
	for ((i = 1; i <= 100; i++)); do
		echo "-A INPUT -p tcp --dport $i -j ACCEPT"
	done
}

# After an apply of the standard input: so many lines were committed in each family.
edits_of() {
	cat >"$ROOT/$CONF_D/10-a.rules"
	: >"$FAKE/commits"
	run_rampart 0 apply
	assert_equal "$(committed | wc -l)" $(($1 * 2))
}

minimal() {
	hundred >"$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	watch_commits
	hundred | sed 's/--dport 50 /--dport 5050 /' | edits_of 2
	assert_equal "$(committed | sort -u)" '-D rampart-INPUT 50
-I rampart-INPUT 50 -p tcp -m tcp --dport 5050 -j ACCEPT'
	hundred | edits_of 2
	hundred | sed '/--dport 50 /d' | edits_of 1
	hundred | edits_of 1
	# at either end
	hundred | sed '/--dport 1 /d' | edits_of 1
	hundred | edits_of 1
	hundred | sed '/--dport 100 /d' | edits_of 1
	hundred | edits_of 1
	# moved: out and in again
	{ hundred | tail -n 1; hundred | head -n 99; } | edits_of 2
	hundred | edits_of 2
	# two changes places
	hundred | sed -e '50{h;d}' -e '51G' | edits_of 2
	hundred | edits_of 2
	# doubled
	hundred | sed '50p' | edits_of 1
	hundred | edits_of 1
	# all at once
	hundred | sed -e '3d' -e '20s/ACCEPT/DROP/' -e '77p' -e '99d' | edits_of 5
	hundred | edits_of 5
	# a chain: made, filled, jumped to; and back
	{ echo ':NEW -'; hundred; echo '-A INPUT -j NEW'; echo '-A NEW -j DROP'; } | edits_of 3
	hundred | edits_of 3
	assert_equal "$(grep -c COMMIT "$FAKE/commits")" 2
	assert_equal "$(rules ipv6 filter rampart-INPUT | wc -l)" 100
}

@test "edits: one of a hundred rules changed is one rule changed" {
	on_each_backend minimal
}

minimal_jump() {
	both_families -A INPUT -p tcp --dport 5 -j ACCEPT
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	watch_commits
	# ours changes, INPUT is not touched
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT'
	assert_equal "$(committed | grep -v rampart-INPUT)" ''
	assert_equal "$(committed | sort -u)" '-A rampart-INPUT -p tcp -m tcp --dport 22 -j ACCEPT'
	# a chain of others is edited by text, never by number
	both_families -A INPUT -j rampart-INPUT
	both_families -I INPUT 1 -p tcp --dport 6 -j ACCEPT
	: >"$FAKE/commits"
	run_rampart 0 apply
	assert_equal "$(committed | sort | uniq -c | sed 's/^ *//')" '4 -D INPUT -j rampart-INPUT
2 -I INPUT 1 -j rampart-INPUT'
	# also where the first of two is the right one
	both_families -A INPUT -j rampart-INPUT
	: >"$FAKE/commits"
	run_rampart 0 apply
	assert_equal "$(committed | grep -e '-D INPUT [0-9]' || true)" ''
	[ "$(committed | grep -c -e '-D INPUT -j rampart-INPUT')" -ge 2 ]
	assert_equal "$(rules ipv4 filter INPUT | grep -c rampart)" 1
}

@test "edits: INPUT is not touched where the jump is right, and by text where not" {
	on_each_backend minimal_jump
}

one_table_only() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE
*mangle
-4 -A FORWARD -j MARK --set-mark 1'
	watch_commits
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
*nat
-4 -A POSTROUTING -o eth1 -j MASQUERADE
*mangle
-4 -A FORWARD -j MARK --set-mark 1'
	assert_equal "$(grep '^\*' "$FAKE/commits")" '*nat'
}

@test "edits: a table that is as wanted takes no part in the commit" {
	on_each_backend one_table_only
}

# --- duplicates ----------------------------------------------------------------------------------

duplicates() {
	local step
	for step in '1 1 1' '1 2 1' '2 1 1 2' '1' '1 1' '2 2 1 1 2 2' '1 2 1 2 1 2' ''; do
		: >"$ROOT/$CONF_D/10-a.rules"
		for port in $step; do
			echo "-A INPUT -p tcp -m tcp --dport $port -j ACCEPT" >>"$ROOT/$CONF_D/10-a.rules"
		done
		echo '-A INPUT -j RETURN' >>"$ROOT/$CONF_D/10-a.rules"
		run_rampart 0 apply
		for family in ipv4 ipv6; do
			assert_equal "$(rules $family filter rampart-INPUT |
				sed -n 's/.*--dport \([0-9]\) .*/\1/p' | paste -s -d ' ')" "$step"
		done
	done
}

@test "edits: equal rules, as many and where they are wanted" {
	on_each_backend duplicates
}

duplicates_of_others() {
	# the same text as ours in their chain, before and behind
	baseline 'ownership = exclusive
preserve_rules = {"-A INPUT -p udp *"}'
	both_families -A INPUT -p udp --dport 1001 -j ACCEPT
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT
-A INPUT -p tcp --dport 1 -j ACCEPT'
	udp 1001 3
	both_families -A INPUT -p udp --dport 1001 -j ACCEPT
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 2 -j ACCEPT'
	for family in ipv4 ipv6; do
		assert_equal "$(rules $family filter INPUT | sed 's/.*--dport \([0-9]*\) .*/\1/' |
			paste -s -d ' ')" '1001 1 2 1001'
	done
	assert_equal "$(packets ipv4 filter INPUT 1)" 3
}

@test "edits: equal rules of others are told apart by their place" {
	on_each_backend duplicates_of_others
}

# --- at random -----------------------------------------------------------------------------------

random_rulesets() { # SEED PAIRS MODE
	export ROOT NS_PID BACKEND RAMPART
	"$PYTHON" -I "$BATS_TEST_DIRNAME/random_rules.py" "$@"
}

@test "edits: random rulesets, one after the other, merge (seed 20)" {
	on_each_backend random_rulesets 20 35 merge
}

@test "edits: random rulesets, one after the other, exclusive (seed 21)" {
	on_each_backend random_rulesets 21 35 exclusive
}

large() {
	local i
	for ((i = 0; i < 3000; i++)); do
		echo "-A INPUT -s 10.$((i / 250)).$((i % 250)).0/24 -p tcp --dport $((i + 1)) -j ACCEPT"
	done >"$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	watch_commits
	sed -i -e '1500s/ACCEPT/DROP/' -e '2000d' "$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	assert_equal "$(committed | wc -l)" 3
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 2999
	# and all of them replaced
	sed -i 's/ACCEPT/RETURN/' "$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT | grep -c RETURN)" 2998
}

@test "edits: thousands of rules" {
	on_each_backend large
}
