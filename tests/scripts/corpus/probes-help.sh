#!/bin/bash
# test:
# versions and help texts, by their sums
i=0
probe() {
	local out status
	i=$((i + 1))
	out=$("$@" 2>&1 </dev/null); status=$?
	iptables -A OUTPUT -m comment --comment "$i: $status $(md5sum <<<"$out" | cut -c1-8) $(wc -l <<<"$out")"
}
for t in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
	probe $t -V
	probe $t --version
	probe $t -h
	probe $t --help
done
probe iptables -m state -h
probe iptables -m limit --help
probe iptables -p tcp -h
probe iptables -j LOG -h
probe iptables -j REJECT --help
probe iptables -p icmp -h
probe iptables -m nosuch -h
probe iptables -j NOSUCH -h
probe iptables -m conntrack -m multiport -p udp -h
probe iptables -t nat -j DNAT -h
probe ip6tables -m rt -h
probe ip6tables -p icmpv6 -h
probe ip6tables -j REJECT -h
case $(iptables -V) in
*nf_tables*) iptables -A INPUT -m comment --comment "nft" -j ACCEPT ;;
*legacy*) iptables -A INPUT -m comment --comment "legacy" -j ACCEPT ;;
esac
[[ $(iptables --version) =~ v([0-9]+)\.([0-9]+) ]] && iptables -A INPUT -m comment --comment "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
iptables -m state -h | grep -q -- --state && iptables -A INPUT -m state --state NEW -j ACCEPT
