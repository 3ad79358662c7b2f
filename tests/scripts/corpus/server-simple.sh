#!/bin/bash
# test:
# Simple firewall for a web and mail server. Last changed 2011-03-04 by jk.

# Flush old rules, old custom tables
iptables --flush
iptables --delete-chain

# Set default policies for all three default chains
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

# Enable free use of loopback interfaces
iptables -A INPUT -i lo -j ACCEPT
iptables -A OUTPUT -o lo -j ACCEPT

# All TCP sessions should begin with SYN
iptables -A INPUT -p tcp ! --syn -m state --state NEW -s 0.0.0.0/0 -j DROP

# stealth scans
iptables -A INPUT -p tcp --tcp-flags ALL NONE -j DROP
iptables -A INPUT -p tcp --tcp-flags ALL ALL -j DROP
iptables -A INPUT -p tcp --tcp-flags ALL FIN,URG,PSH -j DROP
iptables -A INPUT -p tcp --tcp-flags SYN,RST SYN,RST -j DROP
iptables -A INPUT -p tcp --tcp-flags SYN,FIN SYN,FIN -j DROP
iptables -A INPUT -f -j DROP

# Accept inbound TCP packets
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -m state --state NEW -s 0.0.0.0/0 -j ACCEPT
iptables -A INPUT -p tcp --dport http -m state --state NEW -j ACCEPT
iptables -A INPUT -p tcp --dport https -m state --state NEW -j ACCEPT
iptables -A INPUT -p tcp -m multiport --dports smtp,pop3,imap2,465,993,995 -m state --state NEW -j ACCEPT
iptables -A INPUT -p tcp --dport 113 -j REJECT --reject-with tcp-reset

# Accept inbound UDP
iptables -A INPUT -p udp -m udp --dport 123 -s 198.51.100.0/24 -j ACCEPT
iptables -A INPUT -p udp -m udp --sport 53 -s 198.51.100.53 -j ACCEPT
iptables -A INPUT -p udp --dport 33434:33523 -j REJECT

# Accept inbound ICMP messages
iptables -A INPUT -p ICMP --icmp-type 8 -s 0.0.0.0/0 -j ACCEPT
iptables -A INPUT -p ICMP --icmp-type 11 -s 0.0.0.0/0 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type 3/4 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type any -j DROP

# Log the rest
iptables -A INPUT -m limit --limit 2/min -j LOG --log-prefix 'iptables denied: ' --log-level 7
iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited
