# optable: the table of options against the extensions of iptables that are installed.
load helpers

@test "optable: it says of each option how many values it takes" {
	[ -e /usr/include/xtables.h ] || skip 'libxtables-dev is not installed'
	local program=$BATS_TEST_TMPDIR/optable source=$BATS_TEST_DIRNAME/..
	local dirs=(/usr/lib/*/xtables /usr/lib/xtables /usr/lib64/xtables /lib/xtables)
	# -rdynamic: the extensions must find this program's xtables_register_match()
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -I"$source/src" -rdynamic -o "$program" \
		"$source/tests/optable.c" "$source/src/optable.c" -ldl
	"$program" "${dirs[@]}" >"$BATS_TEST_TMPDIR/options"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -gt 300 ]
}
