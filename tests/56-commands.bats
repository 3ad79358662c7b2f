# commands: what each command of a drop-in does to the wanted rules (rampart.rules(5), "Commands").
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

B=/etc/rampart/conf.d/20-b.rules

# --- :CHAIN and -N --------------------------------------------------------------------

@test "commands: :CHAIN declares, may be repeated and never flushes" {
	good_rules '*filter
:WEB - [0:0]
-A WEB -i one
:WEB - [0:0]
-A WEB -i two
:WEB
-A INPUT -j WEB' '-A WEB -i one
-A WEB -i two
-A INPUT -j WEB'
	dropin 20-b.rules ':WEB -
-A WEB -i three'
	become '-A WEB -i one
-A WEB -i two
-A WEB -i three
-A INPUT -j WEB'
	# nor does *TABLE, unlike iptables-restore
	dropin 20-b.rules '*filter
:INPUT ACCEPT [0:0]
COMMIT'
	become '-A WEB -i one
-A WEB -i two
-A INPUT -j WEB'
}

@test "commands: -N declares; of a declared chain it is an error with both origins" {
	good_rules '-N WEB
-A WEB
-A INPUT -j WEB' '-A WEB
-A INPUT -j WEB'
	good_rules '--new-chain WEB
-A WEB
-A INPUT -j WEB' '-A WEB
-A INPUT -j WEB'
	bad_rules ':WEB -
-A INPUT -j WEB
-N WEB' "3: error: chain 'WEB' exists already: declared at $RULES:1"
	bad_rules '-N WEB

-N WEB' "3: error: chain 'WEB' exists already: declared at $RULES:1"
	dropin 10-a.rules '
-N WEB'
	dropin 20-b.rules '-N WEB'
	run_rampart 2 show
	assert_equal "$stderr" "$B:1: error: chain 'WEB' exists already: declared at $RULES:2"
	# :CHAIN behind -N is fine, and so is the same name in another table or family
	dropin 10-a.rules '-N WEB
-A INPUT -j WEB'
	dropin 20-b.rules ':WEB -
*nat
-N WEB
-A PREROUTING -j WEB'
	run_rampart 0 show
	rm "$ROOT$B"
	good_rules '-4 -N WEB
-6 -N WEB
-A INPUT -j WEB' '-A INPUT -j WEB'
	bad_rules '-N WEB -j ACCEPT' "1: error: command '-N' takes no option '-j'"
	bad_rules '-N WEB x' "1: error: unexpected word 'x'"
}

@test "commands: a chain declared elsewhere may be used anywhere" {
	dropin 10-a.rules '-A INPUT -j WEB
-A WEB -i early'
	dropin 20-b.rules ':WEB -
-A WEB -i late'
	become '-A INPUT -j WEB
-A WEB -i early
-A WEB -i late'
	assert_equal "$stderr" ''
	run_rampart 0 validate
	dropin 10-a.rules '-A WEB -i early
-I WEB -i first
-A INPUT -g WEB'
	become '-A WEB -i first
-A WEB -i early
-A WEB -i late
-A INPUT -g WEB'
	run_rampart 0 validate
}

