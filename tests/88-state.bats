# state: what was applied, and what the commands that look at it say.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel
load foreign

# A value of the JSON object in $output: json 'EXPRESSION over o'
json() {
	"$PYTHON" -I -S -c '
import json, sys
o = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1" <<<"$output"
}

# --- check ----------------------------------------------------------------------------------

check_states() {
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
	run_rampart 0 validate
	run_rampart 1 check
	run_rampart 0 apply
	run_rampart 0 check
	assert_silent
	run_rampart 0 check --inputs
	assert_silent
	# the files are not what it is about, unless asked
	dropin 20-b.rules '-A INPUT -p tcp --dport 22 -j ACCEPT'
	run_rampart 0 check
	assert_silent
	run_rampart 1 check --inputs
	assert_output_line 'the files have changed since they were applied'
	run_rampart 1 check --inputs --json
	assert_equal "$(json 'o["state"]')" 'inputs differ'
	run_rampart 0 apply
	run_rampart 0 check --inputs
	baseline '# a comment'
	run_rampart 1 check --inputs
	run_rampart 0 apply
	run_rampart 0 check --inputs
	# live and files at once
	both_families -F rampart-INPUT
	rm "$ROOT/$CONF_D/20-b.rules"
	run_rampart 1 check --inputs
	assert_output_has 'missing: -A rampart-INPUT -i lo -j ACCEPT'
}

@test "state: check is silent, 0, 1, and of the files only with --inputs" {
	on_each_backend check_states
}

drift_named() {
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT
-A WEB -p tcp --dport 81 -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	lay iptables -D WEB -p tcp --dport 80 -j ACCEPT
	lay iptables -A WEB -p tcp --dport 90 -j ACCEPT
	lay iptables -P INPUT ACCEPT
	lay ip6tables -D INPUT -j rampart-INPUT
	lay ip6tables -D WEB 1
	lay ip6tables -A WEB -p tcp --dport 80 -j ACCEPT
	before=$(live)
	run_rampart 1 check
	assert_equal "$(head -n -1 <<<"$output")" "live ($BACKEND) is not as applied (merge):
ipv4 filter INPUT
  policy is ACCEPT instead of DROP
ipv4 filter WEB
  unexpected: -A WEB -p tcp -m tcp --dport 90 -j ACCEPT
  missing: -A WEB -p tcp -m tcp --dport 80 -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:4
ipv6 filter INPUT
  missing: -A INPUT -j rampart-INPUT
ipv6 filter WEB"
	# either of the two has changed its place
	assert_matches "$(tail -n 1 <<<"$output")" \
		'^  misplaced: -A WEB -p tcp -m tcp --dport 8([01]) -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:[45]$'
	assert_untouched "$before"
	run_rampart 1 check
	run_rampart 0 apply
	run_rampart 0 check
}

@test "state: check names each drifted chain and rule, with its origin" {
	on_each_backend drift_named
}

jump_doubled() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	both_families -A INPUT -j rampart-INPUT
	run_rampart 1 check
	assert_equal "$output" "live ($BACKEND) is not as applied (merge):
ipv4 filter INPUT
  unexpected: -A INPUT -j rampart-INPUT
ipv6 filter INPUT
  unexpected: -A INPUT -j rampart-INPUT"
}

@test "state: check says of a doubled jump that one is too many" {
	on_each_backend jump_doubled
}

chains_drifted() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	both_families -D INPUT -j rampart-INPUT
	both_families -F rampart-INPUT
	both_families -X rampart-INPUT
	both_families -F WEB
	both_families -X WEB
	run_rampart 1 check
	assert_output_line '  missing: chain WEB'
	assert_output_line '  missing: chain rampart-INPUT'
	# an empty own chain that nobody asked for
	run_rampart 0 apply
	both_families -N rampart-OUTPUT
	run_rampart 1 check
	assert_output_line '  unexpected: chain rampart-OUTPUT'
	run_rampart 0 apply
	assert_equal "$(live | grep rampart-OUTPUT || true)" ''
}

@test "state: check names chains that are gone or too many" {
	on_each_backend chains_drifted
}

others_are_no_drift() {
	fail2ban_rules
	docker_rules
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	lay iptables -I f2b-sshd 1 -s 203.0.113.9 -j DROP
	lay iptables -D f2b-sshd -s 203.0.113.7 -j REJECT --reject-with icmp-port-unreachable
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	lay iptables -A FORWARD -i br-123456789abc -j ACCEPT
	lay iptables -t nat -A POSTROUTING -s 172.20.0.0/16 ! -o br-123456789abc -j MASQUERADE
	lay iptables -t mangle -A FORWARD -j MARK --set-mark 1
	lay iptables -P FORWARD ACCEPT
	run_rampart 0 check
	assert_silent
}

@test "state: what others do to their own is no drift" {
	on_each_backend others_are_no_drift
}

check_is_cheap() {
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT
*nat
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080'
	programs='-f -e trace=execve,fork,vfork,clone,clone3'
	traced "$programs" 0 check
	assert_equal "$(wc -l <"$TRACE")" 1
	# packets are no change
	udp 1000 5
	traced "$programs" 0 check
	assert_equal "$(wc -l <"$TRACE")" 1
	traced "$programs" 0 check --inputs
	assert_equal "$(wc -l <"$TRACE")" 1
	# somebody's change is looked at, once
	lay iptables -A FORWARD -p tcp --dport 5 -j ACCEPT
	traced "$programs" 0 check
	[ "$(grep -c execve "$TRACE")" -gt 1 ]
	traced "$programs" 0 check
	assert_equal "$(wc -l <"$TRACE")" 1
	# drift is looked at as long as it is there
	lay iptables -F rampart-INPUT
	traced "$programs" 1 check
	traced "$programs" 1 check
	[ "$(grep -c execve "$TRACE")" -gt 1 ]
}

@test "state: check starts no program while the kernel's fingerprint is the same" {
	on_each_backend check_is_cheap
}

# What check keeps of the live tables: the kernel's fingerprint when they were last as applied.
fingerprint_now() {
	forget_loaded
	run_rampart 0 check
	sed -n 's/^fingerprint //p' "$ROOT/run/rampart/loaded"
}

