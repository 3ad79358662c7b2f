#!/bin/sh
# test: args=start baseline=allow_sysctl={"net.ipv4.*"}
#
#  This is automatically generated file. DO NOT MODIFY !
#
#  Generated Tue Jun 12 21:14:07 2012 CEST by root

FWBDEBUG=""

cd / || exit 1

LSMOD="/sbin/lsmod"
MODPROBE="/sbin/modprobe"
IPTABLES="/sbin/iptables"
IP6TABLES="/sbin/ip6tables"
IPTABLES_RESTORE="/sbin/iptables-restore"
IP="/sbin/ip"
IFCONFIG="/sbin/ifconfig"
LOGGER="/usr/bin/logger"

log() {
    echo "$1"
    command -v "$LOGGER" >/dev/null 2>&1 && $LOGGER -p info "$1" 2>/dev/null
}

getInterfaceVarName() {
    echo $1 | sed 's/\./_/'
}

getaddr_internal() {
    dev=$1
    name=$2
    af=$3
    L=$($IP $af addr show dev $dev | sed -n '/inet/{s!.*inet6* !!;s!/.*!!p}' | sed 's/peer.*//')
    test -z "$L" && {
        eval "$name=''"
        return
    }
    eval "${name}_list=\"$L\""
}

getnet_internal() {
    dev=$1
    name=$2
    af=$3
    L=$($IP route list proto kernel | grep $dev | grep -v default | sed 's! .*$!!')
    eval "${name}_list=\"$L\""
}

getaddr() {
    getaddr_internal $1 $2 "-4"
}

find_program() {
    PGM=$1
    command -v $PGM >/dev/null 2>&1 || {
        echo "\"$PGM\" not found"
        exit 1
    }
}

check_tools() {
    find_program $IPTABLES
    find_program $IP
}

reset_iptables_v4() {
    $IPTABLES -P OUTPUT DROP
    $IPTABLES -P INPUT DROP
    $IPTABLES -P FORWARD DROP

    cat /proc/net/ip_tables_names 2>/dev/null | while read table; do
        $IPTABLES -t $table -L -n | while read c chain rest; do
            if test "X$c" = "XChain"; then
                $IPTABLES -t $table -F $chain
            fi
        done
        $IPTABLES -t $table -X
    done
}

load_modules() {
    :
    OPTS=$1
    MODULES_DIR="/lib/modules/$(uname -r)/kernel/net/"
    MODULES=$(find $MODULES_DIR -name '*conntrack*' 2>/dev/null | sed -e 's/^.*\///' -e 's/\([^\.]\)\..*/\1/')
    for module in $MODULES; do
        if $LSMOD | grep ${module} >/dev/null; then continue; fi
        $MODPROBE ${module} || exit 1
    done
}

verify_interfaces() {
    for i in lo eth0 eth1; do
        $IP link show "$i" > /dev/null 2>&1 || {
            log "Interface $i does not exist"
            exit 1
        }
    done
}

prolog_commands() {
    echo "Running prolog script"
}

epilog_commands() {
    echo "Running epilog script"
}

