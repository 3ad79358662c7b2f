# script sequences: random sequences of commands (tests/scripts/sequences.py), natively and as
# drop-ins. A few, others each time; "make check-scripts" runs a thousand on each backend.
load helpers

sequences() { # BACKEND COUNT
	unshare -m mount -t overlay -o lowerdir=/etc:/var none /mnt || skip 'no overlay file system'
	"$BATS_TEST_DIRNAME/scripts/run-sequences" --backend "$1" --count "$2" 3>&-
}

@test "script sequences: nft" { sequences nft 8; }
@test "script sequences: legacy" { sequences legacy 8; }

@test "script sequences: a difference is found" {
	printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/rampart"
	chmod 755 "$BATS_TEST_TMPDIR/rampart"
	status=0
	output=$(RAMPART=$BATS_TEST_TMPDIR/rampart "$BATS_TEST_DIRNAME/scripts/run-sequences" \
		--backend nft --seed 1 --count 1 --length 10 3>&-) || status=$?
	assert_equal "$status" 1
	assert_output_line '--- 1 native (nft)'
	assert_output_line 'seed 1: 1 runs compared, 1 differ'
}
