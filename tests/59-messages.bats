# messages: each text that the program can say is expected by some test.
load helpers

@test "messages: every message of the language has a test that provokes it" {
	cd "$BATS_TEST_DIRNAME/../src"
	# two of conffile.c can't be provoked: libconfuse without memory, or without a word of its own
	perl ../tests/messages.pl conflex.c confscan.c conffile.c config.c config_key.c value.c discover.c \
		fs.c template.c template_parse.c use.c token.c ruleline.c optable.c chainname.c expand.c \
		expand_list.c rules.c rules_make.c rules_emit.c wanted.c wanted_chain.c compile.c -- \
		../tests/[0-5][0-8]*.bats ../tests/cases/*/expected.err | grep -vx 'conffile.c: \(out of memory\|syntax error\)' \
		>"$BATS_TEST_TMPDIR/messages"
	assert_equal "$(sed '$d' "$BATS_TEST_TMPDIR/messages")" ''
	# it has looked at something
	[ "$(sed -n '$s/ .*//p' "$BATS_TEST_TMPDIR/messages")" -gt 150 ]
}

# Literals of several words that no test reads, as messages.pl gives them.
no_tests() {
	# what tells one thing from another in the words of the kernel and of other programs
	cat <<-'END'
		kmsg.c: _tables: ip
		listing.c: is incompatible
		live.c: Parsing nftables rule failed
		refusal.c: \nError occurred
		capture_fault.c: Perhaps ip
		capture_fault.c: Run `dmesg'
	END
	echo 'refusal.c: Error occurred at line: ' # with its blank
	echo 'import_lines.c: # Completed on ' # the same
	# formats of files: of the kernel, of iptables-save, and of ours in /run
	cat <<-'END'
		lock.c: %*d: FLOCK %*s %*s %ld %x:%x:%lu
		pending.c: generation %u\nconfirm %8s\nboot %39s\ndeadline %lld\n
		pending.c: generation %u\nconfirm %s\nboot %s\ndeadline %lld\n
		proof_known.c: rampart-proven 2\n%s\n%s %s\n%s\n
		state_header.c: captured %s\n
		state_loaded.c: boot %s\nnetns %llu\nbackend %s\nfingerprint %llu\n
	END
	# formats of what is no file: the commands to ipset, the shell's traps, and the shim in the program
	cat <<-'END'
		capture_shell.c:  ;; esac' DEBUG ;;\nesac\n
		capture_shell.c: -} in\n'') trap '
		ipset_fill.c: swap %s %.*s\ndestroy %s\n
		shim_image.c: .section .rodata\n.global shim_image\n.balign 16\nshim_image:\n.incbin \"
		shim_image.c: \"\n.global shim_image_end\nshim_image_end:\n.byte 0\n.previous\n
	END
	# these with their blanks
	printf '%s\n' 'capture_shell.c: set -T\nexport '
	printf '%s\n' "capture_shell.c: ' DEBUG ;;\n*) trap 'case \${BASH_SOURCE-} in \\\"\\\" | environment) ;; *) "
	# the words that iptables has for values
	perl ../tests/messages.pl plain_words.c -- /dev/null | grep '^plain_words.c: '
	# half a minute and two minutes of silence of a process that lives
	echo 'child_sandbox.c: the sandbox of the scripts does not answer'
	echo "child_talk.c: '%s' does not answer"
	# said only if the program itself is wrong: an end that is taken twice, a text for a file that is
	# no script, more directories than there can be layers, an import that its own look finds wrong
	cat <<-'END'
		child_sandbox.c: no shell runs in the sandbox
		child_sandbox_scripts.c: directories with scripts
		child_sandbox_shell.c: no such script
		import_run.c: imported, but not compared with its rules: no network namespace can be made here: %s
		import_run.c: what was made of it makes other rules
	END
	# of this one only the reason is told, behind "no namespaces here"
	echo 'child_sandbox_init.c: no descriptors'
	# the compiler says it
	echo 'arena.c: the payload would not be aligned'
	echo 'proof.c: each keeps its own'
	echo 'commit_exchange_make.c: each is a source'
	# these can't be provoked: libconfuse without a word of its own; a resolver that finds a name,
	# and no address of either family
	echo 'conffile.c: syntax error'
	echo 'hosts.c: the name has no address'
}

@test "messages: every message has a test that provokes it" {
	cd "$BATS_TEST_DIRNAME/../src"
	# without this file, or what it leaves out would be found in it
	tests=(../tests/cases/*/expected.err)
	for file in ../tests/*.bats; do
		[ "$file" -ef "$BATS_TEST_FILENAME" ] || tests+=("$file")
	done
	# preset.c: patterns of the rules of others, which 83-exclusive.bats lays.
	# main.c: help, which 70-docs.bats compares with the manual, and the names of options.
	perl ../tests/messages.pl ./*.c -- "${tests[@]}" | sed 's/^\.\///' |
		grep -vP '^(preset\.c|main\.c): (?!rampart: error|only root)' >"$BATS_TEST_TMPDIR/messages"
	assert_equal "$(sed '$d' "$BATS_TEST_TMPDIR/messages" | sort)" "$(no_tests | sort)"
	[ "$(sed -n '$s/ .*//p' "$BATS_TEST_TMPDIR/messages")" -gt 350 ]
}

@test "messages: a message without a test is found" {
	cd "$BATS_TEST_TMPDIR"
	cat >source.c <<-'END'
		/* "a comment is no message" */
		diag_error(diags, origin, "a fault of '%s' in "
			   "two \"parts\" of %u", name, n);
		diag_error(diags, origin, "one that is expected: %s", name);
		fprintf(stderr, "one with its newline\n");
	END
	cat >a.bats <<-'END'
		# a fault of 'x' in two "parts" of 3
		bad_rules "1: error: one that is expected: y"
		assert_error_line 'one with its newline'
	END
	assert_equal "$(perl "$BATS_TEST_DIRNAME/messages.pl" source.c -- a.bats)" \
		'source.c: a fault of '"'%s'"' in two \"parts\" of %u
3 messages'
	echo "refused \"a fault of 'x' in two \\\"parts\\\" of 3\"" >>a.bats
	assert_equal "$(perl "$BATS_TEST_DIRNAME/messages.pl" source.c -- a.bats)" '3 messages'
}
