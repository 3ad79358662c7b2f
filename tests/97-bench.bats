# bench: tests/bench/speed measures what it says, and a run that fails is no figure.
load helpers

BENCH=$BATS_TEST_DIRNAME/bench/speed

# Rows of a table of RESULTS.md, without its head: table 'SECTION'
table() {
	awk -v title="## $1" '/^#/ { inside = $0 == title; nr = 0 } inside && /^\|/ && ++nr > 2' \
		"$BATS_TEST_TMPDIR/RESULTS.md"
}

speed() { # EXPECTED-EXIT-CODE ARG...
	local expected=$1 status=0
	shift
	timeout "$RAMPART_SECONDS" "$BENCH" --smoke --write "$BATS_TEST_TMPDIR" "$@" \
		>"$BATS_TEST_TMPDIR/log" 2>&1 </dev/null || status=$?
	cat "$BATS_TEST_TMPDIR/log"
	assert_equal "$status" "$expected"
}

@test "bench: every row is measured, and every run was what it should be" {
	speed 0
	! grep -q FAILED "$BATS_TEST_TMPDIR/log" || false
	! grep -q '^## Failed' "$BATS_TEST_TMPDIR/RESULTS.md" || false
	table Aims
	# without the row of ferm, which does not take part here
	assert_equal "$(table Aims | wc -l)" 20
	assert_equal "$(table Aims | grep -v ferm | grep -c '| \(yes\|\*\*no\*\*\) |')" 19
	# seven figures in every row, with their spreads: three groups, both backends
	assert_equal "$(table 'Sizes and shapes' | awk -F'[' 'NF == 8' | wc -l)" 6
	assert_equal "$(table Growth | awk -F'[' 'NF == 6' | wc -l)" 12
	table 'Other ways' | grep -q '| nft | addrule() in dash'
	table 'Other ways' | grep -q '| legacy | one command a rule, in dash'
}

@test "bench: a run that fails has no figure and fails the benchmark" {
	printf '#!/bin/sh\ncase "$*" in *" legacy check") exit 1 ;; esac\nexec "%s" "$@"\n' "$RAMPART" \
		>"$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	RAMPART=$BATS_TEST_TMPDIR/broken speed 1 --only large
	grep -q '^- large, rampart_all, legacy: `.* check: exit code 1`' "$BATS_TEST_TMPDIR/RESULTS.md"
	table Aims | grep 'check, no drift' | grep '| nft | [0-9]'
	table Aims | grep 'check, no drift' | grep '| legacy | - | .* | not measured |'
}

@test "bench: a result other than the expected one is a failure too" {
	printf '#!/bin/sh\ncase "$*" in *" nft apply") echo "applied (nft, merge)"; exit 0 ;; esac\n%s\n' \
		"exec \"$RAMPART\" \"\$@\"" >"$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	RAMPART=$BATS_TEST_TMPDIR/broken speed 1 --only families
	grep -q '^- families, rampart_first, nft: `iptables-nft-save: 0 rules instead of ' \
		"$BATS_TEST_TMPDIR/RESULTS.md"
}
