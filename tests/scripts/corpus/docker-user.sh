#!/usr/bin/env bash
# test:
# our rules in front of the containers'; the chain may not be there yet
set -o errexit -o nounset

EXT=$(ip route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
CHAIN=DOCKER-USER

iptables -N $CHAIN 2>/dev/null || true
iptables -F $CHAIN
iptables -C FORWARD -j $CHAIN 2>/dev/null || iptables -I FORWARD -j $CHAIN

iptables -N DU-FILTERS 2>/dev/null || iptables -F DU-FILTERS
iptables -A DU-FILTERS -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
iptables -A DU-FILTERS -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -s 192.0.2.0/24 -j RETURN
iptables -A DU-FILTERS -m conntrack --ctorigdst 192.0.2.10 --ctproto 6 -j RETURN
iptables -A DU-FILTERS -m conntrack --ctstate DNAT -m limit --limit 5/min -j LOG --log-prefix "docker: "
iptables -A DU-FILTERS -m conntrack --ctstatus EXPECTED,ASSURED,CONFIRMED -m conntrack --ctexpire 10:20 -j RETURN
iptables -A DU-FILTERS -m addrtype --dst-type LOCAL --limit-iface-in -j RETURN
iptables -A DU-FILTERS -m addrtype ! --src-type UNICAST,LOCAL -j DROP
iptables -A DU-FILTERS -m iprange --src-range 192.0.2.100-192.0.2.199 -j RETURN
iptables -A DU-FILTERS -j DROP
iptables -A $CHAIN -i "$EXT" -j DU-FILTERS
iptables -A $CHAIN -j RETURN
