# one step: all tables of both families change together, or none does.
# shellcheck disable=SC2154 # run_rampart sets output
load helpers
load kernel
load foreign

# Rules in four tables of both families; a number makes them different ones.
in_four_tables() {
	dropin 10-a.rules "*raw
-A PREROUTING -p udp --dport $1 -j ACCEPT
*mangle
-A FORWARD -p tcp --dport $1 -j MARK --set-mark 1
*nat
-A POSTROUTING -p udp --dport $1 -j ACCEPT
*filter
:OWN-$1 -
-A INPUT -j OWN-$1
-A OWN-$1 -p tcp --dport $1 -j ACCEPT"
}

assert_in_four_tables() {
	local family table
	for family in ipv4 ipv6; do
		for table in raw mangle nat filter; do
			save $family $table | grep -q -- "--dport $1 " ||
				{ echo "no rule for port $1: $family $table"; return 1; }
		done
	done
}

# So many commits of anybody have been made by a command: commits N COMMAND...
commits() {
	local expected=$1 generation
	shift
	generation=$(nft_generation)
	"$@"
	assert_equal "$(($(nft_generation) - generation)) commits" "$expected commits"
}

# --- one step -----------------------------------------------------------------------------

one_generation() {
	[ $BACKEND = nft ] || return 0
	# tables that are not there yet
	in_four_tables 1
	commits 1 run_rampart 0 apply
	assert_output_line 'applied (nft, merge) in one step'
	assert_in_four_tables 1
	# edits, new chains and those that go
	in_four_tables 2
	commits 1 run_rampart 0 apply --json
	assert_output_line '  "commit": "one-step",'
	assert_in_four_tables 2
	commits 0 run_rampart 0 apply
	# policies alone; then with rules, under cover: three
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	commits 1 run_rampart 0 apply
	baseline 'policy { INPUT = ACCEPT  FORWARD = ACCEPT }'
	in_four_tables 3
	commits 3 run_rampart 0 apply
	assert_in_four_tables 3
	commits 1 run_rampart 0 flush --json
	assert_output_line '  "commit": "one-step",'
	[[ "$(live)" != *rampart* ]]
}

@test "one step: four tables of both families are one generation of nft" {
	on_each_backend one_generation
}

in_both_modes() { # MODE
	docker_rules
	fail2ban_rules
	theirs=$(live)
	baseline "ownership = $1
preserve = {\"f2b-*\", docker}"
	in_four_tables 1
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, $1) in one step"
	assert_in_four_tables 1
	in_four_tables 2
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, $1) in one step"
	assert_in_four_tables 2
	[[ "$(live)" != *'--dport 1 '* ]]
	run_rampart 0 check --inputs
	run_rampart 0 flush
	# a table that was not there stays, empty
	assert_equal "$(live | grep -e ^-A -e ' - ' | sort)" "$(grep -e ^-A -e ' - ' <<<"$theirs" | sort)"
}

@test "one step: four tables of both families, merge" {
	on_each_backend in_both_modes merge
}

@test "one step: four tables of both families, exclusive" {
	on_each_backend in_both_modes exclusive
}

thousands() {
	local table
	for table in raw mangle nat filter; do
		echo "*$table"
		case $table in
		nat) chain=POSTROUTING ;;
		*) chain=OUTPUT ;;
		esac
		seq -f "-A $chain -p tcp --dport %.0f -m comment --comment \"one of $table\" -j ACCEPT" 1000
	done >"$ROOT/$CONF_D/10-a.rules"
	if [ $BACKEND = nft ]; then
		commits 1 run_rampart 0 apply
	else
		run_rampart 0 apply
	fi
	assert_output_line "applied ($BACKEND, merge) in one step"
	assert_output_line '  ipv6: +4004 -0 rules'
	assert_equal "$(live | grep -c 'comment --comment')" 8000
	run_rampart 0 check
	# every other one goes
	sed -i -e '/^-A/{n;d}' "$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, merge) in one step"
	run_rampart 0 check --inputs
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "one step: four thousand rules in each family" {
	on_each_backend thousands
}

