#!/bin/sh
# test:
# tables that are filled and emptied before the first call that has output
PATH=/sbin:/usr/sbin:/bin:/usr/bin

iptables -A INPUT -i lo -j ACCEPT
ip6tables -A INPUT -i lo -j ACCEPT

# what somebody once tried, and gave up
iptables -t mangle -A FORWARD -j CONNMARK --save-mark
iptables -t mangle -A FORWARD -p udp -j MARK --set-mark 2
iptables -t mangle -F

iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack
iptables -t raw -D PREROUTING -p udp --dport 53 -j CT --notrack

ip6tables -t mangle -N old
ip6tables -t mangle -A FORWARD -j CONNMARK --save-mark
ip6tables -t mangle -D FORWARD 1
ip6tables -t mangle -X old

iptables -v -A INPUT -p tcp --dport 22 -j ACCEPT
ip6tables -v -A INPUT -p tcp --dport 22 -j ACCEPT
