# faults: a sample of what "make check-faults" tries in full (tests/faults). Which sample is told,
# and a failed case can be run again by its name.
load helpers

faults() { # PROGRAM ARG...
	local program=$BATS_TEST_DIRNAME/faults/$1
	shift
	command -v cc >/dev/null || skip 'no compiler'
	[[ $RAMPART != *sanitize* ]] || skip 'the sanitizers make system calls of their own'
	JOBS=1 ROUNDS=6 "$program" "$@" 3>&- >"$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
	# it has looked at something
	assert_matches_passed "$(tail -n 1 "$BATS_TEST_TMPDIR/log")"
}

assert_matches_passed() {
	[[ $1 =~ ^[1-9][0-9]*' passed, 0 failed'$ ]] || { echo "$1"; return 1; }
}

@test "faults: killed at any system call, live is old or new, or the next command sees to it" {
	faults calls.py kill --scenario 'policies:' --every 499
}

@test "faults: any system call that fails is told truly, and live is old or new" {
	faults calls.py fail --scenario 'policies:apply' --every 499
}

@test "faults: what others write at any system call is kept, and ours is as wanted" {
	faults calls.py during --scenario 'rules:apply' --every 331
}

@test "faults: full disks and programs that fail, lie or crash are told truly" {
	faults surroundings.py --scenario 'policies:apply' --every 53
}

@test "faults: random applies, flushes, hands of others and faults, against a model" {
	faults model.py --seeds 1 --rounds 15
}

# tests/87-races.bats has the writers.
@test "faults: no packet is missing in the counters of rules that stay" {
	faults others.py counters --rounds 10
}

# tests/86-policies.bats looks at the gap itself, over lo; this one is on the way in, with TCP.
@test "faults: no packet is lost or let in while rules change, by UDP and TCP of both families" {
	faults ../bench/packets nft/policies legacy/policies nft/load legacy/rules
}
