#!/bin/sh
# test:
# all five tables of both families
for ipt in iptables ip6tables; do
	for table in security raw mangle nat filter; do
		$ipt -t $table -N "own_$table"
		case $table in
		raw) chains="PREROUTING OUTPUT" ;;
		nat) chains="PREROUTING INPUT OUTPUT POSTROUTING" ;;
		mangle) chains="PREROUTING INPUT FORWARD OUTPUT POSTROUTING" ;;
		*) chains="INPUT FORWARD OUTPUT" ;;
		esac
		for chain in $chains; do
			$ipt -t $table -A $chain -m comment --comment "$ipt $table $chain" -j "own_$table"
		done
		$ipt -t $table -A "own_$table" -p tcp --dport 1 -j RETURN
		[ $table = nat ] || $ipt -t $table -P OUTPUT DROP
		[ $table = nat ] || $ipt -t $table -P OUTPUT ACCEPT
	done
	$ipt -t security -A OUTPUT -j CONNSECMARK --save 2>/dev/null || $ipt -t security -A OUTPUT -j ACCEPT
	$ipt -t mangle -P FORWARD DROP
	$ipt -t security -P INPUT DROP
	$ipt -t security -A INPUT -i lo -j ACCEPT
	$ipt -t nat -A OUTPUT -p tcp --dport 25 -j REDIRECT --to-ports 2525 --random
done
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE --random-fully
iptables -t nat -A POSTROUTING -o eth1 -p tcp -j MASQUERADE --to-ports 1024-65535
iptables -t nat -A POSTROUTING -s 10.9.0.0/24 -j NETMAP --to 192.0.2.0/24
iptables -t nat -A POSTROUTING -j SNAT --to-source 192.0.2.10-192.0.2.12 --persistent
iptables -t nat -A INPUT -j SNAT --to-source 192.0.2.10
ip6tables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 2001:db8::10
ip6tables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination '[2001:db8::80]:8080'
ip6tables -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 2001:db8::53
ip6tables -t nat -A POSTROUTING -s fd00::/64 -j NETMAP --to 2001:db8:0:1::/64
