# config: the baseline (rampart.conf(5)); every key, what is refused, and with which words.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load lang

# --- the page's own example -----------------------------------------------------------

@test "config: the baseline of the design is taken as it stands" {
	good_config 'families  = {ipv4, ipv6}
backend   = auto              # auto | nft | legacy: the host'"'"'s own iptables decides
ownership = merge             # merge: only chains of our own | exclusive: whole tables
preserve  = {"f2b-*", "DOCKER*"}        # exclusive only: foreign chains that stay
foreign   = {"DOCKER-USER"}   # chains of others that our rules append or jump to
on_boot_failure = last-good   # last-good | lockdown | open

policy { INPUT = DROP  FORWARD = DROP  OUTPUT = DROP }

set "PUBLICNET" { values = {eth0} }
set "ADMINS"    { values = {192.0.2.0/24, "2001:db8:1::/48"} }'
	dropin 10-a.rules '-A INPUT -i $PUBLICNET -s $ADMINS -j ACCEPT'
	run_rampart 0 show -4
	assert_output_line ':INPUT DROP [0:0]'
	assert_output_line ':FORWARD DROP [0:0]'
	assert_output_line ':OUTPUT DROP [0:0]'
	become '-A INPUT -i eth0 -s 192.0.2.0/24 -j ACCEPT' '-A INPUT -i eth0 -s 2001:db8:1::/48 -j ACCEPT'
}

@test "config: a host without a baseline has the defaults" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	run_rampart 0 show
	assert_equal "$stderr" ''
	assert_equal "$output" '# ipv4, merge
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:rampart-INPUT - [0:0]
-A INPUT -j rampart-INPUT
-A rampart-INPUT -j ACCEPT
COMMIT
# ipv6, merge
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:rampart-INPUT - [0:0]
-A INPUT -j rampart-INPUT
-A rampart-INPUT -j ACCEPT
COMMIT'
}

# --- which file it is -----------------------------------------------------------------

@test "config: -c names another baseline, below --root, and messages name it" {
	baseline 'nonsense'
	file other/my.conf 'families = {ipv4}'
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	for name in /other/my.conf other/my.conf; do
		run_rampart 0 show -c "$name"
		assert_output_has '# ipv4'
		refute_output_has '# ipv6'
	done
	file other/my.conf 'families = {ipv5}'
	run_rampart 2 show -c /other/my.conf
	assert_equal "$stderr" "/other/my.conf:1: error: 'ipv5' is not a value of 'families': it is ipv4 or ipv6"
	run_rampart 2 show --config=/other/none.conf
	assert_equal "$stderr" '/other/none.conf: error: No such file or directory'
}

# --- all faults in one run ------------------------------------------------------------

@test "config: all value faults are reported in one run, each with its line" {
	baseline '# a comment
families = {ipv4, ipv5}
backend = nftables
ownership = {merge, exclusive}
/* two
   lines */
policy { INPUT = REJECT
         FORWARD = {} }
position = middle
yield_to = {""}
layers = {relative}
state_dir = relative
generations = 0
confirm_seconds = 4
script_seconds = many
hook_exit = yes
on_boot_failure = closed
lockdown_from = {somehost}
script_errors = ignore
script_scope = mine
resolve = maybe
save_to = {/a, /b, /c}
origin_comments = 1
set "1st" { values = {a} }
set "OK" { values = {$MISSING} }'
	run_rampart 2 show
	assert_equal "$(sort -t: -k2n <<<"$stderr")" "$(sed "s,^,$CONF:," <<'END'
2: error: 'ipv5' is not a value of 'families': it is ipv4 or ipv6
3: error: 'nftables' is not a value of 'backend': it is auto, nft or legacy
4: error: 'ownership' takes one value: merge or exclusive
7: error: policy of 'INPUT' must be ACCEPT or DROP
8: error: policy of 'FORWARD' must be ACCEPT or DROP
9: error: 'middle' is not a value of 'position': it is first or last
10: error: 'yield_to' holds an empty pattern or a newline
11: error: 'relative' in 'layers' must be an absolute path
12: error: 'state_dir' must be an absolute path
13: error: 'generations' takes one number from 1 to 10000
14: error: 'confirm_seconds' takes one number from 5 to 86400
15: error: 'script_seconds' takes one number from 1 to 3600
16: error: 'yes' is not a value of 'hook_exit': it is ok or fail
17: error: 'closed' is not a value of 'on_boot_failure': it is last-good, lockdown or open
18: error: 'somehost' in 'lockdown_from': a host name: use its address, or set 'resolve = yes'
19: error: 'ignore' is not a value of 'script_errors': it is refuse or warn
20: error: 'mine' is not a value of 'script_scope': it is own or all
21: error: 'maybe' is not a value of 'resolve': it is no or yes
22: error: 'save_to' takes two files: IPv4's, then IPv6's
23: error: '1' is not a value of 'origin_comments': it is no or yes
24: error: '1st' can't be a set's name: letters, digits and '_' only
25: error: unknown set 'MISSING'
END
)"
}

