#!/bin/bash
# test:
# one pair of chains for each address; reads its own counters
iptables -N ACC_IN; iptables -N ACC_OUT
iptables -I FORWARD -o eth1 -j ACC_IN
iptables -I FORWARD 2 -i eth1 -j ACC_OUT
for i in $(seq 1 12); do
	iptables -A ACC_IN -d 10.0.0.$i
	iptables -A ACC_OUT -s 10.0.0.$i
done
iptables -L ACC_IN -n -v -x -Z >/dev/null
total=$(iptables -nvxL ACC_IN | awk 'NR > 2 { n++; sum += $2 } END { print n, sum + 0 }')
iptables -A INPUT -m comment --comment "total $total"
iptables -L ACC_OUT -nvx --line-numbers | tail -n +3 | sort -k10 | head -n 2 | while read num pkts bytes rest; do
	iptables -A INPUT -m comment --comment "$num: $pkts/$bytes ${rest// /_}"
done
iptables -A OUTPUT -c 5 100 -p tcp --dport 25 -j ACCEPT
iptables -A OUTPUT --set-counters 7 200 -p tcp --dport 26
iptables -nvxL OUTPUT | awk '/dpt:2[56]/ { print $1, $2 }' | while read p b; do
	iptables -A INPUT -m comment --comment "counted $p $b"
done
iptables -Z OUTPUT
iptables -Z ACC_IN 3
iptables -nvxL OUTPUT | awk '/dpt:25/ { print $1 + $2 }' | while read s; do iptables -A INPUT -m comment --comment "zeroed $s"; done
iptables-save -c -t filter | grep -c '^\[0:0\] -A ACC' | while read n; do iptables -A INPUT -m comment --comment "$n at zero"; done
iptables -L -Z -n >/dev/null && iptables -Z
