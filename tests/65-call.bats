# call: what is read off a command line of iptables is what the programs read, and rules that are
# called plain are taken by them.
#
# CALL_SEED=N CALL_COUNT=N tests/run tests/65-call.bats: other command lines, more of them
load helpers
load kernel

# The stage alone, with sanitizers where the compiler has them; its path is $DRIVER.
setup_file() {
	command -v cc >/dev/null || return 0
	local source=$BATS_TEST_DIRNAME/.. name files=()
	export DRIVER=$BATS_FILE_TMPDIR/call
	for name in addr arena buf call call_options call_words chainname diag optable plain \
		plain_options plain_values plain_words ruleline text token xalloc xtable; do
		files+=("$source/src/$name.c")
	done
	files=(-std=gnu11 -D_GNU_SOURCE -O1 -g -I"$source/src" -o "$DRIVER" "$source/tests/call.c"
		"${files[@]}" -lxxhash)
	cc -fsanitize=address,undefined -fno-sanitize-recover=all "${files[@]}" 2>/dev/null ||
		cc "${files[@]}"
}

driver() {
	[ -n "${DRIVER:-}" ] || skip 'no compiler'
}

random_calls() {
	local family
	for family in 4 6; do
		ns "$PYTHON" "$BATS_TEST_DIRNAME/call.py" --driver "$DRIVER" --backend "$BACKEND" \
			--family $family --locks "$BATS_TEST_TMPDIR" --seed "${CALL_SEED:-1}" \
			--count "${CALL_COUNT:-150}"
	done
}

random_rules() {
	local family
	for family in 4 6; do
		ns "$PYTHON" "$BATS_TEST_DIRNAME/plain.py" --driver "$DRIVER" --backend "$BACKEND" \
			--family $family --seed "${CALL_SEED:-1}" --count "$((${CALL_COUNT:-150} * 10))"
	done
}

@test "call: what it is sure of, the programs understood as well" {
	driver
	each_backend random_calls
}

@test "call: rules that it calls plain are taken, as one rule and without a word" {
	driver
	each_backend random_rules
}

@test "call: garbage is an answer, too" {
	driver
	"$PYTHON" "$BATS_TEST_DIRNAME/call.py" --driver "$DRIVER" --seed "${CALL_SEED:-1}" \
		--garbage "$((${CALL_COUNT:-150} * 20))"
}

# said WORDS...: the answer of the driver for iptables WORDS; strings in hex
said() {
	local line=4 word
	for word; do
		line+=" .$(printf %s "$word" | od -An -v -tx1 | tr -d ' \n')"
	done
	"$DRIVER" USER <<<"$line"
}

# sure|unsure, plain|-, then the rule as it is handed on: is 'sure plain -j ACCEPT' WORDS...
is() {
	local expected=$1 answer sure=unsure plain=- spec
	shift
	answer=$(said "$@")
	read -ra answer <<<"$answer"
	[ "${answer[0]}" = 0 ] || sure=sure
	[ "${answer[8]}" = 0 ] || plain=plain
	spec=$(perl -e 'print pack "H*", substr shift, 1' "${answer[9]}")
	assert_equal "$sure $plain${spec:+ }$spec" "$expected"
}

@test "call: what real scripts write is sure and plain, and stays as it is written" {
	driver
	is 'sure plain -i lo -j ACCEPT' -A INPUT -i lo -j ACCEPT
	is 'sure plain -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT' \
		-I INPUT 1 -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT
	is 'sure plain ! -s 10.0.0.0/8 -p TCP ! --syn -j DROP' -w 5 -A FORWARD ! -s 10.0.0.0/8 -p TCP ! --syn -j DROP
	is 'sure plain -p tcp --dport 80 -j DNAT --to 192.0.2.1:80' \
		-p tcp --dport 80 -t nat -A PREROUTING -j DNAT --to 192.0.2.1:80
	is 'sure plain -p tcp -m multiport --dport 80,443 -j USER' -A INPUT -p tcp -m multiport --dport 80,443 -j USER
	is 'sure plain -j LOG --log-prefix "-A INPUT: "' -A INPUT -j LOG --log-prefix '-A INPUT: '
	is 'sure plain -p udp --dport 53 -m ttl --ttl-lt 5 -j DROP' -A USER -p udp --dport 53 -m ttl --ttl-lt 5 -j DROP
	is 'sure plain -m owner ! --uid-owner 1000-1999 -j REJECT' \
		-A OUTPUT -m owner ! --uid-owner 1000-1999 -j REJECT
	is 'sure plain -m comment --comment "a \"b\" \\"' --append=INPUT -m comment --comment 'a "b" \' -4
}

@test "call: a rule that the program or the kernel has to be asked about is not plain" {
	driver
	is 'sure - -j OTHER' -A INPUT -j OTHER
	is 'sure - -j USER' -A USER -j USER
	is 'sure - -j MASQUERADE' -A POSTROUTING -j MASQUERADE
	is 'sure - -j DROP' -t nat -A PREROUTING -j DROP
	is 'sure - -p tcp --dport http' -A INPUT -p tcp --dport http
	is 'sure - --dport 22 -p tcp' -A INPUT --dport 22 -p tcp
	is 'sure - -s 192.0.2.1,192.0.2.2' -A INPUT -s 192.0.2.1,192.0.2.2
	is 'sure - -m limit --limit 1/day' -A INPUT -m limit --limit 1/day
	is 'sure - -m owner --uid-owner 0' -A INPUT -m owner --uid-owner 0
	is 'sure - -m owner --uid-owner 0' -A USER -m owner --uid-owner 0
	is 'sure - -m owner --uid-owner root' -A OUTPUT -m owner --uid-owner root
	is 'sure - -m ttl ! --ttl-lt 5' -A INPUT -m ttl ! --ttl-lt 5
	is 'sure - -i eth0' -A OUTPUT -i eth0
}

@test "call: what can be read in two ways, or has an output, is left to the program" {
	driver
	is 'unsure -' -A INPUT -s ! 192.0.2.1
	is 'unsure -' -A INPUT -ptcp
	is 'unsure -' -A INPUT -p tcp -p udp
	is 'unsure -' -A INPUT -A OUTPUT
	is 'unsure -' -A INPUT -v
	is 'unsure -' -A INPUT -c 1 2
	is 'unsure -' -A INPUT -j ACCEPT --
	is 'unsure -' -A 'a b'
	is 'unsure -' -A INPUT -m comment --comment $'a\nb'
	is 'unsure -' -I INPUT 0x1 -j ACCEPT
	is 'unsure -' -R INPUT 1 -s a,b
	is 'unsure -' -D INPUT 1 -j ACCEPT
	is 'unsure -' -N LOG
	is 'unsure -' -P INPUT REJECT
	is 'unsure -' -t nat -P INPUT DROP
	is 'unsure -' -t other -F
	is 'unsure -' -L -n
	is 'unsure -' -nvL INPUT
	is 'unsure -' -A INPUT -m policy --proto esp
	is 'unsure -' -A INPUT -6
}
