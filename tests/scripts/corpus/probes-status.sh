#!/bin/bash
# test:
# the exit codes of everything, quietly; with what each left
rc() { "$@" >/dev/null 2>&1; printf '%s ' $?; }
all() {
	local t=$1
	rc $t -N a; rc $t -N a; rc $t -N b
	rc $t -A a -j b; rc $t -A b -j a; rc $t -A a -j a
	rc $t -A INPUT -j a; rc $t -X a; rc $t -X b; rc $t -X
	rc $t -A INPUT -j nosuch; rc $t -A nosuch -j ACCEPT; rc $t -I nosuch -j ACCEPT
	rc $t -I INPUT 1 -j ACCEPT; rc $t -I INPUT 3 -j DROP; rc $t -I INPUT 5 -j DROP; rc $t -I INPUT 0 -j DROP
	rc $t -R INPUT 3 -j RETURN; rc $t -R INPUT 4 -j RETURN; rc $t -R INPUT 0 -j RETURN; rc $t -R INPUT x -j RETURN; rc $t -R nosuch 1 -j RETURN
	rc $t -D INPUT 3; rc $t -D INPUT 3; rc $t -D INPUT -j DROP; rc $t -D nosuch 1; rc $t -D INPUT -j nosuch; rc $t -D INPUT
	rc $t -C INPUT -j ACCEPT; rc $t -C INPUT -j DROP; rc $t -C nosuch -j ACCEPT; rc $t -C INPUT -m nosuch
	rc $t -E a c; rc $t -E a d; rc $t -E c b; rc $t -E c INPUT; rc $t -E c -x
	rc $t -F nosuch; rc $t -F c; rc $t -Z nosuch; rc $t -Z c; rc $t -Z INPUT 1; rc $t -Z INPUT 9
	rc $t -P INPUT DROP; rc $t -P INPUT drop; rc $t -P c DROP; rc $t -P INPUT c; rc $t -P INPUT; rc $t -P nosuch DROP
	rc $t -t nat -P OUTPUT DROP; rc $t -t nosuch -F; rc $t -t nat -A INPUT -j DROP; rc $t -t nat -A FORWARD -j ACCEPT
	rc $t -t raw -A INPUT -j ACCEPT; rc $t -t mangle -A OUTPUT -j REJECT; rc $t -t filter -A INPUT -j MASQUERADE
	rc $t -L nosuch; rc $t -S nosuch; rc $t -L; rc $t -S; rc $t -L INPUT 77; rc $t -S INPUT 77; rc $t -Ln; rc $t -nL
	rc $t; rc $t -V; rc $t -h; rc $t --nosuch; rc $t -A; rc $t foo; rc $t -A INPUT foo; rc $t -A -N
	rc $t -w 5 -L; rc $t -w5 -L -n; rc $t -w x -L; rc $t --wait=3 -S; rc $t -W 5 -S; rc $t -4 -S; rc $t -6 -S
	rc $t -N ""; rc $t -N LOG; rc $t -N INPUT; rc $t -N -y; rc $t -N '!y'; rc $t -N 'a b'; rc $t -N "$(printf 'n%.0s' {1..28})"; rc $t -N "$(printf 'o%.0s' {1..29})"
	rc $t -A c -p tcp --dport 1; rc $t -A c --dport 1; rc $t -A c -p tcp --dport x; rc $t -A c -p tcp --dport 65536
	rc $t -A c -m comment; rc $t -A c -m comment --comment; rc $t -A c --comment x; rc $t -A c -m comment --comment x
	rc $t -A INPUT -o lo -j ACCEPT; rc $t -A OUTPUT -i lo -j ACCEPT; rc $t -A c -i lo -o lo -j ACCEPT; rc $t -A c -i "" -j ACCEPT
	rc $t -A c -i 'a/b' -j ACCEPT; rc $t -A c -i 'a b' -j ACCEPT; rc $t -A c -i sixteen-letters+ -j ACCEPT; rc $t -A c -i fifteen-letter+ -j ACCEPT
	rc $t -A c -s nosuch.invalid -j ACCEPT; rc $t -A c -s 999.1.1.1 -j ACCEPT; rc $t -A c -s ::1 -j ACCEPT; rc $t -A c -s 127.0.0.1 -j ACCEPT; rc $t -A c -s 0 -j ACCEPT
	rc $t -A c -j ACCEPT -j DROP; rc $t -A c -g c; rc $t -A c -g ACCEPT; rc $t -A c -j ""; rc $t -A c ! -j ACCEPT; rc $t -A c ! ! -s ::1
	rc $t -F b; rc $t -F c # no loop stays
	rc $t-save -t filter; rc $t-save -t nosuch; rc $t-save --nosuch; rc $t-save x
	rc $t-restore -n; rc $t-restore --nosuch; rc $t-restore /nosuch; rc $t-restore -V
}
for t in iptables ip6tables; do
	n=0
	for s in $(all $t); do
		line="$line$s "; n=$((n + 1))
		[ $((n % 40)) -ne 0 ] || { iptables -t mangle -A PREROUTING -m comment --comment "$t $n: $line"; line=; }
	done
	iptables -t mangle -A PREROUTING -m comment --comment "$t $n: $line"; line=
done
