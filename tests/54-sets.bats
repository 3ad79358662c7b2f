# sets: how names in a rule expand (rampart.rules(5), "Sets").
load helpers
load lang

SETS='set "A" { values = {192.0.2.1, 192.0.2.2, "2001:db8::1"} }
set "B" { values = {198.51.100.1, "2001:db8::b1", "2001:db8::b2"} }
set "V4" { values = {192.0.2.1, 192.0.2.2} }
set "V6" { values = {"2001:db8::1", "2001:db8::2"} }
set "ONE4" { values = {192.0.2.1} }
set "R" { values = {192.0.2.1-192.0.2.9, "2001:db8::1-2001:db8::9"} }
set "IF" { values = {eth0, "eth+"} }
set "PORTS" { values = {22, 80:90, https} }
set "PROTO" { values = {tcp, udp} }
set "NONE" { values = {} }
set "ANY" { values = {any} }
set "LOW" { values = {1000, 2000} }
set "HIGH" { values = {3000, 4000} }'

# --- products -------------------------------------------------------------------------

@test "sets: a list expands to one rule for each element, lists multiply, leftmost slowest" {
	baseline "$SETS"
	good_rules '-A INPUT -i $IF -j ACCEPT' '-A INPUT -i eth0 -j ACCEPT
-A INPUT -i eth+ -j ACCEPT'
	good_rules '-A FORWARD -i $IF -p $PROTO -o $IF' '-A FORWARD -i eth0 -p tcp -o eth0
-A FORWARD -i eth0 -p tcp -o eth+
-A FORWARD -i eth0 -p udp -o eth0
-A FORWARD -i eth0 -p udp -o eth+
-A FORWARD -i eth+ -p tcp -o eth0
-A FORWARD -i eth+ -p tcp -o eth+
-A FORWARD -i eth+ -p udp -o eth0
-A FORWARD -i eth+ -p udp -o eth+'
	good_rules '-A FORWARD -p $PROTO -i $IF' '-A FORWARD -p tcp -i eth0
-A FORWARD -p tcp -i eth+
-A FORWARD -p udp -i eth0
-A FORWARD -p udp -i eth+'
	good_rules '-A INPUT -s 192.0.2.1,192.0.2.2 -d 198.51.100.1,198.51.100.2' '-A INPUT -s 192.0.2.1 -d 198.51.100.1
-A INPUT -s 192.0.2.1 -d 198.51.100.2
-A INPUT -s 192.0.2.2 -d 198.51.100.1
-A INPUT -s 192.0.2.2 -d 198.51.100.2' ''
	# any option's value multiplies
	baseline 'set "T" { values = {ACCEPT, WEB} }
set "C" { values = {INPUT, FORWARD} }
set "S" { values = {NEW, ESTABLISHED} }'
	good_rules ':WEB -
-A INPUT -m conntrack --ctstate $S -j $T' '-A INPUT -m conntrack --ctstate NEW -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j WEB
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j WEB'
	# and so does a chain
	good_rules '-A $C -m conntrack --ctstate $S' '-A INPUT -m conntrack --ctstate NEW
-A INPUT -m conntrack --ctstate ESTABLISHED
-A FORWARD -m conntrack --ctstate NEW
-A FORWARD -m conntrack --ctstate ESTABLISHED'
}

