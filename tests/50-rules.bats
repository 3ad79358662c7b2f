# rules: the language of a rules drop-in (rampart.rules(5)): words, lines, limits.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

@test "rules: a line without a table goes to filter" {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 show -4
	assert_output_line '*filter'
	assert_output_line '-A rampart-INPUT -i lo -j ACCEPT'
}

@test "rules: an unknown set is an error that gives its line" {
	dropin 20-web.rules '-A INPUT -p tcp --dport $PROT -j ACCEPT'
	run_rampart 2 validate
	assert_error_line "/etc/rampart/conf.d/20-web.rules:1: error: unknown set 'PROT'"
}

# --- words ----------------------------------------------------------------------------

@test "rules: blanks and tabs separate words, and are dropped at both ends of a line" {
	good_rules $'\t -A  \t INPUT\t-i\tlo   -j ACCEPT \t ' '-A INPUT -i lo -j ACCEPT'
}

@test "rules: only the double quote quotes; its end ends the word, its begin does not" {
	good_rules '-A INPUT -m comment --comment "a b"	-j ACCEPT' \
		'-A INPUT -m comment --comment "a b" -j ACCEPT'
	good_rules '-A INPUT -m comment --comment ab"cd ef" -j ACCEPT' \
		'-A INPUT -m comment --comment "abcd ef" -j ACCEPT'
	good_rules '-A INPUT -m comment --comment "" -j ACCEPT' \
		'-A INPUT -m comment --comment "" -j ACCEPT'
	good_rules '-A INPUT -m comment --comment "a b"-j ACCEPT' \
		'-A INPUT -m comment --comment "a b" -j ACCEPT'
	bad_rules '-A INPUT -m comment --comment "ab"cd -j ACCEPT' "1: error: unexpected word 'cd'"
	good_rules '"-A" "INPUT" "-j" "ACCEPT"' '-A INPUT -j ACCEPT'
}

@test "rules: a quote that is not closed is an error, not a longer value" {
	bad_rules '-A INPUT -i lo
-A INPUT -m comment --comment "abc
-A INPUT -j ACCEPT' "2: error: missing closing quote '\"'"
	bad_rules '-A INPUT -m comment --comment "abc\"' "1: error: missing closing quote '\"'"
	bad_rules '-A INPUT -m comment --comment ab"c' "1: error: missing closing quote '\"'"
}

@test "rules: a backslash takes the next byte inside quotes, and is a byte outside of them" {
	good_rules '-A INPUT -m comment --comment "a\"b\\c\nd\$e"' \
		'-A INPUT -m comment --comment "a\"b\\cnd$e"'
	good_rules '-A INPUT -m comment --comment a\nb\\c' \
		'-A INPUT -m comment --comment "a\\nb\\\\c"'
}

@test "rules: a word that begins with a single quote is an error; inside one it is a byte" {
	bad_rules "-A INPUT -m comment --comment 'a b' -j ACCEPT" \
		'1: error: a single quote does not quote here: use double quotes'
	bad_rules "
-A INPUT -m comment --comment 'ab'" '2: error: a single quote does not quote here: use double quotes'
	bad_rules "'-A' INPUT" '1: error: a single quote does not quote here: use double quotes'
	good_rules "-A INPUT -m comment --comment it's" "-A INPUT -m comment --comment \"it's\""
	good_rules "-A INPUT -m comment --comment \"'a b'\"" "-A INPUT -m comment --comment \"'a b'\""
}

@test "rules: a dollar sign expands outside of quotes only; \\\$ is one" {
	baseline 'set "X" { values = {one} }
set "X_1" { values = {two} }'
	good_rules '-A INPUT -m comment --comment $X' '-A INPUT -m comment --comment one'
	good_rules '-A INPUT -m comment --comment ${X}' '-A INPUT -m comment --comment one'
	good_rules '-A INPUT -m comment --comment "$X ${X} cost $HOME"' \
		'-A INPUT -m comment --comment "$X ${X} cost $HOME"'
	good_rules '-A INPUT -m comment --comment \$X' '-A INPUT -m comment --comment "$X"'
	good_rules '-A INPUT -m comment --comment a\${X}b\$' '-A INPUT -m comment --comment "a${X}b$"'
	# what follows is no comment
	good_rules '-A INPUT -m comment --comment $X#y$X# -i lo' '-A INPUT -m comment --comment one#yone# -i lo'
	# in mid-word, beside a quoted part
	good_rules '-A INPUT -m comment --comment a$X"$X"' '-A INPUT -m comment --comment "aone$X"'
	# the longest name
	good_rules '-A INPUT -m comment --comment $X_1' '-A INPUT -m comment --comment two'
	good_rules '-A INPUT -m comment --comment ${X}_1' '-A INPUT -m comment --comment one_1'
	good_rules '-A INPUT -m comment --comment $X-1' '-A INPUT -m comment --comment one-1'
	bad_rules '-A INPUT -m comment --comment $X1' "1: error: unknown set 'X1', did you mean 'X'?"
	for text in '$' '$1' 'a$' '$-' '${' '${}' '${X' '${X-}' '${1}' '$$X' '$(ls)' '${X:-a}'; do
		bad_rules "-A INPUT -m comment --comment $text" \
			"1: error: '\$' must be followed by the name of a set; write '\\\$' for a dollar sign"
	done
}

