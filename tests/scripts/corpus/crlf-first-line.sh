#!/bin/sh
# test:
# saved on a windows machine, the first lines at least

IPT=/sbin/iptables
$IPT -F
$IPT -X
$IPT -N WEB
$IPT -A WEB -p tcp --dport 80 -j ACCEPT
$IPT -A WEB -p tcp --dport 443 -j ACCEPT
$IPT -A INPUT -j WEB
for n in 1 2 3; do
	$IPT -A INPUT -s 10.0.$n.0/24 -j ACCEPT
done
$IPT -P FORWARD DROP
$IPT -A FORWARD -i eth1 -o eth0 -j ACCEPT
$IPT -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT
$IPT -t nat -A POSTROUTING -o eth0 -j MASQUERADE
$IPT -A INPUT -m comment --comment "shell: $(readlink /proc/$$/exe | sed 's/.*[/]//')" -j DROP
$IPT -A OUTPUT -o lo -j ACCEPT
$IPT -A OUTPUT -m comment --comment "$(head -n 1 "$0" | wc -c) bytes" -j ACCEPT
