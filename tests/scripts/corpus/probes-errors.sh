#!/bin/bash
# test: errors=warn
# turns messages into rules; errors are let through, as the messages go to a pipe

err() {
	local out status
	out=$(iptables "$@" 2>&1 >/dev/null); status=$?
	out=${out//$'\n'/ | }
	ip6tables -A OUTPUT -m comment --comment "$status ${out:0:240}"
}
iptables -N HERE; iptables -A HERE -j RETURN; iptables -A INPUT -j HERE
err -A INPUT -j NOSUCH
err -A NOSUCH -j ACCEPT
err -A INPUT -m nosuch -j ACCEPT
err -A INPUT -p tcp --dport 70000 -j ACCEPT
err -A INPUT -p tcp --nosuch 1 -j ACCEPT
err -A INPUT --dport 22 -j ACCEPT
err -A INPUT -p nosuch -j ACCEPT
err -A INPUT -s 10.0.0.300 -j ACCEPT
err -A INPUT -s 10.0.0.0/33 -j ACCEPT
err -A INPUT -s 2001:db8::1 -j ACCEPT
err -A INPUT -i averyveryverylonginterface -j ACCEPT
err -A INPUT -o eth0 -j ACCEPT
err -A INPUT -j MASQUERADE
err -A INPUT -p udp -j REJECT --reject-with tcp-reset
err -A INPUT -j REJECT --reject-with nosuch
err -A INPUT -j LOG --log-level nosuch
err -A INPUT -j ACCEPT ACCEPT
err -A INPUT -j ACCEPT -j DROP
err -A INPUT -j
err -A
err
err -N HERE
err -N ACCEPT
err -N ''
err -N a_name_of_29_characters_is_too_
err -X HERE
err -X NOSUCH
err -X INPUT
err -F NOSUCH
err -E HERE INPUT
err -E NOSUCH OTHER
err -P INPUT MAYBE
err -P HERE DROP
err -P INPUT
err -D INPUT 9
err -D INPUT -j DROP
err -D INPUT x
err -I INPUT 0 -j ACCEPT
err -I INPUT 9 -j ACCEPT
err -R INPUT 9 -j ACCEPT
err -R INPUT 1 -s 10.0.0.1,10.0.0.2 -j ACCEPT
err -R INPUT -j ACCEPT
err -C INPUT -j DROP
err -L NOSUCH
err -S NOSUCH
err -Z NOSUCH
err -t nosuch -L
err -t nat -P PREROUTING DROP
err -t nat -A PREROUTING -j REJECT
err -t mangle -A FORWARD -j TCPMSS --clamp-mss-to-pmtu
err -A INPUT -D INPUT -j ACCEPT
err -L -S
err --nosuch
err -y
err nonsense
err -A INPUT ! -j ACCEPT
err -A INPUT -s ! 10.0.0.1 -j ACCEPT
err -A INPUT -m comment --comment -j ACCEPT
err -A INPUT -m limit --limit 0/s -j ACCEPT
err -A INPUT -m state -j ACCEPT
err -A INPUT -m state --state nosuch -j ACCEPT
err -A INPUT -m multiport --dports 1 -j ACCEPT
err -A INPUT -p tcp -m multiport --dports 5:1 -j ACCEPT
err -A INPUT -p tcp --dport 9:1 -j ACCEPT
iptables -N LOOP1; iptables -N LOOP2; iptables -A INPUT -j LOOP1; iptables -A LOOP1 -j LOOP2
err -A LOOP1 -j LOOP1
err -A LOOP2 -j LOOP1
err -A INPUT -g NOSUCH
err -A INPUT -m owner --uid-owner root -j ACCEPT
err -A OUTPUT -m mac --mac-source 00:00:00:00:00:00 -j ACCEPT
err -A INPUT -m set --match-set nosuch src
err -A INPUT -c 1 -j ACCEPT
err -6 -L
err -w x -L
iptables -A INPUT -m comment --comment "$(iptables -S | wc -l) lines" -j ACCEPT
