#!/bin/sh
# test:
# user chains come and go

I=/usr/sbin/iptables
say() { $I -A INPUT -m comment --comment "$*"; }

for round in 1 2 3; do
	for c in services blacklist logdrop; do
		$I -F $c 2>/dev/null
		$I -D INPUT -j $c 2>/dev/null
		$I -X $c 2>/dev/null
		$I -N $c
		$I -A INPUT -j $c
	done
	$I -A logdrop -j LOG --log-prefix "round $round: "
	$I -A logdrop -j DROP
	$I -A blacklist -s 198.51.100.$round -j logdrop
done
$I -N services; say "N twice $?"
$I -X services 2>/dev/null; say "X used $?"
$I -X logdrop 2>/dev/null; say "X used by a chain $?"
$I -X nothere 2>/dev/null; say "X of none $?"
$I -F nothere 2>/dev/null; say "F of none $?"
$I -X INPUT 2>/dev/null; say "X of a built-in $?"
$I -E services blacklist 2>/dev/null; say "E onto another $?"
$I -E nothere there 2>/dev/null; say "E of none $?"
$I -F blacklist
$I -X logdrop; say "X of a full one $?"
$I -F logdrop; $I -X logdrop; say "X of an empty one $?"
$I -N spare1; $I -N spare2; $I -A spare1 -j spare2
$I -X 2>/dev/null; say "X of all $?"
$I -S | grep ^-N | while read n c; do say "is there: $c"; done

$I -N deep1; $I -N deep2; $I -N deep3
$I -A deep1 -j deep2
$I -A deep2 -j deep3
$I -A deep3 -s 10.0.0.0/8 -j RETURN
$I -A FORWARD -j deep1
$I -t mangle -N deep1
$I -t mangle -A deep1 -j MARK --set-mark 7
$I -t mangle -A PREROUTING -j deep1
$I -t mangle -F
$I -t mangle -X deep1
$I -t mangle -N Deep1
$I -t mangle -A PREROUTING -j Deep1
$I -N 'with.dots-and_more:28chars..'
$I -A OUTPUT -j 'with.dots-and_more:28chars..'
