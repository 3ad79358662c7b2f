#!/bin/bash
# test: errors=warn
# all of it with CR LF: the last word of a line ends with a CR
IPT=iptables
iptables -F INPUT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j ACCEPT #
iptables -A INPUT -j ACCEPT -p tcp --dport 443
iptables -A INPUT -j ACCEPT -m comment --comment web
iptables -A INPUT -p udp --dport 53 -j ACCEPT; true
iptables -A OUTPUT -j LOG --log-prefix out
iptables -P FORWARD DROP
iptables -P FORWARD DROP #
iptables -N CHAIN
iptables -N CHAIN2 #
iptables -A CHAIN2 -i eth0
iptables -A CHAIN2 -s 10.0.0.1
ip6tables -A INPUT -s 2001:db8::/32 -j DROP #
ip6tables -A INPUT -m comment --comment "quoted"

true && iptables -A INPUT -m comment --comment "and $?" #
