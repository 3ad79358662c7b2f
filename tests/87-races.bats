# races: others write at the same time, or rampart is killed: nothing of anybody's is lost.
load helpers
load kernel
load foreign

ruleset_a() {
	dropin 10-a.rules ':A-ONLY -
:BOTH -
-A INPUT -i lo -j ACCEPT
-A INPUT -j A-ONLY
-A INPUT -j BOTH
-A A-ONLY -p tcp --dport 1 -j ACCEPT
-A BOTH -p tcp --dport 2 -j ACCEPT
-4 -A DOCKER-USER -p tcp --dport 3 -j RETURN'
}

ruleset_b() {
	dropin 10-a.rules ':B-ONLY -
:BOTH -
-A INPUT -j B-ONLY
-A INPUT -j BOTH
-A FORWARD -i eth0 -j B-ONLY
-A B-ONLY -p tcp --dport 4 -j ACCEPT
-A BOTH -p tcp --dport 2 -j ACCEPT
-A BOTH -p tcp --dport 5 -j ACCEPT
-4 -A DOCKER-USER -p tcp --dport 6 -j RETURN'
}

ruleset_c() {
	dropin 10-a.rules '-A OUTPUT -o eth0 -j ACCEPT'
}

# What is ours of the live rules, in order.
ours() {
	live | grep -e '^\*' -e rampart -e A-ONLY -e B-ONLY -e BOTH
}

# What ruleset_X leaves where nothing is in its way: remember_rulesets X...
remember_rulesets() {
	local which
	declare -gA wanted
	for which in "$@"; do
		"ruleset_$which"
		run_rampart 0 apply
		wanted[$which]=$(ours)
	done >/dev/null
}

# --- many writers ------------------------------------------------------------------------------

# 200 commands of other programs, one after the other, with the lock; what they leave.
write_much() {
	local i
	for ((i = 1; i <= 200; i++)); do
		case $((i % 10)) in
		0) lay iptables -I INPUT 1 -s 203.0.113.$i -j DROP ;;
		1) lay iptables -t nat -I DOCKER 1 -s 203.0.113.$i -j RETURN ;;
		2) lay ip6tables -I f2b-sshd 1 -s 2001:db8::$i -j DROP ;;
		3) lay iptables -A DOCKER -s 203.0.113.$i -j DROP ;;
		4) lay iptables -D f2b-sshd -s 203.0.113.$((i - 9)) -j DROP ||
			lay iptables -I f2b-sshd 1 -s 203.0.113.$i -j DROP ;;
		*) lay iptables -I f2b-sshd 1 -s 203.0.113.$i -j DROP ;;
		esac || echo "write $i failed" >>"$BATS_TEST_TMPDIR/writes"
	done 2>/dev/null
}

left_by_writers() {
	live | grep -e 203.0.113 -e 2001:db8:: | sort
}

many_writers() {
	docker_rules
	fail2ban_rules
	before=$(live)
	write_much
	all=$(left_by_writers)
	[ "$(wc -l <<<"$all")" -gt 150 ]
	ns_stop
	ns_start
	docker_rules
	fail2ban_rules
	remember_rulesets a b
	rm -f "$BATS_TEST_TMPDIR/writes"
	write_much &
	writer=$!
	turns=0
	while [ -e /proc/$writer ] && ! [[ "$(cat /proc/$writer/stat 2>/dev/null)" = *") Z "* ]]; do
		ruleset_a
		run_rampart 0 apply
		ruleset_b
		run_rampart 0 apply
		turns=$((turns + 1))
	done
	wait $writer
	echo "# $turns turns"
	[ $turns -ge 2 ]
	[ ! -e "$BATS_TEST_TMPDIR/writes" ] || { cat "$BATS_TEST_TMPDIR/writes"; return 1; }
	# none of theirs is lost, none of ours is missing
	assert_equal "$(left_by_writers)" "$all"
	run_rampart 0 apply
	assert_equal "$(ours)" "${wanted[b]}"
	run_rampart 0 check
	run_rampart 0 flush
	assert_equal "$(left_by_writers)" "$all"
	assert_equal "$(live | grep -v -e 203.0.113 -e 2001:db8:: | sort)" \
		"$(grep -v -e 203.0.113 -e 2001:db8:: <<<"$before" | sort)"
}

