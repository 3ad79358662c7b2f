# confirm: what is applied with --confirm goes away by itself, unless somebody says that it stays.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load generations

PORT_1='-A INPUT -p tcp --dport 1001 -j ACCEPT'
PORT_2='-A INPUT -p tcp --dport 1002 -j ACCEPT'

# Generation 1 is good; its live rules are $before. Generation 2 is pending, for an hour.
pending() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=3600
	TOKEN=$(token)
	after=$(live)
	[ "$before" != "$after" ]
}

# As if the whole time had passed, with nobody who watched.
pending_and_over() {
	pending
	kill_watchdog
	time_over
}

assert_gone() { # all of the pending generation
	assert_untouched "$before"
	assert_history '*1 good, 2 rejected'
	[ ! -e "$ROOT/run/rampart/pending" ]
	[ ! -e "$ROOT/var/lib/rampart/undo" ]
	[ -z "$(token)" ]
}

# --- kept -------------------------------------------------------------------------------------

kept() {
	run_rampart 2 confirm
	assert_equal "$stderr" 'rampart: error: no generation waits for a confirm
rampart: nothing confirmed'
	pending
	assert_matches "$TOKEN" '^[0-9a-f]{8}$'
	assert_equal "$output" "applied ($BACKEND, merge) in one step
  ipv4: +1 -1 rules
  ipv6: +1 -1 rules
generation 2 is pending: 'rampart confirm $TOKEN' keeps it; rolled back in 3600 seconds"
	assert_history '1 good, *2 pending'
	watcher=$(watchdog)
	kill -0 "$watcher"
	# not of this shell's session, and none of its files are open
	assert_equal "$(ps -o sid= -p "$watcher" | tr -d ' ')" "$watcher"
	assert_equal "$(readlink "/proc/$watcher/fd/0" "/proc/$watcher/fd/1" "/proc/$watcher/fd/2" "/proc/$watcher/cwd" |
		sort -u | paste -s -d ' ')" '/ /dev/null'
	run_rampart 2 confirm 00000000
	assert_equal "$stderr" "rampart: error: '00000000' is not the token of generation 2, which is pending
rampart: nothing confirmed"
	assert_history '1 good, *2 pending'
	run_rampart 0 confirm "$TOKEN"
	assert_equal "$output" 'confirmed: generation 2 is kept'
	assert_untouched "$after"
	assert_history '1 good, *2 good'
	[ ! -e "$ROOT/run/rampart/pending" ]
	[ ! -e "$ROOT/var/lib/rampart/undo" ]
	tail -f /dev/null --pid="$watcher" # it goes by itself
	run_rampart 0 confirm "$TOKEN"
	assert_equal "$output" 'generation 2 is confirmed already'
	run_rampart 2 confirm
	assert_error_has 'no generation waits for a confirm'
	run_rampart 2 confirm 12345678
	assert_error_has 'no generation waits for a confirm'
	run_rampart 64 confirm "$TOKEN" "$TOKEN"
	run_rampart 0 check
	# and without a token
	dropin 10-a.rules "$PORT_1"
	run_rampart 0 apply --confirm --json
	assert_equal "$(json 'o["result"], o["generation"], o["pending"]["seconds"]')" "('applied', 3, 60)"
	assert_equal "$(json 'o["pending"]["token"]')" "$(token)"
	run_rampart 0 confirm --json
	assert_equal "$(json 'o["generation"]')" 3
	run_rampart 0 rollback
	assert_untouched "$after"
}

@test "confirm: with its token or without one it stays" {
	on_each_backend kept
}

@test "confirm: the seconds are those of the option, else of the baseline" {
	local seconds
	ns_start
	baseline 'confirm_seconds = 90'
	dropin 10-a.rules "$PORT_1"
	run_rampart 0 apply --confirm
	assert_output_has '; rolled back in 90 seconds'
	run_rampart 0 confirm
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=86400
	assert_output_has '; rolled back in 86400 seconds'
	run_rampart 0 rollback
	for seconds in 4 86401 x '' -5 60s; do
		run_rampart 64 apply --confirm="$seconds"
		assert_equal "$stderr" "rampart: error: '$seconds' is not a number of seconds: from 5 to 86400"
	done
}

