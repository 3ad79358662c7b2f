#!/bin/bash
# test:
# bash, all of it
shopt -s extglob nullglob
set -o noclobber

iptables -N HOSTS
for last in {1..5} {250..254..2}; do
    iptables -A HOSTS -s "10.0.0.$last" -j ACCEPT
done
for x in {a,b}{1,2}; do iptables -N "C-$x"; done

read -r proto port <<<"tcp 8080"
iptables -A INPUT -p "$proto" --dport "$port" -j HOSTS
IFS=: read -r a b c <<< "10.1.0.0/16:eth1:ACCEPT"
iptables -A INPUT -s "$a" -i "$b" -j "$c"

mapfile -t nets < <(printf '%s\n' 172.16.{0..2}.0/24)
for i in "${!nets[@]}"; do
    iptables -A FORWARD -s "${nets[i]}" -m comment --comment "net $((i + 1))/${#nets[@]}" -j DROP
done

declare -A rule=([ssh]="-p tcp --dport 22" [dns]="-p udp --dport 53" [web]="-p tcp -m multiport --dports 80,443")
for name in $(printf '%s\n' "${!rule[@]}" | sort); do
    iptables -A INPUT ${rule[$name]} -m comment --comment "$name" -j ACCEPT
done

while IFS='|' read -r chain spec; do
    [[ -z $chain || $chain == '#'* ]] && continue
    [[ $chain =~ ^C-(.)([0-9])$ ]] || { echo "odd: $chain"; continue; }
    iptables -A "$chain" $spec -m comment --comment "${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
done <<'LIST'
# chain|spec
C-a1|-p icmp
C-a2|-p tcp --dport 1:1023
C-b1|-m limit --limit 1/hour
nonsense|
C-b2|! -i lo
LIST

function open_ports {
    local -n _list=$1
    local IFS=,
    iptables -A INPUT -p tcp -m multiport --dports "${_list[*]}" -j ACCEPT
}
list=(21 22 25 80 110 143 443 465 587 993 995 3306 5432 8080 8443)
open_ports list
unset 'list[0]'
open_ports list

case $port in
+([0-9])) iptables -A OUTPUT -p tcp --sport "$port" -j ACCEPT ;;
*) exit 1 ;;
esac
let "n = 3 * 2"
(( n > 5 )) && iptables -A OUTPUT -p tcp --sport $((n * 100))
printf -v prefix '%-10.10s' "padded"
iptables -A OUTPUT -j LOG --log-prefix "$prefix"
iptables -A OUTPUT -m comment --comment "${rule[ssh]//--dport/—dport}"
time iptables -A OUTPUT -m comment --comment $'tab\there' 2>/dev/null
iptables -A OUTPUT -m comment --comment "pipe ${PIPESTATUS[0]} $(iptables -S HOSTS | wc -l; exit 4) $?"