undeclared() {
	dropin 10-a.rules '-A INPUT -i lo
-A WEN -i early'
	dropin 20-b.rules ':WEB -
-A INPUT -j WEB'
	run_rampart 2 apply
	assert_error_line "$RULES:2: error: chain 'WEN' is not defined in table 'filter', did you mean 'WEB'?"
	assert_error_has 'live rules not changed'
	dropin 10-a.rules '-A INPUT -i lo
-A INPTU -i early'
	run_rampart 2 apply
	assert_error_line "$RULES:2: error: chain 'INPTU' is not defined in table 'filter', did you mean 'INPUT'?"
	dropin 10-a.rules '-A INPUT -i lo
-A ZZZZ -i early'
	run_rampart 2 apply
	assert_error_line "$RULES:2: error: chain 'ZZZZ' is not defined in table 'filter'"
	# the chain of another table is another chain
	dropin 10-a.rules '*nat
-A WEB -i early'
	run_rampart 2 apply
	assert_error_has "$RULES:2: error: chain 'WEB' is not defined in table 'nat'"
	# a jump to a chain that is nowhere
	dropin 10-a.rules '-A INPUT -i lo
-A INPUT -j NOWHERE'
	run_rampart 2 apply
	assert_error_has "$RULES:2: error: "
	assert_error_has NOWHERE
	assert_equal "$(rules ipv4 filter INPUT)" ''
	# one that is live is a foreign one
	ipt -N ZZZZ
	ip6t -N ZZZZ
	dropin 10-a.rules '-A ZZZZ -i early'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter ZZZZ)" '-A ZZZZ -j rampart-ZZZZ'
	assert_equal "$(rules ipv4 filter rampart-ZZZZ)" '-A rampart-ZZZZ -i early'
}

@test "commands: a chain that nobody declared and that is not live is an error with its line" {
	each_backend undeclared
}

# --- -A and -I ------------------------------------------------------------------------

@test "commands: appends from several files add up in order" {
	file usr/lib/rampart/conf.d/15-x.rules '-A INPUT -i x
:WEB -
-A INPUT -j WEB
-A WEB -i x'
	dropin 10-a.rules '-A INPUT -i a
-A WEB -i a'
	dropin 20-b.rules '-A WEB -i b
-A INPUT -i b'
	become '-A INPUT -i a
-A INPUT -i x
-A INPUT -j WEB
-A INPUT -i b
-A WEB -i a
-A WEB -i x
-A WEB -i b'
}

@test "commands: -I inserts at the top or at a place, counted in what is wanted so far" {
	good_rules '-A INPUT -i one
-I INPUT -i zero
-I INPUT 2 -i half
-I INPUT 4 -i last
-I INPUT 1 -i first' '-A INPUT -i first
-A INPUT -i zero
-A INPUT -i half
-A INPUT -i one
-A INPUT -i last'
	good_rules '-I INPUT -i only' '-A INPUT -i only'
	good_rules '-I INPUT 1 -i only' '-A INPUT -i only'
	bad_rules '-A INPUT -i one
-I INPUT 3 -i three' "2: error: chain 'INPUT' has no rule 3: 1 so far (ipv4)" \
		"2: error: chain 'INPUT' has no rule 3: 1 so far (ipv6)"
	bad_rules '-4 -A INPUT -i one
-I INPUT 2 -i two' "2: error: chain 'INPUT' has no rule 2: 0 so far (ipv6)"
	# across files
	dropin 10-a.rules '-A INPUT -i one
-A INPUT -i two'
	dropin 20-b.rules '-I INPUT 2 -i between
-I INPUT -i first'
	become '-A INPUT -i first
-A INPUT -i one
-A INPUT -i between
-A INPUT -i two'
}

counts_in_wanted() {
	for i in 1 2 3; do ipt -A INPUT -i foreign$i; done
	dropin 10-a.rules '-A INPUT -i one
-I INPUT 2 -i two
-I INPUT 1 -i zero'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -i zero
-A rampart-INPUT -i one
-A rampart-INPUT -i two'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -i foreign1
-A INPUT -i foreign2
-A INPUT -i foreign3'
	dropin 10-a.rules '-A INPUT -i one
-I INPUT 3 -i three'
	run_rampart 2 apply
	assert_error_line "$RULES:2: error: chain 'INPUT' has no rule 3: 1 so far (ipv4)"
}

@test "commands: -I CHAIN n counts in wanted, not in live, also in merge" {
	each_backend counts_in_wanted
}

# --- -D and -R ------------------------------------------------------------------------

