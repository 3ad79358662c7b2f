#!/bin/bash
# test:
# finds its tools in every way there is

IPT=$(which iptables)
IP6T=$(command -v ip6tables)
SAVE=$(type -P iptables-save)
RESTORE=`which iptables-restore 2>/dev/null || echo /sbin/iptables-restore`

for tool in "$IPT" "$IP6T" "$SAVE" "$RESTORE"; do
	if [ ! -x "$tool" ]; then
		echo "missing: $tool" >&2
		exit 1
	fi
	if ! test -f "$tool" && ! test -L "$tool"; then
		exit 1
	fi
done

hash iptables ip6tables || exit 1
whereis iptables >/dev/null 2>&1

$IPT -A INPUT -m comment --comment "which: ${IPT##*/}" -j ACCEPT
"$IPT" -w -A INPUT -m comment --comment "quoted" -j ACCEPT
${IPT} -A INPUT -m comment --comment "braces" -j ACCEPT
$IP6T -A INPUT -m comment --comment "command -v: ${IP6T##*/}" -j ACCEPT
for t in /sbin/iptables /usr/sbin/iptables iptables; do
	$t -A INPUT -m comment --comment "path of ${#t}" -j ACCEPT
done
cd /usr/sbin && ./iptables -A INPUT -m comment --comment "here" -j ACCEPT
cd - >/dev/null
PATH=/sbin:$PATH iptables -A INPUT -m comment --comment "PATH for one" -j ACCEPT
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
iptables -A INPUT -m comment --comment "PATH set" -j ACCEPT
command iptables -A INPUT -m comment --comment "command" -j ACCEPT
\iptables -A INPUT -m comment --comment "backslash" -j ACCEPT
"iptables" -A INPUT -m comment --comment "literal quotes" -j ACCEPT
X=ip; ${X}tables -A INPUT -m comment --comment "put together" -j ACCEPT
CMD=(iptables -w -A INPUT); "${CMD[@]}" -m comment --comment "array" -j ACCEPT
n=$($SAVE | grep -c -- '^-A')
$IPT -A INPUT -m comment --comment "$n rules" -j DROP
ip46=$($SAVE -t filter | wc -l)
[ "$ip46" -gt 5 ] && $IPT -I INPUT 1 -m comment --comment "long enough" -j ACCEPT