@test "config: unknown keys are errors with line and a did-you-mean" {
	bad_config 'familes = {ipv4}' "1: error: unknown option 'familes', did you mean 'families'?"
	bad_config '

backends = nft' "3: error: unknown option 'backends', did you mean 'backend'?"
	bad_config 'zzz = 1' "1: error: unknown option 'zzz'"
	bad_config 'Backend = nft' "1: error: unknown option 'Backend', did you mean 'backend'?"
	bad_config 'policy { FORWRD = DROP }' "1: error: unknown option 'FORWRD' in 'policy', did you mean 'FORWARD'?"
	bad_config 'policy { PREROUTING = DROP }' "1: error: unknown option 'PREROUTING' in 'policy'"
	bad_config 'set "A" { value = {a} }' "1: error: unknown option 'value' in 'set', did you mean 'values'?"
	bad_config 'sets "A" { values = {a} }' "1: error: unknown option 'sets', did you mean 'set'?"
	# what stands in an unknown section is not reported on top of it
	bad_config 'zone { a = 1 b { c = 2 } }' "1: error: unknown option 'zone'"
}

@test "config: a fault in the baseline changes nothing" {
	ns_start
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	before=$(save ipv4 filter)
	dropin 10-a.rules '-A INPUT -i eth0 -j DROP'
	baseline 'policy { INPUT = NO }'
	run_rampart 2 apply
	assert_error_line "$CONF:1: error: policy of 'INPUT' must be ACCEPT or DROP"
	assert_equal "$(save ipv4 filter)" "$before"
}

# --- keys: what they take, what they do -----------------------------------------------

@test "config: families" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	good_config 'families = {ipv4}'
	assert_output_has '# ipv4'
	refute_output_has '# ipv6'
	good_config 'families = ipv6'
	assert_output_has '# ipv6'
	refute_output_has '# ipv4'
	good_config 'families = {"ipv6", ipv4}'
	assert_output_has '# ipv6'
	assert_output_has '# ipv4'
	bad_config 'families = {}' "1: error: 'families' is empty: it is ipv4, ipv6 or both"
	bad_config 'families = {IPv4}' "1: error: 'IPv4' is not a value of 'families': it is ipv4 or ipv6"
	bad_config 'families = {ipv4, ""}' "1: error: '' is not a value of 'families': it is ipv4 or ipv6"
}

@test "config: families = {ipv4} while IPv6 addresses are up is a warning" {
	ns_start
	ns ip addr add 2001:db8::1/64 dev lo
	baseline 'families = {ipv4}'
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	run_rampart 0 apply
	assert_error_line "$CONF:1: warning: IPv6 is not filtered, though IPv6 addresses are up"
	ns ip addr del 2001:db8::1/64 dev lo
	ns ip -6 addr flush dev lo
	dropin 10-a.rules '-A INPUT -j DROP'
	run_rampart 0 apply
	assert_equal "$stderr" ''
}

@test "config: backend" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	for backend in nft legacy; do
		baseline "backend = $backend"
		run_rampart 0 validate
		assert_output_has "($backend)"
	done
	# the host's own iptables decides
	own=legacy
	case $(iptables --version) in *nf_tables*) own=nft ;; esac
	baseline 'backend = auto'
	run_rampart 0 validate
	assert_output_has "($own)"
	# the option wins
	baseline 'backend = legacy'
	run_rampart 0 validate --backend nft
	assert_output_has '(nft)'
	bad_config 'backend = iptables' "1: error: 'iptables' is not a value of 'backend': it is auto, nft or legacy"
	bad_config 'backend = {nft, legacy}' "1: error: 'backend' takes one value: auto, nft or legacy"
	bad_config 'backend = {}' "1: error: 'backend' takes one value: auto, nft or legacy"
	bad_config 'backend = ""' "1: error: '' is not a value of 'backend': it is auto, nft or legacy"
}

@test "config: ownership" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	good_config 'ownership = merge'
	assert_output_line '# ipv4, merge'
	assert_output_line '-A rampart-INPUT -j ACCEPT'
	good_config 'ownership = exclusive'
	assert_output_line '# ipv4, exclusive'
	assert_output_line '-A INPUT -j ACCEPT'
	refute_output_has rampart-INPUT
	bad_config 'ownership = shared' "1: error: 'shared' is not a value of 'ownership': it is merge or exclusive"
}

@test "config: policy names built-in chains of filter; one that is not named stays as it is" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	good_config 'policy { INPUT = DROP }'
	assert_equal "$(grep -c ':INPUT DROP ' <<<"$output")" 2
	assert_equal "$(grep -c ':FORWARD ACCEPT ' <<<"$output")" 2
	good_config 'policy { INPUT = DROP FORWARD = ACCEPT OUTPUT = "DROP" }'
	assert_equal "$(grep -c ':OUTPUT DROP ' <<<"$output")" 2
	bad_config 'policy { INPUT = drop }' "1: error: policy of 'INPUT' must be ACCEPT or DROP"
	bad_config 'policy { INPUT = {DROP, ACCEPT} }' "1: error: policy of 'INPUT' must be ACCEPT or DROP"
	bad_config 'policy { INPUT = DROP }

