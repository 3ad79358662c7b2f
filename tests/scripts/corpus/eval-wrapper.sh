#!/bin/bash
# test:
# a function named like the tool that splits by family, logs and can do a dry run
LOG=/tmp/fw.log DRY=no
set -f
function iptables {
	local a six=no four=no
	for a; do
		case $a in
		*:*:*) six=yes ;;
		[0-9]*.[0-9]*.[0-9]*) four=yes ;;
		esac
	done
	printf '%s ' "$@" >>$LOG; echo >>$LOG
	[ $DRY = no ] || return 0
	[ $six = yes ] || /sbin/iptables "$@" || return
	[ $four = yes ] || /sbin/ip6tables "$@"
}
run=""
queue() { run="$run
$(printf '%q ' "$@")"; }
queue iptables -A INPUT -i lo -j ACCEPT
queue iptables -A INPUT -s 192.0.2.0/24 -m comment --comment "it's \"quoted\" \$here *" -j ACCEPT
queue iptables -A INPUT -s 2001:db8::/32 -j ACCEPT
queue iptables -N "A&B"
queue iptables -A INPUT -p tcp --dport 22 -j "A&B"
( set -x; eval "$run" ) 2>/dev/null
DRY=yes; iptables -A INPUT -j DROP; DRY=no
args='-A INPUT -p tcp --dport 80 -j ACCEPT'
iptables $args
set -- -A INPUT -p udp --dport 53 -m comment --comment "two words" -j ACCEPT
iptables "$@"
name=args; iptables ${!name/80/81}
cmd='/sbin/iptables -A OUTPUT -m comment --comment "in eval" -j ACCEPT'
eval $cmd
$cmd 2>/dev/null || /sbin/iptables -A OUTPUT -m comment --comment "words cut: $?"
bash -c "$cmd"
/sbin/iptables -A OUTPUT -m comment --comment "log has $(wc -l <$LOG) lines"
declare -f iptables | grep -c sbin | xargs -I% /sbin/iptables -A OUTPUT -m comment --comment "function has %"
unset -f iptables
type -t iptables | xargs -I% iptables -A OUTPUT -m comment --comment "now a %"
