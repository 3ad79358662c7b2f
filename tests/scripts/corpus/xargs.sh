#!/bin/bash
# test:
# rules from lists: xargs, awk, find, perl, sed e

printf '%s\n' 22 80 443 | xargs -n 1 -I{} iptables -A INPUT -p tcp --dport {} -j ACCEPT
echo "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16" | tr ' ' '\n' | xargs -L1 /sbin/iptables -A FORWARD -j DROP -s
echo "-A OUTPUT -o lo -j ACCEPT" | xargs iptables
printf '%s\0' "one comment" "it's" 'a "b"' | xargs -0 -I% ip6tables -A INPUT -m comment --comment % -j ACCEPT

echo "tcp 25
udp 53
# comment
tcp 53" | awk '$1 ~ /^(tcp|udp)$/ { system("iptables -A INPUT -p " $1 " --dport " $2 " -j ACCEPT") }'
awk 'BEGIN {
	for (i = 1; i <= 3; i++)
		print "-A INPUT -s 198.51.100." i " -j DROP" | "xargs -n 6 iptables"
	close("xargs -n 6 iptables")
	"iptables -S INPUT | wc -l" | getline n
	system("iptables -A INPUT -m comment --comment \"awk counted " n "\"")
}' </dev/null

mkdir -p /tmp/lists.$$ && touch /tmp/lists.$$/203.0.113.1 /tmp/lists.$$/203.0.113.2
find /tmp/lists.$$ -type f -name '203*' | sort | while read f; do basename $f; done | xargs -I@ iptables -I INPUT 1 -s @ -j DROP
find /tmp/lists.$$ -name '203.0.113.1' -exec iptables -A FORWARD -m comment --comment "find" -j ACCEPT \;
rm -r /tmp/lists.$$

perl -e 'system("iptables", "-A", "FORWARD", "-m", "comment", "--comment", "perl \$x `y`", "-j", "ACCEPT") == 0 or die;
	my @l = grep { /^-A/ } `iptables-save`; system "ip6tables -A FORWARD -m comment --comment perl-saw-" . @l;'

seq 1 3 | while read n; do echo "iptables -t mangle -A PREROUTING -m mark --mark $n -j RETURN"; done | sh
{ echo '*raw'; seq -f '-A PREROUTING -p udp --dport %g -j NOTRACK' 5060 5062; echo COMMIT; } | iptables-restore -n
iptables -S INPUT | tail -n 2 | cut -d' ' -f3- | xargs -d '\n' -n1 sh -c 'iptables -A OUTPUT $0' 2>/dev/null || true
