#!/bin/bash
# test:
# everything below exit is what somebody wanted to keep

iptables -F
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT

(
	iptables -A INPUT -p tcp --dport 1 -j ACCEPT
	exit 5
	iptables -A INPUT -p tcp --dport 2 -j ACCEPT
)
iptables -A OUTPUT -m comment --comment "subshell: $?"

check() {
	iptables -A INPUT -p tcp --dport 3 -j ACCEPT
	return ${1:-0}
	iptables -A INPUT -p tcp --dport 4 -j ACCEPT
}
check
check 7 || iptables -A OUTPUT -m comment --comment "function: $?"

for i in 1 2 3; do
	for j in a b c; do
		[ $j = b ] && continue 2
		[ $i = 3 ] && break 2
		iptables -A FORWARD -m comment --comment "$i$j"
	done
done

bash -c 'iptables -A INPUT -p tcp --dport 5 -j ACCEPT; kill -TERM $$; iptables -A INPUT -p tcp --dport 6 -j ACCEPT' 2>/dev/null
iptables -A OUTPUT -m comment --comment "child: $?"
sh -c 'iptables -A INPUT -p tcp --dport 7 -j ACCEPT; exec iptables -A INPUT -p tcp --dport 8 -j ACCEPT; iptables -A INPUT -p tcp --dport 9 -j ACCEPT'
x=$(iptables -S nosuchchain 2>/dev/null || echo "status $?")
iptables -A OUTPUT -m comment --comment "substitution: $x"
iptables -A INPUT -j DROP
exit 0
iptables -A INPUT -p tcp --dport 10 -j ACCEPT
this is no shell (
