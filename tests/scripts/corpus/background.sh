#!/bin/bash
# test:
# jobs in the background, each with chains of its own; the order between them is no matter

job() {
	local chain=$1 n=$2 i status=0
	for ((i = 1; i <= n; i++)); do
		iptables -w 5 -A "$chain" -p tcp --dport $((1000 + i)) -j ACCEPT || status=1
		iptables -w 5 -C "$chain" -p tcp --dport $((1000 + i)) -j ACCEPT || status=2
		iptables -w 5 -C "$chain" -p tcp --dport $((2000 + i)) -j ACCEPT 2>/dev/null && status=3
	done
	return $status
}

pids=()
for c in a b c d; do
	iptables -N "JOB-$c"
done
for c in a b c d; do
	job "JOB-$c" 10 &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + $?))
done
for c in a b c d; do
	iptables -A INPUT -m comment --comment "JOB-$c has $(iptables -S JOB-$c | grep -c -- -A)" -j JOB-$c
done
iptables -A INPUT -m comment --comment "failed: $failed" -j DROP

(
	ip6tables -w -N SUB
	ip6tables -w -A SUB -j DROP
) &
( sleep 0.1; iptables -w -t nat -A POSTROUTING -j MASQUERADE ) & wait

mkfifo /tmp/fifo.$$ && {
	while read -r port; do
		ip6tables -A INPUT -p tcp --dport "$port" -j ACCEPT
	done </tmp/fifo.$$ &
	printf '%s\n' 1 2 3 >/tmp/fifo.$$
	wait $!
	rm /tmp/fifo.$$
}
coproc TOOL { while read -r line; do iptables -w $line && echo ok || echo failed; done; }
echo "-A OUTPUT -j ACCEPT" >&"${TOOL[1]}"
read -r answer <&"${TOOL[0]}"
iptables -w -A OUTPUT -m comment --comment "$answer"
