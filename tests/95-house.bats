# house: the order of the source tree, checked mechanically (the rows of src/README).
load helpers

SRC=$BATS_TEST_DIRNAME/../src

# Row of each stage, by its name, read once: $rows. See the head of src/rows.
read_rows() {
	local nr names name
	declare -gA rows
	while read -r nr names; do
		for name in $names; do
			[ -n "${rows[$name]:-}" ] || rows[$name]=$nr
		done
	done < <(grep -P '^[0-9]+\t' "$SRC/rows")
}

# The stage of a file or of a name: /x/state_text.c is of state.
stage() {
	local name=${1##*/}
	name=${name%.*}
	STAGE=${name%%_*}
}

@test "house: every source file has a row, and every name in the rows is a file" {
	read_rows
	for path in "$SRC"/*.[ch]; do
		stage "$path"
		[ -n "${rows[$STAGE]:-}" ] || { echo "no row: $path"; return 1; }
	done
	[ "${#rows[@]}" -ge 50 ]
	for name in "${!rows[@]}"; do
		compgen -G "$SRC/${name}[._]*" >/dev/null || { echo "no file: $name"; return 1; }
	done
}

@test "house: files include headers of lower rows only" {
	bad=0 nr=0
	read_rows
	while IFS=: read -r path line; do
		line=${line#*\"}
		stage "$path"
		from=$STAGE
		stage "${line%%\"*}"
		nr=$((nr + 1))
		[ "$from" != "$STAGE" ] || continue
		if [ "${rows[$STAGE]}" -ge "${rows[$from]}" ]; then
			echo "$path (row ${rows[$from]}) includes $line (row ${rows[$STAGE]})"
			bad=1
		fi
	done < <(grep -H '^#include "' "$SRC"/*.[ch])
	[ "$nr" -ge 500 ]
	[ "$bad" -eq 0 ]
}

@test "house: libconfuse, ip_tables, netlink and fork are known to few files" {
	only() { # PATTERN FILE...
		local pattern=$1
		shift
		assert_equal "$(grep -lE "$pattern" "$SRC"/*.[ch] | xargs -n1 basename | sort | xargs)" "$*"
	}
	only '#include <confuse' conffile.c
	only '#include <(libiptc|linux/netfilter_ipv)' kernel_blob_entry.h
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
	local header headers=() second
	for header in "$SRC"/*.h; do
		[ "${header##*/}" != optable_data.h ] || continue
		second=$(sed -n '2{p;q}' "$header")
		[[ $second == " * $(basename "$header" .h):"* ]] ||
			{ echo "no opening block: $header"; return 1; }
		headers+=("$header")
	done
	[ "${#headers[@]}" -ge 50 ]
	# each for itself, though the compiler is called once
	cc -std=gnu11 -D_GNU_SOURCE -I"$SRC" -fsyntax-only -x c "${headers[@]}"
}

@test "house: no file is longer than 350 lines, no line than 100 columns" {
	awk '
		FNR == 351 { print "too long: " FILENAME; bad = 1 }
		{
			while ((at = index($0, "\t")))
				$0 = substr($0, 1, at - 1) substr("        ", 1, 8 - (at - 1) % 8) substr($0, at + 1)
		}
		length > 100 { print FILENAME ":" FNR; bad = 1 }
		END { exit bad || NR < 10000 }' "$SRC"/*.[ch]
}

@test "house: nothing of this machine or of how it was made is in the tree" {
	cd "$BATS_TEST_DIRNAME/.."
	! grep -rnIE 'TODO|FIXME|XXX' --include='*.[ch]' --include='*.rules' src templates
}