@test "rules: a command and an option word may not come from a set" {
	baseline 'set "X" { values = {"-j"} }
set "A" { values = {"-A"} }'
	bad_rules '-A INPUT $X ACCEPT' "1: error: unexpected word '\$X'"
	bad_rules '$A INPUT -j ACCEPT' "1: error: '\$A' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
}

@test "rules: a value of a set is one argument, never text" {
	baseline 'set "X" { values = {"a -j ACCEPT", "\"", "a\" -j \"DROP", "# no", "\\", "-j"} }'
	good_rules '-A INPUT -m comment --comment $X -j RETURN' '-A INPUT -m comment --comment "a -j ACCEPT" -j RETURN
-A INPUT -m comment --comment "\"" -j RETURN
-A INPUT -m comment --comment "a\" -j \"DROP" -j RETURN
-A INPUT -m comment --comment "# no" -j RETURN
-A INPUT -m comment --comment "\\" -j RETURN
-A INPUT -m comment --comment -j -j RETURN'
	# nor in the place of an address
	bad_rules '-A INPUT -s $X' "1: error: 'a -j ACCEPT' of '-s': not an address, prefix or range" \
		"1: error: '\"' of '-s': not an address, prefix or range" \
		"1: error: 'a\" -j \"DROP' of '-s': not an address, prefix or range" \
		"1: error: '# no' of '-s': not an address, prefix or range" \
		"1: error: '\\' of '-s': not an address, prefix or range" \
		"1: error: '-j' of '-s': not an address, prefix or range"
}

# --- lines ----------------------------------------------------------------------------

@test "rules: comments: a word that begins with # begins one" {
	good_rules '# first
   # indented
	#tab
#
-A INPUT -i lo # behind a rule
-A INPUT -i eth0 #
-A INPUT -m comment --comment a#b
-A INPUT -m comment --comment "#c" # "not a quote
*filter # a table
:WEB - [0:0] # a chain
-A INPUT -j WEB' '-A INPUT -i lo
-A INPUT -i eth0
-A INPUT -m comment --comment a#b
-A INPUT -m comment --comment "#c"
-A INPUT -j WEB'
}

@test "rules: a comment may stand behind COMMIT" {
	good_rules '*mangle
-A INPUT -i mangle
COMMIT # the end
-A INPUT -i lo' '-A INPUT -i mangle
-A INPUT -i lo'
}

@test "rules: a long line may be continued, and keeps its first line's number" {
	good_rules '-A INPUT \
  -i lo \
	-j \
ACCEPT
-A INPUT -m comment --comment "a b \
c" -j ACCEPT' '-A INPUT -i lo -j ACCEPT
-A INPUT -m comment --comment "a b c" -j ACCEPT'
	bad_rules '-A INPUT -i lo
-A INPUT \
  -p tcp \
  --dport $NO
-A INPUT -p tcp --dport $NO2' "2: error: unknown set 'NO'" "5: error: unknown set 'NO2'"
	# not behind a comment, nor with a blank behind the backslash
	good_rules '# comment \
-A INPUT -i lo' '-A INPUT -i lo'
	bad_rules '-A INPUT -i lo # comment \
  -j ACCEPT' '1: error: a comment inside a continued line would hide the rest of it'
	bad_rules '-A INPUT \
  # comment \
  -j ACCEPT' '1: error: a comment inside a continued line would hide the rest of it'
	bad_rules '-A INPUT -i lo \ ' "1: error: unexpected word '\\'"
}

@test "rules: a backslash at the end of the file continues nothing" {
	dropin_bytes 10-a.rules '-A INPUT -i lo \\'
	become '-A INPUT -i lo'
	dropin_bytes 10-a.rules '-A INPUT -i lo \\\n'
	become '-A INPUT -i lo'
	dropin_bytes 10-a.rules '-A INPUT -i lo \\\n\\\n\\\n-j ACCEPT\\\n'
	become '-A INPUT -i lo -j ACCEPT'
}