@test "races: 200 writes of others while apply goes back and forth: none is lost" {
	on_each_backend many_writers
}

# --- between look and commit -----------------------------------------------------------------------

# others_in_between COMMAND: ruleset a becomes b, and a rule of theirs comes.
others_in_between() {
	local when
	for when in early late last; do
		echo "# $when: $1"
		ruleset_a
		run_rampart 0 apply
		in_between $when "$1"
		ruleset_b
		"${IN_BETWEEN[@]}" run_rampart 0 apply
		assert_in_between
		assert_equal "$(ours)" "${wanted[b]}"
		run_rampart 0 check
	done
}

added_in_between() {
	docker_rules
	fail2ban_rules
	remember_rulesets a b
	others_in_between 'iptables -I f2b-sshd 1 -s 203.0.113.1 -j DROP'
	assert_equal "$(rules ipv4 filter f2b-sshd | grep -c 203.0.113.1/)" 3
	others_in_between 'iptables -A DOCKER -s 203.0.113.2 -j DROP'
	assert_equal "$(rules ipv4 filter DOCKER | grep -c 203.0.113.2/)" 3
	others_in_between 'iptables -A INPUT -s 203.0.113.3 -j DROP'
	assert_equal "$(rules ipv4 filter INPUT | grep -c 203.0.113.3/)" 3
	others_in_between 'iptables -I INPUT 1 -s 203.0.113.4 -j DROP'
	assert_equal "$(rules ipv4 filter INPUT | grep -c 203.0.113.4/)" 3
	others_in_between 'ip6tables -I INPUT 1 -s 2001:db8::5 -j DROP'
	assert_equal "$(rules ipv6 filter INPUT | grep -c 2001:db8::5/)" 3
	others_in_between 'iptables -I DOCKER-USER 1 -s 203.0.113.6 -j DROP'
	assert_equal "$(rules ipv4 filter DOCKER-USER | grep -c 203.0.113.6/)" 3
}

@test "races: a rule that others add between look and commit is kept" {
	on_each_backend added_in_between
}

removed_in_between() {
	docker_rules
	fail2ban_rules
	remember_rulesets a b
	both_families -A INPUT -p tcp --dport 1 -j DROP
	both_families -A INPUT -p tcp --dport 2 -j DROP
	others_in_between 'iptables -D INPUT -j rampart-INPUT'
	others_in_between 'iptables -F rampart-INPUT'
	others_in_between 'iptables -F INPUT'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT'
	assert_equal "$(rules ipv6 filter INPUT | tail -n 2)" '-A INPUT -p tcp -m tcp --dport 1 -j DROP
-A INPUT -p tcp -m tcp --dport 2 -j DROP'
	others_in_between 'iptables -D DOCKER-USER -j rampart-DOCKER-USER'
	# all at once, and what ours waits for as well
	wanted[b]=$(grep -v -e '-A DOCKER-USER' <<<"${wanted[b]}")
	baseline 'foreign = {"DOCKER-USER"}'
	ruleset_a
	run_rampart 0 apply
	in_between early 'iptables -F; iptables -X'
	ruleset_b
	run_rampart 0 apply
	assert_in_between
	assert_equal "$(ours)" "${wanted[b]}"
}

@test "races: what others take away between look and commit is put back, if it is ours" {
	on_each_backend removed_in_between
}

# The jump has to move, while they write to the same chain.
jump_in_between() {
	local when
	ruleset_c
	for when in early late last; do
		dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
		run_rampart 0 apply
		both_families -F INPUT
		both_families -A INPUT -s 203.0.113.1 -j DROP 2>/dev/null ||
			lay ip6tables -A INPUT -s 2001:db8::1 -j DROP
		both_families -A INPUT -j rampart-INPUT
		both_families -A INPUT -j rampart-INPUT
		# legacy sees only that the number of rules has changed
		what='iptables -I INPUT 1 -s 203.0.113.2 -j DROP'
		[ $BACKEND = legacy ] || what+='; iptables -D INPUT -j rampart-INPUT'
		in_between $when "$what"
		"${IN_BETWEEN[@]}" run_rampart 0 apply
		assert_in_between
		assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -s 203.0.113.2/32 -j DROP
-A INPUT -s 203.0.113.1/32 -j DROP'
		assert_equal "$(rules ipv6 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -s 2001:db8::1/128 -j DROP'
		run_rampart 0 check
	done
}