# after 'same|other' 'WHAT' COMMAND...: what others do to rules of their own, which is no drift
after() {
	local expected=$1 what=$2 before new found=same
	shift 2
	before=$(fingerprint_now)
	"$@"
	new=$(fingerprint_now)
	[ "$before" = "$new" ] || found=other
	[ "$found" = "$expected" ] || { echo "$what: $found"; return 1; }
}

fingerprint_tells() {
	local again
	apply_dropin 10-a.rules '-A INPUT -p udp --dport 1000 -j ACCEPT
-A INPUT -p udp --dport 1001 -m limit --limit 5/sec -m comment --comment "ours" -j ACCEPT'
	"$LAY" -A FORWARD -p tcp --dport 5 -j ACCEPT
	"$LAY" -A FORWARD -p tcp --dport 6 -j ACCEPT
	"$LAY" -N THEIRS
	"$LAY" -A THEIRS -j LOG --log-prefix one
	"$LAY" -A FORWARD -i eth1 -j THEIRS
	again=$(fingerprint_now)
	after same 'packets' udp 1000 5 "$ADDRESS"
	after same 'limits and counters' udp 1001 5 "$ADDRESS"
	[ "$(packets "$FAMILY" filter rampart-INPUT 1)" -eq 5 ]
	after same 'counters zeroed' "$LAY" -Z
	after other 'a rule of the same size' "$LAY" -R FORWARD 1 -p tcp --dport 7 -j ACCEPT
	after other 'and back' "$LAY" -R FORWARD 1 -p tcp --dport 5 -j ACCEPT
	assert_equal "$(fingerprint_now)" "$again"
	"$LAY" -D FORWARD 1
	after other 'two rules swapped' "$LAY" -I FORWARD 2 -p tcp --dport 5 -j ACCEPT
	after other 'what a target says' "$LAY" -R THEIRS 1 -j LOG --log-prefix two
	after other 'an interface' "$LAY" -R FORWARD 3 -i eth2 -j THEIRS
	after other 'where a rule goes on' "$LAY" -R FORWARD 3 -i eth2 -g THEIRS
	after other 'its verdict' "$LAY" -R FORWARD 2 -p tcp --dport 5 -j DROP
	after other 'a policy' "$LAY" -P FORWARD DROP
	after other 'the name of a chain' "$LAY" -E THEIRS THEIRX
	# the same entries one after the other, but for where a chain ends and the next begins
	"$LAY" -A FORWARD -j ACCEPT
	"$LAY" -P FORWARD ACCEPT
	again=$(fingerprint_now)
	"$LAY" -D FORWARD -j ACCEPT
	"$LAY" -A OUTPUT -j ACCEPT
	[ "$(fingerprint_now)" != "$again" ]
}

@test "state: legacy: a fingerprint tells rules, their order, chains and policies, no counters" {
	BACKEND=legacy
	for FAMILY in ipv4 ipv6; do
		ns_stop
		ns_start
		LAY=lay_$FAMILY ADDRESS=127.0.0.1
		[ $FAMILY = ipv4 ] || ADDRESS=::1
		with_no_files fingerprint_tells
	done
}

lay_ipv4() { lay iptables "$@"; }
lay_ipv6() { lay ip6tables "$@"; }

@test "state: legacy: to look at a table that is not there changes no fingerprint" {
	BACKEND=legacy
	ns_start
	apply_dropin 10-a.rules '-4 -A INPUT -p udp --dport 1000 -j ACCEPT'
	sed -i 's/^table ipv4 filter/table ipv4 mangle\n&\ntable ipv6 filter/' \
		"$ROOT/var/lib/rampart/current"
	before=$(fingerprint_now)
	assert_equal "$(tables)" 'ip filter'
	lay iptables -t mangle -L -n >/dev/null
	lay ip6tables -L -n >/dev/null
	assert_equal "$(tables)" 'ip filter
ip mangle
ip6 filter'
	traced '-f -e trace=execve' 0 check
	assert_equal "$(wc -l <"$TRACE")" 1
	assert_equal "$(fingerprint_now)" "$before"
	# what is put there does
	lay iptables -t mangle -P INPUT DROP
	[ "$(fingerprint_now)" != "$before" ]
	lay iptables -t mangle -P INPUT ACCEPT
	assert_equal "$(fingerprint_now)" "$before"
	lay ip6tables -N THEIRS
	[ "$(fingerprint_now)" != "$before" ]
}

# --- diff -----------------------------------------------------------------------------------

diffs() {
	fail2ban_rules
	baseline 'policy { FORWARD = DROP }'
	dropin 10-a.rules '# first line
-A INPUT -i lo -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	before=$(live)
	run_rampart 1 diff
	assert_equal "$(head -n 2 <<<"$output")" "--- live ($BACKEND)
+++ wanted (merge)"
	assert_output_line 'ipv4 filter rampart-INPUT'
	assert_output_line '  + chain rampart-INPUT'
	assert_output_line '  + -A rampart-INPUT -i lo -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:2'
	assert_output_line '  + -A INPUT -j rampart-INPUT'
	assert_output_line '  policy ACCEPT -> DROP'
	assert_output_line 'ipv4 nat rampart-POSTROUTING'
	refute_output_has f2b
	run_rampart 1 diff -6
	refute_output_has ipv4
	assert_output_has 'ipv6 filter INPUT'
	run_rampart 1 diff -t nat
	refute_output_has filter
	run_rampart 0 diff -6 -t nat
	assert_silent
	assert_untouched "$before"
	run_rampart 0 apply
	run_rampart 0 diff
	assert_silent
	dropin 10-a.rules '-A INPUT -i lo -j DROP'
	baseline ''
	run_rampart 1 diff
	assert_output_line '  - -A rampart-INPUT -i lo -j ACCEPT    # /etc/rampart/conf.d/10-a.rules:2'
	assert_output_line '  + -A rampart-INPUT -i lo -j DROP    # /etc/rampart/conf.d/10-a.rules:1'
	assert_output_line '  - chain rampart-POSTROUTING'
	assert_output_line '  - -A POSTROUTING -j rampart-POSTROUTING'
	assert_output_line '  policy DROP -> ACCEPT'
	# what diff says is what apply does
	shown=$(grep -c -e '^  + -A' -e '^  -+ -A' <<<"$output")
	run_rampart 0 apply
	assert_equal "$(($(sed -n 's/.*: +\([0-9]*\) -[0-9]* rules$/\1/p' <<<"$output" | paste -s -d +)))" "$shown"
	run_rampart 0 diff
	# drift is a difference as well
	lay iptables -F rampart-INPUT
	run_rampart 1 diff
	assert_output_line '  + -A rampart-INPUT -i lo -j DROP    # /etc/rampart/conf.d/10-a.rules:1'
	dropin 10-a.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT'
	run_rampart 2 diff
	assert_error_has '10-a.rules:1: error: refused'
}

