#!/bin/sh
# test:
# adds what is not there yet; run from cron, so twice here

add() {
	iptables -C "$@" 2>/dev/null || iptables -A "$@"
}

add_nat() {
	iptables -t nat -C "$@" >/dev/null 2>&1 || iptables -t nat -A "$@"
}

insert6() {
	if ip6tables -C "$@" 2> /dev/null
	then
		known=$((known + 1))
	else
		ip6tables -I "$@"
	fi
}

rules() {
	add INPUT -i lo -j ACCEPT
	add INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
	add INPUT -p tcp --dport 22 -j ACCEPT
	add INPUT -p tcp -m tcp --dport ssh -j ACCEPT
	add INPUT -p 6 --dport 22:22 -j ACCEPT
	add INPUT -p udp --dport 53 -s 10.1.2.3/8 -j ACCEPT
	add INPUT -s 10.0.0.0/255.0.0.0 -p udp -m udp --dport domain -j ACCEPT
	add INPUT -p tcp --dport 1024: -m limit --limit 60/min -j ACCEPT
	add INPUT -p tcp --dport 1024:65535 -m limit --limit 1/s --limit-burst 5 -j ACCEPT
	add INPUT -s 0/0 -p icmp --icmp-type echo-request -j ACCEPT
	add INPUT -p icmp --icmp-type 8 -j ACCEPT
	add INPUT -p tcp --syn --dport 80 -j LOG
	add INPUT -p tcp --tcp-flags FIN,SYN,RST,ACK SYN --dport 80 -j LOG --log-level warning
	add INPUT -j REJECT
	add INPUT -j REJECT --reject-with icmp-port-unreachable
	add FORWARD -i eth+ -o eth1 -m mark --mark 1 -j ACCEPT
	add FORWARD -i eth+ -o eth1 -m mark --mark 0x1/0xffffffff -j ACCEPT
	add OUTPUT -m owner --uid-owner root -j ACCEPT
	add OUTPUT -m owner --uid-owner 0 -j ACCEPT
	add FORWARD -m mac --mac-source 00:0a:0b:0C:0D:0E -j ACCEPT
	add FORWARD -m mac --mac-source 00:0A:0B:0c:0d:0e -j ACCEPT
	add_nat POSTROUTING -o eth0 -j MASQUERADE
	add_nat PREROUTING -p tcp --dport 8080 -j REDIRECT --to-port 80
	add_nat PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 80
	insert6 INPUT -p ipv6-icmp -j ACCEPT
	insert6 INPUT -p icmpv6 -j ACCEPT
	insert6 INPUT -s 2001:db8::1/32 -j ACCEPT
	insert6 INPUT -s 2001:0db8::/32 -j ACCEPT
}

known=0
rules
rules
iptables -A OUTPUT -m comment --comment "known: $known"
for r in "-p tcp --dport 23 -j ACCEPT" "-p tcp --dport 22 -j DROP" "-p tcp --dport 22" "-p tcp --sport 22 -j ACCEPT" \
	"-p tcp --dport 22 -g ACCEPT" "-p udp --dport 22 -j ACCEPT" "-i lo -p tcp --dport 22 -j ACCEPT" "-p tcp --dport 22 -j ACCEPT"; do
	iptables -C INPUT $r 2>/dev/null
	iptables -A OUTPUT -m comment --comment "$? $r"
done
