# wrong rule: what the kernel holds after an apply is what was written, for random rules in
# random spelling; and what the restore programs refuse, rampart refuses.
#
# WRONG_RULE_SEED=N WRONG_RULE_COUNT=N tests/run tests/62-wrong-rule.bats: other rules, more of them
load helpers

wrong_rule() { # valid|garbage COUNT
	local root=$ROOT/$BACKEND
	mkdir -p "$root/$CONF_D" "$root/$TEMPLATES" "$root/run" "$root/var/lib"
	ns python3 "$BATS_TEST_DIRNAME/wrong_rule.py" "$1" --backend "$BACKEND" \
		--rampart "$RAMPART" --root "$root" --seed "${WRONG_RULE_SEED:-1}" \
		--count "${WRONG_RULE_COUNT:-$2}"
}

@test "wrong rule: random rules are in the kernel as iptables-restore would put them there" {
	each_backend wrong_rule valid 900
}

@test "wrong rule: garbage that iptables-restore refuses is refused, the rest is the same rule" {
	each_backend wrong_rule garbage 150
}

@test "wrong rule: a save of random rules is a drop-in as it stands" {
	each_backend wrong_rule dump 500
}
