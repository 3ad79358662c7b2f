# generations: what was applied is numbered and kept, and is the way back.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load foreign
load generations

GENERATIONS=var/lib/rampart/generations

# The nth generation has port 1000 + n.
generation() {
	dropin 10-a.rules "-A INPUT -p tcp --dport $((1000 + $1)) -j ACCEPT"
	run_rampart 0 apply
}

ports() {
	rules "${1:-ipv4}" filter rampart-INPUT | sed -n 's/.*--dport \([0-9]*\) .*/\1/p' | paste -s -d ' '
}

# --- history --------------------------------------------------------------------------------

history_lists() {
	local n
	run_rampart 0 history
	assert_equal "$output" 'no generations: nothing applied yet'
	run_rampart 0 history --json
	assert_equal "$(json 'o["generations"]')" '[]'
	generation 1
	run_rampart 0 apply # nothing to do
	dropin 10-a.rules '-A INPUT -p tcp --dport 1002 -j ACCEPT
-4 -A OUTPUT -o lo -j ACCEPT'
	SUDO_USER=alice run_rampart 0 apply --json
	assert_equal "$(json 'o["generation"]')" 2
	# a name that no user has is not believed
	dropin 10-a.rules '-A INPUT -p tcp --dport 1003 -j ACCEPT'
	SUDO_USER='x y' run_rampart 0 apply
	run_rampart 0 history
	assert_equal "$(head -n 1 <<<"$output")" '   gen  status    applied               kernel  ownership   rules  by'
	assert_equal "$(sed -e 's/20[0-9T:-]*Z/TIME/' -e "s/ $BACKEND /  $BACKEND  /" -e 's/  */ /g' <<<"$output")" \
		" gen status applied kernel ownership rules by
 1 good TIME $BACKEND merge 2 root
 2 good TIME $BACKEND merge 3 alice (sudo)
* 3 good TIME $BACKEND merge 2 root"
	run_rampart 0 history --json
	assert_equal "$(json 'len(o["generations"])')" 3
	assert_equal "$(json '[(g["generation"], g["status"], g["current"], g["by"], g["backend"], g["ownership"], g["rules"])
		for g in o["generations"]][1]')" "(2, 'good', False, 'alice (sudo)', '$BACKEND', 'merge', 3)"
	assert_equal "$(json 'o["generations"][2]["current"]')" True
	assert_equal "$(json 'len({g["inputs"] for g in o["generations"]})')" 3
	assert_matches "$(json 'o["generations"][0]["applied"]')" '^20[0-9T:-]+Z$'
	assert_equal "$(json 'o["generations"][0]["version"]')" "$(cat "$BATS_TEST_DIRNAME/../VERSION")"
	run_rampart 0 status
	assert_output_line 'generation 3, good'
	run_rampart 0 status --json
	assert_equal "$(json 'o["generation"]')" 3
}

@test "generations: history lists them" {
	on_each_backend history_lists
}

same_rules() {
	generation 1
	# other files, the same rules: a boot with these files has to know them
	dropin 20-b.rules '# nothing'
	run_rampart 0 apply
	assert_output_has 'nothing to do'
	assert_history '1 good, *2 good'
	run_rampart 0 apply
	assert_history '1 good, *2 good'
}

@test "generations: files that say the same in other words are one more, an apply that repeats is none" {
	on_each_backend same_rules
}

@test "generations: who applied is the user behind sudo, else who logged in" {
	ns_start
	ns sh -c 'echo 1000 >/proc/self/loginuid' 2>/dev/null || skip 'no login uids here'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	ns sh -c 'echo 1000 >/proc/self/loginuid && exec "$@"' sh "$RAMPART" --root "$ROOT" --backend $BACKEND -q apply
	run_rampart 0 status
	assert_output_has ', by root (login uid 1000), version '
	run_rampart 0 history
	assert_matches "$output" ' root \(login uid 1000\)$'
}

# --- rollback -------------------------------------------------------------------------------

