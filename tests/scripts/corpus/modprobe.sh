#!/bin/sh
# test: baseline=allow_modprobe={"*"}
# loads its modules first

MODPROBE=/sbin/modprobe
LSMOD=/sbin/lsmod
IPT=/sbin/iptables

[ -x $MODPROBE ] || exit 5
$MODPROBE ip_tables || exit 1
for m in ip_conntrack ip_conntrack_ftp ip_nat_ftp iptable_nat ipt_LOG ipt_MASQUERADE; do
	if ! $LSMOD | grep -q "^$m "; then
		modprobe $m || { echo "no module $m"; exit 1; }
		loaded="$loaded $m"
	fi
done
modprobe -q nf_conntrack_sip ports=5060,5062
/sbin/modprobe -a xt_recent xt_limit >/dev/null 2>&1
modprobe -r ipchains 2>/dev/null
$IPT -A INPUT -m comment --comment "loaded:$loaded"
$IPT -A INPUT -m helper --helper ftp -m state --state RELATED -j ACCEPT
$IPT -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp
depmod -a 2>/dev/null
rmmod ip_foo 2>/dev/null
$IPT -M /sbin/modprobe -A INPUT -p tcp --dport 21 -j ACCEPT
$IPT --modprobe=/sbin/modprobe -P INPUT DROP
if [ -e /proc/net/ip_tables_names ] || $IPT -L >/dev/null 2>&1; then
	$IPT -A INPUT -m comment --comment "iptables is there"
fi
