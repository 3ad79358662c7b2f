# script corpus: scripts as they are found in the field (tests/scripts/corpus), natively and as
# drop-ins: what both families hold afterwards must be the same, on both backends.
load helpers

CORPUS=$BATS_TEST_DIRNAME/scripts/corpus

same() { # NAME
	unshare -m mount -t overlay -o lowerdir=/etc:/var none /mnt || skip 'no overlay file system'
	local backend failed=0
	for backend in nft legacy; do
		"$BATS_TEST_DIRNAME/scripts/differential" "$CORPUS/$1.sh" $backend 3>&- || failed=1
	done
	[ $failed -eq 0 ]
}

@test "script corpus: every script has its test" {
	assert_equal "$(sed -n 's/^@test .* { same \(.*\); }$/\1.sh/p' "$BATS_TEST_FILENAME" | sort)" \
		"$(cd "$CORPUS" && printf '%s\n' *.sh | sort)"
}

# The comparison itself, of a rampart that does nothing, and of one that refuses.
@test "script corpus: a difference is found, and a refusal" {
	printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/rampart"
	chmod 755 "$BATS_TEST_TMPDIR/rampart"
	printf 'iptables -A INPUT -j DROP\n' >"$BATS_TEST_TMPDIR/a.sh"
	status=0
	output=$(RAMPART=$BATS_TEST_TMPDIR/rampart "$BATS_TEST_DIRNAME/scripts/differential" \
		"$BATS_TEST_TMPDIR/a.sh" nft 3>&-) || status=$?
	assert_equal "$status" 1
	assert_output_line '--A INPUT -j DROP'
	sed -i 's/^exit 0$/exit 2/' "$BATS_TEST_TMPDIR/rampart"
	status=0
	RAMPART=$BATS_TEST_TMPDIR/rampart "$BATS_TEST_DIRNAME/scripts/differential" \
		"$BATS_TEST_TMPDIR/a.sh" nft 3>&- || status=$?
	assert_equal "$status" 2
}

@test "script corpus: abbreviations" { same abbreviations; }
@test "script corpus: accounting" { same accounting; }
@test "script corpus: background" { same background; }
@test "script corpus: crlf all" { same crlf-all; }
@test "script corpus: crlf first line" { same crlf-first-line; }
@test "script corpus: dash init" { same dash-init; }
@test "script corpus: docker user" { same docker-user; }
@test "script corpus: dos limits" { same dos-limits; }
@test "script corpus: dual stack" { same dual-stack; }
@test "script corpus: emptied early" { same emptied-early; }
@test "script corpus: emptied tables" { same emptied-tables; }
@test "script corpus: env and path" { same env-and-path; }
@test "script corpus: eval wrapper" { same eval-wrapper; }
@test "script corpus: exec log" { same exec-log; }
@test "script corpus: exit in the middle" { same exit-in-the-middle; }
@test "script corpus: failing" { same failing; }
@test "script corpus: fallbacks" { same fallbacks; }
@test "script corpus: files beside" { same files-beside; }
@test "script corpus: fwbuilder like" { same fwbuilder-like; }
@test "script corpus: getopts" { same getopts; }
@test "script corpus: here strings" { same here-strings; }
@test "script corpus: idempotent" { same idempotent; }
@test "script corpus: inserts and numbers" { same inserts-and-numbers; }
@test "script corpus: ipset blocklist" { same ipset-blocklist; }
@test "script corpus: library" { same library; }
@test "script corpus: lists" { same lists; }
@test "script corpus: modprobe" { same modprobe; }
@test "script corpus: mss clamp" { same mss-clamp; }
@test "script corpus: multihomed" { same multihomed; }
@test "script corpus: no final newline" { same no-final-newline; }
@test "script corpus: no first line" { same no-first-line; }
@test "script corpus: port knock" { same port-knock; }
@test "script corpus: probes absent" { same probes-absent; }
@test "script corpus: probes errors" { same probes-errors; }
@test "script corpus: probes help" { same probes-help; }
@test "script corpus: probes list" { same probes-list; }
@test "script corpus: probes rules" { same probes-rules; }
@test "script corpus: probes save" { same probes-save; }
@test "script corpus: probes status" { same probes-status; }
@test "script corpus: quoting" { same quoting; }
@test "script corpus: raw notrack" { same raw-notrack; }
@test "script corpus: remade chains" { same remade-chains; }
@test "script corpus: restore file" { same restore-file; }
@test "script corpus: restore mixed" { same restore-mixed; }
@test "script corpus: router nat" { same router-nat; }
@test "script corpus: router restart" { same router-restart; }
@test "script corpus: router stop" { same router-stop; }
@test "script corpus: save filter restore" { same save-filter-restore; }
@test "script corpus: security table" { same security-table; }
@test "script corpus: self reexec" { same self-reexec; }
@test "script corpus: server simple" { same server-simple; }
@test "script corpus: strict mode" { same strict-mode; }
@test "script corpus: string time owner" { same string-time-owner; }
@test "script corpus: sudo" { same sudo; }
@test "script corpus: sysctl loops" { same sysctl-loops; }
@test "script corpus: tool lookup" { same tool-lookup; }
@test "script corpus: tproxy" { same tproxy; }
@test "script corpus: trap cleanup" { same trap-cleanup; }
@test "script corpus: undo by listing" { same undo-by-listing; }
@test "script corpus: unset variables" { same unset-variables; }
@test "script corpus: unreachable loop" { same unreachable-loop; }
@test "script corpus: vpn killswitch" { same vpn-killswitch; }
@test "script corpus: while check delete" { same while-check-delete; }
@test "script corpus: xargs" { same xargs; }