no_caller_waits() {
	apply_dropin 10-a.rules "$PORT_1"
	dropin 10-a.rules "$PORT_2"
	# a pipe, a file that is locked, and descriptors that nobody knows: none is held open
	said=$(timeout 20 nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply --confirm=3600 \
		3>&- 9>"$BATS_TEST_TMPDIR/nine" | cat)
	[[ $said == *'is pending'* ]]
	watcher=$(watchdog)
	find "/proc/$watcher/fd" -type l -printf '%l\n' >"$BATS_TEST_TMPDIR/held"
	grep -q pending "$BATS_TEST_TMPDIR/held"
	! grep -e pipe: -e nine "$BATS_TEST_TMPDIR/held"
	run_rampart 0 rollback
}

@test "confirm: the caller's pipe ends with apply" {
	on_each_backend no_caller_waits
}

nothing_to_confirm() {
	apply_dropin 10-a.rules "$PORT_1"
	run_rampart 0 apply --confirm
	assert_output_has 'nothing to do'
	# other files, the same rules
	dropin 20-b.rules '# nothing'
	run_rampart 0 apply --confirm
	assert_output_has 'nothing to do'
	assert_history '1 good, *2 good'
	[ -z "$(token)" ]
	run_rampart 2 confirm
	assert_error_has 'no generation waits for a confirm'
}

@test "confirm: where nothing was changed nothing is pending" {
	on_each_backend nothing_to_confirm
}

# --- not kept ---------------------------------------------------------------------------------

in_time() {
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	log_start 'not confirmed in time'
	baseline 'policy { FORWARD = DROP }'
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=5
	after=$(live)
	[ "$before" != "$after" ]
	lay iptables -A INPUT -p udp --dport 7 -j DROP # somebody else's
	log_wait
	assert_equal "$(cat "$LOG")" 'generation 2 was not confirmed in time: rolled back'
	guardian_done
	assert_equal "$(live | grep -v 'dport 7 ')" "$before"
	assert_equal "$(rules ipv4 filter INPUT | tail -n 1)" '-A INPUT -p udp -m udp --dport 7 -j DROP'
	lay iptables -D INPUT -p udp --dport 7 -j DROP
	assert_gone
	run_rampart 0 check
	assert_silent
	run_rampart 2 confirm
	assert_error_has 'no generation waits for a confirm'
}

@test "confirm: not confirmed, the old rules are back in time (nft)" {
	BACKEND=nft
	ns_start
	in_time
}

@test "confirm: not confirmed, the old rules are back in time (legacy)" {
	BACKEND=legacy
	ns_start
	in_time
}

first_one() {
	before=$(live)
	baseline 'policy { INPUT = DROP  OUTPUT = DROP }'
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB'
	run_rampart 0 apply --confirm=3600
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter OUTPUT)" 'DROP DROP'
	kill_watchdog
	time_over
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
	assert_equal "$(live | grep -v '^\*\|^COMMIT\|^:')" "$(grep -v '^\*\|^COMMIT\|^:' <<<"$before")"
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter INPUT)" 'ACCEPT ACCEPT'
	assert_equal "$(policy ipv4 filter OUTPUT) $(policy ipv6 filter OUTPUT)" 'ACCEPT ACCEPT'
	assert_history '1 rejected'
	[ ! -e "$ROOT/var/lib/rampart/current" ]
	run_rampart 0 status
	assert_output_line 'applied    nothing yet'
	run_rampart 0 apply
	run_rampart 0 check
	assert_history '1 rejected, *2 good'
}

@test "confirm: the first apply ever, rolled back, leaves nothing" {
	on_each_backend first_one
}

by_rollback() {
	pending
	run_rampart 0 rollback
	assert_equal "$output" 'generation 2 is rejected: the rules before it are back'
	assert_gone
	pending_again
	run_rampart 0 rollback --json
	assert_equal "$(json 'o["result"]')" applied
	assert_untouched "$before"
	# further back: the pending one goes first
	run_rampart 0 apply
	pending_further
	run_rampart 0 rollback 1
	assert_output_line 'generation 5 is rejected: the rules before it are back'
	assert_output_line 'back at generation 1'
	assert_untouched "$before"
	assert_history '*1 good, 2 rejected, 3 rejected, 4 rejected, 5 rejected'
	pending_again
	fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	run_rampart 4 rollback
	assert_error_line 'rampart: the old rules could not be put back'
	real_programs
	# it is nobody's to keep any more
	run_rampart 2 confirm
	assert_equal "$stderr" "rampart: error: generation 6 was rejected, and could not be rolled back: 'rampart rollback' tries again
rampart: nothing confirmed"
	run_rampart 0 rollback
	assert_untouched "$before"
	assert_history '*1 good, 2 rejected, 3 rejected, 4 rejected, 5 rejected, 6 rejected'
}

