# replay: what the kernel has taken in the proof is committed as it is: on nft the messages, on
# legacy the entries of the tables. It must be what the restore programs make of the canonical text,
# to the last byte that the kernel shows.
# shellcheck disable=SC2034,SC2154 # BACKEND is for the helpers, who set output
load helpers
load kernel
load foreign

on_backend() {
	BACKEND=$1
	ns_stop
	ns_start
	rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart" "$ROOT/etc/rampart/rampart.conf"
	rm -rf "${ROOT:?}/${CONF_D:?}"/*
}

# Restore programs that are run on live tables are noted. programs: "" or "$commit".
watch_live() {
	fake_programs "# $1
	[ \$live = no ] || [[ \$name != *-restore ]] || echo \"\$name\" >>\"\$T/live\""
	: >"$FAKE/live"
}

# All that both families hold. nft: with handles: the order in which things were made as well.
# Tables of the two are made one after the other, or in turn. legacy: with counters, and as bytes.
all_rules() {
	local family
	if [ $BACKEND = legacy ]; then
		live_counted
		[ -n "$same_bytes" ] || return 0
		ns "$PYTHON" "$BATS_TEST_DIRNAME/table_blob.py"
		return
	fi
	for family in ip ip6; do
		ns nft -a list ruleset $family 2>/dev/null | sed 's/^\(table .*{\) # handle .*/\1/'
	done
	ns iptables-nft-save | sed '/^#/d'
	ns ip6tables-nft-save | sed '/^#/d'
}

# STEPS is a function that calls step after each thing it has written. The same steps once by
# replay and once by the programs leave the same. "step programs": they are needed on nft.
step() {
	: >"$FAKE/live" # others may have run some
	# what is known is not sent: there is nothing of it to be replayed
	[ "$way" = mixed ] || rm -f "$ROOT/run/rampart/proven"
	run_rampart 0 apply
	nr_steps=$((nr_steps + 1))
	all_rules >"$BATS_TEST_TMPDIR/seen.$way.$nr_steps"
	if [ $way = replay ] && [ "$BACKEND $*" != 'nft programs' ]; then
		assert_equal "$(cat "$FAKE/live")" ''
	fi
}

# The third way is as people have it: with what is known from the steps before.
both_ways() { # BACKEND STEPS [other-bytes]
	local way nr_steps i same_bytes=yes
	[ -z "${3:-}" ] || same_bytes=''
	for way in replay mixed programs; do
		on_backend "$1"
		nr_steps=0
		if [ $way = programs ]; then watch_live "\$commit"; else watch_live; fi
		"$2"
	done
	for ((i = 1; i <= nr_steps; i++)); do
		for way in replay mixed; do
			diff -u "$BATS_TEST_TMPDIR/seen.programs.$i" "$BATS_TEST_TMPDIR/seen.$way.$i" ||
				{ echo "step $i, $way"; return 1; }
		done
	done
	[ "$nr_steps" -gt 0 ]
}

on_both() { # STEPS [other-bytes]
	both_ways nft "$1"
	both_ways legacy "$@"
}

# --- the same --------------------------------------------------------------------------------

four_tables() {
	dropin 10-a.rules "*raw
-A PREROUTING -p udp --dport $1 -j NOTRACK
*mangle
-A FORWARD -p tcp --dport $1 -j MARK --set-mark $1
*nat
-A POSTROUTING -o eth1 -p udp --dport $1 -j MASQUERADE
*security
-A INPUT -p tcp --dport $1 -j ACCEPT
*filter
:OWN-$1 -
-A INPUT -j OWN-$1
-A OWN-$1 -p tcp --dport $1 -m conntrack --ctstate NEW -m comment --comment \"no $1\" -j ACCEPT"
}

tables_and_chains() {
	four_tables 1
	step
	four_tables 2 # chains made and removed
	step
	dropin 20-b.rules ':MORE -
:LEFT -
-A INPUT -j MORE
-A MORE -g LEFT'
	step
	rm "$ROOT/$CONF_D/10-a.rules"
	step
	rm "$ROOT/$CONF_D/20-b.rules"
	step
}

