#!/bin/sh
# test: args=stop empty=yes
#
# /etc/init.d/firewall: masquerading router with a few forwarded ports
#
### BEGIN INIT INFO
# Provides:          firewall
# Required-Start:    $network
# Default-Start:     2 3 4 5
### END INIT INFO

WAN=eth0
LAN=eth1
LAN_NET=10.0.0.0/24
IPT=/sbin/iptables

WAN_IP=`ip addr show dev $WAN | grep 'inet ' | head -n 1 | awk '{print $2}' | cut -d/ -f1`

log() {
	echo "firewall: $*"
}

flush_all() {
	for t in filter nat mangle; do
		$IPT -t $t -F
		$IPT -t $t -X
		$IPT -t $t -Z
	done
}

start() {
	log "starting on $WAN ($WAN_IP)"
	flush_all

	$IPT -P INPUT DROP
	$IPT -P FORWARD DROP
	$IPT -P OUTPUT ACCEPT

	# loopback
	$IPT -A INPUT -i lo -j ACCEPT
	$IPT -A INPUT ! -i lo -s 127.0.0.0/8 -j DROP

	$IPT -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
	$IPT -A INPUT -m state --state INVALID -j DROP

	# the lan may do everything
	$IPT -A INPUT -i $LAN -s $LAN_NET -j ACCEPT
	$IPT -A INPUT -i $LAN -p udp --sport 68 --dport 67 -j ACCEPT

	# services of the router
	for port in ssh 80 443; do
		$IPT -A INPUT -i $WAN -d $WAN_IP -p tcp --dport $port --syn -m state --state NEW -j ACCEPT
	done
	$IPT -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/s --limit-burst 10 -j ACCEPT

	# nat
	$IPT -t nat -A POSTROUTING -o $WAN -s $LAN_NET -j SNAT --to-source $WAN_IP
	$IPT -A FORWARD -i $LAN -o $WAN -s $LAN_NET -j ACCEPT
	$IPT -A FORWARD -i $WAN -o $LAN -m state --state ESTABLISHED,RELATED -j ACCEPT

	# forwarded ports: external:internal-host:internal-port
	for fwd in 8080:10.0.0.20:80 2222:10.0.0.21:22 51413:10.0.0.22:51413; do
		ext=${fwd%%:*}
		rest=${fwd#*:}
		host=${rest%:*}
		int=${rest#*:}
		$IPT -t nat -A PREROUTING -i $WAN -d $WAN_IP -p tcp --dport $ext -j DNAT --to-destination $host:$int
		$IPT -A FORWARD -i $WAN -d $host -p tcp --dport $int -j ACCEPT
	done

	$IPT -A INPUT -m limit --limit 3/min -j LOG --log-prefix "FW in: " --log-level 4
	$IPT -A FORWARD -m limit --limit 3/min -j LOG --log-prefix "FW fwd: " --log-level 4

	echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv4/tcp_syncookies
}

stop() {
	log "stopping"
	flush_all
	$IPT -P INPUT ACCEPT
	$IPT -P FORWARD ACCEPT
	$IPT -P OUTPUT ACCEPT
	echo 0 > /proc/sys/net/ipv4/ip_forward
}

case "$1" in
start)
	start
	;;
stop)
	stop
	;;
restart|reload|force-reload)
	stop
	start
	;;
status)
	$IPT -L -n -v
	$IPT -t nat -L -n -v
	;;
*)
	echo "Usage: $0 {start|stop|restart|status}"
	exit 1
	;;
esac

exit 0