pending_further() {
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply --confirm=3600
	rm "$ROOT/$CONF_D/20-b.rules"
}

pending_again() {
	run_rampart 0 apply --confirm=3600
	[ "$(live)" != "$before" ]
}

@test "confirm: rollback gives up what is pending" {
	on_each_backend by_rollback
}

while_pending() {
	pending
	dropin 10-a.rules '-A INPUT -p tcp --dport 1003 -j ACCEPT'
	for options in '' --confirm; do
		# shellcheck disable=SC2086 # a word, or none
		run_rampart 2 apply $options
		assert_matches "$stderr" "^rampart: error: generation 2 waits for its confirm \\(token $TOKEN, 3[0-9]{3} seconds left\\): 'rampart confirm' keeps it, 'rampart rollback' goes back
rampart: live rules not changed\$"
	done
	run_rampart 0 boot
	assert_output_line 'nothing done: a generation waits for its confirm'
	run_rampart 0 check
	assert_silent
	run_rampart 1 check --inputs
	run_rampart 1 diff
	assert_output_has '--dport 1003'
	run_rampart 0 status
	assert_output_line 'generation 2, pending'
	assert_matches "$(grep '^pending' <<<"$output")" "^pending    token $TOKEN, 3[0-9]{3} seconds left: 'rampart confirm' keeps it\$"
	run_rampart 0 status --json
	assert_equal "$(json 'o["pending"]["token"]')" "$TOKEN"
	[ "$(json 'o["pending"]["seconds"]')" -gt 3000 ]
	assert_untouched "$after"
	assert_history '1 good, *2 pending'
	lay iptables -F rampart-INPUT
	run_rampart 1 check
	# drift does not keep the way back from working
	run_rampart 0 rollback
	assert_gone
}

@test "confirm: what the other commands do meanwhile" {
	on_each_backend while_pending
}

flush_while_pending() {
	pending
	watcher=$(watchdog)
	run_rampart 0 flush
	assert_equal "$stderr" 'rampart: warning: generation 2, which was pending, is rejected'
	[[ "$(live)" != *rampart* ]]
	tail -f /dev/null --pid="$watcher"
	[[ "$(live)" != *rampart* ]]
	run_rampart 2 confirm
	assert_history '1 good, 2 rejected'
	run_rampart 0 rollback
	assert_untouched "$before"
}

@test "confirm: flush takes all away, and nothing comes back" {
	on_each_backend flush_while_pending
}

# --- killed -----------------------------------------------------------------------------------

# With the watchdog dead and the time over, whatever comes next goes back first, and says so.
next_command() {
	local warning='rampart: warning: generation 2 was not confirmed in time, and its watchdog was killed: rolled back'
	for command in check status boot 'apply --json'; do
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		ns_stop
		ns_start
		pending_and_over
		# what was rejected is not what comes instead
		[ "$command" != 'apply --json' ] || dropin 10-a.rules "$PORT_1"
		# shellcheck disable=SC2086 # words
		run_rampart 0 $command
		[[ $stderr == "$warning" || $output == *"${warning##*warning: }"* ]]
		assert_gone
	done
	run_rampart 0 check
	assert_silent
	rm -rf "$ROOT/var/lib/rampart"
	run_rampart 0 flush
	pending_and_over
	run_rampart 2 confirm "$TOKEN"
	assert_error_line 'rampart: error: generation 2 was to be confirmed earlier'
	assert_error_line "$warning"
	assert_error_line 'rampart: nothing confirmed'
	assert_gone
}

@test "confirm: the watchdog was killed and the time is over: the next command goes back" {
	on_each_backend next_command
}

another_watchdog() {
	local command
	for command in check status boot; do
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		ns_stop
		ns_start
		pending
		kill_watchdog
		[ -z "$(watchdog)" ]
		run_rampart 0 $command
		assert_error_line 'rampart: warning: the watchdog of generation 2 was killed: a new one waits'
		kill -0 "$(watchdog)"
		assert_untouched "$after"
		assert_history '1 good, *2 pending'
		run_rampart 0 status
		assert_output_has "token $TOKEN, "
		assert_equal "$stderr" ''
		[ $command = check ] && run_rampart 0 confirm "$TOKEN" || run_rampart 0 rollback
	done
	assert_gone
	# none can be made: back at once
	pending_again
	kill_watchdog
	traced '-e trace=pipe2 -e inject=pipe2:error=EMFILE:when=1' 0 check
	assert_equal "$stderr" 'rampart: warning: no process can be made to stand by: Too many open files
rampart: warning: generation 3 was not confirmed yet, and no watchdog can wait for that: rolled back'
	assert_untouched "$before"
}

