# script state: the tables that a script works on while it runs answer as the kernel's would.
# shellcheck disable=SC2154,SC2016,SC2034 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

chains() {
	as_native 'try iptables -N WEB
try iptables -N WEB
iptables -N WEB 2>/dev/null || true
try iptables -N INPUT
try iptables -t nat -N WEB
try iptables -A INPUT -j WEB
try iptables -X WEB
try iptables -X NOSUCH
try iptables -X INPUT
try iptables -X
try iptables -F NOSUCH
try iptables -F WEB
try iptables -F INPUT
try iptables -X
try iptables -S
iptables -N FULL; iptables -A FULL -j ACCEPT
try iptables -X FULL
iptables -N A; iptables -N B; iptables -A A -j B
try iptables -X B
try iptables -X A
iptables -F
try iptables -X
iptables -N OUT; iptables -A FORWARD -j OUT
iptables -N FREE
try iptables -X
iptables -S | lines
try iptables -t nat -F
try iptables -t nat -X
try iptables -t nosuch -F
try ip6tables -X WEB
try iptables -N
try iptables -N A B
try iptables -X A B'
}

@test "script 21: -N twice, -X in use or missing or bare, -F of a missing chain" {
	on_both_shells chains
}

renames() {
	as_native 'iptables -N OLD
iptables -N OTHER
iptables -A INPUT -p tcp -j OLD
iptables -A OLD -j DROP
try iptables -E OLD NEW
try iptables -A FORWARD -j NEW
try iptables -A FORWARD -j OLD
try iptables -A NEW -j ACCEPT
try iptables -E NEW OTHER
try iptables -E NOSUCH X
try iptables -E NEW NEW
try iptables -E NEW
try iptables -C INPUT -p tcp -j NEW
try iptables -D INPUT -p tcp -j NEW
iptables -S | lines'
}

@test "script 22: -E, and jumps to the new and the old name" {
	on_both_shells renames
}

# nft would do it, and leave a table without its INPUT.
renamed_builtin() {
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables -E INPUT NEW
iptables -A INPUT -m comment --comment "rc $?" -j ACCEPT
'
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A INPUT -m comment --comment "rc 1" -j ACCEPT'
}

@test "script 22: -E of a built-in chain is refused on both backends" {
	on_both_shells renamed_builtin
}

# First a rule in each chain: nft's messages about chains that nobody has touched yet are others.
numbers() {
	as_native 'for c in INPUT FORWARD OUTPUT; do iptables -A $c -j ACCEPT; iptables -F $c; done
add() { try iptables -I INPUT "$1" -p tcp --dport $2 -j ACCEPT; }
add 1 1
add 2 2
add 4 3
add 3 3
add 0 4
add 01 5
add 0x1 6
add +1 7
add 1x 8
add -1 9
add "" 10
add 99999999999 11
try iptables -I INPUT -p tcp --dport 12 -j ACCEPT
for n in 0 01 0x2 +1 1x 99 ""; do
	try iptables -R INPUT "$n" -p udp --dport 20 -j DROP
	iptables -S INPUT | lines
done
for n in 0 99 1x ""; do try iptables -D INPUT "$n"; done
try iptables -R INPUT -p udp -j DROP
try iptables -R INPUT 1
try iptables -R NOSUCH 1 -j DROP
try iptables -I NOSUCH 1 -j DROP
try iptables -I NOSUCH -j DROP
try iptables -D NOSUCH 1
try iptables -A INPUT 1 -j DROP
try iptables -D FORWARD 1
try iptables -I FORWARD 1 -j DROP
try iptables -I FORWARD 3 -j DROP
iptables -S | lines'
}

@test "script 23: rule numbers: at and past the end, 0, 01, 0x1, +1, 1x" {
	on_both_shells numbers
}