@test "state: diff shows what apply would do, with origins, and does nothing" {
	on_each_backend diffs
}

# --- status ---------------------------------------------------------------------------------

status_counts() {
	run_rampart 0 status
	assert_output_line 'applied    nothing yet'
	template web 'param port port
-A INPUT -p udp --dport $port -j ACCEPT'
	dropin 10-a.rules ':MINE -
-A INPUT -p udp --dport 1001 -j MINE
-A MINE -p udp --dport 1001 -j ACCEPT'
	dropin 20-web.conf 'web { port = 1002 }
web { port = 1003 }'
	dropin 30-c.rules '-A INPUT -p udp --dport 1004 -j ACCEPT
-4 -A INPUT -p udp --dport 1005 -j ACCEPT'
	run_rampart 0 apply
	udp 1001 3
	udp 1002 2
	udp 1003 2 ::1
	udp 1005 4
	run_rampart 0 status
	assert_output_line "backend    $BACKEND"
	assert_output_line 'ownership  merge'
	assert_output_line 'files      as applied'
	assert_output_line 'live       as applied'
	assert_matches "$(grep '^applied' <<<"$output")" \
		"^applied    20[0-9T:-]*Z, by root, version $(cat "$BATS_TEST_DIRNAME/../VERSION")\$"
	# rules, packets, bytes (2 of data, 28 or 48 of headers)
	counts=$(sed -n 's/ \+/ /g; s/^\/etc\/rampart\/conf.d\///p' <<<"$output")
	assert_equal "$counts" '10-a.rules 4 6 180
20-web.conf 4 4 160
30-c.rules 3 4 120'
	# also what another wrote in between is told apart
	lay iptables -I rampart-INPUT 1 -p udp --dport 1002 -j DROP
	udp 1002 5
	run_rampart 0 status
	assert_output_line "live       drifted: see 'rampart check'"
	assert_equal "$(sed -n 's/ \+/ /g; s/^\/etc\/rampart\/conf.d\/20-web.conf //p' <<<"$output")" '4 4 160'
	dropin 30-c.rules '-A INPUT -j ACCEPT'
	run_rampart 0 status
	assert_output_line "files      changed since: see 'rampart diff'"
}

@test "state: status counts rules, packets and bytes of each drop-in" {
	on_each_backend status_counts
}

# --- save -----------------------------------------------------------------------------------

save_files() {
	mkdir -p "$ROOT/etc/iptables"
	echo 'save_to = {"/etc/iptables/rules.v4", "/etc/iptables/rules.v6"}'
}

saves() {
	fail2ban_rules
	docker_rules
	conf=$(save_files)
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules ':WEB -
-A INPUT -i lo -j ACCEPT
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -m comment --comment "a b" -j ACCEPT
-4 -A DOCKER-USER -i eth0 -j DROP
-4 -A FORWARD -p tcp --dport 5 -j DOCKER-USER
-A FORWARD -i eth0 -j ACCEPT
*nat
-4 -A POSTROUTING -o eth0 -j MASQUERADE'
	run_rampart 2 save
	assert_error_line "rampart: error: the baseline's 'save_to' names no file"
	baseline "policy { INPUT = DROP }
$conf"
	run_rampart 2 save
	assert_error_has 'nothing applied yet'
	run_rampart 0 apply
	ours=$(live | grep -e rampart -e WEB | grep -v DOCKER-USER)
	# drift is not saved
	lay iptables -F WEB
	run_rampart 0 save
	assert_output_line 'saved ipv4 to /etc/iptables/rules.v4'
	assert_equal "$(stat -c '%a %u' "$ROOT/etc/iptables/rules.v4")" '640 0'
	assert_equal "$(grep -h -e f2b -e '-j DOCKER' -e '^:DOCKER' "$ROOT"/etc/iptables/rules.v?)" ''
	assert_equal "$(ls "$ROOT/etc/iptables" | paste -s)" $'rules.v4\trules.v6'
	# on an empty kernel it is ours, and nothing else
	ns_stop
	ns_start
	ipt_restore <"$ROOT/etc/iptables/rules.v4"
	ip6t_restore <"$ROOT/etc/iptables/rules.v6"
	assert_equal "$(live | grep -e rampart -e WEB | grep -v DOCKER-USER | sort)" "$(sort <<<"$ours")"
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv6 filter INPUT)" 'DROP DROP'
	assert_equal "$(live | grep -c -e '^-A' -e '^:[A-Za-z-]* -')" \
		"$(live | grep -e rampart -e WEB | grep -c -e '^-A' -e '^:')"
	# as after a boot: rampart finds it as it should be
	rm -rf "$ROOT/run/rampart"
	docker_rules
	run_rampart 0 apply
	run_rampart 0 check
}

@test "state: save writes what ours needs on an empty kernel" {
	on_each_backend saves
}