@test "races: the jump is moved while others write to the same chain" {
	on_each_backend jump_in_between
}

chain_in_between() {
	local when
	for when in early late last; do
		ns_stop
		ns_start
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
		ruleset_c
		run_rampart 0 apply
		# another program makes a chain of the very name that is about to be ours
		in_between $when 'iptables -N BOTH; iptables -A BOTH -s 203.0.113.1 -j DROP'
		dropin 10-a.rules ':BOTH -
-A INPUT -j BOTH
-A BOTH -p tcp --dport 2 -j ACCEPT'
		status=0
		"${IN_BETWEEN[@]}" run_rampart 0 apply >"$BATS_TEST_TMPDIR/unexpected" || status=$?
		assert_in_between
		assert_equal "$when: $(rules ipv4 filter BOTH | grep -c 203.0.113.1/)" "$when: 1"
	done
}

@test "races: a chain that others make in the last moment is not taken for ours" {
	on_each_backend chain_in_between
}

# --- two of us ---------------------------------------------------------------------------------

# A first apply that has begun and holds its locks until release.
hold_apply() {
	mkfifo "$BATS_TEST_TMPDIR/go.$BACKEND" "$BATS_TEST_TMPDIR/held.$BACKEND"
	fake_programs "if [ \$commit = yes ] && rm \"\$T/once\" 2>/dev/null; then
		echo held >'$BATS_TEST_TMPDIR/held.$BACKEND'
		read -r _ <'$BATS_TEST_TMPDIR/go.$BACKEND'
	fi"
	: >"$FAKE/once"
	nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply \
		>"$BATS_TEST_TMPDIR/first" 2>&1 3>&- &
	FIRST=$!
	read -r _ <"$BATS_TEST_TMPDIR/held.$BACKEND"
}

release_apply() {
	echo go >"$BATS_TEST_TMPDIR/go.$BACKEND"
}

# Until a process is inside the system call of that number.
wait_for_syscall() { # PID NUMBER
	local seconds=$SECONDS
	while [ $((SECONDS - seconds)) -lt 20 ]; do
		[[ "$(cat "/proc/$1/syscall" 2>/dev/null)" != "$2 "* ]] || return 0
	done
	echo "process $1 never waited"
	return 1
}

CLOCK_NANOSLEEP=230
[ "$(uname -m)" = x86_64 ] || CLOCK_NANOSLEEP=115

second_says_busy() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	hold_apply
	for command in apply flush; do
		traced "$NO_PAUSES" 2 $command
		assert_error_line "/run/rampart/lock: error: busy: locked by process $FIRST (rampart) for more than 10 seconds"
		assert_error_has 'live rules not changed'
		# it did wait, and for no longer than it says
		pauses=$(grep -c nanosleep "$TRACE")
		[ "$pauses" -ge 400 ]
		[ "$pauses" -le 510 ]
	done
	# looks do not wait
	run_rampart 1 check
	run_rampart 0 validate
	run_rampart 0 list
	release_apply
	wait $FIRST
	run_rampart 0 check
}

@test "races: a second apply says who holds the lock, after ten seconds: exit 2" {
	on_each_backend second_says_busy
}

second_waits() {
	ruleset_c
	hold_apply
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply \
		>"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
	second=$!
	wait_for_syscall $second $CLOCK_NANOSLEEP
	assert_equal "$(cat "$BATS_TEST_TMPDIR/second")" ''
	release_apply
	wait $FIRST
	wait $second
	assert_equal "$(head -n 1 "$BATS_TEST_TMPDIR/second")" "applied ($BACKEND, merge) in one step"
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
	assert_equal "$(save ipv4 filter | grep rampart-OUTPUT)" ''
	run_rampart 0 check --inputs
}

@test "races: a second apply waits for the first, and is the last word" {
	on_each_backend second_waits
}

