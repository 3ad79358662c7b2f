#!/bin/bash
# test:
# comments and prefixes that people really write, and some that they should not

c() { iptables -A INPUT -m comment --comment "$1" -j ACCEPT; }
c 'plain'
c 'two words'
c "it's"
c 'say "hello"'
c 'back\slash and \" both \\'
c '$HOME `id` $(id) ${x}'
c '*'
c '* ? [a-z] ~'
c '#hash'
c '# hash first'
c ' leading and trailing '
c '-A INPUT -j DROP'
c '-'
c '--'
c '-t'
c '!'
c '! -s 10.0.0.0/8'
c 'tab	in it'
c '%s %d 100%'
c ';rm -rf /; echo'
c 'a|b&c>d<e'
c 'ümläut — dash ✓'
c $'latin1 \xfc\xff'
c '[0:0] -A INPUT'
c 'COMMIT'
c '*nat'
c ':CHAIN - [0:0]'
c ''"'"
c '"'
c '\'
c "$(printf 'x%.0s' $(seq 255))"
c "a,b;c"
c '{} {1..3}'
c $'\x01\x1b[31mred\x7f'

l() { iptables -A FORWARD -j LOG --log-prefix "$1"; }
l 'IN: '
l '-A INPUT: '
l '--log-level 4'
l '"quoted" '
l "it's "
l 'back\slash '
l '!'
l '29 characters, that is all..:'
l $'tab\t'
l '[FW] DROP ($1) '

iptables -A OUTPUT -m string --string 'GET /a "b" c' --algo bm -j DROP
iptables -A OUTPUT -m string --hex-string '|0d0a|x|20|' --algo kmp -j DROP
iptables -A OUTPUT -m string --string "it's" --algo bm --from 1 --to 100 -j DROP
iptables -A OUTPUT -j NFLOG --nflog-prefix 'nf "log" \ here' --nflog-group 3
iptables -A OUTPUT -m recent --name 'odd.name-1' --set
iptables -A OUTPUT -i '' -j ACCEPT 2>/dev/null
iptables -A OUTPUT -o 'eth0.1' -j ACCEPT
iptables -A OUTPUT -o 'a-b_c@d' -j ACCEPT
iptables -A "OUTPUT" "-m" "comment" "--comment" "all quoted" "-j" "ACCEPT"
iptables -A OUTPUT -m comment --comment=glued -j ACCEPT
iptables -A OUTPUT -m comment --comment "twice" -m comment --comment "over" -j ACCEPT
iptables -A OUTPUT -mcomment --comment "short glued" -j ACCEPT
iptables -A OUTPUT -m comment --comment a\ b\"c\'d
iptables -N 'c#1'
iptables -N 'c[2]'
iptables -N "c'3" 2>/dev/null
iptables -A 'c#1' -j 'c[2]'
