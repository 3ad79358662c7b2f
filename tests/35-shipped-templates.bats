# shipped templates: each one gives exactly these rules, and lets pass what it is for and nothing else.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers

TRAFFIC=$BATS_TEST_DIRNAME/traffic
SHIPPED=$BATS_TEST_DIRNAME/..
SERVERS=()

teardown() {
	stop_servers
	ns_stop
}

# --- rules ---------------------------------------------------------------------------

DROP_ALL='policy { INPUT = DROP  FORWARD = DROP  OUTPUT = DROP }'

shipped() {
	[ -d "$ROOT/usr/share/rampart/templates" ] || shipped_templates
	baseline "$DROP_ALL"
}

# "rampart templates NAME" shows these parameters, in this order, each with its help.
lists() { # NAME PARAMETER...
	local name=$1 file=$SHIPPED/templates/$1.rules line help at=2
	shift
	shipped
	run_rampart 0 templates "$name"
	mapfile -t line <<<"$output"
	assert_equal "${line[0]}" "$(sed -n '1s/^# //p' "$file")"
	[[ ${line[0]} == "$name: "?* ]] || show_both 'one line of help' "$name: ..."
	assert_equal "${line[1]}" "/usr/share/rampart/templates/$name.rules"
	assert_equal "$((${#line[@]} - 2)) parameters" "$# parameters"
	for parameter in "$@"; do
		help=$(sed -n "s/^param $parameter .*[^#]# *//p" "$file")
		[[ -n $help && ${line[at]} == "  $parameter "*" $help" ]] ||
			show_both 'parameter with help' "$parameter ... $help"
		at=$((at + 1))
	done
}

# What stands in the tables of a family: "filter -A INPUT ...", under the chain that it was written
# for, chain by chain, without the jumps to our own chains.
rules_of() {
	local program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	ns "$program-$BACKEND-save" |
		awk '/^\*/ { table = substr($1, 2) }
		     /^-A/ && !/ -j rampart-[A-Z]+$/ { sub(/^-A rampart-/, "-A "); print table, $0 }' |
		LC_ALL=C sort -s -k1,1 -k3,3
}

# The same for both families, under "both TABLE" where they have the same, else "ipv4 TABLE", "ipv6 TABLE".
rules_of_both() {
	local ipv4 ipv6 table four six
	ipv4=$(rules_of ipv4) ipv6=$(rules_of ipv6)
	for table in filter mangle nat raw; do
		four=$(sed -n "s/^$table //p" <<<"$ipv4")
		six=$(sed -n "s/^$table //p" <<<"$ipv6")
		if [ "$four" = "$six" ]; then
			[ -z "$four" ] || printf '%s\n' "both $table" "$four"
			continue
		fi
		[ -z "$four" ] || printf '%s\n' "ipv4 $table" "$four"
		[ -z "$six" ] || printf '%s\n' "ipv6 $table" "$six"
	done
}

# A use alone, applied, makes the rules on standard input and no others.
gives() { # USE <<EXPECTED
	local expected
	expected=$(cat)
	dropin 50-use.conf "$1"
	run_rampart 0 apply
	assert_equal "$stderr" ''
	assert_equal "$(rules_of_both)" "$expected"
}

loopback_rules() {
	gives 'loopback { }' <<-'END'
		both filter
		-A INPUT -i lo -j ACCEPT
		-A OUTPUT -o lo -j ACCEPT
	END
}

@test "template loopback: its parameters and rules" {
	lists loopback
	each_backend loopback_rules
}

established_rules() {
	gives 'established { }' <<-'END'
		both filter
		-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	END
	gives 'established { chains = {INPUT, OUTPUT} }' <<-'END'
		both filter
		-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	END
}

@test "template established: its parameters and rules" {
	lists established chains
	each_backend established_rules
}

icmp_rules() {
	gives 'icmp { }' <<-'END'
		ipv4 filter
		-A INPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT
		-A INPUT -p icmp -m icmp --icmp-type 11 -j ACCEPT
		-A INPUT -p icmp -m icmp --icmp-type 12 -j ACCEPT
		-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 50/sec --limit-burst 100 -j ACCEPT
		-A INPUT -p icmp -m icmp --icmp-type 8 -j DROP
		-A INPUT -p icmp -m icmp --icmp-type 0 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT
		-A OUTPUT -p icmp -m icmp --icmp-type 11 -j ACCEPT
		-A OUTPUT -p icmp -m icmp --icmp-type 12 -j ACCEPT
		-A OUTPUT -p icmp -m icmp --icmp-type 0 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p icmp -m icmp --icmp-type 8 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'icmp { interface = eth0 from = 192.0.2.0/24 servers = {} rate = 5/minute burst = 3 }' <<-'END'
		ipv4 filter
		-A INPUT -i eth0 -p icmp -m icmp --icmp-type 3 -j ACCEPT
		-A INPUT -i eth0 -p icmp -m icmp --icmp-type 11 -j ACCEPT
		-A INPUT -i eth0 -p icmp -m icmp --icmp-type 12 -j ACCEPT
		-A INPUT -s 192.0.2.0/24 -i eth0 -p icmp -m icmp --icmp-type 8 -m limit --limit 5/min --limit-burst 3 -j ACCEPT
		-A INPUT -s 192.0.2.0/24 -i eth0 -p icmp -m icmp --icmp-type 8 -j DROP
		-A OUTPUT -o eth0 -p icmp -m icmp --icmp-type 3 -j ACCEPT
		-A OUTPUT -o eth0 -p icmp -m icmp --icmp-type 11 -j ACCEPT
		-A OUTPUT -o eth0 -p icmp -m icmp --icmp-type 12 -j ACCEPT
		-A OUTPUT -d 192.0.2.0/24 -o eth0 -p icmp -m icmp --icmp-type 0 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template icmp: its parameters and rules" {
	lists icmp interface from servers rate burst
	each_backend icmp_rules
}

icmpv6_rules() {
	gives 'icmpv6 { }' <<-'END'
		ipv6 filter
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 3 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 4 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 134 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT
		-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j ACCEPT
		-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 132 -j ACCEPT
		-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -m limit --limit 50/sec --limit-burst 100 -j ACCEPT
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j DROP
		-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 129 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 3 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 4 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 133 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 132 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 129 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'icmpv6 {
		interface = eth0  router = eth1  from = {}  servers = 2001:db8::/32
		rate = 5/minute  burst = 3
	}' <<-'END'
		ipv6 filter
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j ACCEPT
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 3 -j ACCEPT
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 4 -j ACCEPT
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -s fe80::/10 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 134 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -i eth1 -p ipv6-icmp -m icmp6 --icmpv6-type 133 -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -s fe80::/10 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT
		-A INPUT -s fe80::/10 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j ACCEPT
		-A INPUT -s fe80::/10 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 132 -j ACCEPT
		-A INPUT -s fe80::/10 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT
		-A INPUT -s 2001:db8::/32 -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 129 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 1 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 3 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 4 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 133 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -o eth1 -p ipv6-icmp -m icmp6 --icmpv6-type 134 -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 131 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 132 -j ACCEPT
		-A OUTPUT -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT
		-A OUTPUT -d 2001:db8::/32 -o eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template icmpv6: its parameters and rules" {
	lists icmpv6 interface router from servers rate burst
	each_backend icmpv6_rules
}

ssh_rules() {
	gives 'ssh { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 22 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'ssh { interface = eth0 from = {203.0.113.7, "2001:db8:1::/48"} port = {22, 2222} }' <<-'END'
		ipv4 filter
		-A INPUT -s 203.0.113.7/32 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 203.0.113.7/32 -o eth0 -p tcp -m multiport --sports 22,2222 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s 2001:db8:1::/48 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 2001:db8:1::/48 -o eth0 -p tcp -m multiport --sports 22,2222 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template ssh: its parameters and rules" {
	lists ssh interface from port
	each_backend ssh_rules
}