rolls_back() {
	generation 1
	first=$(live)
	generation 2
	second=$(live)
	generation 3
	run_rampart 0 rollback
	assert_equal "$output" "back at generation 2
applied ($BACKEND, merge) in one step
  ipv4: +1 -1 rules
  ipv6: +1 -1 rules"
	assert_untouched "$second"
	assert_history '1 good, *2 good, 3 rejected'
	run_rampart 0 check
	run_rampart 1 check --inputs
	run_rampart 0 rollback --json
	assert_equal "$(json 'o["result"], o["generation"], o["changed"]["ipv4"]["added"]')" "('applied', 1, 1)"
	assert_untouched "$first"
	assert_history '*1 good, 2 rejected, 3 rejected'
	run_rampart 2 rollback
	assert_equal "$stderr" "rampart: error: there is no good generation before this one: 'rampart flush' takes all rules out
rampart: live rules not changed"
	assert_untouched "$first"
	# an explicit apply tries the files again
	run_rampart 0 apply
	assert_history '1 good, 2 rejected, 3 rejected, *4 good'
	assert_equal "$(ports)" 1003
}

@test "generations: rollback goes to the good one before, and rejects what it leaves" {
	on_each_backend rolls_back
}

rolls_back_to() {
	local n
	for n in 1 2 3; do generation $n; done
	run_rampart 0 rollback 1
	assert_equal "$(ports ipv4) $(ports ipv6)" '1001 1001'
	assert_history '*1 good, 2 good, 3 rejected'
	# and forward again
	run_rampart 0 rollback 2
	assert_equal "$(ports)" 1002
	assert_history '1 good, *2 good, 3 rejected'
	run_rampart 0 rollback 2
	assert_output_line 'back at generation 2'
	assert_output_has 'nothing to do'
	# what has drifted is mended on the way
	both_families -F rampart-INPUT
	run_rampart 0 rollback 2
	assert_equal "$(ports)" 1002
	before=$(live)
	for n in 3:"generation 3 is rejected: only to a good one is there a way back" \
		9:"there is no generation 9: 'rampart history' lists them" \
		0:"'0' is not the number of a generation: 'rampart history' lists them" \
		x:"'x' is not the number of a generation: 'rampart history' lists them" \
		1x:"'1x' is not the number of a generation: 'rampart history' lists them" \
		99999999999:"'99999999999' is not the number of a generation: 'rampart history' lists them"; do
		run_rampart 2 rollback "${n%%:*}"
		assert_equal "$stderr" "rampart: error: ${n#*:}
rampart: live rules not changed"
	done
	run_rampart 64 rollback 1 2
	assert_untouched "$before"
	assert_history '1 good, *2 good, 3 rejected'
}

@test "generations: rollback N" {
	on_each_backend rolls_back_to
}

after_flush() {
	generation 1
	generation 2
	run_rampart 0 flush
	assert_history '1 good, 2 good'
	run_rampart 0 status
	assert_output_line 'applied    nothing yet'
	run_rampart 0 rollback
	assert_equal "$(ports)" 1002
	assert_history '1 good, *2 good'
	run_rampart 0 flush
	run_rampart 0 rollback 1
	assert_equal "$(ports)" 1001
	run_rampart 0 check
}

@test "generations: behind a flush the last one is the way back" {
	on_each_backend after_flush
}

others_stay() {
	fail2ban_rules
	generation 1
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A FORWARD -i eth0 -j DROP
-A WEB -p tcp --dport 80 -j ACCEPT'
	run_rampart 0 apply
	docker_rules
	lay iptables -I f2b-sshd 1 -s 203.0.113.9 -j DROP
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	lay ip6tables -I INPUT 1 -p tcp --dport 6 -j ACCEPT
	run_rampart 0 rollback
	theirs=$(live | grep -v -e rampart- -e WEB)
	assert_equal "$(ports ipv4) $(ports ipv6)" '1001 1001'
	run_rampart 0 flush
	assert_equal "$(live)" "$theirs"
	grep -q -e '-A f2b-sshd -s 203.0.113.9/32 -j DROP' <<<"$theirs"
	grep -q -e '-A INPUT -p tcp -m tcp --dport 5 -j ACCEPT' <<<"$theirs"
	grep -q -e '-A DOCKER-FORWARD -i docker0 -j ACCEPT' <<<"$theirs"
}

@test "generations: a rollback leaves what others have laid meanwhile" {
	on_each_backend others_stay
}