@test "commands: -D and -R by number" {
	good_rules '-A INPUT -i one
-A INPUT -i two
-A INPUT -i three
-D INPUT 2
-R INPUT 2 -i new' '-A INPUT -i one
-A INPUT -i new'
	bad_rules '-A INPUT -i one
-D INPUT 2' "2: error: chain 'INPUT' has no rule 2: 1 so far (ipv4)" \
		"2: error: chain 'INPUT' has no rule 2: 1 so far (ipv6)"
	bad_rules '-R INPUT 1 -i one' "1: error: chain 'INPUT' has no rule 1: 0 so far (ipv4)" \
		"1: error: chain 'INPUT' has no rule 1: 0 so far (ipv6)"
	bad_rules '-D WEB 1' "1: error: chain 'WEB' is not defined in table 'filter'"
	bad_rules '-R WEB 1 -i x' "1: error: chain 'WEB' is not defined in table 'filter'"
	bad_rules '-A INPUT -i one
-R INPUT -i two' "2: error: '-R INPUT' needs the number of a rule"
	bad_rules '-A INPUT -i one
-D INPUT 1 -i one' "2: error: command '-D' takes no option '-i'"
	# those of other files, in their order
	dropin 10-a.rules '-A INPUT -i one
-A INPUT -i two'
	dropin 20-b.rules '-D INPUT 1
-R INPUT 1 -i new'
	become '-A INPUT -i new'
}

other_spelling() {
	local kept=0
	while IFS='|' read -r rule same; do
		kept=$((kept + 1))
		dropin 10-a.rules "-A INPUT -i keep1
-A INPUT $rule
-A INPUT -i keep2
-D INPUT $same"
		dropin 20-b.rules ''
		echo "# $rule = $same"
		become '-A INPUT -i keep1
-A INPUT -i keep2'
		assert_equal "$stderr" ''
		# from another file
		dropin 10-a.rules "-A INPUT -i keep1
-A INPUT $rule
-A INPUT -i keep2"
		dropin 20-b.rules "-D INPUT $same"
		become '-A INPUT -i keep1
-A INPUT -i keep2'
	done <<-'END'
		-p tcp --dport ssh -j ACCEPT|-p tcp --dport 22 -j ACCEPT
		-p 6 --dport 22|-p tcp -m tcp --destination-port 22
		-j ACCEPT -p tcp|--protocol tcp --jump ACCEPT
		-p tcp --syn|-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN
		-m limit --limit 5/min|-m limit --limit 5/minute --limit-burst 5
		-j LOG|-j LOG --log-level 4
		-m comment --comment a"b c"|-m comment --comment "ab c"
		-i eth0 -p tcp|-p tcp -i eth0
		-m mark --mark 16|-m mark --mark 0x10
		-p tcp -m multiport --dports 22,80|-p tcp --dport 22,80
	END
	# of one family
	dropin 10-a.rules '-4 -A INPUT -s 192.0.2.1
-6 -A INPUT -s 2001:DB8:0::1
-4 -A INPUT -s 10.1.2.3/8
-4 -D INPUT -s 192.0.2.1/32
-6 -D INPUT --source 2001:db8::1/128
-4 -D INPUT -s 10.0.0.0/255.0.0.0'
	dropin 20-b.rules ''
	become ''
}

@test "commands: -D by rule compares what the kernel makes of it, on both backends" {
	each_backend other_spelling
}

