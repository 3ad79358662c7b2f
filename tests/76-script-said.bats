# script said: what rampart says about scripts that ask for too much, for what is not there, or for
# what it does not do; and where the host lacks what a sandbox needs.
# shellcheck disable=SC2154,SC2016 # run_rampart sets stderr; texts are for the scripts' shells
load helpers
load kernel
load script

ONE='iptables -A INPUT -p tcp --dport 1 -j ACCEPT'
CONF=/etc/rampart/rampart.conf

# The messages are rampart's own: one shell is as good as the other.
in_bash() {
	SHEBANG='#!/bin/bash'
	on_each_backend "$@"
}

# said N 'TEXT' ARG...: the drop-in with that text below its first line, and rampart.
said() {
	local expected=$1
	script 40-fw.sh "$SHEBANG
$2
"
	shift 2
	run_rampart "$expected" "$@"
}

# --- words and texts ---------------------------------------------------------------------------

no_such_rules() {
	said 2 'iptables -A INPUT -m comment --comment "one
two" -j ACCEPT' validate
	assert_error_has "$FW:2: error: 'iptables -A INPUT -m comment --comment "
	assert_error_has 'failed: a word of it holds a newline, which no saved rule can'
	said 2 'printf "*filter\n-A INPUT -m comment --comment a\0b -j ACCEPT\nCOMMIT\n" | iptables-restore' validate
	assert_error_has "$FW:2: error: 'iptables-restore' failed: line 2 of its input: it holds a NUL byte (exit status 2)"
	said 2 'printf "*filter\n\n-A INPUT -s www.example.test -j ACCEPT\nCOMMIT\n" | iptables-restore' validate
	assert_error_has "$FW:2: error: 'iptables-restore' failed: line 3 of its input: host/network \`www.example.test' not found"
	assert_error_has "resolve = yes"
	# one that natively is found
	printf '%s\n' '127.0.0.1 localhost' '192.0.2.10 one.example' >"$BATS_TEST_TMPDIR/hosts"
	ns mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
	said 2 'iptables -A INPUT -s one.example -j ACCEPT' validate -v
	assert_error_has "error output: iptables: host/network \`one.example' not found"
	said 2 'printf "*filter\n-A INPUT -m comment --comment \"a\nCOMMIT\n" | iptables-restore' validate
	assert_error_has "failed: line 2 of its input: "
}

@test "script said: words and lines that no saved rule can hold, and names" {
	in_bash no_such_rules
}

too_many_words() {
	said 2 'word=$(printf %0100000d 0)
iptables -A INPUT -m comment --comment $word -m comment --comment $word -j ACCEPT' validate -v
	assert_error_line "$FW:3: error: a call of 'iptables' has more than 160 KiB of words"
	assert_error_has 'error output: rampart: too many words in one call'
}

@test "script said: a call with too many words" {
	in_bash too_many_words
}

own_texts() {
	said 0 'iptables -N WEB
iptables -N WEB
iptables -C INPUT -p tcp --dport 9 -j ACCEPT
iptables -F NOSUCH
iptables -A INPUT -j WEB
iptables -D INPUT -p tcp --dport 9 -j WEB
iptables-save -f /usr/x
exit 0' validate -v
	assert_error_has 'error output: iptables: Chain already exists.'
	assert_error_has 'error output: iptables: Bad rule (does a matching rule exist in that chain?).'
	assert_error_has 'error output: iptables: No chain/target/match by that name.'
	assert_error_has "error output: can't write to the file"
}

@test "script said: what a script reads from rampart in place of the programs" {
	in_bash own_texts
}

# The call that can't ask: it must not look like a rule that was taken.
no_descriptor() {
	said 0 '(ulimit -n 3; exec iptables -A INPUT -j ACCEPT)
echo ended with $?' validate -v
	assert_error_line "$FW: note: error output: rampart: nobody answers any more: the run is over"
	assert_error_line "$FW: note: output: ended with 125"
}

@test "script said: a call that can't reach rampart" {
	in_bash no_descriptor
}

# --- other programs -----------------------------------------------------------------------------

other_programs() {
	local program
	for program in ebtables arptables nft tc; do
		[ -e "/usr/sbin/$program" ] || continue
		said 2 "$program -L" validate -v
		assert_error_has "$FW:2: error: '$program -L': not captured: rampart captures the rules of iptables alone"
		assert_error_has "error output: $program: not possible in a script of rampart"
		baseline 'script_errors = warn'
		run_rampart 0 validate
		assert_error_has "$FW:2: warning: '$program -L': not captured: rampart captures the rules of iptables alone: left out"
		baseline ''
	done
}

