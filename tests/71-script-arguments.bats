# script arguments: whatever a script hands to iptables, the rule is the one that iptables makes.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

# A second apply reads back what the first has made: the same texts, or it would have work to do.
assert_settled() {
	forget_loaded
	run_rampart 0 apply
	assert_output_has 'nothing to do'
	run_rampart 0 check
}

any_bytes() {
	as_native 'home=not-expanded
word() {
	iptables -A INPUT -p tcp --dport $1 -m comment --comment "$2" -j ACCEPT; note "$?"
	iptables -A INPUT -p tcp --dport $1 -j LOG --log-prefix "$2"; note "$?"
	iptables -C INPUT -p tcp --dport $1 -m comment --comment "$2" -j ACCEPT; note "$?"
}
word 1 ""
word 2 " "
word 3 "  two  blanks "
word 4 "$(printf "a\tb")"
word 5 "\""
word 6 "a \"quoted\" word"
word 7 "'"'\\''"'"
word 8 "\\"
word 9 "back\\slash \\\\ \\n"
word 10 "\$HOME \${home} \$"
word 11 "\`id\`"
word 12 "*"
word 13 "$(printf "\377\200x")"
word 14 "-leading"
word 15 "--j"
word 16 "!"
word 17 "#"
word 18 "# comment"
word 19 "x#y;z&|<>()[]{}~?"
word 20 "COMMIT"
word 21 "%s%n%d"
word 22 "[1:2]"
word 23 "*nat"
word 24 ":INPUT DROP"
word 25 "$(printf "\001\033[31m")"
word 26 "$(printf "\303\244\342\202\254")"'
	assert_settled
}

@test "script 11: empty, blanks, quotes, backslash, dollar, wild cards, odd bytes, dashes" {
	on_both_shells any_bytes
}

values_like_options() {
	as_native 'iptables -A INPUT -p tcp -j LOG --log-prefix "-A INPUT: "
iptables -A INPUT -m comment --comment -t -j ACCEPT
iptables -A INPUT -m comment --comment --table=nat -j ACCEPT
iptables -A INPUT -m comment --comment -F
iptables -A INPUT -m comment --comment -D -m comment --comment -w
iptables -A INPUT -j LOG --log-prefix -P
iptables -I INPUT -m string --string "-j DROP" --algo bm -j REJECT
iptables -A INPUT -m comment --comment=-t --jump=DROP
iptables -N -- 2>/dev/null; note "$?"
iptables -A OUTPUT -m comment --comment -X -j ACCEPT -t mangle
iptables -A INPUT -m comment --comment "! -s" ! -s 192.0.2.1 -j ACCEPT'
	assert_settled
}

@test "script 12: values that look like options and commands" {
	on_both_shells values_like_options
}

a_newline() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT

iptables -A INPUT -m comment --comment "$(printf "one\ntwo")" -j ACCEPT
'
	run_rampart 2 apply
	assert_error_has "$FW:4: error: 'iptables -A INPUT -m comment --comment "
	assert_untouched "$before"
	# it can't be written for the apply, so it is not a matter of taste
	baseline 'script_errors = warn'
	run_rampart 0 apply
	assert_error_has "$FW:4: warning: 'iptables -A INPUT -m comment --comment "
	assert_error_has ': left out'
	[[ "$(live)" != *one* ]]
}

@test "script 13: a newline in a comment is refused with its line" {
	on_both_shells a_newline
}

a_nul() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	script 40-fw.sh "$SHEBANG"'

printf "*filter\n-A INPUT -s 192.0.2.1\000 -j ACCEPT\nCOMMIT\n" | iptables-restore --noflush
'
	run_rampart 2 apply
	assert_error_has "$FW:3: error: 'iptables-restore --noflush' failed: "
	assert_untouched "$before"
}

@test "script 13: a NUL in the text of a restore is refused with its line" {
	on_both_shells a_nul
}

