#!/bin/sh
# test:
# chains that jump to each other, where no packet comes: the kernel takes that
set -e
for ipt in iptables ip6tables; do
	$ipt -N old-in
	$ipt -N old-out
	$ipt -A old-in -p tcp --dport 22 -j ACCEPT
	$ipt -A old-in -j old-out
	$ipt -A old-out -p tcp --sport 22 -j ACCEPT
	$ipt -A old-out -j old-in
	$ipt -A INPUT -i lo -j ACCEPT
	$ipt -A INPUT -p tcp --dport 22 -j ACCEPT
	$ipt -N again
	$ipt -A again -j again
	if $ipt -A INPUT -j old-in 2>/dev/null; then
		$ipt -A OUTPUT -m comment --comment "a loop" -j DROP
	fi
	$ipt -P INPUT DROP
done
