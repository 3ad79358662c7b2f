#!/bin/bash
# test:
# lists of addresses, and long ones
iptables -A INPUT -s 10.0.0.1,10.0.0.2,10.0.0.3 -j ACCEPT
iptables -A INPUT -s 10.1.0.0/16,10.2.0.0/16 -d 192.0.2.1,192.0.2.2 -p tcp --dport 22 -j ACCEPT
iptables -I INPUT -s 10.3.0.1,10.3.0.2 -d 192.0.2.3,192.0.2.4 -j DROP
iptables -I INPUT 3 -s 10.4.0.1,10.4.0.2 -j DROP
iptables -C INPUT -s 10.0.0.1,10.0.0.3 -j ACCEPT && iptables -A OUTPUT -m comment --comment "both there"
iptables -C INPUT -s 10.0.0.1,10.0.0.9 -j ACCEPT 2>/dev/null || iptables -A OUTPUT -m comment --comment "one missing"
iptables -D INPUT -s 10.0.0.1,10.0.0.3 -j ACCEPT
iptables -D INPUT -s 10.0.0.2,10.0.0.8 -j ACCEPT 2>/dev/null || iptables -A OUTPUT -m comment --comment "not deleted $(iptables -S INPUT | grep -c 10.0.0.2/)"
iptables -A INPUT ! -s 10.5.0.0/16,10.6.0.0/16 -j DROP 2>/dev/null || iptables -A OUTPUT -m comment --comment "no negated lists"
iptables -R INPUT 1 -s 10.7.0.1,10.7.0.2 -j DROP 2>/dev/null || iptables -A OUTPUT -m comment --comment "no lists in -R"
ip6tables -A INPUT -s 2001:db8::1,2001:db8::2,fe80::/10 -d ::/0,::1 -j ACCEPT
many=$(for i in {1..120}; do printf '%s' "${sep}198.51.100.$i"; sep=,; done)
iptables -A FORWARD -s "$many" -j DROP
iptables -A OUTPUT -m comment --comment "$(iptables -S FORWARD | grep -c 198.51.100) of 120"
iptables -D FORWARD -s "$many" -j DROP
iptables -A FORWARD -s "${many%,*}" -d 203.0.113.0/24 -j DROP
iptables -A FORWARD -s 10.8.0.1,10.8.0.1 -j ACCEPT
iptables -D FORWARD -s 10.8.0.1 -j ACCEPT
iptables -A FORWARD -s 10.9.0.0/255.255.255.0,10.9.1.5/24 -j ACCEPT
iptables -A FORWARD -s 10.10.0.1, -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "trailing comma $?"
iptables -A FORWARD -s "10.10.0.1, 10.10.0.2" -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "blank $?"
iptables -A FORWARD -p tcp -m multiport --dports 1,3:5,7,9:11,ssh,http -j ACCEPT
iptables -A FORWARD -p tcp -m multiport --ports 15,14,13 -m multiport --sports 1 -j ACCEPT
iptables -A FORWARD -m iprange --src-range 10.0.0.5-10.0.0.50 ! --dst-range 10.1.0.0-10.1.0.9 -j ACCEPT
iptables -A FORWARD -m state --state NEW,RELATED,ESTABLISHED,INVALID,UNTRACKED -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate SNAT,DNAT,NEW -j ACCEPT
long=$(printf 'x%.0s' {1..300})
iptables -A FORWARD -m comment --comment "$long" -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "300 bytes: $?"
iptables -A FORWARD -m comment --comment "${long:0:256}" -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "256 bytes: $?"
iptables -A FORWARD -m comment --comment "${long:0:255}" -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "255 bytes: $?"
args=(); for i in {1..60}; do args+=(-m comment --comment "n$i"); done
iptables -A FORWARD "${args[@]}" -j ACCEPT 2>/dev/null; iptables -A OUTPUT -m comment --comment "60 comments: $?"