xtables_lock_held() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	mkfifo "$BATS_TEST_TMPDIR/locked.$BACKEND"
	nsenter -t "$NS_PID" -n -m -- flock --no-fork /run/xtables.lock sh -c 'echo ok >"$1"; exec sleep 300' sh \
		"$BATS_TEST_TMPDIR/locked.$BACKEND" 3>&- &
	read -r _ <"$BATS_TEST_TMPDIR/locked.$BACKEND"
	holder=$!
	if [ $BACKEND = legacy ]; then
		traced "$NO_PAUSES" 2 apply
		assert_error_line "/run/xtables.lock: error: busy: locked by process $holder (sleep) for more than 10 seconds"
		assert_error_has 'live rules not changed'
		assert_untouched "$before"
	else
		# nft does not need it
		traced "$NO_PAUSES" 0 apply
		assert_error_line "rampart: warning: /run/xtables.lock: busy: locked by process $holder (sleep) for more than 10 seconds; going on without: nft does not need it"
	fi
	pauses=$(grep -c nanosleep "$TRACE")
	[ "$pauses" -ge 400 ]
	[ "$pauses" -le 510 ]
	# looks need no lock
	run_rampart 0 validate
	run_rampart 0 list
	kill $holder
	wait $holder || true
	forget_loaded
	run_rampart 0 apply
	refute_error_has xtables.lock
}

@test "races: xtables' lock held by another: named, and the wait has a limit" {
	on_each_backend xtables_lock_held
}

# Programs that take the lock wait for us.
others_wait() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	hold_apply
	status=0
	ns "iptables-legacy" -w 1 -A INPUT -j ACCEPT 2>"$BATS_TEST_TMPDIR/err" || status=$?
	assert_equal "$status" 4
	release_apply
	wait $FIRST
	ns "iptables-legacy" -w 1 -t mangle -L -n >/dev/null
}

@test "races: other programs find xtables' lock taken while we commit" {
	on_each_backend others_wait
}

# --- killed ------------------------------------------------------------------------------------

# The next apply finishes, whatever it is to make, and nothing is left behind.
assert_recovers() { # RULESET
	"ruleset_$1"
	run_rampart 0 apply
	refute_error_has "not rampart's"
	assert_equal "$(ours)" "${wanted[$1]}"
	run_rampart 0 check --inputs
	assert_silent
}

