#!/bin/bash
# test:
# transparent proxy
set -u
PORT=3129 MARK=0x1 TABLE=100

ip rule list >/dev/null
iptables -t mangle -F
iptables -t mangle -X DIVERT 2>/dev/null
iptables -t mangle -N DIVERT
iptables -t mangle -A DIVERT -j MARK --set-mark $MARK
iptables -t mangle -A DIVERT -j ACCEPT
iptables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT
iptables -t mangle -A PREROUTING -p udp -m socket --transparent --nowildcard -j DIVERT

for net in 0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/4 240.0.0.0/4; do
	iptables -t mangle -A PREROUTING -d $net -j RETURN
done
iptables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --tproxy-mark $MARK/$MARK --on-port $PORT
iptables -t mangle -A PREROUTING -p tcp --dport 443 -j TPROXY --tproxy-mark $MARK --on-port $((PORT + 1)) --on-ip 127.0.0.1
iptables -t mangle -A PREROUTING -p udp -m multiport --dports 53,443 -j TPROXY --on-port 5353 --tproxy-mark 0x1/0x1
ip6tables -t mangle -N DIVERT
ip6tables -t mangle -A DIVERT -j MARK --set-xmark $MARK/0xffffffff
ip6tables -t mangle -A PREROUTING -p tcp -m socket --transparent -j DIVERT
ip6tables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --tproxy-mark 1/1 --on-port $PORT --on-ip ::1
iptables -t nat -A OUTPUT -p tcp --dport 80 -m owner ! --uid-owner proxy -j REDIRECT --to-ports $PORT
iptables -t mangle -A OUTPUT -m mark --mark $MARK -m cpu --cpu 0 -j CONNMARK --set-mark $MARK
iptables -t mangle -A POSTROUTING -p udp -m length --length 0:128 -j CLASSIFY --set-class 1:10
iptables -t mangle -A POSTROUTING -o eth0 -p udp --dport 68 -j CHECKSUM --checksum-fill
iptables -t mangle -A FORWARD -j TEE --gateway 10.0.0.99
echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
[ "$(cat /proc/sys/net/ipv4/conf/eth0/route_localnet)" = 1 ] || exit 1