deletions() {
	as_native 'for n in 1 2 3 4 5 6; do iptables -A INPUT -p tcp --dport $n -j ACCEPT; done
try iptables -D INPUT 2
try iptables -D INPUT 2
iptables -S INPUT | lines
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
try iptables -D INPUT -p tcp --dport 1 -j ACCEPT
iptables -S INPUT | lines
try iptables -D INPUT -p tcp --dport 1 -j DROP
try iptables -D INPUT -p tcp --dport 99 -j ACCEPT
try iptables -D INPUT -p tcp --dport 5:5 --jump ACCEPT
while iptables -C INPUT -p tcp --dport 1 -j ACCEPT 2>/dev/null; do
	iptables -D INPUT -p tcp --dport 1 -j ACCEPT
	note "one more"
done
while iptables -D INPUT -p tcp --dport 6 -j ACCEPT 2>/dev/null; do note "and one"; done
iptables -S INPUT | sed -n "s/^-A/-D/p" | while read -r rule; do iptables $rule || note "failed"; done
iptables -S | lines
try iptables -D INPUT 1
try iptables -t nat -D POSTROUTING -j MASQUERADE
try ip6tables -D INPUT -j ACCEPT'
}

@test "script 24: -D by number twice, -D of the first of several, -D until none is left" {
	on_both_shells deletions
}

checked_first() {
	as_native 'once() {
	while read -r rule; do
		iptables -C $rule 2>/dev/null || iptables -A $rule
	done <<END
INPUT -i lo -j ACCEPT
INPUT -p tcp --dport ssh -j ACCEPT
INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
INPUT -m limit --limit 60/min -j LOG
INPUT -s 10.1.2.3/16 -j DROP
FORWARD -p tcp -m multiport --dports http,https -j ACCEPT
FORWARD -j REJECT
END
}
once
iptables -S | lines
once
iptables -S | lines'
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 5
}

@test "script 25: -C || -A, twice: no rule twice" {
	on_both_shells checked_first
}

# Each line: two ways to write a rule, which may be the same or not.
pairs() {
	as_native 'while IFS="|" read -r one two; do
	iptables -F INPUT
	eval "iptables -A INPUT $one" 2>/dev/null; a=$?
	eval "iptables -C INPUT $two" 2>/dev/null; c=$?
	eval "iptables -D INPUT $two" 2>/dev/null; d=$?
	note "$a $c $d $(iptables -S INPUT | wc -l): $one / $two"
done <<END
-p tcp --dport ssh|-p tcp --dport 22
-p TCP --dport 22|-p tcp --dport 22
-p 6 --dport 22|-p tcp -m tcp --dport 22
-p tcp --sport 1 --dport 2|-p tcp --dport 2 --sport 1
-p tcp --dport 22:22|-p tcp --dport 22
-p tcp --dport 1024:|-p tcp --dport 1024:65535
-s 10.1/16|-s 10.1.2.3/255.255.0.0
-s 10.1|-s 10.1.0.0/16
-s localhost|-s 127.0.0.1
-s 0/0 -j DROP|-j DROP
-i + -j DROP|-j DROP
-i eth+|-i eth0
-m state --state NEW,ESTABLISHED|-m state --state ESTABLISHED,NEW
-m state --state NEW|-m conntrack --ctstate NEW
-p tcp -m multiport --dports ssh,http|-p tcp -m multiport --dports 22,80
-p tcp -m multiport --dports 80,22|-p tcp -m multiport --dports 22,80
-p icmp --icmp-type echo-request|-p icmp --icmp-type 8
-p icmp|-p icmp --icmp-type any
-m limit --limit 60/min|-m limit --limit 1/s
-m limit --limit 1/s|-m limit --limit 1/s --limit-burst 5
-m mark --mark 1|-m mark --mark 0x1/0xffffffff
-j LOG|-j LOG --log-level warning
-j LOG --log-level 4|-j LOG --log-level debug
-j REJECT|-j REJECT --reject-with icmp-port-unreachable
-p tcp --syn|-p tcp --tcp-flags FIN,SYN,RST,ACK SYN
-m mac --mac-source 00:11:22:aa:bb:cc|-m mac --mac-source 00:11:22:AA:BB:CC
-m recent --name x --set|-m recent --set --name x --rsource
-p tcp -m tcp -m tcp|-p tcp -m tcp
-p tcp -m tcp|-p tcp
-m tos --tos 0x10|-m tos --tos Minimize-Delay
-m comment --comment x -j DROP|-j DROP
-p tcp -m connlimit --connlimit-above 3|-p tcp -m connlimit --connlimit-above 3
-p tcp -m limit --limit 1/s -m mark --mark 1|-p tcp -m mark --mark 1 -m limit --limit 1/s
-m pkttype --pkt-type broadcast|-m pkttype --pkt-type BROADCAST
-m iprange --src-range 10.0.0.1-10.0.0.9|-m iprange --src-range 10.0.0.1-10.0.0.9 -j DROP
-d 192.0.2.1/32 -j DROP|-j DROP -d 192.0.2.1
-j DROP|-p all -j DROP
-m dscp --dscp-class EF|-m dscp --dscp 0x2e
-m length --length 100|-m length --length 100:100
END'
}