no_match() {
	dropin 10-a.rules '-A INPUT -i one
-A INPUT -i two -j ACCEPT
-D INPUT -i two
-A INPUT -i three
-D INPUT -i four'
	run_rampart 2 show
	messages "$RULES" "3: error: no rule before this line matches '-A INPUT -i two' (ipv4)" \
		"3: error: no rule before this line matches '-A INPUT -i two' (ipv6)" \
		"5: error: no rule before this line matches '-A INPUT -i four' (ipv4)" \
		"5: error: no rule before this line matches '-A INPUT -i four' (ipv6)"
	# one behind it does not count
	dropin 10-a.rules '-D INPUT -i one
-A INPUT -i one'
	run_rampart 2 show
	assert_error_line "$RULES:1: error: no rule before this line matches '-A INPUT -i one' (ipv4)"
	# nor one of another chain, table or family
	dropin 10-a.rules '-A FORWARD -i one
*mangle
-A INPUT -i one
*filter
-D INPUT -i one'
	run_rampart 2 show
	assert_error_line "$RULES:5: error: no rule before this line matches '-A INPUT -i one' (ipv4)"
	dropin 10-a.rules '-4 -A INPUT -i one
-D INPUT -i one'
	run_rampart 2 show
	messages "$RULES" "2: error: no rule before this line matches '-A INPUT -i one' (ipv6)"
	# nor a live one
	ipt -A INPUT -i live -j ACCEPT
	dropin 10-a.rules '-D INPUT -i live -j ACCEPT'
	run_rampart 2 apply
	assert_error_line "$RULES:1: error: no rule before this line matches '-A INPUT -i live -j ACCEPT' (ipv4)"
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -i live -j ACCEPT'
}

@test "commands: -D without a match is an error with its line" {
	each_backend no_match
}

@test "commands: -D takes the first of equal rules" {
	good_rules '-A INPUT -i one
-A INPUT -i same
-A INPUT -i two
-A INPUT -i same
-D INPUT -i same' '-A INPUT -i one
-A INPUT -i two
-A INPUT -i same'
	good_rules '-A INPUT -i same
-A INPUT -i same
-D INPUT -i same
-D INPUT -i same' ''
	bad_rules '-A INPUT -i same
-D INPUT -i same
-D INPUT -i same' "3: error: no rule before this line matches '-A INPUT -i same' (ipv4)" \
		"3: error: no rule before this line matches '-A INPUT -i same' (ipv6)"
}

@test "commands: numbers count what -D by rule has left" {
	good_rules '-A INPUT -i one
-A INPUT -i two
-A INPUT -i three
-D INPUT -i one
-D INPUT 1
-I INPUT 2 -i four
-R INPUT 1 -i five' '-A INPUT -i five
-A INPUT -i four'
	bad_rules '-A INPUT -i one
-A INPUT -i two
-D INPUT -i one
-D INPUT 2' "4: error: chain 'INPUT' has no rule 2: 1 so far (ipv4)" \
		"4: error: chain 'INPUT' has no rule 2: 1 so far (ipv6)"
}

@test "commands: a chain that -D by rule has emptied can be deleted" {
	good_rules '-N WEB
-A WEB -i one
-D WEB -i one
-X WEB' ''
}

@test "commands: a chain whose jump -D by rule has taken away can be deleted" {
	good_rules '-N WEB
-A INPUT -j WEB
-D INPUT -j WEB
-X WEB' ''
}

@test "commands: -D of rules that sets and templates made" {
	baseline 'set "A" { values = {192.0.2.1, "2001:db8::1"} }'
	template t '-A INPUT -s $A -i t'
	dropin 10-a.conf 't {}'
	dropin 20-b.rules '-A INPUT -s $A
-4 -D INPUT -s 192.0.2.1/32 -i t
-D INPUT -s $A'
	become '' '-A INPUT -s 2001:db8::1 -i t'
}

refused_with_delete() {
	dropin 10-a.rules '-A INPUT -i one
-A INPUT -p tcp -j NOSUCHTARGET
-D INPUT -i one'
	run_rampart 2 show
	assert_error_has "$RULES:2: error: refused: "
	dropin 10-a.rules '-A INPUT -i one
-D INPUT -p tcp --nosuchoption'
	run_rampart 2 show
	assert_error_has "$RULES:2: error: "
}

@test "commands: a rule that the kernel refuses is named by its line, -D or not" {
	each_backend refused_with_delete
}

