#!/bin/bash
# test: args=restart errors=warn
# calls itself, and another script that it writes
case "$1" in
restart)
	"$BASH" "$0" stop
	bash "$0" start again
	iptables -A INPUT -m comment --comment "restarted, $?"
	cat >/tmp/other.$$ <<-'OTHER'
	#!/bin/sh
	iptables -A FORWARD -m comment --comment "other script: $1"
	exit 3
	OTHER
	chmod +x /tmp/other.$$
	/tmp/other.$$ direct; s=$?
	sh /tmp/other.$$ by-sh
	. /tmp/other.$$ sourced
	;;
start)
	shift
	iptables -A INPUT -m comment --comment "start $*" -j ACCEPT
	exec "$0" finish "$BASHPID"
	;;
finish)
	iptables -A INPUT -m comment --comment "finish $([ "$2" = $$ ] && echo same process)"
	exit 6
	;;
stop)
	iptables -F
	iptables -A OUTPUT -m comment --comment "stopped"
	;;
esac