@test "script 26: what is the same rule for -C and -D, and what is another" {
	on_both_shells pairs
}

# Their texts are the same.
connlimit_mask() {
	as_native 'iptables -A INPUT -p tcp -m connlimit --connlimit-above 3
try iptables -C INPUT -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 32
try iptables -D INPUT -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 32'
}

@test "script 26: connlimit with its default mask is not connlimit without" {
	on_both_shells connlimit_mask
}

gone_to() {
	as_native 'iptables -N WEB
iptables -A INPUT -g WEB
try iptables -C INPUT -j WEB
try iptables -D INPUT -j WEB
try iptables -C INPUT -g WEB
try iptables -D INPUT -g WEB
try iptables -A INPUT -g ACCEPT
try iptables -A INPUT -g NOSUCH'
}

@test "script 26: a goto is not a jump" {
	on_both_shells gone_to
}

policies() {
	as_native 'iptables -N WEB
try iptables -P INPUT DROP
try iptables -P INPUT drop
try iptables -P INPUT REJECT
try iptables -P INPUT RETURN
try iptables -P INPUT NOSUCH
try iptables -P INPUT
try iptables -P WEB DROP
try iptables -P NOSUCH DROP
try iptables -P FORWARD DROP
try iptables -P FORWARD ACCEPT
try ip6tables -P OUTPUT DROP
try iptables -t nat -A OUTPUT -j DROP
try iptables -t nat -A WEB -j DROP
try iptables -t nosuch -A INPUT -j DROP
try iptables -t nosuch -L
try iptables -t mangle -A INPUT -j REJECT
try iptables -P INPUT DROP -j ACCEPT
iptables -S | lines'
	assert_equal "$(policy ipv4 filter INPUT) $(policy ipv4 filter FORWARD) $(policy ipv6 filter OUTPUT)" \
		'DROP ACCEPT DROP'
}

@test "script 27: -P with a bad policy or a user chain, DROP in nat, an unknown table" {
	on_both_shells policies
}