policy { FORWARD = DROP }' "3: error: section 'policy' is there twice (first in line 1)"
	bad_config 'policy = DROP' "1: error: 'policy' is a section: write 'policy { ... }'"
	bad_config 'policy "x" { INPUT = DROP }' "1: error: section 'policy' takes no name: write 'policy { ... }'"
}

@test "config: a policy that nobody names stays as the host has it" {
	ns_start
	ipt -P FORWARD DROP
	baseline 'policy { INPUT = DROP }'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	save ipv4 filter >"$BATS_TEST_TMPDIR/saved"
	grep -x ':INPUT DROP' "$BATS_TEST_TMPDIR/saved"
	grep -x ':FORWARD DROP' "$BATS_TEST_TMPDIR/saved"
	grep -x ':OUTPUT ACCEPT' "$BATS_TEST_TMPDIR/saved"
}

at_position() { # POSITION EXPECTED
	ipt -A INPUT -i lo -j ACCEPT
	baseline "position = $1"
	dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" "$2"
}

@test "config: position = first and last" {
	each_backend at_position first '-A INPUT -j rampart-INPUT
-A INPUT -i lo -j ACCEPT'
	each_backend at_position last '-A INPUT -i lo -j ACCEPT
-A INPUT -j rampart-INPUT'
	bad_config 'position = 1' "1: error: '1' is not a value of 'position': it is first or last"
}

@test "config: yield_to replaces the patterns that are there by default" {
	ns_start
	for chain in f2b-ssh sshguard CROWDSEC_CHAIN RS-RackConnect-IN mine; do
		ipt -N "$chain"
		ipt -A INPUT -j "$chain"
	done
	dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j f2b-ssh
-A INPUT -j sshguard
-A INPUT -j CROWDSEC_CHAIN
-A INPUT -j RS-RackConnect-IN
-A INPUT -j rampart-INPUT
-A INPUT -j mine'
	baseline 'yield_to = {"f2b-*", sshguard}'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j f2b-ssh
-A INPUT -j sshguard
-A INPUT -j rampart-INPUT
-A INPUT -j CROWDSEC_CHAIN
-A INPUT -j RS-RackConnect-IN
-A INPUT -j mine'
}

@test "config: foreign, yield_to, preserve, preserve_rules, adopt, save_skip take patterns" {
	for key in foreign yield_to preserve preserve_rules adopt save_skip; do
		good_config "$key = {\"a*\", 'b?c', d}"
		good_config "$key = {}"
		good_config "$key = one"
		bad_config "$key = {x,
\"\"}" "2: error: '$key' holds an empty pattern or a newline"
		bad_config "$key = {\"x
y\"}" "1: error: '$key' holds an empty pattern or a newline"
	done
}

@test "config: preserve takes the presets docker, fail2ban, kubernetes and libvirt" {
	good_config 'ownership = exclusive
preserve = {docker, fail2ban, kubernetes, libvirt, "mine-*"}'
	# a dump's chains that match are left out: they are what a preset stands for
	printf '%s\n' '# Generated by iptables-save v1.8.9' '*filter' ':DOCKER -' ':f2b-sshd -' \
		':KUBE-SERVICES -' ':cali-INPUT -' ':LIBVIRT_INP -' ':mine-1 -' ':theirs -' \
		'-A INPUT -j theirs' COMMIT >"$ROOT/$CONF_D/10-a.rules"
	run_rampart 0 show -4
	assert_equal "$(grep '^:[a-zA-Z]*[-_1]\|^:theirs\|^:DOCKER' <<<"$output")" ':theirs - [0:0]'
	assert_equal "$stderr" "$RULES: note: 6 chains and 0 rules of other programs left out"
}

@test "config: layers and templates_dir name directories, lowest first" {
	file l1/10-a.rules '-A INPUT -i low -j ACCEPT'
	file l2/10-a.rules '-A INPUT -i high -j ACCEPT'
	file t1/x.rules '-A INPUT -i low -j DROP'
	file t2/x.rules '-A INPUT -i high -j DROP'
	dropin 99-not.rules '-A INPUT -i not -j ACCEPT'
	file l2/20-u.conf 'x {}'
	baseline 'layers = {/l1, "/l2/"}
templates_dir = {/t1, "/t2//"}'
	run_rampart 0 list
	assert_equal "$output" '10-a.rules  rules   /l2
20-u.conf   uses    /l2'
	become '-A INPUT -i high -j ACCEPT
-A INPUT -i high -j DROP'
	for key in layers templates_dir; do
		bad_config "$key = {}" "1: error: '$key' takes 1 to 8 directories, lowest layer first"
		bad_config "$key = {/1,/2,/3,/4,/5,/6,/7,/8,/9}" \
			"1: error: '$key' takes 1 to 8 directories, lowest layer first"
		bad_config "$key = {/a, b/c}" "1: error: 'b/c' in '$key' must be an absolute path"
		bad_config "$key = \"\"" "1: error: '' in '$key' must be an absolute path"
		bad_config "$key = {'/a
b'}" "1: error: '/a\\x0ab' in '$key' can't hold a newline"
		good_config "$key = {/1,/2,/3,/4,/5,/6,/7,/8}"
	done
}