@test "confirm: the watchdog was killed before the time is over: the next command makes a new one" {
	on_each_backend another_watchdog
}

no_other_watchdog() {
	pending
	kill_watchdog
	traced '-f -e trace=setsid -e inject=setsid:signal=KILL' 0 check
	assert_equal "$stderr" 'rampart: warning: generation 2 was not confirmed yet, and no watchdog can wait for that: rolled back'
	assert_gone
}

@test "confirm: where no new watchdog lives, the old rules are back at once" {
	on_each_backend no_other_watchdog
}

mark_is_lost() {
	pending
	kill_watchdog
	echo nonsense >"$ROOT/run/rampart/pending"
	run_rampart 0 status
	assert_equal "$stderr" 'rampart: warning: generation 2 was not confirmed, and until when it may be is lost: rolled back'
	assert_gone
	pending_again
	# confirmed before anybody has missed it: that counts
	kill_watchdog
	rm "$ROOT/run/rampart/pending"
	run_rampart 0 confirm
	assert_history '1 good, 2 rejected, *3 good'
}

@test "confirm: a mark that is lost" {
	on_each_backend mark_is_lost
}

after_a_reboot() {
	local command
	for command in check status boot confirm; do
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		ns_stop
		ns_start
		pending
		reboot
		case $command in
		confirm)
			run_rampart 2 confirm "$TOKEN"
			assert_error_line 'rampart: error: generation 2 was to be confirmed earlier'
			;;
		check) run_rampart 1 check ;;
		boot)
			run_rampart 0 boot
			assert_output_line "generation 1 is loaded: the files were rejected when they were applied, only 'rampart apply' tries them again"
			;;
		*) run_rampart 0 $command ;;
		esac
		assert_error_line 'rampart: warning: generation 2 was not confirmed before the reboot: rolled back'
		if [ $command = boot ]; then
			assert_untouched "$before"
		else
			[[ "$(live)" != *rampart* ]]
		fi
		assert_history '*1 good, 2 rejected'
	done
}

@test "confirm: a reboot meanwhile: it is rejected" {
	on_each_backend after_a_reboot
}

# apply is killed at each commit, and behind the last; alone, and together with its guardian.
killed_while_applying() {
	local how n
	log_start
	for how in "$KILL_BOTH" 'kill -9 $PPID'; do
		for n in 1 2; do
			rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
			run_rampart 0 flush
			apply_dropin 10-a.rules "$PORT_1"
			before=$(live)
			dropin 10-a.rules "$PORT_2"
			fake_programs "if [ \$commit = yes ] && [ ! -e \"\$T/done\" ]; then
				real \"\$@\"
				echo >>\"\$T/nr\"
				[ \$(wc -l <\"\$T/nr\") -ne $n ] || { : >\"\$T/done\"; $how; }
				exit
			fi"
			rm -f "$FAKE/done" "$FAKE/nr"
			per_table run_rampart 137 apply --confirm=3600
			guardian_done
			real_programs
			run_rampart 0 check
			[ "$how" = "$KILL_BOTH" ] || assert_silent
			assert_untouched "$before"
			assert_history '*1 good'
			run_rampart 2 confirm
			assert_error_has 'no generation waits for a confirm'
		done
	done
	log_end
	assert_equal "$(sort -u "$LOG")" 'apply was killed: the old rules are back and verified'
}

@test "confirm: apply is killed: never kept without a confirm" {
	on_each_backend killed_while_applying
}

# Killed when all was applied and written, before the watchdog was told to wait.
killed_before_the_watch() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	log_start
	# "proven", "undo", "begun", and then a file that only spares the next run a look
	traced '-e trace=renameat -e inject=renameat:signal=KILL:when=4' 137 apply --confirm=3600
	guardian_done
	log_end
	assert_equal "$(cat "$LOG")" 'apply has ended before its watchdog began'
	kill -0 "$(watchdog)"
	assert_history '1 good, *2 pending'
	run_rampart 0 rollback
	assert_gone
}

@test "confirm: apply is killed when all was done: its guardian waits for the confirm all the same" {
	on_each_backend killed_before_the_watch
}

failing_rollback() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	run_rampart 0 apply --confirm=5
	log_start 'not confirmed in time'
	fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	log_wait
	guardian_done
	assert_equal "$(tail -n 1 "$LOG")" 'generation 2 was not confirmed in time: it could not be rolled back'
	grep -q 'error: the kernel did not take the change: ' "$LOG"
	[ "$(live)" != "$before" ]
	real_programs
	run_rampart 0 check
	assert_error_has 'warning: generation 2 was not confirmed'
	assert_gone
}

