# script sandbox: what a script may do to the host, which is nothing, and what becomes of one that
# does not end, breaks things or lies.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

# The comments that the script of NOTES has laid down.
NOTES='note() { iptables -t mangle -A OUTPUT -m comment --comment "$*"; }'

assert_noted() {
	rules ipv4 mangle OUTPUT | grep -Fq -e "--comment \"$1\"" -e "--comment $1" && return 0
	echo "--- not noted: $1"
	rules ipv4 mangle OUTPUT
	return 1
}

# apply of a script with NOTES, exclusive
applied() {
	script 40-fw.sh "$SHEBANG
$NOTES
$1
"
	baseline "ownership = exclusive
${BASELINE:-}"
	run_rampart 0 apply
}

# --- rights --------------------------------------------------------------------------------

believes_to_be_root() {
	mounts=$(ns cat /proc/self/mountinfo)
	applied 'note "id $(id -u)"
note "who $(whoami)"
[ "$(id -u)" = 0 ] || exit 1
[ -z "$UID" ] || [ "$UID" = 0 ] || exit 1
[ -z "$EUID" ] || [ "$EUID" = 0 ] || exit 1
note "$(grep -c "^Cap[A-Z][a-z]*:.0000000000000000$" /proc/self/status) empty"
note "$(sed -n "s/^NoNewPrivs:.//p" /proc/self/status) no-new"
mount -t tmpfs none /mnt 2>/dev/null; note "mount $?"
ip link add dummy9 type dummy 2>/dev/null && note "link made"
ip addr add 192.0.2.99/32 dev lo 2>/dev/null && note "address made"
/usr/bin/python3 -c "import socket; socket.sethostname(socket.gethostname())" 2>/dev/null && note "host name changed"
/usr/bin/python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)" 2>/dev/null && note "raw socket"
/usr/bin/python3 -c "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)" 2>/dev/null && note "packet socket"
(: >>/usr/sbin/ip) 2>/dev/null && note "usr written"
(: >>/etc/passwd) 2>/dev/null && note "passwd written"
cat /etc/shadow >/dev/null 2>&1 && note "shadow read"
unshare -n true 2>/dev/null && unshare -m mount -t tmpfs none /mnt 2>/dev/null && note "mounted"
kill -0 1 2>/dev/null && note "first process reached"
mknod /tmp/node b 8 0 2>/dev/null && note "node"
true'
	assert_noted 'id 0'
	assert_noted 'who root'
	assert_noted '5 empty'
	assert_noted '1 no-new'
	local bad
	bad=$(rules ipv4 mangle OUTPUT | grep -e made -e changed -e reached -e socket -e written -e read -e mounted \
		-e 'comment node' -e 'mount 0"' || true)
	assert_equal "$bad" ''
	assert_equal "$(ns cat /proc/self/mountinfo)" "$mounts"
	! ns ip link show dummy9 2>/dev/null
}

@test "script 39: it passes for root, and can't mount, change links or names, open raw sockets" {
	on_each_shell believes_to_be_root
}

nft_is_refused() {
	local program
	for program in nft ebtables arptables tc; do
		[ -e "/usr/sbin/$program" ] || continue
		script 40-fw.sh "$SHEBANG
iptables -A INPUT -j ACCEPT
$program -h
"
		baseline ''
		run_rampart 2 validate
		assert_error_has "$FW:3: error: '$program -h': not captured"
		baseline 'script_errors = warn'
		run_rampart 0 validate
		assert_error_has "$FW:3: warning: '$program -h': not captured"
	done
}

@test "script 39: nft, ebtables, arptables and tc are not captured, and say so" {
	on_each_shell nft_is_refused
}

sees_the_host() {
	ns ip link add fw-test type dummy 2>/dev/null || skip 'no dummy links here'
	ns ip addr add 192.0.2.77/24 dev fw-test
	ns ip link set fw-test up
	applied 'addr=$(ip -4 -o addr show dev fw-test | sed "s,.* inet \([0-9.]*\)/.*,\1,")
iptables -A INPUT -d $addr -j ACCEPT
note "route $(ip route | grep -c fw-test)"
note "class $(ls /sys/class/net | grep -c fw-test)"
note "host $(uname -n)"'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -d 192.0.2.77/32 -j ACCEPT'
	assert_noted 'route 1'
	assert_noted "host $(uname -n)"
}

@test "script: it sees the interfaces, addresses and routes of the host" {
	on_each_shell sees_the_host
}