saves_all() {
	all_foreign_rules
	lay iptables -A INPUT -p tcp --dport 5 -m comment --comment 'the "admin"' -j ACCEPT
	lay iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack
	lay ip6tables -P FORWARD DROP
	baseline "$(save_files)"
	# nothing has to be applied for that
	run_rampart 0 save --all
	refute_saved() { ! grep -e "$1" "$ROOT"/etc/iptables/rules.v?; }
	refute_saved f2b
	refute_saved DOCKER
	refute_saved KUBE-
	everything=$(live | grep -v -e f2b -e DOCKER -e KUBE | grep -e '^-A' -e '^:' -e tables)
	ns_stop
	ns_start
	ipt_restore <"$ROOT/etc/iptables/rules.v4"
	ip6t_restore <"$ROOT/etc/iptables/rules.v6"
	assert_equal "$(live | grep -e '^-A' -e '^:' -e tables | sort)" "$(sort <<<"$everything")"
	# as the baseline has it
	baseline "$(save_files)
save_skip = {\"LIBVIRT_*\"}"
	apply_dropin 10-a.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 save --all
	refute_saved LIBVIRT
	grep -q FLANNEL "$ROOT/etc/iptables/rules.v4"
	grep -q -- '-A rampart-OUTPUT -o lo -j ACCEPT' "$ROOT/etc/iptables/rules.v6"
}

@test "state: save --all writes all that is live, less save_skip" {
	on_each_backend saves_all
}

saves_one_family() {
	mkdir -p "$ROOT/etc/iptables"
	baseline 'save_to = {"/etc/iptables/rules.v4", ""}'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 save
	assert_equal "$(ls "$ROOT/etc/iptables")" rules.v4
	before=$(cat "$ROOT/etc/iptables/rules.v4")
	# a save that fails leaves the old file
	ns mount -t tmpfs -o size=4k,mode=755 none "$ROOT/etc/iptables"
	ns sh -c 'echo old >"$1/rules.v4"; head -c 8000 /dev/zero >"$1/fill"' sh "$ROOT/etc/iptables" \
		2>/dev/null || true
	run_rampart 2 save
	assert_error_line "/etc/iptables/rules.v4: error: can't be written: No space left on device"
	assert_equal "$(ns head -c 3 "$ROOT/etc/iptables/rules.v4")" old
	ns umount "$ROOT/etc/iptables"
	assert_equal "$(cat "$ROOT/etc/iptables/rules.v4")" "$before"
}

@test "state: save of one family; a full disk leaves the old file" {
	on_each_backend saves_one_family
}

# --- flush ----------------------------------------------------------------------------------

flushes() {
	run_rampart 0 flush
	assert_output_line "nothing to flush ($BACKEND)"
	assert_equal "$(tables)" ''
	fail2ban_rules
	before=$(live)
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	run_rampart 0 flush
	assert_output_line "flushed ($BACKEND), rules removed: 6"
	assert_untouched "$before"
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
	run_rampart 0 flush
	assert_output_line "nothing to flush ($BACKEND)"
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter WEB | wc -l)" 1
}

@test "state: flush takes ours out, and then there is nothing to flush" {
	on_each_backend flushes
}

flush_after_drift() {
	fail2ban_rules
	before=$(live)
	baseline 'policy { INPUT = DROP }'
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	both_families -A INPUT -j rampart-INPUT
	both_families -A rampart-INPUT -j DROP
	both_families -N rampart-old
	both_families -A OUTPUT -j rampart-old
	rm -r "$ROOT/run/rampart" "$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 flush
	assert_untouched "$before"
}

@test "state: flush takes all of ours out, whatever was done to it" {
	on_each_backend flush_after_drift
}

# --- lost, broken, read-only ------------------------------------------------------------------

lost_run() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	rm -r "$ROOT/run/rampart"
	run_rampart 0 check
	rm -r "$ROOT/run/rampart"
	run_rampart 0 apply
	assert_output_has 'nothing to do'
	rm -r "$ROOT/run/rampart"
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "state: /run lost is a cache lost" {
	on_each_backend lost_run
}

lost_state() {
	fail2ban_rules
	before=$(live)
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth0 -j ACCEPT'
	after=$(live)
	rm -r "$ROOT/var/lib/rampart"
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(save ipv4 filter | grep FORWARD)" "$(grep -m 1 '^:FORWARD' <<<"$after")"
	run_rampart 0 check
	rm -r "$ROOT/var/lib/rampart"
	run_rampart 0 flush
	assert_equal "$(live | grep -v OUTPUT)" "$(grep -v OUTPUT <<<"$before")"
}

@test "state: /var/lib/rampart lost: our chains are known by their names" {
	on_each_backend lost_state
}

lost_state_declared() {
	apply_dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	rm -r "$ROOT/var/lib/rampart"
	before=$(live)
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 2 apply
	assert_error_has "chain 'WEB' is live (ipv4 filter) and not rampart's"
	assert_error_has "--adopt WEB"
	assert_untouched "$before"
	run_rampart 0 apply --adopt WEB
	run_rampart 0 check
	assert_equal "$(rules ipv6 filter WEB | wc -l)" 1
}

@test "state: /var/lib/rampart lost: declared chains are taken back by --adopt" {
	on_each_backend lost_state_declared
}

broken_state() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	good=$(cat "$ROOT/var/lib/rampart/current")
	nl=$'\n'
	before=$(live)
	for content in 'not a state' '' "${good:0:200}" "$good
-A nowhere x" "rampart-state 99
${good#*$'\n'}"; do
		printf '%s' "$content" >"$ROOT/var/lib/rampart/current"
		for command in apply 'apply --adopt WEB' flush status; do
			# shellcheck disable=SC2086 # words
			run_rampart 2 $command
			assert_matches "$stderr" "(^|$nl)/var/lib/rampart/current(:[0-9]+)?: error: not a state file of this version of rampart: move it away, and name its chains by 'apply --adopt'"
			assert_untouched "$before"
		done
		run_rampart 2 check
	done
	printf '%s\n' "$good" >"$ROOT/var/lib/rampart/current"
	run_rampart 0 apply
	# somebody else's file is not believed
	chmod 666 "$ROOT/var/lib/rampart/current"
	before=$(live)
	rm "$ROOT/$CONF_D/20-b.rules"
	run_rampart 2 apply
	assert_error_has '/var/lib/rampart/current'
	assert_untouched "$before"
}

@test "state: a state file that is broken or anybody's is refused, live unchanged" {
	on_each_backend broken_state
}