@test "replay: tables of both families, chains made and removed" {
	on_both tables_and_chains
}

ports() {
	local port
	for port; do
		echo "-A INPUT -p tcp --dport $port -j ACCEPT"
	done >"$ROOT/$CONF_D/10-a.rules"
}

edits_of_a_chain() {
	ports 10 20 30 40 50
	step
	ports 1 2 10 20 30 40 50 # at the head
	step
	ports 1 2 10 20 25 26 30 40 50 60 61 # in the middle and at the end
	step
	ports 2 10 25 26 30 45 40 50 60 # some out, one in
	step
	ports 60 2 10 25 26 30 45 40 50 # moved
	step
	ports 7 8 # all replaced
	step
	ports 7 8 7 8 # equal ones
	step
	ports 8 7
	step
	baseline 'ownership = exclusive'
	ports 1 8 2 7 3
	step
	ports 1 8 2
	step
}

@test "replay: rules at the head, in the middle and at the end, replaced and moved" {
	on_both edits_of_a_chain
}

policies() {
	baseline 'policy { INPUT = DROP  FORWARD = DROP }'
	step
	baseline 'policy { INPUT = ACCEPT  FORWARD = DROP  OUTPUT = DROP }'
	step
	ports 1 2 3
	# on nft rules and policies together go under cover
	baseline 'policy { OUTPUT = ACCEPT  FORWARD = ACCEPT }'
	step programs
	ports 1 2 3 4
	step
	baseline ''
	step programs
}

@test "replay: policies" {
	on_both policies
}

among_others() {
	docker_rules
	fail2ban_rules
	[ $BACKEND = legacy ] || ns nft add rule ip filter INPUT tcp dport 9 counter
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A FORWARD -i eth7 -j DROP
-A DOCKER-USER -s 198.51.100.7 -j DROP'
	step
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT
-A OUTPUT -o eth7 -j DROP
-A DOCKER-USER -s 198.51.100.8 -j DROP'
	step
	lay iptables -I INPUT 1 -s 203.0.113.1 -j DROP
	lay iptables -D INPUT -j rampart-INPUT
	lay iptables -A INPUT -j rampart-INPUT
	step
	rm "$ROOT/$CONF_D/10-a.rules"
	step
}

@test "replay: in chains of others, beside rules of nft" {
	on_both among_others
}

