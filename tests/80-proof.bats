# proof: the kernel judges in a scratch namespace, before live rules are touched.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers
load kernel

# --- refusals: tests/facts of the kernel, each accepted by "iptables-restore --test" ----

# refuse TABLE LINE 'TEXT': the drop-in with TEXT below "*TABLE" is refused, at its line LINE
# ("3 4": at one of them), whatever the ownership, and live stays as it is.
refuse() {
	local lines=${2// /|} ownership status out
	for ownership in merge exclusive; do
		baseline "ownership = $ownership"
		dropin 50-bad.rules "*$1
$3"
		status=0
		run_rampart 2 apply >"$BATS_TEST_TMPDIR/unexpected" || status=$?
		out=$(cat "$BATS_TEST_TMPDIR/unexpected")
		[[ $stderr =~ (^|$'\n')/etc/rampart/conf\.d/50-bad\.rules:($lines):\ error:\  ]] ||
			status=1
		[[ $stderr == *"rampart: live rules not changed" ]] || status=1
		[ "$(live)" = "$before" ] || { status=1 out+=$'\n(live has changed)'; }
		if [ "$status" -ne 0 ]; then
			echo "--- $BACKEND, $ownership, at line $2 of:"
			echo "*$1"
			printf '%s\n' "$3" "--- is:" "$out" "--- standard error" "$stderr"
			faults=$((faults + 1))
			rm "$ROOT/$CONF_D/50-bad.rules"
			something_live
		fi
	done
}

# Something to lose: rules of others, and ours.
something_live() {
	lay iptables -F FORWARD
	lay iptables -A FORWARD -s 192.0.2.1 -j ACCEPT
	lay ip6tables -F FORWARD
	lay ip6tables -A FORWARD -s 2001:db8::1 -j ACCEPT
	baseline 'ownership = merge'
	apply_dropin 10-good.rules '-A OUTPUT -o lo -j ACCEPT'
	before=$(live)
}

refuses_targets() {
	faults=0
	something_live
	refuse mangle 2 '-A PREROUTING -j REJECT'
	refuse nat 2 '-A PREROUTING -j REJECT'
	refuse nat 2 '-A PREROUTING -j MASQUERADE'
	refuse filter 2 '-A FORWARD -j MASQUERADE'
	refuse nat 2 '-4 -A POSTROUTING -p tcp -j DNAT --to-destination 192.0.2.1:80'
	refuse nat 2 '-6 -A POSTROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:80'
	refuse nat '3 4' ':X -
-A POSTROUTING -j X
-A X -p tcp -j DNAT --to-destination 192.0.2.1:80'
	refuse nat 2 '-A PREROUTING -j SNAT --to-source 192.0.2.1'
	refuse nat 2 '-A POSTROUTING -p tcp -j REDIRECT --to-ports 80'
	refuse filter 2 '-A INPUT -j CT --notrack'
	refuse filter 2 '-A INPUT -j DSCP --set-dscp 1'
	refuse filter 2 '-4 -A INPUT -j TTL --ttl-set 1'
	refuse filter 2 '-6 -A INPUT -j HL --hl-set 1'
	refuse filter 2 '-A INPUT -j CHECKSUM --checksum-fill'
	refuse filter 2 '-A INPUT -j CLASSIFY --set-class 1:1'
	refuse filter 2 '-A INPUT -p tcp -j TPROXY --on-port 1 --tproxy-mark 1'
	refuse filter 2 '-4 -A INPUT -j NETMAP --to 192.0.2.0/24'
	refuse filter 2 '-A INPUT -j REJECT --reject-with tcp-reset'
	[ $BACKEND = nft ] || refuse mangle 2 '-A FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu'
	[ $BACKEND = nft ] || refuse filter 2 '-A INPUT -j TRACE'
	[ $faults -eq 0 ]
}

@test "proof: a target in the wrong table or chain is refused at its line" {
	on_each_backend refuses_targets
}

refuses_matches() {
	faults=0
	something_live
	refuse filter 2 '-A INPUT -m owner --uid-owner 0 -j ACCEPT'
	refuse filter 2 '-A FORWARD -m owner --uid-owner 0 -j ACCEPT'
	refuse filter '3 4' ':X -
-A INPUT -j X
-A X -m owner --uid-owner 0 -j ACCEPT'
	refuse filter 2 '-A OUTPUT -m mac --mac-source 00:11:22:33:44:55 -j ACCEPT'
	refuse filter 2 '-A INPUT -m rpfilter -j ACCEPT'
	refuse filter 2 '-A OUTPUT -m socket -j ACCEPT'
	[ $faults -eq 0 ]
}

@test "proof: a match in the wrong chain is refused at its line" {
	on_each_backend refuses_matches
}

# semantics.md 7: each rule is proven under its written chain's name, then in its place.
refuses_by_written_chain() {
	faults=0
	something_live
	refuse filter 2 '-A OUTPUT -m physdev --physdev-out eth0 -j ACCEPT'
	refuse filter 2 '-A OUTPUT -m policy --dir in --pol ipsec -j ACCEPT'
	refuse mangle 2 '-A INPUT -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu'
	[ $faults -eq 0 ]
}

@test "proof: what only the written chain makes wrong is refused, also where ours would hide it" {
	on_each_backend refuses_by_written_chain
}

refuses_interfaces() {
	faults=0
	something_live
	refuse filter 2 '-A OUTPUT -i eth0 -j ACCEPT'
	refuse filter 2 '-A INPUT -o lo -j ACCEPT'
	refuse nat 2 '-A POSTROUTING -i eth0 -j MASQUERADE'
	refuse mangle 2 '-A PREROUTING -o eth0 -j MARK --set-mark 1'
	[ $faults -eq 0 ]
}

@test "proof: -i where packets leave and -o where they arrive are errors in both modes" {
	on_each_backend refuses_interfaces
}

refuses_parameters() {
	faults=0
	something_live
	refuse raw 2 '-A PREROUTING -p tcp -j CT --helper nosuch'
	refuse raw 2 '-A PREROUTING -j CT --helper ftp'
	refuse raw 2 '-A PREROUTING -p tcp -j CT --timeout nosuch'
	refuse filter 2 '-A INPUT -m recent --name x --rcheck --hitcount 100000 -j ACCEPT'
	refuse filter 2 '-A INPUT -m nfacct --nfacct-name nosuch'
	refuse filter 2 '-A INPUT -m cgroup --path nosuch/at/all -j ACCEPT'
	refuse filter 2 '-A INPUT -m string --algo nosuch --string x -j DROP'
	refuse filter 2 '-A INPUT -j LED --led-trigger-id x'
	refuse filter 2 '-A INPUT -m ipvs --ipvs -j ACCEPT'
	refuse filter 2 '-A INPUT -p tcp -m tcp --nosuch 1 -j ACCEPT'
	refuse filter 2 '-A INPUT -m nosuch -j ACCEPT'
	[ $faults -eq 0 ]
}

@test "proof: objects and extensions that the kernel does not have are refused at their line" {
	on_each_backend refuses_parameters
}

refuses_rateest() {
	something_live
	dropin 10-good.rules '-A OUTPUT -o lo -m rateest --rateest none --rateest-gt --rateest-bps 1mbit -j DROP'
	run_rampart 2 apply
	assert_matches "$stderr" '^/etc/rampart/conf.d/10-good.rules:1: error: refused: '
}

@test "proof: a rate estimator that does not exist is refused at its line" {
	on_each_backend refuses_rateest
}

nested() { # DEPTH
	local i
	for ((i = 1; i <= $1; i++)); do echo ":N$i -"; done
	echo '-A INPUT -j N1'
	for ((i = 1; i < $1; i++)); do echo "-A N$i -j N$((i + 1))"; done
	echo "-A N$1 -j ACCEPT"
}

refuses_chains() {
	faults=0
	something_live
	refuse filter '4 5 6' ':A -
:B -
-A INPUT -j A
-A A -j B
-A B -j A'
	refuse filter 2 '-A INPUT -j NOSUCH'
	refuse filter 3 '-A INPUT -j ACCEPT
-D INPUT -j DROP'
	refuse filter 2 '-I INPUT 5 -j ACCEPT'
	refuse filter 4 ':A -
-A INPUT -j A
-X A'
	if [ $BACKEND = nft ]; then
		refuse filter "$(seq -s ' ' 19 35)" "$(nested 17)"
	else
		baseline 'ownership = merge'
		apply_dropin 50-bad.rules "$(nested 100)"
	fi
	[ $faults -eq 0 ]
}

@test "proof: loops, missing chains and nesting too deep are errors at their line" {
	on_each_backend refuses_chains
}

reports_all() {
	something_live
	dropin 50-a.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT
-A INPUT -p tcp --dport 1 -j ACCEPT
-A FORWARD -j MASQUERADE
*nat
-A PREROUTING -j MASQUERADE
-A POSTROUTING -o eth0 -j MASQUERADE
*mangle
-A PREROUTING -j REJECT'
	dropin 60-b.rules '-4 -A INPUT -j TTL --ttl-set 1
-6 -A INPUT -j HL --hl-set 1
-A INPUT -j NOSUCH'
	before=$(live)
	run_rampart 2 apply
	assert_equal "$(sed -n 's/^\(.*conf.d.*\): error: .*/\1/p' <<<"$stderr" | sort)" \
'/etc/rampart/conf.d/50-a.rules:1
/etc/rampart/conf.d/50-a.rules:3
/etc/rampart/conf.d/50-a.rules:5
/etc/rampart/conf.d/50-a.rules:8
/etc/rampart/conf.d/60-b.rules:1
/etc/rampart/conf.d/60-b.rules:2
/etc/rampart/conf.d/60-b.rules:3'
	assert_untouched "$before"
	run_rampart 2 validate
	assert_error_has '60-b.rules:3: error:'
	assert_error_has '50-a.rules:1: error:'
	assert_untouched "$before"
}

@test "proof: all refused rules of all tables, families and files are reported in one run" {
	on_each_backend reports_all
}

reports_many() {
	local i
	for ((i = 1; i <= 30; i++)); do
		echo "-A INPUT -p tcp --dport $i -m owner --uid-owner 0 -j ACCEPT"
	done >"$ROOT/$CONF_D/50-a.rules"
	run_rampart 2 validate
	assert_error_has '50-a.rules:1: error: refused'
	assert_error_has '50-a.rules:20: error: refused'
	refute_error_has '50-a.rules:21: error:'
	assert_error_has 'error: there may be more refused rules (ipv4)'
}

@test "proof: after twenty refused rules it says that there may be more" {
	on_each_backend reports_many
}

reports_template_line() {
	template web 'param port port
-A INPUT -p tcp --dport $port -j ACCEPT
-A INPUT -p tcp --dport $port -m owner --uid-owner 0 -j ACCEPT'
	dropin 50-web.conf '# first line
web { port = 80 }'
	run_rampart 2 validate
	assert_error_has '/etc/rampart/conf.d/50-web.conf:2: error: refused'
	assert_error_has '(/usr/share/rampart/templates/web.rules:3)' ||
		assert_error_has '(/etc/rampart/templates/web.rules:3)'
}

@test "proof: a rule of a template is refused at its use, with the template's line" {
	on_each_backend reports_template_line
}

# --- the world around: sets and chains of others ----------------------------------------

mirrors_ipsets() {
	ns ipset create h4 hash:ip hashsize 2048
	ns ipset create n6 hash:net family inet6
	ns ipset create members list:set
	ns ipset create ports bitmap:port range 1000-2000
	ns ipset create timed hash:ip timeout 300 comment counters
	ns ipset create nets hash:net,iface skbinfo forceadd
	ns ipset create hosts bitmap:ip,mac range 192.0.2.0/24
	ns ipset create triple hash:ip,port,net family inet6
	ns ipset create masked hash:ip netmask 24
	ns ipset add h4 192.0.2.1
	ns ipset add n6 2001:db8::/32
	ns ipset add members h4
	ns ipset add timed 192.0.2.7 comment 'a (b) c'
	ns ipset add ports 1500
	dropin 10-sets.rules '-A INPUT -m set --match-set h4 src -j DROP
-A INPUT -m set --match-set n6 src -j DROP
-A INPUT -m set --match-set members src -j DROP
-A INPUT -p udp -m set --match-set ports dst -j DROP
-A INPUT -m set --match-set timed src -j DROP
-A INPUT -m set --match-set nets src,src -j DROP
-A INPUT -m set --match-set hosts src,src -j DROP
-A INPUT -m set --match-set triple src,dst,src -j DROP
-A INPUT -m set --match-set masked src -j DROP
-A INPUT -p udp -j SET --add-set timed src --exist --timeout 30'
	run_rampart 0 validate
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT | grep -o 'set [a-z0-9]* ' | tr -d '\n')" \
		'set h4 set members set ports set timed set nets set hosts set masked set timed '
	assert_equal "$(rules ipv6 filter rampart-INPUT | grep -o 'set [a-z0-9]* ' | tr -d '\n')" \
		'set n6 set members set ports set triple '
	assert_equal "$(ns ipset list h4 | tail -n 1)" 192.0.2.1
	# the wrong number of dimensions shows that the proof has the very same set
	dropin 20-wrong.rules '-A INPUT -j NFLOG -m set --match-set h4 nosuch'
	run_rampart 2 validate
	assert_error_has '/etc/rampart/conf.d/20-wrong.rules:1: error: refused'
}

