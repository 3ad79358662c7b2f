# layers: which drop-ins take part, and in which order (rampart(8), "Files").
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

LOW=usr/lib/rampart/conf.d
MID=run/rampart/conf.d
HIGH=etc/rampart/conf.d

# One rule that says where it comes from.
rule() {
	echo "-A INPUT -i $1 -j ACCEPT"
}

# --- override and order ---------------------------------------------------------------

@test "layers: the same name in a higher layer replaces the lower file whole" {
	file $LOW/10-a.rules "$(rule low1)
$(rule low2)"
	become "$(rule low1)
$(rule low2)"
	file $MID/10-a.rules "$(rule mid)"
	become "$(rule mid)"
	file $HIGH/10-a.rules "$(rule high)"
	become "$(rule high)"
	rm "$ROOT/$MID/10-a.rules"
	become "$(rule high)"
	# another ending is another name
	file $MID/10-a.conf 't {}'
	template t "$(rule use)"
	become "$(rule use)
$(rule high)"
}

@test "layers: all names are sorted in byte order, whatever their layer" {
	export LC_ALL=C.UTF-8
	i=0
	for name in 9 Z a b 10-b 10-a 10 1 "10 a" _ ä '+' 10-a.v4 ~a '=' ; do
		case $((i % 3)) in 0) layer=$LOW ;; 1) layer=$MID ;; *) layer=$HIGH ;; esac
		file "$layer/$name.rules" "-A INPUT -i if$i -j ACCEPT"
		i=$((i + 1))
	done
	run_rampart 0 list
	assert_equal "$(sed 's/\.rules .*/.rules/' <<<"$output")" '+.rules
1.rules
10 a.rules
10-a.rules
10-a.v4.rules
10-b.rules
10.rules
9.rules
=.rules
Z.rules
_.rules
a.rules
b.rules
~a.rules
ä.rules'
	become "$(printf -- '-A INPUT -i if%d -j ACCEPT\n' 11 7 8 5 12 4 6 0 14 1 9 2 3 13 10)" \
		"$(printf -- '-A INPUT -i if%d -j ACCEPT\n' 11 7 8 5 4 6 0 14 1 9 2 3 13 10)"
}

@test "layers: list shows name, kind and layer of each drop-in, in their order" {
	file $LOW/20-b.rules "$(rule a)"
	file $MID/10-long-name.conf '# nothing'
	file $HIGH/30-c.sh 'exit 0'
	run_rampart 0 list
	assert_equal "$output" '10-long-name.conf  uses    /run/rampart/conf.d
20-b.rules         rules   /usr/lib/rampart/conf.d
30-c.sh            script  /etc/rampart/conf.d'
	assert_equal "$stderr" ''
	run_rampart 0 list --all
	assert_equal "$(wc -l <<<"$output")" 3
}

@test "layers: no drop-in at all is a good configuration" {
	run_rampart 0 list
	assert_silent
	run_rampart 0 show
	assert_silent
	run_rampart 0 validate
	assert_output_has 'valid (nft); drop-ins: 0, rules: ipv4 0, ipv6 0'
}

# --- masks ----------------------------------------------------------------------------

@test "layers: a link to /dev/null or an empty file masks the name" {
	for mask in link empty link-to-empty; do
		rm -rf "${ROOT:?}"/{usr,run,etc}
		file $LOW/10-a.rules "$(rule low)"
		file $LOW/20-b.rules "$(rule other)"
		file $HIGH/30-c.rules "$(rule high)"
		case $mask in
		link) ln -s /dev/null "$ROOT/$HIGH/10-a.rules" ;;
		empty) : >"$ROOT/$HIGH/10-a.rules" ;;
		link-to-empty)
			: >"$ROOT/etc/nothing"
			ln -s ../../nothing "$ROOT/$HIGH/10-a.rules"
			;;
		esac
		become "$(rule other)
$(rule high)"
		run_rampart 0 list
		refute_output_has 10-a
		run_rampart 0 list --all
		assert_output_line '- /usr/lib/rampart/conf.d/10-a.rules: masked by /etc/rampart/conf.d/10-a.rules'
		assert_output_line '- /etc/rampart/conf.d/10-a.rules: empty or a link to /dev/null: masks the name'
	done
}

