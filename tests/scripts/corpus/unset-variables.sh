#!/bin/sh
# test: errors=warn
# the variables were once in a file that is gone
[ ! -f /etc/firewall.conf ] || . /etc/firewall.conf
[ -f /etc/default/firewall ] && . /etc/default/firewall

iptables -A INPUT -i $LAN_IF -s $LAN_NET -j ACCEPT
iptables -A INPUT -s $ADMIN -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport $SSH_PORT -j ACCEPT
iptables -A INPUT -p tcp -d $WAN_IP --dport 80 -j ACCEPT
iptables -A INPUT $EXTRA -p tcp --dport 443 -j ACCEPT
iptables -A INPUT -i "$WAN_IF" -p tcp --dport 25 -j ACCEPT
iptables -A INPUT -s "$ADMIN" -p tcp --dport 26 -j ACCEPT
iptables -A INPUT -p tcp --dport "$SSH_PORT" -j ACCEPT
iptables -A INPUT -m comment --comment "$NOTE" -j ACCEPT
iptables -A INPUT -j $TARGET
iptables -A INPUT -j "$TARGET"
iptables -A $CHAIN -j ACCEPT
iptables -A "$CHAIN" -j ACCEPT
iptables -N $CHAIN
iptables -N "$CHAIN"
iptables -t $TABLE -A OUTPUT -j ACCEPT
iptables -P INPUT $POLICY
iptables -P FORWARD ${POLICY:-DROP}
for h in $HOSTS; do iptables -A INPUT -s $h -j ACCEPT; done
for h in "$HOSTS"; do iptables -A INPUT -s "$h" -j DROP; done
iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination $WEB:80
iptables -t nat -A POSTROUTING -o $WAN_IF -j MASQUERADE
iptables -t nat -A POSTROUTING -o ${WAN_IF:-eth0} -j MASQUERADE
$IPT -A INPUT -j DROP
"$IPT" -A INPUT -j DROP
${IPT:-iptables} -A INPUT -p udp --dport ${DNS_PORT-53} -j ACCEPT
iptables -A INPUT -m comment --comment "${UNSET:-default value}: $#/$1/$@" -j LOG --log-prefix "$PREFIX"
iptables -A INPUT -m limit --limit ${RATE}/min -j LOG