@test "proof: the ipsets that rules name are mirrored, whatever their type" {
	on_each_backend mirrors_ipsets
}

missing_ipset() {
	ns ipset create blacklist hash:ip
	dropin 10-sets.rules '-A INPUT -m set --match-set blacklits src -j DROP
-A INPUT -j ACCEPT
-A INPUT -m set ! --match-set nothing-like-it src -j DROP
-A INPUT -j SET --add-set neither src'
	before=$(live)
	run_rampart 2 apply
	assert_error_line "/etc/rampart/conf.d/10-sets.rules:1: error: ipset 'blacklits' does not exist, did you mean 'blacklist'?"
	assert_error_has "/etc/rampart/conf.d/10-sets.rules:3: error: ipset 'nothing-like-it' does not exist"
	assert_error_has "/etc/rampart/conf.d/10-sets.rules:4: error: ipset 'neither' does not exist"
	assert_untouched "$before"
}

@test "proof: a missing ipset is an error at each line that names one, with the nearest name" {
	on_each_backend missing_ipset
}

mirrors_chains() {
	lay iptables -N LATER
	lay iptables -A LATER -p tcp -m owner --uid-owner 0 -j ACCEPT
	lay ip6tables -N LATER
	lay iptables -t nat -N LATER-NAT
	dropin 10-a.rules '-A OUTPUT -p tcp -j LATER
-A LATER -p udp -j DROP
*nat
-4 -A POSTROUTING -j LATER-NAT
COMMIT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-OUTPUT)" '-A rampart-OUTPUT -p tcp -j LATER'
	assert_equal "$(rules ipv4 filter LATER)" '-A LATER -j rampart-LATER