@test "commands: -D by rule, where no namespace can be made to ask the kernel in" {
	unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces' 2>/dev/null ||
		skip 'no user namespace can be made here'
	# the limit is that of a user namespace of this test
	cat >"$BATS_TEST_TMPDIR/rampart" <<-END
		#!/bin/sh
		exec unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "\$0" "\$@"' "$RAMPART" "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/rampart"
	RAMPART=$BATS_TEST_TMPDIR/rampart
	dropin 10-a.rules '-A INPUT -i one
-D INPUT -i one'
	run_rampart 2 show
	assert_equal "$output" ''
	assert_equal "$stderr" 'rampart: error: -D by rule needs the kernel to compare: no network namespace can be made here: No space left on device'
	# by number nobody needs to be asked
	dropin 10-a.rules '-A INPUT -i one
-D INPUT 1'
	run_rampart 0 show
}

# --- -F and -X ------------------------------------------------------------------------

@test "commands: -F empties one chain or all of the table, of wanted only" {
	good_rules '-A INPUT -i one
-A FORWARD -i two
-F INPUT
-A INPUT -i three' '-A INPUT -i three
-A FORWARD -i two'
	good_rules ':WEB -
-A INPUT -j WEB
-A WEB -i one
-F WEB' '-A INPUT -j WEB'
	dropin 10-a.rules '-A INPUT -i one
-A FORWARD -i two
:WEB -
-A WEB -i three
*mangle
-A INPUT -i mangle
*filter
-F
-A INPUT -j WEB'
	become '-A INPUT -i mangle
-A INPUT -j WEB'
	bad_rules '-F WEB' "1: error: chain 'WEB' is not defined in table 'filter'"
	bad_rules '-F INPUT -i lo' "1: error: command '-F' takes no option '-i'"
	bad_rules '-F INPUT FORWARD' "1: error: unexpected word 'FORWARD'"
}

@test "commands: -F that removes another file's rules warns, with the first of them" {
	dropin 10-a.rules '-A INPUT -i one
-A INPUT -i two
-A FORWARD -i three'
	dropin 20-b.rules '-A INPUT -i own
-F INPUT
-A INPUT -i new'
	written ipv4
	assert_equal "$(sort <<<"$WRITTEN")" '-A FORWARD -i three
-A INPUT -i new'
	assert_equal "$stderr" "$B:2: warning: -F removes 2 rules of chain 'INPUT' that other files made, the first at $RULES:1"
	dropin 20-b.rules '-F'
	become ''
	assert_equal "$stderr" "$B:1: warning: -F removes 2 rules of chain 'INPUT' that other files made, the first at $RULES:1
$B:1: warning: -F removes 1 rule of chain 'FORWARD' that other files made, the first at $RULES:3"
	# its own are no matter
	rm "$ROOT$B"
	good_rules '-A INPUT -i one
-F INPUT
-F' ''
}

@test "commands: -X deletes an empty chain that nothing jumps to" {
	good_rules ':WEB -
-A WEB -i one
-A INPUT -j WEB
-F INPUT
-F WEB
-X WEB' ''
	good_rules ':A -
:B -
-X' ''
	bad_rules ':WEB -
-A WEB -i one
-X WEB' "3: error: chain 'WEB' can't be deleted: it is not empty"
	bad_rules ':WEB -
-A INPUT -i one
-A INPUT -j WEB
-X WEB' "4: error: chain 'WEB' can't be deleted: a rule jumps to it, at $RULES:3"
	bad_rules ':WEB -
-A INPUT -g WEB
-X' "3: error: chain 'WEB' can't be deleted: a rule jumps to it, at $RULES:2"
	bad_rules ':A -
:B -
-A A -i a
-A B -i b
-X' "5: error: chain 'A' can't be deleted: it is not empty" "5: error: chain 'B' can't be deleted: it is not empty"
	bad_rules '-X WEB' "1: error: chain 'WEB' is not defined in table 'filter'"
	dropin 10-a.rules '-X INPUT'
	run_rampart 2 show
	assert_error_has "$RULES:1: error: "
	assert_error_has "'INPUT'"
	bad_rules '-N WEB
-X WEB -j ACCEPT' "2: error: command '-X' takes no option '-j'"
	# then it may be declared again
	good_rules '-N WEB
-X WEB
-N WEB
-A INPUT -j WEB' '-A INPUT -j WEB'
}