policies_go_back() {
	generation 1
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	generation 2
	baseline 'policy { INPUT = DROP }'
	generation 3
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter FORWARD)" 'DROP ACCEPT'
	run_rampart 0 rollback
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter FORWARD)" 'DROP DROP'
	run_rampart 0 rollback
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter FORWARD)" 'ACCEPT ACCEPT'
	run_rampart 0 apply
	# on a kernel that has forgotten everything
	reboot
	[[ "$(live)" != *rampart* ]]
	run_rampart 0 rollback 1
	assert_equal "$(policy ipv4 filter INPUT) $(ports)" 'ACCEPT 1001'
	run_rampart 0 apply
	reboot
	run_rampart 0 rollback 5
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter INPUT) $(ports)" 'DROP DROP 1003'
	run_rampart 0 flush
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter INPUT)" 'ACCEPT ACCEPT'
}

@test "generations: policies go back as well, also on an empty kernel" {
	on_each_backend policies_go_back
}

exclusive_generations() {
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	generation 1
	merged=$(live)
	baseline 'ownership = exclusive'
	dropin 10-a.rules '-A INPUT -p tcp --dport 1002 -j ACCEPT'
	run_rampart 0 apply --take-over
	exclusive=$(live)
	[[ "$exclusive" != *'--dport 5 '* ]]
	run_rampart 0 rollback
	# what was deleted was not rampart's to keep
	assert_equal "$(live)" "$(grep -v -e '--dport 5 ' <<<"$merged")"
	run_rampart 0 status
	assert_output_line 'ownership  exclusive' # the baseline's
	run_rampart 0 check
	baseline 'ownership = exclusive
generations = 19'
	run_rampart 0 apply
	run_rampart 0 rollback 1
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	run_rampart 1 diff --generation 3
	assert_output_line '+++ wanted (exclusive)'
	before=$(live)
	run_rampart 2 rollback 3
	assert_error_has "generation 3 is rejected"
	run_rampart 0 apply --take-over
	assert_untouched "$exclusive"
	baseline ''
	generation 5
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	before=$(live)
	run_rampart 2 rollback 4
	assert_error_line "rampart: error: not rampart's, would be deleted: ipv4 filter: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT"
	assert_error_has 'or say --take-over'
	assert_untouched "$before"
	run_rampart 0 rollback 4 --take-over
	assert_untouched "$exclusive"
}

@test "generations: from merge to exclusive and back" {
	on_each_backend exclusive_generations
}

other_backend() {
	local here=$BACKEND there=legacy
	[ $BACKEND = nft ] || there=nft
	generation 1
	generation 2
	BACKEND=$there
	run_rampart 0 apply --move
	before=$(live)
	run_rampart 2 rollback 1
	assert_equal "$stderr" "rampart: error: generation 1 was applied to backend $here, and rampart's rules are in $there
rampart: live rules not changed"
	assert_untouched "$before"
	assert_history '1 good, 2 good, *3 good'
	BACKEND=$here
}

@test "generations: one of the other backend is no way back" {
	on_each_backend other_backend
}

rollback_fails() {
	generation 1
	generation 2
	before=$(live)
	fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	run_rampart 3 rollback
	assert_error_line 'rampart: rollback failed: the old rules are back and verified'
	real_programs
	assert_untouched "$before"
	assert_history '1 good, *2 good'
	# no process to stand by
	traced '-e trace=pipe2 -e inject=pipe2:error=EMFILE' 2 rollback
	assert_equal "$stderr" "rampart: error: no process can be made to stand by: Too many open files
rampart: live rules not changed"
	assert_untouched "$before"
	assert_history '1 good, *2 good'
	[ ! -e "$ROOT/var/lib/rampart/undo" ]
	# rolled back, but the old one keeps its name
	traced "-P $ROOT/$GENERATIONS/2.good -e trace=rename -e inject=rename:error=EIO" 0 rollback
	assert_equal "$stderr" "rampart: warning: generation 2 could not be marked as rejected: boot may apply its files again"
	assert_history '*1 good, 2 good'
	assert_equal "$(ports)" 1001
}

@test "generations: a rollback that fails" {
	on_each_backend rollback_fails
}

# --- diff -----------------------------------------------------------------------------------