@test "sets: a comma list of sets and literals is the one after the other" {
	baseline "$SETS"
	good_rules '-A INPUT -s $A,10.0.0.1 -j ACCEPT' '-A INPUT -s 192.0.2.1 -j ACCEPT
-A INPUT -s 192.0.2.2 -j ACCEPT
-A INPUT -s 10.0.0.1 -j ACCEPT' '-A INPUT -s 2001:db8::1 -j ACCEPT'
	good_rules '-A INPUT -d 10.0.0.1,$A,2001:db8::7,${B}' '-A INPUT -d 10.0.0.1
-A INPUT -d 192.0.2.1
-A INPUT -d 192.0.2.2
-A INPUT -d 198.51.100.1' '-A INPUT -d 2001:db8::1
-A INPUT -d 2001:db8::7
-A INPUT -d 2001:db8::b1
-A INPUT -d 2001:db8::b2'
	# text beside a name belongs to that name only
	good_rules '-4 -A INPUT -s 10.0.0.1,$V4/24,10.0.0.2' '-A INPUT -s 10.0.0.1
-A INPUT -s 192.0.2.1/24
-A INPUT -s 192.0.2.2/24
-A INPUT -s 10.0.0.2' ''
	good_rules '-A INPUT -p tcp --dport 1,$PORTS,$LOW:$HIGH,9' \
		'-A INPUT -p tcp -m multiport --dports 1,22,80:90,https,1000:3000,1000:4000,2000:3000,2000:4000,9'
	good_rules '-A INPUT -p tcp -m multiport ! --ports $PORTS,9' \
		'-A INPUT -p tcp -m multiport ! --ports 22,80:90,https,9'
	good_rules '-A INPUT -s $R,10.0.0.1' '-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9
-A INPUT -s 10.0.0.1' '-A INPUT -m iprange --src-range 2001:db8::1-2001:db8::9'
	# what is empty adds nothing, what is any takes the option away
	good_rules '-A INPUT -p tcp --dport $NONE,22' '-A INPUT -p tcp --dport 22'
	good_rules '-A INPUT -p tcp --dport 22,$ANY' '-A INPUT -p tcp'
	bad_rules '-A INPUT ! -s $ONE4,10.0.0.1' \
		"1: error: '! -s' with several values would become rules that together match everything: use a chain that RETURNs for each value, or an ipset"
	bad_rules '-A INPUT -s 10.0.0.1,$AA' "1: error: unknown set 'AA', did you mean 'A'?"
	# an interface's name may hold a comma
	dropin 10-a.rules '-A INPUT -i eth0,eth1'
	run_rampart 0 show
	assert_error_line "$RULES:1: warning: 'eth0,eth1' is ONE name to '-i': for several write a set"
	assert_output_line '-A rampart-INPUT -i eth0,eth1'
}

@test "sets: a target's port from a set is one value" {
	baseline "$SETS"
	for chain in '*nat
-A PREROUTING -p tcp -j REDIRECT --to-ports' '*nat
-A POSTROUTING -p tcp -j MASQUERADE --to-ports' '*mangle
-A PREROUTING -p tcp -j TPROXY --on-port'; do
		option=${chain##* }
		bad_rules "$chain \$HIGH" "2: error: '$option' takes one value, 'HIGH' has 2"
		bad_rules "$chain 1\$HIGH" "2: error: '$option' takes one value, 'HIGH' has 2"
	done
}

@test "sets: a chain's name from a set, in each command" {
	baseline 'set "C" { values = {ONE, TWO} }
set "P" { values = {INPUT, FORWARD} }'
	good_rules ':$C -
-A $C -i a
-I $C 1 -i b
-D $C 2
-A INPUT -j $C' '-A ONE -i b
-A TWO -i b
-A INPUT -j ONE
-A INPUT -j TWO'
	good_rules '-N $C
-A $C -i a
-F $C
-X $C' ''
	dropin 10-a.rules '-P $P DROP'
	run_rampart 0 show -4
	assert_output_line ':INPUT DROP [0:0]'
	assert_output_line ':FORWARD DROP [0:0]'
	good_rules ':IN_$C -
-A IN_$C
-A INPUT -j IN_$C' '-A IN_ONE
-A IN_TWO
-A INPUT -j IN_ONE
-A INPUT -j IN_TWO'
	baseline 'set "E" {}
set "ANY" { values = {any} }'
	for line in '-A $E -j ACCEPT' '-A $ANY -j ACCEPT' '-F $E' '-X $ANY' ':$E -' '-N $ANY' '-P $E DROP'; do
		name=${line%% -[jD]*} name=${name%% DROP} name=${name% -} name=${name#* } name=${name#:}
		bad_rules "$line" "1: error: '$name' names no chain"
	done
}

@test "sets: -I keeps the list's order" {
	baseline "$SETS"
	good_rules '-A INPUT -i old1
-A INPUT -i old2
-I INPUT -i $IF -p $PROTO' '-A INPUT -i eth0 -p tcp
-A INPUT -i eth0 -p udp
-A INPUT -i eth+ -p tcp
-A INPUT -i eth+ -p udp
-A INPUT -i old1
-A INPUT -i old2'
	good_rules '-A INPUT -i old1
-A INPUT -i old2
-I INPUT 2 -i $IF' '-A INPUT -i old1
-A INPUT -i eth0
-A INPUT -i eth+
-A INPUT -i old2'
	good_rules '-A INPUT -i old
-I INPUT 2 -s $A' '-A INPUT -i old
-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2' '-A INPUT -i old
-A INPUT -s 2001:db8::1'
}

@test "sets: a line makes at most 100000 rules" {
	many() { seq -f '"if%g",' "$1" | tr -d '\n'; }
	baseline "set \"M\" { values = {$(many 250)} }
set \"N\" { values = {$(many 400)} }
set \"O\" { values = {$(many 401)} }"
	dropin 10-a.rules '-A FORWARD -i $M -o $N'
	run_rampart 0 show -4
	assert_equal "$(grep -c '^-A rampart-FORWARD' <<<"$output")" 100000
	bad_rules '-A INPUT -i lo
-A FORWARD -i $M -o $O' '2: error: this line would make more than 100000 rules'
	bad_rules '-A FORWARD -i $M -o $M -m physdev --physdev-in $M --physdev-out $M' \
		'1: error: this line would make more than 100000 rules'
	bad_rules '-A INPUT -m comment --comment $M-$M-$M' '1: error: this line would make more than 100000 rules'
}

@test "sets: a set has at most 100000 values" {
	thousand="set \"A\" { values = {$(yes a | head -n 1000 | tr '\n' ,)} }"
	hundred="{$(yes '$A' | head -n 100 | tr '\n' ,)"
	good_config "$thousand
set \"B\" { values = $hundred} }"
	bad_config "$thousand
set \"B\" { values = $hundred
b} }" "3: error: 'B' has more than 100000 values"
}

# --- families -------------------------------------------------------------------------

@test "sets: a mixed list splits by family" {
	baseline "$SETS"
	good_rules '-A INPUT -s $A -d $B' '-A INPUT -s 192.0.2.1 -d 198.51.100.1
-A INPUT -s 192.0.2.2 -d 198.51.100.1' '-A INPUT -s 2001:db8::1 -d 2001:db8::b1
-A INPUT -s 2001:db8::1 -d 2001:db8::b2'
	good_rules '-A INPUT -s $A -d 198.51.100.7' '-A INPUT -s 192.0.2.1 -d 198.51.100.7
-A INPUT -s 192.0.2.2 -d 198.51.100.7' ''
	good_rules '-6 -A INPUT -s $A' '' '-A INPUT -s 2001:db8::1'
	baseline 'set "P" { values = {tcp, icmp, ipv6-icmp} }'
	good_rules '-A INPUT -p $P' '-A INPUT -p tcp
-A INPUT -p icmp' '-A INPUT -p tcp
-A INPUT -p ipv6-icmp'
}

@test "sets: no element of a family: no rule there and a warning with its line" {
	baseline "$SETS"
	dropin 10-a.rules '-A INPUT -i lo
-A INPUT -s $V4
-A INPUT -d $V6'
	become '-A INPUT -i lo
-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2' '-A INPUT -i lo
-A INPUT -d 2001:db8::1
-A INPUT -d 2001:db8::2'
	messages "$RULES" "2: warning: 'V4' has no value for IPv6: no rule made" \
		"3: warning: 'V6' has no value for IPv4: no rule made"
	# no warning where the line itself is of one family, or the baseline is
	good_rules '-4 -A INPUT -s $V4
-A INPUT -s $V4 -p icmp
-A INPUT -s $V4 -d 198.51.100.1' '-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2
-A INPUT -s 192.0.2.1 -p icmp
-A INPUT -s 192.0.2.2 -p icmp
-A INPUT -s 192.0.2.1 -d 198.51.100.1
-A INPUT -s 192.0.2.2 -d 198.51.100.1' ''
	baseline "families = {ipv4}
$SETS"
	good_rules '-A INPUT -s $V4' '-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2' ''
}

@test "sets: an empty set: no rule and a warning with its line, never any" {
	baseline "$SETS"
	for line in '-A INPUT -s $NONE' '-A INPUT -i $NONE -j ACCEPT' '-A INPUT -p tcp --dport $NONE' \
		'-A INPUT -p tcp -m multiport --dports $NONE' '-A INPUT -p $NONE' '-I INPUT -j $NONE' \
		'-A INPUT -m comment --comment $NONE' '-A INPUT -m comment --comment a$NONE' \
		'-A INPUT -s $A -i $NONE'; do
		dropin 10-a.rules "-A INPUT -i first
$line
-A INPUT -i last"
		become '-A INPUT -i first
-A INPUT -i last'
		messages "$RULES" "2: warning: 'NONE' is empty: no rule made"
	done
}

