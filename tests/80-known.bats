# What was proven is not proven again: the memory in /run/rampart/proven.
# shellcheck disable=SC2154 # the helpers set output and stderr
load helpers
load kernel

# What the scratch namespace is sent: $FAKE/proofs.
watch_proofs() {
	fake_programs 'if [ $commit = no ]; then
		case $0 in *-restore)
			tee -a "$T/proofs" >"$T/payload.$$"
			real "$@" <"$T/payload.$$"
			exit ;;
		esac
	fi'
	: >"$FAKE/proofs"
}

sends_what_is_new() {
	watch_proofs
	apply_dropin 10-a.rules ':MINE -
-A INPUT -j MINE
-A MINE -p tcp --dport 22 -j ACCEPT
-A MINE -p tcp --dport 23 -m recent --set --name X'
	: >"$FAKE/proofs"
	apply_dropin 10-a.rules ':MINE -
-A INPUT -j MINE
-A MINE -p tcp --dport 22 -j ACCEPT
-A MINE -p tcp --dport 23 -m recent --set --name X
-A MINE -p tcp --dport 24 -j ACCEPT'
	# recent: several rules share what it keeps
	assert_equal "$(grep -h '^-A MINE' "$FAKE/proofs" | sort -u)" \
		'-A MINE -p tcp --dport 23 -m recent --set --name X
-A MINE -p tcp --dport 24 -j ACCEPT'
	assert_equal "$(grep -c '^-A rampart-INPUT -j MINE' "$FAKE/proofs")" 2
	real_programs
	assert_equal "$(save ipv4 filter | grep -c '^-A MINE ')" 3
}

@test "known: only what is new is sent to the kernel for the proof, and all jumps" {
	on_each_backend sends_what_is_new
}

# The same rule, now reached from where it may not be.
reached_from_elsewhere() {
	apply_dropin 10-a.rules ':MINE -
-A OUTPUT -j MINE
-A MINE -m owner --uid-owner 0 -j ACCEPT
-A MINE -m mark --mark 1 -j REJECT
*mangle
:MINE -
-A POSTROUTING -j MINE
-A MINE -p tcp --dport 22 -j ACCEPT'
	before=$(live)
	dropin 10-a.rules ':MINE -
-A OUTPUT -j MINE
-A INPUT -j MINE
-A MINE -m owner --uid-owner 0 -j ACCEPT
-A MINE -m mark --mark 1 -j REJECT'
	run_rampart 2 apply
	assert_error_has 'error: refused' # nft: at the jump, legacy: at the rule
	assert_untouched "$before"
	# and what moved into another table
	dropin 10-a.rules '*mangle
:MINE -
-A POSTROUTING -j MINE
-A MINE -m mark --mark 1 -j REJECT'
	run_rampart 2 apply
	assert_error_has '10-a.rules:4: error: refused'
	assert_untouched "$before"
}

@test "known: a rule that is reached from elsewhere now is proven again" {
	on_each_backend reached_from_elsewhere
}

forgets() {
	watch_proofs
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT'
	: >"$FAKE/proofs"
	echo 'no memory' >"$ROOT/run/rampart/proven"
	dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p tcp --dport 23 -j ACCEPT'
	run_rampart 0 apply
	grep -q -- '--dport 22 -j' "$FAKE/proofs" || { echo 'was not proven'; return 1; }
	# cut off in the middle of a rule: that one is not known
	: >"$FAKE/proofs"
	truncate -s -20 "$ROOT/run/rampart/proven"
	dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p tcp --dport 23 -j ACCEPT
-A INPUT -p tcp --dport 24 -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(save ipv4 filter | grep -c '^-A rampart-INPUT ')" 3
	real_programs
}

@test "known: a memory that is damaged is none" {
	on_each_backend forgets
}

same_with_and_without() {
	export ROOT NS_PID BACKEND RAMPART
	"$PYTHON" -I "$BATS_TEST_DIRNAME/known.py" "${SEED:-7}" "${STEPS:-30}"
}

@test "known: random changes come out the same as without a memory (seed ${SEED:-7})" {
	on_each_backend same_with_and_without
}

# --- two shares of much, side by side -----------------------------------------------------------

# Rules of all kinds between each other: those that share something by its name, jumps, equal ones.
many_rules() {
	printf '%s\n' ':MINE -' ':LEFT -' '-A INPUT -j MINE'
	seq 1 400 | sed 's/.*/-A MINE -p tcp --dport & -m comment --comment "no &" -j ACCEPT\
-A INPUT -s 10.0.0.0\/8 -p udp --dport & -j DROP\
-A INPUT -s 10.0.0.0\/8 -p udp --dport & -j DROP\
-A MINE -p tcp --sport & -m recent --name bad --set\
-A LEFT -m hashlimit --hashlimit-upto 5\/sec --hashlimit-name h& -p udp --sport & -j RETURN/'
	printf '%s\n' '-A MINE -p tcp --dport 999 -g LEFT' '-A OUTPUT -m policy --dir out --pol none -j LEFT' '*mangle'
	seq 1 400 | sed 's/.*/-A FORWARD -p tcp --dport & -j MARK --set-mark &/'
}

