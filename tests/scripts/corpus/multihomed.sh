#!/bin/bash
# test:
# Two uplinks: answers go out where the question came in; bulk traffic prefers the second line.
declare -A UPLINK=([eth0]=192.0.2.10 [eth1]=10.0.0.1)
declare -A MARK=([eth0]=0x1 [eth1]=0x2)
ORDER=(eth0 eth1)

ipt() { /sbin/iptables "$@"; }
mangle() { ipt -t mangle "$@"; }
nat() { ipt -t nat "$@"; }

mangle -F
mangle -X
nat -F
nat -X

mangle -N RESTORE
mangle -A RESTORE -j CONNMARK --restore-mark
mangle -A RESTORE -m mark ! --mark 0 -j ACCEPT

mangle -A PREROUTING -j RESTORE
mangle -A OUTPUT -j RESTORE

for dev in "${ORDER[@]}"; do
    addr=$(ip -o -4 addr show dev "$dev" | awk '{ sub("/.*", "", $4); print $4; exit }')
    if [[ $addr != "${UPLINK[$dev]}" ]]; then
        echo "$dev has $addr instead of ${UPLINK[$dev]}" >&2
        exit 1
    fi
    chain="FROM_${dev^^}"
    mangle -N "$chain"
    mangle -A "$chain" -j MARK --set-mark "${MARK[$dev]}"
    mangle -A "$chain" -j CONNMARK --save-mark
    mangle -A PREROUTING -i "$dev" -m conntrack --ctstate NEW -j "$chain"
    nat -A POSTROUTING -o "$dev" -j SNAT --to-source "$addr"
    ipt -A INPUT -i "$dev" -d "$addr" -m connmark --mark "${MARK[$dev]}" -j ACCEPT
done

# bulk
mangle -N BULK
mangle -A BULK -p tcp -m multiport --dports 20,21,873,6881:6999 -j MARK --set-xmark 0x2/0xff
mangle -A BULK -p tcp --sport 80 -m connbytes --connbytes 10485760: --connbytes-dir both --connbytes-mode bytes -j MARK --or-mark 0x10
mangle -A BULK -m mark --mark 0x2/0xff -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
mangle -A BULK -j RETURN
mangle -I PREROUTING 2 -i br-lan -j BULK

mangle -A POSTROUTING -p tcp -m tos --tos Minimize-Delay -j DSCP --set-dscp-class EF
mangle -A POSTROUTING -p udp --dport 5060 -j TOS --set-tos 0x10
mangle -A FORWARD -m mark --mark 0x10/0x10 -j MARK --and-mark 0xffffffef
mangle -A FORWARD -m mark --mark 0x20 -j MARK --xor-mark 0x30

echo "routes: $(ip route show default | wc -l) default" 