@test "sets: negated and empty is an error" {
	baseline "$SETS"
	for option in -s -d -i -p; do
		bad_rules "-A INPUT -i lo
-A INPUT ! $option \$NONE" \
			"2: error: '! $option \$NONE': 'NONE' has no value for IPv4, so that the rule would match everything there; restrict the line by -4 or -6" \
			"2: error: '! $option \$NONE': 'NONE' has no value for IPv6, so that the rule would match everything there; restrict the line by -4 or -6"
	done
	for option in --dport --sport; do
		dropin 10-a.rules "-A INPUT -p tcp ! $option \$NONE"
		run_rampart 2 show
		assert_error_has "$RULES:1: error: '! $option \$NONE': "
	done
	bad_rules '-A INPUT ! -s $ONE4' \
		"1: error: '! -s \$ONE4': 'ONE4' has no value for IPv6, so that the rule would match everything there; restrict the line by -4 or -6"
	good_rules '-4 -A INPUT ! -s $ONE4' '-A INPUT ! -s 192.0.2.1' ''
}

# --- negation -------------------------------------------------------------------------

@test "sets: negated -s -d -i -o -p with several elements is an error that shows the way" {
	baseline "$SETS"
	while IFS='|' read -r chain option value; do
		bad_rules "-A INPUT -i lo
-A $chain ! $option $value" \
			"2: error: '! $option' with several values would become rules that together match everything: use a chain that RETURNs for each value, or an ipset"
	done <<-'END'
		INPUT|-s|$V4
		INPUT|--source|$A
		INPUT|-d|$B
		INPUT|-i|$IF
		FORWARD|-o|$IF
		INPUT|-p|$PROTO
		INPUT|-s|192.0.2.1,192.0.2.2
		INPUT|-d|2001:db8::1,2001:db8::2
	END
	# one of each family is one in each
	good_rules '-A INPUT ! -s 192.0.2.1,2001:db8::1' '-A INPUT ! -s 192.0.2.1' '-A INPUT ! -s 2001:db8::1'
	baseline 'set "X" { values = {192.0.2.1, "2001:db8::1"} }'
	good_rules '-A INPUT ! -s $X' '-A INPUT ! -s 192.0.2.1' '-A INPUT ! -s 2001:db8::1'
}

@test "sets: negated, only the elements of the line's family count" {
	baseline "$SETS"
	# two for IPv4, one for IPv6
	good_rules '-6 -A INPUT ! -s $A' '' '-A INPUT ! -s 2001:db8::1'
	good_rules '-A INPUT ! -s $A -p icmpv6' '' '-A INPUT ! -s 2001:db8::1 -p icmpv6'
	good_rules '-4 -A INPUT ! -d $B' '-A INPUT ! -d 198.51.100.1' ''
	baseline "families = {ipv4}
$SETS"
	good_rules '-A INPUT ! -d $B' '-A INPUT ! -d 198.51.100.1' ''
}

# --- any ------------------------------------------------------------------------------

@test "sets: any removes the option that it would fill" {
	baseline "$SETS"
	good_rules '-A INPUT -i any -s any -d any -p any -j ACCEPT
-A FORWARD -o any
-A INPUT -i $ANY -s $ANY -p $ANY -j ACCEPT
-A INPUT -p tcp --dport any --sport $ANY -j ACCEPT
-A INPUT -p tcp -m multiport --dports any -j ACCEPT
-A INPUT -p tcp -m multiport --dports $ANY -m multiport --sports 1,2' '-A INPUT -j ACCEPT
-A INPUT -j ACCEPT
-A INPUT -p tcp -j ACCEPT
-A INPUT -p tcp -j ACCEPT
-A INPUT -p tcp -m multiport --sports 1,2
-A FORWARD'
	run_rampart 0 validate
}

