#!/bin/bash
# test:
# takes its old rules away, as they are listed, and makes them anew

TAG=myvpn

iptables -A INPUT -p udp --dport 1194 -m comment --comment "$TAG" -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p udp --dport 1195 -m comment --comment "$TAG" -j ACCEPT
iptables -A FORWARD -i tun+ -m comment --comment "$TAG" -j ACCEPT
iptables -A FORWARD -o tun+ -m comment --comment "$TAG" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -t nat -A POSTROUTING -s 10.8.0.0/24 ! -d 10.8.0.0/24 -m comment --comment "$TAG" -j MASQUERADE
iptables -t nat -A POSTROUTING -s 10.9.0.0/24 -j MASQUERADE

iptables -S | grep -- "--comment $TAG" | sed 's/^-A /-D /' | while read -r rule; do
	iptables $rule
done
iptables -t nat -S | sed -n "/$TAG/s/-A/iptables -t nat -D/p" | bash

iptables -A INPUT -m comment --comment "left: $(iptables -S INPUT | wc -l) $(iptables -t nat -S POSTROUTING | grep -c -- -A)"

# by number, from behind
for i in 1 2 3 4 5 6; do
	iptables -A OUTPUT -p tcp --dport $((1000 + i)) -m comment --comment "$([ $((i % 2)) = 0 ] && echo "$TAG" || echo other)" -j DROP
done
for n in $(iptables -L OUTPUT -n --line-numbers | grep "$TAG" | awk '{print $1}' | sort -rn); do
	iptables -D OUTPUT "$n"
done

# quoted comments need eval
iptables -A FORWARD -m comment --comment "$TAG with blanks" -j DROP
iptables -A FORWARD -m comment --comment "$TAG it's" -j DROP
iptables-save -t filter | grep -- "--comment \"$TAG" | sed 's/^-A/iptables -D/' | while IFS= read -r line; do
	eval "$line"
done

while read -r _ chain _; do
	iptables -F "$chain"
	iptables -X "$chain"
done < <(iptables -N OLD-a; iptables -N OLD-b; iptables -A OLD-a -j ACCEPT; iptables -S | grep '^-N OLD')

iptables -A INPUT -p udp --dport 1194 -m comment --comment "$TAG" -j ACCEPT
iptables -A FORWARD -i tun+ -m comment --comment "$TAG" -j ACCEPT