@test "script said: programs that are not captured" {
	in_bash other_programs
}

# sudo need not be installed: the name that is called decides.
sudo_alone() {
	said 0 'ln -s /usr/sbin/iptables /tmp/sudo
/tmp/sudo
echo alone $?
/tmp/sudo -u root
echo with options $?' validate -v
	assert_error_line "$FW: note: error output: sudo: no command"
	assert_error_line "$FW: note: output: alone 1"
	assert_error_line "$FW: note: output: with options 1"
}

@test "script said: sudo without a command" {
	in_bash sudo_alone
}

# --- shells and variables -----------------------------------------------------------------------

bad_shells() {
	script 40-fw.sh '#!/usr/bin/perl
print 1'
	run_rampart 2 validate
	assert_error_line "$FW:1: error: '/usr/bin/perl' is not a shell: a script drop-in is for one"
	script 40-fw.sh '#!/nosuch/bin/zsh -f
:'
	run_rampart 2 validate
	assert_error_line "$FW:1: error: there is no shell '/nosuch/bin/zsh' here"
	script 40-fw.sh '#!/usr/bin/env yash
:'
	command -v yash >/dev/null || {
		run_rampart 2 validate
		assert_error_line "$FW:1: error: there is no shell 'yash' here"
	}
}

@test "script said: first lines that name no shell, or none that is here" {
	in_bash bad_shells
}

sets_and_arguments() {
	baseline 'set "PATH" { values = {eth0} }
script_args "41-other.sh" { args = {start} }'
	said 0 'ls / >/dev/null' validate
	assert_error_line "$CONF:1: warning: set 'PATH' is no variable of the scripts: the shell itself has one of that name"
	assert_error_line "$CONF:2: warning: script_args '41-other.sh': there is no script of that name: ignored"
}

@test "script said: a set named as a variable of the shell, arguments for no script" {
	in_bash sets_and_arguments
}

# --- how it ended -------------------------------------------------------------------------------

ends() {
	said 2 'kill -SEGV $$' validate
	assert_error_has "$FW: error: the script ended with exit status 139"
	assert_error_has '(signal 11)'
	said 2 'echo last word >&2; kill -KILL $$' validate
	assert_error_line "$FW: error: the script ended with exit status 137: last word (signal 9)"
	said 0 'echo seen; echo heard >&2' validate -v
	assert_error_has "output: seen"
	assert_error_has "error output: heard"
}

@test "script said: a signal, and what it printed with -v" {
	in_bash ends
}

files() {
	said 0 'for i in 1 2 3 4 5 6 7; do echo x >/var/lib/said$i; done' validate
	assert_error_has "$FW: note: what the script wrote to files is thrown away: /var/lib/said"
	assert_error_has ' and 2 more'
	[ ! -e /var/lib/said1 ]
}

@test "script said: more files than are named" {
	in_bash files
}

undone_later() {
	said 0 "$ONE
sleep 30
iptables -F" validate
	assert_error_line "$FW:4: warning: the rules are taken out again, after the sleep at line 3, which is not slept: what the script comes to is what is left; 'rampart apply --confirm' goes back by itself unless you confirm"
}

@test "script said: rules, sleep, flush" {
	in_bash undone_later
}

# --- other drop-ins, families ---------------------------------------------------------------------

reach() {
	dropin 30-a.rules '-A INPUT -p tcp --dport 5 -j ACCEPT
-A INPUT -p tcp --dport 6 -j ACCEPT'
	baseline 'script_scope = all'
	said 0 'iptables -D INPUT -p tcp --dport 6 -j ACCEPT
ip6tables -D INPUT -p tcp --dport 6 -j ACCEPT' validate
	assert_error_line "${FW%/*}/30-a.rules:2: warning: this rule of chain 'INPUT' is taken out again by $FW"
	refute_error_has '30-a.rules:1:'
}

@test "script said: script_scope = all: each rule of another drop-in that a script takes out" {
	in_bash reach
}

one_family() {
	baseline 'families = {ipv4}'
	said 0 "$ONE
ip6tables -A INPUT -p tcp --dport 2 -j ACCEPT" validate
	assert_error_line "$FW: note: 1 ipv6 rule left out: the baseline's 'families' has not that family"
	said 0 'ip6tables -A INPUT -p tcp --dport 2 -j ACCEPT
ip6tables -A INPUT -p tcp --dport 3 -j ACCEPT' validate
	assert_error_line "$FW: note: 2 ipv6 rules left out: the baseline's 'families' has not that family"
}

