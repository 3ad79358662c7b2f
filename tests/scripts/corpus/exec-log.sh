#!/bin/sh
# test:
# everything it says goes to a log; the rules are saved at the end
exec >/var/log/firewall.log 2>&1
set -x
date
echo "started by $USER from $(pwd)"
mkdir -p /var/lib/firewall /etc/iptables
echo $$ >/var/run/firewall.pid
exec 9>/var/lock/firewall.lock
flock -n 9 || exit 1

iptables -F
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -N nosuch && iptables -X nosuch
iptables -L -n -v --line-numbers
iptables -P INPUT DROP
exec 3>&1
iptables -A FORWARD -m comment --comment "log is $(test -s /var/log/firewall.log && echo written)" >&3
iptables -A FORWARD -m comment --comment "pid is $(test "$(cat /var/run/firewall.pid)" = $$ && echo mine)"
exec 3>&-
iptables -A OUTPUT -o lo -j ACCEPT 9>&-

iptables-save >/etc/iptables/rules.v4
ip6tables-save >/etc/iptables/rules.v6
iptables-save -c -f /etc/iptables.up.rules 2>/dev/null || iptables-save -c >/etc/iptables.up.rules
/sbin/iptables-save > /var/lib/firewall/last
cp /var/lib/firewall/last /root/firewall.last
service iptables save
netfilter-persistent save
iptables -A FORWARD -m comment --comment "saved $(grep -c ^-A /etc/iptables/rules.v4) $(grep -c ^-A /etc/iptables/rules.v6) $(grep -c '\] -A' /etc/iptables.up.rules)"
iptables-restore </etc/iptables/rules.v4
iptables -A FORWARD -m comment --comment "again $(wc -l </root/firewall.last | tr -d ' ')"
rm -f /var/run/firewall.pid
