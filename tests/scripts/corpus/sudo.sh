#!/bin/bash
# test:
# for people who always write sudo
SUDO=''
[ "$(id -un)" = root ] && [ "$(whoami)" = root ] && SUDO=sudo

sudo iptables -F
sudo iptables -X
sudo iptables -A INPUT -i lo -j ACCEPT
sudo iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
$SUDO iptables -A INPUT -p tcp --dport 22 -j ACCEPT
sudo /sbin/iptables -A INPUT -p icmp -j ACCEPT
sudo ip6tables -A INPUT -p icmpv6 -j ACCEPT
sudo iptables -P INPUT DROP
sudo sh -c 'iptables -A OUTPUT -o lo -j ACCEPT; iptables -A OUTPUT -j ACCEPT'
sudo iptables -S INPUT | sudo tee /tmp/rules.txt >/dev/null
sudo iptables -A FORWARD -m comment --comment "$(wc -l </tmp/rules.txt) lines"
echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward >/dev/null
sudo sysctl -w net.ipv4.conf.all.rp_filter=1 >/dev/null
sudo iptables -A FORWARD -m comment --comment "forward=$(cat /proc/sys/net/ipv4/ip_forward) rp=$(sysctl -n net.ipv4.conf.all.rp_filter)"
sudo sh -c "iptables-save > /etc/iptables.rules"
sudo ip6tables-save | sudo tee /etc/ip6tables.rules >/dev/null
sudo iptables -A FORWARD -m comment --comment "$(grep -c -- -A /etc/iptables.rules) $(grep -c -- -A /etc/ip6tables.rules)"