@test "script said: rules of a family that the baseline has not" {
	in_bash one_family
}

# A host without the programs of the other family: what is called by its name all the same.
no_ip6tables() {
	local bin=$BATS_TEST_TMPDIR/sbin
	[ -e "$bin" ] || {
		cp -a /usr/sbin "$bin"
		rm "$bin"/ip6tables*
	}
	ns mount --bind "$bin" /usr/sbin
	baseline 'families = {ipv4}'
	said 0 'ln -s /usr/sbin/iptables /tmp/ip6tables
/tmp/ip6tables -L
echo ended with $?' validate -v
	assert_error_line "$FW: note: error output: no such program"
	assert_error_line "$FW: note: output: ended with 127"
}

@test "script said: a host without ip6tables" {
	in_bash no_ip6tables
}

not_loadable() {
	dropin 30-a.rules ':standard -'
	[ "$BACKEND" = nft ] || dropin 30-a.rules ':TCPOPTSTRIP -'
	said 2 'iptables -L >/dev/null' validate
	assert_error_has "$FW: error: what the drop-ins before it made can't be loaded for the script: "
}

@test "script said: drop-ins before it that can't be loaded" {
	in_bash not_loadable
}

# --- limits --------------------------------------------------------------------------------------

# Both are over before the time limit is, on a machine that is busy as well.
too_much() {
	baseline 'script_seconds = 50'
	said 2 'word=$(printf %075000d 0)
for i in {1..1900}; do
	modprobe -r $word $word || exit
done' validate -v
	assert_error_has "error: the script makes more than 200000 calls, or of more than 256 MiB: it is not answered any more"
	assert_error_has "$FW: error: the script ended with exit status 125"
	said 2 '{ echo "*filter"; seq -f "-A INPUT -m mark --mark %.0f -j ACCEPT" 100001; echo COMMIT; } | iptables-restore' validate
	assert_error_line "$FW:2: error: the script makes more than 100000 rules"
}

@test "script said: more calls and rules than it may make" {
	SHEBANG='#!/bin/bash'
	ns_start
	too_much
}

# The program writes the name back as it is.
not_readable() {
	said 2 'iptables-restore <<END
*filter
-A INPUT -m recent --name "a\\"b" --set
COMMIT
END' validate
	assert_error_has "$FW:2: error: what this makes can't be read back: "
}

@test "script said: what a save does not show in a form that can be loaded" {
	in_bash not_readable
}

# --- ipsets --------------------------------------------------------------------------------------

can_ipset() {
	ns ipset create said_try hash:ip || skip 'no ipset'
	ns ipset destroy said_try
}

ipset_words() {
	can_ipset
	said 2 'ipset create "a	b" hash:ip' validate
	assert_error_has "$FW:2: error: 'ipset create "
	assert_error_has 'failed: a word of it holds a control character (exit status '
}

@test "script said: a control character in an ipset's word" {
	in_bash ipset_words
}

other_type() {
	can_ipset
	ns ipset create ADMINS list:set
	before=$(live)
	said 2 'ipset destroy ADMINS
ipset create ADMINS hash:ip
ipset add ADMINS 192.0.2.1
iptables -A INPUT -m set --match-set ADMINS src -j ACCEPT' apply
	assert_error_line "rampart: warning: ipsets of the scripts: ipset 'ADMINS' is live with another type: destroy it first"
	assert_error_line 'rampart: error: the ipsets of the scripts could not be made'
	assert_error_line 'rampart: live rules not changed'
	assert_untouched "$before"
	ns ipset list ADMINS | grep -q '^Type: list:set'
	ns ipset destroy ADMINS
	run_rampart 0 apply
	ns ipset test ADMINS 192.0.2.1
}

@test "script said: an ipset that is live with another type stops the apply" {
	in_bash other_type
}

# What a fill of rampart has left behind, in use by a rule of somebody else.
ipset_fails() {
	can_ipset
	ns ipset create rampart-tmp hash:ip
	lay iptables -A INPUT -m set --match-set rampart-tmp src
	before=$(live)
	said 2 'ipset create ADMINS hash:ip
iptables -A INPUT -m set --match-set ADMINS src -j ACCEPT' apply
	assert_error_has 'warning: ipsets of the scripts: ipset restore failed: '
	assert_error_line 'rampart: error: the ipsets of the scripts could not be made'
	assert_untouched "$before"
}

@test "script said: an ipset that the kernel does not take" {
	in_bash ipset_fails
}