# --- nothing half -------------------------------------------------------------------------------

# In the commit the programs of NAME get one more rule, which the kernel refuses.
adding_a_bad_rule() {
	fake_programs "if [ \$commit = yes ] && [[ \$name = $1* ]]; then
		sed '/^\\*mangle/a-A PREROUTING -m owner --uid-owner 0 -j ACCEPT' | real \"\$@\"
		exit
	fi"
}

kernel_refuses() { # PROGRAMS FAMILY
	in_four_tables 1
	run_rampart 0 apply
	before=$(live)
	in_four_tables 2
	adding_a_bad_rule "$1"
	if [ $BACKEND = nft ]; then
		commits 0 run_rampart 3 apply
		assert_error_line "rampart: error: the kernel did not take the change: $2 mangle chain 'PREROUTING': Invalid argument"
	else
		run_rampart 3 apply
		assert_error_has "rampart: error: the kernel did not take the change: /usr/sbin/$1-legacy-restore: $1-restore: line "
	fi
	assert_error_line 'rampart: apply failed: the old rules are back and verified'
	assert_untouched "$before"
	real_programs
	run_rampart 0 apply
	assert_in_four_tables 2
}

@test "one step: what the kernel refuses of one family is not made of the other" {
	on_each_backend kernel_refuses iptables ipv4
	on_each_backend kernel_refuses ip6tables ipv6
}

# A program of one table fails before the kernel is told: none is let go.
program_fails() {
	in_four_tables 1
	run_rampart 0 apply
	before=$(live)
	in_four_tables 2
	fake_programs 'if [ $commit = yes ] && [[ $name = ip6* ]]; then
		text=$(cat)
		[[ $text != *'"'*filter'"'* ]] || { echo "out of order" >&2; exit 3; }
		real "$@" <<<"$text"
		exit
	fi'
	# nothing at all is written, not even to be undone
	[ $BACKEND = legacy ] || commits 0 run_rampart 3 apply
	traced '-f -e trace=setsockopt' 3 apply
	assert_error_line "rampart: error: the kernel did not take the change: /usr/sbin/ip6tables-$BACKEND-restore: out of order"
	real_programs
	assert_untouched "$before"
}

@test "one step: a program that fails holds all others back" {
	on_each_backend program_fails
}

# --- others -----------------------------------------------------------------------------------------

# What others do in the very last moment is kept, and ours is made anew, whole.
last_moment() {
	local when
	fail2ban_rules
	in_four_tables 1
	run_rampart 0 apply
	for when in early late last; do
		in_four_tables 1
		run_rampart 0 apply
		echo "# $when"
		in_between $when 'iptables -I f2b-sshd 1 -s 203.0.113.1 -j DROP; ip6tables -t nat -N THEIRS'
		in_four_tables 2
		if [ $BACKEND = nft ]; then
			# two of theirs, one of ours
			"${IN_BETWEEN[@]}" commits 3 run_rampart 0 apply
		else
			"${IN_BETWEEN[@]}" run_rampart 0 apply
		fi
		assert_in_between
		assert_output_line "applied ($BACKEND, merge) in one step"
		assert_in_four_tables 2
		assert_equal "$(rules ipv4 filter f2b-sshd | head -n 1)" '-A f2b-sshd -s 203.0.113.1/32 -j DROP'
		assert_equal "$(save ipv6 nat | grep -c '^:THEIRS ')" 1
		lay iptables -D f2b-sshd 1
		lay ip6tables -t nat -X THEIRS
	done
}

@test "one step: a change of others between look and commit: kept, and all is tried again" {
	on_each_backend last_moment
}

