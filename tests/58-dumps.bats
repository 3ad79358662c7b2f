# dumps: what iptables-save writes is a drop-in as it stands, and so is most of what people made of
# it; the rest is an error that names file and line (rampart.rules(5), "Dumps").
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

V4=/etc/rampart/conf.d/10-dump.rules
V6=/etc/rampart/conf.d/20-dump6.rules

# A host's rules, natively: what saves have in all sorts.
native_rules() { # ipt|ip6t
	local t=$1 host=192.0.2.1 net=198.51.100.0/24 icmp='icmp --icmp-type 8' reject=icmp-host-prohibited to=192.0.2.9:8080
	if [ "$t" = ip6t ]; then
		host=2001:db8::1 net=2001:db8:1::/48 icmp='ipv6-icmp --icmpv6-type 128'
		reject=icmp6-adm-prohibited to='[2001:db8::9]:8080'
	fi
	$t -P FORWARD DROP
	$t -N WEB
	$t -N LOGDROP
	$t -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	$t -A INPUT -i lo -j ACCEPT
	# shellcheck disable=SC2086
	$t -A INPUT -p $icmp -m limit --limit 5/sec -j ACCEPT
	$t -A INPUT -s $host -p tcp --dport 22 -m comment --comment 'say "hi" \ $HOME' -j ACCEPT
	$t -A INPUT ! -s $net -p tcp -m multiport --dports 80,443,8000:8080 -j WEB
	$t -A INPUT -m comment --comment "it's # no comment" -g LOGDROP
	$t -A WEB -p tcp --syn -m recent --set --name web --rsource
	$t -A WEB -m hashlimit --hashlimit-upto 50/sec --hashlimit-mode srcip --hashlimit-name web -j ACCEPT
	$t -A WEB -m string --algo bm --string '-A INPUT' -j RETURN
	$t -A LOGDROP -m limit --limit 1/min -j LOG --log-prefix '-A INPUT: ' --log-level 7
	$t -A LOGDROP -p tcp -j REJECT --reject-with tcp-reset
	$t -A LOGDROP -j REJECT --reject-with $reject
	$t -A FORWARD -i eth0 -o eth+ -m mark --mark 0x1/0xff -j ACCEPT
	$t -A OUTPUT -o lo -m owner --uid-owner 0 -j ACCEPT
	$t -t mangle -A PREROUTING -p tcp --tcp-flags SYN,RST SYN -j MARK --set-xmark 0x5/0xf
	$t -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack
	$t -t nat -N REDIR
	$t -t nat -A PREROUTING -p tcp --dport 80 -j REDIR
	$t -t nat -A REDIR -p tcp -j DNAT --to-destination "$to"
	$t -t nat -A POSTROUTING -o eth0 -j MASQUERADE
}

# All rules of a family as the programs save them, without comments and counters.
saved() { # iptables|ip6tables
	local table
	for table in raw mangle nat filter; do
		ns "$1-$BACKEND-save" -t $table | sed -e '/^#/d' -e 's/ \[[0-9]*:[0-9]*\]$//'
	done
}

dump_of_a_host() { # [-c]
	native_rules ipt
	native_rules ip6t
	ns "iptables-$BACKEND-save" "$@" >"$ROOT$V4"
	ns "ip6tables-$BACKEND-save" "$@" >"$ROOT$V6"
	chmod 644 "$ROOT$V4" "$ROOT$V6"
	saved iptables >"$BATS_TEST_TMPDIR/native4"
	saved ip6tables >"$BATS_TEST_TMPDIR/native6"
	# on another host
	ns_stop
	ns_start
	rm -rf "$ROOT/var/lib/rampart"
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	assert_equal "$stderr" ''
	saved iptables | diff "$BATS_TEST_TMPDIR/native4" -
	saved ip6tables | diff "$BATS_TEST_TMPDIR/native6" -
	run_rampart 0 check
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, exclusive)"
}

@test "dumps: a save of a host is a valid drop-in, and loads to the same rules" {
	each_backend dump_of_a_host
}

@test "dumps: with counters" {
	each_backend dump_of_a_host -c
}

same_host() {
	# a host starts from its own save: the first apply in exclusive mode has nothing to change
	native_rules ipt
	native_rules ip6t
	ns "iptables-$BACKEND-save" >"$ROOT$V4"
	ns "ip6tables-$BACKEND-save" >"$ROOT$V6"
	chmod 644 "$ROOT$V4" "$ROOT$V6"
	saved iptables >"$BATS_TEST_TMPDIR/native4"
	baseline 'ownership = exclusive'
	run_rampart 0 diff
	assert_equal "$(grep '^[-+]' <<<"$output" || true)" ''
	run_rampart 0 apply
	saved iptables | diff "$BATS_TEST_TMPDIR/native4" -
}