# First a rule in each chain: nft's messages about chains that nobody has touched yet are others.
not_possible() {
	as_native 'for c in INPUT FORWARD OUTPUT; do iptables -A $c -j ACCEPT; iptables -F $c; done
try iptables -A INPUT -j LATER
iptables -N LATER
try iptables -A INPUT -j LATER
iptables -N A; iptables -N B
try iptables -A INPUT -j A
try iptables -A A -j B
try iptables -A B -j A
try iptables -A B -j B
try iptables -A INPUT -j INPUT
try iptables -A INPUT -j FORWARD
try iptables -A INPUT -j MASQUERADE
try iptables -A INPUT -o eth0 -j ACCEPT
try iptables -A OUTPUT -i eth0 -j ACCEPT
try iptables -A B -o eth0 -j ACCEPT
try iptables -t nat -A PREROUTING -j MASQUERADE
try iptables -t nat -A POSTROUTING -j DNAT --to-destination 192.0.2.1
try iptables -A INPUT -j DNAT --to-destination 192.0.2.1
try iptables -A INPUT -p tcp -j TCPMSS --clamp-mss-to-pmtu
try iptables -t mangle -A FORWARD -j TCPMSS --clamp-mss-to-pmtu
try iptables -A INPUT -m owner --uid-owner 0 -j ACCEPT
try iptables -A INPUT -p tcp --dport 99999 -j ACCEPT
try iptables -A INPUT --dport 22 -j ACCEPT
try iptables -A INPUT -p udp -j REJECT --reject-with tcp-reset
try iptables -A INPUT -s -j ACCEPT
try iptables -A INPUT -s "" -j ACCEPT
try iptables -A INPUT -p tcp --dport "" -j ACCEPT
try iptables -A INPUT -j
try iptables -A
try iptables -A INPUT bogus
try iptables -A INPUT -A OUTPUT -j ACCEPT
try iptables -A INPUT -p tcp -p udp -j ACCEPT
try iptables -A INPUT -j ACCEPT -j DROP
try iptables -A INPUT -j ULOG
try iptables -A INPUT -m layer7 --l7proto http -j ACCEPT
iptables -S | lines
iptables -t nat -S | lines'
}

@test "script 28: what the program or the kernel refuses is refused in the same words" {
	on_both_shells not_possible
}

# What refuses a run is named with its line, and the host has not seen any of it.
caught_before() {
	local bad
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	for bad in 'iptables -A INPUT -j MASQUERADE' 'iptables -A INPUT -j LATER' \
		'iptables -A B -j A' 'iptables -A INPUT -p udp -j REJECT --reject-with tcp-reset'
	do
		script 40-fw.sh "$SHEBANG"'
iptables -N A; iptables -N B
iptables -A INPUT -j A
iptables -A A -j B

'"$bad"'
iptables -N LATER
iptables -A INPUT -j LATER
'
		run_rampart 2 apply
		assert_error_has "$FW:6: error: '$bad' failed: "
		assert_error_has 'live rules not changed'
		assert_untouched "$before"
	done
}

@test "script 28: and refuses the run with its line, the host untouched" {
	on_both_shells caught_before
}

counters() {
	as_native 'try iptables -A INPUT -c 5 100 -p tcp --dport 1 -j ACCEPT
try iptables -A INPUT -c 5,100 -p tcp --dport 2 -j ACCEPT
try iptables -A INPUT -p tcp --dport 3 -j ACCEPT --set-counters 7 70
try iptables -A INPUT -c 5 -j ACCEPT
try iptables -A INPUT -c x 1 -j ACCEPT
iptables -L INPUT -nvx | lines
iptables-save -c -t filter | grep "^\[" | lines
printf "*filter\n[8:80] -A INPUT -p tcp --dport 4 -j ACCEPT\nCOMMIT\n" | iptables-restore -n
printf "*filter\n[9:90] -A INPUT -p tcp --dport 5 -j ACCEPT\nCOMMIT\n" | iptables-restore -n -c
iptables -L INPUT -nvx | lines
try iptables -Z INPUT 1
try iptables -Z INPUT 99
try iptables -L INPUT -nvx
try iptables -Z
try iptables -L INPUT -nvxZ
try iptables -Z NOSUCH
try iptables -Z INPUT
try iptables -t nat -Z
iptables -L INPUT -nvx | lines'
}

@test "script 29: -Z, -c with and without a comma, counters in a restore" {
	on_both_shells counters
}

# --- names ---------------------------------------------------------------------------------

hosts_file() {
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' '192.0.2.10 one.example' \
		'192.0.2.20 two.example' '192.0.2.21 two.example' '2001:db8::10 one.example' \
		>"$BATS_TEST_TMPDIR/hosts"
	echo 'hosts: files' >"$BATS_TEST_TMPDIR/nsswitch.conf"
	ns mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
	ns mount --bind "$BATS_TEST_TMPDIR/nsswitch.conf" /etc/nsswitch.conf
}

