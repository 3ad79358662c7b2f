#!/bin/bash
# test: errors=warn
# puts back what was there if something goes wrong; ends with a trap
set -Ee
BACKUP=$(mktemp)
STATE=starting

restore_old() {
	local status=$?
	STATE=failed
	iptables-restore <"$BACKUP"
	iptables -A INPUT -m comment --comment "rolled back: $status in ${FUNCNAME[1]}" -j ACCEPT
}
finish() {
	ip6tables -A INPUT -m comment --comment "exit trap, $STATE" -j ACCEPT
	iptables-save >/dev/null
	rm -f "$BACKUP"
}
trap finish EXIT
trap restore_old ERR
trap 'iptables -A OUTPUT -m comment --comment "usr1"' USR1

iptables -A INPUT -m comment --comment "the old rules" -j ACCEPT
iptables -t nat -A POSTROUTING -m comment --comment "old nat" -j MASQUERADE
iptables-save >"$BACKUP"

load() {
	iptables -F
	iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	iptables -N HALF
	iptables -A HALF -j DROP
	iptables -A INPUT -j HALF
	iptables -t nat -F
	iptables -C INPUT -p tcp --dport 99 -j ACCEPT 2>/dev/null
	iptables -A INPUT -m comment --comment "never" -j DROP
}
kill -USR1 $$
set +e
load
trap - ERR
set -e
STATE="going on"
iptables -A FORWARD -m comment --comment "$(iptables -S | wc -l) $(iptables -t nat -S | grep -c -- -A)" -j DROP
( trap 'iptables -A FORWARD -m comment --comment "exit of the subshell"' EXIT; : )
false
iptables -A INPUT -m comment --comment "not reached" -j ACCEPT
