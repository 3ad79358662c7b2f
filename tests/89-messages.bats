# messages of the commands, and of what stands behind them: each is provoked, and read in full.
# (Where another file comes to a message on its way, it is read there; 59-messages.bats looks
# whether one is missing.)
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel

A=/etc/rampart/conf.d/10-a.rules

# The path by which rampart runs a program of the backend: tool iptables-save
tool() {
	echo "/usr/sbin/${1%-*}-$BACKEND-${1#*-}"
}

# In the test's mount namespace a file is empty and can't be executed: masked FILE...
masked() {
	local file
	: >"$BATS_TEST_TMPDIR/nothing"
	for file in "$@"; do
		ns mount --bind "$BATS_TEST_TMPDIR/nothing" "$file"
	done
}

# --- the command line -----------------------------------------------------------------------

misuse() { # TEXT ARG...
	local text=$1
	shift
	run_rampart 64 "$@"
	assert_equal "$stderr" "$text"
	assert_equal "$output" ''
}

@test "messages: of the command line" {
	ns_start
	misuse "rampart: error: 'ntf' is not a backend: auto, nft or legacy" apply --backend ntf
	misuse "rampart: error: 'fliter' is not a table: raw, mangle, nat, filter or security" show -t fliter
	misuse "rampart: error: unknown option '--jso', did you mean '--json'?" check --jso
	misuse "rampart: error: unknown option '--josn', did you mean '--json'?" check --josn
	misuse "rampart: error: unknown option '--nonsense'" check --nonsense
	misuse "rampart: error: this command takes no option '--take-over'" check --take-over
	misuse "rampart: error: unknown command 'aply' (did you mean 'apply'?); 'rampart --help' lists them" aply
	misuse "rampart: error: unknown command 'nonsense'; 'rampart --help' lists them" nonsense
}

# Those that are too many must not be left out without a word.
@test "messages: more chains to adopt than there is room for" {
	local names options
	ns_start
	names=$(seq -f 'C%g' 64)
	options=$(seq -f '--adopt=C%g' 65)
	# shellcheck disable=SC2086 # words
	{
		misuse "rampart: error: more than 64 chains to adopt: use the baseline's 'adopt'" apply $options
		misuse "rampart: error: more than 64 chains to adopt: use the baseline's 'adopt'" apply --adopt C0 $names
		misuse "rampart: error: more than 64 chains to adopt: use the baseline's 'adopt'" apply --adopt C0 $names X
		run_rampart 0 apply --adopt $names
	}
}

only_root() {
	for command in apply check diff status save flush; do
		status=0
		as_nobody $command || status=$?
		assert_equal "$command $status" "$command 77"
		assert_error_line 'rampart: error: only root can look at live rules'
	done
}

@test "messages: what only root can do" {
	on_each_backend only_root
}

# --- asking -----------------------------------------------------------------------------------

# rampart at a terminal: the words are typed behind "Type yes: ". at_terminal ANSWER ARG...
at_terminal() {
	local answer=$1
	shift
	NO_COLOR=1 ns "$PYTHON" -I -S -c '
import os, sys
pid, fd = os.forkpty()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
asked = False
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    seen += part
    if not asked and seen.endswith(b"Type yes: "):
        asked = True
        os.write(fd, sys.argv[1].encode() + b"\n")
sys.stdout.write(seen.decode().replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' \
		"$answer" "$RAMPART" --root "$ROOT" --backend $BACKEND "$@"
}

asks() {
	lay iptables -A INPUT -p tcp --dport 5 -j ACCEPT
	baseline 'ownership = exclusive'
	dropin 10-a.rules '-4 -A INPUT -i lo -j ACCEPT'
	before=$(live)
	question="rampart: error: not rampart's, would be deleted: ipv4 filter: -A INPUT -p tcp -m tcp --dport 5 -j ACCEPT
rampart: error: exclusive ownership would delete 1 rule of others: name what has to stay by 'preserve', or say --take-over
Delete these rules? Type yes: "
	status=0
	said=$(at_terminal no apply) || status=$?
	assert_equal "$status: $said" "2: ${question}no
rampart: live rules not changed"
	assert_untouched "$before"
	assert_equal "$(at_terminal yes apply)" "${question}yes
applied ($BACKEND, exclusive) in one step
  ipv4: +1 -1 rules
  ipv6: +0 -0 rules"
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -i lo -j ACCEPT'
}

@test "messages: at a terminal the rules of others are asked for" {
	on_each_backend asks
}

# --- files ------------------------------------------------------------------------------------

no_directory() {
	baseline 'save_to = {"/etc/iptables/rules.v4", ""}'
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 2 save
	assert_equal "$stderr" "/etc/iptables/rules.v4: error: can't be written: its directory does not exist"
}

@test "messages: a directory to save to that does not exist" {
	on_each_backend no_directory
}

state_stays() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	traced '-e trace=unlink -e inject=unlink:error=EIO' 4 flush
	assert_equal "$stderr" "rampart: warning: the history of generations is not complete: /var/lib/rampart/undo: can't be removed: Input/output error
/var/lib/rampart/current: error: can't be removed: Input/output error
rampart: flushed, but the state could not be removed"
	[[ "$(live)" != *rampart* ]]
	run_rampart 0 flush
	run_rampart 1 check
	assert_output_line 'nothing applied yet'
}

@test "messages: flushed, and the state can't be removed" {
	on_each_backend state_stays
}

@test "messages: no memory" {
	# a sanitized program wants more for itself
	(ulimit -v 100000; exec "$RAMPART" --version) || skip 'the program has no room in 100 MB'
	truncate -s 200M "$ROOT$A"
	status=0
	(ulimit -v 100000; exec "$RAMPART" --root "$ROOT" show 2>"$BATS_TEST_TMPDIR/err") || status=$?
	assert_equal "$status: $(cat "$BATS_TEST_TMPDIR/err")" '2: rampart: error: out of memory'
}

# --- locks ------------------------------------------------------------------------------------

NO_PAUSES='-e trace=clock_nanosleep,nanosleep -e inject=clock_nanosleep,nanosleep:retval=0'

locks() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	mkdir -p "$ROOT/run/rampart/lock"
	run_rampart 2 apply
	assert_equal "$stderr" "/run/rampart/lock: error: can't be opened: Is a directory
rampart: live rules not changed"
	rmdir "$ROOT/run/rampart/lock"
	traced '-e trace=flock -e inject=flock:error=ENOLCK' 2 apply
	assert_equal "$stderr" "/run/rampart/lock: error: can't be locked: No locks available
rampart: live rules not changed"
	# a holder that can't be seen from here, as from another container
	mkfifo "$BATS_TEST_TMPDIR/locked.$BACKEND"
	nsenter -t "$NS_PID" -n -m -- flock --no-fork "$ROOT/run/rampart/lock" \
		sh -c 'echo ok >"$1"; exec sleep 300' sh "$BATS_TEST_TMPDIR/locked.$BACKEND" 3>&- &
	holder=$!
	read -r _ <"$BATS_TEST_TMPDIR/locked.$BACKEND"
	ns mount --bind /dev/null /proc/locks
	traced "$NO_PAUSES" 2 apply
	assert_equal "$stderr" "/run/rampart/lock: error: busy: locked by another process for more than 10 seconds
rampart: live rules not changed"
	kill $holder
	wait $holder || true
	run_rampart 0 apply
}

@test "messages: of the lock" {
	on_each_backend locks
}

# --- the programs -----------------------------------------------------------------------------

no_programs() {
	masked /usr/sbin/xtables-nft-multi /usr/sbin/xtables-legacy-multi
	run_rampart 2 status --backend auto
	assert_equal "$stderr" "rampart: error: no iptables program found: is package 'iptables' installed?"
}

@test "messages: no iptables at all" {
	on_each_backend no_programs
}

no_save_program() {
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	baseline 'families = {ipv4}'
	ns sh -e -c '
		mkdir "$1"
		mount -t tmpfs none "$1"
		mkdir "$1/upper" "$1/work"
		mount -t overlay -o "lowerdir=/usr/sbin,upperdir=$1/upper,workdir=$1/work" none /usr/sbin
		rm "/usr/sbin/ip6tables-$2-save" /usr/sbin/ip6tables-save
	' sh "$BATS_TEST_TMPDIR/sbin.$BACKEND" $BACKEND
	run_rampart 2 apply
	assert_equal "$stderr" "rampart: error: live rules (ipv6) can't be read: no ip6tables-save
rampart: live rules not changed"
}

@test "messages: rules of a family whose save program is gone" {
	on_each_backend no_save_program
}

save_program_fails() {
	changing
	fake_programs '[[ $name != *-save ]] || [ $live = no ] || exit 3'
	run_rampart 2 apply
	assert_error_line "rampart: error: live rules can't be read: $(tool iptables-save) failed: exit status 3"
	assert_error_line "rampart: error: live rules can't be read: $(tool ip6tables-save) failed: exit status 3"
	# more than can be meant
	fake_programs '[[ $name != *-save ]] || exec truncate -s 300M /proc/self/fd/1'
	run_rampart 2 validate
	assert_error_line "rampart: error: can't read what '$(tool iptables-save)' wrote: File too large"
	fake_programs '[[ $name != *-save ]] || { real "$@" | sed "/--dport 80 /d"; exit; }'
	run_rampart 2 validate
	assert_equal "$stderr" "rampart: error: chain 'NEW' of table 'filter' (ipv4) came back with 0 rules instead of 1
rampart: error: chain 'NEW' of table 'filter' (ipv6) came back with 0 rules instead of 1
rampart: not valid; nothing was changed"
	real_programs
	assert_untouched "$before"
}

@test "messages: of a save program" {
	on_each_backend save_program_fails
}

cannot_run() {
	changing
	traced '-e trace=memfd_create -e inject=memfd_create:error=EMFILE' 2 apply
	assert_error_line "rampart: error: can't run '$(tool iptables-restore)': Too many open files"
	assert_untouched "$before"
	# gone between the first family's change and the second's
	fake_programs '[ $commit = no ] || { real "$@"; chmod a-x "$T/script"; exit; }'
	per_table run_rampart 4 apply
	assert_equal "$stderr" "rampart: error: '$(tool ip6tables-restore)' can't be run
rampart: error: live rules can't be read: $(tool iptables-save) failed: exit status 127
rampart: error: live rules can't be read: $(tool ip6tables-save) failed: exit status 127
rampart: apply failed, and what is live can't be read back"
	real_programs
	run_rampart 0 apply
	run_rampart 0 check
}

@test "messages: a program that can't be run" {
	on_each_backend cannot_run
}

