# families: which family a line goes to (rampart.rules(5), "Families").
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

# Each line goes to one family only, and is good there: only ipv4|ipv6 < lines
only() {
	local line rule all=''
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		rule=${line#-[46] }
		echo "# $1 only: $line"
		dropin 10-a.rules "$line"
		written ipv4
		if [ "$1" = ipv4 ]; then
			[ -n "$WRITTEN" ] || show_both "a rule for ipv4" "$line"
			written ipv6
		fi
		assert_equal "$WRITTEN" ''
		if [ "$1" = ipv6 ]; then
			written ipv6
			[ -n "$WRITTEN" ] || show_both "a rule for ipv6" "$line"
		fi
		assert_equal "$stderr" ''
		all+=$line$'\n'
	done
	# and that family's program takes them
	dropin 10-a.rules "$all"
	run_rampart 0 validate
}

# --- no marker ------------------------------------------------------------------------

@test "families: a line without a marker goes to both" {
	while IFS= read -r line; do
		good_rules "$line" "$line"
	done <<-'END'
		-A INPUT -i lo -j ACCEPT
		-A INPUT -p tcp --dport 22 -j ACCEPT
		-A INPUT -p 6
		-A INPUT -m conntrack --ctstate NEW
		-A INPUT -p tcp -j REJECT --reject-with tcp-reset
		-A INPUT -j REJECT
		-A INPUT -m comment --comment "192.0.2.1 and 2001:db8::1"
		-A INPUT -m string --algo bm --string 192.0.2.1 --to 100
		-A INPUT -p ah
		-A INPUT -p 255
		-A INPUT -m mark --mark 1
	END
	run_rampart 0 validate
}

@test "families: families = {ipv4} or {ipv6} leaves the other one out, without a word" {
	baseline 'families = {ipv4}'
	good_rules '-A INPUT -i lo
-6 -A INPUT -i six
-A INPUT -s 2001:db8::1
-A INPUT -s 192.0.2.1
:WEB -
-A WEB -j ACCEPT
-A INPUT -j WEB
-P INPUT DROP' '-A INPUT -i lo
-A INPUT -s 192.0.2.1
-A INPUT -j WEB
-A WEB -j ACCEPT' ''
	run_rampart 0 show -6
	assert_silent
	baseline 'families = {ipv6}'
	written ipv4
	assert_equal "$output" ''
	written ipv6
	assert_equal "$(sort <<<"$WRITTEN")" '-A INPUT -i lo
-A INPUT -i six
-A INPUT -j WEB
-A INPUT -s 2001:db8::1
-A WEB -j ACCEPT'
}

@test "families: a fault for both families is an error whatever 'families' says" {
	baseline 'families = {ipv4}'
	bad_rules '-A INPUT -s 192.0.2.1 -d 2001:db8::1' \
		"1: error: one rule can't be for both families: '-d 2001:db8::1' is not for IPv4, '-s 192.0.2.1' is not for IPv6"
}

# --- markers --------------------------------------------------------------------------

@test "families: -4 and -6" {
	only ipv4 <<-'END'
		-4 -A INPUT -i lo
		-A INPUT -4 -i lo
		-A INPUT -i lo -4
		--ipv4 -A INPUT -i lo
		-4 -I INPUT -i lo
	END
	only ipv6 <<-'END'
		-6 -A INPUT -i lo
		-A INPUT -i lo -6
		-A INPUT --ipv6 -i lo
		-6 -I INPUT 1 -i lo
	END
	bad_rules '-4 -6 -A INPUT' "1: error: one rule can't be for both families: '-6' is not for IPv4, '-4' is not for IPv6"
	bad_rules '-4 -A INPUT -s ::1' "1: error: one rule can't be for both families: '-s ::1' is not for IPv4, '-4' is not for IPv6"
	bad_rules '-6 -A INPUT -s 192.0.2.1' "1: error: one rule can't be for both families: '-6' is not for IPv4, '-s 192.0.2.1' is not for IPv6"
}

@test "families: -4 and -6 restrict commands without a rule as well" {
	good_rules '-4 -N FOUR
-6 -N SIX
-4 -A FOUR -i four
-6 -A SIX -i six
-4 -A INPUT -j FOUR
-6 -A INPUT -j SIX' '-A FOUR -i four
-A INPUT -j FOUR' '-A SIX -i six
-A INPUT -j SIX'
	good_rules '-A INPUT -i a
-A INPUT -i b
-4 -D INPUT 1
-6 -F INPUT' '-A INPUT -i b' ''
	dropin 10-a.rules '-4 -P INPUT DROP
-6 -P FORWARD DROP'
	run_rampart 0 show -4
	assert_output_line ':INPUT DROP [0:0]'
	assert_output_line ':FORWARD ACCEPT [0:0]'
	run_rampart 0 show -6
	assert_output_line ':INPUT ACCEPT [0:0]'
	assert_output_line ':FORWARD DROP [0:0]'
	bad_rules '-4 -N FOUR
-6 -F FOUR' "2: error: chain 'FOUR' is not defined in table 'filter'"
	good_rules '-N A
-4 -E A B
-4 -A B
-6 -A A
-4 -A INPUT -j B
-6 -A INPUT -j A' '-A B
-A INPUT -j B' '-A A
-A INPUT -j A'
	good_rules '-N A
-6 -X A
-4 -A INPUT -j A' '-A INPUT -j A' ''
}

@test "families: an address literal, wherever it stands" {
	only ipv4 <<-'END'
		-A INPUT -s 192.0.2.1
		-A INPUT --source 192.0.2.0/24
		-A INPUT --src 192.0.2.0/255.255.255.0
		-A INPUT -d 192.0.2.1
		-A INPUT --dst=192.0.2.1
		-A INPUT ! -s 192.0.2.1
		-A INPUT -s 0/0
		-A INPUT -s 10.1/16
		-A INPUT -s 192.0.2.1,192.0.2.2
		-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9
		-A INPUT -m iprange --dst-range 192.0.2.1-192.0.2.9
		-A INPUT -m iprange ! --dst-range 192.0.2.1-192.0.2.9
		-A INPUT -m conntrack --ctorigsrc 192.0.2.0/24
		-A INPUT -m conntrack --ctrepldst 192.0.2.0/24
	END
	only ipv6 <<-'END'
		-A INPUT -s 2001:db8::1
		-A INPUT --source 2001:db8::/32
		-A INPUT -d ::1
		-A INPUT --destination ::ffff:192.0.2.1
		-A INPUT ! -d ::1
		-A INPUT -s ::/0
		-A INPUT -s fe80::1,fe80::2
		-A INPUT -m iprange --src-range 2001:db8::1-2001:db8::9
		-A INPUT -m iprange --dst-range 2001:db8::1-2001:db8::9
		-A INPUT -m conntrack --ctorigdst 2001:db8::/32
	END
}

@test "families: the address of a NAT target" {
	sed 's/^/-A PREROUTING -p tcp /' >"$BATS_TEST_TMPDIR/v4" <<-'END'
		-j DNAT --to-destination 192.0.2.1
		-j DNAT --to-destination 192.0.2.1:8080
		-j DNAT --to-destination 192.0.2.1:8080-8090
		-j DNAT --to-destination 192.0.2.1-192.0.2.9
		-j DNAT --to-destination 192.0.2.1-192.0.2.9:80
		-j NETMAP --to 192.0.2.0/24
	END
	sed 's/^/-A POSTROUTING -p tcp /' >>"$BATS_TEST_TMPDIR/v4" <<-'END'
		-j SNAT --to-source 192.0.2.1
		-j SNAT --to-source 192.0.2.1-192.0.2.9:1000-2000
		-j SNAT --to 192.0.2.1:1000
	END
	sed 's/^/-A PREROUTING -p tcp /' >"$BATS_TEST_TMPDIR/v6" <<-'END'
		-j DNAT --to-destination 2001:db8::1
		-j DNAT --to-destination [2001:db8::1]:8080
		-j DNAT --to-destination [2001:db8::1]:8080-8090
		-j DNAT --to-destination 2001:db8::1-2001:db8::9
		-j DNAT --to-destination [2001:db8::1-2001:db8::9]:80
		-j NETMAP --to 2001:db8::/64
	END
	sed 's/^/-A POSTROUTING -p tcp /' >>"$BATS_TEST_TMPDIR/v6" <<-'END'
		-j SNAT --to-source 2001:db8::1
		-j SNAT --to-source [2001:db8::1]:1000-2000
	END
	for version in 4 6; do
		while IFS= read -r line; do
			dropin 10-a.rules "*nat
$line"
			run_rampart 0 show -$version
			assert_output_has "-p tcp ${line#* -p tcp }"
			run_rampart 0 show -$((10 - version))
			assert_silent
			run_rampart 0 validate
		done <"$BATS_TEST_TMPDIR/v$version"
	done
	# a port alone says nothing of the family
	dropin 10-a.rules '*nat
-A PREROUTING -p tcp -j DNAT --to-destination :8080
-A PREROUTING -p tcp -j REDIRECT --to-ports 8080'
	become '-A PREROUTING -p tcp -j DNAT --to-destination :8080
-A PREROUTING -p tcp -j REDIRECT --to-ports 8080'
}

@test "families: icmp and icmpv6, as protocol, type and match" {
	only ipv4 <<-'END'
		-A INPUT -p icmp
		-A INPUT --protocol icmp
		-A INPUT -p 1
		-A INPUT ! -p icmp
		-A INPUT -p icmp --icmp-type echo-request
		-A INPUT -p icmp -m icmp --icmp-type 8
		-A INPUT -p icmp -m icmp ! --icmp-type 8/0
	END
	only ipv6 <<-'END'
		-A INPUT -p ipv6-icmp
		-A INPUT -p icmpv6
		-A INPUT -p 58
		-A INPUT -p icmpv6 --icmpv6-type echo-request
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128
	END
	# the type alone is a marker too, whatever the kernel says of it then
	good_rules '-A INPUT --icmp-type 8' '-A INPUT --icmp-type 8' ''
	good_rules '-A INPUT --icmpv6-type 128' '' '-A INPUT --icmpv6-type 128'
}

@test "families: --reject-with" {
	only ipv4 <<-'END'
		-A INPUT -j REJECT --reject-with icmp-port-unreachable
		-A INPUT -j REJECT --reject-with icmp-host-prohibited
		-A INPUT -j REJECT --reject-with icmp-admin-prohibited
	END
	only ipv6 <<-'END'
		-A INPUT -j REJECT --reject-with icmp6-port-unreachable
		-A INPUT -j REJECT --reject-with icmp6-adm-prohibited
	END
}

@test "families: matches and targets that only one family has" {
	only ipv4 <<-'END'
		-A INPUT -m ttl --ttl-eq 64
		-A INPUT -m ttl --ttl-lt 5
		-A INPUT -p ah -m ah --ahspi 5
		-A INPUT -p 51 -m ah --ahspi 5
		-A INPUT -f
		-A INPUT ! -f
		-A INPUT --fragments
	END
	only ipv6 <<-'END'
		-A INPUT -m hl --hl-eq 64
		-A INPUT -m ah --ahspi 5
		-A INPUT -m frag --fragmore
		-A INPUT -m rt --rt-type 0
		-A INPUT -m hbh --hbh-len 8
		-A INPUT -m dst --dst-len 8
		-A INPUT -p ipv6-mh -m mh --mh-type 1
		-A INPUT -m eui64
	END
	dropin 10-a.rules '*mangle
-A PREROUTING -j TTL --ttl-set 64
-A PREROUTING -j HL --hl-set 64'
	become '-A PREROUTING -j TTL --ttl-set 64' '-A PREROUTING -j HL --hl-set 64'
	run_rampart 0 validate
}

ipset_families() {
	ns ipset create four hash:net family inet
	ns ipset create six hash:net family inet6
	ns ipset create map4 bitmap:ip range 192.0.2.0/24
	ns ipset create ports bitmap:port range 0-1000
	ns ipset create list list:set
	only ipv4 <<-'END'
		-A INPUT -m set --match-set four src
		-A INPUT -m set ! --match-set four src,dst
		-A INPUT -m set --match-set map4 src
		-A INPUT -j SET --add-set four src
		-A INPUT -j SET --del-set four src
	END
	only ipv6 <<-'END'
		-A INPUT -m set --match-set six src
		-A INPUT -j SET --add-set six src --exist
	END
	for set in ports list; do
		good_rules "-A INPUT -m set --match-set $set src" "-A INPUT -m set --match-set $set src"
	done
	bad_rules '-A INPUT -m set --match-set four src -m set --match-set six dst' \
		"1: error: one rule can't be for both families: '--match-set six dst' is not for IPv4, '--match-set four src' is not for IPv6"
}

@test "families: the family of a named ipset" {
	each_backend ipset_families
}

old_ipset_option() {
	ns ipset create four hash:net family inet
	ipt -A INPUT -m set --set four src -j DROP # the programs still take it
	only ipv4 <<-'END'
		-A INPUT -m set --set four src
		-A INPUT -m set ! --set four src
	END
}

@test "families: the old name of --match-set" {
	each_backend old_ipset_option
}

# --- two kinds in one rule ------------------------------------------------------------

@test "families: two kinds in one rule are an error that names both" {
	while IFS='|' read -r rule four six; do
		bad_rules "# line
-A INPUT $rule" "2: error: one rule can't be for both families: '$six' is not for IPv4, '$four' is not for IPv6"
	done <<-'END'
		-s 192.0.2.1 -d 2001:db8::1|-s 192.0.2.1|-d 2001:db8::1
		-s 2001:db8::1 -d 192.0.2.1|-d 192.0.2.1|-s 2001:db8::1
		-p icmp -s ::1|-p icmp|-s ::1
		-p icmpv6 -s 192.0.2.1|-s 192.0.2.1|-p icmpv6
		-s 192.0.2.1 -j REJECT --reject-with icmp6-port-unreachable|-s 192.0.2.1|--reject-with icmp6-port-unreachable
		-s ::1 -j REJECT --reject-with icmp-port-unreachable|--reject-with icmp-port-unreachable|-s ::1
		-m ttl --ttl-eq 1 -m hl --hl-eq 1|-m ttl|-m hl
		-f -s ::1|-f|-s ::1
		-s 192.0.2.1 -m iprange --dst-range ::1-::2|-s 192.0.2.1|--dst-range ::1-::2
		-p icmp --icmpv6-type 128|-p icmp|--icmpv6-type 128
		-s 192.0.2.1 -j DNAT --to-destination [::1]:80|-s 192.0.2.1|--to-destination [::1]:80
	END
}

@test "families: a literal list of both kinds is split, a fixed place beside it decides" {
	good_rules '-A INPUT -s 192.0.2.1,2001:db8::1,192.0.2.2 -i lo' '-A INPUT -s 192.0.2.1 -i lo
-A INPUT -s 192.0.2.2 -i lo' '-A INPUT -s 2001:db8::1 -i lo'
	good_rules '-A INPUT -s 192.0.2.1,2001:db8::1 -p icmpv6' '' '-A INPUT -s 2001:db8::1 -p icmpv6'
}

# --- the file -------------------------------------------------------------------------

@test "families: NAME.v4.rules and NAME.v6.rules" {
	dropin 10-a.v4.rules '-A INPUT -i a
:A -
-A INPUT -j A
-P INPUT DROP'
	dropin 20-b.v6.rules '-A INPUT -i b
:B -
-A INPUT -j B'
	become '-A INPUT -i a
-A INPUT -j A' '-A INPUT -i b
-A INPUT -j B'
	run_rampart 0 show -4
	assert_output_line ':INPUT DROP [0:0]'
	run_rampart 0 show -6
	assert_output_line ':INPUT ACCEPT [0:0]'
	dropin 10-a.v4.rules '-A INPUT -i a
-A INPUT -s ::1'
	run_rampart 2 show
	assert_equal "$stderr" "/etc/rampart/conf.d/10-a.v4.rules:2: error: one rule can't be for both families: '-s ::1' is not for IPv4, 'the file' is not for IPv6"
	rm "$ROOT/$CONF_D/10-a.v4.rules"
	dropin 20-b.v6.rules '-A INPUT -s 192.0.2.1'
	run_rampart 2 show
	assert_equal "$stderr" "/etc/rampart/conf.d/20-b.v6.rules:1: error: one rule can't be for both families: 'the file' is not for IPv4, '-s 192.0.2.1' is not for IPv6"
	dropin 20-b.v6.rules '-4 -A INPUT -i lo'
	run_rampart 2 show
	assert_equal "$stderr" "/etc/rampart/conf.d/20-b.v6.rules:1: error: one rule can't be for both families: 'the file' is not for IPv4, '-4' is not for IPv6"
	# nothing but the end of the name counts
	rm "$ROOT/$CONF_D/20-b.v6.rules"
	dropin 30-v4.rules '-A INPUT -i c'
	dropin 40.v6.x.rules '-A INPUT -i d'
	dropin 50v4.rules '-A INPUT -i e'
	become '-A INPUT -i c
-A INPUT -i d
-A INPUT -i e'
}

@test "families: a comment 'Generated by iptables-save' makes the file IPv4's" {
	for program in iptables-save iptables-nft-save iptables-legacy-save; do
		good_rules "# Generated by $program v1.8.9 (nf_tables) on Mon Jan  1 00:00:00 2024
*filter
:INPUT ACCEPT [0:0]
-A INPUT -i a
COMMIT
# Completed on Mon Jan  1 00:00:00 2024" '-A INPUT -i a' ''
	done
	for program in ip6tables-save ip6tables-nft-save ip6tables-legacy-save; do
		good_rules "# Generated by $program v1.8.9 on Mon Jan  1 00:00:00 2024
*filter
-A INPUT -i a
COMMIT" '' '-A INPUT -i a'
	done
	good_rules '# Generated by hand
-A INPUT -i a' '-A INPUT -i a'
	good_rules '# Generated by iptables
-A INPUT -i a' '-A INPUT -i a'
	# a name and a comment that contradict each other leave no family
	dropin 10-a.v6.rules '# Generated by iptables-save
-A INPUT -i a'
	run_rampart 2 show
	assert_error_has "/etc/rampart/conf.d/10-a.v6.rules:2: error: one rule can't be for both families"
	# the name and the comment
	rm "$ROOT$RULES"
	dropin 10-a.v6.rules '# Generated by ip6tables-save
-A INPUT -i a'
	become '' '-A INPUT -i a'
	dropin 10-a.v6.rules '# Generated by ip6tables-save
-A INPUT -s 192.0.2.1'
	run_rampart 2 show
	assert_error_has "/etc/rampart/conf.d/10-a.v6.rules:2: error: one rule can't be for both families"
}

@test "families: both dumps in one file, each with its comment" {
	good_rules '# Generated by iptables-save v1.8.9
*filter
-A INPUT -i four
COMMIT
# Completed
# Generated by ip6tables-save v1.8.9
*filter
-A INPUT -i six
COMMIT' '-A INPUT -i four' '-A INPUT -i six'
}

# --- chains ---------------------------------------------------------------------------

@test "families: a chain of one family's rules is not made in the other" {
	dropin 10-a.rules ':WEB -
-4 -A WEB -j ACCEPT
-4 -A INPUT -j WEB'
	run_rampart 0 show -6
	assert_silent
	run_rampart 0 show -4
	assert_output_line ':WEB - [0:0]'
	# but where a rule jumps to it
	dropin 10-a.rules ':WEB -
-4 -A WEB -j ACCEPT
-A INPUT -j WEB'
	run_rampart 0 show -6
	assert_output_line ':WEB - [0:0]'
}
