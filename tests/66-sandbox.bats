# sandbox: the shell of a script believes to be root, and can change nothing. The driver
# tests/sandbox.c runs shells in it; each test in namespaces of its own.
# shellcheck disable=SC2154,SC2016,SC2034 # helpers use what is set here; run_sandbox sets output; texts are for the sandbox's shell
load helpers

SANDBOX=${SANDBOX:-$BATS_TEST_DIRNAME/../build/sandbox}
OTHER=65533 # an ordinary user

# Directories that the other user can look into; teardown() of helpers removes them.
setup() {
	cheap_commands
	umask 022
	PUBLIC_ROOT=$(mktemp -d)
	chmod 755 "$PUBLIC_ROOT"
	DIR=$PUBLIC_ROOT/etc/rampart/conf.d
	SCRIPT=$DIR/40-fw.sh
	TEXT=$PUBLIC_ROOT/text
	mkdir -p "$DIR"
	echo 'echo not the text' >"$SCRIPT"
	cp "$SANDBOX" "$PUBLIC_ROOT/driver"
	AS=() WITH=()
	NS_PID='' BACKEND=nft
}

# The body once for root and once for an ordinary user.
as_root_and_user() {
	AS=()
	"$@"
	echo "# as user $OTHER"
	AS=(setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups)
	"$@"
}