@test "config: state_dir names where the state lies" {
	ns_start
	mkdir -m 700 "$ROOT/elsewhere"
	baseline 'state_dir = "/elsewhere/rampart/"'
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	run_rampart 0 apply
	[ -n "$(ls "$ROOT/elsewhere/rampart")" ]
	[ ! -e "$ROOT/var/lib/rampart" ]
	run_rampart 0 check
	bad_config 'state_dir = {/a, /b}' "1: error: 'state_dir' takes one directory"
	bad_config 'state_dir = {}' "1: error: 'state_dir' takes one directory"
	bad_config 'state_dir = ./a' "1: error: 'state_dir' must be an absolute path"
	bad_config 'state_dir = "/a
b"' "1: error: 'state_dir' can't hold a newline"
}

@test "config: generations, confirm_seconds and script_seconds take a number in their range" {
	while read -r key min max; do
		for good in "$min" "$max" "\"$max\""; do
			good_config "$key = $good"
		done
		for bad in $((min - 1)) $((max + 1)) '"-1"' 1.5 0x10 1e3 '" 7"' '"7 "' '""' ten \
			99999999999999999999 '{20, 30}' '{}'; do
			bad_config "$key = $bad" "1: error: '$key' takes one number from $min to $max"
		done
	done <<-'END'
		generations 1 10000
		confirm_seconds 5 86400
		script_seconds 1 3600
	END
}

@test "config: keys of one word" {
	while IFS='|' read -r key words; do
		list=${words// /, }
		list=${list%, *}\ or\ ${list##*, }
		for word in $words; do
			good_config "$key = $word"
		done
		bad_config "$key = nonsense" "1: error: 'nonsense' is not a value of '$key': it is $list"
		bad_config "$key = {${words// /, }}" "1: error: '$key' takes one value: $list"
		bad_config "$key = {}" "1: error: '$key' takes one value: $list"
		bad_config "$key = ${words%% *}x" "1: error: '${words%% *}x' is not a value of '$key': it is $list"
	done <<-'END'
		position|first last
		hook_exit|ok fail
		on_boot_failure|last-good lockdown open
		script_errors|refuse warn
		script_scope|own all
		resolve|no yes
		origin_comments|no yes
	END
}

@test "config: lockdown_from takes addresses and any" {
	good_config 'lockdown_from = {192.0.2.0/24, "2001:db8::1", 192.0.2.1-192.0.2.9}'
	good_config 'lockdown_from = any'
	good_config 'lockdown_from = 192.0.2.7
lockdown_from += 192.0.2.8'
	good_config "lockdown_from = {$(seq -s ', ' -f '192.0.2.%g' 64)}"
	bad_config "lockdown_from = {$(seq -s ', ' -f '192.0.2.%g' 65)}" \
		"1: error: 'lockdown_from' takes at most 64 addresses"
	bad_config 'lockdown_from = {192.0.2.0/24,
192.0.2.0/33}' "2: error: '192.0.2.0/33' in 'lockdown_from': not an address, prefix or range"
	# nobody at all would come in
	bad_config 'lockdown_from = {}' "1: error: 'lockdown_from' is empty: it is 'any', or addresses"
	bad_config 'lockdown_from = {192.0.2.7,
any}' "2: error: 'any' in 'lockdown_from' is not for a list"
	bad_config 'lockdown_from = 192.0.2.7
lockdown_from += any' "2: error: 'any' in 'lockdown_from' is not for a list"
}

@test "config: script_args, allow_sysctl and allow_modprobe" {
	good_config 'allow_sysctl = {net.ipv4.ip_forward, "net.ipv4.conf.*.rp_filter"}
allow_modprobe = {nf_conntrack_ftp}
script_args "10-a.sh" { args = {start, now} }
script_args "20-b.sh" { args = {} }'
	bad_config 'script_args { args = {start} }' \
		"1: error: section 'script_args' needs a name: write 'script_args \"NAME\" { ... }'"
	bad_config 'script_args "10-a.sh" { args = {start} }
script_args "10-a.sh" { args = {stop} }' \
		"2: error: script_args '10-a.sh' is defined again (first in line 1)"
	bad_config "script_args \"10-a.sh\" { args = {$(seq -s ', ' 201)} }" \
		"1: error: 'script_args' of '10-a.sh' has more than 200 words"
	bad_config 'allow_sysctl = {""}' "1: error: 'allow_sysctl' holds an empty pattern or a newline"
}

@test "config: resolve = no refuses a host name, yes resolves it" {
	ns_start
	printf '%s\n' '192.0.2.7 four.test both.test' '2001:db8::7 six.test both.test' \
		'192.0.2.8 both.test' >"$BATS_TEST_TMPDIR/hosts"
	ns mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
	for text in '' 'resolve = no'; do
		baseline "$text"
		bad_rules '-A INPUT -s four.test -j ACCEPT' \
			"1: error: 'four.test' of '-s': a host name: use its address, or set 'resolve = yes'"
	done
	baseline 'resolve = yes
set "H" { values = {both.test} }'
	good_rules '-A INPUT -s four.test -j ACCEPT' '-A INPUT -s 192.0.2.7 -j ACCEPT' ''
	good_rules '-A INPUT -d six.test -j ACCEPT' '' '-A INPUT -d 2001:db8::7 -j ACCEPT'
	good_rules '-A INPUT -s both.test -j ACCEPT' '-A INPUT -s 192.0.2.7 -j ACCEPT
-A INPUT -s 192.0.2.8 -j ACCEPT' '-A INPUT -s 2001:db8::7 -j ACCEPT'
	good_rules '-A INPUT -s $H -j ACCEPT' '-A INPUT -s 192.0.2.7 -j ACCEPT
-A INPUT -s 192.0.2.8 -j ACCEPT' '-A INPUT -s 2001:db8::7 -j ACCEPT'
	dropin 10-a.rules '-A INPUT -s four..test -j ACCEPT'
	run_rampart 2 show
	assert_error_has "$RULES:1: error: 'four..test' of '-s': "
}