# Each time before the programs look: after three tries the change is on what they find.
always_early() {
	dropin 10-a.rules '-4 -A INPUT -p tcp --dport 1 -j ACCEPT'
	run_rampart 0 apply
	lay iptables -N THEIRS
	outsider "XTABLES_LOCKFILE=/dev/null iptables-$BACKEND -A THEIRS -s 203.0.113.1 -j DROP"
	fake_programs "[ \$commit = no ] || { $ASK; }"
	before=$(live)
	dropin 10-a.rules '-4 -A INPUT -p tcp --dport 2 -j ACCEPT'
	if [ $BACKEND = nft ]; then
		run_rampart 0 apply
		assert_equal "$(rules ipv4 filter THEIRS | wc -l)" 4
		assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
	else
		run_rampart 3 apply
		assert_error_line 'rampart: error: others changed live rules in each of 5 tries'
		assert_error_line 'rampart: apply failed: the old rules are back and verified'
		assert_equal "$(rules ipv4 filter THEIRS | wc -l)" 5
		assert_equal "$(live | grep -v -e '-A THEIRS')" "$before"
	fi
	real_programs
	kill "$OUTSIDER"
}

@test "one step: others write each time: nft fits the change to it, legacy gives up: exit 3" {
	on_each_backend always_early
}

# Each time in the last moment there is: nobody can win that.
always_last() {
	[ $BACKEND = nft ] || return 0 # see always_early
	in_four_tables 1
	run_rampart 0 apply
	lay iptables -N THEIRS
	before=$(live)
	in_four_tables 2
	at_commit "BEFORE_COMMIT=iptables-nft -A THEIRS -s 203.0.113.1 -j DROP" -- run_rampart 3 apply
	assert_error_line 'rampart: error: others changed live rules in each of 5 tries'
	assert_error_line 'rampart: apply failed: the old rules are back and verified'
	assert_equal "$(live | grep -v -e '-A THEIRS')" "$before"
	# once each try, or as often as the programs were asked anew
	assert_equal "$(rules ipv4 filter THEIRS | wc -l)" 43
	run_rampart 0 apply
	assert_in_four_tables 2
}

@test "one step: others write in each last moment: exit 3, and nothing of it was made" {
	on_each_backend always_last
}

# --- not allowed -----------------------------------------------------------------------------------

forbidden() {
	local call
	fake_programs ': $commit'
	for call in seccomp pidfd_getfd; do
		in_four_tables 1
		forbidding $call run_rampart 0 apply
		assert_output_line "applied ($BACKEND, merge) table by table ($call: Operation not permitted)"
		assert_in_four_tables 1
		run_rampart 0 check --inputs
		in_four_tables 2
		if [ $BACKEND = nft ]; then
			forbidding $call commits 8 run_rampart 0 apply --json
		else
			forbidding $call run_rampart 0 apply --json
		fi
		assert_output_line '  "commit": "per-table",'
		assert_in_four_tables 2
		run_rampart 0 check --inputs
		forbidding $call run_rampart 0 flush --json
		assert_output_line '  "commit": "per-table",'
		[[ "$(live)" != *rampart* ]]
	done
	in_four_tables 3
	forbidding process_vm_readv run_rampart 0 apply
	if [ $BACKEND = nft ]; then
		assert_output_line 'applied (nft, merge) table by table (process_vm_readv: Operation not permitted)'
	else # needs nothing of it
		assert_output_line 'applied (legacy, merge) in one step'
	fi
	assert_in_four_tables 3
	real_programs
	in_four_tables 4
	forbidding seccomp run_rampart 0 apply
	if [ $BACKEND = legacy ]; then # nor of that, where no program makes the change
		assert_output_line 'applied (legacy, merge) in one step'
	fi
	assert_in_four_tables 4
}

@test "one step: where it is forbidden, table by table, and it is said why" {
	on_each_backend forbidden
}

# A socket that takes no more than a few hundred kilobytes, as in a user namespace.
small_socket() {
	[ $BACKEND = nft ] || return 0
	seq -f '-A INPUT -p tcp --dport %.0f -m comment --comment "a rule of some length" -j ACCEPT' 3000 \
		>"$ROOT/$CONF_D/10-a.rules"
	traced '-e trace=setsockopt -e inject=setsockopt:error=EPERM' 0 apply
	assert_output_line 'applied (nft, merge) table by table (netlink: Message too long)'
	run_rampart 0 check --inputs
}