@test "dumps: a host can start from its own save" {
	each_backend same_host
}

merged() {
	native_rules ipt
	ns "iptables-$BACKEND-save" >"$ROOT$V4"
	chmod 644 "$ROOT$V4"
	saved iptables | sed -n 's/^-A INPUT //p' >"$BATS_TEST_TMPDIR/native"
	ns_stop
	ns_start
	rm -rf "$ROOT/var/lib/rampart"
	baseline 'ownership = merge'
	ipt -A INPUT -i theirs
	run_rampart 0 apply
	saved iptables | sed -n 's/^-A rampart-INPUT //p' | diff "$BATS_TEST_TMPDIR/native" -
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -i theirs'
	assert_equal "$(saved ip6tables | grep -c rampart || true)" 0
}

@test "dumps: in merge mode" {
	each_backend merged
}

# --- chains of others -----------------------------------------------------------------

foreign_left_out() {
	baseline 'foreign = {"DOCKER*"}
preserve = {"KEEP*"}'
	for chain in f2b-sshd DOCKER DOCKER-USER KEEP1 sshguard mine; do ipt -N $chain; done
	ipt -A INPUT -p tcp -j f2b-sshd
	ipt -A f2b-sshd -s 192.0.2.7 -j REJECT
	ipt -A f2b-sshd -j RETURN
	ipt -A FORWARD -j DOCKER-USER
	ipt -A FORWARD -o docker0 -g DOCKER
	ipt -A DOCKER-USER -j RETURN
	ipt -A INPUT -j sshguard
	ipt -A INPUT -j KEEP1
	ipt -A INPUT -i eth0 -j mine
	ipt -A mine -j ACCEPT
	ns "iptables-$BACKEND-save" >"$ROOT$RULES"
	chmod 644 "$ROOT$RULES"
	written ipv4
	assert_equal "$WRITTEN" '-A mine -j ACCEPT
-A INPUT -i eth0 -j mine'
	assert_equal "$stderr" "$RULES: note: 5 chains and 8 rules of other programs left out"
	# so the host goes on with its own rules
	ipt -D INPUT -i eth0 -j mine
	ipt -F mine
	ipt -X mine
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -j f2b-sshd
-A INPUT -j sshguard
-A INPUT -j rampart-INPUT
-A INPUT -j KEEP1'
	assert_equal "$(rules ipv4 filter f2b-sshd)" '-A f2b-sshd -s 192.0.2.7/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-sshd -j RETURN'
}

@test "dumps: chains of others, the rules in them and to them are left out with a note" {
	each_backend foreign_left_out
}

@test "dumps: one chain, one rule" {
	dropin 10-a.rules '# Generated by iptables-save v1.8.9
*filter
:f2b-a - [0:0]
-A INPUT -j f2b-a
-A INPUT -i lo
COMMIT'
	become '-A INPUT -i lo' ''
	run_rampart 0 show
	assert_equal "$stderr" "$RULES: note: 1 chain and 1 rule of other programs left out"
	# built-in chains are nobody's
	baseline 'foreign = {"*"}'
	become '-A INPUT -i lo' ''
}

@test "dumps: a file that is no dump has no chains of others left out" {
	dropin 10-a.rules ':f2b-a - [0:0]
-A f2b-a -i lo
-A INPUT -j f2b-a'
	become '-A f2b-a -i lo
-A INPUT -j f2b-a'
	assert_equal "$stderr" ''
	dropin 10-a.rules '# Generated by hand
:f2b-a - [0:0]
-A INPUT -j f2b-a'
	become '-A INPUT -j f2b-a'
}

own_chains() {
	# a save made while rampart's rules are loaded
	rm -f "$ROOT$V4"
	dropin 10-a.rules '-A INPUT -i ours'
	run_rampart 0 apply
	ipt -A INPUT -i theirs
	ns "iptables-$BACKEND-save" >"$ROOT$V4"
	chmod 644 "$ROOT$V4"
	rm "$ROOT$RULES"
	written ipv4
	assert_equal "$WRITTEN" '-A INPUT -i theirs'
	assert_equal "$stderr" "$V4: note: 1 chain and 2 rules of other programs left out"
}

@test "dumps: rampart's own chains are left out too" {
	each_backend own_chains
}

# --- policies -------------------------------------------------------------------------

@test "dumps: a dump's ACCEPT says nothing, its DROP is a policy" {
	dropin 10-a.rules '# Generated by iptables-save v1.8.9
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [10:20]
COMMIT'
	run_rampart 0 show
	assert_equal "$output" '# ipv4, merge
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT'
	baseline 'policy { INPUT = DROP OUTPUT = DROP }'
	run_rampart 0 show -4
	assert_output_line ':OUTPUT DROP [0:0]'
	assert_equal "$stderr" ''
	baseline 'policy { INPUT = ACCEPT }'
	run_rampart 2 show
	messages "$RULES" "3: error: policy DROP of chain 'INPUT' is not the baseline's, which is ACCEPT at $CONF:1"
}