@test "sets: any among others is any" {
	baseline "$SETS
set \"X\" { values = {192.0.2.1, any, 192.0.2.2} }
set \"Y\" { values = {192.0.2.1, \$ANY} }
set \"P\" { values = {22, any} }"
	good_rules '-A INPUT -s $X -j ACCEPT
-A INPUT -s $Y -j DROP
-A INPUT -p tcp --dport $P' '-A INPUT -j ACCEPT
-A INPUT -j DROP
-A INPUT -p tcp'
}

@test "sets: any is no value of other options, nor a part of a word, nor negated" {
	baseline "$SETS"
	bad_rules '-A INPUT -j $ANY' "1: error: 'any' is not a value of '-j'"
	bad_rules '-A INPUT -m comment --comment $ANY' "1: error: 'any' is not a value of '--comment'"
	bad_rules '-A INPUT -m comment --comment x$ANY' "1: error: '\$ANY' is 'any' and can't be part of a longer word"
	bad_rules '-A INPUT -p tcp --dport $ANY:80' "1: error: '\$ANY' is 'any' and can't be part of a longer word"
	for option in -s -d -i -p; do
		bad_rules "-A INPUT ! $option any" "1: error: '! $option any' would match nothing"
		bad_rules "-A INPUT ! $option \$ANY" "1: error: '! $option any' would match nothing"
	done
	bad_rules '-A INPUT -p tcp ! --dport any' "1: error: '! --dport any' would match nothing"
	bad_rules '-A INPUT -p tcp -m multiport ! --dports $ANY' "1: error: '! --dports any' would match nothing"
}

# --- ports ----------------------------------------------------------------------------

ports_are_good() { # the drop-in is taken by both families' programs
	run_rampart 0 validate
}

@test "sets: ports of one rule fold into multiport" {
	baseline "$SETS"
	good_rules '-A INPUT -p tcp --dport $PORTS -j ACCEPT' \
		'-A INPUT -p tcp -m multiport --dports 22,80:90,https -j ACCEPT'
	good_rules '-A INPUT -p udp --sport $PORTS' '-A INPUT -p udp -m multiport --sports 22,80:90,https'
	good_rules '-A INPUT -p tcp --destination-port $PORTS --source-port 1' \
		'-A INPUT -p tcp -m multiport --dports 22,80:90,https -m multiport --sports 1'
	good_rules '-A INPUT -p tcp -m tcp --dport $PORTS' '-A INPUT -p tcp -m tcp -m multiport --dports 22,80:90,https'
	good_rules '-A INPUT -p tcp --dport 22,80' '-A INPUT -p tcp -m multiport --dports 22,80'
	good_rules '-A INPUT -p tcp -m multiport --dports $PORTS' \
		'-A INPUT -p tcp -m multiport --dports 22,80:90,https'
	good_rules '-A INPUT -p tcp -m multiport --ports $PORTS' \
		'-A INPUT -p tcp -m multiport --ports 22,80:90,https'
	# one port needs none
	good_rules '-A INPUT -p tcp --dport 22' '-A INPUT -p tcp --dport 22'
	good_rules '-A INPUT -p tcp --dport 80:90' '-A INPUT -p tcp --dport 80:90'
	baseline 'set "P" { values = {ssh} }'
	good_rules '-A INPUT -p tcp --dport $P' '-A INPUT -p tcp --dport ssh'
	good_rules '-A INPUT -p tcp -m multiport --dports $P' '-A INPUT -p tcp -m multiport --dports ssh'
}

fold() {
	baseline 'set "P15" { values = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15} }
set "P16" { values = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16} }
set "P31" { values = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31} }
set "R7" { values = {1:2,3:4,5:6,7:8,9:10,11:12,13:14,15} }
set "R8" { values = {1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16} }
set "MID" { values = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15:16,17} }'
	good_rules '-A INPUT -p tcp --dport $P15' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15'
	ports_are_good
	good_rules '-A INPUT -p tcp --dport $P16' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
-A INPUT -p tcp -m multiport --dports 16'
	ports_are_good
	good_rules '-A INPUT -p tcp --dport $P31 -j ACCEPT' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 31 -j ACCEPT'
	ports_are_good
	# a range takes two
	good_rules '-A INPUT -p tcp --dport $R7' '-A INPUT -p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15'
	ports_are_good
	good_rules '-A INPUT -p tcp --dport $R8' '-A INPUT -p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14
-A INPUT -p tcp -m multiport --dports 15:16'
	ports_are_good
	good_rules '-A INPUT -p tcp --dport $MID' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14
