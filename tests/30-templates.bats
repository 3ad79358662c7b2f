# templates: rules with parameters, and their uses (rampart.templates(5)).
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

T=/etc/rampart/templates/t.rules

# One use of template t, refused with exactly these messages (each from the file's name on).
bad_template() { # TEMPLATE-TEXT USES MESSAGE...
	local expected
	echo "# template: $1"
	echo "# uses: $2"
	template t "$1"
	dropin 20-u.conf "$2"
	shift 2
	expected=$(printf '%s\n' "$@")
	run_rampart 2 show
	assert_equal "$output" ''
	assert_equal "$stderr" "$expected"
}

# Template and uses become these rules, without a word.
good_template() { # TEMPLATE-TEXT USES IPV4-RULES [IPV6-RULES]
	echo "# template: $1"
	echo "# uses: $2"
	template t "$1"
	dropin 20-u.conf "$2"
	shift 2
	become "$@"
	assert_equal "$stderr" ''
}

# --- the page's own example -----------------------------------------------------------

@test "templates: the example of the design" {
	template etcd "# etcd: a client's traffic to etcd servers
param interface iface   = any        # interface that leads to the servers
param servers   address = any        # addresses of the servers
param port      port    = 2379       # 4001 for etcd 0.x
-A OUTPUT -o \$interface -d \$servers -p tcp --dport \$port -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
-A INPUT  -i \$interface -s \$servers -p tcp --sport \$port -m conntrack --ctstate ESTABLISHED     -j ACCEPT"
	template ssh '# ssh: who may log in
param from address # addresses of the clients
-A INPUT -s $from -p tcp --dport 22 -j ACCEPT'
	baseline 'set "ADMINS" { values = {192.0.2.0/24, "2001:db8:1::/48"} }'
	dropin 30-etcd.conf 'etcd { interface = eth2  port = 4001 }
ssh  { from = {$ADMINS, 203.0.113.7} }'
	become '-A OUTPUT -o eth2 -p tcp --dport 4001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
-A INPUT -i eth2 -p tcp --sport 4001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -s 192.0.2.0/24 -p tcp --dport 22 -j ACCEPT
-A INPUT -s 203.0.113.7 -p tcp --dport 22 -j ACCEPT' \
'-A OUTPUT -o eth2 -p tcp --dport 4001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
-A INPUT -i eth2 -p tcp --sport 4001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -s 2001:db8:1::/48 -p tcp --dport 22 -j ACCEPT'
	run_rampart 0 templates
	assert_equal "$output" "etcd  a client's traffic to etcd servers
ssh   who may log in"
	run_rampart 0 templates etcd
	assert_equal "$output" "etcd: a client's traffic to etcd servers
/etc/rampart/templates/etcd.rules
  interface  iface    any   interface that leads to the servers
  servers    address  any   addresses of the servers
  port       port     2379  4001 for etcd 0.x"
}

# --- parameters of each type ----------------------------------------------------------

