#!/bin/bash
# test:
# Both families from one list of rules
set -e

IP4=/sbin/iptables
IP6=/sbin/ip6tables

ipt46() {
	"$IP4" "$@"
	"$IP6" "$@"
}
ipt4() { "$IP4" "$@"; }
ipt6() { "$IP6" "$@"; }

for t in filter mangle raw; do
	ipt46 -t $t -F
	ipt46 -t $t -X
done
ipt46 -P INPUT DROP
ipt46 -P FORWARD DROP
ipt46 -P OUTPUT ACCEPT

ipt46 -N LOGDROP
ipt46 -A LOGDROP -m limit --limit 10/min --limit-burst 20 -j LOG --log-prefix "drop: " --log-tcp-options --log-ip-options
ipt46 -A LOGDROP -j DROP

ipt46 -A INPUT -i lo -j ACCEPT
ipt46 -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ipt46 -A INPUT -m conntrack --ctstate INVALID -g LOGDROP

ipt4 -A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 10/sec -j ACCEPT
for type in destination-unreachable packet-too-big time-exceeded parameter-problem echo-request echo-reply; do
	ipt6 -A INPUT -p icmpv6 --icmpv6-type $type -j ACCEPT
done
for type in router-solicitation router-advertisement neighbour-solicitation neighbour-advertisement; do
	ipt6 -A INPUT -p ipv6-icmp --icmpv6-type $type -m hl --hl-eq 255 -j ACCEPT
done
ipt6 -A INPUT -s fe80::/10 -p udp --dport 546 -d fe80::/10 -j ACCEPT
ipt6 -t raw -A PREROUTING -m rt --rt-type 0 -j DROP
ipt6 -A FORWARD -m rt --rt-type 0 -j DROP
ipt6 -A INPUT -m ipv6header --header frag --soft -j DROP
ipt6 -t mangle -A POSTROUTING -o eth0 -j HL --hl-set 64
ipt4 -t mangle -A POSTROUTING -o eth0 -j TTL --ttl-set 64

for p in tcp:22 tcp:80 tcp:443 udp:53 tcp:53 udp:443; do
	ipt46 -A INPUT -p ${p%:*} --dport ${p#*:} -m conntrack --ctstate NEW -j ACCEPT
done

ADMINS="192.0.2.0/24 2001:db8:1::/48 198.51.100.7 2001:DB8:0:0:0:0:0:7"
for a in $ADMINS; do
	case $a in
	*:*) ipt6 -A INPUT -s $a -p tcp --dport 9100 -j ACCEPT ;;
	*) ipt4 -A INPUT -s $a -p tcp --dport 9100 -j ACCEPT ;;
	esac
done

ipt4 -A INPUT -j REJECT --reject-with icmp-admin-prohibited
ipt6 -A INPUT -j REJECT --reject-with adm-prohibited
