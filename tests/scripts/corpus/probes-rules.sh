#!/bin/sh
# test:
# turns -S and -C into rules

probe() {
	out=$(iptables "$@" 2>&1); status=$?
	ip6tables -A OUTPUT -m comment --comment "$status $(printf '%s' "$out" | cksum | tr -d ' ') $*"
}
check() {
	iptables -C "$@" 2>/dev/null
	ip6tables -A INPUT -m comment --comment "$? $*"
}
iptables -N A; iptables -N B
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -s 10.0.0.0/8 -j A
iptables -A A -p udp -m udp --sport 53 -j RETURN
iptables -A A -m conntrack --ctstate ESTABLISHED -j B
iptables -A B -j LOG --log-prefix "it's \"B\" "
iptables -A B -m hashlimit --hashlimit-upto 3/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name ssh -j ACCEPT
iptables -P FORWARD DROP
iptables -A FORWARD -m recent --name x --update --seconds 10 -j DROP
iptables -A FORWARD -p tcp -m connlimit --connlimit-above 3 -j REJECT
for t in filter nat mangle raw security; do probe -t $t -S; done
for c in INPUT FORWARD OUTPUT A B C; do probe -S $c; done
probe -S INPUT 1
probe -S INPUT 2
probe -S INPUT 9
probe -S A 0
probe -v -S
probe -vS INPUT
probe -S -t nat PREROUTING
probe -S INPUT -n
probe -SINPUT
probe --list-rules
probe --list-rules=A

check INPUT -p tcp --dport 22 -j ACCEPT
check INPUT -p tcp -m tcp --dport 22 -j ACCEPT
check INPUT -p tcp --dport 22
check INPUT -p tcp --dport 22 -j DROP
check INPUT -s 10.0.0.0/8 -j A
check INPUT -s 10.9.9.9/8 -j A
check INPUT -s 10.0.0.0/8 -g A
check A -p 17 --sport domain -j RETURN
check A -m conntrack --ctstate ESTABLISHED -j B
check A -m state --state ESTABLISHED -j B
check B -j LOG --log-prefix "it's \"B\" "
check B -j LOG --log-prefix "it's \"B\""
check B -m hashlimit --hashlimit 3/s --hashlimit-mode srcip --hashlimit-name ssh -j ACCEPT
check B -m hashlimit --hashlimit-upto 3/s --hashlimit-name ssh --hashlimit-mode srcip,dstip -j ACCEPT
check FORWARD -m recent --update --seconds 10 --name x -j DROP
check FORWARD -m recent --update --seconds 10 --name x --rsource -j DROP
check FORWARD -p tcp -m connlimit --connlimit-above 3 -j REJECT
check FORWARD -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 24 -j REJECT
check NOSUCH -j ACCEPT
check INPUT -j NOSUCH
check INPUT -p tcp --dport nosuch -j ACCEPT
check INPUT
check
check INPUT 1
iptables -S | grep -v '^-P' | sed 's/^/iptables /' | sort | cksum | while read a b; do ip6tables -A FORWARD -m comment --comment "$a"; done