# Each value of a type, on its own: values TYPE TEMPLATE-RULE < 'VALUE|IPV4-RULE|IPV6-RULE', where
# "=" is the template's rule with the value in it
values() {
	local type=$1 rule=$2 value v4 v6
	while IFS='|' read -r value v4 v6; do
		[ "$v4" != = ] || v4=${rule//'$p'/$value}
		[ "$v6" != = ] || v6=${rule//'$p'/$value}
		good_template "param p $type
$rule" "t { p = \"$value\" }" "$v4" "$v6"
	done
}

# Each value of a type that is refused: bad_values TYPE < 'VALUE|TEXT'
bad_values() {
	local value text default
	while IFS='|' read -r value text; do
		bad_template "param p $1
-A INPUT -m comment --comment \$p" "# line
t {
p = \"$value\"
}" "$USES:3: error: '$value' in 'p': $text"
		# and as a default, where the template is what is wrong; of a name only the use can tell
		default="default '$value' of 'p'"
		[[ $text != 'a host name:'* ]] || default="'$value' in 'p'"
		[ -z "$value" ] || [[ $value = *[\ {},]* ]] || bad_template "
param p $1 = \"$value\"
-A INPUT -m comment --comment \$p" 't {}' "$T:2: error: $default: $text"
	done
}

@test "templates: type iface" {
	values iface '-A INPUT -i $p' <<-'END'
		eth0|=|=
		eth+|=|=
		abcdefghijklmno|=|=
		br-1.2_3@x|=|=
		-x|=|=
	END
	bad_values iface <<-'END'
		abcdefghijklmnop|an interface's name has at most 15 bytes
		eth 0|not an interface's name
		eth0 -j ACCEPT|not an interface's name
		eth/0|not an interface's name
		eth0:1|not an interface's name
		e+th|not an interface's name
		.|not an interface's name
		..|not an interface's name
		!eth0|not an interface's name
		|empty
	END
}

@test "templates: type address" {
	values address '-A INPUT -s $p' <<-'END'
		192.0.2.1|=|
		192.0.2.0/24|=|
		192.0.2.0/255.255.255.0|=|
		0.0.0.0/0|=|
		2001:db8::1||=
		2001:db8::/32||=
		::/0||=
		::ffff:192.0.2.1||=
		192.0.2.1-192.0.2.9|-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.9|
		2001:db8::1-2001:db8::9||-A INPUT -m iprange --src-range 2001:db8::1-2001:db8::9
	END
	bad_values address <<-'END'
		192.0.2.256|not an address, prefix or range
		192.0.2.0/33|not an address, prefix or range
		192.0.2.0/|not an address, prefix or range
		192.0.2.0/24/24|not an address, prefix or range
		192.0.2|not an address, prefix or range
		2001:db8::/129|not an address, prefix or range
		2001:db8:::1|not an address, prefix or range
		192.0.2.1-2001:db8::1|not an address, prefix or range
		192.0.2.1-|not an address, prefix or range
		192.0.2.0/24-192.0.2.9|not an address, prefix or range
		192.0.2.1 -j ACCEPT|not an address, prefix or range
		!192.0.2.1|not an address, prefix or range
		www.example.org|a host name: use its address, or set 'resolve = yes'
		|empty
	END
}

@test "templates: type port" {
	values port '-A INPUT -p tcp --dport $p' <<-'END'
		0|=|=
		22|=|=
		65535|=|=
		1000:2000|=|=
		ssh|=|=
		http-alt|=|=
		ftp-data:ssh|=|=
	END
	bad_values port <<-'END'
		65536|not a port number (0 to 65535); a range is written LOW:HIGH
		-1|not a port number (0 to 65535); a range is written LOW:HIGH
		80-90|not a port number (0 to 65535); a range is written LOW:HIGH
		80:70000|not a port number (0 to 65535); a range is written LOW:HIGH
		80:|not a port
		80:90:100|not a port number or a service's name
		sssh|not a port number or a service's name
		22/tcp|not a port number or a service's name
		22 -j ACCEPT|not a port number or a service's name
		0x16|not a port number or a service's name
		|empty
	END
}

@test "templates: type proto" {
	values proto '-A INPUT -p $p' <<-'END'
		tcp|=|=
		6|=|=
		255|=|=
		all|=|=
		sctp|=|=
		icmp|=|
		1|=|
		icmpv6||=
		ipv6-icmp||=
		58||=
	END
	bad_values proto <<-'END'
		256|not a protocol's name or number
		tpc|not a protocol's name or number
		-1|not a protocol's name or number
		tcp,udp|not a protocol's name or number
		!tcp|not a protocol's name or number
		|empty
	END
}

@test "templates: type number" {
	values number '-A INPUT -m connlimit --connlimit-above $p' <<-'END'
		0|=|=
		4294967295|=|=
		007|=|=
	END
	bad_values number <<-'END'
		4294967296|not a number
		-1|not a number
		1.5|not a number
		0x10|not a number
		1k|not a number
		ten|not a number
		+1|not a number
		|empty
	END
}

@test "templates: type rate" {
	values rate '-A INPUT -m limit --limit $p' <<-'END'
		5/second|=|=
		10/minute|=|=
		10/min|=|=
		3/h|=|=
		1/day|=|=
		999999999/s|=|=
	END
	bad_values rate <<-'END'
		5|not a rate such as 5/second or 10/minute
		/second|not a rate such as 5/second or 10/minute
		5/|not a rate such as 5/second or 10/minute
		5second|not a rate such as 5/second or 10/minute
		1234567890/second|not a rate such as 5/second or 10/minute
		-5/second|not a rate such as 5/second or 10/minute
		5/week|a rate is per second, minute, hour or day
		5/seconds|a rate is per second, minute, hour or day
		5/second -j ACCEPT|a rate is per second, minute, hour or day
		|empty
	END
}

@test "templates: type string holds anything but a newline" {
	template t 'param p string
-A INPUT -m comment --comment $p'
	dropin 20-u.conf 't { p = "a b" }
t { p = "" }
t { p = any }
t { p = "a\" -j ACCEPT" }
t { p = "cost $x" }
t { p = "-j" }
t { p = "#" }
t { p = "!" }'
	become '-A INPUT -m comment --comment "a b"
-A INPUT -m comment --comment ""
-A INPUT -m comment --comment any
-A INPUT -m comment --comment "a\" -j ACCEPT"
-A INPUT -m comment --comment "cost $x"
-A INPUT -m comment --comment -j
-A INPUT -m comment --comment "#"
-A INPUT -m comment --comment !'
	bad_uses 't { p = "a
-A INPUT -j ACCEPT" }' "1: error: 'a\\x0a-A INPUT -j ACCEPT' in 'p': a value can't hold a newline"
	bad_uses "t { p = \"$(word 1024)\" }" \
		"1: error: '$(word 1024)' in 'p': longer than the 1023 bytes that iptables-restore takes"
}

@test "templates: type chain" {
	values chain '-A INPUT -j $p' <<-'END'
		LOG|=|=
		abcdefghijklmnopqrstuvwxyz12|=|=
		a:b#c[d|=|=
	END
	bad_values chain <<-'END'
		abcdefghijklmnopqrstuvwxyz123|a chain's name has at most 28 bytes
		-a|a chain's name can't begin with '-' or '!'
		!a|a chain's name can't begin with '-' or '!'
		a b|a chain's name can't hold blanks, control characters, '"' or '\'
		ACCEPT|a verdict's name can't be a chain's
		|empty
	END
	bad_template 'param p chain
-A INPUT -j $p' 't { p = "a\"b" }' "$USES:1: error: 'a\"b' in 'p': a chain's name can't hold blanks, control characters, '\"' or '\\'"
}

@test "templates: all value faults of a file are reported in one run" {
	bad_template 'param a iface
param b port
param c address
-A INPUT -i $a -p tcp --dport $b -s $c' 't {
 a = "e th"
 b = {22,
      70000, ssh,
      nope}
 c = 1
}
t { a = "e/th" b = 1 c = 192.0.2.1 }' \
		"$USES:2: error: 'e th' in 'a': not an interface's name" \
		"$USES:4: error: '70000' in 'b': not a port number (0 to 65535); a range is written LOW:HIGH" \
		"$USES:5: error: 'nope' in 'b': not a port number or a service's name" \
		"$USES:6: error: '1' in 'c': not an address, prefix or range" \
		"$USES:8: error: 'e/th' in 'a': not an interface's name"
}

# --- required, default, optional ------------------------------------------------------

@test "templates: a parameter without default is required" {
	bad_template 'param from address # who may come in
param to address = any
-A INPUT -s $from -d $to' '
t {
  to = 192.0.2.1
}' "$USES:2: error: template 't' needs parameter 'from': who may come in"
	# all of them in one run, for each use
	bad_template 'param a address # the a
param b address # the b
-A INPUT -s $a -d $b' 't {}
t { a = 192.0.2.1 }' "$USES:1: error: template 't' needs parameter 'a': the a" \
		"$USES:1: error: template 't' needs parameter 'b': the b" \
		"$USES:2: error: template 't' needs parameter 'b': the b"
}

@test "templates: defaults: a word, a quoted text, a list, a set, any" {
	baseline 'set "PORTS" { values = {80, 443} }'
	good_template 'param a iface = eth0 # word
param b string = "two words" # text
param c address = {192.0.2.1, 192.0.2.2} # list
param d port = $PORTS # set
param e iface = any # any
-A FORWARD -i $a -o $e -s $c -p tcp --dport $d -m comment --comment $b' 't {}' \
		'-A FORWARD -i eth0 -s 192.0.2.1 -p tcp -m multiport --dports 80,443 -m comment --comment "two words"
-A FORWARD -i eth0 -s 192.0.2.2 -p tcp -m multiport --dports 80,443 -m comment --comment "two words"' ''
	run_rampart 0 templates t
	assert_output_line '  a  iface    eth0                    word'
	assert_output_line '  b  string   "two words"             text'
	assert_output_line '  c  address  {192.0.2.1, 192.0.2.2}  list'
	assert_output_line '  d  port     $PORTS                  set'
	assert_output_line '  e  iface    any                     any'
	good_template 'param p port = { 1 , 2,3, "4" }
-A INPUT -p tcp --dport $p' 't {}' '-A INPUT -p tcp -m multiport --dports 1,2,3,4'
	good_template 'param p string = "# { , }" # help
-A INPUT -m comment --comment $p' 't {}' '-A INPUT -m comment --comment "# { , }"'
}

@test "templates: defaults are checked by type, each value, whatever the use says" {
	baseline 'set "ADDRESSES" { values = {192.0.2.1} }'
	bad_template 'param a port = {22, ssh, sssh, 80:90}
param b iface = {eth0, $ADDRESSES, "a b"}
param c address optional = {any, 192.0.2.300}
param d rate = "5/week"
param e number = any
param f string = { "a b", -j, 5/week }
-A INPUT -j ACCEPT' 't { a = 1 b = lo c = {} d = 5/hour }' \
		"$T:1: error: default 'sssh' of 'a': not a port number or a service's name" \
		"$T:2: error: default 'a b' of 'b': not an interface's name" \
		"$T:3: error: default '192.0.2.300' of 'c': not an address, prefix or range" \
		"$T:4: error: default '5/week' of 'd': a rate is per second, minute, hour or day"
	# what a set holds counts where the default does
	bad_template '# t
param p port = {1, $ADDRESSES}
-A INPUT -p tcp --dport $p' 't { p = 1 }
t {}' "$T:2: error: '192.0.2.1' of set 'ADDRESSES' in 'p': not a port number or a service's name"
	good_template 'param p port = {1, $ADDRESSES}
-A INPUT -p tcp --dport $p' 't { p = 1 }' '-A INPUT -p tcp --dport 1'
}

@test "templates: a quoted value beside a brace or a comma of a default" {
	for list in '{"a b", c}' '{"a b",c}' '{ "a b" ,"c"}' '{"a b","c"}'; do
		good_template "param p string = $list # help
-A INPUT -m comment --comment \$p" 't {}' '-A INPUT -m comment --comment "a b"
-A INPUT -m comment --comment c'
	done
}

@test "templates: quotes, escaped or not, in a default and in the help" {
	good_template '# t: a \"quoted\" "word
param p string = "a \"b\" # \\" # say \"hi\" "there # not\" a \ # end
param q string = "\\" # back
param r iface # the "first\" one
-A INPUT -i $r -m comment --comment $p' 't { r = lo }' '-A INPUT -i lo -m comment --comment "a \"b\" # \\"'
	run_rampart 0 templates t
	assert_output_line 't: a \"quoted\" "word'
	assert_output_has '  say \"hi\" "there # not\" a \ # end'
	assert_output_line '  r  iface    required     the "first\" one'
	bad_uses 't {}' "1: error: template 't' needs parameter 'r': the \"first\\\" one"
}

@test "templates: what the use says wins over the default, whole" {
	good_template 'param p port = {80, 443}
-A INPUT -p tcp --dport $p' 't { p = 22 }' '-A INPUT -p tcp --dport 22'
	good_template 'param p iface = eth0
-A INPUT -i $p' 't { p = any }' '-A INPUT'
}

@test "templates: {} is an error unless the parameter is declared optional" {
	bad_template 'param p port = 22
-A INPUT -p tcp --dport $p' '
t { p = {} }' "$USES:2: error: parameter 'p' of template 't' can't be empty"
	bad_template 'param p port
-A INPUT -p tcp --dport $p' 't { p = {} }' "$USES:1: error: parameter 'p' of template 't' can't be empty"
	# optional: no rule, and no warning
	good_template 'param p port optional
-A INPUT -i lo
-A INPUT -p tcp --dport $p' 't { p = {} }' '-A INPUT -i lo'
	good_template 'param p port optional
-A INPUT -i lo
-A INPUT -p tcp --dport $p' 't {}' '-A INPUT -i lo'
	good_template 'param p port optional = 22
-A INPUT -p tcp --dport $p' 't { p = {} }
t {}
t { p = 23 }' '-A INPUT -p tcp --dport 22
-A INPUT -p tcp --dport 23'
	run_rampart 0 templates t
	assert_output_line '  p  port     optional 22  '
	good_template 'param p port optional = {}
-A INPUT -i lo' 't {}' '-A INPUT -i lo'
	run_rampart 0 templates t
	assert_output_line '  p  port     optional {}  '
}

@test "templates: an empty set in the place of a parameter is one warning per use" {
	baseline 'set "NONE" { values = {} }'
	template t 'param p port
-A INPUT -p tcp --dport $p
-A INPUT -i lo'
	dropin 20-u.conf 't { p = $NONE }'
	become '-A INPUT -i lo'
	assert_equal "$stderr" "$USES:1: warning: 'p' is empty: no rule made"
	# that a set is empty may be a mistake, also where the parameter may be
	template t 'param p port optional
-A INPUT -p tcp --dport $p
-A INPUT -p tcp --sport $p
-A INPUT -i lo
-A INPUT -p udp -m multiport --ports $p'
	become '-A INPUT -i lo'
	messages "$USES" "1: warning: 'p' is empty: no rule made"
	dropin 20-u.conf 't { p = $NONE }
t { p = {} }

t { p = {$NONE, $NONE} }'
	become '-A INPUT -i lo
-A INPUT -i lo
-A INPUT -i lo'
	messages "$USES" "1: warning: 'p' is empty: no rule made" "4: warning: 'p' is empty: no rule made"
	# as a default
	good_template 'param p port optional = 22
-A INPUT -p tcp --dport $p' 't { p = {} }' ''
	template t 'param p port optional = $NONE
-A INPUT -p tcp --dport $p
-A INPUT -p tcp --sport $p'
	dropin 20-u.conf '
t {}'
	become ''
	messages "$USES" "2: warning: 'p' is empty: no rule made"
}

@test "templates: an optional parameter left empty switches off the lines that negate it, too" {
	good_template 'param from address optional
param ports port optional
param in iface optional
-A INPUT ! -s $from -j DROP
-A INPUT -p tcp ! --dport $ports -j DROP
-A INPUT -p tcp -m multiport ! --dports $ports -j DROP
-A INPUT ! -i $in -s $from -j DROP
-A INPUT -i lo -j ACCEPT' 't {}
t { from = {} ports = {} in = {} }
t { from = {192.0.2.1, 2001:db8::1} }' '-A INPUT -i lo -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT ! -s 192.0.2.1 -j DROP
-A INPUT -i lo -j ACCEPT' '-A INPUT -i lo -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT ! -s 2001:db8::1 -j DROP
-A INPUT -i lo -j ACCEPT'
}

@test "templates: a negated parameter that an empty set fills is an error, optional or not" {
	baseline 'set "NONE" { values = {} }'
	for optional in '' optional; do
		template t "param p address $optional
-4 -A INPUT ! -s \$p -j DROP"
		dropin 20-u.conf 't { p = $NONE }'
		run_rampart 2 show
		messages "$USES" "1: error: '! -s \$p': 'p' has no value for IPv4, so that the rule would match everything there; restrict the line by -4 or -6 ($T:2)"
	done
}

# --- lists and sets -------------------------------------------------------------------

@test "templates: a list for a parameter multiplies as a set does" {
	good_template 'param i iface
param s address
param p port
-A INPUT -i $i -s $s -p tcp --dport $p' 't { i = {eth0, eth1} s = {192.0.2.1, "2001:db8::1", 192.0.2.2} p = {22, 80:90} }' \
		'-A INPUT -i eth0 -s 192.0.2.1 -p tcp -m multiport --dports 22,80:90
-A INPUT -i eth0 -s 192.0.2.2 -p tcp -m multiport --dports 22,80:90
-A INPUT -i eth1 -s 192.0.2.1 -p tcp -m multiport --dports 22,80:90
-A INPUT -i eth1 -s 192.0.2.2 -p tcp -m multiport --dports 22,80:90' \
		'-A INPUT -i eth0 -s 2001:db8::1 -p tcp -m multiport --dports 22,80:90
-A INPUT -i eth1 -s 2001:db8::1 -p tcp -m multiport --dports 22,80:90'
	good_template 'param c string
-A INPUT -m comment --comment $c' 't { c = {a, "b c"} }' '-A INPUT -m comment --comment a
-A INPUT -m comment --comment "b c"'
}

@test "templates: sets as values, alone and among others, checked by the parameter's type" {
	baseline 'set "S" { values = {192.0.2.1, 192.0.2.2} }
set "ANY" { values = {any} }
set "P" { values = {22, x} }'
	template t 'param s address
-A INPUT -s $s'
	dropin 20-u.conf 't { s = $S }
t { s = {$S, 192.0.2.3} }
t { s = "$S" }'
	become '-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2
-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2
-A INPUT -s 192.0.2.3
-A INPUT -s 192.0.2.1
-A INPUT -s 192.0.2.2' ''
	messages "$USES" "1: warning: 's' has no value for IPv6: no rule made" \
		"2: warning: 's' has no value for IPv6: no rule made" \
		"3: warning: 's' has no value for IPv6: no rule made"
	good_template 'param s address
-A INPUT -s $s -i lo' 't { s = $ANY }
t { s = {192.0.2.1, any} }' '-A INPUT -i lo
-A INPUT -i lo'
	bad_template 'param p port
-A INPUT -p tcp --dport $p' 't { p = {1,
$P} }' "$USES:2: error: 'x' of set 'P' in 'p': not a port number or a service's name"
	bad_template 'param p port
-A INPUT -p tcp --dport $p' 't { p = $PP }' "$USES:1: error: unknown set 'PP', did you mean 'P'?"
}

@test "templates: a parameter goes before a set of its name" {
	baseline 'set "p" { values = {1} }
set "q" { values = {2} }'
	good_template 'param p port
-A INPUT -p tcp --dport $p
-A INPUT -p tcp --sport $q' 't { p = 22 }' '-A INPUT -p tcp --dport 22
-A INPUT -p tcp --sport 2'
	# the value of a use is not looked up among the parameters
	good_template 'param p port
-A INPUT -p tcp --dport $p' 't { p = $p }' '-A INPUT -p tcp --dport 1'
	# and a parameter does not exist outside
	template t 'param zz port = 1'
	dropin 20-u.conf 't {}'
	bad_rules '-A INPUT -p tcp --dport $zz' "1: error: unknown set 'zz'"
}

@test "templates: a name takes the longest match, inside a word as well" {
	good_template 'param a port = 1
param ab port = 2
-A INPUT -p tcp --dport $ab
-A INPUT -p tcp --dport ${a}0
-A INPUT -p tcp --dport $a:$ab' 't {}' '-A INPUT -p tcp --dport 2
-A INPUT -p tcp --dport 10
-A INPUT -p tcp --dport 1:2'
	bad_template 'param a port = 1
-A INPUT -p tcp --dport $ab' 't {}' "$USES:1: error: unknown set 'ab', did you mean 'a'? ($T:2)"
}

# --- uses -----------------------------------------------------------------------------

@test "templates: an unknown template or parameter is an error with a did-you-mean" {
	template etcd '-A INPUT -j ACCEPT'
	template t 'param interface iface = any
-A INPUT -i $interface'
	bad_uses '
etcx {}' "2: error: unknown template 'etcx', did you mean 'etcd'?"
	bad_uses 'zzzzz {}' "1: error: unknown template 'zzzzz'"
	bad_uses 't {
  inteface = eth0 }' "2: error: unknown parameter 'inteface' in 't', did you mean 'interface'?"
	bad_uses 't { x = 1 }' "1: error: unknown parameter 'x' in 't'"
	# each unknown template, and those of other files
	dropin 30-v.conf 'etcx {}'
	dropin 20-u.conf 't {}
xxxxxx {}
yyyyyy {}'
	run_rampart 2 show
	assert_equal "$stderr" "$USES:2: error: unknown template 'xxxxxx'
$USES:3: error: unknown template 'yyyyyy'
/etc/rampart/conf.d/30-v.conf:1: error: unknown template 'etcx', did you mean 'etcd'?"
}

@test "templates: a template's name" {
	template a-b_9 '-A INPUT -j ACCEPT'
	for name in 'a b' '../tu' '.tuv' '-tuv' 'a.b' 'ä'; do
		template t 'x'
		[[ $name = */* ]] || echo '-A INPUT -j ACCEPT' >"$ROOT/$TEMPLATES/$name.rules"
		bad_uses "\"$name\" {}" "1: error: unknown template '$name'"
	done
	rm "$ROOT/$TEMPLATES/t.rules"
	dropin 20-u.conf 'a-b_9 {}'
	become '-A INPUT -j ACCEPT'
	run_rampart 0 templates
	assert_equal "$output" 'a-b_9  '
}

@test "templates: uses expand in file order at the drop-in's place" {
	template a '-A INPUT -i a'
	template b '-A INPUT -i b'
	dropin 10-x.rules '-A INPUT -i first'
	dropin 20-u.conf 'b {}
a {}
b {}'
	dropin 30-x.rules '-A INPUT -i last'
	become '-A INPUT -i first
-A INPUT -i b
-A INPUT -i a
-A INPUT -i b
-A INPUT -i last'
}

@test "templates: a use's line is the one that it begins in" {
	template t 'param p port = 22
-A INPUT -p tcp --dport $nope'
	bad_uses '# comment
t
{
  p = 22
}
t {}' "2: error: unknown set 'nope' ($T:2)" "6: error: unknown set 'nope' ($T:2)"
}

@test "templates: what a file of uses may not hold" {
	template t 'param p port = 22
-A INPUT -p tcp --dport $p'
	bad_uses 't {}
p = 22' "2: error: 'p = ...' stands outside of a template's use: 'TEMPLATE { PARAMETER = VALUE }'"
	bad_uses 't = 1' "1: error: 't = ...' stands outside of a template's use: 'TEMPLATE { PARAMETER = VALUE }'"
	bad_uses 't "name" {}' "1: error: section 't' takes no name: write 't { ... }'"
	bad_uses 't { p { x = 1 } }' "1: error: 'p' is an option: write 'p = VALUE'"
	bad_uses 't { p = 1 p = 2 }' "1: error: option 'p' is set again (first in line 1)"
	bad_uses '-A INPUT -j ACCEPT' "1: error: unexpected '-j'"
	bad_uses 't { p = 22' "1: error: section 't' is not closed: '}' is missing"
	bad_uses 't { p = eth+ }' "1: error: '+' has to be quoted: write the whole value in double quotes"
	bad_uses 't { p = "22"x }' '1: error: text behind a closing quote'
	bad_uses 't { p = "${X}" }' "1: error: '\${...}' would be read from the environment: write \$NAME for a set, or use single quotes"
	# an option of one use may be there again in the next
	dropin 20-u.conf 't { p = 1 } t { p = 2 }'
	become '-A INPUT -p tcp --dport 1
-A INPUT -p tcp --dport 2'
}

@test "templates: a template uses no template" {
	template other '-A INPUT -j ACCEPT'
	bad_template 'other {}' 't {}' \
		"$USES:1: error: 'other' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or # ($T:1)"
	bad_template 'other { }
-A INPUT -i lo' 't {}' \
		"$USES:1: error: 'other' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or # ($T:1)"
}

# --- chains of templates and $USE -----------------------------------------------------

@test "templates: the second use of a declared chain is an error that names both" {
	for declared in ':MINE -' '-N MINE'; do
		template t "
$declared
-A MINE -j ACCEPT
-A INPUT -j MINE"
		dropin 20-u.conf 't {}'
		rm -f "$ROOT/$CONF_D/30-v.conf"
		run_rampart 0 show
		dropin 20-u.conf 't {}

t {}'
		run_rampart 2 show
		assert_error_has "$USES:3: error: chain 'MINE'"
		assert_error_has "$USES:1"
		assert_error_has "($T:2)"
		# in another file as well
		dropin 20-u.conf 't {}'
		dropin 30-v.conf 't {}'
		run_rampart 2 show
		assert_error_has "/etc/rampart/conf.d/30-v.conf:1: error: chain 'MINE'"
		assert_error_has "$USES:1"
	done
	rm "$ROOT/$CONF_D/30-v.conf"
	bad_template ':MINE -
-A INPUT -j MINE' 't {}
t {}' "$USES:2: error: chain 'MINE' of this template exists already, from its use at $USES:1: each use needs a name of its own, by a parameter or \$USE ($T:1)"
}

@test "templates: a chain may carry a parameter in its name" {
	good_template 'param p port
:PORT-$p -
-A PORT-$p -j ACCEPT
-A INPUT -p tcp --dport $p -j PORT-$p' 't { p = 22 }
t { p = 23 }' '-A PORT-22 -j ACCEPT
-A INPUT -p tcp --dport 22 -j PORT-22
-A INPUT -p tcp --dport 23 -j PORT-23
-A PORT-23 -j ACCEPT'
	bad_template 'param p port
:PORT-$p -
-A INPUT -p tcp --dport $p -j PORT-$p' 't { p = 22 }
t { p = 22 }' "$USES:2: error: chain 'PORT-22' of this template exists already, from its use at $USES:1: each use needs a name of its own, by a parameter or \$USE ($T:2)"
}

@test "templates: \$USE is the file's stem and the number of the use" {
	template other '-A INPUT -i lo'
	good_template ':C-$USE -
-A C-$USE -m recent --name r-$USE --set
-A INPUT -m hashlimit --hashlimit-name $USE --hashlimit-upto 5/sec -j C-$USE' 't {}
other {}
t {}' '-A C-20-u-1 -m recent --name r-20-u-1 --set
-A INPUT -m hashlimit --hashlimit-name 20-u-1 --hashlimit-upto 5/sec -j C-20-u-1
-A INPUT -i lo
-A INPUT -m hashlimit --hashlimit-name 20-u-3 --hashlimit-upto 5/sec -j C-20-u-3
-A C-20-u-3 -m recent --name r-20-u-3 --set'
	# only there
	bad_rules '-A INPUT -m recent --name $USE --set' "1: error: unknown set 'USE'"
	rm "$ROOT$RULES"
	template t 'param p string = x'
	bad_uses 't { p = $USE }' "1: error: unknown set 'USE'"
	# too long a name is an error, not cut
	rm "$ROOT$USES"
	template t ':C-$USE -
-A INPUT -j C-$USE'
	dropin 20-twenty-four-bytes-lon.conf 't {}'
	run_rampart 0 show
	dropin 20-twenty-four-bytes-lon.conf "$(yes 't {}' | head -n 10)"
	run_rampart 2 show
	assert_equal "$stderr" "/etc/rampart/conf.d/20-twenty-four-bytes-lon.conf:10: error: 'C-20-twenty-four-bytes-lon-10': a chain's name has at most 28 bytes ($T:1)
/etc/rampart/conf.d/20-twenty-four-bytes-lon.conf:10: error: 'C-20-twenty-four-bytes-lon-10' of '-j': a chain's name has at most 28 bytes ($T:2)"
}

@test "templates: two templates may add to one chain that a drop-in declares" {
	template a '-A WEB -i a'
	template b '-A WEB -i b'
	dropin 10-a.rules ':WEB -
-A INPUT -j WEB'
	dropin 20-u.conf 'a {}
b {}
a {}'
	become '-A WEB -i a
-A WEB -i b
-A WEB -i a
-A INPUT -j WEB'
}

# --- the template file ----------------------------------------------------------------

@test "templates: what can be wrong with a parameter's line" {
	while IFS='|' read -r line text; do
		bad_template "# help
$line
-A INPUT -i lo" 't {}' "$T:2: error: $text"
	done <<-'END'
		param x|not a parameter: 'param NAME TYPE [optional] [= DEFAULT] # help'
		param 1x iface|'1x' can't be a parameter's name: letters, digits and '_' only
		param a-b iface|'a-b' can't be a parameter's name: letters, digits and '_' only
		param USE iface|'USE' can't be a parameter's name: every use has $USE
		param x ifaces|'ifaces' is not a type: iface, address, port, proto, number, rate, string or chain
		param x word|'word' is not a type: iface, address, port, proto, number, rate, string or chain
		param x iface optionally|unexpected 'optionally': expected '= DEFAULT'
		param x iface eth0|unexpected 'eth0': expected '= DEFAULT'
		param x iface =|default is missing behind '='
		param x iface = # help|default is missing behind '='
		param x iface = a b|a default of several words has to be quoted, a list braced: {a, b}
		param x iface = {a, b|list is not closed: '}' is missing
		param x iface = {a, "b}"|list is not closed: '}' is missing
		param x iface = {}|an empty default needs 'optional' before it
		param x string = "a|missing closing quote '"'
		param x string = 'a'|a single quote does not quote here: use double quotes
	END
	bad_template 'param x iface
param y port
param x port' 't {}' "$T:3: error: parameter 'x' is there twice"
	bad_template '-A INPUT -i lo
param x iface' 't {}' "$T:2: error: parameters stand before the first rule"
	# all in one run
	bad_template 'param x what
param y iface =
param z iface' 't {}' "$T:1: error: 'what' is not a type: iface, address, port, proto, number, rate, string or chain" \
		"$T:2: error: default is missing behind '='"
}

@test "templates: at most 64 parameters, and 64 values of a default" {
	text=''
	for ((i = 1; i <= 64; i++)); do text+="param p$i iface = any"$'\n'; done
	good_template "$text-A FORWARD -i \$p64 -o lo" 't {}' '-A FORWARD -o lo'
	bad_template "${text}param p65 iface" 't {}' "$T:65: error: too many parameters"
	list=$(seq -s, 1 64)
	good_template "param p number = {$list}
-A INPUT -m mark --mark \$p" 't {}' "$(seq -f '-A INPUT -m mark --mark %g' 64)"
}

@test "templates: more values of a default than 64 are not cut silently" {
	for list in "$(seq -s, 1 65)" "$(seq -s ', ' 1 65)" "$(seq -s ' ' 1 1000)"; do
		bad_template "param p number = {$list}
-A INPUT -m mark --mark \$p" 't {}' "$T:1: error: a default has at most 64 values"
	done
}

@test "templates: comments, blank lines, CR LF and a missing newline" {
	printf '# t: help\r\n\r\nparam p port = 22 # ssh\r\n# more\r\n\r\n-A INPUT -p tcp \\\r\n  --dport $p\r\n# end' \
		>"$ROOT$T"
	dropin 20-u.conf 't {}'
	become '-A INPUT -p tcp --dport 22'
	run_rampart 0 templates t
	assert_equal "$output" "t: help
$T
  p  port     22  ssh"
	printf 'param p port = 22' >"$ROOT$T"
	become ''
	printf '#' >"$ROOT$T"
	become ''
}

@test "templates: a table, a family and a chain are the template's own" {
	template t '*nat
-A POSTROUTING -o eth0 -j MASQUERADE'
	dropin 20-u.conf 't {}'
	dropin 30-b.rules '-A INPUT -i lo'
	run_rampart 0 show -4 -t nat
	assert_output_line '-A rampart-POSTROUTING -o eth0 -j MASQUERADE'
	run_rampart 0 show -4 -t filter
	assert_output_line '-A rampart-INPUT -i lo'
	good_template '-4 -A INPUT -i four
-6 -A INPUT -i six' 't {}' '-A INPUT -i four
-A INPUT -i lo' '-A INPUT -i six
-A INPUT -i lo'
}

# --- messages -------------------------------------------------------------------------

@test "templates: messages carry the use and the template's line" {
	while IFS='|' read -r line text; do
		bad_template "param p port = 22

$line" '
t { p = 23 }' "$USES:2: error: $text ($T:3)"
	done <<-'END'
		-A INPUT -p tcp --dport $pp|unknown set 'pp', did you mean 'p'?
		-A INPUT -m comment --comment 'x'|a single quote does not quote here: use double quotes
		-A INPUT -s 192.0.2.1 -d 2001:db8::1|one rule can't be for both families: '-d 2001:db8::1' is not for IPv4, '-s 192.0.2.1' is not for IPv6
		-t nat -A INPUT -j ACCEPT|'-t' has no place here: write '*nat' in a line of its own, then '-A INPUT -j ACCEPT'
		:A B C D|not a chain line: ':CHAIN POLICY [packets:bytes]'
		-F NONE|chain 'NONE' is not defined in table 'filter'
		-P INPUT NO|policy of 'INPUT' must be ACCEPT or DROP, not 'NO'
	END
}

kernel_refuses() {
	# accepted by the parser, refused by the program or the kernel
	template t 'param p port = 22

-A INPUT -p tcp --dport $p -j NOSUCHTARGET'
	dropin 20-u.conf '

t { p = 23 }'
	run_rampart 2 validate
	assert_error_has "$USES:3: error: refused: "
	assert_error_has "NOSUCHTARGET"
	assert_error_has "($T:3)"
	template t '-A INPUT -p tcp --nosuchoption'
	dropin 20-u.conf '

t {}'
	run_rampart 2 validate
	assert_error_has "$USES:3: error: refused: "
	assert_error_has "($T:1)"
}

@test "templates: a refusal of the kernel is reported at the use and the template's line" {
	each_backend kernel_refuses
}

# --- layers ---------------------------------------------------------------------------

@test "templates: layered as drop-ins are: override and mask" {
	file usr/share/rampart/templates/t.rules '# low help
-A INPUT -i low'
	dropin 20-u.conf 't {}'
	become '-A INPUT -i low'
	template t '# high help
-A INPUT -i high'
	become '-A INPUT -i high'
	run_rampart 0 templates
	assert_equal "$output" 't  high help'
	# masked: as if it were not there
	for mask in empty null; do
		rm "$ROOT$T"
		if [ $mask = empty ]; then : >"$ROOT$T"; else ln -s /dev/null "$ROOT$T"; fi
		run_rampart 2 show
		assert_error_has "$USES:1: error: unknown template 't'"
		run_rampart 0 templates
		assert_equal "$output" ''
		run_rampart 2 templates t
		assert_error_has "error: unknown template 't'"
	done
	rm "$ROOT$T"
	become '-A INPUT -i low'
}

@test "templates: a masked template is not suggested" {
	template ssh '-A INPUT -j ACCEPT'
	ln -s /dev/null "$ROOT/$TEMPLATES/sshd.rules"
	bad_uses 'sshe {}' "1: error: unknown template 'sshe', did you mean 'ssh'?"
	bad_uses 'sshd {}' "1: error: unknown template 'sshd', did you mean 'ssh'?"
}

@test "templates: a faulty template is reported once, at its own line" {
	bad_template 'param x what' 't {}
t {}' "$T:1: error: 'what' is not a type: iface, address, port, proto, number, rate, string or chain"
	# and in the list of all; the good ones are listed
	template good '# good: help'
	run_rampart 2 templates
	assert_equal "$output" 'good  help'
	assert_equal "$stderr" "$T:1: error: 'what' is not a type: iface, address, port, proto, number, rate, string or chain"
	run_rampart 2 templates t
	assert_error_line "$T:1: error: 'what' is not a type: iface, address, port, proto, number, rate, string or chain"
	run_rampart 2 templates goof
	assert_equal "$stderr" "rampart: error: unknown template 'goof', did you mean 'good'?"
}

@test "templates: one that nobody uses is not read" {
	template t 'param x what'
	dropin 10-a.rules '-A INPUT -i lo'
	become '-A INPUT -i lo'
	assert_equal "$stderr" ''
}

@test "templates: names in the directory that are none are not listed" {
	for name in .hidden.rules t.rules~ t.rules.dpkg-old README 'a b.rules' x.conf; do
		echo '# help' >"$ROOT/$TEMPLATES/$name"
	done
	run_rampart 0 templates
	assert_silent
}
