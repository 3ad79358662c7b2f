#!/bin/bash
# test:
# where in the chain: numbers

ipt="iptables"
for p in 10 20 30 40 50; do $ipt -A INPUT -p tcp --dport $p -j ACCEPT; done
$ipt -I INPUT -p tcp --dport 1 -j ACCEPT
$ipt -I INPUT 1 -p tcp --dport 2 -j ACCEPT
$ipt -I INPUT 4 -p tcp --dport 3 -j ACCEPT
$ipt -I INPUT 9 -p tcp --dport 4 -j ACCEPT
$ipt -I INPUT 11 -p tcp --dport 5 -j ACCEPT 2>/dev/null || $ipt -A INPUT -p tcp --dport 6 -j DROP
$ipt -R INPUT 3 -p udp --dport 3 -j DROP
$ipt -R INPUT 1 -s 192.0.2.1 -j LOG --log-prefix "first "
$ipt -D INPUT 5
$ipt -D INPUT 5
$ipt -D INPUT -p tcp --dport 50 -j ACCEPT
$ipt -N OLD-NAME
$ipt -A OLD-NAME -j RETURN
$ipt -A FORWARD -j OLD-NAME
$ipt -E OLD-NAME NEW-NAME
$ipt -A FORWARD -p tcp -j NEW-NAME
$ipt -A NEW-NAME -p udp -j DROP
$ipt -I NEW-NAME 2 -p icmp -j ACCEPT
$ipt -N OLD-NAME
$ipt -A OLD-NAME -m comment --comment "second of the name" -j DROP
$ipt -Z
$ipt -Z INPUT
$ipt -Z INPUT 1
$ipt -I FORWARD 1 -s 10.0.0.1,10.0.0.2,10.0.0.3 -j ACCEPT
$ipt -A FORWARD -s 10.0.1.1,10.0.1.2 -d 10.0.2.1,10.0.2.2 -j DROP
$ipt -L INPUT --line-numbers -n | awk '$1 ~ /^[0-9]+$/ && /dpt:4$/ { print $1 }' | while read n; do
	$ipt -R INPUT $n -p tcp --dport 44 -j ACCEPT
done
last=$($ipt -L INPUT --line-numbers -n | tail -1 | cut -d' ' -f1)
$ipt -I INPUT $last -m comment --comment "before the last, $last" -j ACCEPT
# insert before the first reject
$ipt -A OUTPUT -o lo -j ACCEPT
$ipt -A OUTPUT -p tcp --dport 25 -j REJECT
$ipt -A OUTPUT -j REJECT
line=$($ipt -nL OUTPUT --line | grep REJECT | head -1 | awk '{print $1}')
$ipt -I OUTPUT ${line:-1} -p tcp --dport 25 -d 192.0.2.25 -j ACCEPT
$ipt -t nat -A PREROUTING -p tcp --dport 1 -j DNAT --to 10.0.0.1
$ipt -t nat -I PREROUTING -p tcp --dport 2 -j DNAT --to 10.0.0.2-10.0.0.9:80-90
$ipt -t nat -R PREROUTING 2 -p tcp --dport 3 -j DNAT --to 10.0.0.3:3
$ipt -t nat -L PREROUTING -n --line-numbers -v | tail -n +3 | while read num rest; do
	$ipt -t nat -A OUTPUT -m comment --comment "$num: ${rest##* }" -j RETURN
done