@test "config: save_to takes IPv4's file, then IPv6's" {
	good_config 'save_to = {/etc/iptables/rules.v4, /etc/iptables/rules.v6}'
	good_config 'save_to = {"", /etc/iptables/rules.v6}'
	good_config 'save_to = /etc/sysconfig/iptables'
	bad_config 'save_to = {/1, /2, /3}' "1: error: 'save_to' takes two files: IPv4's, then IPv6's"
	bad_config 'save_to = {rules.v4}' "1: error: 'rules.v4' in 'save_to' must be an absolute path"
	bad_config 'save_to = {/1, "/2
"}' "1: error: '/2\\x0a' in 'save_to' can't hold a newline"
}

@test "config: save_to and save_skip are what save goes by" {
	ns_start
	baseline 'save_to = {/saved/v4, /saved/v6}
save_skip = {"skip*"}'
	mkdir -m 755 "$ROOT/saved"
	ipt -N skip1
	ipt -N keep1
	dropin 10-a.rules '-A INPUT -i eth7 -j ACCEPT'
	run_rampart 0 apply
	run_rampart 0 save --all
	grep -x -- '-A rampart-INPUT -i eth7 -j ACCEPT' "$ROOT/saved/v4"
	grep -x -- '-A rampart-INPUT -i eth7 -j ACCEPT' "$ROOT/saved/v6"
	grep '^:keep1 ' "$ROOT/saved/v4"
	assert_equal "$(grep -c skip1 "$ROOT/saved/v4" || true)" 0
}

@test "config: origin_comments adds FILE:LINE to each rule, the template's use for a template" {
	baseline 'origin_comments = yes'
	template x '

-A INPUT -i eth1 -j DROP'
	dropin 10-a.rules '
-A INPUT -i eth0 -j ACCEPT'
	dropin 20-u.conf '
x {}'
	become "-A INPUT -m comment --comment $RULES:2 -i eth0 -j ACCEPT
-A INPUT -m comment --comment $USES:2 -i eth1 -j DROP"
	baseline 'origin_comments = no'
	become '-A INPUT -i eth0 -j ACCEPT
-A INPUT -i eth1 -j DROP'
}

long_origin() {
	# 10 directories of 30 bytes: more than the 255 bytes of a comment
	local dir='' i
	for i in 0 1 2 3 4 5 6 7 8 9; do dir+=/$(word 30 "$i"); done
	file "${dir#/}/10-a.rules" '-A INPUT -i eth0 -j ACCEPT'
	baseline "origin_comments = yes
layers = {$dir}"
	run_rampart 0 validate
	run_rampart 0 show -4
	[[ $output == *"99999/10-a.rules:1 -i eth0 -j ACCEPT"* ]] || show_both 'the end of the path' "$dir"
}

@test "config: an origin comment that would be too long keeps the end of the path" {
	each_backend long_origin
}

# --- sets -----------------------------------------------------------------------------

@test "config: a set's name" {
	good_config 'set "A" { values = {a} }
set "_a1" { values = a }
set b { values = {} }
set c {}'
	for name in 1a a-b 'a b' '' 'ä' 'a.b' '$A'; do
		bad_config "

set \"$name\" { values = {a} }" "3: error: '$name' can't be a set's name: letters, digits and '_' only"
	done
	bad_config 'set "USE" { values = {a} }' "1: error: 'USE' can't be a set's name: templates have \$USE"
	bad_config 'set { values = {a} }' "1: error: section 'set' needs a name: write 'set \"NAME\" { ... }'"
	bad_config 'set "A" { values = {a} }
set "B" { values = {a} }
set "A" { values = {b} }' "3: error: set 'A' is defined again (first in line 1)"
}

@test "config: a set may name sets above it, never itself or one below" {
	baseline 'set "A" { values = {eth0, eth1} }
set "B" { values = {$A, "$A", eth2} }'
	dropin 10-a.rules '-A INPUT -i $B -j ACCEPT'
	become '-A INPUT -i eth0 -j ACCEPT
-A INPUT -i eth1 -j ACCEPT
-A INPUT -i eth0 -j ACCEPT
-A INPUT -i eth1 -j ACCEPT
-A INPUT -i eth2 -j ACCEPT'
	bad_config 'set "A" { values = {a,
$A} }' "2: error: unknown set 'A'"
	bad_config 'set "BASE" { values = {a, $BASF} }
set "BASF" { values = {a} }' "1: error: unknown set 'BASF'"
	bad_config 'set "BASE" { values = {a} }
