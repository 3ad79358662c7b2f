#!/bin/bash
# test:
# probes what the kernel can, quietly, and takes what it gets

iptables -A INPUT -m nosuchmatch -j ACCEPT 2>/dev/null || iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT
iptables -A INPUT -j NOSUCHTARGET >/dev/null 2>&1 || iptables -A INPUT -j LOG
iptables -t nat -L -n >/dev/null 2>&1 && NAT=1
iptables -t nosuch -L -n >/dev/null 2>&1 && NOSUCH=1
[ "$NAT" ] && iptables -t nat -A POSTROUTING -j MASQUERADE
[ "$NOSUCH" ] && iptables -A INPUT -j DROP

have() {
	iptables -N probe-$$ 2>/dev/null
	iptables -A probe-$$ "$@" 2>/dev/null
	local status=$?
	iptables -F probe-$$
	iptables -X probe-$$
	return $status
}
for m in conntrack state recent nosuch hashlimit limit u32 time layer7; do
	case $m in
	conntrack) o="--ctstate NEW" ;;
	state) o="--state NEW" ;;
	recent) o="--set --name p" ;;
	hashlimit) o="--hashlimit-upto 1/s --hashlimit-name p" ;;
	limit) o="" ;;
	u32) o="--u32 0&0xFF=1" ;;
	time) o="--timestart 10:00" ;;
	*) o="" ;;
	esac
	have -m $m $o && yes="$yes $m" || no="$no $m"
done
iptables -A INPUT -m comment --comment "have:$yes"
iptables -A INPUT -m comment --comment "have not:$no"
for t in LOG NFLOG REJECT NOSUCH TARPIT DNAT; do
	have -p tcp -j $t && iptables -A FORWARD -m comment --comment "target $t"
done
if ! iptables -A INPUT -s host.invalid. -j DROP 2>/dev/null; then
	iptables -A INPUT -s 203.0.113.99 -j DROP
fi
exec 3>&2 2>/dev/null
iptables -A INPUT -p tcp --dport http-nosuch -j ACCEPT || iptables -A INPUT -p tcp --dport 80 -j ACCEPT
exec 2>&3 3>&-
WAIT=; iptables -w -L -n >/dev/null 2>&1 && WAIT=-w
iptables $WAIT -A INPUT -m comment --comment "wait: $WAIT"
iptables --version | grep -q 'v1\.[4-9]' && iptables -A INPUT -m comment --comment "new enough"
