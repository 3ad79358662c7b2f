iptables -A INPUT -j ACCEPT