# On one processor there are no shares.
on_one() { # ARG...
	(
		taskset -pc "$(taskset -pc $BASHPID | sed 's/.*: //; s/[-,].*//')" $BASHPID >/dev/null
		run_rampart "$@" >"$BATS_TEST_TMPDIR/said" || cat "$BATS_TEST_TMPDIR/said"
		printf '%s\n' "$stderr" "$output"
	)
}

two_shares() {
	baseline 'families = {ipv4}'
	dropin 10-a.rules "$(many_rules)"
	watch_proofs
	run_rampart 0 show --canonical
	assert_equal "$(grep -c '^-A MINE -p tcp --dport 999 ' "$FAKE/proofs")" 2
	assert_equal "$(grep -c '^-A MINE -p tcp --dport 7 ' "$FAKE/proofs")" 1
	assert_equal "$(grep -c -- '--name bad' "$FAKE/proofs")" 400
	assert_equal "$(on_one 0 show --canonical)" "$(printf '%s\n' "$stderr" "$output")"
	real_programs
	run_rampart 0 apply
	assert_equal "$(ns "iptables-$BACKEND-save" | grep -c '^-A')" 2406 # with the jumps of three built-in chains
	run_rampart 0 check
	assert_equal "$(on_one 0 check)" "$(printf '%s\n' "$stderr" "$output")"
	dropin 20-b.rules '-A INPUT -m owner --uid-owner 0 -j DROP
-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -m owner --uid-owner 1 -j DROP'
	rm -f "$ROOT/run/rampart/proven"
	run_rampart 2 validate
	assert_error_has '20-b.rules:1: error: refused: '
	assert_error_has '20-b.rules:3: error: refused: '
	# the kernel's own words are in its log, which it does not fill too fast
	assert_equal "$(on_one 2 validate | sed 's/refused: .*/refused/')" \
		"$(printf '%s\n' "$stderr" "$output" | sed 's/refused: .*/refused/')"
	rm "$ROOT/$CONF_D/20-b.rules"
}

@test "known: two shares of a large proof come out as one" {
	[ "$(nproc)" -gt 1 ] || skip 'one processor'
	on_each_backend two_shares
}

# What says of rules that they are good is trusted only if it is root's.
of_others() {
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT'
	dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p tcp --dport 23 -j ACCEPT'
	watch_proofs
	run_rampart 0 apply
	chown -R 1000 "$ROOT"
	: >"$FAKE/proofs"
	run_rampart 0 validate
	grep -q -- '--dport 22 -j' "$FAKE/proofs" || { echo 'was not proven'; return 1; }
	chown -R 0 "$ROOT"
	: >"$FAKE/proofs"
	run_rampart 0 validate
	! grep -q -- '--dport 22 -j' "$FAKE/proofs" || { echo 'was proven again'; return 1; }
	real_programs
}

@test "known: what the owner of an image says of its rules is not taken for a proof" {
	on_each_backend of_others
}

# --- what live holds is known by its fingerprint ------------------------------------------------

reads_no_text_twice() {
	fake_programs 'case $0 in *-save)
		[ $live = no ] || echo "$0 $*" >>"$T/saves" ;;
	esac'
	apply_dropin 10-a.rules '-A INPUT -p tcp --dport 22 -j ACCEPT'
	: >"$FAKE/saves"
	dropin 10-a.rules '-A INPUT -p tcp --dport 23 -j ACCEPT'
	run_rampart 0 apply
	# not before the change, and not behind it: it is made of what was proven
	assert_equal "$(cat "$FAKE/saves")" ''
	# another save program may be one that fails: that is found out before the change
	fake_programs '[[ $name != *-save ]] || [ $live = no ] || exit 1'
	dropin 10-a.rules '-A INPUT -p tcp --dport 25 -j ACCEPT'
	run_rampart 2 apply
	real_programs
	assert_equal "$(save ipv4 filter | grep '^-A rampart-INPUT ')" \
		'-A rampart-INPUT -p tcp -m tcp --dport 23 -j ACCEPT'
	run_rampart 0 check
	# a rule of somebody else: what is live is read again, and his rule stays
	ns iptables-$BACKEND -A rampart-INPUT -j DROP
	ns iptables-$BACKEND -I INPUT -p udp -j ACCEPT
	dropin 10-a.rules '-A INPUT -p tcp --dport 24 -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(save ipv4 filter | grep '^-A')" '-A INPUT -j rampart-INPUT
-A INPUT -p udp -j ACCEPT
-A rampart-INPUT -p tcp -m tcp --dport 24 -j ACCEPT'
	run_rampart 0 check
}

@test "known: live rules are not read where nothing has changed, and are where something has" {
	on_each_backend reads_no_text_twice
}
