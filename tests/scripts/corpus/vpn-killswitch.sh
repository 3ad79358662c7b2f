#!/bin/bash
# test: args=on
# nothing leaves but through the tunnel
VPN_IF=tun0
VPN_SERVERS=(203.0.113.10:1194/udp 203.0.113.11:443/tcp)
LAN=$(ip -o -f inet addr show eth1 | awk '{print $4}')
DNS=10.8.0.1

on() {
    iptables-save >"${TMPDIR:-/tmp}/before-vpn.rules"
    iptables -F && iptables -X
    ip6tables -F && ip6tables -X
    for chain in INPUT FORWARD OUTPUT; do
        iptables -P "$chain" DROP
        ip6tables -P "$chain" DROP
    done
    for t in iptables ip6tables; do
        $t -A INPUT -i lo -j ACCEPT
        $t -A OUTPUT -o lo -j ACCEPT
    done
    iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables -A OUTPUT -o eth0 -p udp --sport 68 --dport 67 -d 255.255.255.255 -j ACCEPT
    iptables -A OUTPUT -d "$LAN" -j ACCEPT
    iptables -A INPUT -s "$LAN" -j ACCEPT
    iptables -A OUTPUT -d 224.0.0.0/4 -j ACCEPT
    local s addr port proto
    for s in "${VPN_SERVERS[@]}"; do
        IFS=:/ read -r addr port proto <<<"$s"
        iptables -A OUTPUT -o eth0 -d "$addr" -p "$proto" -m "$proto" --dport "$port" -j ACCEPT
    done
    iptables -A OUTPUT -o "$VPN_IF" -j ACCEPT
    iptables -A OUTPUT ! -o "$VPN_IF" -m owner --uid-owner 1000-1999 -j REJECT
    iptables -A OUTPUT -m owner --gid-owner root -p udp --dport 123 -j ACCEPT
    iptables -A OUTPUT -m owner ! --uid-owner 0 -m owner --socket-exists -j LOG --log-uid --log-prefix "leak: "
    iptables -t nat -A OUTPUT -p udp --dport 53 ! -d "$DNS" -j DNAT --to-destination "$DNS"
    iptables -t nat -A OUTPUT -p tcp --dport 53 ! -d "$DNS" -j DNAT --to "$DNS":53
    iptables -A OUTPUT -j REJECT --reject-with icmp-net-unreachable
    ip6tables -A OUTPUT -j REJECT --reject-with icmp6-no-route
    sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
}

off() {
    iptables-restore <"${TMPDIR:-/tmp}/before-vpn.rules"
    for chain in INPUT FORWARD OUTPUT; do ip6tables -P $chain ACCEPT; done
    ip6tables -F
}

case ${1,,} in
    on|up|enable) on ;;
    off|down|disable) off ;;
    *) echo "usage: ${0##*/} on|off" >&2; exit 64 ;;
esac
