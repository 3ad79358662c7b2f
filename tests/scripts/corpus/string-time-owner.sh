#!/bin/bash
# test:
# rules that depend on what, when and who

SCHOOL="-m time --timestart 08:00 --timestop 15:30 --weekdays Mon,Tue,Wed,Thu,Fri"
iptables -N KIDS
iptables -A KIDS $SCHOOL -j DROP
iptables -A KIDS -m time --timestart 22:00 --timestop 06:00 --contiguous --kerneltz -j DROP
iptables -A KIDS -m time --datestart 2030-12-24T18:00 --datestop 2030-12-27 -j ACCEPT
iptables -A KIDS -m time --monthdays 1,15,31 -j LOG --log-prefix "payday "
iptables -A KIDS -m time ! --weekdays Sa,Su -j RETURN
for mac in 00:16:3E:aa:bb:0{1..4}; do
	iptables -A FORWARD -m mac --mac-source $mac -j KIDS
done
for word in facebook.com youtube.com "Host: example"; do
	iptables -A FORWARD -p tcp --dport 80 -m string --string "$word" --algo bm --to 600 -j REJECT --reject-with tcp-reset
	iptables -A FORWARD -p udp --dport 53 -m string --icase --hex-string "|03|www" --algo kmp --from 40 -j DROP
done
iptables -A OUTPUT -m owner --uid-owner nobody -j REJECT
iptables -A OUTPUT -m owner --uid-owner daemon --gid-owner 1-10 -j ACCEPT
iptables -A OUTPUT -m owner ! --gid-owner nogroup -p tcp --dport 25 -j REJECT --reject-with icmp-proto-unreachable
iptables -A OUTPUT -p tcp --dport 25 -m owner --uid-owner 8 -j ACCEPT
iptables -A OUTPUT -m set --help >/dev/null 2>&1
iptables -A INPUT -p tcp --dport 22 -m recent --name SSH --set
iptables -A INPUT -p tcp --dport 22 -m recent --name SSH --update --seconds 60 --hitcount 4 -j DROP
iptables -A INPUT -m recent --name portscan --rcheck --seconds 86400 --reap -j DROP
iptables -A INPUT -p tcp --dport 139 -m recent --name portscan --rdest --set -j LOG
iptables -A INPUT -m recent ! --rcheck --name allow --mask 255.255.255.0 -j DROP
iptables -A INPUT -j LOG --log-level debug --log-tcp-sequence --log-tcp-options --log-ip-options --log-macdecode
for level in emerg alert crit warning notice info debug 0 7 panic error; do
	iptables -A INPUT -p udp --dport 514 -j LOG --log-level $level
done
for r in icmp-net-unreachable host-unreach icmp-port-unreachable proto-unreach net-prohib host-prohib admin-prohib; do
	iptables -A INPUT -p udp --dport 1 -j REJECT --reject-with $r
done
iptables -A INPUT -j NFQUEUE --queue-num 5
iptables -A INPUT -j NFQUEUE --queue-balance 0:3 --queue-bypass --queue-cpu-fanout
iptables -A INPUT -j NFLOG --nflog-group 2 --nflog-size 128 --nflog-threshold 10
iptables -A INPUT -m connmark ! --mark 0x1/0xf -m mark --mark 010 -j AUDIT --type accept
