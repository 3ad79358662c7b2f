# rules: the language of a rules drop-in (rampart.rules(5)).
load helpers

@test "rules: a line without a table goes to filter" {
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 show -4
	assert_output_line '*filter'
	assert_output_line '-A rampart-INPUT -i lo -j ACCEPT'
}

@test "rules: an unknown set is an error that gives its line" {
	dropin 20-web.rules '-A INPUT -p tcp --dport $PROT -j ACCEPT'
	run_rampart 2 validate
	assert_error_line "/etc/rampart/conf.d/20-web.rules:1: error: unknown set 'PROT'"
}
