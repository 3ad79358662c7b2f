# house: the order of the source tree, checked mechanically (the rows of src/README).
load helpers

SRC=$BATS_TEST_DIRNAME/../src

# Row of a file's stage; see the head of src/rows.
row() {
	awk -v stage="${1%%_*}" '/^[0-9]+\t/ { for (i = 2; i <= NF; i++) if ($i == stage) { print $1; exit } }' \
		"$SRC/rows"
}

@test "house: every source file has a row, and every name in the rows is a file" {
	for path in "$SRC"/*.[ch]; do
		name=$(basename "${path%.*}")
		[ -n "$(row "$name")" ] || { echo "no row: $name"; return 1; }
	done
	for name in $(sed -n 's/^[0-9]\+\t//p' "$SRC/rows"); do
		ls "$SRC/$name"[._]* >/dev/null || { echo "no file: $name"; return 1; }
	done
}

@test "house: files include headers of lower rows only" {
	bad=0
	while IFS=: read -r path line; do
		from=$(basename "${path%.*}")
		to=$(sed 's/.*"\(.*\)\.h".*/\1/' <<<"$line")
		[ "${from%%_*}" != "${to%%_*}" ] || continue
		if [ "$(row "$to")" -ge "$(row "$from")" ]; then
			echo "$from (row $(row "$from")) includes $to (row $(row "$to"))"
			bad=1
		fi
	done < <(grep -H '^#include "' "$SRC"/*.[ch])
	[ "$bad" -eq 0 ]
}

@test "house: libconfuse, ip_tables, netlink and fork are known to few files" {
	only() { # PATTERN FILE...
		local pattern=$1
		shift
		assert_equal "$(grep -lE "$pattern" "$SRC"/*.[ch] | xargs -n1 basename | sort | xargs)" "$*"
	}
	only '#include <confuse' conffile.c
	only '#include <(libiptc|linux/netfilter_ipv)' kernel_blob.c
	only '#include <libmnl' kernel_ask.c kernel_batch.c kernel_batch_take.c kernel_handles.c \
		kernel_message.c kernel_message_put.c kernel_nft.c probe_legacy.c probe_link.c probe_nft.c
	only '^[^*]*\b(v?fork|clone|execve|execvp|posix_spawn)\(' child.c child_call.c child_detached.c child_namespaces.c \
		child_sandbox.c child_sandbox_shell.c child_sandbox_userns.c
}

@test "house: only report.c and main.c write to the terminal, only xalloc.c and main end the program" {
	grep -nE '\b(printf|fprintf\(stderr|fprintf\(stdout|puts|perror|warnx?)\(' "$SRC"/*.c |
		grep -vE '/(report|main|cmd_apply|confirm)\.c:' >"$BATS_TEST_TMPDIR/found" || true
	assert_equal "$(cat "$BATS_TEST_TMPDIR/found")" ''
	grep -nE '\bexit\(' "$SRC"/*.c | grep -vE '/(xalloc|child|child_call)\.c:|_exit\(' \
		>"$BATS_TEST_TMPDIR/found" || true
	assert_equal "$(cat "$BATS_TEST_TMPDIR/found")" ''
}

@test "house: every header compiles alone and opens with what it is for" {
	cat >"$BATS_TEST_TMPDIR/all" <<-EOF
	$(ls "$SRC"/*.h)
	EOF
	while read -r header; do
		[ "$(basename "$header")" != optable_data.h ] || continue
		head -n 2 "$header" | grep -q "^ \* $(basename "${header%.h}"):" ||
			{ echo "no opening block: $header"; return 1; }
		cc -std=gnu11 -D_GNU_SOURCE -I"$SRC" -fsyntax-only -x c "$header" ||
			{ echo "does not compile alone: $header"; return 1; }
	done <"$BATS_TEST_TMPDIR/all"
}

@test "house: no file is longer than 350 lines, no line than 100 columns" {
	for path in "$SRC"/*.[ch]; do
		[ "$(wc -l <"$path")" -le 350 ] || { echo "too long: $path"; return 1; }
		expand -t 8 "$path" | awk -v path="$path" 'length > 100 { print path ":" NR; bad = 1 } END { exit bad }'
	done
}

@test "house: nothing of this machine or of how it was made is in the tree" {
	cd "$BATS_TEST_DIRNAME/.."
	! grep -rnIE 'TODO|FIXME|XXX' --include='*.[ch]' --include='*.rules' src templates
}
