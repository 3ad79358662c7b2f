# apply: live is made to match wanted, by edits.
load helpers

applies_twice() {
	run_rampart 0 apply
	assert_output_line "applied ($BACKEND, merge)"
	assert_equal "$(rules ipv4 filter INPUT)" '-A INPUT -j rampart-INPUT'
	assert_equal "$(rules ipv6 filter rampart-INPUT)" '-A rampart-INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	assert_output_line "nothing to do: live is as wanted ($BACKEND, merge)"
}

@test "apply: live matches wanted, and the second time there is nothing to do" {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	each_backend applies_twice
}
