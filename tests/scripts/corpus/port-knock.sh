#!/bin/bash
# test:
# Port knocking with -m recent: 7000, 8000, 9000 in this order opens ssh for 30 seconds.

IPTABLES=/usr/sbin/iptables
KNOCKS=(7000 8000 9000)
OPEN_FOR=30
WITHIN=10

$IPTABLES -F
$IPTABLES -X
$IPTABLES -Z

$IPTABLES -N KNOCKING
for ((i = 1; i <= ${#KNOCKS[@]}; i++)); do
    $IPTABLES -N GATE$i
done
$IPTABLES -N PASSED

$IPTABLES -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
$IPTABLES -A INPUT -i lo -j ACCEPT
$IPTABLES -A INPUT -j KNOCKING

$IPTABLES -A GATE1 -p tcp --dport ${KNOCKS[0]} -m recent --name AUTH1 --set -j DROP
$IPTABLES -A GATE1 -j DROP

for ((i = 2; i <= ${#KNOCKS[@]}; i++)); do
    $IPTABLES -A GATE$i -m recent --name AUTH$((i - 1)) --remove
    $IPTABLES -A GATE$i -p tcp --dport ${KNOCKS[$((i - 1))]} -m recent --name AUTH$i --set -j DROP
    $IPTABLES -A GATE$i -j GATE1
done

$IPTABLES -A PASSED -m recent --name AUTH${#KNOCKS[@]} --remove
$IPTABLES -A PASSED -p tcp --dport 22 -j ACCEPT
$IPTABLES -A PASSED -j GATE1

$IPTABLES -A KNOCKING -m recent --rcheck --seconds $OPEN_FOR --name AUTH3 -j PASSED
$IPTABLES -A KNOCKING -m recent --rcheck --seconds $WITHIN --name AUTH2 -j GATE3
$IPTABLES -A KNOCKING -m recent --rcheck --seconds $WITHIN --name AUTH1 -j GATE2
$IPTABLES -A KNOCKING -j GATE1

# brute force on what is open
$IPTABLES -I PASSED 2 -p tcp --dport 22 -m recent --name ssh --update --seconds 60 --hitcount 4 --rttl -j DROP
$IPTABLES -I PASSED 3 -p tcp --dport 22 -m recent --name ssh --set --rsource
$IPTABLES -P INPUT DROP