set "C" { values = {$BASF} }' "2: error: unknown set 'BASF', did you mean 'BASE'?"
}

@test "config: a value of a set is a word that iptables-restore takes" {
	good_config "set \"A\" { values = {\"$(word 1023)\"} }"
	bad_config "set \"A\" { values = {x,
\"$(word 1024)\"} }" "2: error: '$(word 1024)' in 'A': longer than the 1023 bytes that iptables-restore takes"
	bad_config 'set "A" { values = {"a
b"} }' "1: error: 'a\\x0ab' in 'A': a value can't hold a newline"
	bad_config 'set "A" { values = {a, ""} }' "1: error: '' in 'A': empty"
}

# --- libconfuse's traps ---------------------------------------------------------------

@test "config: comments of all kinds keep the line numbers" {
	baseline '# one
// two
/* three
   four */ families = {ipv4} # five
backend = nft /* still
six */ ownership = /* in between */ merge // and
/**/ position = first
/* "not a quote */
# { not a section
// } neither, "nor this
set "A" { # comment
  values = { # in a list
    eth0, // one
    /* two */ eth1
  }
}
# end
generations = none'
	run_rampart 2 show
	messages "$CONF" "18: error: 'generations' takes one number from 1 to 10000"
}

@test "config: a comment that is not closed is an error with the line it begins in" {
	bad_config 'backend = nft
/* for ever
families = {ipv4}' "2: error: comment is not closed: '*/' is missing"
}

@test "config: comment signs inside quotes are none" {
	good_config 'set "A" { values = {"a#b", "//x", "/*", '"'#'"'} }'
	dropin 10-a.rules '-A INPUT -m comment --comment $A'
	become '-A INPUT -m comment --comment a#b
-A INPUT -m comment --comment //x
-A INPUT -m comment --comment /*
-A INPUT -m comment --comment "#"'
}

@test "config: what libconfuse would silently cut has to be quoted" {
	bad_config 'set "A" { values = {
eth+} }' "2: error: '+' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {+} }' "1: error: unexpected '+'; a value with it has to be quoted"
	bad_config 'set "A" { values = {a#b} }' "1: error: '#' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {a//b} }' "1: error: '/' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {a/*b*/} }' "1: error: '/' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {f(x)} }' "1: error: '(' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {a*} }' "1: error: '*' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {*} }' "1: error: unexpected '*'; a value with it has to be quoted"
	bad_config 'set "A" { values = {a;b} }' "1: error: ';' has to be quoted: write the whole value in double quotes"
	bad_config 'set "A" { values = {a"b"} }' "1: error: '\"' has to be quoted: write the whole value in double quotes"
	good_config 'set "A" { values = {"eth+", '"'eth+', \"a*\", 192.0.2.0/24, \"a;b\"} }"
	dropin 10-a.rules '-A INPUT -i $IF -j ACCEPT'
	baseline 'set "IF" { values = {"eth+"} }'
	become '-A INPUT -i eth+ -j ACCEPT'
}

@test "config: += adds to an option, = a second time is an error" {
	file 1/10-a.rules '-A INPUT -i one -j ACCEPT'
	file 2/20-a.rules '-A INPUT -i two -j ACCEPT'
	baseline 'layers = {/1}
layers += {/2}'
	become '-A INPUT -i one -j ACCEPT
-A INPUT -i two -j ACCEPT'
	bad_config 'layers = {/1}

layers = {/2}' "3: error: option 'layers' is set again (first in line 1)"
	bad_config 'layers += {/1}
layers = {/2}' "2: error: option 'layers' is set again (first in line 1)"
	bad_config 'policy { INPUT = DROP INPUT = DROP }' "1: error: option 'INPUT' is set again (first in line 1)"
	bad_config 'set "A" { values = {a}
values = {b} }' "2: error: option 'values' is set again (first in line 1)"
	# a value that += brought has its own line
	bad_config 'layers = {/1}
layers +=
{/2,
x}' "1: error: 'x' in 'layers' must be an absolute path"
	bad_config 'set "A" { values = {a}
values += {b,
"c
d"} }' "3: error: 'c\\x0ad' in 'A': a value can't hold a newline"
	# the same option in another section is another one
	good_config 'set "A" { values = {a} }
set "B" { values = {b} }'
}

@test "config: bytes behind a closing quote are an error" {
	bad_config 'backend = "nft"x' '1: error: text behind a closing quote'
	bad_config "backend = 'nft'legacy" '1: error: text behind a closing quote'
	bad_config 'set "A" { values = {"a"
"b""c"} }' '2: error: text behind a closing quote'
	bad_config "set \"A\" { values = {\"a\"'b'} }" '1: error: text behind a closing quote'
	bad_config 'set "A"B { values = {a} }' '1: error: text behind a closing quote'
	good_config 'set "A"{values={"a","b"}}backend="nft"'
}

