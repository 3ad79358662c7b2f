#!/bin/bash
# test:
# every way to start a program
r() { echo "-m comment --comment $1 -j ACCEPT"; }
env iptables -A INPUT $(r env)
env -i /sbin/iptables -A INPUT $(r env-i)
env -i PATH=/sbin:/bin sh -c "iptables -A INPUT $(r env-i-sh)"
nice -n 5 iptables -A INPUT $(r nice)
timeout 5 iptables -A INPUT $(r timeout)
setsid -w iptables -A INPUT $(r setsid)
nohup iptables -A INPUT $(r nohup) >/dev/null 2>&1
(exec iptables -A INPUT $(r exec))
(exec -a firewall /usr/sbin/iptables -A INPUT $(r exec-a)) 2>/dev/null
builtin command iptables -A INPUT $(r command-p)
perl -e 'exec "iptables", split / /, $ARGV[0]' -- "-A INPUT $(r perl)"
flock /tmp/lock.$$ iptables -A INPUT $(r flock)
flock /tmp/lock.$$ -c "iptables -A INPUT $(r flock-c)"
time iptables -A INPUT $(r time) 2>/dev/null
! iptables -C INPUT $(r nosuch) 2>/dev/null && iptables -A INPUT $(r negated)
{ iptables -A INPUT $(r braces); } 2>&1 | cat >/dev/null
iptables -A INPUT $(r in-a-pipe) | { cat; iptables -A INPUT $(r last-of-a-pipe); }
echo $(iptables -A INPUT $(r substitution))
: "$(iptables -A INPUT $(r colon))"
cat <(iptables -A INPUT $(r process-substitution)); wait
iptables -A INPUT $(r no-stdin) <&-
iptables -A INPUT $(r closed-stdout) >&-
iptables -A INPUT $(r closed-stderr) 2>&-
exec 3</dev/null 4>/dev/null 5>&1 9>/dev/null
iptables -A INPUT $(r many-descriptors) 3<&- 7>&5
for fd in 3 4 5 9; do eval "exec $fd>&-"; done
iptables -A INPUT $(r descriptors-closed)
if iptables -A INPUT $(r if); then iptables -A INPUT $(r then); fi
for iptables in iptables; do $iptables -A INPUT $(r for-tool); done
alias fw=iptables; shopt -s expand_aliases
alias fw2='iptables -A INPUT'
fw2 $(r alias)
eval iptables -A INPUT $(r eval)
eval "$(echo 'iptables -A INPUT $(r eval-text)')"
iptables() { command iptables -w "$@"; }
iptables -A INPUT $(r function)
export -f iptables r; bash -c 'iptables -A INPUT $(r exported-function)'
unset -f iptables
IPTABLES='iptables -w 3' ; $IPTABLES -A INPUT $(r words-in-variable)
ip netns list >/dev/null 2>&1
ulimit -n 64; iptables -A INPUT $(r ulimit)
cd /tmp; umask 077; iptables -A INPUT $(r umask)