# --- modules and sysctls ---------------------------------------------------------------------------

modules() {
	command -v modprobe >/dev/null || skip 'no modprobe'
	baseline 'allow_modprobe = {nosuch_fw_module}'
	said 0 "modprobe ../x
modprobe nosuch_fw_module
$ONE" apply
	assert_error_line "$FW:2: warning: 'modprobe ../x' is not done: no name of a module"
	assert_error_has "warning: $FW:3: 'modprobe nosuch_fw_module' failed: "
	# a host without the program
	both_families -F
	both_families -X
	rm -rf "$ROOT/run/rampart"
	ns mount --bind /dev/null "$(readlink -f "$(command -v modprobe)")"
	run_rampart 0 boot
	assert_error_has "warning: $FW:3: 'modprobe nosuch_fw_module': there is no modprobe here"
}

@test "script said: modules with a bad name, that fail, and no modprobe" {
	in_bash modules
}

sysctls() {
	baseline 'allow_sysctl = {"net.ipv4.*"}'
	said 0 "echo yes >/proc/sys/net/ipv4/ip_forward
$ONE" apply
	assert_error_has "warning: $FW:2: 'net.ipv4.ip_forward = yes' could not be set: Invalid argument"
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 1
	# a generation that somebody has changed
	local file
	for file in "$ROOT"/var/lib/rampart/generations/*; do
		sed -i 's/net\.ipv4\.ip_forward/kernel.hostname/' "$file"
	done
	both_families -F
	both_families -X
	rm -rf "$ROOT/run/rampart"
	before=$(hostname)
	run_rampart 0 boot
	assert_error_has "warning: $FW:2: 'kernel.hostname' is no sysctl of the network: ignored"
	assert_equal "$(hostname)" "$before"
}

@test "script said: a value that the kernel refuses, a name that is not the network's" {
	in_bash sysctls
}

# --- the host --------------------------------------------------------------------------------------

# no_sandbox CALL:ERROR 'TEXT' [PATH]: each of these calls fails, or those with that path alone.
no_sandbox() {
	traced "-f -e trace=${1%%:*} -e inject=$1 ${3:+-P $3}" 2 validate
	assert_error_has "$2"
}

no_namespaces() {
	said 0 "$ONE" validate
	no_sandbox clone:error=EPERM "error: scripts can't be run: no namespaces here: Operation not permitted"
	no_sandbox socketpair:error=EMFILE 'error: no socket: Too many open files'
	no_sandbox mount_setattr:signal=KILL 'error: the sandbox of the scripts has ended by itself'
	said 0 'iptables -L >/dev/null' validate
	no_sandbox unshare:error=ENOSPC 'error: no network namespace for the scripts: No space left on device'
}

@test "script said: no namespaces" {
	command -v strace >/dev/null || skip 'no strace'
	SHEBANG='#!/bin/bash'
	ns_start
	no_namespaces
}

# The first process sees the one that holds the user namespace as its second.
not_made() {
	local what="error: can't make a sandbox for scripts:"
	said 0 'echo 1 >/proc/sys/net/ipv4/ip_forward' validate
	no_sandbox mount_setattr:error=EPERM "$what read-only mounts: Operation not permitted"
	no_sandbox pipe2:error=EMFILE "$what no pipe: Too many open files"
	no_sandbox mkdirat:error=ENOSPC "$what memory for "
	no_sandbox openat:error=EACCES "$what a copy of /proc/sys/net: Permission denied" /proc/sys/net
	no_sandbox write:error=EPERM "$what user namespaces can't be forbidden: Operation not permitted" \
		/proc/sys/user/max_user_namespaces
	no_sandbox openat:error=EPERM "$what no user can be mapped: Operation not permitted" \
		/proc/2/uid_map
	no_sandbox openat:error=EMFILE "$what the user namespace can't be held: Too many open files" \
		/proc/2/ns/user
	script 40-fw.sh "#!/bin/dash
$ONE
"
	no_sandbox openat:error=EMFILE "error: can't run a script: the shell does not read $ROOT$FW: Too many open files" feed
	# the calls of each process are counted by themselves
	no_sandbox fcntl:error=EINVAL:when=3+ "error: can't run a script: no packets in a FIFO: Invalid argument"
	no_sandbox poll:error=ENOMEM:when=3+ 'error: poll: Cannot allocate memory'
}

@test "script said: a sandbox that can't be made" {
	command -v strace >/dev/null || skip 'no strace'
	SHEBANG='#!/bin/bash'
	ns_start
	not_made
}