ssh_client_rules() {
	gives 'ssh-client { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --sport 22 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'ssh-client { interface = eth1 servers = 10.9.0.0/24 port = 2222 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.9.0.0/24 -i eth1 -p tcp -m tcp --sport 2222 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.9.0.0/24 -o eth1 -p tcp -m tcp --dport 2222 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template ssh-client: its parameters and rules" {
	lists ssh-client interface servers port
	each_backend ssh_client_rules
}

dns_client_rules() {
	gives 'dns-client { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'dns-client {
		interface = eth0  servers = {192.0.2.53, "2001:db8::53"}  port = {53, 853}
		proto = tcp
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 192.0.2.53/32 -i eth0 -p tcp -m multiport --sports 53,853 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 192.0.2.53/32 -o eth0 -p tcp -m multiport --dports 53,853 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s 2001:db8::53/128 -i eth0 -p tcp -m multiport --sports 53,853 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 2001:db8::53/128 -o eth0 -p tcp -m multiport --dports 53,853 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template dns-client: its parameters and rules" {
	lists dns-client interface servers port proto
	each_backend dns_client_rules
}

dns_server_rules() {
	gives 'dns-server { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'dns-server { interface = eth1 from = {10.0.0.0/8, fd00::/8} port = 5353 proto = udp }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/8 -i eth1 -p udp -m udp --dport 5353 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/8 -o eth1 -p udp -m udp --sport 5353 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s fd00::/8 -i eth1 -p udp -m udp --dport 5353 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d fd00::/8 -o eth1 -p udp -m udp --sport 5353 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template dns-server: its parameters and rules" {
	lists dns-server interface from port proto
	each_backend dns_server_rules
}

ntp_client_rules() {
	gives 'ntp-client { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --sport 123 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --dport 123 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'ntp-client { interface = eth0 servers = {192.0.2.10, 192.0.2.11} port = 1123 }' <<-'END'
		ipv4 filter
		-A INPUT -s 192.0.2.10/32 -i eth0 -p udp -m udp --sport 1123 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 192.0.2.11/32 -i eth0 -p udp -m udp --sport 1123 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 192.0.2.10/32 -o eth0 -p udp -m udp --dport 1123 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 192.0.2.11/32 -o eth0 -p udp -m udp --dport 1123 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template ntp-client: its parameters and rules" {
	lists ntp-client interface servers port
	each_backend ntp_client_rules
}

ntp_server_rules() {
	gives 'ntp-server { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --dport 123 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 123 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'ntp-server { interface = eth1 from = 10.0.0.0/8 port = 1123 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/8 -i eth1 -p udp -m udp --dport 1123 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/8 -o eth1 -p udp -m udp --sport 1123 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template ntp-server: its parameters and rules" {
	lists ntp-server interface from port
	each_backend ntp_server_rules
}

etcd_rules() {
	gives 'etcd { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --sport 2379 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --dport 2379 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'etcd { interface = eth2 servers = 10.0.0.5 port = 4001 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.5/32 -i eth2 -p tcp -m tcp --sport 4001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.5/32 -o eth2 -p tcp -m tcp --dport 4001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template etcd: its parameters and rules" {
	lists etcd interface servers port
	each_backend etcd_rules
}

etcd_server_rules() {
	gives 'etcd-server { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 2379 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 2379 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'etcd-server { interface = eth2 from = 10.0.0.0/24 port = {2379, 4001} }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/24 -i eth2 -p tcp -m multiport --dports 2379,4001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth2 -p tcp -m multiport --sports 2379,4001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template etcd-server: its parameters and rules" {
	lists etcd-server interface from port
	each_backend etcd_server_rules
}

etcd_peer_rules() {
	gives 'etcd-peer { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 2380 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --sport 2380 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 2380 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --dport 2380 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'etcd-peer { interface = eth2 peers = {10.0.0.6, 10.0.0.7} port = 7001 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.6/32 -i eth2 -p tcp -m tcp --dport 7001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.7/32 -i eth2 -p tcp -m tcp --dport 7001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.6/32 -i eth2 -p tcp -m tcp --sport 7001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.7/32 -i eth2 -p tcp -m tcp --sport 7001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth2 -p tcp -m tcp --sport 7001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.7/32 -o eth2 -p tcp -m tcp --sport 7001 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth2 -p tcp -m tcp --dport 7001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.7/32 -o eth2 -p tcp -m tcp --dport 7001 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template etcd-peer: its parameters and rules" {
	lists etcd-peer interface peers port
	each_backend etcd_peer_rules
}

http_rules() {
	gives 'http { }' <<-'END'
		both filter
		-A INPUT -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m multiport --sports 80,443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'http { interface = eth0 from = 198.51.100.0/24 servers = any port = 8080 quic = 443 }' <<-'END'
		ipv4 filter
		-A INPUT -s 198.51.100.0/24 -i eth0 -p tcp -m tcp --dport 8080 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -i eth0 -p tcp -m tcp --sport 8080 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.0/24 -i eth0 -p udp -m udp --dport 443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -i eth0 -p udp -m udp --sport 443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 198.51.100.0/24 -o eth0 -p tcp -m tcp --sport 8080 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth0 -p tcp -m tcp --dport 8080 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 198.51.100.0/24 -o eth0 -p udp -m udp --sport 443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth0 -p udp -m udp --dport 443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -i eth0 -p tcp -m tcp --sport 8080 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -i eth0 -p udp -m udp --sport 443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth0 -p tcp -m tcp --dport 8080 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth0 -p udp -m udp --dport 443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template http: its parameters and rules" {
	lists http interface from servers port quic
	each_backend http_rules
}

smtp_rules() {
	gives 'smtp { }' <<-'END'
		both filter
		-A INPUT -p tcp -m multiport --dports 25,465,587 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m multiport --sports 25,465,587 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m multiport --sports 25,465,587 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m multiport --dports 25,465,587 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'smtp { interface = eth0 from = {} servers = 192.0.2.25 port = 587 }' <<-'END'
		ipv4 filter
		-A INPUT -s 192.0.2.25/32 -i eth0 -p tcp -m tcp --sport 587 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 192.0.2.25/32 -o eth0 -p tcp -m tcp --dport 587 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template smtp: its parameters and rules" {
	lists smtp interface from servers port
	each_backend smtp_rules
}

imap_rules() {
	gives 'imap { }' <<-'END'
		both filter
		-A INPUT -p tcp -m multiport --dports 143,993 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m multiport --sports 143,993 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'imap { interface = eth0 from = 10.0.0.0/8 servers = 192.0.2.143 port = {993, 995} }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m multiport --dports 993,995 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 192.0.2.143/32 -i eth0 -p tcp -m multiport --sports 993,995 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/8 -o eth0 -p tcp -m multiport --sports 993,995 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 192.0.2.143/32 -o eth0 -p tcp -m multiport --dports 993,995 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template imap: its parameters and rules" {
	lists imap interface from servers port
	each_backend imap_rules
}

mysql_rules() {
	gives 'mysql { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 3306 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 3306 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'mysql {
		interface = eth1  from = 10.0.0.10-10.0.0.20  servers = 10.0.0.30
		port = {3306, 4567}
	}' <<-'END'
		ipv4 filter
		-A INPUT -i eth1 -p tcp -m iprange --src-range 10.0.0.10-10.0.0.20 -m multiport --dports 3306,4567 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.30/32 -i eth1 -p tcp -m multiport --sports 3306,4567 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -o eth1 -p tcp -m iprange --dst-range 10.0.0.10-10.0.0.20 -m multiport --sports 3306,4567 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.30/32 -o eth1 -p tcp -m multiport --dports 3306,4567 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template mysql: its parameters and rules" {
	lists mysql interface from servers port
	each_backend mysql_rules
}

postgresql_rules() {
	gives 'postgresql { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 5432 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 5432 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'postgresql {
		interface = eth1  from = {}  servers = {10.0.0.30, "fd00::30"}  port = 6432
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.30/32 -i eth1 -p tcp -m tcp --sport 6432 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.30/32 -o eth1 -p tcp -m tcp --dport 6432 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s fd00::30/128 -i eth1 -p tcp -m tcp --sport 6432 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d fd00::30/128 -o eth1 -p tcp -m tcp --dport 6432 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template postgresql: its parameters and rules" {
	lists postgresql interface from servers port
	each_backend postgresql_rules
}

mongodb_rules() {
	gives 'mongodb { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 27017 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 27017 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'mongodb {
		interface = eth1  from = {10.0.0.6, 10.0.0.7}  servers = {10.0.0.6, 10.0.0.7}
		port = 27018
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.6/32 -i eth1 -p tcp -m tcp --dport 27018 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.7/32 -i eth1 -p tcp -m tcp --dport 27018 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.6/32 -i eth1 -p tcp -m tcp --sport 27018 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.7/32 -i eth1 -p tcp -m tcp --sport 27018 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth1 -p tcp -m tcp --sport 27018 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.7/32 -o eth1 -p tcp -m tcp --sport 27018 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth1 -p tcp -m tcp --dport 27018 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.7/32 -o eth1 -p tcp -m tcp --dport 27018 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template mongodb: its parameters and rules" {
	lists mongodb interface from servers port
	each_backend mongodb_rules
}

redis_rules() {
	gives 'redis { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 6379 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 6379 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'redis { interface = eth1 from = 10.0.0.6 servers = 10.0.0.6 port = {6379, 16379} }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.6/32 -i eth1 -p tcp -m multiport --dports 6379,16379 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.6/32 -i eth1 -p tcp -m multiport --sports 6379,16379 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth1 -p tcp -m multiport --sports 6379,16379 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.6/32 -o eth1 -p tcp -m multiport --dports 6379,16379 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template redis: its parameters and rules" {
	lists redis interface from servers port
	each_backend redis_rules
}

memcached_rules() {
	gives 'memcached { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 11211 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 11211 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'memcached {
		interface = eth1  from = {10.0.0.0/24, fd00::/64}  servers = 10.0.0.8
		port = 11212
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 11212 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.8/32 -i eth1 -p tcp -m tcp --sport 11212 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m tcp --sport 11212 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.8/32 -o eth1 -p tcp -m tcp --dport 11212 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s fd00::/64 -i eth1 -p tcp -m tcp --dport 11212 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d fd00::/64 -o eth1 -p tcp -m tcp --sport 11212 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template memcached: its parameters and rules" {
	lists memcached interface from servers port
	each_backend memcached_rules
}

gmond_rules() {
	gives 'gmond { }' <<-'END'
		ipv4 filter
		-A INPUT -p udp -m udp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -d 224.0.0.0/4 -p igmp -j ACCEPT
		-A OUTPUT -d 239.2.11.71/32 -p udp -m udp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 8649 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 224.0.0.0/4 -p igmp -j ACCEPT
		ipv6 filter
		-A INPUT -p udp -m udp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 8649 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'gmond { interface = eth1 peers = 10.0.0.0/24 to = 10.0.0.5 port = 8646:8649 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/24 -i eth1 -p udp -m udp --dport 8646:8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 8646:8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -d 224.0.0.0/4 -i eth1 -p igmp -j ACCEPT
		-A OUTPUT -d 10.0.0.5/32 -o eth1 -p udp -m udp --dport 8646:8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m tcp --sport 8646:8649 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 224.0.0.0/4 -o eth1 -p igmp -j ACCEPT
	END
}

@test "template gmond: its parameters and rules" {
	lists gmond interface peers to port
	each_backend gmond_rules
}

vrrp_rules() {
	gives 'vrrp { }' <<-'END'
		ipv4 filter
		-A INPUT -p vrrp -m ttl --ttl-eq 255 -j ACCEPT
		-A OUTPUT -d 224.0.0.18/32 -p vrrp -j ACCEPT
		ipv6 filter
		-A INPUT -p vrrp -m hl --hl-eq 255 -j ACCEPT
		-A OUTPUT -d ff02::12/128 -p vrrp -j ACCEPT
	END
	gives 'vrrp {
		interface = eth1  peers = {10.0.0.2, "fe80::2"}  to = 10.0.0.2
		proto = {112, ah}
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.2/32 -i eth1 -p vrrp -m ttl --ttl-eq 255 -j ACCEPT
		-A INPUT -s 10.0.0.2/32 -i eth1 -p ah -m ttl --ttl-eq 255 -j ACCEPT
		-A OUTPUT -d 10.0.0.2/32 -o eth1 -p vrrp -j ACCEPT
		-A OUTPUT -d 10.0.0.2/32 -o eth1 -p ah -j ACCEPT
		ipv6 filter
		-A INPUT -s fe80::2/128 -i eth1 -p vrrp -m hl --hl-eq 255 -j ACCEPT
		-A INPUT -s fe80::2/128 -i eth1 -p ah -m hl --hl-eq 255 -j ACCEPT
	END
}

@test "template vrrp: its parameters and rules" {
	lists vrrp interface peers to proto
	each_backend vrrp_rules
}

lvs_realserver_rules() {
	gives 'lvs-realserver { directors = 10.0.0.2 vip = 203.0.113.80 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.2/32 -p ipencap -j ACCEPT
		-A INPUT -s 10.0.0.2/32 -p ipv6 -j ACCEPT
		-A INPUT -s 10.0.0.2/32 -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -d 203.0.113.80/32 -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.2/32 -p tcp -m multiport --sports 80,443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -s 203.0.113.80/32 -p tcp -m multiport --sports 80,443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'lvs-realserver {
		interface = eth1  directors = {10.0.0.2, "fd00::2"}  tunnel = {}
		vip = {203.0.113.80, "2001:db8::80"}
		from = {198.51.100.0/24, "2001:db8:9::/48"}  port = 53  proto = {tcp, udp}
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.2/32 -i eth1 -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.2/32 -i eth1 -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.0/24 -d 203.0.113.80/32 -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.0/24 -d 203.0.113.80/32 -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.2/32 -o eth1 -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.2/32 -o eth1 -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -s 203.0.113.80/32 -d 198.51.100.0/24 -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -s 203.0.113.80/32 -d 198.51.100.0/24 -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		ipv6 filter
		-A INPUT -s fd00::2/128 -i eth1 -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s fd00::2/128 -i eth1 -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 2001:db8:9::/48 -d 2001:db8::80/128 -p tcp -m tcp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 2001:db8:9::/48 -d 2001:db8::80/128 -p udp -m udp --dport 53 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d fd00::2/128 -o eth1 -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d fd00::2/128 -o eth1 -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -s 2001:db8::80/128 -d 2001:db8:9::/48 -p tcp -m tcp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -s 2001:db8::80/128 -d 2001:db8:9::/48 -p udp -m udp --sport 53 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template lvs-realserver: its parameters and rules" {
	lists lvs-realserver interface directors tunnel vip from port proto
	each_backend lvs_realserver_rules
}

snmp_rules() {
	gives 'snmp { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --dport 161 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 161 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'snmp {
		interface = eth1  from = 10.0.0.9  servers = 10.0.0.0/24  traps = 10.0.0.9
		port = 1161  trap_port = 1162
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.9/32 -i eth1 -p udp -m udp --dport 1161 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p udp -m udp --sport 1161 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.9/32 -i eth1 -p udp -m udp --sport 1162 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.9/32 -o eth1 -p udp -m udp --sport 1161 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p udp -m udp --dport 1161 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.9/32 -o eth1 -p udp -m udp --dport 1162 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template snmp: its parameters and rules" {
	lists snmp interface from servers traps port trap_port
	each_backend snmp_rules
}

syslog_rules() {
	gives 'syslog { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --sport 514 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -p tcp -m tcp --sport 514 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --dport 514 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --dport 514 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'syslog { interface = eth1 from = 10.0.0.0/24 servers = {} port = 6514 proto = tcp }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 6514 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m tcp --sport 6514 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
}

@test "template syslog: its parameters and rules" {
	lists syslog interface from servers port proto
	each_backend syslog_rules
}

node_exporter_rules() {
	gives 'node-exporter { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 9100 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 9100 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'node-exporter { interface = eth1 from = 10.0.0.9 servers = 10.0.0.0/24 port = 9101 }' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.9/32 -i eth1 -p tcp -m tcp --dport 9101 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m tcp --sport 9101 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.9/32 -o eth1 -p tcp -m tcp --sport 9101 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m tcp --dport 9101 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template node-exporter: its parameters and rules" {
	lists node-exporter interface from servers port
	each_backend node_exporter_rules
}

nfs_rules() {
	gives 'nfs { }' <<-'END'
		both filter
		-A INPUT -p tcp -m tcp --dport 2049 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p tcp -m tcp --sport 2049 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'nfs {
		interface = eth1  from = 10.0.0.0/24  servers = 10.0.0.4  port = 2050
		helpers = {111, 20048}  proto = {tcp, udp}
	}' <<-'END'
		ipv4 filter
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m tcp --dport 2050 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p udp -m udp --dport 2050 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p udp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p tcp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.0/24 -i eth1 -p udp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p tcp -m tcp --sport 2050 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p udp -m udp --sport 2050 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p tcp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p udp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p tcp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A INPUT -s 10.0.0.4/32 -i eth1 -p udp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m tcp --sport 2050 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p udp -m udp --sport 2050 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p udp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p tcp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.0/24 -o eth1 -p udp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p tcp -m tcp --dport 2050 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p udp -m udp --dport 2050 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p tcp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p udp -m multiport --sports 111,20048 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p tcp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 10.0.0.4/32 -o eth1 -p udp -m multiport --dports 111,20048 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
}

@test "template nfs: its parameters and rules" {
	lists nfs interface from servers port helpers proto
	each_backend nfs_rules
}

dhcp_client_rules() {
	gives 'dhcp-client { }' <<-'END'
		ipv4 filter
		-A INPUT -p udp -m udp --sport 67 --dport 68 -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 68 --dport 67 -j ACCEPT
	END
	gives 'dhcp-client { interface = eth0 }' <<-'END'
		ipv4 filter
		-A INPUT -i eth0 -p udp -m udp --sport 67 --dport 68 -j ACCEPT
		-A OUTPUT -o eth0 -p udp -m udp --sport 68 --dport 67 -j ACCEPT
	END
}

@test "template dhcp-client: its parameters and rules" {
	lists dhcp-client interface
	each_backend dhcp_client_rules
}

dhcpv6_client_rules() {
	gives 'dhcpv6-client { }' <<-'END'
		ipv6 filter
		-A INPUT -s fe80::/10 -d fe80::/10 -p udp -m udp --dport 546 -j ACCEPT
		-A OUTPUT -d ff02::1:2/128 -p udp -m udp --dport 547 -j ACCEPT
	END
	gives 'dhcpv6-client { interface = eth0 }' <<-'END'
		ipv6 filter
		-A INPUT -s fe80::/10 -d fe80::/10 -i eth0 -p udp -m udp --dport 546 -j ACCEPT
		-A OUTPUT -d ff02::1:2/128 -o eth0 -p udp -m udp --dport 547 -j ACCEPT
	END
}

@test "template dhcpv6-client: its parameters and rules" {
	lists dhcpv6-client interface
	each_backend dhcpv6_client_rules
}

wireguard_rules() {
	gives 'wireguard { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --dport 51820 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -p udp -m udp --sport 51820 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 51820 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --dport 51820 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
	END
	gives 'wireguard {
		interface = eth0  peers = 198.51.100.4  port = 51821  tunnel = wg1
		inside = {eth1, eth2}
	}' <<-'END'
		ipv4 filter
		-A FORWARD -i wg1 -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i wg1 -o eth2 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth1 -o wg1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth2 -o wg1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.4/32 -i eth0 -p udp -m udp --dport 51821 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.4/32 -i eth0 -p udp -m udp --sport 51821 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 198.51.100.4/32 -o eth0 -p udp -m udp --sport 51821 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -d 198.51.100.4/32 -o eth0 -p udp -m udp --dport 51821 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A FORWARD -i wg1 -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i wg1 -o eth2 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth1 -o wg1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth2 -o wg1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
	END
}

@test "template wireguard: its parameters and rules" {
	lists wireguard interface peers port tunnel inside
	each_backend wireguard_rules
}

openvpn_rules() {
	gives 'openvpn { }' <<-'END'
		both filter
		-A INPUT -p udp -m udp --dport 1194 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		-A OUTPUT -p udp -m udp --sport 1194 -m conntrack --ctstate ESTABLISHED -j ACCEPT
	END
	gives 'openvpn {
		interface = eth0  from = {}  servers = 198.51.100.5  port = 443  proto = tcp
		tunnel = "tun+"  inside = eth1
	}' <<-'END'
		ipv4 filter
		-A FORWARD -i tun+ -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth1 -o tun+ -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A INPUT -s 198.51.100.5/32 -i eth0 -p tcp -m tcp --sport 443 -m conntrack --ctstate ESTABLISHED -j ACCEPT
		-A OUTPUT -d 198.51.100.5/32 -o eth0 -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A FORWARD -i tun+ -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -i eth1 -o tun+ -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
	END
}

@test "template openvpn: its parameters and rules" {
	lists openvpn interface from servers port proto tunnel inside
	each_backend openvpn_rules
}

masquerade_rules() {
	gives 'masquerade { interface = eth0 }' <<-'END'
		ipv4 filter
		-A FORWARD -s 10.0.0.0/8 -o eth0 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -s 172.16.0.0/12 -o eth0 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -s 192.168.0.0/16 -o eth0 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -d 10.0.0.0/8 -i eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -d 172.16.0.0/12 -i eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -d 192.168.0.0/16 -i eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		ipv4 nat
		-A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE
		-A POSTROUTING -s 172.16.0.0/12 -o eth0 -j MASQUERADE
		-A POSTROUTING -s 192.168.0.0/16 -o eth0 -j MASQUERADE
	END
	gives 'masquerade {
		interface = ppp0  inside = eth1  from = {10.9.0.0/24, fd00:9::/64}  clamp = ppp0
	}' <<-'END'
		ipv4 filter
		-A FORWARD -s 10.9.0.0/24 -i eth1 -o ppp0 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -d 10.9.0.0/24 -i ppp0 -o eth1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		ipv6 filter
		-A FORWARD -s fd00:9::/64 -i eth1 -o ppp0 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -d fd00:9::/64 -i ppp0 -o eth1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		both mangle
		-A FORWARD -o ppp0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
		-A FORWARD -i ppp0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
		ipv4 nat
		-A POSTROUTING -s 10.9.0.0/24 -o ppp0 -j MASQUERADE
		ipv6 nat
		-A POSTROUTING -s fd00:9::/64 -o ppp0 -j MASQUERADE
	END
}

@test "template masquerade: its parameters and rules" {
	lists masquerade interface inside from clamp
	each_backend masquerade_rules
}

port_forward_rules() {
	gives 'port-forward { port = 80 to = 10.9.0.2 to_port = 8080 }' <<-'END'
		ipv4 filter
		-A FORWARD -d 10.9.0.2/32 -p tcp -m tcp --dport 8080 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s 10.9.0.2/32 -p tcp -m tcp --sport 8080 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -d 10.9.0.2/32 -m conntrack --ctstate RELATED -j ACCEPT
		-A FORWARD -s 10.9.0.2/32 -m conntrack --ctstate RELATED -j ACCEPT
		ipv4 nat
		-A PREROUTING -p tcp -m tcp --dport 80 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.9.0.2:8080
	END
	gives 'port-forward {
		interface = eth0  from = {198.51.100.0/24, "2001:db8:9::/48"}
		address = {192.0.2.1, "2001:db8::1"}  port = 53  to = {10.9.0.2, "fd00:9::2"}
		to_port = 5353  proto = {tcp, udp}
	}' <<-'END'
		ipv4 filter
		-A FORWARD -s 198.51.100.0/24 -d 10.9.0.2/32 -i eth0 -p tcp -m tcp --dport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s 198.51.100.0/24 -d 10.9.0.2/32 -i eth0 -p udp -m udp --dport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s 10.9.0.2/32 -d 198.51.100.0/24 -o eth0 -p tcp -m tcp --sport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s 10.9.0.2/32 -d 198.51.100.0/24 -o eth0 -p udp -m udp --sport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -d 10.9.0.2/32 -i eth0 -m conntrack --ctstate RELATED -j ACCEPT
		-A FORWARD -s 10.9.0.2/32 -o eth0 -m conntrack --ctstate RELATED -j ACCEPT
		ipv6 filter
		-A FORWARD -s 2001:db8:9::/48 -d fd00:9::2/128 -i eth0 -p tcp -m tcp --dport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s 2001:db8:9::/48 -d fd00:9::2/128 -i eth0 -p udp -m udp --dport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s fd00:9::2/128 -d 2001:db8:9::/48 -o eth0 -p tcp -m tcp --sport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -s fd00:9::2/128 -d 2001:db8:9::/48 -o eth0 -p udp -m udp --sport 5353 -m conntrack --ctstate DNAT -j ACCEPT
		-A FORWARD -d fd00:9::2/128 -i eth0 -m conntrack --ctstate RELATED -j ACCEPT
		-A FORWARD -s fd00:9::2/128 -o eth0 -m conntrack --ctstate RELATED -j ACCEPT
		ipv4 nat
		-A PREROUTING -s 198.51.100.0/24 -d 192.0.2.1/32 -i eth0 -p tcp -m tcp --dport 53 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.9.0.2:5353
		-A PREROUTING -s 198.51.100.0/24 -d 192.0.2.1/32 -i eth0 -p udp -m udp --dport 53 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.9.0.2:5353
		ipv6 nat
		-A PREROUTING -s 2001:db8:9::/48 -d 2001:db8::1/128 -i eth0 -p tcp -m tcp --dport 53 -m addrtype --dst-type LOCAL -j DNAT --to-destination [fd00:9::2]:5353
		-A PREROUTING -s 2001:db8:9::/48 -d 2001:db8::1/128 -i eth0 -p udp -m udp --dport 53 -m addrtype --dst-type LOCAL -j DNAT --to-destination [fd00:9::2]:5353
	END
}

@test "template port-forward: its parameters and rules" {
	lists port-forward interface from address port to to_port proto
	each_backend port_forward_rules
}

rate_limit_rules() {
	gives 'rate-limit { }' <<-'END'
		ipv4 filter
		-A INPUT -p tcp -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 10/min --hashlimit-burst 10 --hashlimit-mode srcip --hashlimit-name 50-use-1-10-minute-10 -j DROP
		ipv6 filter
		-A INPUT -p tcp -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 10/min --hashlimit-burst 10 --hashlimit-mode srcip --hashlimit-name 50-use-1-10-minute-10 --hashlimit-srcmask 64 -j DROP
	END
	gives 'rate-limit {
		interface = eth0  from = {198.51.100.0/24, "2001:db8:9::/48"}  port = {22, 2222}
		proto = tcp  chains = {INPUT, FORWARD}  connections = 3  per = second  burst = 6
	}' <<-'END'
		ipv4 filter
		-A FORWARD -s 198.51.100.0/24 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 3/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name 50-use-1-3-second-6 -j DROP
		-A INPUT -s 198.51.100.0/24 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 3/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name 50-use-1-3-second-6 -j DROP
		ipv6 filter
		-A FORWARD -s 2001:db8:9::/48 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 3/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name 50-use-1-3-second-6 --hashlimit-srcmask 64 -j DROP
		-A INPUT -s 2001:db8:9::/48 -i eth0 -p tcp -m multiport --dports 22,2222 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 3/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name 50-use-1-3-second-6 --hashlimit-srcmask 64 -j DROP
	END
}

@test "template rate-limit: its parameters and rules" {
	lists rate-limit interface from port proto chains connections per burst
	each_backend rate_limit_rules
}

log_drop_rules() {
	gives 'log-drop { }' <<-'END'
		both filter
		-A INPUT -j LOGDROP
		-A LOGDROP -m limit --limit 10/min --limit-burst 20 -j LOG --log-prefix "dropped: "
		-A LOGDROP -j DROP
		-A OUTPUT -j LOGDROP
	END
	gives 'log-drop {
		chain = REFUSED  chains = {INPUT, FORWARD}  rate = 1/second  burst = 3
		prefix = "no: "
	}' <<-'END'
		both filter
		-A FORWARD -j REFUSED
		-A INPUT -j REFUSED
		-A REFUSED -m limit --limit 1/sec --limit-burst 3 -j LOG --log-prefix "no: "
		-A REFUSED -j DROP
	END
}

@test "template log-drop: its parameters and rules" {
	lists log-drop chain chains rate burst prefix
	each_backend log_drop_rules
}

blocklist_rules() {
	ns ipset create bad4 hash:ip
	gives 'blocklist { addresses = {198.51.100.66, "2001:db8:bad::/48"} }' <<-'END'
		ipv4 filter
		-A FORWARD -s 198.51.100.66/32 -j DROP
		-A FORWARD -d 198.51.100.66/32 -j DROP
		-A INPUT -s 198.51.100.66/32 -j DROP
		-A OUTPUT -d 198.51.100.66/32 -j DROP
		ipv6 filter
		-A FORWARD -s 2001:db8:bad::/48 -j DROP
		-A FORWARD -d 2001:db8:bad::/48 -j DROP
		-A INPUT -s 2001:db8:bad::/48 -j DROP
		-A OUTPUT -d 2001:db8:bad::/48 -j DROP
	END
	gives 'blocklist { interface = eth0 addresses = 198.51.100.66 ipset = bad4 }' <<-'END'
		ipv4 filter
		-A FORWARD -s 198.51.100.66/32 -i eth0 -j DROP
		-A FORWARD -d 198.51.100.66/32 -o eth0 -j DROP
		-A FORWARD -i eth0 -m set --match-set bad4 src -j DROP
		-A FORWARD -o eth0 -m set --match-set bad4 dst -j DROP
		-A INPUT -s 198.51.100.66/32 -i eth0 -j DROP
		-A INPUT -i eth0 -m set --match-set bad4 src -j DROP
		-A OUTPUT -d 198.51.100.66/32 -o eth0 -j DROP
		-A OUTPUT -o eth0 -m set --match-set bad4 dst -j DROP
	END
}

@test "template blocklist: its parameters and rules" {
	lists blocklist interface addresses ipset
	each_backend blocklist_rules
}

@test "templates: a hashlimit's name changes with its numbers, which the kernel would otherwise keep" {
	each_backend changes_a_rate
}

changes_a_rate() {
	shipped
	dropin 05-guard.conf 'rate-limit { port = 22  connections = 3 }
rate-limit { port = 80  connections = 30 }'
	run_rampart 0 apply
	dropin 05-guard.conf 'rate-limit { port = 22  connections = 5 }
rate-limit { port = 80  connections = 30 }'
	run_rampart 0 apply
	assert_equal "$stderr" ''
	assert_equal "$(rules_of ipv4 | grep -o 'name .*')" 'name 05-guard-1-5-minute-10 -j DROP
name 05-guard-2-30-minute-10 -j DROP'
}

# --- traffic -------------------------------------------------------------------------
#
# This host, whose rules are tested, has a namespace on either side:
#
#   outside eth0 192.0.2.2, 2001:db8::2 -- eth0 192.0.2.1, 2001:db8::1
#                                          eth1 10.9.0.1, fd00:9::1 -- inside eth0 10.9.0.2, fd00:9::2

at() { # here|outside|inside CMD...
	local side=$1
	shift
	if [ "$side" = here ]; then ns "$@"; else ns ip netns exec "$side" "$@"; fi
}

network() {
	local side
	# nobody tries an address out first, asks for routers, or doubts where a packet comes from
	# shellcheck disable=SC2016
	local quiet='ip link set lo up
		for i in all default; do
			echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad
			echo 0 >/proc/sys/net/ipv6/conf/$i/router_solicitations
			echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
		done'
	ns ip netns add outside
	ns ip netns add inside
	for side in here outside inside; do
		at "$side" sh -ec "$quiet"
	done
	ns ip link add eth0 type veth peer name eth0 netns outside
	ns ip link add eth1 type veth peer name eth0 netns inside
	ns ip address add 192.0.2.1/24 dev eth0
	ns ip address add 2001:db8::1/64 dev eth0
	ns ip address add 10.9.0.1/24 dev eth1
	ns ip address add fd00:9::1/64 dev eth1
	ns ip link set eth0 up
	ns ip link set eth1 up
	at outside ip address add 192.0.2.2/24 dev eth0
	at outside ip address add 2001:db8::2/64 dev eth0
	at inside ip address add 10.9.0.2/24 dev eth0
	at inside ip address add fd00:9::2/64 dev eth0
	at outside ip link set eth0 up
	at inside ip link set eth0 up
	at outside ip route add default via 192.0.2.1
	at outside ip route add default via 2001:db8::1
	at inside ip route add default via 10.9.0.1
	at inside ip route add default via fd00:9::1
	await_link here eth0
	await_link here eth1
	await_link outside eth0
	await_link inside eth0
}

# The kernel gives a link its own address once it is up, in its own time.
await_link() { # SIDE IFACE
	local i
	for ((i = 0; i < 2000; i++)); do
		[ -z "$(link_address "$1" "$2")" ] || return 0
	done
	echo "$1 $2 does not come up"
	return 1
}

link_address() { # SIDE IFACE
	at "$1" ip -6 -o address show dev "$2" scope link | sed 's/.*inet6 \([^/]*\).*/\1/'
}

# The drop-ins in place are applied, and what they let through is all that gets through.
walled() {
	local family chain
	run_rampart 0 apply
	for family in ipv4 ipv6; do
		for chain in INPUT FORWARD OUTPUT; do
			save "$family" filter | grep -q "^:$chain DROP" || return 1
		done
	done
}

# Something that answers, and is ready when this returns.
serve() { # SIDE PROTO ADDRESS PORT [OPTION...]
	local side=$1 enter=(nsenter -t "$NS_PID" -n -m --) ready=$BATS_TEST_TMPDIR/ready.${#SERVERS[@]}
	shift
	[ "$side" = here ] || enter+=(ip netns exec "$side")
	mkfifo "$ready"
	"${enter[@]}" "$TRAFFIC" answer "$@" >"$ready" 3>&- &
	SERVERS+=($!)
	read -r -t 10 _ <"$ready"
}

stop_servers() {
	local pid
	for pid in "${SERVERS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -f "$BATS_TEST_TMPDIR"/ready.*
	SERVERS=()
}

# A question is answered, by somebody who saw it come from SEEN.
passes() { # SEEN SIDE PROTO ADDRESS PORT [OPTION...]
	local seen=$1 side=$2 answer
	shift 2
	answer=$(at "$side" "$TRAFFIC" ask "$@") || return 1
	assert_equal "${answer% *}" "$seen"
}

# What CMD sends gets to the end of CHAIN, where only the policy is left: a rule behind ours sees it.
falls() { # FAMILY CHAIN 'MATCH' CMD...
	local family=$1 chain=$2 match=$3 program=iptables seen=0 i
	shift 3
	[ "$family" = ipv4 ] || program=ip6tables
	# shellcheck disable=SC2086
	ns "$program-$BACKEND" -A "$chain" $match -m comment --comment witness
	"$@" >/dev/null 2>&1 || true
	for ((i = 0; i < 500 && seen == 0; i++)); do
		seen=$(ns "$program-$BACKEND-save" -c -t filter |
			sed -n 's/^\[\([0-9]*\):.* witness.*/\1/p')
	done
	# shellcheck disable=SC2086
	ns "$program-$BACKEND" -D "$chain" $match -m comment --comment witness
	[ "$seen" -gt 0 ] || { echo "'$*' did not fall through $chain"; return 1; }
}

# A packet may not even leave.
stopped() { # SIDE VERB ARG...
	local side=$1
	shift
	if at "$side" "$TRAFFIC" "$@" 2>/dev/null; then
		echo "'$*' left"
		return 1
	fi
}

# A rule has seen this number of packets.
counted() { # FAMILY 'CHAIN RULE' PACKETS
	local i seen='' program=iptables
	[ "$1" = ipv4 ] || program=ip6tables
	for ((i = 0; i < 500; i++)); do
		seen=$(ns "$program-$BACKEND-save" -c -t filter | sed 's/^\[\([0-9]*\):[0-9]*\]/\1/' |
			awk -v rule="-A $2" 'substr($0, index($0, " ") + 1) == rule { print $1 }')
		[ "$seen" != "$3" ] || return 0
	done
	assert_equal "$seen packets for $2" "$3 packets for $2"
}

ping_from() { # SIDE ADDRESS
	at "$1" ping -n -q -c 1 -W 10 "$2" >/dev/null
}

forwarding() {
	ns sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

in_network() { # BODY
	stop_servers
	rm -f "$ROOT/$CONF_D"/*
	network
	"$1"
	stop_servers
}

traffic_test() { # BODY
	shipped
	each_backend in_network "$1"
}

need_ping() {
	command -v ping >/dev/null || skip 'no ping (iputils-ping) here'
}

administrator_gets_in() {
	dropin 10-loopback.conf 'loopback { }'
	dropin 15-icmpv6.conf 'icmpv6 { }'
	dropin 20-established.conf 'established { }'
	dropin 50-ssh.conf 'ssh { interface = eth0 }'
	walled
	serve here tcp 0.0.0.0 22
	serve here tcp :: 22
	serve here tcp 0.0.0.0 23
	serve outside tcp 0.0.0.0 22
	passes 192.0.2.2 outside tcp 192.0.2.1 22
	passes 2001:db8::2 outside tcp 2001:db8::1 22
	passes 127.0.0.1 here tcp 127.0.0.1 23
	passes ::1 here tcp ::1 22
	falls ipv4 INPUT '-i eth0 -p tcp --dport 23' at outside "$TRAFFIC" send tcp 192.0.2.1 23
	falls ipv4 INPUT '-i eth1 -p tcp --dport 22' at inside "$TRAFFIC" send tcp 10.9.0.1 22
	falls ipv6 INPUT '-p tcp --dport 23' at outside "$TRAFFIC" send tcp 2001:db8::1 23
	falls ipv4 OUTPUT '-p tcp --dport 22' at here "$TRAFFIC" send tcp 192.0.2.2 22
	forwarding
	falls ipv4 FORWARD '-p tcp --dport 22' at outside "$TRAFFIC" send tcp 10.9.0.2 22
}

@test "traffic: loopback, established, icmpv6 and ssh let an administrator in, and nobody else" {
	traffic_test administrator_gets_in
}

ssh_alone() {
	dropin 50-ssh.conf 'ssh { from = 192.0.2.0/24  port = {22, 2222} }'
	walled
	serve here tcp 0.0.0.0 2222
	passes 192.0.2.2 outside tcp 192.0.2.1 2222
	falls ipv4 INPUT '-p tcp --dport 2222' at inside "$TRAFFIC" send tcp 10.9.0.1 2222
	# an answer is let out, a call from the same port is not
	falls ipv4 OUTPUT '-p tcp --sport 22' at here "$TRAFFIC" send tcp 192.0.2.2 80 from=22
}

@test "traffic: ssh alone answers, and does not call" {
	traffic_test ssh_alone
}

established_goes_on() {
	dropin 30-new.rules '-A INPUT -p tcp --dport 8080 -m conntrack --ctstate NEW -j ACCEPT'
	walled
	serve here tcp 0.0.0.0 8080
	falls ipv4 OUTPUT '-p tcp --sport 8080' at outside "$TRAFFIC" send tcp 192.0.2.1 8080
	dropin 20-established.conf 'established { }'
	walled
	passes 192.0.2.2 outside tcp 192.0.2.1 8080
}

@test "traffic: established carries on what another rule let begin" {
	traffic_test established_goes_on
}

dns_is_asked() {
	dropin 40-dns.conf 'dns-client { servers = 192.0.2.2 }'
	walled
	serve outside udp 192.0.2.2 53
	serve outside tcp 192.0.2.2 53
	passes 192.0.2.1 here udp 192.0.2.2 53
	passes 192.0.2.1 here tcp 192.0.2.2 53
	falls ipv4 OUTPUT '-p udp --dport 54' at here "$TRAFFIC" send udp 192.0.2.2 54
	falls ipv4 OUTPUT '-p udp --dport 53' at here "$TRAFFIC" send udp 10.9.0.2 53
	# nobody gets in by sending from the port of a name server
	falls ipv4 INPUT '-p udp --dport 5000' at outside "$TRAFFIC" send udp 192.0.2.1 5000 from=5353
	stop_servers
	falls ipv4 INPUT '-p udp --sport 53' at outside "$TRAFFIC" send udp 192.0.2.1 5000 from=53
}

@test "traffic: dns-client takes the answers to its questions, and nothing else from port 53" {
	traffic_test dns_is_asked
}

time_is_asked() {
	dropin 40-ntp.conf 'ntp-client { interface = eth0 }'
	walled
	serve outside udp 192.0.2.2 123
	passes 192.0.2.1 here udp 192.0.2.2 123
	falls ipv4 OUTPUT '-p udp --dport 123' at here "$TRAFFIC" send udp 10.9.0.2 123
	stop_servers
	falls ipv4 INPUT '-p udp --sport 123' at outside "$TRAFFIC" send udp 192.0.2.1 5000 from=123
}

@test "traffic: ntp-client takes the answers to its questions, and nothing else from port 123" {
	traffic_test time_is_asked
}

pings() {
	dropin 15-icmp.conf 'icmp { interface = eth0  rate = 1/hour  burst = 2 }'
	dropin 20-established.conf 'established { }'
	walled
	# (a change of the table, as by this, begins limits anew on legacy)
	falls ipv4 INPUT '-i eth1 -p icmp' at inside ping -c 1 -W 0.01 10.9.0.1
	ping_from here 192.0.2.2
	ping_from outside 192.0.2.1
	# what goes on is an established connection, and is counted all the same
	at outside ping -q -c 3 -i 0.01 -W 0.2 192.0.2.1 | grep -q '3 packets transmitted, 1 received'
	counted ipv4 'rampart-INPUT -i eth0 -p icmp -m icmp --icmp-type 8 -j DROP' 2
}

@test "traffic: icmp answers as many pings as its rate allows, also before established" {
	need_ping
	traffic_test pings
}

neighbours_are_found() {
	dropin 10-loopback.conf 'loopback { }'
	walled
	falls ipv6 INPUT '-p ipv6-icmp --icmpv6-type neighbour-solicitation' \
		at outside "$TRAFFIC" send udp 2001:db8::1 9
	dropin 30-any.rules '-A OUTPUT -p udp -j ACCEPT'
	walled
	falls ipv6 OUTPUT '-p ipv6-icmp --icmpv6-type neighbour-solicitation' \
		at here "$TRAFFIC" send udp 2001:db8::2 9
	dropin 15-icmpv6.conf 'icmpv6 { interface = eth0  rate = 1/hour  burst = 2 }'
	walled
	falls ipv6 INPUT '-i eth1 -p ipv6-icmp --icmpv6-type neighbour-solicitation' \
		at inside "$TRAFFIC" send udp fd00:9::1 9
	at outside ip -6 neighbour flush dev eth0
	ns ip -6 neighbour flush dev eth0
	ping_from outside 2001:db8::1
	ns ip -6 neighbour flush dev eth0
	ping_from here 2001:db8::2
	ping_from outside 2001:db8::1
	at outside ping -q -c 1 -W 0.2 2001:db8::1 | grep -q ' 0 received'
	counted ipv6 'rampart-INPUT -i eth0 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j DROP' 1
}

@test "traffic: icmpv6 finds neighbours and is found, and answers as many pings as its rate allows" {
	need_ping
	traffic_test neighbours_are_found
}

# A router advertisement: type 134, hop limit 64, for half an hour.
RA=86000000400007080000000000000000

routers_are_heard() {
	local heard='rampart-INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 134 -m hl --hl-eq 255 -j ACCEPT'
	dropin 15-icmpv6.conf 'icmpv6 { }'
	walled
	falls ipv6 INPUT '-p ipv6-icmp --icmpv6-type router-advertisement' \
		at outside "$TRAFFIC" raw 58 ff02::1%eth0 hops=64 hex=$RA
	counted ipv6 "$heard" 0
	at outside "$TRAFFIC" raw 58 ff02::1%eth0 hops=255 hex=$RA
	counted ipv6 "$heard" 1
}

@test "traffic: icmpv6 hears the routers of its own link only" {
	traffic_test routers_are_heard
}

# As a client without an address asks: the programs themselves read past the firewall.
address_is_given() {
	ns ip -4 address flush dev eth0
	ns ip -4 address flush dev eth1
	walled_without dhcp ipv4 '--dport 67' udp 255.255.255.255 67 from=68 on=eth0
	dropin 30-dhcp.conf 'dhcp-client { interface = eth0 }'
	walled
	serve outside udp 0.0.0.0 67 to=255.255.255.255,68
	passes 0.0.0.0 here udp 255.255.255.255 67 from=68 on=eth0
	falls ipv4 INPUT '-p udp --dport 69' at outside "$TRAFFIC" send udp 255.255.255.255 69
	falls ipv4 OUTPUT '-p udp' at here "$TRAFFIC" send udp 255.255.255.255 67 from=68 on=eth1
}

walled_without() { # WHAT FAMILY MATCH PROTO ADDRESS PORT [OPTION...]
	local what=$1 family=$2 match=$3
	shift 3
	dropin "30-$what.conf" 'loopback { }'
	walled
	# shellcheck disable=SC2086
	falls "$family" OUTPUT "-p udp $match" at here "$TRAFFIC" send "$@"
}

@test "traffic: dhcp-client takes an answer that belongs to no connection" {
	traffic_test address_is_given
}

address_is_given_6() {
	walled_without dhcp ipv6 '--dport 547' udp ff02::1:2%eth0 547 from=546
	dropin 15-icmpv6.conf 'icmpv6 { }'
	dropin 30-dhcp.conf 'dhcpv6-client { interface = eth0 }'
	walled
	serve outside udp :: 547 join=ff02::1:2%eth0
	passes "$(link_address here eth0)%eth0" here udp ff02::1:2%eth0 547 from=546
	# from an address that is not of the link
	stop_servers
	falls ipv6 INPUT '-p udp --dport 546' at outside "$TRAFFIC" send udp 2001:db8::1 546 from=547
}

@test "traffic: dhcpv6-client takes an answer that belongs to no connection" {
	traffic_test address_is_given_6
}

way_out() {
	dropin 15-icmpv6.conf 'icmpv6 { }'
	dropin 50-out.conf 'masquerade { interface = eth0  inside = eth1  from = {10.9.0.0/24, "fd00:9::/64"} }'
	forwarding
	walled
	serve outside tcp 192.0.2.2 80
	serve outside udp 2001:db8::2 80
	serve inside tcp 10.9.0.2 80
	passes 192.0.2.1 inside tcp 192.0.2.2 80
	passes 2001:db8::1 inside udp 2001:db8::2 80
	falls ipv4 FORWARD '-p tcp --dport 80' at outside "$TRAFFIC" send tcp 10.9.0.2 80
	falls ipv6 FORWARD '-p tcp --dport 80' at outside "$TRAFFIC" send tcp fd00:9::2 80
	falls ipv4 INPUT '-p tcp --dport 80' at inside "$TRAFFIC" send tcp 10.9.0.1 80
	at inside ip address add 10.8.0.2/24 dev eth0
	at inside ip route replace default via 10.9.0.1 src 10.8.0.2
	ns ip route add 10.8.0.0/24 dev eth1
	falls ipv4 FORWARD '-s 10.8.0.2 -p tcp --dport 80' at inside "$TRAFFIC" send tcp 192.0.2.2 80
}

@test "traffic: masquerade lets the named networks out under this host's address, and nobody in" {
	traffic_test way_out
}

way_in() {
	dropin 15-icmpv6.conf 'icmpv6 { }'
	dropin 50-in.conf 'port-forward {
		interface = eth0  port = 80  to = {10.9.0.2, "fd00:9::2"}  to_port = 8080  proto = {tcp, udp}
	}'
	forwarding
	walled
	serve inside tcp 10.9.0.2 8080
	serve inside udp 10.9.0.2 8080
	serve inside tcp fd00:9::2 8080
	passes 192.0.2.2 outside tcp 192.0.2.1 80
	passes 192.0.2.2 outside udp 192.0.2.1 80
	passes 2001:db8::2 outside tcp 2001:db8::1 80
	falls ipv4 FORWARD '-p tcp --dport 8080' at outside "$TRAFFIC" send tcp 10.9.0.2 8080
	falls ipv6 FORWARD '-p tcp --dport 8080' at outside "$TRAFFIC" send tcp fd00:9::2 8080
	falls ipv4 INPUT '-p tcp --dport 8080' at outside "$TRAFFIC" send tcp 192.0.2.1 8080
	stop_servers
	falls ipv4 FORWARD '-p tcp --sport 8080' at inside "$TRAFFIC" send tcp 192.0.2.2 80 from=8080
}

@test "traffic: port-forward leads to the other host, which can't be called directly" {
	traffic_test way_in
}

too_many() {
	dropin 05-guard.conf 'rate-limit { port = 22  connections = 1  per = hour  burst = 2 }'
	dropin 50-ssh.conf 'ssh { }'
	walled
	serve here tcp 0.0.0.0 22
	passes 192.0.2.2 outside tcp 192.0.2.1 22
	passes 192.0.2.2 outside tcp 192.0.2.1 22
	at outside "$TRAFFIC" send tcp 192.0.2.1 22
	counted ipv4 "rampart-INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name 05-guard-1-1-hour-2 -j DROP" 1
	passes 10.9.0.2 inside tcp 10.9.0.1 22
}

@test "traffic: rate-limit stops the source that makes too many connections, not the others" {
	traffic_test too_many
}

unwanted() {
	dropin 05-block.conf 'blocklist { addresses = 192.0.2.2 }'
	dropin 20-established.conf 'established { }'
	dropin 50-ssh.conf 'ssh { }'
	dropin 60-ssh.conf 'ssh-client { }'
	dropin 90-rest.conf 'log-drop { }'
	walled
	serve here tcp 0.0.0.0 22
	passes 10.9.0.2 inside tcp 10.9.0.1 22
	at outside "$TRAFFIC" send tcp 192.0.2.1 22
	counted ipv4 'rampart-INPUT -s 192.0.2.2/32 -j DROP' 1
	at here "$TRAFFIC" send tcp 192.0.2.2 22
	counted ipv4 'rampart-OUTPUT -d 192.0.2.2/32 -j DROP' 1
	at inside "$TRAFFIC" send tcp 10.9.0.1 23
	counted ipv4 'LOGDROP -j DROP' 1
}

@test "traffic: blocklist goes before what lets in, log-drop takes what is left" {
	traffic_test unwanted
}

director_is_heard() {
	ns ip address add 203.0.113.80/32 dev lo
	dropin 50-lvs.conf 'lvs-realserver { interface = eth1  directors = 10.9.0.2  vip = 203.0.113.80  port = 80 }'
	walled
	serve here tcp 0.0.0.0 80
	# what the director passes on by DR has the client's source, and so it looks here
	passes 192.0.2.2 outside tcp 203.0.113.80 80
	passes 10.9.0.2 inside tcp 10.9.0.1 80
	at inside "$TRAFFIC" raw 4 10.9.0.1
	counted ipv4 'rampart-INPUT -s 10.9.0.2/32 -i eth1 -p ipencap -j ACCEPT' 1
	falls ipv4 INPUT '-p 4' at outside "$TRAFFIC" raw 4 192.0.2.1
	falls ipv4 INPUT '-p tcp --dport 80' at outside "$TRAFFIC" send tcp 192.0.2.1 80
}

@test "traffic: lvs-realserver serves clients of the virtual address, and its directors' tunnel and checks only" {
	traffic_test director_is_heard
}

advertisements_are_heard() {
	local group
	dropin 50-vrrp.conf 'vrrp { interface = eth0  peers = {192.0.2.2, "fe80::/10"} }'
	dropin 60-gmond.conf 'gmond { interface = eth1 }'
	dropin 90-icmpv6.conf 'icmpv6 { }'
	walled
	ns ip route add 224.0.0.0/4 dev eth1
	for group in 224.0.0.18 ff02::12%eth0; do
		at here "$TRAFFIC" raw 112 "$group" on=eth0
		stopped here raw 112 "${group/eth0/eth1}" on=eth1
	done
	# this host has joined no group
	at outside "$TRAFFIC" raw 112 192.0.2.1 hops=255
	counted ipv4 'rampart-INPUT -s 192.0.2.2/32 -i eth0 -p vrrp -m ttl --ttl-eq 255 -j ACCEPT' 1
	at outside "$TRAFFIC" raw 112 "$(link_address here eth0)%eth0" hops=255
	counted ipv6 'rampart-INPUT -s fe80::/10 -i eth0 -p vrrp -m hl --hl-eq 255 -j ACCEPT' 1
	falls ipv4 INPUT '-p 112' at outside "$TRAFFIC" raw 112 192.0.2.1 hops=254
	falls ipv6 INPUT '-p 112' at outside "$TRAFFIC" raw 112 2001:db8::1 hops=255
	falls ipv4 INPUT '-p 112' at inside "$TRAFFIC" raw 112 10.9.0.1 hops=255
	at here "$TRAFFIC" send udp 239.2.11.71 8649
	serve here udp 0.0.0.0 8649
	at inside "$TRAFFIC" send udp 10.9.0.1 8649
	counted ipv4 'rampart-INPUT -i eth1 -p udp -m udp --dport 8649 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT' 1
	falls ipv4 OUTPUT '-p udp --dport 8649' at here "$TRAFFIC" send udp 10.9.0.2 8649
}

@test "traffic: vrrp and gmond speak to their multicast groups, and hear their own link" {
	traffic_test advertisements_are_heard
}

peers_are_called() {
	dropin 50-tunnels.conf 'wireguard { interface = eth0 }
openvpn { interface = eth0 }'
	walled
	serve here udp 0.0.0.0 1194
	serve here udp 0.0.0.0 51820
	passes 192.0.2.2 outside udp 192.0.2.1 1194
	passes 192.0.2.2 outside udp 192.0.2.1 51820
	stop_servers
	# a WireGuard server calls a peer that has been silent; an OpenVPN server never calls
	at here "$TRAFFIC" send udp 192.0.2.2 4000 from=51820
	stopped here send udp 192.0.2.2 4000 from=1194
	stopped here send udp 10.9.0.2 4000 from=51820
}

@test "traffic: wireguard lets either side call first, openvpn the client" {
	traffic_test peers_are_called
}

# --- what is shipped, as a whole -------------------------------------------------------

# The shipped drop-ins under the shipped baseline, as the packages install them.
installed() {
	mkdir -p "$ROOT/usr/lib/rampart" "$ROOT/usr/share/rampart"
	cp -r "$SHIPPED/conf.d" "$ROOT/usr/lib/rampart/conf.d"
	cp -r "$SHIPPED/templates" "$ROOT/usr/share/rampart/templates"
	cp "$SHIPPED/packaging/rampart.conf" "$ROOT/etc/rampart/rampart.conf"
	chmod -R go-w "$ROOT/usr" "$ROOT/etc"
}

fresh_host() {
	rm -f "$ROOT/etc/rampart/rampart.conf"
	installed
	run_rampart 0 apply
	assert_equal "$stderr" ''
	serve here tcp 0.0.0.0 22
	serve here tcp :: 22
	serve outside tcp 192.0.2.2 80
	passes 192.0.2.2 outside tcp 192.0.2.1 22
	passes 2001:db8::2 outside tcp 2001:db8::1 22
	passes 192.0.2.1 here tcp 192.0.2.2 80
	forwarding
	falls ipv4 INPUT '-p tcp --dport 80' at outside "$TRAFFIC" send tcp 192.0.2.1 80
	falls ipv6 INPUT '-p tcp --dport 80' at outside "$TRAFFIC" send tcp 2001:db8::1 80
	falls ipv4 FORWARD '-p tcp --dport 22' at outside "$TRAFFIC" send tcp 10.9.0.2 22
	for family in ipv4 ipv6; do
		assert_equal "$(save "$family" filter | grep '^:[A-Z]* ' | sort)" \
			":FORWARD DROP
:INPUT DROP
:OUTPUT ACCEPT"
	done
}

@test "shipped: a fresh host lets an administrator in by ssh, and asks whom it likes" {
	each_backend in_network fresh_host
}

@test "shipped: the drop-ins come in this order" {
	installed
	run_rampart 0 list
	assert_equal "$(awk '{ print $1 }' <<<"$output" | paste -sd' ')" \
		'10-loopback.conf 15-icmp.conf 15-icmpv6.conf 20-established.conf 30-dhcp-client.conf 30-dhcpv6-client.conf 40-dns-client.conf 40-ntp-client.conf 50-ssh.conf'
	run_rampart 0 list --all
	assert_output_line '- /usr/lib/rampart/conf.d/README: name does not end in .rules, .conf or .sh'
}

@test "shipped: an administrator's file replaces a drop-in, a link to /dev/null masks one" {
	installed
	dropin 50-ssh.conf 'ssh { port = 2222 }'
	ln -s /dev/null "$ROOT/$CONF_D/30-dhcp-client.conf"
	run_rampart 0 show -4
	assert_output_line '-A rampart-INPUT -p tcp --dport 2222 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT'
	refute_output_has '--dport 22 '
	refute_output_has '--dport 68'
}

@test "shipped: the baseline has every key, each with a line that explains it" {
	local conf=$SHIPPED/packaging/rampart.conf key
	for key in set script_args $(sed -n 's/^\t{ "\([a-z_]*\)", .*/\1/p' "$SHIPPED/src/config_key.c"); do
		grep -Eq "^#$key( =| \")" "$conf" || { echo "no $key"; return 1; }
	done
	grep -q '^policy ' "$conf"
	assert_equal "$(awk '/^#[a-z]/ && before !~ /^# |^#set / && !/^#set/ { print } { before = $0 }' "$conf")" ''
}

@test "shipped: what stands behind # in the baseline is the default" {
	local conf=$ROOT/etc/rampart/rampart.conf before
	installed
	run_rampart 0 show
	before=$output
	sed -i 's/^#\([a-z]\)/\1/' "$conf"
	grep -q '^families = ' "$conf"
	run_rampart 0 show
	refute_error_has ' error: '
	assert_equal "$output" "$before"
	run_rampart 0 list
	assert_output_has '/usr/lib/rampart/conf.d'
}

# What a template must not lack; nothing is printed about one that is in order.
faults() { # DIRECTORY TESTS
	local file name parameter
	for file in "$1"/*.rules; do
		name=${file##*/} name=${name%.rules}
		grep -q "^@test \"template $name: " "$2" || echo "$name: no test"
		head -n 1 "$file" | grep -Eq "^# $name: [^ ]" || echo "$name: no line of help"
		grep '^param' "$file" | grep -Ev '[^#]# +[^ ]' | sed "s/^/$name: no help: /"
		for parameter in $(sed -n 's/^param \([^ ]*\).*/\1/p' "$file"); do
			grep -v '^param\|^#' "$file" | grep -q "\$$parameter\b" || echo "$name: unused: $parameter"
		done
		! grep -Eq -- '(-m|--match) +state|--state' "$file" || echo "$name: uses state, not conntrack"
		! grep -v '^:.*\$' "$file" | grep -q '^:' || echo "$name: a chain without a parameter in its name"
		! grep -Eo -- '--(hashlimit-)?name +[^ ]+' "$file" | grep -qv '\$USE' ||
			echo "$name: a limit without \$USE in its name"
	done
}

@test "templates: each has a test, a line of help, help for each parameter, and no -m state" {
	assert_equal "$(faults "$SHIPPED/templates" "$BATS_TEST_FILENAME")" ''
	installed
	run_rampart 0 templates
	assert_equal "$(awk '{ print $1 }' <<<"$output")" \
		"$(cd "$SHIPPED/templates" && printf '%s\n' *.rules | sed 's/\.rules$//' | LC_ALL=C sort)"
	assert_equal "$stderr" ''
}

@test "templates: the test of all templates finds what one lacks" {
	template bad '# about: something else
param a port = 1 #
param b port = 1
param c port = 1 # help
:CHAIN -
-A INPUT -p tcp --dport $a -m state --state NEW -m recent --name fixed -j CHAIN'
	assert_equal "$(faults "$ROOT/$TEMPLATES" "$BATS_TEST_FILENAME")" 'bad: no test
bad: no line of help
bad: no help: param a port = 1 #
bad: no help: param b port = 1
bad: unused: b
bad: unused: c
bad: uses state, not conntrack
bad: a chain without a parameter in its name
bad: a limit without $USE in its name'
}