@test "rules: leading blanks, blank lines, CR LF, no COMMIT and no newline are accepted" {
	dropin_bytes 10-a.rules '\n \t\n  *filter\n\t:WEB -\n\n  -A INPUT -j WEB\n   COMMIT\n\n -A INPUT -i lo'
	become '-A INPUT -j WEB
-A INPUT -i lo'
	dropin_bytes 10-a.rules '*filter\r\n:WEB - [0:0]\r\n-A INPUT -j WEB\r\n\r\n-A INPUT \\\r\n  -i lo\r\nCOMMIT\r\n'
	become '-A INPUT -j WEB
-A INPUT -i lo'
	dropin_bytes 10-a.rules '*filter\n-A INPUT -i lo\nCOMMIT '
	become '-A INPUT -i lo'
	dropin_bytes 10-a.rules '*filter\n-A INPUT -i lo\nCOMMIT'
	become '-A INPUT -i lo'
	dropin_bytes 10-a.rules '-A INPUT -i lo\n \t '
	become '-A INPUT -i lo'
	# a carriage return elsewhere is a byte
	dropin_bytes 10-a.rules '-A INPUT -m comment --comment "a\rb"\n'
	become $'-A INPUT -m comment --comment "a\rb"'
}

@test "rules: *TABLE goes on until the next one, COMMIT goes back to filter" {
	dropin 10-a.rules '-A INPUT -i filter1
*mangle
-A PREROUTING -i mangle1
*raw
-A PREROUTING -i raw1
COMMIT
-A INPUT -i filter2
*nat
-A PREROUTING -i nat1
*security
-A INPUT -i security1
*filter
-A INPUT -i filter3
*nat
-A PREROUTING -i nat2'
	for table in raw mangle nat filter security; do
		run_rampart 0 show -4 -t $table
		assert_equal "$(grep -o " -i ${table}[0-9]" <<<"$output" | tr -d '\n')" \
			"$(case $table in
			filter) echo ' -i filter1 -i filter2 -i filter3' ;;
			nat) echo ' -i nat1 -i nat2' ;;
			*) echo " -i ${table}1" ;;
			esac)"
		assert_equal "$(grep -c ' -i ' <<<"$output")" \
			"$(case $table in filter) echo 3 ;; nat) echo 2 ;; *) echo 1 ;; esac)"
	done
	# the next file begins with filter again
	dropin 20-b.rules '-A INPUT -i filter4'
	run_rampart 0 show -4 -t filter
	assert_output_has 'filter4'
}

@test "rules: what is no table" {
	for text in '*' '*foo' '*FILTER' '*filter x' '* filter' '*broute'; do
		bad_rules "-A INPUT -i lo
$text" "2: error: '$text' is not a table: there are *raw, *mangle, *nat, *filter and *security"
	done
}

@test "rules: what begins no line" {
	for word in ACCEPT sudo COMMITX commit root@fw:~ '<private_ip>' Generated; do
		bad_rules "-A INPUT -i lo
$word x" "2: error: '$word' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
	done
	bad_rules 'COMMIT now' "1: error: 'COMMIT' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
}

@test "rules: all faults of all files in one run" {
	dropin 20-b.rules '*foo'
	dropin 30-c.rules '-A INPUT -i lo
-X NONE'
	dropin 10-a.rules '-A INPUT -p tcp --dport $NO
-A INPUT -i lo
nonsense
-A INPUT -j'
	run_rampart 2 show
	assert_equal "$stderr" "$RULES:1: error: unknown set 'NO'
$RULES:3: error: 'nonsense' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #
$RULES:4: error: option '-j' needs a value
/etc/rampart/conf.d/20-b.rules:1: error: '*foo' is not a table: there are *raw, *mangle, *nat, *filter and *security
/etc/rampart/conf.d/30-c.rules:2: error: chain 'NONE' is not defined in table 'filter'"
}

@test "rules: two faults in one line are both reported" {
	bad_rules '-A INPUT -s nohost.test -d 1.2.3.256 -p tcp --dport $NO' \
		"1: error: 'nohost.test' of '-s': a host name: use its address, or set 'resolve = yes'" \
		"1: error: '1.2.3.256' of '-d': not an address, prefix or range" \
		"1: error: unknown set 'NO'"
}

@test "rules: a NUL byte is an error with its line" {
	dropin_bytes 10-a.rules '-A INPUT -i lo\n-A INPUT -i eth0\0 -j DROP\n-A INPUT -i x\n'
	run_rampart 2 show
	messages "$RULES" '2: error: line holds a NUL byte'
	dropin_bytes 10-a.rules '-A INPUT \\\n -i eth0 \\\n -j DR\0OP\n'
	run_rampart 2 show
	messages "$RULES" '1: error: line holds a NUL byte'
	dropin_bytes 10-a.rules '# x\0\n'
	run_rampart 2 show
	messages "$RULES" '1: error: line holds a NUL byte'
}

# --- shell habits ---------------------------------------------------------------------

