# robust: damaged files, and files that are too much. An error with its place or a payload that
# can be read; never a signal, never a hang. tests/fuzz looks for the same with more patience.
#
# ROBUST_SEED=N ROBUST_ROUNDS=N tests/run tests/60-robust.bats: other damage, more of it
load helpers

robust() { # damaged|much
	umask 022
	ns python3 "$BATS_TEST_DIRNAME/robust.py" "$1" --rampart "$RAMPART" --root "$ROOT/robust" \
		--seed "${ROBUST_SEED:-1}" --rounds "${ROBUST_ROUNDS:-300}"
}

@test "robust: damaged files are refused with a place, or give a payload that can be read" {
	robust damaged
}

@test "robust: files that are too much" {
	robust much
}
