#!/bin/bash
# test: files=blocked.list
# sets first, then the rules that name them
HERE=$(dirname "$0")
ipset create blocklist hash:net -exist
ipset flush blocklist
sed 's/#.*//' "$HERE/blocked.list" | grep -v '^ *$' | while read -r net _; do
	case $net in */255.*) continue ;; esac
	ipset add blocklist "$net" -exist
done
ipset create admins hash:ip family inet hashsize 64 maxelem 128 2>/dev/null
ipset -! add admins 192.0.2.7
ipset restore -! <<'SETS'
create ports bitmap:port range 0-1024
add ports 22
add ports 80
create six hash:net family inet6
add six 2001:db8:bad::/48
SETS
iptables -A INPUT -m set --match-set blocklist src -j DROP
iptables -A INPUT -m set --match-set admins src -m set --match-set ports dst -p tcp -j ACCEPT
iptables -A INPUT -p tcp -m set ! --match-set ports dst -j REJECT --reject-with tcp-reset
iptables -A INPUT -p tcp --dport 23 -j SET --add-set admins src --exist --timeout 60 2>/dev/null ||
	iptables -A INPUT -p tcp --dport 23 -j SET --add-set admins src
ip6tables -A INPUT -m set --match-set six src,dst -j DROP 2>/dev/null || ip6tables -A INPUT -m set --match-set six src -j DROP
iptables -A INPUT -m set --match-set nosuchset src -j DROP 2>/dev/null || iptables -A INPUT -m comment --comment "no such set"