@test "rules: a line that starts with iptables is an error that shows the corrected line" {
	for program in iptables /sbin/iptables /usr/sbin/iptables iptables-nft iptables-legacy; do
		bad_rules "$program -A INPUT -m comment --comment \"a b\" -j ACCEPT" \
			"1: error: a shell command has no place here: write '-A INPUT -m comment --comment \"a b\" -j ACCEPT'"
	done
	for program in ip6tables /sbin/ip6tables; do
		bad_rules "
$program -A INPUT -j ACCEPT" "2: error: a shell command has no place here: write '-6 -A INPUT -j ACCEPT'"
	done
	bad_rules 'iptables -t nat -A POSTROUTING -o $IF -j MASQUERADE' \
		"1: error: '-t' has no place here: write '*nat' in a line of its own, then '-A POSTROUTING -o \$IF -j MASQUERADE'"
	bad_rules 'ip6tables -A INPUT -j ACCEPT -t raw' \
		"1: error: '-t' has no place here: write '*raw' in a line of its own, then '-6 -A INPUT -j ACCEPT'"
	bad_rules '[1:2] iptables -A INPUT' "1: error: a shell command has no place here: write '-A INPUT'"
}

@test "rules: the corrected line is one that works" {
	for line in 'iptables -A INPUT -m comment --comment "a \"b\" \\ $c" -j ACCEPT' \
		'iptables -A INPUT -i eth0 ! -s 192.0.2.0/24 -j LOG --log-prefix "-t nat: "' \
		'iptables -A INPUT -i $IF -m comment --comment a\$b'; do
		baseline 'set "IF" { values = {eth0} }'
		dropin 10-a.rules "$line"
		run_rampart 2 show
		corrected=$(sed "s/.*: write '//; s/'\$//" <<<"$stderr")
		good_rules "${line#iptables }" "$(dropin 10-a.rules "$corrected" && written ipv4 >/dev/null &&
			echo "$WRITTEN")" "$(dropin 10-a.rules "$corrected" && written ipv6 >/dev/null && echo "$WRITTEN")"
	done
}

@test "rules: -t in a line is an error that shows the corrected line, however it is written" {
	for option in '-t nat' '--table nat' '-tnat' '--table=nat'; do
		bad_rules "-A POSTROUTING $option -o eth0 -j MASQUERADE" \
			"1: error: '-t' has no place here: write '*nat' in a line of its own, then '-A POSTROUTING -o eth0 -j MASQUERADE'"
		bad_rules "$option -A POSTROUTING -o eth0 -j MASQUERADE" \
			"1: error: '-t' has no place here: write '*nat' in a line of its own, then '-A POSTROUTING -o eth0 -j MASQUERADE'"
	done
}

@test "rules: options of the programs that have no place in a drop-in" {
	while IFS='|' read -r line text; do
		bad_rules "$line" "1: error: $text"
	done <<-'END'
		-A INPUT -w -j ACCEPT|'-w' has no place in a drop-in
		-A INPUT --wait -j ACCEPT|'--wait' has no place in a drop-in
		-A INPUT -W 100 -j ACCEPT|'-W' has no place in a drop-in
		-A INPUT -M /sbin/modprobe -j ACCEPT|'-M' has no place in a drop-in
		-C INPUT -j ACCEPT|command '-C' has no place in a drop-in
		-L|command '-L' has no place in a drop-in
		--list INPUT|command '--list' has no place in a drop-in
		-S INPUT|command '-S' has no place in a drop-in
		-Z|command '-Z' has no place in a drop-in
		-Z INPUT|command '-Z' has no place in a drop-in
		--zero|command '--zero' has no place in a drop-in
	END
}

# --- options and their values ---------------------------------------------------------

@test "rules: values that look like options or commands are values" {
	for value in -t -A '-A INPUT: ' --jump -j '!' -4 -6 -i --dport '*filter' COMMIT -w iptables '[1:2]' any; do
		case $value in *' '*) shown="\"$value\"" ;; *) shown=$value ;; esac
		good_rules "-A INPUT -m comment --comment \"$value\" -j LOG --log-prefix \"$value\"" \
			"-A INPUT -m comment --comment $shown -j LOG --log-prefix $shown"
	done
	good_rules '-A INPUT -m comment --comment -t -j ACCEPT' '-A INPUT -m comment --comment -t -j ACCEPT'
	good_rules '-A INPUT -j LOG --log-prefix "-A INPUT: "' '-A INPUT -j LOG --log-prefix "-A INPUT: "'
	good_rules '-A INPUT -m comment --comment 192.0.2.1 -s 192.0.2.1' \
		'-A INPUT -m comment --comment 192.0.2.1 -s 192.0.2.1' ''
	good_rules '-A INPUT -m string --algo bm --string -j -j DROP' \
		'-A INPUT -m string --algo bm --string -j -j DROP'
	good_rules '-A INPUT -p tcp --tcp-flags SYN,RST SYN -j DROP' \
		'-A INPUT -p tcp --tcp-flags SYN,RST SYN -j DROP'
	good_rules '-A INPUT -m recent --set --name x -j ACCEPT' \
		'-A INPUT -m recent --set --name x -j ACCEPT'
}