@test "commands: -X of a chain that another file declared warns" {
	dropin 10-a.rules '
:WEB -'
	dropin 20-b.rules '-X WEB'
	run_rampart 0 show
	assert_equal "$output" ''
	assert_equal "$stderr" "$B:1: warning: -X removes chain 'WEB', which another file declared, at $RULES:2"
	dropin 20-b.rules '-X'
	run_rampart 0 show
	assert_equal "$stderr" "$B:1: warning: -X removes chain 'WEB', which another file declared, at $RULES:2"
}

only_wanted() {
	ipt -N theirs
	ipt -A INPUT -i foreign -j theirs
	ipt -P FORWARD DROP
	dropin 10-a.rules '-F
-X
*nat
-F
-X
*filter
-A INPUT -i ours'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -i foreign -j theirs'
	save ipv4 filter | grep '^:theirs '
	save ipv4 filter | grep '^:FORWARD DROP'
}

@test "commands: -F and -X never touch live rules of others" {
	each_backend only_wanted
}

# --- -P -------------------------------------------------------------------------------

@test "commands: -P, the last word in order wins" {
	dropin 10-a.rules '-P INPUT DROP
-P INPUT ACCEPT
-P FORWARD ACCEPT
--policy FORWARD DROP'
	run_rampart 0 show -4
	assert_output_line ':INPUT ACCEPT [0:0]'
	assert_output_line ':FORWARD DROP [0:0]'
	dropin 20-b.rules '-P INPUT DROP
-P FORWARD ACCEPT'
	run_rampart 0 show -6
	assert_output_line ':INPUT DROP [0:0]'
	assert_output_line ':FORWARD ACCEPT [0:0]'
	assert_equal "$stderr" ''
	dropin 20-b.rules ':INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]'
	run_rampart 0 show -4
	assert_output_line ':INPUT DROP [0:0]'
	assert_output_line ':FORWARD ACCEPT [0:0]'
	dropin 20-b.rules '*mangle
-P INPUT DROP
*raw
:OUTPUT DROP'
	run_rampart 0 show -4 -t mangle
	assert_output_line ':INPUT DROP [0:0]'
	run_rampart 0 show -4 -t raw
	assert_output_line ':OUTPUT DROP [0:0]'
}

@test "commands: another policy than the baseline's is an error with both places" {
	baseline '

policy { INPUT = DROP FORWARD = ACCEPT }'
	good_rules '-P INPUT DROP
:FORWARD ACCEPT [0:0]
-P OUTPUT DROP' ''
	bad_rules '-A INPUT -i lo
-P INPUT ACCEPT' "2: error: policy ACCEPT of chain 'INPUT' is not the baseline's, which is DROP at $CONF:3"
	bad_rules ':FORWARD DROP [0:0]' "1: error: policy DROP of chain 'FORWARD' is not the baseline's, which is ACCEPT at $CONF:3"
	# of table filter only
	good_rules '*mangle
-P INPUT ACCEPT
-P FORWARD DROP' ''
}

@test "commands: what -P can't have" {
	while IFS='|' read -r line text; do
		bad_rules "$line" "1: error: $text"
	done <<-'END'
		-P INPUT REJECT|policy of 'INPUT' must be ACCEPT or DROP, not 'REJECT'
		-P INPUT accept|policy of 'INPUT' must be ACCEPT or DROP, not 'accept'
		-P INPUT WEB|policy of 'INPUT' must be ACCEPT or DROP, not 'WEB'
		-P WEB DROP|'WEB' is not a built-in chain of table 'filter': only those have a policy
		-P PREROUTING DROP|'PREROUTING' is not a built-in chain of table 'filter': only those have a policy
		-P INPUT DROP -j ACCEPT|command '-P' takes no option '-j'
	END
	bad_rules '*nat
-P PREROUTING DROP' "2: error: table 'nat' is not for filtering: its chains can't have policy DROP"
	bad_rules '*nat
:OUTPUT DROP [0:0]' "2: error: table 'nat' is not for filtering: its chains can't have policy DROP"
}