# As people write them; most are spelled differently by the kernel.
many_extensions() {
	dropin 10-a.rules '-A INPUT -p tcp --dport 22 --syn -m limit --limit 60/min --limit-burst 9 -j ACCEPT
-A INPUT -4 -s 10.1.2.3/255.255.0.0 ! -d 192.0.2.1 -i eth+ -p tcp -m tcp ! --sport 1:1023 -j DROP
-A INPUT -p udp --sport :100 --dport 200: -m mark --mark 0x1/0xff -j RETURN
-A INPUT -p tcp -m multiport --dports 80,443,8000:8010 -m connlimit --connlimit-above 3 -j REJECT --reject-with tcp-reset
-A INPUT -4 -p icmp --icmp-type echo-request -m hashlimit --hashlimit 5/sec --hashlimit-mode srcip --hashlimit-name a -j ACCEPT
-A INPUT -m recent --name bad --rcheck --seconds 60 --hitcount 3 -j DROP
-A INPUT -m recent --name bad --set
-A INPUT -m mac --mac-source 02:00:00:00:00:01 -m pkttype --pkt-type broadcast -j ACCEPT
-A INPUT -m addrtype --dst-type LOCAL -m statistic --mode random --probability 0.5 -j LOG --log-prefix "a b: " --log-level debug
-A INPUT -m state --state ESTABLISHED,RELATED -m time --timestart 08:00 --timestop 18:00 --weekdays Mo,Tu -j ACCEPT
-A INPUT -m string --string "GET /" --algo bm -m length --length 40:1500 -m ttl --ttl-gt 3 -4 -j NFLOG --nflog-group 2 --nflog-prefix x
-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -m quota --quota 1000000 -j ACCEPT
-A INPUT -p tcp --tcp-flags SYN,RST SYN --tcp-option 8 -m dscp --dscp-class EF -j DROP
-A INPUT -p sctp --dport 5 -j ACCEPT
-A INPUT -p 50 -m u32 --u32 "0>>22&0x3C@0>>24=0" -j ACCEPT
-A INPUT -4 -f -j DROP
-A OUTPUT -m owner --uid-owner 0 -j ACCEPT
-A OUTPUT -m cgroup --cgroup 5 -j ACCEPT
*mangle
-A PREROUTING -p tcp -m socket -j MARK --or-mark 4
-A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 3128 --tproxy-mark 1/1
-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -j CONNMARK --save-mark
-A POSTROUTING -j DSCP --set-dscp 10
-A POSTROUTING -j CLASSIFY --set-class 1:2
*nat
-A PREROUTING -4 -p tcp --dport 8080 -j DNAT --to 10.0.0.1:80
-A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 82
-A POSTROUTING -4 -s 10.0.0.0/8 -j SNAT --to-source 192.0.2.1-192.0.2.3 --random
-A POSTROUTING -4 -d 10.0.0.0/24 -j NETMAP --to 10.1.0.0/24
*raw
-A PREROUTING -p tcp --dport 21 -j CT --helper ftp
-A PREROUTING -p udp -j CT --notrack
-A PREROUTING -m rpfilter --invert -j DROP'
	step
}

@test "replay: extensions, spelled as people do" {
	on_both many_extensions other-bytes
}

# --- where it is not done ---------------------------------------------------------------------

# The programs that the change takes: nothing, or theirs.
assert_made_by() {
	assert_equal "$(sort -u "$FAKE/live")" "$1"
	: >"$FAKE/live"
}

@test "replay: a rule with an ipset, whose number is another one in the proof, is left to the programs" {
	on_backend nft
	command -v ipset >/dev/null || skip 'no ipset'
	# so that the numbers are not the same
	ns ipset create first hash:ip
	ns ipset create bad hash:ip
	watch_live
	baseline 'families = {ipv4}'
	dropin 10-a.rules '-A INPUT -m set --match-set bad src -j DROP'
	run_rampart 0 apply
	assert_made_by iptables-nft-restore
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
		'-A rampart-INPUT -m set --match-set bad src -j DROP'
	# one that is there already is no hindrance
	dropin 20-b.rules '-A INPUT -p tcp --dport 1 -j ACCEPT'
	run_rampart 0 apply
	assert_made_by ''
}