-A INPUT -p tcp -m multiport --dports 15:16,17'
	ports_are_good
	# as an own -m multiport too
	good_rules '-A INPUT -p tcp -m multiport --dports $P16' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
-A INPUT -p tcp -m multiport --dports 16'
	ports_are_good
	good_rules "-A INPUT -p tcp -m multiport --dports $(seq -s, 1 16)" '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
-A INPUT -p tcp -m multiport --dports 16'
	ports_are_good
}

@test "sets: a multiport has 15 slots, and a range takes two of them" {
	each_backend fold
}

both_directions() {
	baseline "$SETS
set \"P16\" { values = {$(seq -s, 1 16)} }"
	good_rules '-A INPUT -p tcp --sport $PORTS --dport $PORTS' \
		'-A INPUT -p tcp -m multiport --sports 22,80:90,https -m multiport --dports 22,80:90,https'
	ports_are_good
	good_rules '-A INPUT -p tcp --sport $P16 --dport $P16' '-A INPUT -p tcp -m multiport --sports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
-A INPUT -p tcp -m multiport --sports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m multiport --dports 16
-A INPUT -p tcp -m multiport --sports 16 -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
-A INPUT -p tcp -m multiport --sports 16 -m multiport --dports 16'
	ports_are_good
	# ports and other lists multiply
	good_rules '-A INPUT -p $PROTO --dport $P16 -i $IF' '-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -i eth0
-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -i eth+
-A INPUT -p tcp -m multiport --dports 16 -i eth0
-A INPUT -p tcp -m multiport --dports 16 -i eth+
-A INPUT -p udp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -i eth0
-A INPUT -p udp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -i eth+
-A INPUT -p udp -m multiport --dports 16 -i eth0
-A INPUT -p udp -m multiport --dports 16 -i eth+'
	ports_are_good
}

@test "sets: source and destination lists give two multiports" {
	each_backend both_directions
}

negated_ports() {
	baseline "$SETS
set \"P31\" { values = {$(seq -s, 1 31)} }
set \"R8\" { values = {1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16} }"
	good_rules '-A INPUT -p tcp ! --dport $PORTS' '-A INPUT -p tcp -m multiport ! --dports 22,80:90,https'
	ports_are_good
	good_rules '-A INPUT -p tcp ! --dport $P31 -j DROP' '-A INPUT -p tcp -m multiport ! --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m multiport ! --dports 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30 -m multiport ! --dports 31 -j DROP'
	ports_are_good
	good_rules '-A INPUT -p tcp ! --sport $R8' '-A INPUT -p tcp -m multiport ! --sports 1:2,3:4,5:6,7:8,9:10,11:12,13:14 -m multiport ! --sports 15:16'
	ports_are_good
	good_rules '-A INPUT -p tcp -m multiport ! --dports $P31' '-A INPUT -p tcp -m multiport ! --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m multiport ! --dports 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30 -m multiport ! --dports 31'
	ports_are_good
	good_rules '-A INPUT -p tcp ! --dport 22' '-A INPUT -p tcp ! --dport 22'
	ports_are_good
}

@test "sets: a negated port list stays one rule" {
	each_backend negated_ports
}

@test "sets: other port options take one value" {
	baseline 'set "ONE" { values = {8080} }
set "TWO" { values = {8080, 8081} }'
	good_rules '*nat
-A PREROUTING -p tcp -j REDIRECT --to-ports $ONE' '-A PREROUTING -p tcp -j REDIRECT --to-ports 8080'
	dropin 10-a.rules '*nat
-A PREROUTING -p tcp -j REDIRECT --to-ports $TWO'
	run_rampart 2 show
	assert_error_has "$RULES:2: error: "
}

@test "sets: a port list needs a protocol that has ports, as natively" {
	baseline "$SETS"
	dropin 10-a.rules '-A INPUT -i lo
-A INPUT --dport $PORTS'
	run_rampart 2 validate
	assert_error_has "$RULES:2: error: refused: "
}

# --- addresses ------------------------------------------------------------------------

