#!/bin/bash
# test: baseline=allow_sysctl={"net.ipv4.*","net.ipv6.*"}
# kernel settings in every form, and what reading them says afterwards

for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done
for d in all default lo eth0; do
	echo 0 > /proc/sys/net/ipv4/conf/$d/accept_redirects
	echo "0" >/proc/sys/net/ipv4/conf/$d/accept_source_route
	echo 1 >"/proc/sys/net/ipv4/conf/$d/log_martians"
done
if [ -e /proc/sys/net/ipv4/tcp_syncookies ]; then
	echo 1 > /proc/sys/net/ipv4/tcp_syncookies
fi
echo 1 | tee /proc/sys/net/ipv4/ip_forward >/dev/null
printf '%s\n' "32768 61000" >/proc/sys/net/ipv4/ip_local_port_range
sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=1 >/dev/null
sysctl -q net.ipv6.conf.all.forwarding=1
cd /proc/sys/net/ipv4 && echo 30 >tcp_fin_timeout; cd /
(cd /proc/sys/net/ipv6/conf/eth0 && echo 0 >accept_ra)
[ -d /proc/sys/net/ipv4/conf/nosuch ] && iptables -A INPUT -j DROP
[ -w /proc/sys/net/ipv4/ip_forward ] && iptables -A INPUT -m comment --comment "may be written"
sysctl -w net.ipv4.nosuch=1 2>/dev/null || iptables -A INPUT -m comment --comment "no such setting"
say() { iptables -A INPUT -m comment --comment "$*"; }
say "forward $(cat /proc/sys/net/ipv4/ip_forward)"
say "fin $(sysctl -n net.ipv4.tcp_fin_timeout)"
say "rp $(cat /proc/sys/net/ipv4/conf/*/rp_filter | tr '\n' ' ')"
say "ra $(</proc/sys/net/ipv6/conf/eth0/accept_ra)"
read -r low high </proc/sys/net/ipv4/ip_local_port_range
say "ports $low $high"
for i in $(ls /proc/sys/net/ipv4/conf | sort); do
	case $i in all|default) ;; *) iptables -A INPUT -i $i -m comment --comment "interface $i" -j ACCEPT ;; esac
done
iptables -A INPUT -p tcp --dport "$low:$high" -j ACCEPT