@test "replay: rollback and flush have no proof: programs, or only deletions" {
	on_backend nft
	ports 1 2 3
	run_rampart 0 apply
	ports 1 9 3
	run_rampart 0 apply
	watch_live
	run_rampart 0 rollback
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 3
	assert_equal "$(rules ipv4 filter rampart-INPUT | grep -c 'dport 2 ')" 1
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "replay: where the programs can't be watched, they make the change" {
	on_backend nft
	watch_live
	ports 1 2 3
	forbidding pidfd_getfd run_rampart 0 apply
	assert_made_by 'ip6tables-nft-restore
iptables-nft-restore'
	ports 1 2 3 4
	forbidding process_vm_readv run_rampart 0 apply
	assert_made_by 'ip6tables-nft-restore
iptables-nft-restore'
	ports 1 2 3 4 5
	run_rampart 0 apply
	assert_made_by ''
	assert_equal "$(rules ipv6 filter rampart-INPUT | wc -l)" 5
}

@test "replay: what others change between look and commit is kept" {
	on_backend nft
	ports 1 2 3
	run_rampart 0 apply
	ports 1 2 4
	watch_live
	in_between last 'iptables -I INPUT 1 -s 203.0.113.1 -j DROP'
	"${IN_BETWEEN[@]}" run_rampart 0 apply
	assert_in_between
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT
-A INPUT -s 203.0.113.1/32 -j DROP'
	assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 3
}

@test "replay: a refused rule among many is named as before" {
	on_backend nft
	ports 1 2 3
	echo '-A INPUT -m owner --uid-owner 0 -j ACCEPT' >>"$ROOT/$CONF_D/10-a.rules"
	run_rampart 2 apply
	assert_error_has '10-a.rules:4: error: refused: '
	assert_equal "$(all_rules)" ''
}

# --- legacy: tables that are exchanged --------------------------------------------------------------

# The programs that run on live tables are noted from here on.
on_legacy() {
	on_backend legacy
	watch_live
}

@test "replay: legacy: rules of others, policies and what is moved go on counting" {
	on_legacy
	docker_rules
	fail2ban_rules
	ns iptables-legacy-restore --noflush -c <<'RULES'
*filter
:FORWARD DROP [70:700]
:THEIRS - [0:0]
[5:50] -A THEIRS -s 203.0.113.1 -j DROP
[6:60] -A THEIRS -g DOCKER
[7:70] -I INPUT 1 -j THEIRS
[8:80] -A INPUT -p tcp -j RETURN
COMMIT
RULES
	ports 9 1 2 3
	run_rampart 0 apply
	theirs=$(live_counted | grep -e THEIRS -e f2b -e DOCKER)
	: >"$FAKE/live"
	ports 9 3 1 2 4
	dropin 20-b.rules ':MINE -
-A FORWARD -j MINE
-A MINE -i eth7 -j DROP'
	run_rampart 0 apply
	assert_made_by ''
	assert_equal "$(live_counted | grep -e THEIRS -e f2b -e DOCKER)" "$theirs"
	assert_equal "$(ns iptables-legacy-save -c | grep '^:FORWARD')" ':FORWARD DROP [70:700]'
}

@test "replay: legacy: what is moved within its chain is the same rule" {
	on_legacy
	command -v ipset >/dev/null || skip 'no ipset'
	ns ipset create first hash:ip
	ns ipset create bad hash:ip
	ns ipset add bad 127.0.0.1
	baseline 'families = {ipv4}'
	dropin 10-a.rules '-A INPUT -p udp --dport 9 -j ACCEPT
-A INPUT -p udp --dport 7 -m set --match-set bad src -j DROP
-A INPUT -p tcp --dport 1 -j ACCEPT'
	run_rampart 0 apply
	udp 9 4
	udp 7 2
	: >"$FAKE/live"
	dropin 10-a.rules '-A INPUT -p udp --dport 7 -m set --match-set bad src -j DROP
-A INPUT -p tcp --dport 1 -j ACCEPT
-A INPUT -p udp --dport 8 -j ACCEPT
-A INPUT -p udp --dport 9 -j ACCEPT'
	run_rampart 0 apply
	assert_made_by ''
	assert_equal "$(packets ipv4 filter rampart-INPUT 1)" 2
	assert_equal "$(packets ipv4 filter rampart-INPUT 4)" 4
	udp 7 3
	assert_equal "$(packets ipv4 filter rampart-INPUT 1)" 5
}

@test "replay: legacy: what is not read back is what the programs read" {
	on_legacy
	ports 1 2 3
	run_rampart 0 apply
	ports 1 9 3
	: >"$FAKE/live"
	run_rampart 0 apply
	assert_made_by ''
	run_rampart 0 check --inputs
	assert_equal "$(rules ipv4 filter rampart-INPUT)" '-A rampart-INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A rampart-INPUT -p tcp -m tcp --dport 9 -j ACCEPT
-A rampart-INPUT -p tcp -m tcp --dport 3 -j ACCEPT'
	# by the programs, on what the exchange has left
	run_rampart 0 rollback
	assert_equal "$(rules ipv6 filter rampart-INPUT | sed -n 2p)" \
		'-A rampart-INPUT -p tcp -m tcp --dport 2 -j ACCEPT'
	run_rampart 0 flush
	[[ "$(live)" != *rampart* ]]
}

@test "replay: legacy: a table that the kernel does not take: the old rules are back" {
	on_legacy
	ports 1 2
	run_rampart 0 apply
	before=$(live)
	four_tables 7
	at_commit FAIL_FROM=2 -- run_rampart 3 apply # each try can exchange one
	assert_error_line "rampart: error: the kernel did not take the change: ipv6 table 'raw' can't be exchanged: Cannot allocate memory"
	assert_error_line 'rampart: apply failed: the old rules are back and verified'
	assert_equal "$(live | grep -e ^-A -e ' - ')" "$(grep -e ^-A -e ' - ' <<<"$before")"
	: >"$FAKE/live"
	at_commit FAIL_FROM=1 -- run_rampart 0 apply # not one
	assert_made_by 'ip6tables-legacy-restore
iptables-legacy-restore'
}

# What an extension keeps for itself is made anew where the rule is: the proof's copy has none of it.
@test "replay: legacy: rules with a state of their own work as those of the programs do" {
	local way port seen=()
	for way in replay programs; do
		on_backend legacy
		if [ $way = programs ]; then watch_live "\$commit"; else watch_live; fi
		baseline 'families = {ipv4}'
		dropin 10-a.rules '-A INPUT -p udp --dport 1001 -m limit --limit 1/hour --limit-burst 3 -j ACCEPT
-A INPUT -p udp --dport 1002 -m quota --quota 70 -j ACCEPT
-A INPUT -p udp --dport 1003 -m statistic --mode nth --every 2 --packet 0 -j ACCEPT
-A INPUT -p udp --dport 1004 -m string --string x --algo kmp -j ACCEPT
-A INPUT -p udp --dport 1004 -m string --string y --algo bm -j ACCEPT
-A INPUT -p udp --dport 1005 -m recent --name r --rcheck -j ACCEPT
-A INPUT -p udp --dport 1005 -m recent --name r --set
-A INPUT -p udp --dport 1006 -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h -j ACCEPT
-A INPUT -p udp --dport 1007 -m connlimit --connlimit-upto 2 -j ACCEPT
-A INPUT -p udp --dport 1008 -m u32 --u32 "22=1008" -j ACCEPT
-A INPUT -p udp -j RATEEST --rateest-name e --rateest-interval 250ms --rateest-ewmalog 500ms
*mangle
-A OUTPUT -p udp --dport 1009 -j TEE --gateway 192.0.2.1
*raw
-A OUTPUT -p udp --dport 1010 -j CT --notrack'
		run_rampart 0 apply
		[ $way = programs ] || assert_made_by ''
		for port in {1001..1010}; do
			udp "$port" 5
		done
		assert_equal "$(rules ipv4 filter rampart-INPUT | wc -l)" 11
		seen+=("$(live_counted)")
		# and again, where others wrote the table meanwhile
		lay iptables -N OTHERS
		udp 1001 5
		seen+=("$(live_counted | grep 1001)")
	done
	assert_equal "${seen[0]}" "${seen[2]}"
	assert_equal "${seen[1]}" "${seen[3]}"
	assert_equal "$(grep -- '-A rampart-INPUT' <<<"${seen[0]}" | sed 's/^\[\([0-9]*\):.*/\1/' | paste -s -d ' ')" \
		'3 2 3 5 0 4 1 2 2 0 29'
}

@test "replay: a program of the proof that can't be let go on is no reason to wait" {
	on_backend nft
	baseline 'families = {ipv4}'
	ports 1 2 3
	local n said=''
	for ((n = 1; n <= 8; n++)); do
		# each call of seccomp by itself; some can be done without
		RAMPART_SECONDS=20 traced "-e trace=ioctl -e inject=ioctl:error=EIO:when=$n" 0 validate ||
			said+=$stderr
	done
	[[ $said == *"iptables-nft-restore can't be let go on in the proof: Input/output error"* ]]
}
