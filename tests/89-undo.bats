# undo: what comes back when an apply or a flush fails half way.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load foreign

# The commit of IPv6 fails, until real_programs; that of IPv4 has been made by then.
ipv6_fails() {
	fake_programs '[ $commit = yes ] && [[ $name = ip6* ]] && { echo no >&2; exit 1; }'
}

fails_and_is_undone() { # ARG...
	ipv6_fails
	per_table run_rampart 3 "$@"
	assert_error_has 'back and verified'
	real_programs
	assert_untouched "$before"
}

# Somebody has shut the host before rampart came: that is no policy of rampart's.
shut_by_others() {
	lay iptables -P INPUT DROP
	lay ip6tables -P INPUT DROP
	before=$(live)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	fails_and_is_undone apply
}

@test "undo: a policy of others stays DROP, also where no rule is left" {
	on_each_backend shut_by_others
}

# The policies of an interrupted apply are live: what is undone behind it leaves them.
behind_an_interrupted() {
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	fake_programs "[ \$commit = no ] || [[ \$name != ip6* ]] || { real \"\$@\"; $KILL_BOTH; exit; }"
	per_table run_rampart 137 apply
	guardian_done
	real_programs
	before=$(live)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT'
	ipv6_fails
	per_table run_rampart 3 apply
	assert_error_has 'the old rules are back and verified'
	real_programs
	assert_untouched "$before"
}

@test "undo: policies that an interrupted apply has set stay" {
	on_each_backend behind_an_interrupted
}

# A rule of ours that jumps to a chain that is preserved.
jump_to_preserved() {
	docker_rules
	baseline 'ownership = exclusive
preserve = {docker}'
	dropin 10-a.rules ':WEB -
-A WEB -j DOCKER-USER
-A INPUT -j WEB
-A INPUT -i eth3 -j DOCKER-USER
-A INPUT -j DROP'
	run_rampart 0 apply --take-over
	before=$(live)
	dropin 10-a.rules ':WEB -
-A WEB -j DOCKER-USER
-A WEB -j ACCEPT
-A INPUT -j WEB
-A INPUT -i eth3 -j DOCKER-USER
-A INPUT -i lo -j ACCEPT
-A INPUT -j DROP'
	fails_and_is_undone apply
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A INPUT -j DROP'
	fails_and_is_undone apply
	run_rampart 0 check
}

@test "undo: exclusive, our own jumps to preserved chains come back" {
	on_each_backend jump_to_preserved
}

# Flush leaves the rules of others: its way back must know which ones were ours.
exclusive_flush() {
	docker_rules
	baseline 'ownership = exclusive
preserve = {docker}
policy { INPUT = DROP }'
	dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A FORWARD -i eth0 -j DROP'
	run_rampart 0 apply --take-over
	before=$(live)
	fails_and_is_undone flush
	run_rampart 0 check
}

@test "undo: a flush of exclusive rules" {
	on_each_backend exclusive_flush
}

exclusive_to_merge() {
	docker_rules
	baseline 'ownership = exclusive
preserve = {docker}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j DROP'
	run_rampart 0 apply --take-over
	before=$(live)
	baseline 'ownership = merge'
	fails_and_is_undone apply
	baseline 'ownership = exclusive
preserve = {docker}'
	run_rampart 0 check
}

@test "undo: from exclusive to merge" {
	on_each_backend exclusive_to_merge
}

# --- killed, not failed ---------------------------------------------------------------------------

# What an exclusive apply has written by then is ours to take out, although no state says so.
exclusive_killed() { # HOW NEXT
	fake_programs "[ \$commit = no ] || { $1 $KILL_BOTH; exit; }"
	baseline 'ownership = exclusive
policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT'
	per_table run_rampart 137 apply
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	per_table run_rampart 137 apply --take-over
	real_programs
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter INPUT)" ''
	assert_equal "$(policy ipv4 filter INPUT)" ACCEPT
}

@test "undo: flush takes out what killed exclusive applies have written" {
	on_each_backend exclusive_killed 'real "$@";'
}