-A LATER -p tcp -m owner --uid-owner 0 -j ACCEPT'
	assert_equal "$(rules ipv6 filter LATER)" '-A LATER -j rampart-LATER'
	assert_equal "$(rules ipv4 nat rampart-POSTROUTING)" '-A rampart-POSTROUTING -j LATER-NAT'
	# chains of others that ours do not name play no part in the proof
	refute_error_has LATER
}

@test "proof: chains of others that our rules jump to are mirrored" {
	on_each_backend mirrors_chains
}

# --- canonical ------------------------------------------------------------------------

# As people write rules: nothing of this is spelled as the kernel gives it back.
odd_spellings() {
	cat <<'RULES'
-A INPUT -p TCP --dport ssh -m state --state NEW -j ACCEPT
-A INPUT --protocol tcp --syn --destination-port 80 --jump ACCEPT
-4 -A INPUT -s 192.0.2.1/255.255.255.0 -d 198.51.100.7 -j ACCEPT
-4 -A INPUT ! -s 10.1.2.3/8 -j LOG --log-level info --log-prefix "a \"b\" c "
-4 -A INPUT -p icmp --icmp-type echo-request -m limit --limit 3600/hour --limit-burst 5 -j ACCEPT
-6 -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT
-6 -A INPUT -s 2001:DB8:0:0::1 -j ACCEPT
-A INPUT -p tcp -m multiport --dports http,https,8080:8090 -j ACCEPT
-A INPUT -p udp --sport 1024: --dport :53 -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A INPUT -p tcp --tcp-flags SYN,ACK,FIN,RST SYN -j REJECT --reject-with tcp-reset
-A INPUT -m mac --mac-source 00:aa:bb:cc:dd:EE -j DROP
-A INPUT -m hashlimit --hashlimit-above 10/min --hashlimit-mode srcip --hashlimit-name x -j DROP
-A INPUT -m recent --name bad --update --seconds 60 --hitcount 4 -j DROP
-A INPUT -p tcp -m connlimit --connlimit-above 3 -j REJECT
-A INPUT -m statistic --mode random --probability 0.5 -j MARK --set-mark 0x1
-A INPUT -m time --timestart 8:00 --timestop 18:00 --weekdays Mon,Tue -j ACCEPT
-A INPUT -m string --algo bm --string "GET /" -j DROP
-A INPUT -m quota --quota 1000000 -j ACCEPT
-A INPUT -m length --length 0:100 -m pkttype --pkt-type broadcast -j DROP
-4 -A INPUT -m addrtype --dst-type LOCAL -m ttl --ttl-lt 5 -j DROP
-4 -A INPUT -m iprange --src-range 192.0.2.5-192.0.2.9 -j ACCEPT
-A INPUT -m dscp --dscp-class EF -j ACCEPT
-A INPUT -m u32 --u32 "0>>22&0x3C@0>>24=0" -j DROP
-A INPUT -m comment --comment "it's $HOME; 100%" -j ACCEPT
-A INPUT -m comment --comment 'one' -j ACCEPT
-A INPUT -j NFLOG --nflog-group 3 --nflog-prefix "x"
-A INPUT -j NFQUEUE --queue-num 2 --queue-bypass
-A INPUT -j REJECT
-A INPUT -g GOTO
-A OUTPUT -m owner --uid-owner root -j ACCEPT
-A OUTPUT -m mark --mark 1/0xFF -j RETURN
-A OUTPUT -p tcp -m tcp --tcp-option 5 -j ACCEPT
-A OUTPUT -p sctp --dport 7 -j ACCEPT
-A OUTPUT -p 47 -j ACCEPT
-A OUTPUT -p all -j ACCEPT
RULES
	cat <<'RULES'
*nat
-4 -A PREROUTING -p tcp --dport 8080 -j DNAT --to 192.0.2.80
-4 -A POSTROUTING -s 10.0.0.0/8 -o eth+ -j MASQUERADE --random
-4 -A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.9 --persistent
-A PREROUTING -p udp --dport domain -j REDIRECT --to-port 5353
*mangle
-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A PREROUTING -j CONNMARK --restore-mark
-A PREROUTING -j MARK --or-mark 4
-A POSTROUTING -j DSCP --set-dscp-class AF11
*raw
-A PREROUTING -p udp --dport 53 -j CT --notrack
*security
-A INPUT -j ACCEPT
RULES
}