counts_processors() {
	as_native 'iptables -A INPUT -m comment --comment "$(nproc) of $(nproc --all)"
iptables -A INPUT -m comment --comment "$(getconf _NPROCESSORS_ONLN) $(sh -c "exec /usr/bin/nproc")"
iptables -A INPUT -m comment --comment "$(nproc --ignore=1)"'
}

# It runs on one of them: what a script makes of the number, such as a range of queues, must not
# become another.
@test "script: there are as many processors as natively" {
	on_both_shells counts_processors
}

# --- files ---------------------------------------------------------------------------------

private_files() {
	chmod 700 "$ROOT/$CONF_D"
	mkdir -p "$ROOT/$CONF_D/lists"
	chmod 700 "$ROOT/$CONF_D/lists"
	echo 192.0.2.1 >"$ROOT/$CONF_D/lists/bad"
	chmod 600 "$ROOT/$CONF_D/lists/bad"
	script 40-fw.sh "$SHEBANG"'
for host in $(cat lists/bad "$(dirname "$0")/lists/bad"); do
	iptables -A INPUT -s $host -j DROP
done
cat /etc/shadow 2>/dev/null && iptables -A INPUT -m comment --comment shadow
(echo x >lists/bad) 2>/dev/null && iptables -A INPUT -m comment --comment written
(echo x >>"$0") 2>/dev/null && iptables -A INPUT -m comment --comment written
exit 0
'
	chmod 600 "$ROOT/$CONF_D/40-fw.sh"
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -s 192.0.2.1/32 -j DROP
-A INPUT -s 192.0.2.1/32 -j DROP'
	assert_equal "$(cat "$ROOT/$CONF_D/lists/bad")" 192.0.2.1
}

@test "script 40: lists beside it are readable though only root may read them, /etc/shadow is not" {
	on_each_shell private_files
}

thrown_away() {
	rm -f /var/log/fw-test.log
	applied 'note before
exec >/var/log/fw-test.log 2>&1
echo started
note after
echo x >/tmp/fw-test && cat /tmp/fw-test && note tmp
mkdir -p /var/lib/fw-test && echo x >/var/lib/fw-test/x && note lib
echo $$ >/run/fw-test.pid && note run
iptables-save >/etc/fw-test.rules && note etc
[ "$(grep -c "^-A" /etc/fw-test.rules)" -gt 4 ] && note saved
exit 0'
	local what
	for what in before after tmp lib run etc saved; do
		assert_noted $what
	done
	for what in /var/log/fw-test.log /tmp/fw-test /var/lib/fw-test /etc/fw-test.rules; do
		[ ! -e $what ]
	done
	! ns test -e /run/fw-test.pid
	# no secret that it went nowhere
	grep -q /var/log/fw-test.log <<<"$output$stderr" || show_both 'a word about' /var/log/fw-test.log
	grep -q /etc/fw-test.rules <<<"$output$stderr" || show_both 'a word about' /etc/fw-test.rules
}

@test "script 42: what it writes to /var/log, /etc, /run, /tmp is there for it, and thrown away" {
	on_each_shell thrown_away
}

# As in containers, which have these as mounts.
sees_mounts() {
	echo '192.0.2.10 one.example' >"$BATS_TEST_TMPDIR/hosts"
	ns mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
	ns mkdir -p /run/store
	ns mount -t tmpfs none /run/store
	ns sh -c 'echo 7 >/run/store/port'
	applied 'iptables -A INPUT -s $(sed "s/ .*//" /etc/hosts) -p tcp --dport $(cat /run/store/port) -j ACCEPT'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -s 192.0.2.10/32 -p tcp -m tcp --dport 7 -j ACCEPT'
}

@test "script: what is mounted below /etc and /run is there for it" {
	on_each_shell sees_mounts
}

# The test's own /run is one of these.
bare_run() {
	ns rmdir /run/lock 2>/dev/null || true
	applied 'iptables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables -L -n >/dev/null || exit 1
iptables-save >/dev/null || exit 2'
}

@test "script: a host without /run/lock" {
	on_each_shell bare_run
}

# --- /proc/sys, modprobe ---------------------------------------------------------------------

forward() { ns cat /proc/sys/net/ipv4/ip_forward; }