names() {
	hosts_file
	BASELINE='resolve = yes'
	as_native 'try iptables -A INPUT -s one.example -j ACCEPT
try iptables -A INPUT -s two.example -j ACCEPT
try iptables -A INPUT -s two.example -d one.example,192.0.2.99 -j ACCEPT
try iptables -A INPUT -s nosuch.example -j ACCEPT
try ip6tables -A INPUT -s one.example -j ACCEPT
try ip6tables -A INPUT -s two.example -j ACCEPT
try iptables -C INPUT -s one.example -j ACCEPT
try iptables -D INPUT -s two.example -j ACCEPT
try iptables -A INPUT -s localhost -j ACCEPT
try iptables -A INPUT -s one.example/24 -j ACCEPT
try iptables -A INPUT -p tcp --dport ssh -j ACCEPT
try iptables -A INPUT -p tcp --dport nosuchservice -j ACCEPT
try iptables -A INPUT -p gre -j ACCEPT
try iptables -A INPUT -p nosuchproto -j ACCEPT
try iptables -A INPUT -p tcp --dport ftp-data:ssh -j ACCEPT
iptables -S | lines'
}

@test "script 30: host names with one and two addresses and none, services, protocols" {
	on_both_shells names
}

names_are_refused() {
	hosts_file
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport ssh -j ACCEPT
iptables -A INPUT -s one.example -j ACCEPT
'
	run_rampart 2 validate
	assert_error_has "$FW:3: error: 'iptables -A INPUT -s one.example -j ACCEPT'"
	assert_error_has 'resolve = yes'
	# the two that are not a question
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -s localhost -p tcp --dport ssh -j ACCEPT
'
	run_rampart 0 validate
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -s nosuch.example -j ACCEPT
'
	baseline 'resolve = yes'
	run_rampart 2 validate
	assert_error_has "$FW:2: error: 'iptables -A INPUT -s nosuch.example -j ACCEPT' failed: "
	assert_error_has 'nosuch.example'
}

@test "script 30: without resolve = yes a host name is an error that names the way" {
	on_both_shells names_are_refused
}

# --- ipsets --------------------------------------------------------------------------------

sets_of_the_host() {
	ns ipset create hostset hash:ip 2>/dev/null || skip 'no ipsets here'
	ns ipset add hostset 192.0.2.1
	BEFORE='ipset create hostset hash:ip; ipset add hostset 192.0.2.1'
	as_native 'try iptables -A INPUT -m set --match-set hostset src -j DROP
try iptables -A INPUT -m set --match-set nosuchset src -j DROP
try iptables -A INPUT -m set ! --match-set hostset dst -j ACCEPT
try iptables -A INPUT -j SET --add-set hostset src
try iptables -C INPUT -m set --match-set hostset src -j DROP
iptables -S INPUT | lines'
	assert_equal "$(ns ipset list hostset | sed -n '/^Members/,$p' | tail -n +2)" 192.0.2.1
}

@test "script 31: match-set with a set of the host, and one that is missing" {
	on_both_shells sets_of_the_host
}

sets_of_the_script() {
	ns ipset create probe hash:ip 2>/dev/null || skip 'no ipsets here'
	ns ipset destroy probe
	as_native 'ipset create mine hash:net; note "$?"
ipset add mine 192.0.2.0/24; note "$?"
try iptables -A INPUT -m set --match-set mine src -j DROP
ipset -exist create mine hash:net; note "$?"
iptables -S INPUT | lines'
	assert_equal "$(ns ipset list mine | sed -n '/^Members/,$p' | tail -n +2)" 192.0.2.0/24
}

@test "script 31: match-set with a set that the script has made" {
	on_both_shells sets_of_the_script
}

# --- failures ------------------------------------------------------------------------------

PROBE='
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m bogus --state NEW -j ACCEPT 2>/dev/null ||
	iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT
iptables -N WEB 2>/dev/null
iptables -N WEB 2>/dev/null || true
iptables -A FORWARD -j WEB
'