@test "confirm: a watchdog that can't roll back leaves it to the next command (nft)" {
	BACKEND=nft
	ns_start
	failing_rollback
}

@test "confirm: a watchdog that can't roll back leaves it to the next command (legacy)" {
	BACKEND=legacy
	ns_start
	failing_rollback
}

no_watchdog() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	# its guardian is killed when all is changed
	fake_programs 'if [ $commit = yes ] && [ ! -e "$T/done" ]; then
		real "$@"
		[[ $name != ip6* ]] || {
			: >"$T/done"
			for child in $(cat /proc/$PPID/task/*/children); do
				[ $child = $$ ] || kill -9 $child
			done
		}
		exit
	fi'
	run_rampart 3 apply --confirm=3600
	assert_equal "$stderr" 'rampart: error: the watchdog does not run
rampart: not confirmed: the old rules are back and verified'
	assert_gone
	# and with no way back either
	rm "$FAKE/done"
	fake_programs '[ $commit = no ] || [ ! -e "$T/done" ] || { echo "out of order" >&2; exit 1; }
	if [ $commit = yes ]; then
		real "$@"
		[[ $name != ip6* ]] || {
			: >"$T/done"
			for child in $(cat /proc/$PPID/task/*/children); do
				[ $child = $$ ] || kill -9 $child
			done
		}
		exit
	fi'
	per_table run_rampart 4 apply --confirm=3600
	assert_error_line 'rampart: not confirmed, and the old rules could not be put back'
	real_programs
	run_rampart 0 check
	assert_error_has 'generation 3 was not confirmed'
	assert_untouched "$before"
}

@test "confirm: an apply whose watchdog was killed is rolled back by apply itself" {
	on_each_backend no_watchdog
}

@test "confirm: not together with --move, which has no way back" {
	ns_start
	BACKEND=legacy
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	BACKEND=nft
	dropin 10-a.rules "$PORT_2"
	run_rampart 2 apply --move --confirm
	assert_equal "$stderr" "rampart: error: --move and --confirm can't be used together: what was moved can't be rolled back
rampart: live rules not changed"
	[[ "$(live)" != *rampart* ]]
	BACKEND=legacy
	assert_untouched "$before"
	assert_history '*1 good'
}

# --- at a terminal ----------------------------------------------------------------------------

asked() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	at_terminal 'type no' apply --confirm=3600
	assert_matches "$status: $output" "^3: applied \\($BACKEND, merge\\) in one step
  ipv4: \\+1 -1 rules
  ipv6: \\+1 -1 rules
generation 2 is pending: 'rampart confirm [0-9a-f]{8}' keeps it; rolled back in 3600 seconds
Keep these rules\\? Type yes within 3600 seconds, or better: run 'rampart confirm' from a new connection: no

rampart: not confirmed: the old rules are back and verified\$"
	assert_gone
	at_terminal 'type ye' apply --confirm=3600
	assert_equal "$status" 3
	assert_history '*1 good, 2 rejected, 3 rejected'
	at_terminal 'press ^C' apply --confirm=3600
	assert_matches "$status: $output" "^3: .*\\^C
rampart: not confirmed: the old rules are back and verified\$"
	assert_untouched "$before"
	[ -z "$(watchdog)" ]
	at_terminal 'type yes' apply --confirm=3600
	assert_matches "$status: $output" "^0: .* new connection: yes
confirmed: generation 5 is kept\$"
	assert_history '1 good, 2 rejected, 3 rejected, 4 rejected, *5 good'
	run_rampart 0 rollback
	at_terminal 'type y' apply --confirm=3600
	assert_equal "$status" 0
	run_rampart 0 check --inputs
}

@test "confirm: at a terminal yes keeps it; no, anything else and Ctrl-C go back" {
	on_each_backend asked
}