@test "one step: more than the kernel's socket takes: table by table" {
	on_each_backend small_socket
}

# --- odd programs -------------------------------------------------------------------------------

# The first commit of IPv6 talks to the kernel in another way before it does what it should:
# oddly HOW [THEN]
oddly() {
	built odd-send
	fake_programs "if [ \$commit = yes ] && [[ \$name = ip6* ]] && rm \"\$T/once\" 2>/dev/null; then
		'$BUILT' $1 ipv6 ${2:-|| exit}
	fi"
	: >"$FAKE/once"
}

odd_programs() {
	local port=1 how
	[ $BACKEND = nft ] || return 0
	in_four_tables 1
	run_rampart 0 apply
	# other calls that send, but whole batches: part of the one
	for how in send write split; do
		in_four_tables $((++port))
		oddly $how
		commits 1 run_rampart 0 apply
		assert_output_line 'applied (nft, merge) in one step'
		assert_in_four_tables $port
		assert_equal "$how: $(ns nft list tables | grep -c odd)" "$how: 1"
		ns nft delete table ip6 odd
	done
	# a call that is not there, an address that is not: that program's own fault
	for how in sendmmsg far; do
		in_four_tables $((++port))
		oddly $how '&& exit 1; true'
		commits 1 run_rampart 0 apply
		assert_output_line 'applied (nft, merge) in one step'
		assert_in_four_tables $port
	done
	# what is not understood is not sent
	for how in torn other; do
		in_four_tables $((++port))
		oddly $how
		run_rampart 0 apply
		assert_output_line 'applied (nft, merge) table by table (a batch: Protocol error)'
		assert_in_four_tables $port
		[[ "$(ns nft list tables)" != *odd* ]]
	done
	real_programs
}

@test "one step: programs that talk to the kernel in other ways" {
	on_each_backend odd_programs
}

other_architecture() {
	[ "$(uname -m)" = x86_64 ] || skip 'x32 calls are those of x86-64'
	in_four_tables 1
	oddly x32 '|| true'
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, merge) table by table (a restore program of another architecture)"
	assert_in_four_tables 1
	real_programs
}

@test "one step: programs of another architecture" {
	on_each_backend other_architecture
}

# Its second change of a table is none of ours.
calls_twice() {
	[ $BACKEND = legacy ] || return 0
	dropin 10-a.rules '-4 -A INPUT -p tcp --dport 1 -j ACCEPT'
	fake_programs 'if [ $commit = yes ]; then
		real "$@"
		real --noflush <<<"*filter
-N SECOND
COMMIT" 2>"$T/second"
		exit 0
	fi'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
	[[ "$(live)" != *SECOND* ]]
	[ -s "$FAKE/second" ]
	real_programs
}

@test "one step: a program that changes a second table is refused" {
	on_each_backend calls_twice
}

# --- killed ---------------------------------------------------------------------------------------

# Until the process of that number is gone, or has ended.
wait_for_end() {
	local seconds=$SECONDS
	while [ -e "/proc/$1" ] && ! [[ "$(cat "/proc/$1/stat" 2>/dev/null)" = *') Z '* ]]; do
		[ $((SECONDS - seconds)) -lt 20 ] || { echo "process $1 is left"; return 1; }
	done
}