canonical_is_fixpoint() {
	baseline 'ownership = exclusive'
	{
		echo ':GOTO -'
		odd_spellings | grep -v "'one'"
		echo '*filter'
		echo '-A GOTO -j RETURN'
	} >"$ROOT/$CONF_D/10-odd.rules"
	run_rampart 0 show --canonical -4
	four=$output
	run_rampart 0 show --canonical -6
	six=$output
	[ "$(grep -c '^-A INPUT' <<<"$four")" -gt 25 ]
	run_rampart 0 apply
	# what is live is what was proven
	for table in filter nat mangle raw security; do
		assert_equal "$(save ipv4 $table | grep '^-A')" \
			"$(sed -n "/^\*$table/,/^COMMIT/p" <<<"$four" | grep '^-A')"
		assert_equal "$(save ipv6 $table | grep '^-A')" \
			"$(sed -n "/^\*$table/,/^COMMIT/p" <<<"$six" | grep '^-A')"
	done
	forget_loaded
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, exclusive)"
	# and as a drop-in the canonical text says the same
	rm "$ROOT/$CONF_D/10-odd.rules"
	dropin 10-odd.v4.rules "$four"
	dropin 10-odd.v6.rules "$six"
	run_rampart 0 show --canonical -4
	assert_equal "$output" "$four"
	run_rampart 0 show --canonical -6
	assert_equal "$output" "$six"
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, exclusive)"
}

