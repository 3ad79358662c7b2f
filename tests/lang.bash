# lang: what the tests of the language share: short ways to say "this text is refused with exactly
# these messages" and "this text becomes exactly these rules".
# shellcheck shell=bash disable=SC2154

CONF=/etc/rampart/rampart.conf
RULES=/etc/rampart/conf.d/10-a.rules
USES=/etc/rampart/conf.d/20-u.conf

# Standard error is exactly these lines, each behind "FILE:": messages FILE 'LINE: error: TEXT'...
messages() {
	local file=$1 expected='' message
	shift
	for message; do expected+=$file:$message$'\n'; done
	assert_equal "$stderr" "${expected%$'\n'}"
}

# A baseline that is refused, with exactly these messages: bad_config TEXT 'LINE: error: TEXT'...
bad_config() {
	echo "# baseline: $1"
	baseline "$1"
	shift
	run_rampart 2 show
	assert_equal "$output" ''
	messages "$CONF" "$@"
}

# A baseline that is taken, with nothing but these notes.
good_config() {
	echo "# baseline: $1"
	baseline "$1"
	shift
	run_rampart 0 show
	messages "$CONF" "$@"
}

# A drop-in that is refused, with exactly these messages.
bad_rules() {
	echo "# drop-in: $1"
	dropin 10-a.rules "$1"
	shift
	run_rampart 2 show
	assert_equal "$output" ''
	messages "$RULES" "$@"
}

# A file with template uses that is refused, with exactly these messages.
bad_uses() {
	echo "# uses: $1"
	dropin 20-u.conf "$1"
	shift
	run_rampart 2 show
	assert_equal "$output" ''
	messages "$USES" "$@"
}

# The rules of one family, under the chains that they were written for, in $WRITTEN; what was
# said on the way is in $stderr.
written() {
	run_rampart 0 show "-${1#ipv}"
	WRITTEN=$(grep '^-A' <<<"$output" | grep -v -- '^-A [^ ]* -j rampart-' |
		sed 's/^-A rampart-/-A /') || true
}

# The files, as they are now, become these rules: become IPV4-RULES [IPV6-RULES]
become() {
	written ipv4
	assert_equal "$WRITTEN" "$1"
	written ipv6
	assert_equal "$WRITTEN" "${2-$1}"
}

# A drop-in that becomes these rules, without a word: good_rules TEXT IPV4-RULES [IPV6-RULES]
good_rules() {
	echo "# drop-in: $1"
	dropin 10-a.rules "$1"
	shift
	become "$@"
	assert_equal "$stderr" ''
}

# A drop-in with exactly these bytes, written as printf's format.
dropin_bytes() {
	# shellcheck disable=SC2059
	printf -- "$2" >"$ROOT/$CONF_D/$1"
}

# A word of that many bytes: word LEN [LETTER]
word() {
	printf "%$1s" '' | tr ' ' "${2:-x}"
}