lists() {
	as_native 'list=192.0.2.1
for i in $(seq 2 120); do list=$list,192.0.2.$i; done
try iptables -A INPUT -s $list -j ACCEPT
try iptables -A FORWARD -s 10.0.0.0/8,192.0.2.0/24 -d 10.1.0.1,10.1.0.2 -j ACCEPT
try iptables -I OUTPUT -d 10.0.0.1,10.0.0.2,10.0.0.3 -j DROP
try iptables -I OUTPUT 2 -d 10.0.1.1,10.0.1.2 -j DROP
try iptables -C OUTPUT -d 10.0.0.1,10.0.0.2,10.0.0.3 -j DROP
try iptables -C OUTPUT -d 10.0.0.1,10.0.0.9 -j DROP
try iptables -D OUTPUT -d 10.0.0.1,10.0.0.9 -j DROP
try iptables -D OUTPUT -d 10.0.0.9,10.0.0.1 -j DROP
iptables -S OUTPUT | lines
try iptables -D OUTPUT -d 10.0.0.1,10.0.0.3 -j DROP
try iptables -R OUTPUT 1 -d 10.0.0.1,10.0.0.3 -j DROP
try iptables -A FORWARD ! -s 10.0.0.1,10.0.0.2 -j DROP
try iptables -A FORWARD -s 10.0.0.1,, -j DROP
try iptables -A FORWARD -s 10.0.0.1,bogus/99 -j DROP
try ip6tables -A FORWARD -s 2001:db8::1,2001:db8::2 -d 2001:db8:1::/64,2001:db8:2::/64 -j ACCEPT
iptables -S OUTPUT | lines
iptables -S FORWARD | lines'
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 120
}

@test "script 14: lists of addresses: 120 of them, products, -I turns them round, -D in part" {
	on_both_shells lists
}

long_words() {
	as_native 'long() { head -c $1 /dev/zero | tr "\0" x; }
for length in 254 255 256 300; do
	iptables -A INPUT -p tcp --dport $length -m comment --comment "$(long $length)" -j ACCEPT >/run/out 2>&1
	note "$length = $?"
	lines </run/out
done
for length in 28 29 30 31; do
	iptables -A INPUT -p tcp --dport $length -j LOG --log-prefix "$(long $length)" >/run/out 2>&1
	note "$length = $?"
	lines </run/out
done
try iptables -A INPUT -i $(long 15) -j ACCEPT
try iptables -A INPUT -i $(long 16) -j ACCEPT
try iptables -A INPUT -m string --algo bm --string $(long 128) -j DROP
try iptables -A INPUT -m string --algo bm --string $(long 129) -j DROP
iptables -A INPUT -s $(long 1024) -j DROP >/run/out 2>&1; note "word 1024 = $?"
iptables -A INPUT -s $(long 5000) -j DROP >/run/out 2>&1; note "word 5000 = $?"
pad=$(long 240)
line="-A OUTPUT"
for i in $(seq 40); do line="$line -m comment --comment $pad"; done
printf "*filter\n%s -j ACCEPT\nCOMMIT\n" "$line" | iptables-restore -n 2>/run/out; note "10500 bytes = $?"
lines </run/out
line="-A OUTPUT"
for i in $(seq 61); do line="$line -m comment --comment x"; done
printf "*filter\n%s -j ACCEPT\nCOMMIT\n" "$line" | iptables-restore -n 2>/run/out; note "many words = $?"
lines </run/out
printf "*filter\n-A OUTPUT -m comment --comment %s -j ACCEPT\nCOMMIT\n" $(long 1025) | iptables-restore -n 2>/run/out
note "restore word 1025 = $?"
lines </run/out'
}

@test "script 15: comments of 255 bytes and more, words and lines longer than a restore takes" {
	on_both_shells long_words
}

# Natively these make a rule. It can't be written down for a restore: then it must be said, with
# the line, that it is not there. What must not be is another rule, or none without a word.
beyond_a_restore() {
	local text
	for text in \
		'set --; i=0; while [ $i -lt 70 ]; do set -- "$@" -m comment --comment x; i=$((i + 1)); done' \
		'pad=$(printf %0240d 0); set --; i=0; while [ $i -lt 42 ]; do set -- "$@" -m comment --comment $pad; i=$((i + 1)); done'
	do
		script 40-fw.sh "$SHEBANG
$text
iptables -A INPUT \"\$@\" -p tcp --dport 1 -j ACCEPT
"
		expected=$(natively 40-fw.sh)
		[[ $expected == *'--dport 1 '* ]]
		before=$(live)
		baseline 'ownership = exclusive'
		if run_rampart 2 apply; then
			assert_error_has "$FW:3: error: "
			assert_untouched "$before"
		else
			run_rampart 0 apply
			assert_same "$(holds)" "$expected"
		fi
	done
}

@test "script 15: a rule that no restore can hold is made as natively, or refused with its line" {
	on_both_shells beyond_a_restore
}

