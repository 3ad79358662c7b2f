#!/bin/bash
# test: files=simple.rules4,broken.rules4 errors=warn
# from files: by redirection, as argument, tested first, and a broken one

here=$(dirname "$0")
note() { ip6tables -A INPUT -m comment --comment "$*"; }

iptables -A OUTPUT -m comment --comment "goes away" -j DROP
iptables -t mangle -A OUTPUT -m comment --comment "stays" -j ACCEPT
iptables-restore --test "$here/simple.rules4"; note "test $?"
iptables-restore -t <"$here/broken.rules4" 2>/dev/null; note "broken test $?"
note "after the tests $(iptables -S | wc -l)"
iptables-restore <$here/simple.rules4; note "load $?"
iptables-restore -c -n <"$here/simple.rules4"; note "again $?, $(iptables -S allow | wc -l)"
iptables-restore simple.rules4 || exit; note "by argument, $(iptables -S allow | wc -l)"
iptables-restore </nosuchfile; note "none $?"
iptables-restore /nosuchfile 2>/dev/null; note "none by argument $?"
iptables-restore -n <broken.rules4; note "broken $?"
note "$(iptables -S INPUT | grep -c 'dport 1 ') $(iptables -t mangle -S | wc -l) $(iptables -t nat -S | grep -c 'dport 3 ')"
cat broken.rules4 | sed s/NOSUCHTARGET/ACCEPT/ | iptables-restore -n; note "mended $?"
echo '*filter' | iptables-restore -n; note "no commit $?"
printf '*filter\n-A INPUT -j ACCEPT\n' | iptables-restore -n 2>/dev/null; note "no commit with a rule $?"
printf -- '-A INPUT -j ACCEPT\n' | iptables-restore -n 2>/dev/null; note "no table $?"
printf '*filter\nCOMMIT\n' | iptables-restore -n; note "nothing $?"
: | iptables-restore; note "empty $?"
printf '*filter\r\nCOMMIT\r\n' | iptables-restore -n 2>/dev/null; note "cr lf $?"
printf '*nosuch\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "no such table $?"
printf '\n\n# x\n*filter\n\n-A FORWARD -s 10.0.0.1 -j DROP\n# y\nCOMMIT\n# z\n' | iptables-restore -n; note "blank lines $?"
printf '*filter\n-A FORWARD -s 2001:db8::1 -j DROP\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "other family $?"
printf '*filter\n:INPUT NONSENSE\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "bad policy $?"
printf '*filter\n:allow - [0:0]\n-A allow -p udp -j ACCEPT\nCOMMIT\n' | iptables-restore -n; note "declared again $(iptables -S allow | wc -l)"
printf '*filter\n-X nosuch\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "X of none $?"
printf '*filter\n-N allow\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "N twice $?"
printf '*filter\n  -A FORWARD   -s   10.0.0.2   -j DROP\nCOMMIT\n' | iptables-restore -n; note "blanks $?"
printf '*filter\n-A FORWARD -m comment --comment "a b" -j DROP\n-A FORWARD -m comment --comment "c\\"d" -j DROP\nCOMMIT\n' | iptables-restore -n; note "quotes $?"
printf '*filter\n-A FORWARD -j DROP # not a comment\nCOMMIT\n' | iptables-restore -n 2>/dev/null; note "trailing # $?"
iptables-restore -n -w 2 --wait-interval 1000 <simple.rules4 2>/dev/null; note "-w $?"
iptables-restore -V >/dev/null; note "-V $?"
iptables-restore --nosuch </dev/null >/dev/null 2>&1; note "unknown option $?"