@test "layers: a mask in the middle hides what is below, and is itself overridden from above" {
	file $LOW/10-a.rules "$(rule low)"
	mkdir -p "$ROOT/$MID"
	ln -s /dev/null "$ROOT/$MID/10-a.rules"
	run_rampart 0 show
	assert_silent
	file $HIGH/10-a.rules "$(rule high)"
	become "$(rule high)"
	run_rampart 0 list --all
	assert_equal "$output" '10-a.rules  rules   /etc/rampart/conf.d
- /run/rampart/conf.d/10-a.rules: overridden by /etc/rampart/conf.d/10-a.rules
- /usr/lib/rampart/conf.d/10-a.rules: masked by /run/rampart/conf.d/10-a.rules'
}

@test "layers: a file with nothing but blanks or comments is a drop-in, not a mask" {
	file $LOW/10-a.rules "$(rule low)"
	file $HIGH/10-a.rules ''
	become ''
	run_rampart 0 list
	assert_output_line '10-a.rules  rules   /etc/rampart/conf.d'
	file $HIGH/10-a.rules '# nothing here'
	become ''
	run_rampart 0 list
	assert_output_line '10-a.rules  rules   /etc/rampart/conf.d'
}

@test "layers: a higher file that is refused does not bring back the lower one" {
	file $LOW/10-a.rules "$(rule low)"
	file $HIGH/10-a.rules "$(rule high)"
	chmod 666 "$ROOT/$HIGH/10-a.rules"
	run_rampart 2 show
	assert_equal "$output" ''
	run_rampart 2 list
	refute_output_has "$LOW"
}

# --- what is skipped ------------------------------------------------------------------

# name|reason, for each kind of file that takes no part
skipped_names() {
	cat <<-'END'
		.hidden.rules|name begins with a dot
		.10-a.rules.swp|name begins with a dot
		.10-a.rules.Xa3d9f|name begins with a dot
		.ansible_tmpab12_10-a.rules|name begins with a dot
		.#10-a.rules|name begins with a dot
		.keep|name begins with a dot
		10-a.rules~|name ends in '~': a backup
		10-a.conf~|name ends in '~': a backup
		#10-a.rules#|name begins with '#': an editor's temporary file
		#10-a.rules|name begins with '#': an editor's temporary file
		10-a.rules.dpkg-old|left by the package manager
		10-a.rules.dpkg-new|left by the package manager
		10-a.rules.dpkg-tmp|left by the package manager
		10-a.rules.dpkg-dist|left by the package manager
		10-a.conf.dpkg-bak|left by the package manager
		10-a.sh.dpkg-backup|left by the package manager
		10-a.rules.dpkg-remove|left by the package manager
		10-a.rules.rpmnew|left by the package manager
		10-a.rules.rpmsave|left by the package manager
		10-a.rules.rpmorig|left by the package manager
		10-a.rules.ucf-new|left by the package manager
		10-a.rules.ucf-old|left by the package manager
		10-a.rules.ucf-dist|left by the package manager
		10-a.rules.bak|a backup
		10-a.rules.swp|a backup
		10-a.rules.orig|a backup
		README|name does not end in .rules, .conf or .sh
		10-a|name does not end in .rules, .conf or .sh
		10-a.RULES|name does not end in .rules, .conf or .sh
		10-a.rules.12345.2024-01-01@12:00:00~|name ends in '~': a backup
		10-a.rules.save|name does not end in .rules, .conf or .sh
		10-a.rules.disabled|name does not end in .rules, .conf or .sh
		10-a.rules20240101-4711-1abc|name does not end in .rules, .conf or .sh
		10-a.rules |name does not end in .rules, .conf or .sh
		10-a_rules|name does not end in .rules, .conf or .sh
		10-a.rules.cfsaved|name does not end in .rules, .conf or .sh
		rules|name does not end in .rules, .conf or .sh
		.rules|name begins with a dot
		.sh|name begins with a dot
		10-a.shx|name does not end in .rules, .conf or .sh
	END
}