# What the fake restore program says in the proof about the line with PATTERN: judged PATTERN 'CODE'
judged() {
	fake_programs "if [[ \$name = *-restore ]] && [ \$live = no ]; then
		cat >\"\$T/payload.\$\$\"
		nr=\$(grep -n -m 1 -e '$1' \"\$T/payload.\$\$\" | cut -d : -f 1)
		[ -z \"\$nr\" ] || { $2; }
		real \"\$@\" <\"\$T/payload.\$\$\"
		exit
	fi"
}

refusals() {
	dropin 10-a.rules '-A INPUT -j NOSUCH'
	run_rampart 2 validate
	assert_equal "$stderr" "$A:1: error: refused: neither a chain nor a target is called 'NOSUCH'
rampart: not valid; nothing was changed"
	# what other tests make the kernel say is no matter of this one
	ns mount --bind /dev/null /dev/kmsg
	dropin 10-a.rules '-4 -A INPUT -p tcp --dport 80 -j ACCEPT
-4 -A INPUT -p tcp --dport 81 -j ACCEPT'
	judged 'dport 80' 'exit 5'
	run_rampart 2 validate
	assert_equal "$stderr" "rampart: error: $(tool iptables-restore) refused the ipv4 payload: exit status 5
rampart: not valid; nothing was changed"
	judged 'dport 81' 'echo "$name: line $nr: hm" >&2; exit 1'
	run_rampart 2 validate
	assert_equal "$stderr" "$A:2: error: refused: no reason given
rampart: not valid; nothing was changed"
	# the jump is no line of anybody's
	judged '-j rampart-INPUT' 'echo "$name: line $nr: RULE_APPEND failed (Too many links): rule in chain INPUT" >&2; exit 4'
	run_rampart 2 validate
	assert_equal "$stderr" "rampart: error: refused: Too many links: -A INPUT -j rampart-INPUT (ipv4)
rampart: not valid; nothing was changed"
	real_programs
	run_rampart 0 validate
}

@test "messages: of the proof" {
	on_each_backend refusals
}

no_namespace() {
	changing
	for command in apply diff; do
		traced '-f -e trace=unshare -e inject=unshare:error=EPERM' 2 $command
		assert_error_line 'rampart: error: no network namespace for the proof: Operation not permitted'
	done
	assert_untouched "$before"
	[ $BACKEND = nft ] || return 0 # save proves what nft's iptables shows
	baseline 'save_to = {"/etc/rules.v4", ""}'
	traced '-f -e trace=unshare -e inject=unshare:error=EPERM' 2 save --all
	assert_equal "$stderr" 'rampart: error: no network namespace for the proof: Operation not permitted'
}

@test "messages: no namespace to prove in" {
	on_each_backend no_namespace
}

# --- ipsets -----------------------------------------------------------------------------------

# The ipset program is a script with CODE before the real one: fake_ipset 'CODE'
fake_ipset() {
	cp /usr/sbin/ipset "$BATS_TEST_TMPDIR/ipset.real"
	printf '%s\n' '#!/bin/sh' "$1" "exec '$BATS_TEST_TMPDIR/ipset.real' \"\$@\"" >"$BATS_TEST_TMPDIR/ipset"
	chmod 755 "$BATS_TEST_TMPDIR/ipset"
	ns umount /usr/sbin/ipset 2>/dev/null || true
	ns mount --bind "$BATS_TEST_TMPDIR/ipset" /usr/sbin/ipset
}

ipsets() {
	ns ipset create banned hash:ip
	dropin 10-a.rules '-4 -A INPUT -m set --match-set banned src -j DROP'
	fake_ipset '[ "$1" != list ] || { echo "not now" >&2; exit 1; }'
	run_rampart 2 validate
	assert_error_line "$A:1: error: the host's ipsets can't be read: not now"
	fake_ipset '[ "$1" != restore ] || { echo "not now" >&2; exit 1; }'
	run_rampart 2 validate
	assert_equal "$stderr" "rampart: error: the ipsets can't be mirrored for the proof: not now
rampart: not valid; nothing was changed"
	ns umount /usr/sbin/ipset
	masked /usr/sbin/ipset
	run_rampart 2 validate
	assert_error_line "$A:1: error: the rule names an ipset, but there is no ipset program"
}

@test "messages: of ipsets" {
	on_each_backend ipsets
}

ipsets_of_a_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r -n true ||
		skip 'no user namespaces for ordinary users here'
	dropin 10-a.rules '-4 -A INPUT -m set --match-set banned src -j DROP'
	masked /usr/sbin/ipset
	status=0
	as_nobody validate || status=$?
	assert_equal "$status: $stderr" "2: $A:1: warning: ipset 'banned' is taken to exist: only root can look
rampart: error: the rules name ipsets, but there is no ipset program
rampart: not valid; nothing was changed"
}

@test "messages: of ipsets, to an ordinary user" {
	on_each_backend ipsets_of_a_user
}

# --- the kernel -------------------------------------------------------------------------------

# run_rampart where the kernel does not say what is live, or not from the Nth question on
# (of nft): speechless N[+] STATUS ARG...
speechless() {
	local from=$1
	shift
	if [ $BACKEND = nft ]; then
		traced "-e trace=sendto -e inject=sendto:error=ENOBUFS:when=$from" "$@"
		reason='No buffer space available'
	else
		traced '-P /proc/self/net/ip_tables_names -e trace=openat -e inject=openat:error=EMFILE' "$@"
		reason='Too many open files'
	fi
}

kernel_is_silent() {
	changing
	speechless 1+ 2 apply
	assert_error_line "rampart: error: live chains can't be read ($BACKEND, ipv4): $reason"
	assert_error_line 'rampart: live rules not changed'
	speechless 1+ 2 check
	assert_error_line "rampart: error: live rules can't be read ($BACKEND, ipv4): $reason"
	# what can't be seen is not taken for nothing
	speechless 1+ 2 flush
	assert_error_line "rampart: error: live rules can't be read ($BACKEND, ipv4): $reason"
	assert_error_line 'rampart: live rules not changed'
	baseline 'save_to = {"/etc/rules.v4", "/etc/rules.v6"}'
	speechless 1+ 2 save --all
	assert_error_line "rampart: error: live rules can't be read ($BACKEND, ipv4): $reason"
	[ ! -e "$ROOT/etc/rules.v4" ]
	if [ $BACKEND = legacy ]; then
		traced '-e trace=getsockopt -e inject=getsockopt:error=ENOMEM' 2 status
		assert_equal "$stderr" "rampart: error: counters can't be read: Cannot allocate memory"
	fi
	assert_untouched "$before"
}

@test "messages: a kernel that does not say what is live" {
	on_each_backend kernel_is_silent
}

save_all_fails() {
	[ $BACKEND = nft ] || return 0 # legacy shows what it has
	lay iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	baseline 'save_to = {"/etc/rules.v4", ""}'
	# behind the questions which tables there are (ipv4, ipv6, ipv4 again): the rules
	speechless 4+ 2 save --all
	assert_equal "$stderr" "rampart: error: live rules can't be read: No buffer space available"
	fake_programs '[[ $name != *-restore ]] || { echo "out of order" >&2; exit 1; }'
	run_rampart 2 save --all
	assert_equal "$stderr" "rampart: error: the live rules (ipv4) can't be restored: out of order"
	real_programs
	run_rampart 0 save --all
	ns nft add rule ip filter INPUT udp dport '{ 1000, 1001 }' counter accept
	run_rampart 2 save --all
	assert_equal "$stderr" "rampart: error: chain 'INPUT' (ipv4 filter) holds native nft rules that iptables shows as something else: they can't be saved"
}

@test "messages: of save --all" {
	on_each_backend save_all_fails
}

# --- rules --------------------------------------------------------------------------------------

@test "messages: chains that nobody knows" {
	dropin 10-a.rules '-A THEIRS -i lo -j ACCEPT'
	run_rampart 2 validate
	assert_error_line "$A:1: error: chain 'THEIRS' is not defined in table 'filter' (live chains were not looked at)"
	run_rampart 0 show
	assert_equal "$stderr" "$A:1: warning: chain 'THEIRS' is taken to be live: the kernel is not looked at here"
}

@test "messages: rules that make no sense together" {
	dropin 10-a.rules ':A -
:B -
-A INPUT -j A
-A A -j B
-A B -j A'
	run_rampart 2 show
	assert_error_line "$A:5: error: jump to chain 'A' makes a loop"
	# the kernel takes one that nothing leads to
	dropin 10-a.rules ':A -
:B -
-A A -j B
-A B -j A'
	run_rampart 0 show
	assert_error_line "$A:4: warning: jump to chain 'A' makes a loop: no packet gets there now"
	dropin 10-a.rules '*mangle
-A FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu'
	run_rampart 0 show
	assert_equal "$stderr" "$A:2: warning: TCPMSS needs '-p tcp --tcp-flags SYN,RST SYN' before it"
	{
		for i in $(seq 17); do echo ":N$i -"; done
		echo '-A INPUT -j N1'
		for i in $(seq 16); do echo "-A N$i -j N$((i + 1))"; done
	} >"$ROOT$A"
	run_rampart 0 show
	assert_equal "$stderr" "$A:18: warning: below 'INPUT' chains are nested 18 deep: nft takes 15"
}

hashlimit_changes() {
	apply_dropin 10-a.rules '-A INPUT -m hashlimit --hashlimit-above 10/min --hashlimit-mode srcip --hashlimit-name x -j DROP'
	dropin 10-a.rules '-A INPUT -m hashlimit --hashlimit-above 20/min --hashlimit-mode srcip --hashlimit-name x -j DROP'
	run_rampart 1 diff
	assert_equal "$stderr" "$A:1: warning: hashlimit 'x' is live with other parameters, which the kernel keeps: give the changed one another name"
	run_rampart 0 apply
	assert_equal "$stderr" "$A:1: warning: hashlimit 'x' is live with other parameters, which the kernel keeps: give the changed one another name"
}

@test "messages: a hashlimit that changes under its name" {
	on_each_backend hashlimit_changes
}

# --- what failed ----------------------------------------------------------------------------------

OUT_OF_ORDER='{ echo "out of order" >&2; exit 1; }'

interrupted_then_failed() {
	changing
	fake_programs "[ \$commit = no ] || { real \"\$@\"; $KILL_BOTH; exit; }"
	per_table run_rampart 137 apply
	before=$(live)
	fake_programs "[ \$commit = no ] || $OUT_OF_ORDER"
	run_rampart 3 apply
	assert_error_line 'rampart: warning: an earlier apply was interrupted: finished by this one'
	assert_error_line 'rampart: apply failed: live rules are as they were before it, which is what an interrupted apply had left'
	run_rampart 3 apply --json
	assert_output_line '  "result": "rolled back",'
	real_programs
	assert_untouched "$before"
	run_rampart 0 apply
	run_rampart 0 check
}

@test "messages: an apply that fails behind one that was interrupted" {
	on_each_backend interrupted_then_failed
}

flush_fails() {
	changing
	fake_programs "[ \$commit = no ] || $OUT_OF_ORDER"
	run_rampart 3 flush
	assert_equal "$stderr" "rampart: error: the kernel did not take the change: $(tool iptables-restore): out of order
rampart: flush failed: the rules are back and verified"
	assert_untouched "$before"
	# behind the change nothing can be read any more
	fake_programs '[ $commit = no ] || : >"$T/done"
		[[ $name != *-save ]] || [ ! -e "$T/done" ] || { echo blind >&2; exit 1; }'
	run_rampart 4 flush
	assert_error_line "rampart: error: live rules can't be read: $(tool iptables-save) failed: blind"
	assert_error_line "rampart: flush failed, and what is live can't be read back"
	rm "$FAKE/done"
	real_programs
	run_rampart 0 flush
	changing
	# one family is changed, and then no way forward and none back
	fake_programs "[ \$commit = no ] || { [ ! -e \"\$T/done\" ] || $OUT_OF_ORDER; : >\"\$T/done\"; }"
	per_table run_rampart 4 flush
	assert_error_line 'rampart: flush failed: live rules are not what they were'
	assert_error_line "rampart: error: not as it was: ipv4 filter chain 'OLD'"
	real_programs
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "messages: a flush that fails" {
	on_each_backend flush_fails
}

move_fails() {
	local here=$BACKEND there=legacy
	[ $BACKEND = nft ] || there=nft
	BACKEND=$there
	apply_dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	before=$(live)
	fake_programs "[ \$commit = no ] || $OUT_OF_ORDER"
	BACKEND=$here
	run_rampart 4 apply --move
	assert_error_line "rampart: error: rampart's chains could not be taken out of backend $there"
	assert_error_line "rampart: applied, but rampart's rules are live in the other backend as well"
	BACKEND=$there
	assert_untouched "$before"
	real_programs
	BACKEND=$here
	run_rampart 0 apply --move
	assert_equal "$stderr" ''
}

@test "messages: rules that can't be taken out of the other backend" {
	on_each_backend move_fails
}
