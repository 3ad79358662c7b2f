#!/bin/bash
# test:
# a busy name server: no connection tracking for dns
for ipt in iptables ip6tables; do
	for t in raw filter; do $ipt -t $t -F; $ipt -t $t -X; done
	for proto in udp tcp; do
		$ipt -t raw -A PREROUTING -p $proto --dport 53 -j CT --notrack
		$ipt -t raw -A PREROUTING -p $proto --sport 53 -j NOTRACK
		$ipt -t raw -A OUTPUT -p $proto -m multiport --ports 53,853 -j CT --notrack
	done
	$ipt -t raw -A PREROUTING -i lo -j NOTRACK
	$ipt -t raw -A PREROUTING -p tcp --dport 5060 -j CT --helper sip
	$ipt -t raw -A PREROUTING -i eth1 -j CT --zone 2
	$ipt -t raw -A OUTPUT -o eth1 -j CT --zone-orig 3
	$ipt -t raw -A PREROUTING -p tcp --dport 80 -j CT --ctevents new,destroy
	$ipt -t raw -N bogus
	$ipt -t raw -A bogus -p tcp -m tcp --tcp-flags SYN,FIN SYN,FIN -j DROP
	$ipt -t raw -A bogus -m limit --limit 1/min -j LOG --log-prefix "bogus "
	$ipt -t raw -I PREROUTING -j bogus
	$ipt -A INPUT -m state --state UNTRACKED -j ACCEPT
	$ipt -A INPUT -m conntrack --ctstate UNTRACKED,NEW -p udp --dport 53 -j ACCEPT
	$ipt -A INPUT -m conntrack ! --ctstate INVALID,UNTRACKED -p tcp --dport 22 -j ACCEPT
done
iptables -t raw -A PREROUTING -s 198.51.100.0/24 -j DROP
iptables -t raw -A PREROUTING -p udp --dport 53 -m u32 --u32 "0>>22&0x3C@8&0xFFFF=0x0100" -j ACCEPT
iptables -t raw -A PREROUTING -m bpf --bytecode '4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0' -j ACCEPT
iptables -t raw -S | sort | md5sum | while read sum rest; do iptables -A OUTPUT -m comment --comment "raw $sum"; done
