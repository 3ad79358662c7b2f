
# test:
# pasted into /etc/rc.local long ago: no first line, and bash by habit

iptables -F; iptables -X
function allow() {
  local -a p=("$@")
  for x in "${p[@]}"; do iptables -A INPUT -p tcp --dport $x -j ACCEPT; done
}
allow 22 {8000..8002}
[[ -n $BASH_VERSION ]] && iptables -A INPUT -m comment --comment "bash"
source /dev/stdin <<<'iptables -A INPUT -m comment --comment "sourced"'
iptables -A INPUT -p udp --dport 53 -s 192.0.2.53 -j ACCEPT # the name server
iptables -A INPUT -p udp \
         --dport 123 \
         -j ACCEPT
iptables -A INPUT -i lo -j ACCEPT && \
iptables -A OUTPUT -o lo -j ACCEPT
if [ $EUID == 0 ]; then iptables -P INPUT DROP; fi
iptables -A INPUT -m comment --comment "${0##*/} ${#}" -j REJECT
