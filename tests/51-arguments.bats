# arguments: whatever bytes an argument has, they arrive in the kernel as they were written.
load helpers
load lang

# What is hard to quote, one for each line, as bash's printf %b writes it.
awkward() {
	cat <<-'END'
		two words
		 leading and trailing 
		tab\there
		"
		say "hi"
		"quoted"
		\\
		a\\b
		ends in \\
		\\"
		\\n
		'
		it's
		'quoted'
		-
		--
		-j
		-A INPUT -j ACCEPT
		--comment
		!
		! -s
		#
		# no comment
		a#b
		$
		$HOME
		${HOME}
		$(id)
		`id`
		*
		~
		?[a-z]
		;|&<>
		%s%n%d
		{a,b}
		,
		=
		:
		*filter
		COMMIT
		[1:2]
		\x01\x1b\x7f
		\xff\xfe
		\xc3\xa4\xc3
		äöü €
		a\rb
	END
	printf '%s\n' "$(word 255)"
	printf '%s\n' "$(word 127 '"')"
	printf '%s\n' "$(printf 'ä%.0s' {1..127})"
}

# The word as a drop-in's author would quote it.
quoted() {
	local text=${1//\\/\\\\}
	printf '"%s"' "${text//\"/\\\"}"
}

# The same as a value in the baseline or in a use: libconfuse has escapes of its own.
config_quoted() {
	printf '"'
	printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g'
	printf '"'
}

# What the kernel holds of a chain, made by rampart and made natively.
compare() { # FAMILY-PROGRAM CHAIN NATIVE-CHAIN
	local program=$1-$BACKEND-save
	ns "$program" -t filter | LC_ALL=C sed -n "s/^-A $2 //p" >"$BATS_TEST_TMPDIR/ours"
	ns "$program" -t filter | LC_ALL=C sed -n "s/^-A $3 //p" >"$BATS_TEST_TMPDIR/native"
	[ -s "$BATS_TEST_TMPDIR/native" ]
	LC_ALL=C diff -a "$BATS_TEST_TMPDIR/native" "$BATS_TEST_TMPDIR/ours"
}

# All awkward words as comments: a drop-in's text, a set's value, a template's parameter.
comments() {
	local text
	: >"$ROOT$RULES"
	: >"$ROOT$USES"
	template t 'param c string
-A INPUT -m comment --comment $c -i t'
	printf 'set "ALL" { values = {' >"$ROOT$CONF"
	while IFS= read -r text; do
		printf -v text %b "$text"
		printf -- '-A INPUT -m comment --comment %s -j ACCEPT\n' "$(quoted "$text")" >>"$ROOT$RULES"
		[ "$text" != '$HOME' ] || text='$ HOME' # all of a value: the name of a set
		printf 't { c = %s }\n' "$(config_quoted "$text")" >>"$ROOT$USES"
		printf '%s, ' "$(config_quoted "$text")" >>"$ROOT$CONF"
	done < <(awkward)
	echo '} }' >>"$ROOT$CONF"
	echo '-A INPUT -m comment --comment $ALL -i set' >>"$ROOT$RULES"
	run_rampart 0 apply
	ipt -N NATIVE
	while IFS= read -r text; do
		printf -v text %b "$text"
		ipt -A NATIVE -m comment --comment "$text" -j ACCEPT
	done < <(awkward)
	for interface in set t; do
		while IFS= read -r text; do
			printf -v text %b "$text"
			[ "$text" != '$HOME' ] || text='$ HOME'
			ipt -A NATIVE -m comment --comment "$text" -i $interface
		done < <(awkward)
	done
	compare iptables rampart-INPUT NATIVE
	# what was read back is what was wanted
	run_rampart 0 check
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
}

@test "arguments: comments arrive byte for byte, from drop-ins, sets and templates" {
	each_backend comments
}

prefixes() {
	local text
	: >"$ROOT$RULES"
	ipt -N NATIVE
	ip6t -N NATIVE
	while IFS= read -r text; do
		printf -v text %b "$text"
		[ "$(printf %s "$text" | LC_ALL=C wc -c)" -le 29 ] || continue
		printf -- '-A INPUT -j LOG --log-prefix %s\n' "$(quoted "$text")" >>"$ROOT$RULES"
		ipt -A NATIVE -j LOG --log-prefix "$text"
		ip6t -A NATIVE -j LOG --log-prefix "$text"
		printf -- '-A INPUT -j NFLOG --nflog-prefix %s\n' "$(quoted "$text")" >>"$ROOT$RULES"
		ipt -A NATIVE -j NFLOG --nflog-prefix "$text"
		ip6t -A NATIVE -j NFLOG --nflog-prefix "$text"
		printf -- '-A INPUT -m string --algo bm --string %s\n' "$(quoted "$text")" >>"$ROOT$RULES"
		ipt -A NATIVE -m string --algo bm --string "$text"
		ip6t -A NATIVE -m string --algo bm --string "$text"
	done < <(awkward)
	run_rampart 0 apply
	compare iptables rampart-INPUT NATIVE
	compare ip6tables rampart-INPUT NATIVE
	run_rampart 0 check
}

@test "arguments: log prefixes and strings arrive byte for byte, in both families" {
	each_backend prefixes
}

empty() {
	dropin 10-a.rules '-A INPUT -m comment --comment "" -j ACCEPT'
	run_rampart 0 apply
	ipt -N NATIVE
	ipt -A NATIVE -m comment --comment "" -j ACCEPT
	compare iptables rampart-INPUT NATIVE
	run_rampart 0 check
	# where the programs refuse it, so do we, with its line
	dropin 10-a.rules '-A INPUT -i lo
-A INPUT -j LOG --log-prefix ""'
	run_rampart 2 apply
	assert_error_has "$RULES:2: error: refused: "
}

@test "arguments: an empty one" {
	each_backend empty
}

edited() {
	# the rules that stay are awkward, those that come go between them
	dropin 10-a.rules '-A INPUT -m comment --comment "a \"b\" \\ $c" -i eth0
-A INPUT -m comment --comment "# '"'x'"' `y`" -i eth1'
	run_rampart 0 apply
	dropin 10-a.rules '-A INPUT -m comment --comment "a \"b\" \\ $c" -i eth0
-A INPUT -m comment --comment "-A \"x" -i eth2
-A INPUT -m comment --comment "# '"'x'"' `y`" -i eth1'
	run_rampart 0 apply
	ipt -N NATIVE
	ipt -A NATIVE -m comment --comment 'a "b" \ $c' -i eth0
	ipt -A NATIVE -m comment --comment '-A "x' -i eth2
	ipt -A NATIVE -m comment --comment "# 'x' \`y\`" -i eth1
	compare iptables rampart-INPUT NATIVE
	run_rampart 0 flush
	assert_equal "$(rules ipv4 filter rampart-INPUT)" ''
}

@test "arguments: edits of a chain that holds awkward words" {
	each_backend edited
}

# A comment is cut by the programs themselves; a rule must hold what they would make of it.
long_comments() {
	local len
	ipt -N NATIVE
	: >"$ROOT$RULES"
	for len in 254 255 256 300 1023; do
		printf -- '-A INPUT -m comment --comment %s\n' "$(word $len)" >>"$ROOT$RULES"
		ipt -A NATIVE -m comment --comment "$(word $len)" || { # refused: then here as well
			run_rampart 2 validate
			assert_error_has "$RULES:$(wc -l <"$ROOT$RULES"): error: "
			sed -i '$d' "$ROOT$RULES"
		}
	done
	run_rampart 0 apply
	compare iptables rampart-INPUT NATIVE
}

@test "arguments: comments of 255 bytes and more are what the programs make of them" {
	each_backend long_comments
}

# What a save writes without quotes must not become options on the way back: the rule is either
# refused with its line, or arrives as it would natively; and live is never, not for a moment,
# anything else (exit 3 would be).
not_options() { # RULE
	local status=0
	baseline 'set "X" { values = {"x -j ACCEPT"} }'
	ns ipset create 'x -j ACCEPT' hash:ip
	ns ipset create x hash:ip
	dropin 10-a.rules '-A FORWARD -i first
-A FORWARD -i last'
	run_rampart 0 apply
	ns "iptables-$BACKEND-save" -t filter | sed '/^#/d; s/ \[.*//' >"$BATS_TEST_TMPDIR/before"
	dropin 10-a.rules "-A FORWARD -i first
-A FORWARD $1 -p tcp
-A FORWARD -i last"
	run_rampart 0 apply >"$BATS_TEST_TMPDIR/log" || status=$?
	if [ $status -ne 0 ]; then
		cat "$BATS_TEST_TMPDIR/log"
		run_rampart 2 apply
		assert_error_has "$RULES:2: error: "
		ns "iptables-$BACKEND-save" -t filter | sed '/^#/d; s/ \[.*//' | diff "$BATS_TEST_TMPDIR/before" -
	else
		ipt -N NATIVE
		rule=${1//\$X/\"x -j ACCEPT\"}
		eval "ipt -A NATIVE $rule -p tcp"
		assert_equal "$(ipt -L rampart-FORWARD 2 -n)" "$(ipt -L NATIVE 1 -n)"
		run_rampart 0 check
	fi
}

@test "arguments: blanks in an interface's name never become options" {
	each_backend not_options '-i "x -j ACCEPT"'
}

@test "arguments: blanks in an interface's name from a set never become options" {
	each_backend not_options '-o $X'
}

@test "arguments: blanks in a bridge port's name never become options" {
	each_backend not_options '-m physdev --physdev-in "x -j ACCEPT"'
}

@test "arguments: blanks in a recent list's name never become options" {
	each_backend not_options '-m recent --set --name "x -j ACCEPT"'
}

@test "arguments: blanks in a hashlimit's name never become options" {
	each_backend not_options '-m hashlimit --hashlimit-upto 5/sec --hashlimit-name "x -j ACCEPT"'
}

@test "arguments: blanks in an ipset's name never become options" {
	each_backend not_options '-m set --match-set "x -j ACCEPT" src'
}

@test "arguments: blanks in an ipset's name from a set never become options" {
	each_backend not_options '-m set --match-set $X src'
}

@test "arguments: blanks in a helper's name never become options" {
	each_backend not_options '-m helper --helper "x -j ACCEPT"'
}

@test "arguments: blanks in a comment never become options" {
	each_backend not_options '-m comment --comment $X'
}