@test "layers: what is no drop-in is skipped in every layer, and list --all says why" {
	file $HIGH/10-a.rules "$(rule high)"
	for layer in $LOW $MID $HIGH; do
		mkdir -p "$ROOT/$layer"
		while IFS='|' read -r name _; do
			echo 'this would be an error' >"$ROOT/$layer/$name"
		done < <(skipped_names)
	done
	mkdir "$ROOT/$HIGH/subdir"
	mkfifo "$ROOT/$HIGH/pipe" # not even looked at
	become "$(rule high)"
	run_rampart 0 list
	assert_equal "$output" '10-a.rules  rules   /etc/rampart/conf.d'
	run_rampart 0 list --all
	for layer in $LOW $MID $HIGH; do
		while IFS='|' read -r name reason; do
			assert_output_line "- /$layer/$name: $reason"
		done < <(skipped_names)
	done
	assert_output_line '- /etc/rampart/conf.d/subdir: name does not end in .rules, .conf or .sh'
	assert_output_line '- /etc/rampart/conf.d/pipe: name does not end in .rules, .conf or .sh'
	assert_equal "$(grep -c '^- ' <<<"$output")" $((3 * $(skipped_names | wc -l) + 2))
	# in the order of their paths
	assert_equal "$(grep '^- ' <<<"$output" | sed 's/^- //; s/: [a-z ].*//' | LC_ALL=C sort -c 2>&1)" ''
}

@test "layers: temporary files of editors and config managers that end like a drop-in" {
	# what puppet, salt, ansible, rsync, sed -i and editors put beside the file they replace
	for name in .10-a.rules '#10-b.rules' .10-c.rules.rules .ansible_tmpx.rules .sedAbc.rules; do
		file "$HIGH/$name" 'this would be an error'
	done
	become ''
}

@test "layers: a skipped name hides nothing" {
	file $LOW/10-a.rules "$(rule low)"
	file $HIGH/10-a.rules~ "$(rule backup)"
	: >"$ROOT/$HIGH/.10-a.rules"
	become "$(rule low)"
}

@test "layers: list --all escapes what could drive a terminal" {
	: >"$ROOT/$HIGH/"$'a\e[31m\n'
	run_rampart 0 list --all
	assert_equal "$output" '- /etc/rampart/conf.d/a\x1b[31m\x0a: name does not end in .rules, .conf or .sh'
}

@test "layers: list --json has what the text has" {
	file $LOW/10-a.rules "$(rule low)"
	file $HIGH/10-a.rules "$(rule high)"
	file $HIGH/README 'x'
	run_rampart 0 list --all --json
	assert_equal "$(perl -MJSON::PP -0777 -ne 'my $j = decode_json($_);
		print "$_->{name} $_->{kind} $_->{layer} $_->{path}\n" for @{$j->{dropins}};
		print "$_->{path}: $_->{reason}\n" for @{$j->{skipped}}' <<<"$output")" \
		'10-a.rules rules /etc/rampart/conf.d /etc/rampart/conf.d/10-a.rules
/etc/rampart/conf.d/README: name does not end in .rules, .conf or .sh
/usr/lib/rampart/conf.d/10-a.rules: overridden by /etc/rampart/conf.d/10-a.rules'
}

@test "layers: a script drop-in takes part in its place, and is masked as any other" {
	file $HIGH/10-a.sh 'iptables -A INPUT -p tcp --dport 2 -j ACCEPT'
	file $HIGH/05-a.rules '-4 -A INPUT -p tcp --dport 1 -j ACCEPT'
	file $HIGH/20-a.rules '-4 -A INPUT -p tcp --dport 3 -j ACCEPT'
	assert_equal "$(shown_written ipv4 | grep -o 'dport .')" 'dport 1
dport 2
dport 3'
	ln -sf /dev/null "$ROOT/$CONF_D/10-a.sh"
	assert_equal "$(shown_written ipv4 | grep -o 'dport .')" 'dport 1
dport 3'
}

# --- directories ----------------------------------------------------------------------

@test "layers: the baseline may name other directories, as many as 8" {
	text='layers = {'
	for i in 1 2 3 4 5 6 7 8; do
		file "l$i/10-a.rules" "$(rule "same$i")"
		file "l$i/2$i.rules" "$(rule "own$i")"
		text+="/l$i,"
	done
	file $HIGH/99-not.rules "$(rule not)"
	baseline "$text}"
	become "$(rule same8)
$(printf -- '-A INPUT -i own%d -j ACCEPT\n' 1 2 3 4 5 6 7 8)"
}

# --- validate FILE --------------------------------------------------------------------