read_only_state() {
	mkdir -p "$ROOT/var/lib/rampart"
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	for what in first second; do
		ns mount --bind "$ROOT/var/lib/rampart" "$ROOT/var/lib/rampart"
		ns mount -o remount,bind,ro "$ROOT/var/lib/rampart"
		run_rampart 2 apply
		assert_error_line "/var/lib/rampart/undo: error: can't be written: Read-only file system"
		assert_error_has 'live rules not changed'
		assert_untouched "$before"
		if [ $what = second ]; then
			run_rampart 2 flush
			assert_error_has 'live rules not changed'
			assert_untouched "$before"
			run_rampart 0 check
			run_rampart 0 status
		fi
		ns umount "$ROOT/var/lib/rampart"
		run_rampart 0 apply
		before=$(live)
		dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	done
}

@test "state: /var/lib/rampart read-only: exit 2, live unchanged" {
	on_each_backend read_only_state
}

full_state() {
	mkdir -p "$ROOT/var/lib/rampart"
	ns mount -t tmpfs -o size=16k,mode=755 none "$ROOT/var/lib/rampart"
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	ns sh -c 'cat /dev/zero >"$1/fill"' sh "$ROOT/var/lib/rampart" 2>/dev/null || true
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/var/lib/rampart/undo: error: can't be written: No space left on device"
	assert_error_has 'live rules not changed'
	assert_untouched "$before"
	run_rampart 0 check
	assert_equal "$(ns ls "$ROOT/var/lib/rampart" | paste -s -d ' ')" 'current fill generations'
	ns rm "$ROOT/var/lib/rampart/fill"
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-OUTPUT | wc -l)" 1
	run_rampart 0 check
	ns umount "$ROOT/var/lib/rampart"
}

@test "state: a full disk below /var/lib/rampart: exit 2, live unchanged, no debris" {
	on_each_backend full_state
}

read_only_run() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	ns mount --bind "$ROOT/run" "$ROOT/run"
	ns mount -o remount,bind,ro "$ROOT/run"
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/run/rampart: error: can't make '/run/rampart': Read-only file system"
	assert_untouched "$before"
	ns umount "$ROOT/run"
	run_rampart 0 apply
}

@test "state: /run read-only: exit 2, live unchanged" {
	on_each_backend read_only_run
}

# The new state can't take its place: the old rules come back.
promote_fails() {
	command -v strace >/dev/null || skip 'no strace'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	dropin 10-a.rules '-A OUTPUT -o lo -j ACCEPT'
	traced '-e trace=rename -e inject=rename:error=EIO' 3 apply
	assert_error_line "/var/lib/rampart/current: error: can't be written: Input/output error"
	assert_error_has 'apply failed: the old rules are back and verified'
	assert_untouched "$before"
	run_rampart 0 check
	run_rampart 0 apply
	run_rampart 0 check --inputs
}

@test "state: a state that can't be written at the end: exit 3, the old rules are back" {
	on_each_backend promote_fails
}

# --- the restore and save programs --------------------------------------------------------------

# Ours, of before and of now; what is live is $before.
programs_start() {
	program=/usr/sbin/iptables-$BACKEND
	both_families -A INPUT -p tcp --dport 5 -j ACCEPT
	changing
}

programs_missing() {
	programs_start
	: >"$BATS_TEST_TMPDIR/nothing"
	ns mount --bind "$BATS_TEST_TMPDIR/nothing" "/usr/sbin/xtables-$BACKEND-multi"
	run_rampart 2 apply
	assert_error_line "rampart: error: no iptables-restore and iptables-save of backend $BACKEND: is package 'iptables' installed?"
	assert_error_has 'live rules not changed'
	run_rampart 2 validate
	real_programs
	assert_untouched "$before"
}

@test "state: programs missing: exit 2" {
	on_each_backend programs_missing
}

restore_fails() {
	programs_start
	# in the proof
	fake_programs '[[ $name != *-restore ]] || { echo "$name: out of order" >&2; exit 1; }'
	run_rampart 2 apply
	assert_error_line "rampart: error: $program-restore refused the ipv4 payload: iptables-$BACKEND-restore: out of order"
	assert_error_has 'live rules not changed'
	real_programs
	assert_untouched "$before"
	# in the commit, at once
	fake_programs '[ $commit = no ] || { echo "$name: out of order" >&2; exit 1; }'
	run_rampart 3 apply
	assert_error_line "rampart: error: the kernel did not take the change: $program-restore: iptables-$BACKEND-restore: out of order"
	assert_error_has 'apply failed: the old rules are back and verified'
	real_programs
	assert_untouched "$before"
	run_rampart 0 check
	# behind the first family's
	fake_programs '[ $commit = no ] || [[ $name != ip6* ]] || { echo "$name: out of order" >&2; exit 1; }'
	per_table run_rampart 3 apply
	assert_error_has 'apply failed: the old rules are back and verified'
	real_programs
	assert_untouched "$before"
	run_rampart 0 check
	# by a signal
	fake_programs '[ $commit = no ] || kill -SEGV $$'
	run_rampart 3 apply
	real_programs
	assert_untouched "$before"
	# and when it works again, so does apply
	run_rampart 0 apply
	run_rampart 0 check --inputs
	[[ "$(live)" != *OLD* ]]
}

@test "state: a restore program that fails: 2 before, 3 behind the first change" {
	on_each_backend restore_fails
}

restore_fails_once() {
	programs_start
	fake_programs '[ $commit = no ] || ! rm "$T/once" 2>/dev/null || { echo "not now" >&2; exit 4; }'
	: >"$FAKE/once"
	run_rampart 0 apply
	[ ! -e "$FAKE/once" ]
	real_programs
	run_rampart 0 check
}

@test "state: a restore program that fails once is tried again" {
	on_each_backend restore_fails_once
}

restore_lies() {
	programs_start
	# says that it has, and has not
	fake_programs '[ $commit = no ] || exit 0'
	run_rampart 3 apply
	assert_error_line 'rampart: error: live rules are not as they should be after 5 tries'
	assert_error_has 'apply failed: the old rules are back and verified'
	real_programs
	assert_untouched "$before"
	run_rampart 0 check
	# one family only
	fake_programs '[ $commit = no ] || [[ $name != ip6* ]] || exit 0'
	run_rampart 3 apply
	assert_untouched "$before"
	per_table run_rampart 3 apply
	real_programs
	assert_untouched "$before"
	# does something else instead
	fake_programs '[ $commit = no ] || [[ $name != ip6* ]] || {
		sed "/NEW/s/--dport 80/--dport 81/" | real "$@"
		exit
	}'
	run_rampart 3 apply
	real_programs
	assert_untouched "$before"
	run_rampart 0 check
}