a_probe() {
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG$PROBE"
	run_rampart 0 apply
	assert_equal "$stderr" ''
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j ACCEPT'
	# the same, for all to see
	script 40-fw.sh "$SHEBANG${PROBE//ACCEPT 2>\/dev\/null/ACCEPT}"
	before=$(live)
	run_rampart 2 apply
	assert_error_has "$FW:3: error: 'iptables -A INPUT -m bogus --state NEW -j ACCEPT' failed: "
	assert_error_has '(exit status 2)'
	assert_untouched "$before"
	baseline 'ownership = exclusive
script_errors = warn'
	run_rampart 0 apply
	assert_error_has "$FW:3: warning: 'iptables -A INPUT -m bogus --state NEW -j ACCEPT' failed: "
	assert_error_has ': left out'
	assert_untouched "$before"
	# by another way to the null device
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG${PROBE//ACCEPT 2>\/dev\/null/ACCEPT >\/dev\/null 2>&1}"
	run_rampart 0 apply
	assert_untouched "$before"
}

@test "script 32: a probe whose errors go to /dev/null is allowed to fail, another call is not" {
	on_both_shells a_probe
}

# By a rollback, since false programs can't stand for those that judge the calls of a script.
second_table_bad() {
	baseline 'ownership = exclusive'
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
ip6tables -A INPUT -p tcp --dport 1 -j ACCEPT
'
	run_rampart 0 apply
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE
ip6tables -A INPUT -p tcp --dport 2 -j ACCEPT
'
	run_rampart 0 apply
	before=$(live)
	fake_programs '[ $commit = yes ] && [[ $name = ip6* ]] && { echo no >&2; exit 1; }'
	per_table run_rampart 3 rollback
	real_programs
	assert_untouched "$before"
}

@test "script 33: what fails half way in the apply is put back" {
	on_both_shells second_table_bad
}

# --- between drop-ins ------------------------------------------------------------------------

# Its own tables are empty; of others it sees the chains.
what_it_sees() {
	baseline 'ownership = exclusive
script_errors = warn'
	dropin 20-before.rules ':EARLY -
-A INPUT -i lo -j ACCEPT
-A INPUT -j EARLY
-A EARLY -p tcp --dport 1 -j ACCEPT'
	dropin 60-after.rules ':LATE -
-A INPUT -j LATE
-A LATE -p tcp --dport 3 -j ACCEPT'
	script 40-fw.sh "$SHEBANG
$PRELUDE"'
iptables -S | lines
try iptables -N EARLY
try iptables -A LATE -j ACCEPT
try iptables -D INPUT -i lo -j ACCEPT
try iptables -D EARLY 1
iptables -F
iptables -F EARLY
iptables -N MINE
iptables -F
iptables -X MINE
iptables -A INPUT -p tcp --dport 2 -j EARLY
iptables -A EARLY -p tcp --dport 2 -j ACCEPT
exit 0
'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -i lo -j ACCEPT
-A INPUT -j EARLY
-A INPUT -p tcp -m tcp --dport 2 -j EARLY
-A INPUT -j LATE'
	assert_equal "$(rules ipv4 filter EARLY)" '-A EARLY -p tcp -m tcp --dport 1 -j ACCEPT
-A EARLY -p tcp -m tcp --dport 2 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" '-A INPUT -i lo -j ACCEPT
-A INPUT -j EARLY
-A INPUT -j LATE'
	comments=$(rules ipv4 mangle OUTPUT)
	assert_part "$comments" '"iptables -N EARLY = 1"'
	assert_part "$comments" '"iptables -D INPUT -i lo -j ACCEPT = 1"'
	assert_part "$comments" '"iptables -D EARLY 1 = 1"'
	assert_part "$comments" '":-N EARLY"'
	refute_part "$comments" '-A EARLY'
	refute_part "$comments" '":-N LATE"'
}

@test "script: its rules stand between those of the drop-ins around it, whose rules it does not see" {
	on_both_shells what_it_sees
}

scope_of_all() {
	baseline 'ownership = exclusive
script_scope = all'
	dropin 20-before.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p tcp --dport 3 -j ACCEPT'
	script 40-fw.sh "$SHEBANG"'
iptables -C INPUT -i lo -j ACCEPT || exit 9
iptables -D INPUT -p tcp --dport 1 -j ACCEPT
iptables -I INPUT 2 -p tcp --dport 2 -j ACCEPT
'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 3 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 3 -j ACCEPT'
	grep -q "warning: .*40-fw.sh\|40-fw.sh.*warning: " <<<"$stderr" || show_both warning 40-fw.sh
	assert_error_has '20-before.rules:2'
	refute_error_has '20-before.rules:1'
	refute_error_has '20-before.rules:3'
	# the origins of the others are still theirs
	run_rampart 0 show -4 --origins
	assert_output_line '# /etc/rampart/conf.d/20-before.rules:3'
	script 40-fw.sh "$SHEBANG"'
iptables -F
'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" ''
	assert_error_has '20-before.rules:1'
	assert_error_has '20-before.rules:3'
}

@test "script: script_scope = all sees and changes what is before it, and warns for each rule" {
	on_both_shells scope_of_all
}

# merge: the script's INPUT is rampart-INPUT, and it does not notice.
in_merge() {
	lay iptables -A INPUT -p tcp --dport 9 -j ACCEPT
	lay iptables -N THEIRS
	baseline 'foreign = {THEIRS}
script_errors = warn'
	script 40-fw.sh "$SHEBANG
$PRELUDE"'
iptables -F
iptables -S INPUT | lines
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables -A THEIRS -p tcp --dport 2 -j ACCEPT
try iptables -N THEIRS
iptables -S INPUT | lines
iptables -L INPUT -n | lines
exit 0
'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT'
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
	assert_equal "$(rules ipv4 filter rampart-THEIRS)" \
		'-A rampart-THEIRS -p tcp -m tcp --dport 2 -j ACCEPT'
	comments=$(rules ipv4 mangle rampart-OUTPUT)
	assert_part "$comments" '"iptables -N THEIRS = 1"'
	assert_part "$comments" ':-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
	refute_part "$comments" 'dport 9'
	refute_part "$comments" ':-A rampart-'
	run_rampart 0 check
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "script: in merge it works on its own tables too, and sees foreign chains as empty" {
	on_both_shells in_merge
}

# --- whole -----------------------------------------------------------------------------------

whole() {
	as_native 'IPT=/sbin/iptables
for t in filter nat mangle; do $IPT -t $t -F; $IPT -t $t -X; done
$IPT -P INPUT DROP; $IPT -P FORWARD DROP; $IPT -P OUTPUT ACCEPT
for chain in BAD TCP UDP; do $IPT -N $chain; done
$IPT -A INPUT -i lo -j ACCEPT
$IPT -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
$IPT -A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j BAD
$IPT -A BAD -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "bad: " --log-level 7
$IPT -A BAD -j DROP
for port in 22 80 443; do $IPT -A TCP -p tcp --dport $port -j ACCEPT; done
for host in 192.0.2.1 192.0.2.2; do $IPT -A UDP -p udp -s $host --dport 53 -j ACCEPT; done
$IPT -A INPUT -p tcp --syn -m conntrack --ctstate NEW -j TCP
$IPT -A INPUT -p udp -m conntrack --ctstate NEW -j UDP
$IPT -t nat -A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE
$IPT -t nat -A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to 10.0.0.5:80
$IPT -I FORWARD -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT
$IPT -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
$IPT -I INPUT 2 -s 203.0.113.0/24 -j DROP
$IPT -R INPUT 2 -s 198.51.100.0/24 -j DROP
$IPT -D TCP -p tcp --dport http -j ACCEPT
$IPT -E UDP DNS
ip6tables-restore <<END
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
COMMIT
END
iptables-save | grep -v "dport 443" | iptables-restore
$IPT -L -n | lines'
	run_rampart 0 check
	assert_silent
}

@test "script 50: a whole script is applied as it would run natively" {
	on_both_shells whole
}
