#!/bin/sh
# test:
# tables that are filled, emptied, and never used again, while others go on in various ways
for ipt in iptables ip6tables; do
	$ipt -t mangle -A FORWARD -j CONNMARK --save-mark
	$ipt -t mangle -N gone
	$ipt -t mangle -A gone -j MARK --set-mark 1
	$ipt -t mangle -F
	$ipt -t mangle -X
	$ipt -v -A INPUT -p tcp --dport 1 -j ACCEPT >/dev/null

	$ipt -t raw -A PREROUTING -j CT --notrack
	$ipt -t raw -D PREROUTING 1
	$ipt -t raw -P OUTPUT DROP
	$ipt -t raw -P OUTPUT ACCEPT
	printf '*filter\n-A INPUT -p tcp --dport 2 -j ACCEPT\nCOMMIT\n' | $ipt-restore -n

	$ipt -t nat -A POSTROUTING -j MASQUERADE
	$ipt -t nat -A PREROUTING -p tcp --dport 3 -j REDIRECT --to-ports 4
	$ipt -t nat -F POSTROUTING
	$ipt -t nat -D PREROUTING -p tcp --dport 3 -j REDIRECT --to-ports 4
	printf '*filter\n-A nosuch -j DROP\nCOMMIT\n' | $ipt-restore -n 2>/dev/null || $ipt -A INPUT -j LOG

	$ipt -t security -A INPUT -m statistic --mode nth --every 3 --packet 0 -j ACCEPT
	$ipt -t security -F INPUT
	$ipt -nvL >/dev/null
	$ipt -c 1 2 -A INPUT -p tcp --dport 5 -j ACCEPT
	$ipt-save | grep -c -e '^\*' -e '^-A' | while read n; do
		[ "$n" -lt 12 ] && $ipt -A OUTPUT -m comment --comment "not much is left" -j ACCEPT
	done
done

# the last of all: nothing comes after this that could set it right
iptables -t mangle -A FORWARD -j CONNMARK --restore-mark
iptables -t mangle -A FORWARD -j MARK --set-mark 2
iptables -t mangle -F
ip6tables -t nat -A PREROUTING -p tcp --dport 3 -j REDIRECT
ip6tables -t nat -D PREROUTING 1
iptables -v -A INPUT -p tcp --dport 6 -j ACCEPT >/dev/null
ip6tables -v -A INPUT -p tcp --dport 6 -j ACCEPT >/dev/null