diff_generation() {
	generation 1
	generation 2
	run_rampart 1 diff --generation 1
	assert_output_line "--- live ($BACKEND)"
	assert_output_line '+++ wanted (merge)'
	assert_output_has '- -A rampart-INPUT -p tcp -m tcp --dport 1002 -j ACCEPT'
	assert_output_has '-A rampart-INPUT -p tcp -m tcp --dport 1001 -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:1'
	run_rampart 1 diff --generation 1 --json
	assert_output_has '--dport 1001'
	run_rampart 0 diff --generation 2
	assert_silent
	run_rampart 0 diff --generation=2
	# of the files, which nobody asked for, nothing is read
	dropin 20-b.rules 'nonsense'
	run_rampart 1 diff --generation 1
	assert_equal "$stderr" ''
	run_rampart 2 diff --generation 3
	assert_equal "$stderr" "rampart: error: there is no generation 3: 'rampart history' lists them"
	run_rampart 64 diff --generation 0
	assert_error_line "rampart: error: '0' is not the number of a generation: 'rampart history' lists them"
	echo '*filter' >"$BATS_TEST_TMPDIR/live"
	run_rampart 2 diff --generation 1 --live "$BATS_TEST_TMPDIR/live"
	assert_equal "$stderr" "rampart: error: --live and --generation can't be used together"
	run_rampart 0 rollback 1
	# a rejected one can be looked at all the same
	run_rampart 1 diff --generation 2
	assert_output_has '--dport 1002'
}

@test "generations: diff --generation says what a rollback to it would change" {
	on_each_backend diff_generation
}

# --- files ----------------------------------------------------------------------------------

pruned() {
	local n
	baseline 'generations = 2'
	for n in 1 2 3 4; do generation $n; done
	assert_equal "$(ls "$ROOT/$GENERATIONS" | paste -s -d ' ')" '3.good 4.good'
	assert_history '3 good, *4 good'
	run_rampart 0 rollback
	# the one that is live is never the one that goes
	baseline 'generations = 1'
	run_rampart 0 apply
	# and the files of the newest rejected one may still be there at the next boot
	assert_history '4 rejected, *5 good'
	run_rampart 2 rollback
	assert_equal "$(stat -c '%a %h' "$ROOT/$GENERATIONS/5.good")" '600 2'
	assert_equal "$(stat -c %a "$ROOT/$GENERATIONS")" 700
}

@test "generations: no more are kept than the baseline says" {
	on_each_backend pruned
}

crashes() {
	generation 1
	generation 2
	# between the two names of a rejected one
	ln "$ROOT/$GENERATIONS/1.good" "$ROOT/$GENERATIONS/1.rejected"
	assert_history '1 rejected, *2 good'
	rm "$ROOT/$GENERATIONS/1.rejected"
	# before the one that is current got its name
	rm "$ROOT/$GENERATIONS/2.good"
	assert_history '1 good, *2 good'
	generation 3
	assert_history '1 good, 2 good, *3 good'
	run_rampart 0 rollback
	assert_equal "$(ports)" 1002
	# before it became current
	generation 4
	rm "$ROOT/$GENERATIONS/4.good"
	mv "$ROOT/var/lib/rampart/current" "$ROOT/var/lib/rampart/begun"
	cp "$ROOT/$GENERATIONS/2.good" "$ROOT/var/lib/rampart/current"
	run_rampart 0 check
	assert_equal "$stderr" 'rampart: warning: an earlier apply was killed when all was done: the new rules stay'
	assert_history '1 good, 2 good, 3 rejected, *4 good'
	run_rampart 0 check --inputs
}

@test "generations: a crash between two files of one apply" {
	on_each_backend crashes
}

bad_files() {
	local n
	for n in 1 2 3; do generation $n; done
	touch "$ROOT/$GENERATIONS/notes" "$ROOT/$GENERATIONS/0.good" "$ROOT/$GENERATIONS/9.goody" \
		"$ROOT/$GENERATIONS/99999999999.good" "$ROOT/$GENERATIONS/x.good"
	assert_history '1 good, 2 good, *3 good'
	echo nonsense >"$ROOT/$GENERATIONS/1.good"
	rm "$ROOT/$GENERATIONS/2.good"
	run_rampart 2 history
	assert_error_has '/var/lib/rampart/generations/1.good:1: error: '
	assert_matches "$output" $'\n\*    3  good '
	before=$(live)
	run_rampart 2 rollback 1
	assert_error_has '/var/lib/rampart/generations/1.good:1: error: '
	assert_error_line 'rampart: live rules not changed'
	run_rampart 2 rollback 2
	assert_error_has 'there is no generation 2'
	run_rampart 2 diff --generation 1
	assert_untouched "$before"
	# applies go on
	generation 4
	run_rampart 0 rollback 3
	assert_equal "$(ports)" 1003
	# files of a stranger are not believed
	chmod 666 "$ROOT/$GENERATIONS/3.good"
	rm "$ROOT/var/lib/rampart/current"
	run_rampart 2 rollback 3
	assert_error_line 'rampart: live rules not changed'
}

