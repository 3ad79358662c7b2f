#!/bin/bash
# test:
# edits the tables as text

iptables -N fail2ban-old
iptables -A INPUT -p tcp --dport 22 -j fail2ban-old
iptables -A fail2ban-old -s 203.0.113.5 -j REJECT
iptables -A fail2ban-old -j RETURN
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
iptables -A INPUT -p tcp --dport 8080 -m comment --comment "KUBE-temp" -j ACCEPT
iptables -t nat -A PREROUTING -p tcp --dport 81 -m comment --comment "KUBE-temp" -j REDIRECT --to-ports 8081
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu

# drop what is tagged
iptables-save | grep -v KUBE-temp | iptables-restore

# rename by text
iptables-save -t filter | sed 's/fail2ban-old/f2b-sshd/g' | iptables-restore

# add to a table without touching the rest
iptables-save -t nat | sed '/^COMMIT/i -A PREROUTING -p tcp --dport 82 -j REDIRECT --to-ports 8082' | iptables-restore -T nat

# through a variable and a here-string
dump=$(iptables-save -t mangle)
iptables-restore <<<"${dump/SYN,RST SYN/SYN SYN}"

# through a file
tmp=$(mktemp /tmp/rules.XXXXXX)
trap 'rm -f "$tmp"' EXIT
iptables-save >"$tmp"
sed -i -e 's/--dport 80 /--dport 8000 /' "$tmp"
echo "# edited" >>"$tmp"
iptables-restore <"$tmp"
iptables-save | iptables-restore --counters

cat >"$tmp" <<RULES
*filter
:f2b-sshd - [0:0]
-I INPUT 1 -s 198.51.100.0/24 -j f2b-sshd
COMMIT
RULES
iptables-restore -n "$tmp"
iptables-restore --noflush <<RULES
*filter
-A OUTPUT -m comment --comment "$(iptables-save | grep -c -- '^-A')" -j ACCEPT
COMMIT
RULES