# A failed flush behind a killed exclusive apply leaves what that has left.
exclusive_killed_flush_fails() {
	docker_rules
	baseline 'ownership = exclusive
preserve = {docker}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth5 -j DOCKER-USER
-A FORWARD -i eth0 -j DROP'
	fake_programs "[ \$commit = no ] || [[ \$name != ip6* ]] || { real \"\$@\"; $KILL_BOTH; exit; }"
	per_table run_rampart 137 apply --take-over
	real_programs
	before=$(live)
	ipv6_fails
	per_table run_rampart 3 flush
	real_programs
	assert_untouched "$before"
	run_rampart 0 flush
	[[ "$(live)" != *eth0* ]]
}

@test "undo: a flush that fails behind an apply that was killed" {
	on_each_backend exclusive_killed_flush_fails
}

# --- where it stood -------------------------------------------------------------------------------

# Another position was to be taken, and was not: ours are where they were among those of others.
place_in_chain() {
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	baseline 'position = last'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	lay iptables -A INPUT -p tcp --dport 6 -j ACCEPT
	before=$(live)
	baseline 'position = first'
	dropin 10-a.rules '-A INPUT -i lo -j DROP'
	fails_and_is_undone apply
}

@test "undo: our jump is where it was, whatever its place would be" {
	on_each_backend place_in_chain
}

# The same for rules of others that were to be deleted, among those that stay.
place_among_preserved() {
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	lay iptables -A INPUT -p tcp --dport 6 -m comment --comment KEEP -j DROP
	lay iptables -A INPUT -p tcp --dport 6 -j ACCEPT
	before=$(live)
	baseline 'ownership = exclusive
preserve_rules = {"*KEEP*"}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	fails_and_is_undone apply --take-over
}

@test "undo: rules of others that were deleted are back where they stood" {
	on_each_backend place_among_preserved
}

# A preserved chain that had our jump is no chain of ours because of that.
jump_in_preserved() {
	lay iptables -N KEPT
	lay iptables -A KEPT -j RETURN
	baseline 'ownership = exclusive
preserve = {"KEPT"}'
	dropin 10-a.rules '-4 -A KEPT -i eth0 -j ACCEPT
-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply --take-over
	before=$(live)
	dropin 10-a.rules '-A INPUT -i lo -j DROP'
	fails_and_is_undone apply
}

@test "undo: exclusive, our jump in a preserved chain comes back" {
	on_each_backend jump_in_preserved
}

# A new rule of ours that jumps to a preserved chain is none of others.
new_jump_to_preserved() {
	lay iptables -N KEPT
	lay ip6tables -N KEPT
	baseline 'ownership = exclusive
preserve = {"KEPT"}'
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB'
	run_rampart 0 apply --take-over
	before=$(live)
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -j KEPT'
	fails_and_is_undone apply
}

@test "undo: exclusive, a new jump to a preserved chain goes" {
	on_each_backend new_jump_to_preserved
}

# A jump to a preserved chain that a killed apply has written is not taken for one of others.
jump_of_a_killed_apply() {
	both_families -N KEPT
	baseline 'ownership = exclusive
preserve = {"KEPT"}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply --take-over
	before=$(live)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -j KEPT'
	fake_programs '[ $commit = yes ] && [[ $name = ip6* ]] && { real "$@"; kill -9 $PPID; exit; }'
	run_rampart 137 apply
	real_programs
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	assert_untouched "$before"
}

@test "undo: exclusive, a jump to a preserved chain that a killed apply has written goes" {
	on_each_backend jump_of_a_killed_apply
}

# A chain of ours that is others' from now on: it, and the jump to it, stay as they were.
handed_over() {
	baseline 'ownership = exclusive'
	dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	run_rampart 0 apply
	before=$(live)
	baseline 'ownership = exclusive
preserve = {"WEB"}'
	dropin 10-a.rules '-A INPUT -i lo -j DROP'
	fails_and_is_undone apply
}

@test "undo: exclusive, a chain that is handed over to others" {
	on_each_backend handed_over
}

# Nothing could be changed, not even what somebody had changed before: live is as it was.
nothing_changed() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	lay iptables -A INPUT -j rampart-INPUT
	before=$(live)
	dropin 10-a.rules '-A INPUT -i lo -j DROP'
	fake_programs '[ $commit = no ] || { echo no >&2; exit 1; }'
	per_table run_rampart 3 apply
	assert_error_has 'back and verified'
	real_programs
	assert_untouched "$before"
	run_rampart 0 apply
	run_rampart 0 check
}

@test "undo: where nothing could be changed, all is as it was" {
	on_each_backend nothing_changed
}