abbreviated() {
	baseline 'ownership = exclusive'
	dropin 10-a.rules '--append INPUT --source 192.0.2.1 --dst 192.0.2.2 --jump ACCEPT
--append INPUT --sour 192.0.2.1 --desti 192.0.2.2 --ju ACCEPT
--app INPUT --src 192.0.2.1 -d 192.0.2.2 -j ACCEPT
-A INPUT --src=192.0.2.1 --dst=192.0.2.2 --jump=ACCEPT
-AINPUT -s192.0.2.1 -d192.0.2.2 -jACCEPT
-A INPUT --in-interface eth0 --protocol tcp --goto T
-A INPUT --in-i eth0 --proto tcp --go T
-A INPUT -ieth0 -ptcp -gT
--new-chain T
--ins FORWARD --out-interface=eth0
-IFORWARD --match comment --comment=x'
	run_rampart 0 show --canonical -4
	assert_equal "$(grep '^-A' <<<"$output")" '-A INPUT -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT
-A INPUT -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT
-A INPUT -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT
-A INPUT -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT
-A INPUT -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT
-A INPUT -i eth0 -p tcp -g T
-A INPUT -i eth0 -p tcp -g T
-A INPUT -i eth0 -p tcp -g T
-A FORWARD -m comment --comment x
-A FORWARD -o eth0'
}

@test "rules: long options, abbreviated, with =, short and glued" {
	each_backend abbreviated
}

@test "rules: names in a value that is glued to its option" {
	baseline 'set "IF" { values = {eth0, eth1} }
set "P" { values = {22, 80} }
set "A" { values = {192.0.2.1, 192.0.2.2} }'
	good_rules '-A INPUT -i$IF --jump=ACCEPT' '-A INPUT -i eth0 --jump ACCEPT
-A INPUT -i eth1 --jump ACCEPT'
	good_rules '-A INPUT -p tcp --dport=$P' '-A INPUT -p tcp -m multiport --dports 22,80'
	dropin 10-a.rules '-A INPUT -d$A'
	become '-A INPUT -d 192.0.2.1
-A INPUT -d 192.0.2.2' ''
	good_rules '-A INPUT -m comment --comment=x$P-${P}' '-A INPUT -m comment --comment x22-22
-A INPUT -m comment --comment x22-80
-A INPUT -m comment --comment x80-22
-A INPUT -m comment --comment x80-80'
}

refused_by_the_kernel() { # LINE
	dropin 10-a.rules "-A INPUT -i lo
$1"
	run_rampart 2 validate
	assert_error_has "$RULES:2: error: "
}

ambiguous() {
	refused_by_the_kernel '-A INPUT --in eth0'
	refused_by_the_kernel '-A INPUT --s 192.0.2.1'
	refused_by_the_kernel '-A INPUT --nosuchoption'
	refused_by_the_kernel '-A INPUT -m nosuchmatch'
	refused_by_the_kernel '-A INPUT -j NOSUCHTARGET'
	refused_by_the_kernel '-A INPUT --dport 22'
	refused_by_the_kernel '-A INPUT -x'
}

@test "rules: an ambiguous or unknown option is refused with file and line, on both backends" {
	each_backend ambiguous
}

@test "rules: words that could be read in two ways are refused before the kernel sees them" {
	while IFS='|' read -r line text; do
		bad_rules "$line" "1: error: $text"
	done <<-'END'
		-A INPUT --s 192.0.2.1|option '--s' is short for several: write it in full
		-A INPUT -p tcp --dpor 80|option '--dpor' is short for several: write it in full
		-A INPUT -c 1 -j ACCEPT|'-j' is not a counter's value
		-A INPUT -c x 2 -j ACCEPT|'x' is not a counter's value
		-A INPUT --set-counters 1,x -j ACCEPT|'1,x' is not a counter's value
		! -4 -A INPUT -j ACCEPT|'-4' stands by itself
		-A INPUT ! -6 -j ACCEPT|'-6' stands by itself
		-A INPUT -4x -j ACCEPT|'-4' stands by itself
		-A INPUT --ipv6=x -j ACCEPT|'--ipv6' stands by itself
		-A INPUT -m limit --limit "5/s x"|'5/s x' of '--limit' can't hold blanks or quotes: iptables-save would write it as several words
		-A INPUT -m recent --set --name "a\"b"|'a"b' of '--name' can't hold blanks or quotes: iptables-save would write it as several words
	END
	good_rules '-A INPUT -c 1 2 -j ACCEPT
-A INPUT --set-counters 1,2 -j ACCEPT' '-A INPUT -j ACCEPT
-A INPUT -j ACCEPT'
}