header_only() {
	dropin 10-a.rules '# Generated by iptables-save v1.8.9
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT'
	for ownership in merge exclusive; do
		baseline "ownership = $ownership"
		ipt -t mangle -A INPUT -i theirs
		run_rampart 0 show
		assert_equal "$output" ''
		run_rampart 0 apply
		assert_equal "$(rules ipv4 mangle INPUT)" '-A INPUT -i theirs'
		ipt -t mangle -F
	done
}

@test "dumps: a header with only built-in chains concerns nothing" {
	each_backend header_only
}

# --- what real saves have -------------------------------------------------------------

@test "dumps: COMMIT without newline, with a blank, blank lines, a last line of one blank" {
	for end in 'COMMIT' 'COMMIT ' 'COMMIT\n\n\n' 'COMMIT\n ' '\n\nCOMMIT\t\n \n' '' '\n'; do
		dropin_bytes 10-a.rules "\n# Generated by iptables-save v1.4.7\n\n*filter\n\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n$end"
		become '-A INPUT -i lo -j ACCEPT' ''
		assert_equal "$stderr" ''
	done
}

@test "dumps: CR LF" {
	dropin_bytes 10-a.rules '# Generated by iptables-save v1.4.7\r\n*nat\r\n:PREROUTING ACCEPT [0:0]\r\n:REDIR - [0:0]\r\n-A PREROUTING -j REDIR\r\n[1:2] -A REDIR -p tcp -j DNAT --to-destination 192.0.2.1\r\nCOMMIT\r\n# Completed\r\n'
	become '-A REDIR -p tcp -j DNAT --to-destination 192.0.2.1
-A PREROUTING -j REDIR' ''
}

