#!/bin/sh
# test:
# pppoe: the usual, and the rest of the mangle table
T='/sbin/iptables -t mangle'
$T -F FORWARD
$T -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
$T -A FORWARD -o ppp+ -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1400:1536 -j TCPMSS --set-mss 1400
$T -A OUTPUT -p tcp --syn -o ppp0 -j TCPMSS --clamp-mss-to-pmtu
/sbin/iptables -I FORWARD 1 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
ip6tables -t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 1380
$T -A POSTROUTING -p tcp --dport 22 -j TOS --set-tos Minimize-Delay
$T -A POSTROUTING -p tcp --dport 20 -j TOS --set-tos Maximize-Throughput
$T -A POSTROUTING -p udp --dport 53 -j TOS --or-tos 0x04
$T -A POSTROUTING -p udp -m dscp --dscp 46 -j CLASSIFY --set-class 1:1
$T -A POSTROUTING -p udp -m dscp ! --dscp-class AF41 -j DSCP --set-dscp 0x0a
$T -A PREROUTING -i eth0 -j TTL --ttl-inc 1
$T -A PREROUTING -m ttl --ttl-lt 2 -j TTL --ttl-dec 1
$T -A PREROUTING -p tcp -j ECN --ecn-tcp-remove
$T -A PREROUTING -p tcp -m ecn --ecn-tcp-cwr --ecn-ip-ect 2 -j ACCEPT
$T -A PREROUTING -p tcp -j TCPOPTSTRIP --strip-options sack-permitted,timestamp
$T -A PREROUTING -m tos --tos 0x10/0x3f -j MARK --set-mark 0x10
$T -A PREROUTING -m tos ! --tos 0x08 -j RETURN
$T -A PREROUTING -p icmp -m ttl --ttl-eq 1 -j DROP
$T -A INPUT -m realm --realm 1 -j MARK --set-mark 3/7
$T -A PREROUTING -p tcp --tcp-option 8 -j MARK --set-mark 8
$T -A PREROUTING -p tcp ! --tcp-option 64 --sport :1023 -j MARK --set-mark 9
$T -A INPUT -p esp -m esp --espspi 1:100 -j MARK --set-mark 0xa
$T -A INPUT -p ah -m ah --ahspi 500 -j MARK --set-mark 0xb
$T -A INPUT -p sctp --dport 3868 -m sctp --chunk-types any INIT,DATA -j MARK --set-mark 0xc
$T -A INPUT -p 47 -j MARK --set-mark 0xd
$T -A INPUT -p udplite -m multiport --dports 9 -j MARK --set-mark 0xe
$T -A INPUT -p igmp -m pkttype --pkt-type multicast -j ACCEPT
$T -A INPUT -m policy --dir in --pol ipsec --proto esp --mode tunnel --tunnel-src 192.0.2.1 -j ACCEPT
$T -A INPUT -m physdev --physdev-in veth0 -j ACCEPT
$T -A INPUT -m devgroup --src-group 0x2 -j ACCEPT
$T -A INPUT -m rpfilter --invert -j DROP 2>/dev/null || $T -A PREROUTING -m rpfilter --invert --loose -j DROP