terminal_goes() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	at_terminal 'press ^D' apply --confirm=3600
	assert_matches "$status: $output" "^0: .*
rampart: no terminal to ask: it stays pending\$"
	kill -0 "$(watchdog)"
	assert_history '1 good, *2 pending'
	run_rampart 0 rollback
	at_terminal 'hang up' apply --confirm=3600
	assert_equal "$status" $((128 + 1))
	assert_history '1 good, 2 rejected, *3 pending'
	# the watchdog was not its terminal's
	kill_watchdog
	time_over
	run_rampart 0 check
	assert_untouched "$before"
}

@test "confirm: a terminal that goes away does not keep it, nor its watchdog from working" {
	on_each_backend terminal_goes
}

decided_elsewhere() {
	local rampart="$RAMPART --root $ROOT --backend $BACKEND -q"
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	at_terminal "shell $rampart confirm" apply --confirm=3600
	assert_matches "$status: $output" "^0: .*
confirmed elsewhere: generation 2 is kept\$"
	assert_history '1 good, *2 good'
	run_rampart 0 rollback
	at_terminal "shell $rampart rollback" apply --confirm=3600
	assert_matches "$status: $output" "^3: .*
rampart: not confirmed: rolled back\$"
	assert_untouched "$before"
	at_terminal "shell $rampart flush" apply --confirm=3600
	assert_matches "$status: $output" "^3: .*
rampart: not confirmed: rolled back\$"
	[[ "$(live)" != *rampart* ]]
}

@test "confirm: decided elsewhere while the terminal is asked" {
	on_each_backend decided_elsewhere
}

# Answered yes, but somebody else is at work for longer than the lock is waited for.
busy_elsewhere() {
	local real=$RAMPART ready=$BATS_TEST_TMPDIR/ready.$BACKEND
	command -v strace >/dev/null || skip 'no strace'
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	mkfifo "$ready"
	cat >"$BATS_TEST_TMPDIR/holder" <<-END
		flock --no-fork '$ROOT/run/rampart/lock' sh -c ': >$ready; exec sleep 300' >/dev/null 2>&1 &
		echo \$! >'$BATS_TEST_TMPDIR/pid'
		: <'$ready'
	END
	# without its pauses
	printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -qq -o /dev/null -e trace=clock_nanosleep,nanosleep %s %s "$@"\n' \
		'-e inject=clock_nanosleep,nanosleep:retval=0' "$real" >"$BATS_TEST_TMPDIR/traced"
	chmod 755 "$BATS_TEST_TMPDIR/traced"
	RAMPART=$BATS_TEST_TMPDIR/traced
	at_terminal "then yes sh $BATS_TEST_TMPDIR/holder" apply --confirm=3600
	RAMPART=$real
	kill "$(cat "$BATS_TEST_TMPDIR/pid")"
	guardian_done
	assert_matches "$status: $output" "^2: .* new connection: yes
/run/rampart/lock: error: busy: .*
rampart: it stays pending\$"
	assert_history '1 good, *2 pending'
	run_rampart 0 rollback
	assert_untouched "$before"
}

@test "confirm: a yes while somebody else is at work keeps nothing" {
	on_each_backend busy_elsewhere
}

# Answered yes, and the answer can't be written down.
cannot_keep() {
	local generations=$ROOT/var/lib/rampart/generations
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	at_terminal "then yes mv $generations $ROOT/aside && touch $generations" apply --confirm=3600
	assert_matches "$status: $output" "^2: .* new connection: yes
/var/lib/rampart/generations/2.good: error: can't be written: Not a directory
rampart: it could not be confirmed: it stays pending\$"
	rm "$generations"
	mv "$ROOT/aside" "$generations"
	assert_history '1 good, *2 pending'
	run_rampart 0 rollback
	assert_untouched "$before"
}

@test "confirm: a yes that can't be written down keeps nothing" {
	on_each_backend cannot_keep
}

late() {
	apply_dropin 10-a.rules "$PORT_1"
	before=$(live)
	dropin 10-a.rules "$PORT_2"
	at_terminal '' apply --confirm=5
	assert_matches "$status: $output" "^3: .*
rampart: not confirmed: rolled back\$"
	assert_gone
}

@test "confirm: the time is over at a terminal (nft)" {
	BACKEND=nft
	ns_start
	late
}

@test "confirm: the time is over at a terminal (legacy)" {
	BACKEND=legacy
	ns_start
	late
}