# One program waits at its commit, the other for nothing; then rampart is killed.
killed_in_the_middle() {
	local pid
	in_four_tables 1
	run_rampart 0 apply
	before=$(live)
	in_four_tables 2
	mkfifo "$BATS_TEST_TMPDIR/hangs.$BACKEND"
	fake_programs "if [ \$commit = yes ]; then
		echo \$\$ >>\"\$T/pids\"
		(echo \$BASHPID >>\"\$T/pids\"; exec -a \$name \"\$T/xtables-$BACKEND-multi\" \"\$@\") &
		if [[ \$name = ip6* ]]; then
			echo >'$BATS_TEST_TMPDIR/hangs.$BACKEND'
			exec sleep 300
		fi
		wait
	fi"
	nsenter -t "$NS_PID" -n -m -- "$RAMPART" --root "$ROOT" --backend $BACKEND apply \
		>"$BATS_TEST_TMPDIR/killed" 2>&1 3>&- &
	pid=$!
	read -r _ <"$BATS_TEST_TMPDIR/hangs.$BACKEND"
	kill -9 $pid
	wait $pid 2>/dev/null || true
	[ "$(wc -l <"$FAKE/pids")" -ge 2 ]
	while read -r pid; do
		wait_for_end "$pid"
	done <"$FAKE/pids"
	real_programs
	assert_untouched "$before"
	run_rampart 0 apply
	assert_in_four_tables 2
	run_rampart 0 check --inputs
}

@test "one step: killed in the middle: no program is left, nothing was changed" {
	on_each_backend killed_in_the_middle
}

# Right before and right behind the transaction.
killed_around() {
	[ $BACKEND = nft ] || return 0
	in_four_tables 1
	run_rampart 0 apply
	before=$(live)
	in_four_tables 2
	at_commit 'KILL_AT=before 1' -- run_rampart 137 apply
	assert_untouched "$before"
	run_rampart 0 apply
	assert_in_four_tables 2
	in_four_tables 3
	at_commit "KILL_AT=behind 1" -- run_rampart 137 apply
	assert_in_four_tables 3
	[[ "$(live)" != *'--dport 2 '* ]]
	run_rampart 0 apply
	assert_in_four_tables 3
	run_rampart 0 check --inputs
}

@test "one step: killed around the commit: old or new on nft, and the next apply finishes" {
	on_each_backend killed_around
}

# Legacy: around tables that are let go, which ends there, or exchanged, which goes on to the last.
killed_at_tables() { # BY: programs, exchange
	local when
	[ $BACKEND = legacy ] || return 0
	fail2ban_rules
	[ "$1" = exchange ] || fake_programs ': $commit'
	in_four_tables 1
	run_rampart 0 apply
	lay iptables -I f2b-sshd 1 -p udp -c 3 180
	before=$(live)
	theirs=$(counted ipv4 filter f2b)
	for when in 'before 1' 'behind 1' 'before 2' 'behind 4' 'before 8' 'behind 8'; do
		echo "# $when"
		in_four_tables 2
		at_commit "KILL_AT=$when" -- run_rampart 137 apply
		guardian_done
		if [ "$1" = exchange ] || [ "$when" = 'behind 8' ]; then
			assert_in_four_tables 2
			[[ "$(live)" != *'--dport 1 '* ]]
		else
			assert_untouched "$before"
		fi
		assert_equal "$(counted ipv4 filter f2b)" "$theirs"
		run_rampart 0 apply
		assert_in_four_tables 2
		run_rampart 0 check --inputs
		in_four_tables 1
		run_rampart 0 apply
		assert_untouched "$before"
	done
	real_programs
}

@test "one step: killed at any table of legacy: live is old or new, and no counter is lost" {
	on_each_backend killed_at_tables programs
	on_each_backend killed_at_tables exchange
}

# No descriptor of rampart's is left to the programs.
descriptors() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	# no pipe here, which would be one of bash's
	fake_programs '[ $commit = no ] || ls -l /proc/$$/fd >"$T/fds.$name"'
	run_rampart 0 apply
	for name in iptables ip6tables; do
		# in, out, err, the lock, what tells the guardian that all are gone; and bash's own, the script
		assert_equal "$(sed -n 's/.* \([0-9]*\) -> .*/\1/p' "$FAKE/fds.$name-$BACKEND-restore" | sort -n | xargs)" '0 1 2 3 4 255'
		assert_equal "$(grep -c memfd: "$FAKE/fds.$name-$BACKEND-restore")" 4
	done
	real_programs
}

@test "one step: the programs get no descriptor but their own" {
	on_each_backend descriptors
}
