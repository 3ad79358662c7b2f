#!/bin/bash
# test:
# turns listings into rules: -L in all its forms

sum() { md5sum | cut -c1-12; }
probe() { # ARG...: what iptables ARG... prints
	local out status
	out=$(iptables "$@" 2>&1); status=$?
	ip6tables -A OUTPUT -m comment --comment "$status $(printf '%s' "$out" | sum) $*"
}
probe6() {
	local out status
	out=$(ip6tables "$@" 2>&1); status=$?
	iptables -A OUTPUT -m comment --comment "$status $(printf '%s' "$out" | sum) $*"
}

probe -L -n
probe -S
for ipt in iptables ip6tables; do
	$ipt -N USER
	$ipt -N EMPTY
	$ipt -P FORWARD DROP
	$ipt -A INPUT -i lo -j ACCEPT
	$ipt -A INPUT -p tcp --dport 22 -m comment --comment "a comment" -j ACCEPT
	$ipt -A INPUT -p tcp -m multiport --dports 80,443 -j USER
	$ipt -A INPUT -m limit --limit 3/min -j LOG --log-prefix "in: "
	$ipt -A USER ! -i eth0 -p udp --dport 53 -g EMPTY
	$ipt -A USER -m mark --mark 0x1/0xff
	$ipt -A USER -j REJECT
	$ipt -t nat -A POSTROUTING -o eth0 -j MASQUERADE
	$ipt -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
	$ipt -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
done
iptables -A INPUT -s 10.0.0.0/8 -d 192.0.2.1 -p icmp --icmp-type 8 -j ACCEPT
ip6tables -A INPUT -s 2001:db8::/32 -p ipv6-icmp --icmpv6-type 128 -j ACCEPT

for p in probe probe6; do
	$p -L -n
	$p -nL
	$p -nvL
	$p -L -n -v
	$p -L -n -x -v
	$p -L INPUT -n
	$p -L INPUT 2 -n
	$p -nL USER --line-numbers
	$p -vnL --line-numbers
	$p -nL INPUT 3 -v
	$p -L -nv --line
	$p -L EMPTY -n
	$p -L USER -n -Z
	$p -L NOSUCH -n
	$p -L INPUT 99 -n
	$p -Ln
	$p -t nat -nL
	$p -t nat -L PREROUTING -nv
	$p -t mangle -nvL
	$p -t raw -nL
	$p -t security -nvL
	$p -t nosuch -nL
	$p -nL -t nat
	$p --list --numeric --verbose --exact
	$p -L INPUT USER -n
	$p -L -n -j ACCEPT
	$p -v -n -L FORWARD
done
iptables -nL INPUT --line-numbers | awk '/dpt:22/ { print $1 }' | xargs iptables -D INPUT
iptables -nL INPUT | tail -n +3 | wc -l | xargs -I% iptables -A FORWARD -m comment --comment "% left"
iptables -nL | sed -n 's/^Chain \([^ ]*\) .*/\1/p' | while read c; do iptables -A FORWARD -m comment --comment "chain $c"; done
iptables -nvL FORWARD | grep -c 'chain' | xargs -I% iptables -A FORWARD -m comment --comment "%"
iptables -L -n >/dev/null; iptables -A FORWARD -m comment --comment "to null $?"