script_body() {
    # ================ IPv4
    # ================ Table 'filter', automatic rules
    # accept established sessions
    $IPTABLES -A INPUT   -m state --state ESTABLISHED,RELATED -j ACCEPT
    $IPTABLES -A OUTPUT  -m state --state ESTABLISHED,RELATED -j ACCEPT
    $IPTABLES -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT

    # ================ Table 'nat',  rule set NAT
    #
    # Rule 0 (NAT)
    #
    echo "Rule 0 (NAT)"
    #
    $IPTABLES -t nat -A POSTROUTING -o eth0   -s 10.0.0.0/24  -j SNAT --to-source 192.0.2.10
    #
    # Rule 1 (NAT)
    #
    echo "Rule 1 (NAT)"
    #
    $IPTABLES -t nat -N Cid3D90A5B3.0
    $IPTABLES -t nat -A PREROUTING  -p tcp -m tcp  -d 192.0.2.10  --dport 25 -j Cid3D90A5B3.0
    for i_eth1 in $i_eth1_list; do
        test -n "$i_eth1" && $IPTABLES -t nat -A Cid3D90A5B3.0  -s $i_eth1  -j RETURN
    done
    $IPTABLES -t nat -A PREROUTING  -p tcp -m tcp  -d 192.0.2.10  --dport 25 -j DNAT --to-destination 10.0.0.25

    # ================ Table 'filter', rule set Policy
    #
    # Rule 0 (eth0)
    #
    echo "Rule 0 (eth0)"
    #
    # anti spoofing rule
    $IPTABLES -N In_RULE_0
    for i_eth0 in $i_eth0_list; do
        test -n "$i_eth0" && $IPTABLES -A INPUT -i eth0   -s $i_eth0   -j In_RULE_0
        test -n "$i_eth0" && $IPTABLES -A FORWARD -i eth0   -s $i_eth0   -j In_RULE_0
    done
    $IPTABLES -A INPUT -i eth0   -s 10.0.0.0/24   -j In_RULE_0
    $IPTABLES -A FORWARD -i eth0   -s 10.0.0.0/24   -j In_RULE_0
    $IPTABLES -A In_RULE_0  -j LOG  --log-level info --log-prefix "RULE 0 -- DENY "
    $IPTABLES -A In_RULE_0  -j DROP
    #
    # Rule 1 (lo)
    #
    echo "Rule 1 (lo)"
    #
    $IPTABLES -A INPUT -i lo   -m state --state NEW  -j ACCEPT
    $IPTABLES -A OUTPUT -o lo   -m state --state NEW  -j ACCEPT
    #
    # Rule 2 (global)
    #
    echo "Rule 2 (global)"
    #
    $IPTABLES -N Cid4A.0
    $IPTABLES -A INPUT -s 10.0.0.0/24   -m state --state NEW  -j Cid4A.0
    $IPTABLES -A Cid4A.0 -p icmp  -m icmp  --icmp-type 8/0   -j ACCEPT
    $IPTABLES -A Cid4A.0 -p tcp -m tcp  -m multiport  --dports 53,22,80  -j ACCEPT
    $IPTABLES -A Cid4A.0 -p udp -m udp  -m multiport  --dports 53,123  -j ACCEPT
    $IPTABLES -A Cid4A.0 -p 50  -j ACCEPT
    #
    # Rule 3 (global)
    #
    echo "Rule 3 (global)"
    #
    $IPTABLES -N Cid5B.0
    $IPTABLES -A FORWARD -m state --state NEW -j Cid5B.0
    $IPTABLES -A Cid5B.0 -p tcp -m tcp -d 10.0.0.25 --dport 25 -m state --state NEW -j ACCEPT
    $IPTABLES -A Cid5B.0 ! -d 10.0.0.0/24 -s 10.0.0.0/24 -m state --state NEW -j ACCEPT
    $IPTABLES -A OUTPUT -m state --state NEW -j ACCEPT
    #
    # Rule 4 (global)
    #
    echo "Rule 4 (global)"
    #
    $IPTABLES -N RULE_4
    $IPTABLES -A OUTPUT  -j RULE_4
    $IPTABLES -A INPUT  -j RULE_4
    $IPTABLES -A FORWARD  -j RULE_4
    $IPTABLES -A RULE_4  -j LOG  --log-level info --log-prefix "RULE 4 -- DENY "
    $IPTABLES -A RULE_4  -j DROP
}

ip_forward() {
    :
    echo 1 > /proc/sys/net/ipv4/ip_forward
}

test -z "$cmd" && {
    cmd="$1"
}

case "$cmd" in
    start)
        log "Activating firewall script"
        check_tools
        prolog_commands
        reset_iptables_v4
        load_modules "nat "
        verify_interfaces
        getaddr eth0  i_eth0
        getaddr eth1  i_eth1
        script_body
        ip_forward
        epilog_commands
        RETVAL=$?
        ;;

    stop)
        reset_iptables_v4
        $IPTABLES -P OUTPUT ACCEPT
        $IPTABLES -P INPUT ACCEPT
        $IPTABLES -P FORWARD ACCEPT
        RETVAL=$?
        ;;
    *)
        echo "Usage $0 [start|stop]"
        ;;
esac

exit $RETVAL