killed_at_random() {
	local i next rulesets=(a b c)
	RANDOM=87
	docker_rules
	fail2ban_rules
	before=$(live)
	remember_rulesets a b c
	run_rampart 0 flush
	assert_untouched "$before"
	for ((i = 0; i < 50; i++)); do
		next=${rulesets[RANDOM % 3]}
		"ruleset_$next"
		nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply \
			>"$BATS_TEST_TMPDIR/killed" 2>&1 3>&- &
		pid=$!
		# this is no waiting for anything: any point is as good as any other
		read -r -t "0.0$((RANDOM % 90 + 10))" _ <>"$BATS_TEST_TMPDIR/never" || true
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		[[ "$(cat "$BATS_TEST_TMPDIR/killed")" != *"not rampart's"* ]] || {
			cat "$BATS_TEST_TMPDIR/killed"
			return 1
		}
		if ((RANDOM % 4 == 0)); then
			assert_recovers ${rulesets[RANDOM % 3]} >/dev/null
		fi
	done
	assert_recovers a
	assert_recovers b
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "races: killed at fifty random points: the next apply finishes" {
	mkfifo "$BATS_TEST_TMPDIR/never"
	on_each_backend killed_at_random
}

killed_at_each_step() {
	local point
	docker_rules
	before=$(live)
	remember_rulesets a b c
	for point in fsync:1 renameat:1 fsync:2 rename:1 fsync:3 fsync:4 renameat:2 fsync:5; do
		echo "# killed at $point"
		ruleset_a
		run_rampart 0 apply
		ruleset_b
		traced "-e trace=${point%:*} -e inject=${point%:*}:signal=KILL:when=${point#*:}" 137 apply
		assert_recovers c
		assert_recovers a
	done
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "races: killed at each file that is written: the next apply finishes" {
	on_each_backend killed_at_each_step
}

# Killed by the restore program: right before, or right behind its change of live rules.
kill_rampart() { # before|behind [NAME]
	if [ "$1" = before ]; then
		fake_programs "[ \$commit = no ] || [[ \$name != ${2:-*}* ]] || { $KILL_BOTH; exit; }"
	else
		fake_programs "[ \$commit = no ] || [[ \$name != ${2:-*}* ]] ||
			{ real \"\$@\"; $KILL_BOTH; exit; }"
	fi
}

killed_around_commits() {
	local when what
	docker_rules
	before=$(live)
	remember_rulesets a b c
	for when in before behind; do
		for what in iptables ip6tables; do
			for next in a b c; do
				echo "# killed $when $what, then $next"
				ruleset_a
				run_rampart 0 apply
				kill_rampart $when $what
				ruleset_b
				per_table run_rampart 137 apply
				real_programs
				run_rampart 0 check
				assert_error_has 'an earlier apply was killed'
				run_rampart 0 status
				refute_error_has 'killed'
				assert_output_line 'live       as applied'
				assert_recovers $next
			done
		done
	done
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "races: killed before and behind each commit: check puts it right and tells" {
	on_each_backend killed_around_commits
}

# Nothing was changed yet, and the files are the old ones again: that settles it, too.
killed_and_thought_better() {
	docker_rules
	remember_rulesets b a
	kill_rampart before iptables
	ruleset_b
	per_table run_rampart 137 apply
	real_programs
	assert_recovers a
	[ ! -e "$ROOT/var/lib/rampart/begun" ]
	run_rampart 0 status
	refute_error_has 'killed'
}

@test "races: killed before anything was changed: the next apply of the old files settles it" {
	on_each_backend killed_and_thought_better
}

killed_then_flushed() {
	docker_rules
	before=$(live)
	for when in before behind; do
		ruleset_a
		run_rampart 0 apply
		kill_rampart $when ip6tables
		ruleset_b
		per_table run_rampart 137 apply
		real_programs
		run_rampart 0 flush
		assert_error_line 'rampart: warning: an earlier apply was interrupted: finished by this flush'
		assert_untouched "$before"
	done
	# the very first apply, too: nothing is known but "begun"
	kill_rampart behind ip6tables
	per_table run_rampart 137 apply
	real_programs
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "races: killed, then flushed: nothing of ours is left" {
	on_each_backend killed_then_flushed
}

# Each new apply must remember what all the unfinished ones before it may have left.
killed_twice() {
	local second
	docker_rules
	before=$(live)
	remember_rulesets c
	kill_rampart behind ip6tables
	ruleset_a
	per_table run_rampart 137 apply
	for second in before behind; do
		kill_rampart $second iptables
		ruleset_b
		per_table run_rampart 137 apply
	done
	real_programs
	assert_recovers c
	[[ "$(live)" != *A-ONLY* ]]
	[[ "$(live)" != *B-ONLY* ]]
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "races: killed twice: chains of the first apply are still known as ours" {
	on_each_backend killed_twice
}

killed_twice_same_again() {
	docker_rules
	remember_rulesets c a
	ruleset_c
	run_rampart 0 apply
	kill_rampart behind ip6tables
	ruleset_a
	per_table run_rampart 137 apply
	kill_rampart before iptables
	ruleset_b
	per_table run_rampart 137 apply
	real_programs
	assert_recovers a
}

@test "races: killed twice, then the first again: its chains are not taken for others'" {
	on_each_backend killed_twice_same_again
}

# A Ctrl-C between two commits has to wait for the second.
signalled() {
	nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply \
		>"$BATS_TEST_TMPDIR/signalled" 2>&1 3>&-
}

signal_waits() {
	local signal
	docker_rules
	remember_rulesets c a
	for signal in INT TERM HUP; do
		ruleset_c
		run_rampart 0 apply
		fake_programs "[ \$commit = yes ] && [[ \$name = iptables* ]] && kill -$signal \$PPID"
		ruleset_a
		status=0
		per_table signalled || status=$?
		echo "# $signal: exit code $status"
		real_programs
		assert_equal "$(ours)" "${wanted[a]}"
		run_rampart 0 check --inputs
		[ ! -e "$ROOT/var/lib/rampart/begun" ]
	done
}

@test "races: a signal between two commits waits for the second" {
	on_each_backend signal_waits
}