ranges() {
	baseline "$SETS
set \"MIX\" { values = {192.0.2.1-192.0.2.9, 198.51.100.0/24, \"2001:db8::/64\"} }"
	good_rules '-A INPUT -s $R -j ACCEPT' '-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9 -j ACCEPT' \
		'-A INPUT -m iprange --src-range 2001:db8::1-2001:db8::9 -j ACCEPT'
	run_rampart 0 validate
	good_rules '-A INPUT -d $MIX' '-A INPUT -m iprange --dst-range 192.0.2.1-192.0.2.9
-A INPUT -d 198.51.100.0/24' '-A INPUT -d 2001:db8::/64'
	run_rampart 0 validate
	good_rules '-A INPUT ! -s $R' '-A INPUT -m iprange ! --src-range 192.0.2.1-192.0.2.9' \
		'-A INPUT -m iprange ! --src-range 2001:db8::1-2001:db8::9'
	run_rampart 0 validate
	good_rules '-A INPUT -s 192.0.2.1-192.0.2.9 -d 198.51.100.1-198.51.100.9' \
		'-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9 -m iprange --dst-range 198.51.100.1-198.51.100.9' ''
	run_rampart 0 validate
}

@test "sets: an address range becomes iprange" {
	each_backend ranges
}

brackets() {
	baseline "$SETS
set \"TO\" { values = {192.0.2.1, \"2001:db8::1\"} }
set \"P\" { values = {80, 8080} }"
	good_rules '*nat
-A PREROUTING -p tcp -j DNAT --to-destination $TO:8080
-A PREROUTING -p udp -j DNAT --to-destination $TO:$P
-A PREROUTING -p tcp -j DNAT --to-destination $TO
-A PREROUTING -p tcp -j DNAT --to-destination ${TO}:1000-2000' '-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1:8080
-A PREROUTING -p udp -j DNAT --to-destination 192.0.2.1:80
-A PREROUTING -p udp -j DNAT --to-destination 192.0.2.1:8080
-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1
-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1:1000-2000' '-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:8080
-A PREROUTING -p udp -j DNAT --to-destination [2001:db8::1]:80
-A PREROUTING -p udp -j DNAT --to-destination [2001:db8::1]:8080
-A PREROUTING -p tcp -j DNAT --to-destination 2001:db8::1
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:1000-2000'
	run_rampart 0 validate
}

@test "sets: an IPv6 address gets brackets before a port" {
	each_backend brackets
}

brackets_stay() {
	baseline 'set "ONE" { values = {"[2001:db8::1]:80", "192.0.2.1:80"} }
set "RANGE" { values = {"[2001:db8::1-2001:db8::9]:80-90"} }
set "P" { values = {8080} }'
	good_rules '*nat
-6 -A PREROUTING -p tcp -j DNAT --to-destination $RANGE
-A PREROUTING -p tcp -j DNAT --to-destination $ONE
-6 -A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:$P
-6 -A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:$P
-A PREROUTING -p tcp -j DNAT --to-destination "[2001:db8::1-2001:db8::9]:80"
-A PREROUTING -p tcp -j DNAT --to-destination=[2001:db8::1-2001:db8::9]
-A POSTROUTING -p tcp -j SNAT --to-source [2001:db8::1-2001:db8::9]:1000-2000
-A POSTROUTING -p tcp -j MASQUERADE --to-ports $P' '-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1:80
-A POSTROUTING -p tcp -j MASQUERADE --to-ports 8080' '-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:80-90
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:80
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:8080
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:8080
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:80
-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]
-A POSTROUTING -p tcp -j SNAT --to-source [2001:db8::1-2001:db8::9]:1000-2000
-A POSTROUTING -p tcp -j MASQUERADE --to-ports 8080'
	run_rampart 0 validate
}

@test "sets: brackets that are there stay as they are" {
	each_backend brackets_stay
}

bracketed_range() {
	baseline "$SETS"
	good_rules '*nat
-A PREROUTING -p tcp -j DNAT --to-destination $R:80' '-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.1-192.0.2.9:80' \
		'-A PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:80'
	run_rampart 0 validate
}

@test "sets: an IPv6 range gets brackets before a port" {
	# without them it would be a range to the address 2001:db8::9:80
	each_backend bracketed_range
}

# --- names inside words ---------------------------------------------------------------

