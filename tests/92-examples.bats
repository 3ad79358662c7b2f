# examples: the systems of packaging/examples do what their READMEs say.
load helpers

EXAMPLES=$BATS_TEST_DIRNAME/../packaging/examples

use_example() { # DIR below packaging/examples
	cp "$EXAMPLES/$1/rampart.conf" "$ROOT/etc/rampart/rampart.conf"
	cp "$EXAMPLES/$1"/conf.d/* "$ROOT/$CONF_D/"
	chmod -R go-w "$ROOT"
}

@test "examples: every directory has a README, a baseline and drop-ins that are valid" {
	shipped_templates
	while IFS= read -r conf; do
		dir=${conf%/rampart.conf}
		[ -e "$dir/README.md" ] || [ -e "$dir/../README.md" ]
		rm -f "$ROOT/$CONF_D"/*
		use_example "${dir#"$EXAMPLES/"}"
		run_rampart 0 validate
	done < <(find "$EXAMPLES" -name rampart.conf)
	[ -n "$dir" ] # there was one
}

# --- another manager's chain first ----------------------------------------------------

# What RackConnect's automation does at each update: its chain anew, its jump on top.
rackconnect_update() {
	ipt -D INPUT -j RS-RackConnect-INBOUND 2>/dev/null || true
	ipt -N RS-RackConnect-INBOUND 2>/dev/null || true
	ipt -F RS-RackConnect-INBOUND
	ipt -A RS-RackConnect-INBOUND -m state --state RELATED,ESTABLISHED -j ACCEPT
	ipt -A RS-RackConnect-INBOUND -i lo -m comment --comment Local-Loopback -j ACCEPT
	ipt -A RS-RackConnect-INBOUND -p icmp -m comment --comment "$1" -j ACCEPT
	ipt -A RS-RackConnect-INBOUND -j RETURN
	ipt -I INPUT 1 -j RS-RackConnect-INBOUND
}

rackconnect() {
	use_example rackconnect
	rackconnect_update RCAutoMP-NP_1
	ipt -A INPUT -s 203.0.113.9 -j REJECT # somebody's own rule
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j RS-RackConnect-INBOUND
-A INPUT -j rampart-INPUT
-A INPUT -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable'
	assert_equal "$(rules ipv4 filter rampart-INPUT | head -n 1)" \
		'-A rampart-INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 8443 -m conntrack --ctstate NEW -j ACCEPT'
	# their next update is no drift, and what they wrote stays theirs
	rackconnect_update RCAutoMP-NP_2
	run_rampart 0 check
	assert_silent
	run_rampart 0 apply
	rules ipv4 filter RS-RackConnect-INBOUND | grep -F RCAutoMP-NP_2
	# a rule above ours is drift, and mended
	ipt -I INPUT 2 -j ACCEPT
	run_rampart 1 check
	run_rampart 0 apply
	assert_equal "$(rules ipv4 filter INPUT | head -n 2)" '-A INPUT -j RS-RackConnect-INBOUND
-A INPUT -j rampart-INPUT'
	# saved for reboot: all of it, and it restores
	mkdir -p "$ROOT/etc/iptables"
	run_rampart 0 save --all
	before=$(save ipv4 filter)
	ns_stop
	ns_start
	ipt_restore <"$ROOT/etc/iptables/rules.v4"
	assert_equal "$(save ipv4 filter)" "$before"
}

@test "examples: RackConnect's chain stays first, ours follow, all else is preserved and saved" {
	each_backend rackconnect
}

# --- four server roles -----------------------------------------------------------------

# The article's own command lists, x.x.x.x being the admin server.
role_commands() {
	local x=192.0.2.10
	ipt -P INPUT ACCEPT
	ipt -F
	case $1 in
	admin)
		ipt -A INPUT -p tcp --dport 22 -j ACCEPT
		ipt -A INPUT -p tcp --dport 80 -j ACCEPT
		ipt -A INPUT -p udp --dport 8646:8649 -j ACCEPT
		;;
	load-balancer)
		ipt -A INPUT -p tcp --dport 22 -s $x -j ACCEPT
		ipt -A INPUT -p tcp --dport 80 -j ACCEPT
		ipt -A INPUT -p udp --dport 8649 -j ACCEPT
		ipt -A INPUT -p tcp --dport 8649 -j ACCEPT
		ipt -p vrrp -A INPUT -j ACCEPT
		ipt -p vrrp -A OUTPUT -j ACCEPT
		;;
	application | database)
		ipt -A INPUT -p tcp --dport 22 -s $x -j ACCEPT
		if [ "$1" = application ]; then
			ipt -A INPUT -p tcp --dport 80 -j ACCEPT
		else
			ipt -A INPUT -p tcp --dport 27017 -j ACCEPT
			ipt -A INPUT -p tcp --dport 28017 -j ACCEPT
		fi
		ipt -A INPUT -p udp --dport 8649 -j ACCEPT
		ipt -A INPUT -p tcp --dport 8649 -j ACCEPT
		;;
	esac
	ipt -P INPUT DROP
	ipt -P FORWARD DROP
	ipt -P OUTPUT ACCEPT
	ipt -A INPUT -i lo -j ACCEPT
	[ "$1" != application ] || ipt -A INPUT -i eth1 -j ACCEPT
	ipt -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
}

# The documented improvements, made to what the commands left: conntrack for state, and
# loopback and established first.
improved() {
	sed 's/-m state --state RELATED,ESTABLISHED/-m conntrack --ctstate RELATED,ESTABLISHED/' |
		awk '/^-A INPUT -i lo /	{ lo = $0; next }
		     /--ctstate RELATED,ESTABLISHED/	{ est = $0; next }
		     { line[++n] = $0 }
		     END { for (i = 1; i <= n; i++) {
			if (line[i] ~ /^-A/ && !done) { print lo; print est; done = 1 }
			print line[i] } }'
}

server_roles() {
	for role in admin load-balancer application database; do
		ns_stop
		ns_start
		rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart" "${ROOT:?}/$CONF_D"/*
		role_commands "$role"
		natively=$(save ipv4 filter | improved)
		ns_stop
		ns_start
		use_example "server-roles/$role"
		run_rampart 0 apply
		assert_equal "$(save ipv4 filter)" "$natively"
		assert_equal "$(save ipv6 filter | grep -c '^-A')" 0
	done
}

@test "examples: the four server roles give the kernel what the article's commands give" {
	each_backend server_roles
}

# --- the atomic generator ----------------------------------------------------------------

# Every awkward argument, and then the article's own rule.
awkward_rules() { # COMMAND: addrule or a native iptables
	local arg
	for arg in 'Denied TCP: ' 'a "quoted" word' 'back\slash' "single ' quote" '-A INPUT -j DROP' '--comment' \
		'$HOME' '`id`' '*' '#hash' 'a;b|c&d' '' ' ' $'\xff\xfe no UTF-8 \xc3' '!' '\' '\"' $'tab\there'; do
		"$@" -A INPUT -m comment --comment "$arg" -j ACCEPT
	done
	"$@" -A INPUT -p tcp -m limit --limit 5/min -j LOG --log-prefix "Denied TCP: " --log-level debug
}

refused_rules() {
	addrule -A INPUT -p tcp --dport 80 -j ACCEPT
	addrule -A INPUT -p tcp -j MASQUERADE
}

# As the example's README shows it, in the test's namespace: generate COMMAND...
generate() (
	# shellcheck source=/dev/null
	. "$EXAMPLES/atomic-generator/addrule.sh"
	RAMPART="nsenter -t $NS_PID -n -m -- $RAMPART --root $ROOT --backend $BACKEND"
	CONF_D=$ROOT/etc/rampart/conf.d
	rules_begin 40-generated.rules
	"$@"
	load_rules
)

generator() {
	use_example atomic-generator
	run_rampart 0 apply
	# the same arguments, given to iptables itself, in another namespace
	awkward_rules ipt
	natively=$(rules ipv4 filter INPUT | grep -av rampart- | sed 's/^-A INPUT //')
	ns_stop
	ns_start
	rm -rf "$ROOT/var/lib/rampart" "$ROOT/run/rampart"
	generate awkward_rules addrule
	assert_equal "$(rules ipv4 filter rampart-INPUT | sed '1,3d; s/^-A rampart-INPUT //')" "$natively"
	# a rule that the kernel refuses: shown, named, and the old rules stay
	before=$(save ipv4 filter)
	status=0
	generate refused_rules >"$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
	assert_equal "$status" 1
	grep -F '/etc/rampart/conf.d/40-generated.rules:2: error: refused:' "$BATS_TEST_TMPDIR/said"
	grep -Fx '"-A" "INPUT" "-p" "tcp" "-j" "MASQUERADE"' "$BATS_TEST_TMPDIR/said"
	assert_equal "$(save ipv4 filter)" "$before"
}

@test "examples: every awkward argument of a generator arrives byte for byte; a refused payload changes nothing" {
	each_backend generator
}

# --- scripts ---------------------------------------------------------------------------------

# The script files of a directory, natively, in one shell each and in the order of their names; but
# the host's saved rules are left alone.
run_natively() { # DIR
	local script
	for script in "$1"/*.sh; do
		grep -v '/service ' "$script" >"$BATS_TEST_TMPDIR/native/script"
		PUBLICNET=eth0 ns "${SHELLS[@]}" "$BATS_TEST_TMPDIR/native/script" >/dev/null
	done
}

both_saved() {
	save ipv4 filter
	save ipv6 filter
}

# iptables is the backend's program in there.
native_shell() {
	mkdir -p "$BATS_TEST_TMPDIR/native"
	ln -sf "$(command -v "iptables-$BACKEND")" "$BATS_TEST_TMPDIR/native/iptables"
	ln -sf "$(command -v "ip6tables-$BACKEND")" "$BATS_TEST_TMPDIR/native/ip6tables"
	SHELLS=(env "PATH=$BATS_TEST_TMPDIR/native:$PATH" bash)
}

admin_script() {
	native_shell
	run_natively "$EXAMPLES/scripts/admin-server/conf.d"
	natively=$(both_saved)
	ns_stop
	ns_start
	rm -f "${ROOT:?}/$CONF_D"/*
	use_example scripts/admin-server
	run_rampart 0 apply
	assert_error_line "/etc/rampart/conf.d/40-admin.sh:15: note: 'service iptables save' is not done: rampart keeps and loads the rules itself (see 'save')"
	assert_equal "$(both_saved | grep -v '^COMMIT')" "$(grep -v '^COMMIT' <<<"$natively")"
	run_rampart 0 check
}

@test "examples: the admin server's script gives the kernel what it gives natively" {
	each_backend admin_script
}

# fail2ban is there first; natively the flush takes its bans and its jump away.
conf_d_scripts() {
	native_shell
	ipt -N fail2ban-ssh
	run_natively "$EXAMPLES/scripts/conf-d/conf.d"
	natively=$(both_saved)
	ns_stop
	ns_start
	ipt -N fail2ban-ssh
	ipt -A fail2ban-ssh -s 203.0.113.9 -j DROP
	rm -f "${ROOT:?}/$CONF_D"/*
	use_example scripts/conf-d
	run_rampart 0 apply
	assert_equal "$(both_saved | grep -v -e fail2ban -e '^COMMIT')" \
		"$(grep -v -e fail2ban -e '^COMMIT' <<<"$natively")"
	assert_equal "$(rules ipv4 filter INPUT | head -n 1)" \
		'-A INPUT -p tcp -m multiport --dports 22 -j fail2ban-ssh'
	assert_equal "$(rules ipv4 filter fail2ban-ssh)" '-A fail2ban-ssh -j rampart-fail2ban-ssh
-A fail2ban-ssh -s 203.0.113.9/32 -j DROP'
	assert_equal "$(rules ipv4 filter rampart-fail2ban-ssh)" '-A rampart-fail2ban-ssh -j RETURN'
	run_rampart 0 check
	run_rampart 0 show -4 --origins
	assert_output_line '# /etc/rampart/conf.d/50-iptables_etcd.sh:2'
}

@test "examples: the master script and its files give the kernel what they give natively, and the bans stay" {
	each_backend conf_d_scripts
}

# As before the move: the master reads its files in from where they were.
conf_d_read_in() {
	rm -f "${ROOT:?}/$CONF_D"/*
	use_example scripts/conf-d
	mkdir -p "$BATS_TEST_TMPDIR/opt/sbin/iptables_conf.d"
	mv "$ROOT/$CONF_D/50-iptables_etcd.sh" "$BATS_TEST_TMPDIR/opt/sbin/iptables_conf.d/iptables_etcd.sh"
	chmod -R a+rX "$BATS_TEST_TMPDIR/opt"
	ns mount --bind "$BATS_TEST_TMPDIR/opt" /opt
	run_rampart 0 show -4 --origins
	assert_output_line '# /opt/sbin/iptables_conf.d/iptables_etcd.sh:2'
}

@test "examples: the master script reads its files in, and rampart knows their lines" {
	each_backend conf_d_read_in
}
