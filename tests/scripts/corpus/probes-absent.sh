#!/bin/bash
# test: errors=warn
# what is said of rules, chains and tables that are not there (yet), into rules of the other family

q() {
	local out status
	out=$(iptables "$@" 2>&1); status=$?
	ip6tables -A OUTPUT -m comment --comment "$status $* => $(echo "${out:0:150}" | tr '\n' '|')"
}
q -C INPUT -j LOG
q -C INPUT -j REJECT
q -N u
q -C INPUT -j u
q -D INPUT -j u
q -D INPUT -g u
q -A INPUT -j LOG
q -D INPUT -j LOG --log-prefix x
q -D INPUT -j LOG
q -t nat -Z OUTPUT
q -t nat -Z
q -t mangle -F INPUT
q -t mangle -S INPUT
q -t security -L INPUT -n
q -t raw -D OUTPUT 1
q -t raw -P OUTPUT ACCEPT
q -t raw -C OUTPUT -j ACCEPT
q -t raw -D OUTPUT -s 10.1.0.0/16 -j LOG
q -t raw -D OUTPUT -j ACCEPT
q -t raw -N x
q -t raw -A OUTPUT -j ACCEPT
q -t raw -A x -j ACCEPT
q -t raw -D OUTPUT -s 10.1.0.0/16 -j LOG
q -t raw -D x -s 10.1.0.0/16 -j LOG
q -t raw -D OUTPUT -j DROP
q -t raw -D OUTPUT -j CT --zone 2
q -t mangle -D INPUT -m string --string 'a b' --algo bm --jump CONNMARK --save-mark
q -t nat -D INPUT -j SNAT --to 192.0.2.1
q -C INPUT -m string --string 'a b' --algo bm
q -D INPUT -m string --string 'a b' --algo bm
q -D INPUT -j LOG
q -D INPUT -j REJECT
q -D INPUT -j NFLOG
q -D INPUT -m limit
q -N LOG
q -E nosuch x
q -D INPUT 1
q -R INPUT 1 -j ACCEPT
q -I INPUT 99
q -D INPUT 0
q -N x
q -N x
q -N y
q -E x y
q -A x -j y
q -X y
q -F nosuch
q -Z nosuch
q -L nosuch
q -X nosuch
q -X INPUT
q -E INPUT y
q -P x DROP
q -t nat -D PREROUTING 5
q -t mangle -Z nosuch
q -C INPUT -j ACCEPT
q -R OUTPUT 99 -j ACCEPT
q -A INPUT -j ACCEPT
q -R INPUT 3 -j ACCEPT
q -A OUTPUT -j ACCEPT
q -R OUTPUT 99 -j ACCEPT
q -A OUTPUT -j ACCEPT
q -X
q -D nosuch 1
q -R nosuch 1 -j ACCEPT
q -I nosuch -j ACCEPT
q -I nosuch 3 -j ACCEPT
q -A nosuch -j ACCEPT
q -N f2b
q -E nosuch f2b
q -E INPUT f2b
q -E nosuch INPUT
q -E f2b INPUT
q -E f2b f2b
q -A f2b -s 2001:db8::1
q -A f2b -s 2001:db8::1 -j ACCEPT
q -A INPUT -d fe80::/10 -j DROP
q -A INPUT -s nosuch.invalid -j DROP