@test "sets: names inside a word: their product" {
	baseline "$SETS"
	good_rules '-A INPUT -m mark --mark ${LOW}/$HIGH' '-A INPUT -m mark --mark 1000/3000
-A INPUT -m mark --mark 1000/4000
-A INPUT -m mark --mark 2000/3000
-A INPUT -m mark --mark 2000/4000'
	good_rules '-A INPUT -p tcp --dport $LOW:$HIGH' '-A INPUT -p tcp -m multiport --dports 1000:3000,1000:4000,2000:3000,2000:4000'
	dropin 10-a.rules '-4 -A INPUT -s $V4/24 -m comment --comment x${IF}y$IF'
	become '-A INPUT -s 192.0.2.1/24 -m comment --comment xeth0yeth0
-A INPUT -s 192.0.2.1/24 -m comment --comment xeth0yeth+
-A INPUT -s 192.0.2.1/24 -m comment --comment xeth+yeth0
-A INPUT -s 192.0.2.1/24 -m comment --comment xeth+yeth+
-A INPUT -s 192.0.2.2/24 -m comment --comment xeth0yeth0
-A INPUT -s 192.0.2.2/24 -m comment --comment xeth0yeth+
-A INPUT -s 192.0.2.2/24 -m comment --comment xeth+yeth0
-A INPUT -s 192.0.2.2/24 -m comment --comment xeth+yeth+' ''
	good_rules '-4 -A INPUT -s $ONE4-192.0.2.9' '-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9' ''
}

@test "sets: a family's values inside a word restrict the rule" {
	baseline "$SETS"
	good_rules '*nat
-A POSTROUTING -s $A -j SNAT --to-source $B' '-A POSTROUTING -s 192.0.2.1 -j SNAT --to-source 198.51.100.1
-A POSTROUTING -s 192.0.2.2 -j SNAT --to-source 198.51.100.1' '-A POSTROUTING -s 2001:db8::1 -j SNAT --to-source 2001:db8::b1
-A POSTROUTING -s 2001:db8::1 -j SNAT --to-source 2001:db8::b2'
}

@test "sets: an unknown name is an error with a did-you-mean" {
	baseline "$SETS"
	bad_rules '-A INPUT -p tcp --dport $PORT' "1: error: unknown set 'PORT', did you mean 'PORTS'?"
	bad_rules '-A INPUT -p tcp --dport ${PROTOS}' "1: error: unknown set 'PROTOS', did you mean 'PROTO'?"
	bad_rules '-A INPUT -p tcp --dport $LOW:$HIHG' "1: error: unknown set 'HIHG', did you mean 'HIGH'?"
	bad_rules '-A INPUT -m comment --comment x$ZZZZZZ' "1: error: unknown set 'ZZZZZZ'"
	bad_rules '-A $CHAIN -j ACCEPT' "1: error: unknown set 'CHAIN'"
}

@test "sets: a range that ends before it begins is a warning" {
	dropin 10-a.rules '-A INPUT -s 192.0.2.9-192.0.2.1 -j DROP
-A INPUT ! -d 2001:db8::a-2001:db8::9 -j DROP
-A INPUT -s 192.0.2.9-192.0.2.10,2001:db8::9-2001:db8::a -j DROP
-A INPUT -s 192.0.2.9-192.0.2.9 -j DROP'
	run_rampart 0 validate
	assert_error_line "/$CONF_D/10-a.rules:1: warning: '192.0.2.9-192.0.2.1' ends before it begins: no address is in this range"
	assert_error_line "/$CONF_D/10-a.rules:2: warning: '2001:db8::a-2001:db8::9' ends before it begins: no address is in this range"
	refute_error_has 'a.rules:3:'
	refute_error_has 'a.rules:4:'
}

# --- -D and -R with lists -------------------------------------------------------------

@test "sets: -D of a list deletes each, -R takes one rule" {
	baseline "$SETS"
	good_rules '-A INPUT -i eth0
-A INPUT -i keep
-A INPUT -i eth+
-D INPUT -i $IF' '-A INPUT -i keep'
	bad_rules '-A INPUT -i eth0
-D INPUT -i $IF' "2: error: no rule before this line matches '-A INPUT -i eth+' (ipv4)" \
		"2: error: no rule before this line matches '-A INPUT -i eth+' (ipv6)"
	bad_rules '-A INPUT -i old
-R INPUT 1 -i $IF' "2: error: '-R' replaces one rule by one: this line makes several"
	good_rules '-A INPUT -i old
-4 -R INPUT 1 -s $ONE4' '-A INPUT -s 192.0.2.1' '-A INPUT -i old'
}
