#!/bin/sh
# test: baseline=resolve=yes
# long names, short names, shortened names
iptables --append INPUT --protocol tcp --destination-port 22 --jump ACCEPT
iptables --append INPUT --proto tcp --dport 23 --ju ACCEPT
iptables --app INPUT --in-interface eth0 --source 10.0.0.0/8 --destination 192.0.2.10 -j ACCEPT
iptables --append INPUT --in-int eth1 --src 10.0.0.1 --dst 192.0.2.10 --match state --state NEW --goto ACC 2>/dev/null
iptables --new-chain ACC
iptables --new ACC2
iptables --append INPUT --in-int eth1 --src 10.0.0.1 --dst 192.0.2.10 --match state --state NEW --goto ACC
iptables --insert INPUT --protocol=udp --dport=53 --jump=ACCEPT 2>/dev/null || iptables -I INPUT -p udp --dport=53 --jump ACCEPT
iptables --insert INPUT 2 --protocol udp --source-port=53 --jump=DROP 2>/dev/null; iptables -A INPUT -m comment --comment "--jump=: $?"
iptables --table mangle --append PREROUTING --fragment --jump ACCEPT
iptables --table=mangle -A PREROUTING ! --fragment -j RETURN
iptables -tnat -A POSTROUTING -oeth0 -j MASQUERADE
iptables -A POSTROUTING -s 10.1.0.0/16 -j MASQUERADE -t nat
iptables -A INPUT -s10.0.0.9 -d192.0.2.9 -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "-s glued: $?"
iptables -A INPUT --source=10.0.0.9 --in-interface=eth0 -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "--source=: $?"
iptables -AINPUT -ieth0 -j ACCEPT
iptables --policy FORWARD DROP
iptables --delete INPUT --protocol tcp --dport 23 --jump ACCEPT
iptables --replace INPUT 1 --protocol udp --dport 54 --jump ACCEPT
iptables --check INPUT --protocol udp --dport 54 --jump ACCEPT || iptables -A INPUT -m comment --comment "check says no"
iptables --rename-chain ACC2 ACC3
iptables --zero INPUT
iptables --flush ACC3
iptables --delete-chain ACC3
iptables --list-rules INPUT | wc -l | while read n; do iptables -A INPUT -m comment --comment "rules: $n"; done
iptables --list INPUT --numeric --line-numbers | tail -n +3 | head -n 2 | tr -s ' ' | while read l; do iptables -A INPUT -m comment --comment "$l"; done
iptables -w --wait 5 -A INPUT -p tcp --dport 1 -j ACCEPT 2>/dev/null || iptables --wait=5 -A INPUT -p tcp --dport 2 -j ACCEPT
iptables -w5 -A INPUT -p tcp --dport 3 -j ACCEPT
iptables -A INPUT -p tcp --dport 4 -j ACCEPT -w
iptables -w 5 -W 1000 -A INPUT -p tcp --dport 5 -j ACCEPT 2>/dev/null || iptables -A INPUT -p tcp --dport 6 -j ACCEPT
iptables -4 -A INPUT -p tcp --dport 7 -j ACCEPT
ip6tables -6 -A INPUT -p tcp --dport 7 -j ACCEPT
ip6tables --ipv6 -A INPUT -p tcp --dport 8 -j ACCEPT
iptables -6 -A INPUT -p tcp --dport 9 -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "-6: $?"
iptables -j ACCEPT -p tcp --dport 10 -A INPUT
iptables -p tcp --dport 11 -A INPUT -j ACCEPT
iptables -A INPUT ! -s 10.0.0.1 ! -d 10.0.0.2 ! -i eth0 ! -p tcp -j ACCEPT
iptables -A INPUT ! --source 10.0.0.1 ! --in-interface eth+ -j ACCEPT
iptables -A INPUT -p ! tcp -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "-p !: $?"
iptables -A INPUT -p tcp ! --dport 12 ! --sport 1:1023 ! --syn -j ACCEPT
iptables -A INPUT -p tcp -m multiport ! --dports 1,2,3:5 -j ACCEPT
iptables -A INPUT -p tcp --p 13 -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "--p: $?"
iptables -A INPUT -m limit --limit 5 -j ACCEPT
iptables -A INPUT -m limit --limit 5/hou --limit-burst 1 -j ACCEPT
iptables -A INPUT -p all -s 0.0.0.0/0 -d any/0 -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "any: $?"
iptables -A INPUT -p 0 -s 0/0 -j ACCEPT
iptables -A INPUT -s 10.1/16 -d 10/8 -j ACCEPT
iptables -A INPUT -s 127.1 -d localhost -j ACCEPT
iptables -A INPUT -s 192.0.2.77/255.255.0.255 -j ACCEPT
iptables -A INPUT -s 192.0.2.77/24 -j ACCEPT
iptables -A INPUT -p tcp --dport ssh:http -j ACCEPT
iptables -A INPUT -p tcp --dport :22 --sport 1024: -j ACCEPT
iptables -A INPUT -p TCP --dport 0x50 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type 3/1 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type network-redirect -j ACCEPT
iptables -A INPUT -p tcp --tcp-flags=ALL ACK -j ACCEPT 2>/dev/null; iptables -A INPUT -m comment --comment "flags=: $?"
iptables -I INPUT 01 -m comment --comment "number 01"
iptables -I INPUT 0x2 -m comment --comment "number 0x2"
iptables -I INPUT +1 -m comment --comment "number +1"
iptables -A INPUT -- 2>/dev/null; iptables -A INPUT -m comment --comment "--: $?"
iptables -vA INPUT -p tcp --dport 14 -j ACCEPT >/dev/null
iptables -v -A INPUT -p tcp --dport 15 -j ACCEPT | md5sum | cut -c1-8 | while read s; do iptables -A INPUT -m comment --comment "-v says $s"; done
