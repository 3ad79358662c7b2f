#!/bin/bash
# test: errors=warn
# old and full of faults; nobody reads what it prints at boot

iptables -F
iptables -X
iptables -D INPUT -j ACCEPT
iptables -F nosuchchain
iptables -X nosuchchain
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -p tcp --dport 99999 -j ACCEPT
iptables -A INPUT -p tcp --dprot 22 -j ACCEPT
iptables -A INPUT -s ! 10.0.0.0/8 -j DROP
iptables -A INPUT -m layer7 --l7proto bittorrent -j DROP
iptables -A INPUT -m unclean -j DROP
iptables -A INPUT -j ULOG --ulog-prefix x
iptables -A INPUT -j LOG --log-level chatty
iptables -A INPUT -j LOG --log-prefix "this prefix is far too long for the kernel"
iptables -A INPUT -j REJECT --reject-with nonsense
iptables -A INPUT -p udp -j REJECT --reject-with tcp-reset
iptables -A INPUT -j MASQUERADE
iptables -t nat -A PREROUTING -j SNAT --to 192.0.2.1
iptables -t nat -A INPUT -p tcp --dport 80 -j DNAT --to 10.0.0.1
iptables -t nat -P POSTROUTING DROP
iptables -t nat -A PREROUTING -j DROP
iptables -P INPUT REJECT
iptables -P nosuchchain DROP
iptables -p INPUT DROP
iptables -A INPUT -o eth0 -j ACCEPT
iptables -A OUTPUT -i eth0 -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j accept
iptables -A input -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type nonsense -j ACCEPT
iptables -A INPUT -m state --state NEWISH -j ACCEPT
iptables -A INPUT -m owner --uid-owner nosuchuser -j ACCEPT
iptables -A INPUT -m owner --uid-owner root -j ACCEPT
iptables -A INPUT -d 2001:db8::1 -j ACCEPT
ip6tables -A INPUT -d 192.0.2.1 -j ACCEPT
ip6tables -A INPUT -p icmp -j ACCEPT
ip6tables -A INPUT -j REJECT --reject-with icmp-host-prohibited
iptables -I INPUT 99 -j ACCEPT
iptables -I INPUT 0 -j ACCEPT
iptables -R INPUT 99 -j ACCEPT
iptables -R INPUT 1 -s 10.0.0.1,10.0.0.2 -j ACCEPT
iptables -D INPUT 99
iptables -N INPUT
iptables -N LOG
iptables -N "two words"
iptables -N -leading
iptables -N a234567890123456789012345678901
iptables -t nosuchtable -A INPUT -j ACCEPT
iptables -A INPUT -j
iptables -A INPUT -p udp -jACCEPT
iptables -A INPUT -ptcp -j ACCEPT
iptables -A
iptables
iptables -A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 -j ACCEPT
iptables -A INPUT -m multiport --dports 1,2 -j ACCEPT
iptables -A INPUT -p tcp --dport 80 --dport 81 -j ACCEPT
iptables -A INPUT -m mac --mac-source 00:11:22:33:44 -j ACCEPT
iptables -A OUTPUT -m mac --mac-source 00:11:22:33:44:55 -j ACCEPT
iptables -A INPUT -t mangle -p tcp -j TCPMSS --clamp-mss-to-pmtu
iptables -A FORWARD -t mangle -j TCPMSS --set-mss 1400
ipt ables -A INPUT -j ACCEPT
$IPTABLES -A INPUT -j ACCEPT
iptables -A INPUT -m set --match-set nosuchset src -j DROP
iptables -A INPUT -m comment --comment "the end, $(iptables -S INPUT | wc -l)" -j DROP
exit 3