policy_arrives() {
	dropin 10-a.rules '-P FORWARD DROP
-4 -P OUTPUT DROP
-A OUTPUT -o lo -j ACCEPT'
	run_rampart 0 apply
	save ipv4 filter | grep '^:FORWARD DROP'
	save ipv6 filter | grep '^:FORWARD DROP'
	save ipv4 filter | grep '^:OUTPUT DROP'
	save ipv6 filter | grep '^:OUTPUT ACCEPT'
	save ipv4 filter | grep '^:INPUT ACCEPT'
}

@test "commands: -P arrives in the kernel, of both families or of one" {
	each_backend policy_arrives
}

# --- -E -------------------------------------------------------------------------------

@test "commands: -E renames a chain, and the jumps to it go along" {
	good_rules ':OLD -
-A OLD -i one
-A INPUT -j OLD
-A FORWARD -i x -g OLD
-A INPUT -m comment --comment OLD -j ACCEPT
-E OLD NEW
-A NEW -i two' '-A INPUT -j NEW
-A INPUT -m comment --comment OLD -j ACCEPT
-A FORWARD -i x -g NEW
-A NEW -i one
-A NEW -i two'
	# the old name is free
	good_rules '-N OLD
--rename-chain OLD NEW
-N OLD
-A INPUT -j OLD
-A INPUT -j NEW' '-A INPUT -j OLD
-A INPUT -j NEW'
	run_rampart 0 validate
}

@test "commands: -E renames jumps however they are written" {
	good_rules ':OLD -
-A INPUT -i 1 --jump OLD
-A INPUT -i 2 --jump=OLD
-A INPUT -i 3 -jOLD
-A INPUT -i 4 --goto OLD
-A INPUT -i 5 -g "OLD"
-E OLD NEW' '-A INPUT -i 1 --jump NEW
-A INPUT -i 2 --jump NEW
-A INPUT -i 3 -j NEW
-A INPUT -i 4 --goto NEW
-A INPUT -i 5 -g NEW'
}

@test "commands: -E renames jumps that are abbreviated" {
	good_rules ':OLD -
-A INPUT -i 1 --ju OLD
-A INPUT -i 2 --go OLD
-E OLD NEW' '-A INPUT -i 1 --ju NEW
-A INPUT -i 2 --go NEW'
}

@test "commands: what -E can't rename" {
	bad_rules '-E INPUT NEW' "1: error: the built-in chain 'INPUT' can't be renamed"
	bad_rules '*nat
-E POSTROUTING NEW' "2: error: the built-in chain 'POSTROUTING' can't be renamed"
	bad_rules '-E NONE NEW' "1: error: chain 'NONE' is not defined in table 'filter'"
	bad_rules ':A -
:B -
-A INPUT -j A
-A INPUT -j B
-E A B' "5: error: chain 'B' exists already: declared at $RULES:2"
	bad_rules ':A -
-E A INPUT' "2: error: 'INPUT' is a built-in chain"
	bad_rules ':A -
-E A ACCEPT' "2: error: 'ACCEPT': a verdict's name can't be a chain's"
	bad_rules ':A -
-E A rampart-B' "2: error: 'rampart-B': names that begin with 'rampart-' are rampart's own"
	bad_rules ":A -
-E A $(word 29)" "2: error: '$(word 29)': a chain's name has at most 28 bytes"
	bad_rules ':A -
-E A ""' "2: error: '': a chain's name is empty"
	bad_rules ':A -
-E A B C' "2: error: unexpected word 'C'"
}

@test "commands: -E with a jump whose other values look like jumps" {
	good_rules ':OLD -
-A INPUT -m comment --comment "-j" -m string --algo bm --string OLD -j OLD
-A INPUT -m comment --comment -j -j OLD
-A INPUT -j LOG --log-prefix OLD
-E OLD NEW' '-A INPUT -m comment --comment -j -m string --algo bm --string OLD -j NEW
-A INPUT -m comment --comment -j -j NEW
-A INPUT -j LOG --log-prefix OLD'
}