is_root() { [ ${#AS[@]} -eq 0 ]; }

# run_sandbox 'TEXT' [SHELL OPTION...]: the script with that text, with the driver's options WITH.
# What it and the driver print: $output.
run_sandbox() {
	local text=$1 status=0
	shift
	printf '%s\n' "$text" >"$TEXT"
	[ $# -gt 0 ] || set -- /bin/dash
	ns timeout "$RAMPART_SECONDS" "${AS[@]}" "$PUBLIC_ROOT/driver" --script "$SCRIPT" "$TEXT" \
		"${WITH[@]}" -- "$@" "$SCRIPT" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null || status=$?
	output=$(tr -d '\0' <"$BATS_TEST_TMPDIR/out")
	stderr=''
	[ "$status" -eq 0 ] || show_both 'exit code 0 of the driver' "$status"
}

# Each command has to fail; what is said then does not matter.
refused() {
	local text=''
	for command; do
		text+="if ( $command ) >/dev/null 2>&1; then echo 'not refused: $command'; fi"$'\n'
	done
	run_sandbox "$text"
	assert_equal "$output" 'exit: 0'
}

# --- who it is --------------------------------------------------------------------------------

believes() {
	run_sandbox 'id -u; id -g; whoami; echo "$0"; [ -t 0 ] || [ -t 1 ] || echo no terminal; cat'
	assert_equal "$output" "0
0
root
$SCRIPT
no terminal
exit: 0"
}

@test "sandbox: the shell is root, its script is at its path, its input is empty" {
	as_root_and_user believes
}

has_nothing() {
	run_sandbox 'grep -E "^(Cap|NoNewPrivs|Groups)" /proc/self/status | tr -s "\t " " "
ls /proc/self/fd | wc -l; umask; kill -0 1 2>&1; env | sort'
	for set in Inh Prm Eff Bnd Amb; do
		assert_output_line "Cap$set: 0000000000000000"
	done
	assert_output_line 'NoNewPrivs: 1'
	assert_output_line 'Groups: '
	assert_output_line 4 # 0, 1, 2 and that of ls
	assert_output_line 0022
	assert_output_line 'LC_ALL=C'
	refute_output_has HOME=
}

@test "sandbox: no capability, no way to get one, no descriptor, no environment but the given" {
	as_root_and_user has_nothing
}

changes_nothing() {
	refused 'mount -t tmpfs none /mnt' 'mount -o remount,rw /' 'umount /proc' 'umount /etc' \
		'unshare -m true' 'unshare -U true' 'unshare -r -n true' 'nsenter -t 1 -m true' \
		'ip link add d0 type dummy' 'ip link set lo down' 'ip route add default dev lo' \
		'ip netns add x' 'iptables -A INPUT -j ACCEPT' 'nft add table x' 'hostname x' \
		'python3 -c "import socket; socket.socket(2, 3, 1)"' 'chroot / true' \
		'echo x >/usr/x' 'echo x >/x' 'echo x >>/etc/passwd' 'cat /etc/shadow' 'echo x >/sys/x' \
		'date -s 2001-01-01' 'mknod /tmp/null c 1 3' 'chown 1 /tmp' 'setpriv --reuid 1 true' \
		'ls /proc/1/fd' 'cat /proc/1/environ' 'cat /proc/1/mem' 'strace -p 1' \
		'echo 1 >/proc/sys/net/ipv4/ip_forward' 'echo x >/proc/sys/kernel/hostname' \
		'echo x >"$0"' 'chmod 777 "$0"' 'rm "$0"' 'mv "$0" /tmp' 'echo x >"${0%/*}/x"' \
		'echo x >/dev/shm/.rampart/x' 'rm -f /dev/shm/.rampart/socket' 'mv /dev/shm/.rampart /dev/shm/x' \
		'rmdir /dev/shm/.rampart' 'cat /root/.bashrc' 'cat /dev/tty' 'dmesg -C' \
		'su nobody -s /bin/true' "echo x >'$PUBLIC_ROOT/x'; grep x '$PUBLIC_ROOT/text'"
	[ ! -e "$PUBLIC_ROOT/x" ]
}

@test "sandbox: what would change the host, or read its secrets, is refused" {
	as_root_and_user changes_nothing
}

first_process_lives() {
	run_sandbox 'for s in HUP INT QUIT USR1 PIPE ALRM TERM CHLD STOP TSTP KILL; do kill -$s 1; done 2>/dev/null
kill -KILL 0; echo not reached'
	assert_output_line 'exit: 137'
	refute_output_has reached
	WITH=(--again 2)
	run_sandbox 'kill -STOP 1 2>/dev/null; kill -KILL 1 2>/dev/null; echo lives'
	assert_equal "$output" $'lives\nexit: 0\nlives\nexit: 0'
	WITH=()
}

@test "sandbox: the first process can't be killed or stopped from inside" {
	as_root_and_user first_process_lives
}

# --- files ------------------------------------------------------------------------------------

writes_vanish() {
	ns mkdir -p -m 1777 /run/lock
	run_sandbox 'for file in /etc/x /run/x /var/run/y /var/log/x /var/lib/x /root/x /tmp/x /var/tmp/x /dev/shm/x \
	/run/lock/x /etc/network/x; do
	echo written >"$file" || echo "not written: $file"
	grep -q written "$file" || echo "not there: $file"
done
mkdir /var/lib/fw /var/log/fw && echo x >/var/lib/fw/state; ls /var/lib/fw; mv /etc/x /etc/z
exec >>/var/log/out 2>&1; echo to the log'
	assert_output_line state
	refute_output_has not
	refute_output_has 'to the log'
	assert_equal "$(grep '^written: ' <<<"$output" | sort)" "written: /etc/network/x
written: /etc/z
written: /root/x
written: /run/x
written: /run/y
written: /var/lib/fw/state
written: /var/lib/x
written: /var/log/out
written: /var/log/x"
	for file in /etc/x /etc/z /run/x /var/log/x /var/log/out /var/lib/x /var/lib/fw /root/x /tmp/x /var/tmp/x \
		/dev/shm/x; do
		! ns test -e "$file" || { echo "on the host: $file"; return 1; }
	done
}

@test "sandbox: what is written vanishes, and is told" {
	as_root_and_user writes_vanish
}

@test "sandbox: what was told once is not told again, unless it is written again" {
	WITH=(--again 3)
	run_sandbox '[ -e /etc/x ] || echo 1 >/etc/x; [ ! -e /tmp/2 ] || echo 2 >>/etc/x; [ ! -e /tmp/1 ] || : >/tmp/2; : >/tmp/1'
	assert_equal "$output" $'written: /etc/x\nexit: 0\nexit: 0\nwritten: /etc/x\nexit: 0'
}

@test "sandbox: rules that were saved can be saved over; as they are they are not told" {
	ns mount -t tmpfs -o mode=755 none /etc
	ns sh -c 'mkdir /etc/iptables /etc/secret; chmod 700 /etc/secret; echo old | tee /etc/iptables/rules.v4 \
		>/etc/iptables.rules; echo x >/etc/secret/x; echo x >/etc/shadow; chmod 600 /etc/iptables/rules.v4 /etc/shadow'
	run_sandbox 'cat /etc/iptables/rules.v4; cat /etc/shadow /etc/secret/x; echo new >/etc/iptables/rules.v4
echo new >/etc/iptables/rules.v6; cat /etc/iptables/rules.v4 /etc/iptables.rules'
	assert_equal "$(grep -v '^written:' <<<"$output")" "old
cat: /etc/shadow: Permission denied
cat: /etc/secret/x: Permission denied
new
old
exit: 0"
	assert_equal "$(grep '^written:' <<<"$output" | sort)" "written: /etc/iptables/rules.v4
written: /etc/iptables/rules.v6"
	assert_equal "$(ns cat /etc/iptables/rules.v4)" old
}

@test "sandbox: lists that only root may read can be read beside the script" {
	echo 192.0.2.1 >"$DIR/list"
	mkdir "$DIR/lists"
	echo 192.0.2.2 >"$DIR/lists/more"
	chmod 600 "$DIR/list" "$DIR/lists/more"
	chmod 700 "$DIR" "$DIR/lists" "${DIR%/*}" "$PUBLIC_ROOT"
	chmod 600 "$SCRIPT"
	run_sandbox 'cat "${0%/*}/list" "$(dirname "$0")/lists/more"; echo x >>"${0%/*}/list"; ls -l "$0" | cut -c1-10'
	if ! grep -q 192.0.2.1 <<<"$output"; then
		skip 'this file system has no idmapped mounts'
	fi
	assert_output_line 192.0.2.2
	assert_output_line -rwxr-xr-x
	assert_output_has 'Read-only file system'
	assert_equal "$(cat "$DIR/list")" 192.0.2.1
}

@test "sandbox: scripts below /etc, in a directory of root" {
	ns mount -t tmpfs -o mode=755 none /etc
	ns sh -c 'mkdir -p /etc/rampart/conf.d; chmod 700 /etc/rampart /etc/rampart/conf.d
		echo text >/etc/rampart/conf.d/40-fw.sh; echo list >/etc/rampart/conf.d/list; echo x >/etc/rampart/rampart.conf'
	SCRIPT=/etc/rampart/conf.d/40-fw.sh
	WITH=(--fed "$SCRIPT")
	run_sandbox 'cat "${0%/*}/list"; ls -A /etc/rampart; echo x 2>/dev/null >/etc/rampart/x || exit 5'
	if grep -q 'list: Permission denied' <<<"$output"; then
		skip 'tmpfs has no idmapped mounts here'
	fi
	assert_equal "$(grep -v 'cannot create' <<<"$output")" $'list\nconf.d\nexit: 5'
}

@test "sandbox: the way to a script is not for an earlier one to move away" {
	ns mount -t tmpfs -o mode=700 none /root
	for SCRIPT in /root/fw/conf.d/40-fw.sh /root/new/40-fw.sh; do
		ns mkdir -p /root/fw/conf.d
		WITH=(--again 2 --fed "$SCRIPT")
		run_sandbox 'echo "$0"; way=$(echo "$0" | cut -d/ -f1-3)
python3 -c "import os, sys; os.rename(sys.argv[1], \"/root/moved\")" "$way" 2>&1 | grep -o "\[Errno.*\]"'
		assert_equal "$output" "$(for i in 1 2; do printf '%s\n' "$SCRIPT" '[Errno 16]' 'exit: 0'; done)"
	done
}

@test "sandbox: the list of another user stays closed" {
	echo 192.0.2.1 >"$DIR/list"
	chmod 600 "$DIR/list"
	AS=(setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups)
	run_sandbox 'cat "${0%/*}/list"'
	assert_output_has 'Permission denied'
}

not_there_yet() {
	echo beside >"$DIR/list"
	SCRIPT=$DIR/90-new.sh
	run_sandbox 'echo "$0"; cat "${0%/*}/list"; cd "${0%/*}" && ls; cat ../../../text | head -n 1'
	assert_output_line "$DIR/90-new.sh"
	assert_output_line beside
	assert_output_line 40-fw.sh
	assert_output_line 90-new.sh
	refute_output_has written:
	[ ! -e "$SCRIPT" ]
	for SCRIPT in "$PUBLIC_ROOT/no/such/dir/x.sh" /var/lib/rampart-none/conf.d/x.sh /opt/rampart-none/conf.d/x.sh; do
		run_sandbox 'echo "runs $0"'
		assert_equal "$output" "runs $SCRIPT"$'\nexit: 0'
		[ ! -e "${SCRIPT%/*}" ]
	done
	SCRIPT=$DIR/40-fw.sh
}

@test "sandbox: a script that is not there yet, nor its directory" {
	as_root_and_user not_there_yet
}

@test "sandbox: links: to the script, to its directory, and from it" {
	mkdir "$PUBLIC_ROOT/real"
	echo beside >"$PUBLIC_ROOT/real/list"
	ln -s ../../../../nowhere "$PUBLIC_ROOT/real/40-fw.sh"
	ln -s real "$PUBLIC_ROOT/link"
	ln -s ../text "$PUBLIC_ROOT/real/text"
	SCRIPT=$PUBLIC_ROOT/link/40-fw.sh
	run_sandbox 'echo "$0"; cat "${0%/*}/list"; [ -L "$0" ] || echo no link; cat "${0%/*}/text"'
	assert_output_line "$SCRIPT"
	assert_output_line beside
	assert_output_line 'no link'
	assert_output_has 'No such file'
	assert_output_line 'exit: 1'
}

@test "sandbox: several scripts in several directories, one below another" {
	mkdir -p "$DIR/sub" "$PUBLIC_ROOT/b"
	echo 'echo second "$0"' >"$BATS_TEST_TMPDIR/second"
	WITH=(--script "$DIR/sub/1.sh" "$BATS_TEST_TMPDIR/second" --script "$PUBLIC_ROOT/b/2.sh" "$BATS_TEST_TMPDIR/second")
	run_sandbox 'sh "${0%/*}/sub/1.sh"; "${0%/*}/../../../b/2.sh"; . "${0%/*}/sub/1.sh"'
	assert_equal "$output" "second $DIR/sub/1.sh
second $DIR/../../../b/2.sh
second $SCRIPT
exit: 0"
}

# --- limits -----------------------------------------------------------------------------------

bounded() {
	WITH=(--processes 30 --again 2)
	run_sandbox 'i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i + 1)); done'
	assert_output_has 'Cannot fork'
	assert_equal "$(($(grep -c '^left: sleep 1000' <<<"$output") <= 60))" 1
	[ "$(grep -c '^left: ' <<<"$output")" -ge 40 ]
	WITH=(--processes 30 --seconds 1)
	run_sandbox 'b() { b | b & b; }; b'
	assert_output_has 'exit: '
	WITH=(--bytes 1000000)
	run_sandbox 'head -c 2000000 /dev/zero >/tmp/x; stat -c %s /tmp/x; i=0
while [ $i -lt 100 ]; do head -c 1000000 /dev/zero >/tmp/$i || break; i=$((i + 1)); done 2>/dev/null; echo "files: $i"
rm -f /tmp/[0-9]*; i=0; while true >/tmp/$i; do i=$((i + 1)); done 2>/dev/null; [ $i -lt 20000 ] && echo names; ulimit -c; ulimit -v; ulimit -n'
	assert_output_line 1000000
	[[ "$output" =~ files:\ 6[0-9] ]] # 64 MiB in all
	assert_output_line names
	assert_output_line 1048576
	assert_output_line 1024
	WITH=()
}

@test "sandbox: processes, files, memory are limited" {
	as_root_and_user bounded
}

all_gone() {
	WITH=(--seconds 1)
	run_sandbox 'trap "" TERM HUP INT
setsid sleep 1001 &
( setsid sh -c "trap \"\" TERM; exec 9>/tmp/held; while :; do sleep 1002; done" & )
sleep 1003 | cat &
while :; do :; done'
	assert_output_line 'too long'
	assert_output_line 'left: sleep 1003'
	assert_output_line 'left: cat'
	assert_output_line 'left: sleep 1002'
	assert_output_line 'exit: 137'
	# the driver said all that, and has ended: nobody held its output
	assert_equal "$(pgrep -f '^sleep 100[123]$')" ''
	WITH=()
}

@test "sandbox: a loop that ignores signals, sessions of their own, holders of pipes: all gone after a sweep" {
	as_root_and_user all_gone
}

@test "sandbox: what is left behind is ended before the next shell starts" {
	WITH=(--again 2 --unswept)
	run_sandbox 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; done | grep -c "sleep 100[4]"; sleep 1004 & exit 3'
	assert_equal "$output" $'0\nexit: 3\n0\nexit: 3'
}

@test "sandbox: idle and busy" {
	WITH=(--idle)
	run_sandbox 'sleep 1005 | cat'
	assert_output_line idle
	WITH=(--idle --seconds 1)
	run_sandbox 'while :; do :; done'
	assert_output_line busy
	run_sandbox 'cd /tmp; cp /bin/sleep "a) S (b"; (while :; do :; done) & "./a) S (b" 1006' /bin/bash
	assert_output_line busy
}

@test "sandbox: exit codes and signals" {
	for code in 0 1 3 127; do
		run_sandbox "exit $code"
		assert_output_line "exit: $code"
	done
	run_sandbox 'kill -TERM $$; sleep 1'
	assert_output_line 'exit: 143'
	run_sandbox 'exec /no/such/program'
	assert_output_line 'exit: 127'
	printf '%s\n' : >"$TEXT"
	run ns "$PUBLIC_ROOT/driver" --script "$SCRIPT" "$TEXT" -- /no/such/shell "$SCRIPT"
	assert_equal "$output" "error: can't run a script: /no/such/shell: No such file or directory
not started"
}

# --- programs, sysctls ------------------------------------------------------------------------

stands_in() {
	printf '#!/bin/sh\necho "stand-in $0 $*"\n' >"$PUBLIC_ROOT/shim"
	WITH=(--shim "$PUBLIC_ROOT/shim" --extra hint 'some text' --tool /usr/sbin/iptables --tool /sbin/iptables
		--tool /usr/sbin/ip6tables --tool /usr/sbin/sysctl --tool /no/such/tool --tool /sbin/modprobe)
	local real
	real=$(readlink -f /usr/sbin/iptables)
	run_sandbox 'iptables -A x; /sbin/ip6tables -A y; $(command -v iptables-save) z; sysctl -w a
ls /dev/shm/.rampart/real; cat /dev/shm/.rampart/extra/hint; echo; "/dev/shm/.rampart/real/'"${real##*/}"'" iptables -V
[ -S /dev/shm/.rampart/socket ] && echo socket'
	assert_output_has 'iptables -A x'
	assert_output_has 'ip6tables -A y'
	assert_output_has 'iptables-save z'
	assert_output_has 'sysctl -w a'
	assert_output_line "${real##*/}"
	assert_output_line sysctl
	assert_output_line 'some text'
	assert_output_has "$(ns iptables -V)"
	assert_output_line socket
	WITH=()
}

@test "sandbox: the stand-in is at all names of a program, the real one behind it" {
	as_root_and_user stands_in
}

mirrored() {
	local before
	before=$(ns cat /proc/sys/net/ipv4/ip_forward)
	WITH=(--mirror --again 2)
	run_sandbox 'cat /proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 | tee "$f" >/dev/null; done
echo x >/proc/sys/net/ipv4/no_such_file; echo 5 >>/proc/sys/net/ipv4/route/flush
sysctl -qw net.ipv4.tcp_syncookies=0; sysctl -n net.ipv4.tcp_syncookies
echo 1 >/proc/sys/net/ipv4/tcp_available_congestion_control; echo 1 >/proc/sys/kernel/panic
(cd /proc/sys/net/ipv6/conf/lo && echo 1 >disable_ipv6); exit 0'
	assert_equal "$(sed -n 1,2p <<<"$output")" "$before"$'\n1'
	assert_output_line 'sysctl: net/ipv4/ip_forward = 1'
	assert_output_line 'sysctl: net/ipv4/conf/lo/rp_filter = 2'
	assert_output_line 'sysctl: net/ipv4/route/flush = 5'
	assert_output_line 'sysctl: net/ipv4/tcp_syncookies = 0'
	assert_output_line 'sysctl: net/ipv6/conf/lo/disable_ipv6 = 1'
	assert_equal "$(grep -c '^sysctl: net/ipv4/ip_forward' <<<"$output")" 2
	assert_equal "$(grep -Ec 'cannot create.*(no_such_file|congestion_control|panic): ' <<<"$output")" 6
	refute_output_has 'sysctl: net/ipv4/tcp_avail'
	assert_equal "$(ns cat /proc/sys/net/ipv4/ip_forward)" "$before"
	WITH=()
}

@test "sandbox: sysctls can be written and read back, are told, and the host's are as they were" {
	as_root_and_user mirrored
}

@test "sandbox: a mirror that was turned into a trap for its reader" {
	AS=(setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups) # who owns the directories
	WITH=(--mirror)
	run_sandbox 'cd /proc/sys/net/ipv4; chmod 755 . || echo no
rm ip_forward; ln -s /etc/hostname ip_forward; rm tcp_sack; mkfifo tcp_sack; rm tcp_fack; ln -s ../../net tcp_fack
head -c 100000 /dev/zero | tr "\0" x >tcp_ecn; printf "1\n2\n" >tcp_timestamps; printf "3\0004\n" >tcp_mtu_probing
mkdir -p a/b/c/d/e/f/g/h/i/j; echo deep >a/b/c/d/e/f/g/h/i/j/k; exit 0'
	refute_output_has 'sysctl: net/ipv4/ip_forward'
	refute_output_has 'tcp_sack'
	refute_output_has 'tcp_fack'
	refute_output_has deep
	assert_equal "$(grep -o '^sysctl: net/ipv4/tcp_ecn = x*' <<<"$output" | tr -dc x | wc -c)" 4096
	assert_output_line 'sysctl: net/ipv4/tcp_mtu_probing = 3'
	assert_output_has 'exit: 0'
}

@test "sandbox: directories that were turned into a trap for who looks for what was written" {
	run_sandbox 'mkfifo /etc/fifo; ln -s / /etc/link; ln -s /etc/shadow /var/log/shadow
d=/var/log; i=0; while [ $i -lt 60 ]; do d=$d/d; mkdir $d; i=$((i + 1)); done; echo >$d/deep
i=0; while [ $i -lt 300 ]; do echo x >/var/lib/$i; i=$((i + 1)); done; printf x >"/etc/$(printf "a\nb")"'
	assert_equal "$(grep -c '^written: ' <<<"$output")" 100
	refute_output_has deep
	refute_output_has fifo
	refute_output_has shadow
}

# --- fed line by line -------------------------------------------------------------------------

fed() {
	WITH=(--fed "$SCRIPT")
	run_sandbox 'echo "$0"; [ -f "$0" ] && [ ! -p "$0" ] && [ -r "$0" ] && [ -x "$0" ] && echo a file
grep -c marked "$0" # marked
cat
f() {
	echo in a function
}
f; exec </dev/null; sh -n "$0" && exit 4
echo not reached'
	assert_equal "$output" "$SCRIPT
a file
1
in a function
exit: 4"
	WITH=()
}

@test "sandbox: a script that is fed is a file for itself" {
	as_root_and_user fed
}

@test "sandbox: a shell that does not read what it is to be fed" {
	WITH=(--fed "$SCRIPT" --again 2)
	run_sandbox 'echo not read' /bin/true
	assert_equal "$output" $'exit: 0\nexit: 0'
	run_sandbox 'echo not read' /bin/dash -c 'read line <"$0"; grep -c read "$0"; exit 5'
	assert_equal "$output" $'1\nexit: 5\n1\nexit: 5'
}

# --- the end ----------------------------------------------------------------------------------

dies_with_its_maker() {
	local pid word first mounts
	mounts=$(cat /proc/self/mountinfo)
	printf 'setsid sleep 1007 & sleep 1008\n' >"$TEXT"
	mkfifo "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/said"
	ns "${AS[@]}" "$PUBLIC_ROOT/driver" --script "$SCRIPT" "$TEXT" --idle --hold -- /bin/dash "$SCRIPT" \
		<"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/said" 2>&1 &
	pid=$!
	exec 7>"$BATS_TEST_TMPDIR/in"
	while read -r word first; do
		[ "$word" != ready ] || break
	done <"$BATS_TEST_TMPDIR/said"
	[ -e "/proc/$first" ]
	kill -KILL "$pid"
	wait "$pid" || true
	exec 7>&-
	timeout "$RAMPART_SECONDS" tail --pid="$first" -f /dev/null
	assert_equal "$(pgrep -f '^sleep 100[78]$')" ''
	assert_equal "$(cat /proc/self/mountinfo)" "$mounts"
	rm "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/said"
}

@test "sandbox: killed with its maker; no process, no mount, no file is left" {
	as_root_and_user dies_with_its_maker
	! ls -d /dev/shm/.rampart /dev/shm/up 2>/dev/null
}

@test "sandbox: nobody may make namespaces: said, not an error of its own" {
	ns sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null || true
	run ns setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups unshare -U -r sh -c '
		echo 0 >/proc/sys/user/max_mnt_namespaces && exec "$0" -- /bin/true' "$PUBLIC_ROOT/driver"
	assert_equal "$output" 'No space left on device'
}
