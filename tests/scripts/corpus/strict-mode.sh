#!/usr/bin/env bash
# test:
# The careful kind.
set -euo pipefail
IFS=$'\n\t'

readonly CHAIN="APP-INGRESS"
readonly -a PORTS=(80 443 8443)
readonly -a SOURCES=("203.0.113.0/24" "198.51.100.0/24")

err() { printf 'error: %s\n' "$*" >&2; }
die() { err "$@"; exit 1; }

require() {
    local tool
    for tool in "$@"; do
        command -v -- "$tool" >/dev/null 2>&1 || die "$tool is needed"
    done
}

ensure_chain() {
    local table=$1 chain=$2
    iptables -t "$table" -N "$chain" 2>/dev/null || true
    iptables -t "$table" -F "$chain"
}

ensure_jump() {
    local table=$1 from=$2 to=$3
    if ! iptables -t "$table" -C "$from" -j "$to" 2>/dev/null; then
        iptables -t "$table" -I "$from" 1 -j "$to"
    fi
}

main() {
    require iptables ip6tables awk sed
    [[ ${EUID} -eq 0 ]] || die "must be root"

    for _ in 1 2; do
        ensure_chain filter "$CHAIN"
        ensure_jump filter INPUT "$CHAIN"
    done

    local source port
    for source in "${SOURCES[@]}"; do
        for port in "${PORTS[@]}"; do
            iptables -A "$CHAIN" -s "$source" -p tcp -m tcp --dport "$port" -m comment --comment "app ${port} from ${source}" -j ACCEPT
        done
    done
    iptables -A "$CHAIN" -p tcp -m multiport --dports "$(IFS=,; echo "${PORTS[*]}")" -j DROP
    iptables -A "$CHAIN" -j RETURN

    ip6tables -D INPUT -j "$CHAIN" 2>/dev/null || true
    ip6tables -F "$CHAIN" 2>/dev/null || true
    ip6tables -X "$CHAIN" 2>/dev/null || true

    local count
    count=$(iptables -S "$CHAIN" | grep -c -- '-j ACCEPT' || true)
    (( count == ${#SOURCES[@]} * ${#PORTS[@]} )) || die "expected more rules than $count"
    iptables -S "$CHAIN" | awk '/DROP/ { found = 1 } END { exit !found }'
    iptables -A INPUT -m comment --comment "checked ${count}" -j RETURN
}

main "$@"