@test "config: quotes, escapes and continued values" {
	dropin 10-a.rules '-A INPUT -m comment --comment $A'
	baseline 'set "A" { values = {"a\"b", "c\\d", "tab\there", "\x41\102\e", '"'e\\'f', 'g\\\\h', 'i\"j'"', "k\
l", "$", "a$"} }'
	become '-A INPUT -m comment --comment "a\"b"
-A INPUT -m comment --comment "c\\d"
-A INPUT -m comment --comment "tab'$'\t''here"
-A INPUT -m comment --comment "AB'$'\e''"
-A INPUT -m comment --comment "e'"'"'f"
-A INPUT -m comment --comment "g\\h"
-A INPUT -m comment --comment "i\"j"
-A INPUT -m comment --comment kl
-A INPUT -m comment --comment "$"
-A INPUT -m comment --comment "a$"'
	for bad in '\8' '\9' '\400' '\777' '\18'; do
		bad_config "backend = \"n${bad}t\"" '1: error: bad escape sequence in a quoted value'
	done
	for bad in '\0' '\000' '\x0' '\x00'; do
		bad_config "
backend = \"nft$bad\"" "2: error: a value can't hold a NUL byte"
	done
}

@test "config: a quote that is not closed is an error with the line it begins in" {
	bad_config 'backend = nft
set "A { values = {a} }
# end' '2: error: quoted value is not closed'
	bad_config "backend = 'nft
" '1: error: quoted value is not closed'
	bad_config 'backend = "nft\"' '1: error: quoted value is not closed'
}

@test "config: a quoted value over several lines keeps the line numbers" {
	bad_config 'set "A" { values = {"a\
b\
c"} }
backend = no' "4: error: 'no' is not a value of 'backend': it is auto, nft or legacy"
	bad_config "preserve_rules = {'a
b
c'}
backend = no" "1: error: 'preserve_rules' holds an empty pattern or a newline" \
		"4: error: 'no' is not a value of 'backend': it is auto, nft or legacy"
}

@test "config: the environment never leaks in" {
	export X=nft HOME=/root
	bad_config 'backend = ${X}' "1: error: '\${...}' would be read from the environment: write \$NAME for a set"
	bad_config 'backend = "${X}"' "1: error: '\${...}' would be read from the environment: write \$NAME for a set, or use single quotes"
	bad_config '
set "A" { values = {"a${X:-y}"} }' "2: error: '\${...}' would be read from the environment: write \$NAME for a set, or use single quotes"
	bad_config "backend = '\${X}'" "1: error: '\${X}' is not a value of 'backend': it is auto, nft or legacy"
	bad_config 'set "A" { values = {$X} }' "1: error: unknown set 'X'"
	bad_config 'set "A" { values = {$HOME} }' "1: error: unknown set 'HOME'"
	# a lone dollar sign is text
	baseline 'set "A" { values = {"cost $X", '"'\${X}'"'} }'
	dropin 10-a.rules '-A INPUT -m comment --comment $A'
	become '-A INPUT -m comment --comment "cost $X"
-A INPUT -m comment --comment "${X}"'
	# nor into rules and uses
	template t 'param c string
-A INPUT -m comment --comment $c'
	rm "$ROOT/etc/rampart/rampart.conf"
	bad_rules '-A INPUT -m comment --comment $HOME' "1: error: unknown set 'HOME'"
	bad_rules '-A INPUT -m comment --comment ${X}' "1: error: unknown set 'X'"
	rm "$ROOT/$CONF_D/10-a.rules"
	bad_uses 't { c = "${X}" }' "1: error: '\${...}' would be read from the environment: write \$NAME for a set, or use single quotes"
	bad_uses 't { c = $X }' "1: error: unknown set 'X'"
}

@test "config: \${X} inside a bare word is refused for what it is" {
	for text in 'set "A" { values = {a${X}} }' 'backend = a${X}' 'set "A" { values = a${X} }'; do
		bad_config "$text" "1: error: '\${...}' would be read from the environment: write \$NAME for a set"
	done
}

@test "config: syntax" {
	bad_config 'backend' '2: error: file ends where a value was expected'
	bad_config 'backend =' '2: error: file ends where a value was expected'
	bad_config '= nft' "1: error: '=' without an option's name before it"
	bad_config 'backend = = nft' "1: error: unexpected '='"
	bad_config 'backend "x" = nft' "1: error: unexpected 'backend'"
	bad_config 'set "A" "B" { values = {a} }' "1: error: unexpected 'B'"
	bad_config '{ backend = nft }' "1: error: '{' without a section's name before it"
	bad_config 'backend = nft
}' "2: error: '}' without '{'"
	bad_config 'set "A" { values = }' "1: error: '}' where a value was expected"
	bad_config 'policy { INPUT }' "1: error: '}' where a value was expected"
	bad_config 'set "A" { values = {a, {b}} }' "1: error: a list can't stand inside a list"
	bad_config '
set "A" { values = {a}
' "2: error: section 'set' is not closed: '}' is missing"
	bad_config 'set "A" { values = {a
' "3: error: file ends where a value was expected"
	bad_config 'backend { x = 1 }' "1: error: 'backend' is an option: write 'backend = VALUE'"
	bad_config 'set "A" { values = {a b} }' "1: error: unexpected token 'b'"
	bad_config 'set "A" {
values = {a,,b} }' "2: error: unexpected token ','"
	bad_config 'include("/etc/passwd")' "1: error: '(' has to be quoted: write the whole value in double quotes"
	good_config 'foreign = {a, b,}'
	good_config ''
	good_config '
