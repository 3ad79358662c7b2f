#!/bin/bash
# test:
# the editor did not end the last line

iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
cat <<'RULES' | while read -r r; do iptables $r; done
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -p tcp --dport 80 -j ACCEPT
RULES
printf '%s' '*filter
-A OUTPUT -p tcp --dport 25 -j DROP
COMMIT
' | iptables-restore -n
echo -n "10.0.0.0/8" | while read net; do iptables -A FORWARD -s $net -j ACCEPT; done
echo -n "-A OUTPUT -o lo -j ACCEPT" | xargs iptables
ports=$(printf '25\n587')
for p in $ports; do
	iptables -A INPUT -p tcp --dport $p -j ACCEPT
done
printf '1\n2\n3' | while read n; do iptables -A FORWARD -s 10.0.0.$n -j DROP; done
printf '1\n2\n3' | { while read n || [ -n "$n" ]; do ip6tables -A FORWARD -s 2001:db8::$n -j DROP; done; }
iptables -A INPUT -m comment --comment "the last line" -j REJECT