@test "proof: canonical text is a fixpoint, and what becomes live" {
	on_each_backend canonical_is_fixpoint
}

deletes_by_text() {
	dropin 10-a.rules '-A INPUT -p tcp --dport ssh -m state --state NEW -j ACCEPT
-A INPUT -p tcp --dport 80 -j ACCEPT
-A INPUT -p tcp --dport ssh -m state --state NEW -j ACCEPT'
	dropin 20-b.rules '-D INPUT --protocol tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j ACCEPT'
	run_rampart 2 apply
	assert_error_has "20-b.rules:1: error: no rule before this line matches"
	# the same rule in another spelling, and only its first copy
	dropin 20-b.rules '-D INPUT --protocol tcp -m tcp --dport 22 -m state --state NEW -j ACCEPT'
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter rampart-INPUT)" \
'-A rampart-INPUT -p tcp -m tcp --dport 80 -j ACCEPT
-A rampart-INPUT -p tcp -m tcp --dport 22 -m state --state NEW -j ACCEPT'
	assert_equal "$(rules ipv6 filter rampart-INPUT)" "$(rules ipv4 filter rampart-INPUT)"
	dropin 30-c.rules '-D INPUT -p tcp --dport http -j ACCEPT
-D INPUT -p tcp --dport http -j ACCEPT'
	before=$(live)
	run_rampart 2 apply
	assert_error_has '30-c.rules:2: error: no rule before this line matches'
	refute_error_has '30-c.rules:1: error'
	assert_untouched "$before"
}