@test "rules: a negation that stands behind its option shows where it belongs" {
	# as old scripts have it
	for option in -s -d --source --destination; do
		bad_rules "-A INPUT $option ! 10.1.1.0/24 -j ACCEPT" \
			"1: error: '!' stands before the option: '! $option VALUE'"
	done
	bad_rules '-A INPUT -s !' "1: error: '!' stands before the option: '! -s VALUE'"
	# everywhere else at least file and line
	for text in '-i ! eth0' '-p ! tcp' '-p tcp --dport ! 22'; do
		dropin 10-a.rules "-A INPUT $text -j ACCEPT"
		run_rampart 2 show
		assert_error_has "$RULES:1: error: "
	done
}

@test "rules: a negation before the option" {
	good_rules '-A INPUT ! -s 10.1.1.0/24 ! -i eth0 ! -p tcp' '-A INPUT ! -s 10.1.1.0/24 ! -i eth0 ! -p tcp' ''
	good_rules '-A INPUT -p tcp ! --syn ! --dport 22' '-A INPUT -p tcp ! --syn ! --dport 22'
	bad_rules '-A INPUT ! ! -s 192.0.2.1' "1: error: '!' must stand before an option"
	bad_rules '-A INPUT -j ACCEPT !' "1: error: '!' must stand before an option"
	bad_rules '-A INPUT ! eth0' "1: error: '!' must stand before an option"
	bad_rules '! -A INPUT -j ACCEPT' "1: error: '!' before a command"
	bad_rules '-A INPUT !-s 192.0.2.1' "1: error: unexpected word '!-s'"
}

@test "rules: what can be wrong with a line's options and values" {
	while IFS='|' read -r line text; do
		bad_rules "# line
$line" "2: error: $text"
	done <<-'END'
		-A|command '-A' needs a chain
		-A -j ACCEPT|command '-A' needs a chain
		--append|command '--append' needs a chain
		-N|command '-N' needs a chain
		-D|command '-D' needs a chain
		-R|command '-R' needs a chain
		-I|command '-I' needs a chain
		-P|command '-P' needs a chain
		-P INPUT|command '-P' needs a chain and a policy
		-E A|command '-E' needs the old and the new name
		-j ACCEPT|no command such as -A in this line
		-4|no command such as -A in this line
		-A INPUT -j|option '-j' needs a value
		-A INPUT -s|option '-s' needs a value
		-A INPUT --jump|option '--jump' needs a value
		-A INPUT -p tcp --tcp-flags SYN|option '--tcp-flags' needs two values
		-A INPUT -j ACCEPT -c 1|option '-c' needs two values
		-A INPUT -p tcp --syn=1|option '--syn' takes no value
		-A INPUT -j ACCEPT foo|unexpected word 'foo'
		-A INPUT 3 -j ACCEPT|unexpected word '3'
		-A INPUT -A OUTPUT -j ACCEPT|two commands in one line: -A and -A
		-A INPUT -F|two commands in one line: -A and -F
		-I INPUT 0 -j ACCEPT|'0' is not the number of a rule
		-I INPUT x -j ACCEPT|'x' is not the number of a rule
		-R INPUT 4294967296 -j ACCEPT|'4294967296' is not the number of a rule
	END
}

@test "rules: counters are read and ignored" {
	good_rules '[5:300] -A INPUT -i lo -j ACCEPT
[0:0] -A INPUT -i eth0
-A INPUT -i eth1 -c 3 4
-A INPUT -i eth2 --set-counters 3 4
:INPUT ACCEPT [12:3456]
:WEB - [7:8]
[18446744073709551615:18446744073709551615] -A INPUT -j WEB' '-A INPUT -i lo -j ACCEPT
-A INPUT -i eth0
-A INPUT -i eth1
-A INPUT -i eth2
-A INPUT -j WEB'
	bad_rules '[5:300]' "1: error: '[5:300]' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
	bad_rules '[5:300 -A INPUT' "1: error: '[5:300' begins no line of a rules file: expected -A and its kin, *TABLE, :CHAIN, COMMIT or #"
}

live_counters_stay() {
	dropin 10-a.rules '-A OUTPUT -o lo -p udp --dport 9 -j DROP'
	run_rampart 0 apply
	ns bash -c 'echo x >/dev/udp/127.0.0.1/9' || true
	counted=$(packets ipv4 filter rampart-OUTPUT 1)
	[ "$counted" -gt 0 ]
	dropin 10-a.rules '[5:300] -A OUTPUT -o lo -p udp --dport 9 -j DROP -c 7 8
-A OUTPUT -o eth7'
	run_rampart 0 apply
	assert_equal "$(packets ipv4 filter rampart-OUTPUT 1)" "$counted"
	assert_equal "$(packets ipv4 filter rampart-OUTPUT 2)" 0
}