sysctls() {
	BASELINE=''
	ns sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	local text='f=/proc/sys/net/ipv4/ip_forward
note "was $(cat $f)"
echo 1 >$f; note "rc $?"
note "is $(cat $f)"
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 >$f; done
note "lo $(cat /proc/sys/net/ipv4/conf/lo/rp_filter)"
sysctl -w net.ipv4.tcp_syncookies=1 >/dev/null; note "sysctl $?"
note "value $(sysctl -n net.ipv4.tcp_syncookies)"
echo 1 | tee /proc/sys/net/ipv4/conf/all/log_martians >/dev/null
note "tee $(cat /proc/sys/net/ipv4/conf/all/log_martians)"
(: >>/proc/sys/kernel/sysrq) 2>/dev/null; note "kernel $?"
true'
	applied "$text"
	assert_noted 'was 0'
	assert_noted 'rc 0'
	assert_noted 'is 1'
	assert_noted 'lo 2'
	assert_noted 'sysctl 0'
	assert_noted 'value 1'
	assert_noted 'tee 1'
	! assert_noted 'kernel 0' >/dev/null
	assert_equal "$(forward)" 0
	grep -Eq "^$FW(:[0-9]+)?: warning: 'net.ipv4.ip_forward = 1' is not done: name it in allow_sysctl\$" \
		<<<"$stderr" || show_both 'warning' ip_forward
	grep -Eq "^$FW(:[0-9]+)?: warning: 'net.ipv4.conf.lo.rp_filter = 2' is not done: name it in allow_sysctl\$" \
		<<<"$stderr" || show_both 'warning' rp_filter
	# allowed, by name and by pattern
	BASELINE='allow_sysctl = {net.ipv4.ip_forward, "net.ipv4.conf.*.rp_filter"}'
	before=$(ns cat /proc/sys/net/ipv4/conf/all/log_martians)
	baseline "ownership = exclusive
$BASELINE"
	run_rampart 0 validate
	assert_equal "$(forward)" 0
	run_rampart 0 diff || run_rampart 1 diff
	assert_equal "$(forward)" 0
	applied "$text"
	assert_equal "$(forward)" 1
	assert_equal "$(ns cat /proc/sys/net/ipv4/conf/lo/rp_filter)" 2
	assert_equal "$(ns cat /proc/sys/net/ipv4/conf/all/log_martians)" "$before"
	refute_error_has 'ip_forward'
	refute_error_has 'rp_filter'
	assert_error_has 'log_martians'
}

@test "script 41: /proc/sys/net can be written and read back, is unchanged outside, done if allowed" {
	on_each_shell sysctls
}

bad_sysctl() {
	BASELINE='allow_sysctl = {"net.ipv4.*"}'
	script 40-fw.sh "$SHEBANG"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
echo bogus >/proc/sys/net/ipv4/ip_forward
'
	baseline "ownership = exclusive
$BASELINE"
	local status=0
	nsenter -t "$NS_PID" -n -m -- timeout 60 "$RAMPART" --root "$ROOT" --backend "$BACKEND" apply \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- </dev/null || status=$?
	grep -q 'net.ipv4.ip_forward' "$BATS_TEST_TMPDIR/err"
	[ "$status" -le 4 ]
}

@test "script 41: a value that the kernel does not take is reported" {
	on_each_shell bad_sysctl
}

# No module of this name can ever be loaded.
modules() {
	applied 'modprobe nosuch_fw_module; note "rc $?"
/sbin/modprobe -q nosuch_fw_other || exit 1
modprobe nosuch_fw_module || exit 1'
	assert_noted 'rc 0'
	assert_error_line "$FW:3: warning: 'modprobe nosuch_fw_module' is not done: name it in allow_modprobe"
	assert_error_has "$FW:4: warning: 'modprobe "
	assert_error_has 'nosuch_fw_other'
}

@test "script 41: modprobe says yes and does nothing but warn, unless allowed" {
	command -v modprobe >/dev/null || skip 'no modprobe'
	on_each_shell modules
}

# --- scripts that do not end -------------------------------------------------------------------

hangs_in_all_ways() {
	parts
	script 40-fw.sh "$SHEBANG
$STAY"'
trap "" TERM INT HUP
setsid sh -c "trap \"\" TERM; while :; do read -r x <parts/answer; done" &
(trap "" TERM; while :; do read -r x <parts/answer; done) &
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
while :; do read -r x <parts/answer; done
'
	baseline 'ownership = exclusive
script_seconds = 1'
	before=$(live)
	run_rampart 2 apply
	grep -Exq "$FW: error: the script did not end within 1 seconds?: killed" <<<"$stderr" ||
		show_both 'error' killed
	assert_error_has 'live rules not changed'
	all_gone
	assert_untouched "$before"
	# nobody's choice
	baseline 'ownership = exclusive
script_seconds = 1
script_errors = warn'
	run_rampart 2 validate
	assert_error_has ': error: the script did not end within'
	all_gone
}

