#!/bin/bash
# test: files=functions.inc,lib/more.inc,blocked.list
# what several of our firewalls share is in functions.inc

FW_DIR=$(cd "$(dirname "$0")" && pwd)
FW_TAG="lib of $(basename "$FW_DIR")"
source "$FW_DIR/functions.inc"
[ -r ./missing.inc ] && . ./missing.inc
. ./functions.inc

fw_chain fw-in
fw_chain fw-block
fw_chain fw-in
fw_list blocked.list fw_block
fw_allow tcp 22 192.0.2.0/24
fw_allow tcp 80
fw_allow udp 53
$IPTABLES -A INPUT -j fw-block
$IPTABLES -A INPUT -j fw-in
if [ "$(readlink -f "${BASH_SOURCE[0]}")" = "$(readlink -f "$0")" ]; then
	$IPTABLES -A INPUT -m comment --comment "run, not sourced" -j RETURN
fi
return 2>/dev/null
$IPTABLES -A INPUT -m comment --comment "return says no at the top" -j DROP