@test "proof: -D by rule compares as the kernel spells, and takes one" {
	on_each_backend deletes_by_text
}

# --- nothing is left behind -------------------------------------------------------------

leaves_nothing() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A INPUT -m set --match-set h4 src -j DROP
-A INPUT -j LOG'
	dropin 90-bad.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT'
	ns ipset create h4 hash:ip
	mounts=$(ns cat /proc/self/mountinfo)
	for command in apply validate 'show --canonical' diff; do
		for good in no yes; do
			rm -f "$ROOT/$CONF_D/90-bad.rules"
			[ $good = yes ] || dropin 90-bad.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT'
			# whatever outlives rampart is shown by the process namespace
			left=$(nsenter -t "$NS_PID" -n -m -- unshare --pid --fork --mount-proc sh -c '
				"$@" >/dev/null 2>&1
				for pid in /proc/[0-9]*; do
					[ "$pid" = /proc/1 ] || [ "$pid" = "/proc/$$" ] || cat "$pid/comm"
				done' sh "$RAMPART" --root "$ROOT" --backend $BACKEND $command 3>&-)
			assert_equal "$left" ''
		done
	done
	# without a process only a mount could hold a namespace
	assert_equal "$(ns cat /proc/self/mountinfo)" "$mounts"
	assert_equal "$(ns find /run -mindepth 1)" /run/xtables.lock
}