tables_and_locks() {
	as_native 'iptables -A OUTPUT -p tcp --dport 1 -j ACCEPT -t mangle
iptables -tnat -A OUTPUT -p tcp --dport 2 -j ACCEPT
iptables --table=nat -A OUTPUT -p tcp --dport 3 -j ACCEPT
iptables --table raw -A OUTPUT -p tcp --dport 4 -j ACCEPT
try iptables -t nat -A OUTPUT -p tcp --dport 5 -j ACCEPT -t mangle
try iptables -t nat -t nat -A OUTPUT -p tcp --dport 6 -j ACCEPT
iptables -w -A INPUT -p tcp --dport 7 -j ACCEPT
iptables -w5 -A INPUT -p tcp --dport 8 -j ACCEPT
iptables -w 5 -A INPUT -p tcp --dport 9 -j ACCEPT
iptables --wait=5 -A INPUT -p tcp --dport 10 -j ACCEPT
try iptables --wait 5 -A INPUT -p tcp --dport 11 -j ACCEPT
iptables -A INPUT -w -p tcp --dport 12 -j ACCEPT
iptables -A INPUT -p tcp --dport 13 -j ACCEPT -w
iptables -A INPUT -p tcp --dport 14 -w 3 -j ACCEPT
try iptables -w x -A INPUT -p tcp --dport 15 -j ACCEPT
try iptables -w 1 -W 100 -A INPUT -p tcp --dport 16 -j ACCEPT
try iptables -W 100 -A INPUT -p tcp --dport 17 -j ACCEPT
try iptables -wt nat -A OUTPUT -p tcp --dport 18 -j ACCEPT
try iptables -t NAT -A OUTPUT -p tcp --dport 19 -j ACCEPT
try iptables -t "" -A OUTPUT -p tcp --dport 20 -j ACCEPT
try iptables -A OUTPUT -p tcp --dport 21 -j ACCEPT -t
try iptables -w -t filter -C INPUT -p tcp --dport 7 -j ACCEPT
for n in 1 2 3 4 5 6 7 8; do note "$n $(iptables -w $n -t nat -S OUTPUT | wc -l)"; done'
}

@test "script 16: -t at the end, twice, glued, and -w in all its forms" {
	on_both_shells tables_and_locks
}

abbreviations() {
	as_native 'try iptables --app INPUT --proto tcp --dp 22 --ju ACCEPT
try iptables --append INPUT --protocol tcp --destination-por 23 --jump ACCEPT
try iptables -A INPUT --in-int eth0 --so 192.0.2.1 -j ACCEPT
try iptables -A INPUT --sourc 192.0.2.1 -j ACCEPT
try iptables -A INPUT -p tcp --sourc 192.0.2.1 -j ACCEPT
try iptables -A INPUT -p tcp --source 192.0.2.1 -j ACCEPT
try iptables -A INPUT --p tcp -j ACCEPT
try iptables -A INPUT --d 192.0.2.1 -j ACCEPT
try iptables -A INPUT -p tcp --d 192.0.2.1 -j ACCEPT
try iptables -A INPUT -m conntrack --ctst NEW -j ACCEPT
try iptables -A INPUT -m conntrack --ct NEW -j ACCEPT
try iptables -A INPUT -m limit --lim 1/s -j ACCEPT
try iptables -A INPUT -m limit --limit-b 3 -j ACCEPT
try iptables -A INPUT -j LOG --log-pre "abc " --log-lev info
try iptables -A INPUT -j LOG --log x
try iptables --tab=nat -A OUTPUT --ju ACCEPT
try iptables --new WEB
try iptables --a INPUT -j WEB
try iptables --i INPUT -j WEB
try iptables --ins INPUT -j WEB
try iptables --del INPUT 1
try iptables --del INPUT --jum WEB
try iptables --che INPUT -p tcp --dport 22 -j ACCEPT
try iptables --pol FORWARD DROP
try iptables --ren WEB NET
try iptables --list-r INPUT
try iptables --lis INPUT --num
try iptables --fl NET
try iptables --delete-ch NET
try iptables --nosuch'
}

@test "script 17: abbreviated options: unique, ambiguous, ambiguous since an extension is there" {
	on_both_shells abbreviations
}

negations() {
	as_native 'try iptables -A INPUT -s ! 192.0.2.1 -j ACCEPT
try iptables -A INPUT ! -s 192.0.2.1 -j ACCEPT
try iptables -A INPUT ! -p tcp -j ACCEPT
try iptables -A INPUT -p ! tcp -j ACCEPT
try iptables -A INPUT ! ! -s 192.0.2.1 -j ACCEPT
try iptables -A INPUT ! -m tcp -p tcp -j ACCEPT
try iptables -A INPUT ! -j ACCEPT
try iptables -A INPUT ! -i eth0 ! -d 10.0.0.0/8 -j ACCEPT
try iptables -A INPUT -i ! eth0 -j ACCEPT
try iptables -A INPUT -p tcp ! --dport 22 -j ACCEPT
try iptables -A INPUT -p tcp --dport ! 22 -j ACCEPT
try iptables -A INPUT -p tcp ! --syn -j ACCEPT
try iptables -A INPUT -m mark ! --mark 1 -j ACCEPT
try iptables -A INPUT -m conntrack ! --ctstate NEW -j ACCEPT
try iptables -A INPUT -m state ! --state INVALID,NEW -j ACCEPT
try iptables -A INPUT -j ACCEPT !
try iptables ! -A INPUT -j ACCEPT
try iptables -A INPUT ! INPUT -j ACCEPT
try iptables -A ! INPUT -j ACCEPT
try iptables -A INPUT ! -f -j ACCEPT
try iptables -A INPUT "! -s" 192.0.2.1 -j ACCEPT'
}