@test "commands: -E where a value named like the chain stands behind one that looks like -j" {
	good_rules ':OLD -
-A INPUT -m comment --comment -j -m recent --name OLD --set -j OLD
-A INPUT -m string --algo bm --string -j -j OLD
-E OLD NEW' '-A INPUT -m comment --comment -j -m recent --name OLD --set -j NEW
-A INPUT -m string --algo bm --string -j -j NEW'
}

# --- foreign chains -------------------------------------------------------------------

foreign_rules() {
	ipt -N DOCKER-USER
	ipt -A DOCKER-USER -j RETURN
	ip6t -N DOCKER-USER
	baseline 'foreign = {"DOCKER-USER"}'
	dropin 10-a.rules '-A DOCKER-USER -i one -j DROP
-I DOCKER-USER -i zero -j DROP
-A INPUT -i x -j DOCKER-USER'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER
-A DOCKER-USER -j RETURN'
	assert_equal "$(rules ipv4 filter rampart-DOCKER-USER)" '-A rampart-DOCKER-USER -i zero -j DROP
-A rampart-DOCKER-USER -i one -j DROP'
	for line in '-D DOCKER-USER -j RETURN' '-D DOCKER-USER 1' '-F DOCKER-USER' '-R DOCKER-USER 1 -j DROP'; do
		dropin 10-a.rules "-A INPUT -i lo
$line"
		run_rampart 2 apply
		assert_error_line "$RULES:2: error: rules of the foreign chain 'DOCKER-USER' can't be removed here"
	done
	assert_equal "$(rules ipv4 filter DOCKER-USER)" '-A DOCKER-USER -j rampart-DOCKER-USER
-A DOCKER-USER -j RETURN'
}

@test "commands: rules may go into a foreign chain; -D, -R and -F of what others put there are errors" {
	each_backend foreign_rules
}

own_in_foreign() {
	baseline 'foreign = {"DOCKER-USER"}'
	dropin 10-a.rules '-A DOCKER-USER -i one
-A DOCKER-USER -i two
-D DOCKER-USER -i one'
	become '-A DOCKER-USER -i two'
	dropin 10-a.rules '-A DOCKER-USER -i one
-F DOCKER-USER'
	run_rampart 2 show
	assert_error_line "$RULES:2: error: rules of the foreign chain 'DOCKER-USER' can't be removed here"
}

@test "commands: our own rules of a foreign chain can be deleted, the chain not flushed" {
	own_in_foreign
}

live_foreign() {
	ipt -N theirs
	ipt -A theirs -i x
	for line in '-F theirs' '-X theirs' '-D theirs 1' '-D theirs -i x' '-E theirs ours' '-R theirs 1 -i y'; do
		dropin 10-a.rules "-A INPUT -i lo
-4 $line"
		run_rampart 2 apply
		assert_error_has "$RULES:2: error: "
		assert_error_has theirs
	done
	assert_equal "$(rules ipv4 filter theirs)" '-A theirs -i x'
}

@test "commands: chains of others that are live can't be flushed, deleted or renamed" {
	each_backend live_foreign
}

# A rules drop-in may not say otherwise than the baseline; a script, which says what it will, may.
@test "commands: -P of a script that differs from the baseline's policy: a warning, it counts" {
	ns_start
	baseline 'policy { INPUT = DROP }'
	dropin 40-fw.sh '#!/bin/sh
iptables -P INPUT ACCEPT'
	run_rampart 0 show -4
	assert_error_line "/etc/rampart/conf.d/40-fw.sh:2: warning: policy ACCEPT of chain 'INPUT' is not the baseline's, which is DROP at /etc/rampart/rampart.conf:1: the script's counts"
	assert_output_has ':INPUT ACCEPT'
}