@test "state: a restore program that lies is found out: live is read back" {
	on_each_backend restore_lies
}

# The way back is barred, too.
cannot_undo() {
	programs_start
	fake_programs '[ $commit = no ] || {
		[ ! -e "$T/done" ] || { echo "out of order" >&2; exit 1; }
		: >"$T/done"
	}'
	per_table run_rampart 4 apply
	assert_error_has 'apply failed: live rules are neither the old nor the new ones'
	assert_error_has "not as it was: ipv4 filter chain 'OLD'"
	assert_error_has "not as it was: ipv4 filter chain 'NEW'"
	refute_error_has 'not as it was: ipv6'
	real_programs
	assert_equal "$(save ipv4 filter | grep -c OLD)" 0
	assert_equal "$(save ipv6 filter | grep -c NEW)" 0
	# what could not be undone then can be now
	run_rampart 0 check
	assert_error_line 'rampart: warning: an earlier apply was killed half way: the old rules are back and verified'
	assert_untouched "$before"
	run_rampart 0 apply
	run_rampart 0 check --inputs
	[[ "$(live)" != *OLD* ]]
}

@test "state: no way forward and none back: exit 4, and what is live is named" {
	on_each_backend cannot_undo
}

# Behind the change nothing can be read any more: it must not say what it can't know.
cannot_verify() {
	programs_start
	fake_programs '[ $commit = no ] || : >"$T/done"
		[[ $name != *-save ]] || [ $live = no ] || [ ! -e "$T/done" ] || {
			echo "blind" >&2
			exit 1
		}'
	run_rampart 4 apply
	assert_error_line "rampart: error: live rules can't be read: $program-save failed: blind"
	assert_error_line "rampart: apply failed, and what is live can't be read back"
	refute_error_has 'live rules are neither'
	real_programs
	run_rampart 0 apply
	run_rampart 0 check --inputs
}

@test "state: live that can't be read back: exit 4, and no word of what it is" {
	on_each_backend cannot_verify
}

save_fails() {
	programs_start
	fake_programs '[[ $name != *-save ]] || { echo "blind" >&2; exit 1; }'
	run_rampart 2 apply
	assert_error_line "rampart: error: $program-save failed in the scratch namespace: blind"
	assert_error_has 'live rules not changed'
	# rubbish is not taken for an answer
	fake_programs '[[ $name != *-save ]] || { echo "*filter"; echo "-A INPUT -j"; echo rubbish; exit 0; }'
	run_rampart 2 apply
	assert_error_line "rampart: error: $program-save: a line that can't be read: '-A INPUT -j'"
	real_programs
	assert_untouched "$before"
}

@test "state: live that can't be read: exit 2" {
	on_each_backend save_fails
}

# What a program says in two lines, or ends with a newline, is one line without it in ours.
save_fails_in_words() {
	programs_start
	fake_programs '[[ $name != *-save ]] || { printf "one\\ntwo\\n" >&2; exit 1; }'
	run_rampart 2 apply
	assert_error_has 'one'
	refute_error_has '\x0a'
	real_programs
}

@test "state: the words of a program that failed are quoted without its newlines" {
	on_each_backend save_fails_in_words
}

# Waiting for half a minute is left out. What does not hang has to be done in three seconds.
commit_hangs() {
	programs_start
	fake_programs '[ $commit = no ] || ! rm "$T/once" 2>/dev/null || exec sleep 300'
	: >"$FAKE/once"
	at_commit PATIENCE=3000 -- run_rampart 3 apply
	[ ! -e "$FAKE/once" ]
	assert_error_has 'did not end in time'
	assert_error_has 'apply failed: the old rules are back and verified'
	real_programs
	assert_untouched "$before"
	run_rampart 0 check
}

@test "state: a restore program that hangs is ended, and the old rules are back: exit 3" {
	on_each_backend commit_hangs
}

proof_hangs() {
	command -v strace >/dev/null || skip 'no strace'
	programs_start
	fake_programs '[[ $name != *-restore ]] || [ $live = yes ] || exec sleep 300'
	traced '-e trace=poll -e inject=poll:retval=0' 2 validate
	assert_error_has 'did not end in time'
	real_programs
	assert_untouched "$before"
}

@test "state: a program that hangs in the proof is ended: exit 2" {
	on_each_backend proof_hangs
}

look_hangs() {
	command -v strace >/dev/null || skip 'no strace'
	programs_start
	fake_programs '[[ $name != *-save ]] || [ $live = no ] || exec sleep 300'
	traced '-e trace=poll -e inject=poll:retval=0' 2 apply
	assert_error_has 'live rules not changed'
	assert_error_has 'in time'
	real_programs
	assert_untouched "$before"
}

@test "state: a look at live rules that hangs is ended, and said so: exit 2" {
	on_each_backend look_hangs
}

# What an interrupted apply has made in a table that the last one did not look at is drift.
check_interrupted() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 check
	fake_programs "[ \$commit = no ] || { real \"\$@\"; $KILL_BOTH; exit; }"
	dropin 20-nat.rules '*nat
-4 -A PREROUTING -i eth0 -j RETURN
*filter
-6 -A INPUT -i eth0 -j RETURN'
	per_table run_rampart 137 apply
	real_programs
	# somebody is at work: what is half done is shown, and left alone
	exec 9>"$ROOT/run/rampart/lock"
	flock 9
	run_rampart 1 check
	assert_output_line 'ipv4 nat PREROUTING'
	run_rampart 0 status
	assert_error_line 'rampart: warning: another rampart is changing the rules right now'
	assert_output_line "live       drifted: see 'rampart check'"
	exec 9>&-
	run_rampart 0 status
	assert_error_line 'rampart: warning: an earlier apply was killed half way: the old rules are back and verified'
	assert_output_line 'live       as applied'
	[[ "$(live)" != *eth0* ]]
	run_rampart 0 apply
	run_rampart 0 check
}

@test "state: check and status look at the tables of an interrupted apply as well" {
	on_each_backend check_interrupted
}

