# host: a test's own host: /etc, /usr and /var are writable overlays inside the test's mount
# namespace, with rampart installed into them by "make install". Nothing of it outlives the test.
#
#   host_start                  namespaces, overlays, install
#   host_file PATH 'TEXT'       write a file there
#   host_rampart N ARG...       run the installed program
#
# shellcheck shell=bash disable=SC2034 # output and stderr are for the tests

host_start() {
	[ -n "$NS_PID" ] || ns_start
	ns sh -e -c '
		mkdir -p "$1"
		mount -t tmpfs none "$1"
		for dir in etc usr var; do
			mkdir -p "$1/$dir/upper" "$1/$dir/work"
			mount -t overlay -o "lowerdir=/$dir,upperdir=$1/$dir/upper,workdir=$1/$dir/work" none "/$dir"
		done
		rm -rf /etc/rampart /var/lib/rampart /usr/lib/rampart /usr/share/rampart
		cd "$2"
		make -s install-files program="$3" prefix=/usr >/dev/null
		# what iptables is on this host
		ln -sf "/usr/sbin/xtables-$4-multi" /etc/alternatives/iptables
		ln -sf "/usr/sbin/xtables-$4-multi" /etc/alternatives/ip6tables
	' sh "$BATS_TEST_TMPDIR/overlay.$RANDOM" "$BATS_TEST_DIRNAME/.." "$RAMPART" "$BACKEND"
}

host_file() {
	ns sh -c 'mkdir -p "${1%/*}"; printf "%s\n" "$2" >"$1"; chmod 644 "$1"' sh "$1" "$2"
}

host_rampart() {
	local expected=$1 status=0
	shift
	echo "# rampart $*"
	ns timeout "$RAMPART_SECONDS" /usr/sbin/rampart "$@" >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/out")
	stderr=$(cat "$BATS_TEST_TMPDIR/err")
	[ "$status" -eq "$expected" ] || {
		echo "exit code $status instead of $expected"
		show_both 'exit code' "$expected"
	}
}
