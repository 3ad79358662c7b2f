#!/bin/sh
# test:
# anti-dos rules, collected from various places

IPT="iptables -w"

$IPT -t mangle -F
$IPT -t mangle -A PREROUTING -m conntrack --ctstate INVALID -j DROP
$IPT -t mangle -A PREROUTING -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
$IPT -t mangle -A PREROUTING -p tcp -m conntrack --ctstate NEW -m tcpmss ! --mss 536:65535 -j DROP

while read flags; do
	$IPT -t mangle -A PREROUTING -p tcp --tcp-flags $flags -j DROP
done <<FLAGS
FIN,SYN,RST,PSH,ACK,URG NONE
FIN,SYN FIN,SYN
SYN,RST SYN,RST
FIN,ACK FIN
ACK,URG URG
ALL ALL
ALL NONE
ALL FIN,PSH,URG
ALL SYN,RST,ACK,FIN,URG
FLAGS

for net in 224.0.0.0/3 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 0.0.0.0/8 240.0.0.0/5; do
	$IPT -t mangle -A PREROUTING -s $net -j DROP
done
$IPT -t mangle -A PREROUTING -s 127.0.0.0/8 ! -i lo -j DROP
$IPT -t mangle -A PREROUTING -f -j DROP

$IPT -N syn_flood
$IPT -A INPUT -p tcp --syn -j syn_flood
$IPT -A syn_flood -m limit --limit 100/s --limit-burst 150 -j RETURN
$IPT -A syn_flood -j DROP

$IPT -A INPUT -p tcp --syn --dport 80 -m connlimit --connlimit-above 20 -j REJECT --reject-with tcp-reset
$IPT -A INPUT -p tcp --syn --dport 443 -m connlimit --connlimit-above 40 --connlimit-mask 24 -j DROP
$IPT -A INPUT -p tcp --dport 25 -m connlimit --connlimit-upto 5 --connlimit-saddr -j ACCEPT

$IPT -A INPUT -p tcp --dport 80 -m hashlimit --hashlimit-name http --hashlimit-above 200/sec \
	--hashlimit-burst 300 --hashlimit-mode srcip --hashlimit-htable-expire 10000 -j DROP
$IPT -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m hashlimit --hashlimit-upto 3/min \
	--hashlimit-mode srcip,dstport --hashlimit-name ssh --hashlimit-srcmask 24 -j ACCEPT
$IPT -A INPUT -p udp -m hashlimit --hashlimit-upto 512kb/s --hashlimit-burst 1mb --hashlimit-mode dstip --hashlimit-name udp -j ACCEPT

$IPT -A INPUT -p icmp -m limit --limit 1/second --limit-burst 1 -j ACCEPT
$IPT -A INPUT -p icmp -m length --length 1000:65535 -j DROP
$IPT -A INPUT -p icmp -j DROP
$IPT -A INPUT -m pkttype --pkt-type broadcast -m limit --limit 10/hour -j LOG --log-prefix "bcast "
$IPT -A INPUT -m statistic --mode nth --every 4 --packet 0 -j LOG --log-prefix "sample "
$IPT -A INPUT -m quota --quota 1073741824 -p tcp --dport 873 -j ACCEPT