@test "rules: live counters stay, whatever counters the file has" {
	each_backend live_counters_stay
}

# --- chain lines ----------------------------------------------------------------------

@test "rules: chain lines" {
	dropin 10-a.rules ':INPUT DROP [0:0]
:FORWARD ACCEPT
:OUTPUT [3:4]
:A -
:B - [1:2]
:C
-A INPUT -j A
-A INPUT -j B
-A INPUT -j C'
	run_rampart 0 show -4
	assert_equal "$(grep '^:' <<<"$output" | sort)" ':A - [0:0]
:B - [0:0]
:C - [0:0]
:FORWARD ACCEPT [0:0]
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
:rampart-INPUT - [0:0]'
	while IFS='|' read -r line text; do
		bad_rules "$line" "1: error: $text"
	done <<-'END'
		:|not a chain line: ':CHAIN POLICY [packets:bytes]'
		: WEB -|not a chain line: ':CHAIN POLICY [packets:bytes]'
		:WEB - x|not a chain line: ':CHAIN POLICY [packets:bytes]'
		:WEB - [0:0] x|not a chain line: ':CHAIN POLICY [packets:bytes]'
		:WEB ACCEPT|'WEB' is not a built-in chain of table 'filter': only those have a policy
		:PREROUTING DROP [0:0]|'PREROUTING' is not a built-in chain of table 'filter': only those have a policy
		:INPUT REJECT|policy of 'INPUT' must be ACCEPT or DROP, not 'REJECT'
		:INPUT accept|policy of 'INPUT' must be ACCEPT or DROP, not 'accept'
	END
}

@test "rules: a chain's name" {
	for name in a "$(word 28 A)" 'a:b' 'a#b' 'a[b]' "a'b" 'LOGGING' '+' 'ä'; do
		good_rules ":$name -
-A $name -j ACCEPT
-A INPUT -j $name" "-A $name -j ACCEPT
-A INPUT -j $(case $name in a\'b | ä) echo "\"$name\"" ;; *) echo "$name" ;; esac)"
	done
	while IFS='|' read -r name text; do
		bad_rules "
-N $name" "2: error: '${name//\"/}': $text"
	done <<-'END'
		AAAAAAAAAAAAAAAAAAAAAAAAAAAAA|a chain's name has at most 28 bytes
		!a|a chain's name can't begin with '-' or '!'
		"a b"|a chain's name can't hold blanks, control characters, '"' or '\'
		a\b|a chain's name can't hold blanks, control characters, '"' or '\'
		ACCEPT|a verdict's name can't be a chain's
		DROP|a verdict's name can't be a chain's
		RETURN|a verdict's name can't be a chain's
		QUEUE|a verdict's name can't be a chain's
		rampart-x|names that begin with 'rampart-' are rampart's own
		rampart-INPUT|names that begin with 'rampart-' are rampart's own
	END
	bad_rules '-N INPUT' "1: error: 'INPUT' is a built-in chain"
	bad_rules '*nat
-N POSTROUTING' "2: error: 'POSTROUTING' is a built-in chain"
	good_rules '-N POSTROUTING
-A INPUT -j POSTROUTING' '-A INPUT -j POSTROUTING'
}

@test "rules: an empty chain name is an error for every command" {
	for line in ':"" -' '-N ""' '-A "" -j ACCEPT' '-I "" -j ACCEPT' '-I "" 1 -j ACCEPT' '-D "" -j ACCEPT' \
		'-D "" 1' '-R "" 1 -j ACCEPT' '-F ""' '-X ""' '-P "" DROP' '-E "" x' '-E WEB ""'; do
		echo "# $line"
		dropin 10-a.rules "-A INPUT -i lo
:WEB -
$line"
		run_rampart 2 show
		assert_error_has "$RULES:3: error: "
	done
}

# --- limits of the restore programs ---------------------------------------------------

# A rule of that many words, the command's among them.
rule_of_words() {
	local rule="-A INPUT" nr=2
	while [ $((nr + 4)) -le "$1" ]; do rule+=' -m comment --comment x' nr=$((nr + 4)); done
	case $(($1 - nr)) in
	1) rule+=' -f' ;;
	2) rule+=' -i lo' ;;
	3) rule+=' -f -i lo' ;;
	esac
	echo "$rule"
}