@test "layers: validate FILE judges it as the drop-in of its name, inside the whole set" {
	baseline 'ownership = exclusive'
	file $LOW/10-a.rules ':WEB -'
	file $HIGH/20-b.rules '-A WEB -j ACCEPT
-A INPUT -j WEB'
	new=$BATS_TEST_TMPDIR/20-b.rules
	echo '-A WEB -j DROP
-A INPUT -j WEB' >"$new"
	run_rampart 0 validate "$new"
	echo '-A WEN -j DROP' >"$new"
	run_rampart 2 validate "$new"
	assert_error_has "$new:1: error: chain 'WEN' is not defined in table 'filter', did you mean 'WEB'?"
	# it takes the place of every layer's file of its name
	echo '# none' >"$BATS_TEST_TMPDIR/10-a.rules"
	run_rampart 2 validate "$BATS_TEST_TMPDIR/10-a.rules"
	assert_error_has "/$HIGH/20-b.rules:1: error: chain 'WEB' is not defined in table 'filter'"
	run_rampart 2 validate --as 10-a.rules "$BATS_TEST_TMPDIR/10-a.rules"
	assert_error_has "/$HIGH/20-b.rules:1: error: chain 'WEB' is not defined in table 'filter'"
	# of a masked name as well
	ln -sf /dev/null "$ROOT/$HIGH/20-b.rules"
	run_rampart 2 validate "$new"
	assert_error_has "$new:1: error: chain 'WEN'"
	# several at once
	echo ':WEN -
-A INPUT -j WEN' >"$BATS_TEST_TMPDIR/15-c.rules"
	run_rampart 0 validate "$new" "$BATS_TEST_TMPDIR/15-c.rules"
	# nothing was written anywhere
	run_rampart 0 list
	assert_equal "$output" '10-a.rules  rules   /usr/lib/rampart/conf.d'
}

@test "layers: validate takes no two files of one name" {
	mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	echo '-A INPUT -i lo -j ACCEPT' | tee "$BATS_TEST_TMPDIR/a/20-b.rules" >"$BATS_TEST_TMPDIR/b/20-b.rules"
	run_rampart 2 validate "$BATS_TEST_TMPDIR"/[ab]/20-b.rules
	assert_error_line "$BATS_TEST_TMPDIR/b/20-b.rules: error: stands for the drop-in '20-b.rules', as '$BATS_TEST_TMPDIR/a/20-b.rules' does"
}

@test "layers: validate --as names the drop-in that a temporary file is for" {
	tmp=$BATS_TEST_TMPDIR/tmp.x7f3
	echo '-A INPUT -p tcp --dport $NO -j ACCEPT' >"$tmp"
	run_rampart 2 validate --as 30-new.rules "$tmp"
	assert_error_line "/$HIGH/30-new.rules:1: error: unknown set 'NO'"
	assert_error_line 'rampart: not valid; nothing was changed'
	run_rampart 2 validate "$tmp"
	assert_error_line "$tmp: error: name does not end in .rules, .conf or .sh; say --as NAME.rules"
	run_rampart 2 validate --as .x.rules "$tmp"
	assert_error_line "$tmp: error: name begins with a dot; say --as NAME.rules"
	run_rampart 2 validate --as ../x.rules "$tmp"
	assert_error_line "$tmp: error: a drop-in's name holds no '/'; say --as NAME.rules"
	run_rampart 64 validate --as a.rules "$tmp" "$tmp"
	assert_error_line 'rampart: error: --as takes exactly one FILE'
	run_rampart 2 validate --as a.rules "$BATS_TEST_TMPDIR/none"
	assert_error_line "$BATS_TEST_TMPDIR/none: error: No such file or directory"
	# its kind and its families are those of the name
	template t '-A INPUT -j ACCEPT'
	echo 't {}' >"$tmp"
	run_rampart 0 validate --as 30-new.conf "$tmp"
	echo '-A INPUT -s 192.0.2.1 -j ACCEPT' >"$tmp"
	run_rampart 0 validate --as a.v4.rules "$tmp"
	run_rampart 2 validate --as a.v6.rules "$tmp"
	assert_error_has "/$HIGH/a.v6.rules:1: error: one rule can't be for both families"
}

@test "layers: validate reads standard input as '-'" {
	for text in '-A INPUT -i lo' '-A INPUT -p tcp --dport $NO'; do
		"$RAMPART" --root "$ROOT" validate --parse-only --as 30-new.rules - <<<"$text" \
			>"$BATS_TEST_TMPDIR/out" 2>&1 || true
		cat "$BATS_TEST_TMPDIR/out"
		case $text in
		*NO) grep -Fx "/$HIGH/30-new.rules:1: error: unknown set 'NO'" "$BATS_TEST_TMPDIR/out" ;;
		*) assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" 'parsed, not proven' ;;
		esac
	done
}