# --- the other backend ---------------------------------------------------------------------------

with_backend() { # BACKEND COMMAND...
	local BACKEND=$1
	shift
	"$@"
}

other_backend() {
	if [ $BACKEND = nft ]; then echo legacy; else echo nft; fi
}

switched() {
	local other
	other=$(other_backend)
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	with_backend "$other" run_rampart 0 apply
	theirs=$(with_backend "$other" live)
	run_rampart 2 apply
	assert_error_line "rampart: error: rampart's chains are live in backend $other, and this is $BACKEND: 'rampart flush --backend $other' takes them out, 'rampart apply --move' moves them"
	assert_error_has 'live rules not changed'
	assert_equal "$(with_backend "$other" live)" "$theirs"
	[[ "$(live)" != *rampart* ]]
	run_rampart 0 status
	assert_error_line "rampart: warning: rampart's chains are live in the other backend"
	assert_output_line 'files      as applied'
	assert_output_line 'live       the last apply was to the other backend'
	run_rampart 1 diff
	assert_error_line "rampart: note: the last apply was to backend $other"
	# one way out
	with_backend "$other" run_rampart 0 flush
	[[ "$(with_backend "$other" live)" != *rampart* ]]
	[[ "$(with_backend "$other" live)" != *DROP* ]]
	run_rampart 0 apply
	run_rampart 0 check
	assert_equal "$(rules ipv4 filter WEB | wc -l)" 1
	run_rampart 0 flush
	# and the other
	with_backend "$other" run_rampart 0 apply
	run_rampart 0 apply --move
	assert_equal "$(rules ipv4 filter WEB | wc -l)" 1
	assert_equal "$(policy ipv6 filter INPUT)" DROP
	[[ "$(with_backend "$other" live)" != *rampart* ]]
	[[ "$(with_backend "$other" live)" != *WEB* ]]
	[[ "$(with_backend "$other" live)" != *DROP* ]]
	run_rampart 0 check
	run_rampart 0 status
	assert_output_line "backend    $BACKEND"
	assert_output_line 'live       as applied'
	# again: nothing to move
	run_rampart 0 apply --move
}

@test "state: ours live in the other backend: refused, and both ways out work" {
	on_each_backend switched
}

move_fails() {
	local other
	other=$(other_backend)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	with_backend "$other" run_rampart 0 apply
	with_backend "$other" fake_programs '[ $commit = no ] || { echo "out of order" >&2; exit 1; }'
	run_rampart 4 apply --move
	assert_error_has "rampart's chains could not be taken out of backend $other"
	assert_error_has "applied, but rampart's rules are live in the other backend as well"
	with_backend "$other" real_programs
	run_rampart 0 apply --move
	[[ "$(with_backend "$other" live)" != *rampart* ]]
}

@test "state: ours that can't be taken out of the other backend: exit 4" {
	on_each_backend move_fails
}

switched_flush_named() {
	local other
	other=$(other_backend)
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB
-A WEB -p tcp --dport 80 -j ACCEPT'
	run_rampart 0 apply
	before=$(live)
	# flush of the backend that ours are not in
	with_backend "$other" run_rampart 0 flush
	assert_untouched "$before"
	run_rampart 0 check
}

@test "state: flush of the other backend leaves this one" {
	on_each_backend switched_flush_named
}

others_elsewhere() {
	local other
	other=$(other_backend)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	refute_error_has warning
	with_backend "$other" lay iptables -N theirs
	run_rampart 0 apply
	refute_error_has warning # empty: no packet is decided there
	with_backend "$other" lay iptables -A theirs -j DROP
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply
	assert_error_has "warning: backend $other holds rules of others: packets go through both"
	run_rampart 0 status
	assert_error_has "warning: backend $other holds rules of others: packets go through both"
}

@test "state: chains of others in the other backend are a warning" {
	on_each_backend others_elsewhere
}

rules_elsewhere() {
	local other
	other=$(other_backend)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	with_backend "$other" lay iptables -A INPUT -p tcp --dport 5 -j DROP
	run_rampart 0 apply
	assert_error_has "warning: backend $other holds rules of others: packets go through both"
}

@test "state: rules of others in the other backend's built-in chains are a warning" {
	on_each_backend rules_elsewhere
}

policy_elsewhere() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	with_backend "$(other_backend)" lay iptables -P INPUT DROP
	run_rampart 0 apply
	assert_error_has "warning: backend $(other_backend) has a policy DROP: packets go through both"
}

@test "state: a policy of the other backend that drops is a warning" {
	on_each_backend policy_elsewhere
}

# A chain that somebody makes in the other backend, by a name that ours has here.
namesake_elsewhere() {
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB'
	run_rampart 0 apply
	with_backend "$(other_backend)" lay iptables -N WEB
	dropin 20-b.rules '-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply
}

@test "state: a chain of others in the other backend that is called like ours is not ours" {
	on_each_backend namesake_elsewhere
}

looking_makes_nothing() {
	local other
	other=$(other_backend)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	for command in apply check status apply flush; do
		run_rampart 0 $command
		assert_equal "$(with_backend "$other" tables | grep -v "^table ip6\? filter$" || true)" ''
		[ $BACKEND = legacy ] || assert_equal "$(with_backend legacy tables)" ''
		[ $BACKEND = nft ] || assert_equal "$(with_backend nft tables)" ''
	done
}

@test "state: looking at the other backend creates nothing there" {
	on_each_backend looking_makes_nothing
}

# --- neighbours ----------------------------------------------------------------------------------