@test "script 43: a script that does not end is killed, with all that it has started" {
	on_each_shell hangs_in_all_ways
}

# Each is bounded by the time limit or by a limit of its own: rampart goes on and says what is. The
# first is a fork bomb that would end some day without a limit.
floods() {
	local text
	for text in 'for ((i = 0; i < 3000; i++)); do (read -r x <parts/answer) & done; wait' \
		'yes' 'yes >&2' 'while :; do echo x; done'
	do
		parts
		script 40-fw.sh "$SHEBANG
$STAY
$text
"
		baseline 'script_seconds = 1'
		run_rampart 2 validate
		assert_error_has "$FW"
		[ "$(wc -c <<<"$output$stderr")" -lt 1000000 ]
		all_gone
	done
	script 40-fw.sh "$SHEBANG
$NOTES"'
head -c 300000000 /dev/zero >/tmp/big 2>/dev/null; note "file $?"
head -c 300000000 /dev/zero >/var/log/big 2>/dev/null; note "log $?"
exit 0
'
	baseline 'ownership = exclusive'
	run_rampart 0 apply
	! assert_noted 'file 0' >/dev/null
	! assert_noted 'log 0' >/dev/null
}

@test "script 44: fork bombs, endless output and huge files are bounded" {
	SHEBANG='#!/bin/bash'
	each_backend floods
}

left_behind() {
	parts
	applied "$STAY"'
for p in 1 2 3; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done
(read -r x <parts/answer; iptables -D INPUT 1; iptables -F) &
setsid tail -f /dev/null &
until grep -q "^tail" /proc/$!/cmdline; do :; done'
	all_gone
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 3
	grep -q "^$FW.*: warning: .*tail -f /dev/null" <<<"$stderr" || show_both warning 'tail -f /dev/null'
}

@test "script 45: what it leaves in the background is killed, and named" {
	on_each_shell left_behind
}

# To revert later is what it means: not now, and not half.
sleeps_in_background() {
	applied 'iptables -A INPUT -p tcp --dport 1 -j ACCEPT
(sleep 300; iptables -F; iptables -P INPUT ACCEPT) &
until grep -qs "^sleep" /proc/[0-9]*/cmdline; do :; done
iptables -A INPUT -p tcp --dport 2 -j ACCEPT'
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 2
	assert_error_has 'warning: '
	assert_error_has 'sleep 300'
}

@test "script 45: a flush that sleeps in the background does not come about" {
	on_each_shell sleeps_in_background
}

# --- death of rampart ----------------------------------------------------------------------------

killed_in_the_middle() {
	parts
	mounts=$(ns cat /proc/self/mountinfo)
	before=$(live)
	script 40-fw.sh "$SHEBANG
$STAY
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
tail -f /dev/null &
setsid tail -f /dev/null &
$MEET
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
"
	local signal
	for signal in KILL TERM; do
		start_rampart apply
		met
		kill -$signal "$RAMPART_PID"
		wait "$RAMPART_PID" || true
		all_gone
		assert_equal "$(ns cat /proc/self/mountinfo)" "$mounts"
		assert_untouched "$before"
	done
	# and nothing stands in the way of the next
	start_rampart apply
	met
	met_go
	finish_rampart 0
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 2
}

@test "script 46: rampart killed while a script runs: all of it dies, nothing is left or changed" {
	on_each_shell killed_in_the_middle
}

# --- lies ------------------------------------------------------------------------------------

# A program of the sandbox that talks to rampart as it likes.
HOSTILE='import os, socket, struct, random, array
random.seed(47)
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    s.connect("/dev/shm/.rampart/socket")
    return s
def send(data, fds=()):
    try:
        s = connect()
        anc = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        s.sendmsg([data], anc)
        return s
    except OSError:
        return None
for size in (0, 1, 3, 4, 7, 8, 12, 16, 17, 64, 1000, 65536, 131072, 200000):
    send(os.urandom(size))
    send(b"\0" * size)
    send(b"\xff" * size)
for i in range(300):
    send(bytes(random.randrange(256) for _ in range(random.randrange(80))))
null = os.open("/dev/null", os.O_RDWR)
for i in range(20):
    send(os.urandom(40), [null] * (i + 1))
