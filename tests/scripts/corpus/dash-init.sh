#!/bin/sh -e
# test: args=restart,quiet
# strictly POSIX, as dash wants it; -e in the first line

PATH=/sbin:/bin:/usr/sbin:/usr/bin
DESC="packet filter"
NAME=pf
CONF=${CONF:-$(dirname "$0")/pf.conf.missing}
VERBOSE=yes
[ "${2-}" != quiet ] || VERBOSE=no
[ -r "$CONF" ] && . "$CONF" || :

log_begin_msg() { [ "$VERBOSE" = no ] || printf '%s' "$*"; }
log_end_msg() { [ "$VERBOSE" = no ] || echo " ${1:-done}"; return "${1:-0}"; }

table_of() {
	case $1 in
	PREROUTING|POSTROUTING) echo nat ;;
	*) echo filter ;;
	esac
}

rule() {
	chain=$1; shift
	iptables -t "$(table_of "$chain")" -A "$chain" "$@"
}

clear_all() {
	for table in filter nat mangle raw; do
		iptables -t $table -F
		iptables -t $table -X
		iptables -t $table -S | sed -n 's/^-P \([A-Z]*\) .*/\1/p' | while read chain; do
			iptables -t $table -P $chain ACCEPT
		done
	done
}

do_start() {
	umask 077
	set -- 22 80 443
	while [ $# -gt 0 ]; do
		rule INPUT -p tcp --dport "$1" -j ACCEPT
		shift
	done
	pairs=tcp:25,tcp:587,udp:123
	OLDIFS=$IFS; IFS=,
	for pair in $pairs; do
		rule INPUT -p "${pair%:*}" --dport "${pair#*:}" -j ACCEPT
	done
	IFS=$OLDIFS
	i=0
	while :; do
		i=$((i+1))
		[ $i -le 3 ] || break
		[ $i -ne 2 ] || continue
		rule POSTROUTING -s 10.0.$i.0/24 -o eth0 -j MASQUERADE
	done
	if ! iptables -C INPUT -j DROP 2>/dev/null; then rule INPUT -j DROP; fi
	lines=`iptables -t nat -S | grep -c '^-A' || true`
	rule OUTPUT -m comment --comment "nat has $lines, \$0 is ${0##*/}" -j ACCEPT
	cat <<-END | while read from to; do
	8080 10.0.0.8:80
	8443 10.0.0.8:443
	END
		rule PREROUTING -p tcp --dport $from -j DNAT --to-destination $to
	done
}

case "${1:-}" in
start|restart|force-reload)
	log_begin_msg "Starting $DESC: $NAME"
	clear_all
	do_start
	log_end_msg 0
	;;
stop)
	clear_all
	;;
*)
	echo "Usage: /etc/init.d/$NAME {start|stop|restart|force-reload}" >&2
	exit 3
	;;
esac
:
