#!/bin/bash
# test: args=-4,-i,eth0,-p,22,-p,80,-l,start,extra
# firewall.sh [-4|-6] [-i INTERFACE] [-p PORT]... [-l] start|stop

usage() {
	sed -n 's/^# firewall/usage: firewall/p' "$0" >&2
	exit 2
}

family=both interface= ports=() log=no
while getopts ":46i:p:lh" opt; do
	case $opt in
	4|6) family=$opt ;;
	i) interface=$OPTARG ;;
	p) ports+=("$OPTARG") ;;
	l) log=yes ;;
	h) usage ;;
	:) echo "-$OPTARG needs a value" >&2; usage ;;
	\?) usage ;;
	esac
done
shift $((OPTIND - 1))
action=${1:?what to do} ; shift
[ $# -le 1 ] || usage

tools=()
[ "$family" = 6 ] || tools+=(iptables)
[ "$family" = 4 ] || tools+=(ip6tables)

run() {
	for tool in "${tools[@]}"; do
		"$tool" "$@" || return
	done
}

start() {
	run -P INPUT DROP
	run -A INPUT -i lo -j ACCEPT
	run -A INPUT -m state --state ESTABLISHED -j ACCEPT
	for port in "${ports[@]}"; do
		run -A INPUT ${interface:+-i "$interface"} -p tcp --dport "$port" -j ACCEPT
	done
	[ $log = no ] || run -A INPUT -j LOG --log-prefix "${1:-in} ${#ports[@]}: "
}

stop() {
	run -P INPUT ACCEPT
	run -F INPUT
}

"$action" "$@"
