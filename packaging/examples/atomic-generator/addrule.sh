# addrule.sh: to be sourced. Collects rules and loads them in one step.
#
#   rules_begin NAME.rules    start a drop-in of that name
#   addrule ARG...            one rule, as for iptables: change "iptables" to "addrule"
#   load_rules                validate, put in place, apply; 1 if it was refused
#
# RAMPART: the program, with options if any. CONF_D: the drop-in directory.
# shellcheck shell=sh disable=SC2086 # $RAMPART is a command with its options

RAMPART=${RAMPART:-rampart}
CONF_D=${CONF_D:-/etc/rampart/conf.d}

rules_begin() {
	rules_name=$1
	rules_file=$(mktemp)
}

# Inside double quotes only '"' and '\' are special, and a backslash takes their meaning away.
addrule() {
	rules_line=
	for rules_arg in "$@"; do
		rules_arg=$(printf '%s.' "$rules_arg" | sed 's/["\\]/\\&/g')
		rules_line="$rules_line${rules_line:+ }\"${rules_arg%.}\""
	done
	printf '%s\n' "$rules_line" >>"$rules_file"
}

load_rules() {
	if ! $RAMPART validate --quiet --as "$rules_name" "$rules_file"; then
		echo "rules refused:" >&2
		cat "$rules_file" >&2
		rm -f "$rules_file"
		return 1
	fi
	chmod 644 "$rules_file" && mv "$rules_file" "$CONF_D/$rules_name" && $RAMPART apply
}