neighbours() {
	local service
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	refute_error_has 'at boot'
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants" "$ROOT/etc/rc2.d" "$ROOT/etc/ufw"
	for service in ferm firewalld shorewall netfilter-persistent nftables; do
		ln -sf "/lib/systemd/system/$service.service" \
			"$ROOT/etc/systemd/system/multi-user.target.wants/$service.service"
		run_rampart 0 status
		assert_error_line "rampart: warning: '$service' is enabled: at boot it would load its own rules over these"
		forget_loaded
		run_rampart 0 apply
		assert_error_line "rampart: warning: '$service' is enabled: at boot it would load its own rules over these"
		assert_equal "$(grep -c 'at boot' <<<"$stderr")" 1
		rm "$ROOT/etc/systemd/system/multi-user.target.wants/$service.service"
	done
	ln -s ../init.d/ferm "$ROOT/etc/rc2.d/S01ferm"
	run_rampart 0 status
	assert_error_has "'ferm' is enabled"
	rm "$ROOT/etc/rc2.d/S01ferm"
	# ufw is enabled by its package, and on by its own word
	ln -s /lib/systemd/system/ufw.service "$ROOT/etc/systemd/system/multi-user.target.wants/ufw.service"
	echo 'ENABLED=yes' >"$ROOT/etc/ufw/ufw.conf"
	run_rampart 0 status
	assert_error_has "'ufw' is enabled"
	echo 'ENABLED=no' >"$ROOT/etc/ufw/ufw.conf"
	run_rampart 0 status
	refute_error_has 'at boot'
	rm -r "$ROOT/etc/systemd" "$ROOT/etc/rc2.d" "$ROOT/etc/ufw"
}

@test "state: ufw, ferm, firewalld and the like enabled: a warning by name" {
	on_each_backend neighbours
}

ipv6_unfiltered() {
	baseline '# one
families = {ipv4}'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	refute_error_has IPv6
	ns ip link add v0 type veth peer name v1
	ns ip link set v0 up
	ns ip link set v1 up
	ns ip addr add 2001:db8::1/64 dev v0 nodad
	forget_loaded
	run_rampart 0 apply
	assert_error_line '/etc/rampart/rampart.conf:2: warning: IPv6 is not filtered, though IPv6 addresses are up'
	run_rampart 0 status
	assert_error_has 'IPv6 is not filtered'
	[[ "$(live)" != *ip6tables*rampart* ]]
	baseline ''
	run_rampart 0 apply
	refute_error_has 'IPv6'
}

@test "state: families = {ipv4} while IPv6 addresses are up: a warning" {
	on_each_backend ipv6_unfiltered
}

# --- JSON ----------------------------------------------------------------------------------------

# json_of N COMMAND...: nothing but one object on standard output, nothing on standard error.
json_of() {
	run_rampart "$@" --json
	assert_equal "$stderr" ''
	"$PYTHON" -m json.tool <<<"$output" >/dev/null
}

json_outputs() {
	json_of 1 check
	assert_equal "$(json 'o["state"]')" 'nothing applied yet'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 80 -m comment --comment "a \"b\" ä" -j ACCEPT'
	json_of 0 validate
	assert_equal "$(json 'o["result"], o["messages"]')" "('valid', [])"
	json_of 1 diff
	assert_equal "$(json 'o["backend"]')" $BACKEND
	assert_equal "$(json '[c["kind"] for c in o["chains"] if c["chain"] == "rampart-INPUT"]')" "['create', 'create']"
	assert_equal "$(json '[r for c in o["chains"] if c["chain"] == "rampart-INPUT" and c["family"] == "ipv6" and c["table"] == "filter" for r in c["rules"]][0] == {"change": "add", "rule": "-i lo -j ACCEPT", "origin": "/etc/rampart/conf.d/10-a.rules:1"}')" True
	assert_equal "$(json '"ä" in str(o)')" True
	json_of 0 apply
	assert_equal "$(json 'o["changed"]')" "{'ipv4': {'added': 3, 'removed': 0}, 'ipv6': {'added': 3, 'removed': 0}}"
	json_of 0 apply
	json_of 0 check
	assert_equal "$(json 'o["state"]')" same
	json_of 0 diff
	assert_equal "$(json 'o["chains"]')" '[]'
	json_of 0 list
	assert_equal "$(json 'o["dropins"]')" "[{'name': '10-a.rules', 'path': '/etc/rampart/conf.d/10-a.rules', 'layer': '/etc/rampart/conf.d', 'kind': 'rules'}]"
	: >"$ROOT/$CONF_D/20-x.txt"
	json_of 0 list --all
	assert_equal "$(json 'sorted(o["skipped"][0])')" "['path', 'reason']"
	rm "$ROOT/$CONF_D/20-x.txt"
	udp 1000 1
	json_of 0 status
	assert_equal "$(json '(o["backend"], o["ownership"], o["files"], o["live"], o["waiting"])')" \
		"('$BACKEND', 'merge', 'as applied', 'as applied', [])"
	assert_equal "$(json 'o["dropins"][0]["file"], o["dropins"][0]["rules"], sorted(o["dropins"][0])')" \
		"('/etc/rampart/conf.d/10-a.rules', 4, ['bytes', 'file', 'packets', 'rules'])"
	assert_equal "$(json 'o["dropins"][0]["packets"] >= 1')" True
	lay iptables -D rampart-INPUT 1
	lay iptables -P INPUT DROP
	json_of 1 check
	assert_equal "$(json 'o["state"], len(o["chains"])')" "('drifted', 1)"
	assert_equal "$(json 'o["chains"][0]["rules"]')" \
		"[{'change': 'add', 'rule': '-i lo -j ACCEPT', 'origin': '/etc/rampart/conf.d/10-a.rules:1'}]"
	lay iptables -P INPUT ACCEPT
	baseline 'policy { INPUT = DROP }'
	json_of 1 diff
	assert_equal "$(json '[(c["policy_live"], c["policy_wanted"]) for c in o["chains"] if "policy_live" in c]')" \
		"[('ACCEPT', 'DROP'), ('ACCEPT', 'DROP')]"
	dropin 20-bad.rules '-A INPUT -p tcp --dport $NOSUCH -j ACCEPT'
	json_of 2 validate
	assert_equal "$(json 'o["result"]')" 'not valid'
	assert_equal "$(json 'o["messages"]')" "[{'severity': 'error', 'file': '/etc/rampart/conf.d/20-bad.rules', 'line': 1, 'text': \"unknown set 'NOSUCH'\"}]"
	json_of 2 apply
	assert_equal "$(json 'o["truth"]')" 'live rules not changed'
	rm "$ROOT/$CONF_D/20-bad.rules"
	json_of 0 flush
}

@test "state: JSON of check, diff, list, status, validate, apply and flush" {
	on_each_backend json_outputs
}
