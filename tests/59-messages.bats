# messages: each text that reading the files can end in is expected by some test.
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

@test "messages: a message without a test is found" {
	cd "$BATS_TEST_TMPDIR"
	cat >source.c <<-'END'
		/* "a comment is no message" */
		diag_error(diags, origin, "a fault of '%s' in "
			   "two \"parts\" of %u", name, n);
		diag_error(diags, origin, "one that is expected: %s", name);
	END
	cat >a.bats <<-'END'
		# a fault of 'x' in two "parts" of 3
		bad_rules "1: error: one that is expected: y"
	END
	assert_equal "$(perl "$BATS_TEST_DIRNAME/messages.pl" source.c -- a.bats)" \
		'source.c: a fault of '"'%s'"' in two \"parts\" of %u
2 messages'
	echo "refused \"a fault of 'x' in two \\\"parts\\\" of 3\"" >>a.bats
	assert_equal "$(perl "$BATS_TEST_DIRNAME/messages.pl" source.c -- a.bats)" '2 messages'
}
