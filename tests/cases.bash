# cases: a golden case is a directory: a root tree, what is run on it, and what must come out.
#
#   root/               the root tree
#   command             arguments of rampart, one line; default: show
#   backends            "nft legacy", if the kernel is asked: once for each; default: none
#   before              shell commands run in the test's namespaces first
#   expected.out        standard output, exactly; or expected.out.nft, expected.out.legacy
#   expected.err        standard error, exactly; missing: must be empty
#   expected.status     exit code; missing: 0
#
# CASES_UPDATE=1 tests/run build/tests/cases.bats writes what comes out as expected: read the
# difference before you commit it.
# shellcheck shell=bash

compare_file() { # EXPECTED-FILE ACTUAL-FILE
	if [ "${CASES_UPDATE:-}" = 1 ]; then
		if [ -s "$2" ]; then cp "$2" "$1"; else rm -f "$1"; fi
		return 0
	fi
	if [ -e "$1" ]; then diff -u "$1" "$2"; else diff -u /dev/null "$2"; fi
}

run_case_once() { # DIR
	local dir=$1 status=0 args=() expected=0 out=$1/expected.out
	read -ra args <"$dir/command" 2>/dev/null || args=(show)
	[ -e "$dir/expected.status" ] && expected=$(cat "$dir/expected.status")
	rm -rf "$ROOT"
	cp -a "$dir/root" "$ROOT"
	chown -R 0:0 "$ROOT"
	chmod -R u+rwX,go-w "$ROOT"
	mkdir -p "$ROOT/run" "$ROOT/var/lib"
	local enter=() backend=()
	if [ -n "$NS_PID" ]; then
		enter=(nsenter -t "$NS_PID" -n -m --)
		backend=(--backend "$BACKEND")
		[ ! -e "$out.$BACKEND" ] || out=$out.$BACKEND
		[ ! -e "$dir/before" ] || ns env BACKEND="$BACKEND" sh -e "$dir/before"
	fi
	"${enter[@]}" timeout 60 "$RAMPART" --root "$ROOT" "${backend[@]}" "${args[@]}" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- </dev/null || status=$?
	compare_file "$out" "$BATS_TEST_TMPDIR/out"
	compare_file "$dir/expected.err" "$BATS_TEST_TMPDIR/err"
	if [ "${CASES_UPDATE:-}" = 1 ]; then
		if [ "$status" -eq 0 ]; then rm -f "$dir/expected.status"; else echo "$status" >"$dir/expected.status"; fi
		return 0
	fi
	assert_equal "exit code $status" "exit code $expected"
}

run_case() { # NAME
	local dir
	dir=$(dirname "$RAMPART")/../tests/cases/$1
	[ -d "$dir" ] || dir=$PWD/tests/cases/$1
	if [ -e "$dir/backends" ]; then
		local backend
		for backend in $(cat "$dir/backends"); do
			BACKEND=$backend
			ns_stop
			ns_start
			run_case_once "$dir"
		done
	else
		run_case_once "$dir"
	fi
}