@test "dumps: a shell prompt before the first line is an error with its line" {
	bad_rules '[root@fw ~]# iptables-save
# Generated by iptables-save v1.4.7
*filter
:INPUT ACCEPT [0:0]
-A INPUT -i lo
COMMIT' "1: error: '[root@fw' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
	bad_rules 'root@fw:~# iptables-save
*filter
COMMIT' "1: error: 'root@fw:~#' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
	bad_rules '$ sudo iptables-save
*filter' "1: error: '\$' must be followed by the name of a set; write '\\\$' for a dollar sign"
}

@test "dumps: no table line at all" {
	good_rules ':INPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
COMMIT' '-A INPUT -i lo -j ACCEPT'
	good_rules '# Generated by iptables-save v1.4.7
:WEB - [0:0]
-A INPUT -j WEB' '-A INPUT -j WEB' ''
}

@test "dumps: chains declared after the first rules, without policy counters, with other commands" {
	good_rules '*filter
:INPUT ACCEPT
-A INPUT -j WEB
:WEB -
-A WEB -i one
[3:4] -A WEB -i two
:LOG1
-I INPUT -i first
-N EXTRA
-A EXTRA -j LOG1
-A WEB -j EXTRA
-F LOG1
-A LOG1 -j DROP
-N GONE
-X GONE
-P FORWARD DROP
COMMIT' '-A INPUT -i first
-A INPUT -j WEB
-A WEB -i one
-A WEB -i two
-A WEB -j EXTRA
-A LOG1 -j DROP
-A EXTRA -j LOG1'
}

@test "dumps: a save that flushes first, as scripts do" {
	good_rules '*filter
-F
-X
-P INPUT DROP
-A INPUT -i lo -j ACCEPT
COMMIT
*nat
-F
COMMIT' '-A INPUT -i lo -j ACCEPT'
}

old_spellings() {
	dropin 10-a.rules '# Generated by iptables-save v1.2.11
*filter
:INPUT ACCEPT [0:0]
-A INPUT -s 10.0.0.0/255.0.0.0 -j ACCEPT  
-A INPUT -d 192.0.2.1/255.255.255.255 -p tcp -m tcp --dport 80 -j ACCEPT	
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p icmp -m icmp --icmp-type any -j ACCEPT
-A INPUT -m comment --comment "quoted \"twice\" and \\ escaped" -j ACCEPT
-A INPUT -m comment --comment unquoted -j ACCEPT
-A INPUT -p tcp -m tcp ! --tcp-flags SYN,RST,ACK SYN -j DROP
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT'
	run_rampart 0 show --canonical -4
	assert_equal "$(grep '^-A rampart-INPUT' <<<"$output" | sed 's/^-A rampart-INPUT //')" \
		"$(printf '%s\n' '-s 10.0.0.0/8 -j ACCEPT' '-d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j ACCEPT' \
			'-p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT' '-p icmp -m icmp --icmp-type any -j ACCEPT' \
			'-m comment --comment "quoted \"twice\" and \\ escaped" -j ACCEPT' '-m comment --comment unquoted -j ACCEPT' \
			'-p tcp -m tcp ! --tcp-flags SYN,RST,ACK SYN -j DROP' '-j REJECT --reject-with icmp-host-prohibited')"
}

@test "dumps: dotted masks, trailing blanks, quoted and escaped comments" {
	each_backend old_spellings
}

# The kernel's word at the line that caused it: refuses LINE < dump
refuses() {
	cat >"$ROOT$RULES"
	run_rampart 2 validate
	assert_error_has "$RULES:$1: error: "
	assert_error_line 'rampart: not valid; nothing was changed'
	# and about no other line
	assert_equal "$(grep -c "^$RULES:" <<<"$stderr")" 1
}

cannot_load() {
	refuses 4 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		:INPUT ACCEPT [0:0]
		-A INPUT -s nosuch.host.invalid -j ACCEPT
		COMMIT
	END
	refuses 4 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		:OUTPUT ACCEPT [0:0]
		-A OUTPUT -m owner --uid-owner sentinel-nobody -j ACCEPT
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -m set --match-set nosuchset src -j DROP
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -s <private_ip> -j ACCEPT
		COMMIT
	END
	refuses 4 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -i lo
		-A INPUT -m mac --mac-source XX:XX:XX:XX:XX:XX -j ACCEPT
		-A INPUT -i eth0
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by ip6tables-save v1.4.7
		*filter
		-A INPUT -s 192.0.2.1/32 -j ACCEPT
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -m time --timestart 8:00 --timestop 18:00 --days Mon,Tue -j ACCEPT
		COMMIT
	END
	refuses 4 <<-'END'
		# Generated by iptables-save v1.2.11
		*filter
		-A INPUT -i lo -j ACCEPT
		-A INPUT -s ! 10.1.1.0/24 -j DROP
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -j ULOG-nosuch
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -m layer7 --l7proto bittorrent -j DROP
		COMMIT
	END
	refuses 2 <<-'END'
		# Generated by iptables-save v1.4.7
		*broute
		COMMIT
	END
	refuses 3 <<-'END'
		# Generated by iptables-save v1.4.7
		*filter
		-A INPUT -m comment --comment "cut by an edi
		COMMIT
	END
}

@test "dumps: what can't be loaded is an error with its line, and only that line" {
	each_backend cannot_load
}

big() {
	{
		printf '%s\n' '# Generated by iptables-save v1.4.7' '*filter' ':BIG - [0:0]' '-A INPUT -j BIG'
		seq -f '-A BIG -s 10.0.0.0/8 -p tcp -m tcp --dport %g -j ACCEPT' 1 2000
		echo '-A BIG -m mac --mac-source XX:XX:XX:XX:XX:XX -j ACCEPT'
		seq -f '-A BIG -s 10.0.0.0/8 -p udp -m udp --dport %g -j ACCEPT' 1 2000
		echo COMMIT
	} >"$ROOT$RULES"
	run_rampart 2 validate
	assert_error_has "$RULES:2005: error: "
	sed -i 2005d "$ROOT$RULES"
	run_rampart 0 validate
	assert_output_has '; drop-ins: 1, rules: ipv4 4001, ipv6 0'
}

@test "dumps: the position of an error in thousands of rules" {
	each_backend big
}

@test "dumps: several faults, all in one run" {
	bad_rules '# Generated by iptables-save v1.4.7
*filter
-A INPUT -s host1.invalid -j ACCEPT
-A INPUT -i lo
-A INPUT -s <ip> -j ACCEPT
COMMIT
*nope
COMMIT' "3: error: 'host1.invalid' of '-s': a host name: use its address, or set 'resolve = yes'" \
		"5: error: '<ip>' of '-s': not an address, prefix or range" \
		"7: error: '*nope' is not a table: there are *raw, *mangle, *nat, *filter and *security"
}

@test "dumps: rules of others that preserve names are left out, as their chains are" {
	baseline 'preserve = {docker}'
	dropin 10-save.rules '# Generated by iptables-save v1.8.9
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
[5:300] -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE
COMMIT'
	run_rampart 0 show
	assert_equal "$(grep -c MASQUERADE <<<"$output")" 1
	assert_output_line '-A rampart-POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE'
	refute_output_has docker
	refute_output_has DOCKER
	assert_error_line '/etc/rampart/conf.d/10-save.rules: note: 1 chain and 2 rules of other programs left out'
}