@test "generations: a file that is broken, gone, or not ours" {
	on_each_backend bad_files
}

cannot_be_kept() {
	generation 1
	mv "$ROOT/$GENERATIONS" "$ROOT/$GENERATIONS.away"
	touch "$ROOT/$GENERATIONS"
	dropin 10-a.rules '-A INPUT -p tcp --dport 1002 -j ACCEPT'
	run_rampart 2 apply
	assert_error_has '/var/lib/rampart/generations: error: '
	assert_error_line 'rampart: live rules not changed'
	run_rampart 2 history
	assert_error_has '/var/lib/rampart/generations: error: '
	assert_equal "$(ports)" 1001
	rm "$ROOT/$GENERATIONS"
	mv "$ROOT/$GENERATIONS.away" "$ROOT/$GENERATIONS"
	# applied, but without a name among the generations
	traced "-P $ROOT/$GENERATIONS/2.good.rampart-new -e trace=link -e inject=link:error=ENOSPC" 0 apply
	assert_equal "$stderr" "rampart: warning: the history of generations is not complete: /var/lib/rampart/generations/2.good: can't be written: No space left on device"
	assert_equal "$(ports)" 1002
	assert_history '1 good, *2 good'
	generation 3
	assert_history '1 good, 2 good, *3 good'
}

@test "generations: one that can't be written is told" {
	on_each_backend cannot_be_kept
}

# --- what was killed --------------------------------------------------------------------------

undo_is_lost() {
	generation 1
	before=$(live)
	fake_programs "[ \$commit = no ] || { real \"\$@\"; [[ \$name = ip6* ]] || { $KILL_BOTH; }; exit; }"
	dropin 10-a.rules '-A INPUT -p tcp --dport 1002 -j ACCEPT'
	per_table run_rampart 137 apply
	real_programs
	rm "$ROOT/var/lib/rampart/undo"
	fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	run_rampart 2 check
	assert_error_line 'rampart: error: an earlier apply was killed half way, and the old rules could not be put back'
	real_programs
	run_rampart 0 check
	assert_equal "$stderr" 'rampart: warning: what was live before is not known: going back to what was applied before
rampart: warning: an earlier apply was killed half way: the old rules are back and verified'
	assert_untouched "$before"
	assert_history '*1 good'
}

@test "generations: both killed, and what was live before is lost: back to what was applied" {
	on_each_backend undo_is_lost
}

guardian_rescues() {
	generation 1
	before=$(live)
	log_start
	fake_programs '[ $commit = no ] || [ -e "$T/once" ] || { : >"$T/once"; real "$@"; kill -9 $PPID; exit; }'
	dropin 10-a.rules '-A INPUT -p tcp --dport 1002 -j ACCEPT'
	per_table run_rampart 137 apply
	guardian_done
	real_programs
	log_end
	assert_equal "$(cat "$LOG")" 'apply was killed: the old rules are back and verified'
	assert_untouched "$before"
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	run_rampart 0 check
	assert_silent
	assert_history '*1 good'
	# and where it can't: the next command does
	log_start
	fake_programs '[ $commit = no ] || { [ ! -e "$T/twice" ] || { echo "out of order" >&2; exit 1; }
		: >"$T/twice"; real "$@"; kill -9 $PPID; exit; }'
	per_table run_rampart 137 apply
	guardian_done
	real_programs
	log_end
	assert_equal "$(tail -n 1 "$LOG")" \
		'apply was killed, and the old rules could not be put back: the next rampart command tries again'
	run_rampart 0 check
	assert_equal "$stderr" 'rampart: warning: an earlier apply was killed half way: the old rules are back and verified'
	assert_untouched "$before"
}

@test "generations: apply is killed: its guardian puts the old rules back and logs it" {
	on_each_backend guardian_rescues
}

no_root() {
	for command in confirm rollback history boot; do
		status=0
		as_nobody $command || status=$?
		assert_equal "$command $status" "$command 77"
		assert_error_line 'rampart: error: only root can look at live rules'
	done
}

@test "generations: only root can go back, confirm and boot" {
	on_each_backend no_root
}