# nothing
'
}

@test "config: control characters outside quotes" {
	bad_config $'backend \v= nft' '1: error: control character \x0b outside quotes'
	bad_config $'backend\v= nft' "1: error: '\x0b' has to be quoted: write the whole value in double quotes"
	bad_config $'\n\x7f' '2: error: control character \x7f outside quotes'
}

@test "config: CR LF" {
	printf 'backend = nft\r\n# comment\r\nfamilies = {ipv4,\r\nipv6}\r\ngenerations = x\r\n' \
		>"$ROOT$CONF"
	run_rampart 2 show
	messages "$CONF" "5: error: 'generations' takes one number from 1 to 10000"
}

@test "config: no newline at the end" {
	printf 'families = {ipv4}' >"$ROOT$CONF"
	run_rampart 0 show
	assert_equal "$stderr" ''
}

@test "config: a NUL byte is an error with its line" {
	printf '# x\n\nbackend = \0nft\n' >"$ROOT$CONF"
	run_rampart 2 show
	messages "$CONF" '3: error: file holds a NUL byte'
	printf '# x\0' >"$ROOT$CONF"
	run_rampart 2 show
	messages "$CONF" '1: error: file holds a NUL byte'
}

@test "config: a file has at most 1 MiB" {
	{ echo 'families = {ipv4}'; head -c $((1024 * 1024 - 18)) /dev/zero | tr '\0' ' '; } >"$ROOT$CONF"
	assert_equal "$(stat -c %s "$ROOT$CONF")" 1048576
	run_rampart 0 show
	echo >>"$ROOT$CONF"
	run_rampart 2 show
	assert_equal "$stderr" "$CONF: error: file is larger than 1048576 bytes"
}

@test "config: sections are nested at most 4 deep" {
	bad_config 'a { b { c { d { x = 1 } } } }' "1: error: unknown option 'a'"
	bad_config 'a { b { c {
d { e { x = 1 } } } } }' '2: error: sections are nested too deeply'
}

@test "config: a file holds at most 100000 sections and options" {
	{ printf 'set "A" { values = {'; for ((i = 0; i < 1000; i++)); do printf 'a,'; done; echo '} }'; } >"$ROOT$CONF"
	run_rampart 0 show # values are not counted
	awk 'BEGIN { for (i = 0; i < 100001; i++) print "x{}" }' >"$ROOT$CONF"
	run_rampart 2 show
	messages "$CONF" '100001: error: file holds too many sections and options'
}

@test "config: one syntax error for each file, the other files go on" {
	template t '-A INPUT -j ACCEPT'
	dropin 10-a.conf 't { } }
t {'
	dropin 20-b.conf 't { = }'
	dropin 30-c.rules '-A INPUT -p tcp --dport $NO -j ACCEPT'
	run_rampart 2 show
	assert_equal "$stderr" "/etc/rampart/conf.d/10-a.conf:1: error: '}' without '{'
/etc/rampart/conf.d/20-b.conf:1: error: '=' without an option's name before it
/etc/rampart/conf.d/30-c.rules:1: error: unknown set 'NO'"
}

@test "config: text of the file can't drive a terminal" {
	bad_config $'"back\eend" = nft' "1: error: unknown option 'back\\x1bend', did you mean 'backend'?"
	bad_config $'backend = "\e[31m\xff"' "1: error: '\\x1b[31m\\xff' is not a value of 'backend': it is auto, nft or legacy"
}

@test "config: a bare byte is part of the value as it stands, or an error; never dropped" {
	local i byte
	dropin 10-a.rules '-A INPUT -m comment --comment $A'
	for ((i = 1; i < 256; i++)); do
		case $i in 9 | 10 | 13 | 32 | 44) continue ;; esac # separators
		printf -v byte "\\x$(printf %x "$i")"
		printf 'set "A" { values = {x%sy} }\n' "$byte" >"$ROOT$CONF"
		"$RAMPART" --root "$ROOT" show -4 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &&
			LC_ALL=C grep -qaF -- "x${byte//\\/\\\\}y" "$BATS_TEST_TMPDIR/out" && continue
		grep -q "^$CONF:1: error: " "$BATS_TEST_TMPDIR/err" || {
			echo "byte $i:"
			cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
			return 1
		}
	done
}

@test "config: a quoted value holds every byte but newline and NUL" {
	local i values='' expected=''
	for ((i = 1; i < 256; i++)); do
		[ $i -ne 10 ] || continue
		values+=$(printf '"x\\x%02xy",' "$i")
		expected+=$(printf '\\x%02x' "$i")
	done
	baseline "set \"A\" { values = {$values} }"
	dropin 10-a.rules '-A INPUT -m comment --comment $A'
	run_rampart 0 show -4
	# shellcheck disable=SC2059
	assert_equal "$(LC_ALL=C perl -ne 'print $1 =~ s/\\(.)/$1/r if /--comment "?x(.*)y"?$/s' \
		"$BATS_TEST_TMPDIR/out" | od -An -v -tx1)" "$(printf "$expected" | od -An -v -tx1)"
}