@test "script 18: ! in its place, in its old place, doubled, and where it can't stand" {
	on_both_shells negations
}

families() {
	as_native 'cat >/run/rules <<END
*filter
-A INPUT -p tcp --dport 1 -j ACCEPT
-4 -A INPUT -s 192.0.2.1 -j ACCEPT
-6 -A INPUT -s 2001:db8::1 -j ACCEPT
-A INPUT -4 -p icmp -j ACCEPT
-A INPUT -6 -p ipv6-icmp -j ACCEPT
--ipv4 -A INPUT -p tcp --dport 2 -j ACCEPT
COMMIT
END
try iptables-restore /run/rules
try ip6tables-restore /run/rules
try iptables -4 -A INPUT -p tcp --dport 3 -j ACCEPT
try iptables -6 -A INPUT -p tcp --dport 4 -j ACCEPT
try iptables -6 -A INPUT -s 2001:db8::2 -j ACCEPT
try ip6tables -4 -A INPUT -s 192.0.2.2 -j ACCEPT
try ip6tables -6 -A INPUT -s 2001:db8::3 -j ACCEPT
try ip6tables -A INPUT -s 192.0.2.3 -j ACCEPT
try iptables -A INPUT -s 2001:db8::4 -j ACCEPT
try ip6tables -A INPUT -p icmp -j ACCEPT
try iptables -A INPUT -p ipv6-icmp -j ACCEPT
try ip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT
try ip6tables -A INPUT -p tcp -j REJECT --reject-with icmp-port-unreachable
try ip6tables -A INPUT -p tcp -j REJECT --reject-with icmp6-port-unreachable
try ip6tables -t nat -A POSTROUTING -o eth0 -j MASQUERADE'
}

@test "script 19: -4 and -6 in a file for both families, addresses of the other family" {
	on_both_shells families
}

chain_names() {
	as_native 'for name in abcdefghijklmnopqrstuvwxyz12 abcdefghijklmnopqrstuvwxyz123 abcdefghijklmnopqrstuvwxyz1234 \
	"a#b" "#c" "a[b" "[d" LOG ACCEPT INPUT PREROUTING NOSUCH QUEUE RETURN REJECT \
	-x "!x" "a b" "" input Input a.b-c_d e/f g:h "\$i" "*j" ":k" "%s" 1 COMMIT; do
	try iptables -N "$name"
	try iptables -A "$name" -p tcp --dport 1 -j RETURN
	try iptables -A INPUT -p tcp --dport 2 -j "$name"
done
iptables -S | lines'
}

@test "script 20: chains of 28 and 29 characters, with odd ones, called as a target or a built-in" {
	on_both_shells chain_names
}

# Names that the programs take and that a save does not quote: no dump of such a host can be read.
names_no_save_can_hold() {
	local name
	for name in 'a"b' "a'b" 'a\b'; do
		script 40-fw.sh "$SHEBANG

iptables -N $(printf %q "$name")
iptables -A INPUT -j $(printf %q "$name")
"
		expected=$(natively 40-fw.sh)
		baseline 'ownership = exclusive'
		if run_rampart 0 apply >/dev/null; then
			assert_same "$(holds)" "$expected"
		else
			run_rampart 2 apply
			assert_error_has "$FW:3: error: "
		fi
		run_rampart 0 flush
	done
}

@test "script 20: a chain name that no save can hold is refused with its line" {
	on_both_shells names_no_save_can_hold
}

too_long() {
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
word=$(head -c 60000 /dev/zero | tr "\0" x)
iptables -A INPUT -m comment --comment $word -m comment --comment $word -m comment --comment $word -j ACCEPT
'
	before=$(live)
	run_rampart 2 apply
	assert_error_has "$FW:4: error: "
	# the message is for people
	[ "$(wc -c <<<"$stderr")" -lt 10000 ]
	assert_untouched "$before"
}

@test "script 47: a call with 180 000 bytes of arguments is a failed call" {
	on_both_shells too_long
}