# almost calls (src/shim.h): cut anywhere, numbers that are not so, no NUL at the end
MAGIC = 0x52504731
words = b"40-fw.sh:1\0/usr/sbin/iptables\0iptables\0-A\0INPUT\0-j\0ACCEPT\0"
for argc in (0, 1, 4, 6, 1000, 0x7fffffff, 0xffffffff):
    send(struct.pack("=III", MAGIC, 0, argc) + words)
    send(struct.pack("=III", MAGIC, 0xfffffffc, argc) + words)
    send(struct.pack("=III", MAGIC, 0, argc) + words[:-1])
whole = struct.pack("=III", MAGIC, 0, 5) + words
for cut in range(len(whole)):
    send(whole[:cut])
send(struct.pack("=III", MAGIC + 1, 0, 5) + words)
# a restore that is asked for its input, and hands over what is none
def restore(answer, fds):
    s = send(struct.pack("=III", MAGIC, 0, 2) + b"\0/usr/sbin/iptables-restore\0iptables-restore\0-n\0")
    try:
        s.recv(65536)
        s.sendmsg([answer], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
        return s
    except OSError:
        return None
directory = os.open("/", os.O_RDONLY)
pipe = os.pipe()
kept = []
for fds in ([], [directory], [null], [null, null], [pipe[0]], [pipe[1]], [connect().fileno()]):
    for answer in (b"", b"\0", b"\0\0\0\0", b"\1\0\0\0", b"\0" * 100):
        kept.append(restore(answer, fds))
# connections that say nothing, and half ones, held open
held = []
for i in range(200):
    try:
        s = connect()
        held.append(s)
        if i % 2:
            s.send(b"\0")
    except OSError:
        break
# a flood
for i in range(2000):
    try:
        connect().close()
    except OSError:
        pass
'

hostile_talk() {
	mkdir -p "$ROOT/$CONF_D/parts"
	printf '%s' "$HOSTILE" >"$ROOT/$CONF_D/parts/hostile.py"
	applied 'iptables -A INPUT -p tcp --dport 1 -j ACCEPT
/usr/bin/python3 parts/hostile.py; note "python $?"
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
iptables -C INPUT -p tcp --dport 1 -j ACCEPT; note "check $?"
iptables -C INPUT -p tcp --dport 3 -j ACCEPT 2>/dev/null; note "check $?"'
	assert_noted 'python 0'
	assert_noted 'check 0'
	assert_noted 'check 1'
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" ''
}

@test "script 47: garbage, half requests, descriptors and floods on the socket: rampart goes on" {
	on_each_shell hostile_talk
}

# As natively: who waits for that restore waits, who does not goes on.
endless_input() {
	parts
	applied "$STAY"'
tail -f /dev/null | iptables-restore -n &
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
ip6tables-restore -n <parts/answer &
iptables -A INPUT -p tcp --dport 2 -j ACCEPT
exit 0'
	all_gone
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 2
	script 40-fw.sh "$SHEBANG
$STAY"'
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
tail -f /dev/null | iptables-restore -n
'
	baseline 'script_seconds = 1'
	run_rampart 2 validate
	assert_error_has 'the script did not end within 1 second'
	all_gone
}

@test "script 47: a restore whose input does not end holds up nobody but its caller" {
	on_each_shell endless_input
}

# The place itself belongs to rampart.
own_place() {
	applied 'd=/dev/shm/.rampart
(echo x >$d/x) 2>/dev/null && note "made"
rm -rf $d/* 2>/dev/null
mv $d /dev/shm/other 2>/dev/null && note "moved"
[ -S $d/socket ] && note "there"
(: >>/usr/sbin/xtables-nft-multi) 2>/dev/null && note "overwritten"
umount /usr/sbin/xtables-nft-multi 2>/dev/null && note "unmounted"
for real in $d/real/xtables*; do
	$real iptables -A INPUT -p tcp --dport 9 -j ACCEPT 2>/dev/null && note "real $real"
done
cp /sbin/iptables /tmp/copy && /tmp/copy -A INPUT -p tcp --dport 8 -j ACCEPT 2>/dev/null
exit 0'
	assert_noted there
	local bad
	bad=$(rules ipv4 mangle OUTPUT | grep -v there || true)
	assert_equal "$bad" ''
	[[ "$(rules ipv4 filter INPUT)" != *'dport 9 '* ]]
}

@test "script 47: a script can't remove or replace what captures its calls" {
	on_each_shell own_place
}

# --- hosts -------------------------------------------------------------------------------------

# /usr/sbin as on a host that has one backend only. (A host with both, as this one should be, has
# the links of the alternatives system.)
one_backend() { # WHICH
	local other=legacy
	[ "$1" = nft ] || other=nft
	ns mkdir -p /run/over
	ns mount -t tmpfs none /run/over
	ns mkdir -p /run/over/up /run/over/work
	ns mount -t overlay -o lowerdir=/usr/sbin,upperdir=/run/over/up,workdir=/run/over/work \
		none /usr/sbin 2>/dev/null || skip 'no overlays here'
	ns sh -c 'rm -f /usr/sbin/*tables*-'$other'* /usr/sbin/xtables-'$other'-multi
		for name in iptables ip6tables; do
			for what in "" -save -restore; do
				ln -sf $name-'"$1"'$what /usr/sbin/$name$what
			done
		done'
}

only_one_backend() {
	one_backend "$BACKEND"
	applied 'iptables -A INPUT -p tcp --dport 1 -j ACCEPT
ip6tables -A INPUT -p tcp --dport 1 -j ACCEPT
iptables-save | grep -v "^#" | iptables-restore
iptables -C INPUT -p tcp --dport 1 -j ACCEPT; note "$?"'
	assert_noted 0
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
	assert_equal "$(rules ipv6 filter INPUT)" '-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT'
}

@test "script 48: a host with nft only, with legacy only" {
	on_each_shell only_one_backend
}

other_places() {
	one_backend "$BACKEND"
	# one program elsewhere, by a link of links; one as plain files without links
	ns mount -t tmpfs -o mode=755 none /usr/local/sbin
	ns ln -s /usr/sbin/iptables /usr/local/sbin/iptables
	ns ln -s iptables /usr/local/sbin/fw
	applied 'PATH=/usr/local/sbin:$PATH
iptables -A INPUT -p tcp --dport 1 -j ACCEPT
/usr/local/sbin/iptables -A INPUT -p tcp --dport 2 -j ACCEPT
$(readlink -f /sbin/iptables) iptables -A INPUT -p tcp --dport 3 -j ACCEPT'
	assert_equal "$(rules ipv4 filter INPUT | wc -l)" 3
}

@test "script 48: programs that are reached by links, and from another directory" {
	on_each_shell other_places
}

# --- the programs behind rampart ---------------------------------------------------------------

# Those that answer for the script's calls, whichever of them are there at that moment.
kill_helpers() {
	local pid found=0
	for pid in $(descendants "$RAMPART_PID"); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'restore'; then
			kill -9 "$pid" && found=1
		fi
	done
	[ $found = 1 ] || echo '# none was running'
}

oracle_killed() {
	parts
	script 40-fw.sh "$SHEBANG
$NOTES"'
iptables -N WEB
iptables -A INPUT -p tcp --dport 1 -m limit --limit 3/min -j WEB
iptables -A WEB -m string --string x --algo bm -j DROP
iptables -C INPUT -p tcp --dport 1 -m limit --limit 3/minute -j WEB; note "a $?"
ip6tables -A INPUT -m string --string x --algo bm -j DROP
'"$MEET"'
iptables -C INPUT -p tcp --dport 1 -m limit --limit 3/minute -j WEB; note "b $?"
iptables -C INPUT -p tcp --dport 1 -m limit --limit 4/minute -j WEB 2>/dev/null; note "c $?"
iptables -A WEB -m string --string y --algo kmp -j DROP; note "d $?"
iptables -A WEB -m nosuch -j DROP 2>/dev/null; note "e $?"
iptables -D INPUT -p tcp --dport 1 -m limit --limit 3/min -j WEB; note "f $?"
ip6tables -A INPUT -m string --string y --algo bm -j DROP; note "g $?"
iptables -X WEB 2>/dev/null; note "h $?"
'
	baseline 'ownership = exclusive'
	start_rampart apply
	met
	kill_helpers
	met_go
	finish_rampart 0
	assert_equal "$(rules ipv4 mangle OUTPUT | sed 's/.*--comment //' | tr -d '"' | paste -s -d ,)" \
		"a 0,b 0,c 1,d 0,e 2,f 0,g 0,h $([ "$BACKEND" = nft ] && echo 4 || echo 1)"
	assert_equal "$(rules ipv4 filter WEB | wc -l)" 2
	assert_equal "$(rules ipv6 filter INPUT | wc -l)" 2
}

@test "script 49: the programs that judge for rampart are killed: others take over, no verdict lost" {
	on_each_shell oracle_killed
}
