# apply: live is made to match wanted, by edits; what happens when an apply was interrupted or
# failed, or when the baseline takes something back.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers

applies_twice() {
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, merge) in one step"
	assert_output_line '  ipv4: +2 -0 rules'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT'
	assert_equal "$(rules ipv6 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
}

@test "apply: live matches wanted, and the second time there is nothing to do" {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	each_backend applies_twice
}

stray_name() { # WORDS
	# shellcheck disable=SC2086 # words
	run_rampart 64 apply $1
	assert_equal "$output" ''
	assert_equal "$stderr" "rampart: error: unexpected 'A'"
}

@test "apply: a name before --adopt, or without it, is a usage error" {
	ns_start
	for words in 'A --adopt B' 'A' 'A B --adopt C D' 'A --' '--json A --adopt B' '--take-over A --adopt=B'; do
		stray_name "$words"
	done
}

@test "apply: a name behind -- alone is a usage error" {
	ns_start
	for words in '-- A' '-- A --adopt B'; do stray_name "$words"; done
}

drop_and_lo() {
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
}

family_taken_out() {
	drop_and_lo
	run_rampart 0 apply
	assert_equal "$(save ipv6 filter | grep ':INPUT')" ':INPUT DROP'
	baseline 'families = {ipv4}
		policy { INPUT = DROP }'
	run_rampart 1 diff
	assert_output_line 'ipv6 filter rampart-INPUT'
	run_rampart 0 apply
	assert_equal "$(save ipv6 filter | grep ':')" ':INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT'
	assert_equal "$(save ipv4 filter | grep ':INPUT')" ':INPUT DROP'
	run_rampart 0 flush
	assert_equal "$(save ipv4 filter | grep ':INPUT')" ':INPUT ACCEPT'
}

@test "apply: a family taken out of 'families' is cleared, its policies put back" {
	each_backend family_taken_out
}

flush_of_a_lost_family() {
	drop_and_lo
	run_rampart 0 apply
	baseline 'families = {ipv4}
		policy { INPUT = DROP }'
	run_rampart 0 flush
	assert_equal "$(save ipv6 filter | grep ':')" ':INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT'
}

@test "apply: flush clears a family that is no longer in 'families'" {
	each_backend flush_of_a_lost_family
}

policy_after_interruption() {
	drop_and_lo
	ipt -A INPUT -p udp --dport 9 -j DROP
	run_rampart 0 apply
	# killed before "current" was written
	mv "$ROOT/var/lib/rampart/current" "$ROOT/var/lib/rampart/begun"
	run_rampart 0 status
	assert_error_line 'rampart: warning: an earlier apply was killed when all was done: the new rules stay'
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	run_rampart 0 apply
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	run_rampart 0 flush
	assert_equal "$(save ipv4 filter | grep ':INPUT')" ':INPUT ACCEPT'
}

@test "apply: the policy from before our first change survives an interrupted apply" {
	each_backend policy_after_interruption
}

flush_after_interruption() {
	drop_and_lo
	ipt -A INPUT -p udp --dport 9 -j DROP
	run_rampart 0 apply
	mv "$ROOT/var/lib/rampart/current" "$ROOT/var/lib/rampart/begun"
	run_rampart 0 flush
	assert_equal "$(save ipv4 filter)" "$(printf '%s\n' '*filter' ':INPUT ACCEPT' ':FORWARD ACCEPT' \
		':OUTPUT ACCEPT' '-A INPUT -p udp -m udp --dport 9 -j DROP' COMMIT)"
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
}

@test "apply: flush after an interrupted first apply takes all of it out" {
	each_backend flush_after_interruption
}

leftover_begun() {
	drop_and_lo
	run_rampart 0 apply
	cp "$ROOT/var/lib/rampart/current" "$ROOT/var/lib/rampart/begun"
	run_rampart 0 apply
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	run_rampart 0 status
	refute_error_has 'interrupted'
}

@test "apply: what an interrupted apply left on disk is cleared even if nothing else is to be done" {
	each_backend leftover_begun
}

foreign_counters_with_position_last() {
	baseline 'position = last'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	ns "iptables-$BACKEND-restore" -n -c <<<'*filter
[77:7777] -A INPUT -p udp -j ACCEPT
COMMIT'
	run_rampart 1 check
	assert_output_line '  misplaced: -A INPUT -j rampart-INPUT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p udp -j ACCEPT
-A INPUT -j rampart-INPUT'
	assert_equal "$(packets ipv4 filter INPUT 1)" 77
}

@test "apply: a jump that has to move never costs a rule of others its counters" {
	each_backend foreign_counters_with_position_last
}

json_outcome() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply --json
	assert_output_has '"result": "applied"'
	assert_output_has "\"backend\": \"$BACKEND\""
	run_rampart 0 apply --json
	assert_output_has '"result": "same"'
	dropin 20-bad.rules '-A INPUT --nonsense'
	run_rampart 2 apply --json
	assert_output_has '"result": "refused"'
	assert_output_has '"truth": "live rules not changed"'
	rm "$ROOT/$CONF_D/20-bad.rules"
	run_rampart 0 flush --json
	assert_output_has '"result": "applied"'
}

@test "apply: --json says the outcome" {
	each_backend json_outcome
}

as_nobody() {
	run_rampart 0 apply # leaves /run/rampart behind
	for command in validate list show 'show --canonical'; do
		status=0
		# shellcheck disable=SC2086 # words
		setpriv --reuid 65534 --regid 65534 --clear-groups "$ROOT/rampart" \
			--root "$ROOT" --backend "$BACKEND" $command >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
		tail -n 3 "$BATS_TEST_TMPDIR/out"
		assert_equal "$command: $status" "$command: 0"
	done
}

@test "apply: after one, validate, list and show still work without root, with the proof" {
	public_root
	drop_and_lo
	for name in $(seq 300); do
		echo "-A INPUT -s 10.0.1.$((name % 250)) -p tcp --dport $name -j ACCEPT"
	done >"$ROOT/$CONF_D/20-many.rules"
	cp "$RAMPART" "$ROOT/rampart"
	each_backend as_nobody
}

# --- output that nobody takes ----------------------------------------------------------------

# The exit code of a run whose output goes to a full disk: full ARG...
full() {
	local status=0
	ns "$RAMPART" --root "$ROOT" --backend "$BACKEND" "$@" >/dev/full || status=$?
	echo "$status"
}

output_is_lost() {
	shipped_templates
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	assert_equal "$(full apply)" 0 # 2 would say that nothing was changed
	run_rampart 0 check
	assert_equal "$(full apply)" 0
	assert_equal "$(full status)" 2
	assert_equal "$(full show)" 2
	assert_equal "$(full templates --json)" 2 # more than a buffer
	assert_equal "$(full flush)" 0
	assert_equal "$(rules ipv4 filter INPUT)" ''
}

@test "apply: where the output can't be written, the exit code still says what is live" {
	each_backend output_is_lost
}

# --- flush without a state -------------------------------------------------------------------

policy_of_nobody() {
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	ipt -A INPUT -s 192.0.2.7
	rm -rf "$ROOT/var/lib/rampart"
	run_rampart 0 flush
	assert_error_line "rampart: warning: policy DROP of 'INPUT' (ipv4 filter) stays: whether it is rampart's is not known without a state"
	refute_error_has FORWARD # without a rule it is opened
	refute_error_has ipv6
	save ipv4 filter | grep -Fx ':INPUT DROP'
	save ipv6 filter | grep -Fx ':INPUT ACCEPT'
}

@test "flush: without a state a policy DROP above rules of others stays, with a warning" {
	each_backend policy_of_nobody
}
