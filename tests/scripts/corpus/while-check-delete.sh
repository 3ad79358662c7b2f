#!/bin/sh
# test:
# "while it is there, take it away"

purge() {
	while iptables -C "$@" 2>/dev/null; do
		iptables -D "$@"
		purged=$((purged + 1))
	done
}

purged=0
for i in 1 2 3; do
	iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	iptables -A INPUT -p tcp --dport $((80 + i)) -j ACCEPT
	iptables -I INPUT -p tcp --dport 22 -j ACCEPT
done
iptables -A FORWARD -s 10.0.0.0/8,172.16.0.0/12 -j DROP
purge INPUT -p tcp -m tcp --dport ssh -j ACCEPT
purge INPUT -p tcp --dport 9999 -j ACCEPT
purge FORWARD -s 172.16.0.0/255.240.0.0 -j DROP

while iptables -D INPUT -p tcp --dport 82 -j ACCEPT >/dev/null 2>&1; do purged=$((purged + 10)); done
until ! iptables -D INPUT 2 2>/dev/null; do purged=$((purged + 100)); done

i=0
while [ $i -lt 20 ] && iptables -L OUTPUT 5 2>/dev/null | grep -q . || [ $i -lt 5 ]; do
	iptables -A OUTPUT -p udp --dport $((5000 + i)) -j ACCEPT
	i=$((i + 1))
done
while [ "$(iptables -S OUTPUT | wc -l)" -gt 3 ]; do
	iptables -D OUTPUT 1
done
iptables -A INPUT -m comment --comment "purged $purged, i is $i"

iptables -N TMP
iptables -A INPUT -j TMP
iptables -A FORWARD -j TMP
for c in INPUT FORWARD OUTPUT; do
	while iptables -D $c -j TMP 2>/dev/null; do :; done
done
iptables -X TMP || exit 1
iptables -nL TMP >/dev/null 2>&1 || iptables -N TMP
iptables -nL TMP >/dev/null 2>&1 || iptables -N TMP2