# A rule of that many bytes.
rule_of_bytes() {
	local rule="-A INPUT" left
	while [ ${#rule} -lt $(($1 - 600)) ]; do rule+=" -m comment --comment $(word 255)"; done
	left=$(($1 - ${#rule} - 44))
	rule+=" -m comment --comment $(word $((left / 2)))"
	echo "$rule -m comment --comment $(word $((left - left / 2)))"
}

limits() {
	baseline 'ownership = exclusive'
	dropin 10-a.rules "-A INPUT -m comment --comment $(word 1023)"
	run_rampart 0 validate
	dropin 10-a.rules "-A INPUT -i lo
-A INPUT -m comment --comment $(word 1024)"
	run_rampart 2 validate
	assert_error_line "$RULES:2: error: a word of the rule is longer than the 1023 bytes that iptables-restore takes"

	# one word less than the programs take: -I has a position
	dropin 10-a.rules "$(rule_of_words 250)"
	assert_equal "$(wc -w <"$ROOT$RULES")" 250
	run_rampart 0 validate
	dropin 10-a.rules "$(rule_of_words 251)"
	run_rampart 2 validate
	assert_error_line "$RULES:1: error: the rule has too many words: with chain and position iptables-restore takes 251"

	# 10238 with "-I", any chain's name and a position
	dropin 10-a.rules "$(rule_of_bytes 10205)"
	assert_equal "$(wc -c <"$ROOT$RULES")" 10206
	run_rampart 0 validate
	dropin 10-a.rules "$(rule_of_bytes 10206)"
	run_rampart 2 validate
	assert_error_line "$RULES:1: error: the rule is too long: with chain and position iptables-restore takes 10238 bytes"
}

@test "rules: the restore programs' limits are checked with file and line" {
	each_backend limits
}

limits_merge() {
	local bytes
	baseline 'ownership = merge'
	for bytes in 10229 10230 10231 10237 10238; do
		dropin 10-a.rules "$(rule_of_bytes $bytes)"
		echo "# $bytes bytes"
		if run_rampart 0 validate; then continue; fi
		run_rampart 2 validate
		assert_error_line "$RULES:1: error: the rule is too long: with chain and position iptables-restore takes 10238 bytes"
	done
}

@test "rules: the limit of a line counts what is restored, under the own chain's name" {
	each_backend limits_merge
}

limits_edit() {
	baseline 'ownership = merge'
	dropin 10-a.rules '-A INPUT -i lo
-A INPUT -i eth0'
	run_rampart 0 apply
	before=$(save ipv4 filter)
	# in the middle of a chain it is "-I rampart-INPUT 2 ..."
	dropin 10-a.rules "-A INPUT -i lo
$(rule_of_bytes 10230)
-A INPUT -i eth0"
	if ! run_rampart 0 apply; then
		run_rampart 2 apply
		assert_error_has "$RULES:2: error: "
		assert_equal "$(save ipv4 filter)" "$before"
	fi
}

@test "rules: a rule near the limit is applied, or refused before anything is changed" {
	each_backend limits_edit
}

@test "rules: the limits count what a set brings" {
	baseline "set \"LONG\" { values = {\"$(word 600)\"} }"
	bad_rules '-A INPUT -m comment --comment a$LONG$LONG' \
		'1: error: a word of the rule is longer than the 1023 bytes that iptables-restore takes'
	# a list of addresses is no long word: it becomes as many rules
	list=$(seq -s, -f 192.0.2.%g 120)
	good_rules "-A INPUT -s $list" "$(seq -f '-A INPUT -s 192.0.2.%g' 120)" ''
	good_rules "-A INPUT -p tcp -m multiport --dports $(seq -s, 1 400)" \
		"$(seq 1 400 | paste -sd "$(printf ',%.0s' {1..14})\n" | sed 's/^/-A INPUT -p tcp -m multiport --dports /')"
}

# --- what other tests need to rely on -------------------------------------------------

@test "rules: -i where a packet goes out, and -o where it comes in, are errors" {
	while IFS='|' read -r table chain option; do
		bad_rules "*$table
-A $chain $option eth0" "2: error: '$option' can't be used in chain '$chain'"
		baseline 'ownership = exclusive'
		bad_rules "*$table
-A $chain $option eth0" "2: error: '$option' can't be used in chain '$chain'"
		baseline ''
	done <<-'END'
		filter|INPUT|-o
		filter|OUTPUT|-i
		nat|PREROUTING|-o
		nat|POSTROUTING|-i
		mangle|INPUT|--out-interface
		raw|OUTPUT|--in-interface
	END
	good_rules '-A FORWARD -i eth0 -o eth1' '-A FORWARD -i eth0 -o eth1'
}

@test "rules: an ipset that does not exist is an error with a did-you-mean" {
	ns_start
	ns ipset create banned4 hash:net family inet
	bad_rules '-A INPUT -m set --match-set baned4 src -j DROP' \
		"1: error: ipset 'baned4' does not exist, did you mean 'banned4'?"
	bad_rules '-A INPUT -m set --match-set zzz src -j DROP' \
		"1: error: ipset 'zzz' does not exist: create it before rampart runs"
	good_rules '-A INPUT -m set --match-set banned4 src -j DROP' \
		'-A INPUT -m set --match-set banned4 src -j DROP' ''
}