@test "proof: no namespace, child or mount is left behind, whether refused or not" {
	on_each_backend leaves_nothing
}

proves_without_live() {
	dropin 10-a.rules '*nat
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
*filter
-A INPUT -i lo -j ACCEPT'
	run_rampart 0 validate
	run_rampart 0 show --canonical
	run_rampart 1 diff
	assert_equal "$(tables)" ''
	assert_equal "$(ns ip -o link | wc -l)" 1
}

@test "proof: the proof creates no table in the live namespace" {
	on_each_backend proves_without_live
}

# --- an ordinary user -------------------------------------------------------------------

many_rules() {
	local i
	for ((i = 1; i <= 400; i++)); do
		echo "-A INPUT -p tcp --dport $i -m conntrack --ctstate NEW -m comment --comment r$i -j ACCEPT"
	done
}

user_proves() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r -n true ||
		skip 'no user namespaces for ordinary users here'
	many_rules >"$ROOT/$CONF_D/10-many.rules"
	dropin 20-odd.rules ':GOTO -
-A INPUT -g GOTO
-A INPUT -p tcp --dport http -j ACCEPT
*nat
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080'
	as_nobody validate
	assert_output_line "valid ($BACKEND); drop-ins: 2, rules: ipv4 403, ipv6 403"
	as_nobody show --canonical
	user=$output
	run_rampart 0 show --canonical
	assert_equal "$user" "$output"
	# refused beyond the first hundred rules, at their lines
	dropin 30-bad.rules '-A INPUT -m owner --uid-owner 0 -j ACCEPT
-A INPUT -j ACCEPT
-A INPUT -j MASQUERADE'
	status=0
	as_nobody validate || status=$?
	assert_equal $status 2
	assert_error_has '/etc/rampart/conf.d/30-bad.rules:1: error: refused'
	assert_error_has '/etc/rampart/conf.d/30-bad.rules:3: error: refused'
	refute_error_has '30-bad.rules:2: error'
	assert_equal "$(tables)" ''
}

@test "proof: an ordinary user can prove, also more than 300 rules" {
	on_each_backend user_proves
}

user_cannot_prove() {
	command -v strace >/dev/null || skip 'no strace'
	# as on a host where the kernel does not let users make namespaces
	# shellcheck disable=SC2034 # kernel.bash uses it
	nobody_by=(env ASAN_OPTIONS=detect_leaks=0
		strace -f -qq -o /dev/null -e trace=unshare -e inject=unshare:error=EPERM)
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	status=0
	as_nobody validate || status=$?
	assert_equal $status 77
	assert_error_line 'rampart: error: parsed, not proven: no network namespace can be made here (Operation not permitted); --parse-only says that this is enough'
	as_nobody validate --parse-only
	assert_output_line 'parsed, not proven'
	status=0
	as_nobody show --canonical || status=$?
	[ $status -ne 0 ]
	assert_error_has 'no network namespace'
	as_nobody show
	assert_output_line '-A rampart-INPUT -i lo -j ACCEPT'
	# a fault is one, proven or not
	dropin 20-bad.rules '-A INPUT -p tcp --dport $NOSUCH -j ACCEPT'
	status=0
	as_nobody validate || status=$?
	assert_equal $status 2
}

@test "proof: without a user namespace it is parsed, not proven: exit 77 unless --parse-only" {
	on_each_backend user_cannot_prove
}

user_may_not_look() {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	for command in apply check diff status save flush; do
		status=0
		as_nobody $command || status=$?
		assert_equal "$command $status" "$command 77"
		assert_error_has 'only root'
	done
}

@test "proof: what has to look at live rules is not for ordinary users: 77" {
	on_each_backend user_may_not_look
}
