# files: which files are trusted (rampart(8), "Ownership of files").
load helpers
load lang

OTHER=1234 # neither root nor the effective user

setup_file() {
	# one that another user may run, wherever the program under test lies
	install -m 755 "${RAMPART:-$BATS_TEST_DIRNAME/../bin/rampart}" "$BATS_FILE_TMPDIR/rampart"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
}

# A path is refused, with this message and nothing else: refused COMMAND PATH 'TEXT'
refused() {
	run_rampart 2 "$1"
	assert_equal "$output" ''
	assert_equal "$stderr" "$2: error: $3"
}

# As another user: as_user UID EXPECTED-EXIT-CODE ARG...
as_user() {
	local uid=$1 expected=$2 status=0
	shift 2
	chmod 755 "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	echo "# as user $uid: rampart $*"
	setpriv --reuid "$uid" --regid "$uid" --clear-groups "$BATS_FILE_TMPDIR/rampart" \
		--root "$ROOT" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/out")
	stderr=$(cat "$BATS_TEST_TMPDIR/err")
	assert_equal "exit code $status: $stderr" "exit code $expected: $stderr"
}

OWNER='belongs neither to root nor to you'
MODE='is writable by others than its owner'

# --- owner and mode -------------------------------------------------------------------

@test "files: a drop-in of another user is refused and named" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	chown $OTHER "$ROOT$RULES"
	refused show "$RULES" "$OWNER"
	chown 0:$OTHER "$ROOT$RULES"
	run_rampart 0 show # the group may read
}

@test "files: a drop-in that others may write is refused and named" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	for mode in 664 646 666 620 602; do
		chmod $mode "$ROOT$RULES"
		refused show "$RULES" "$MODE"
	done
	for mode in 644 600 400 755 4755; do
		chmod $mode "$ROOT$RULES"
		run_rampart 0 show
	done
}

@test "files: all files of a run that are refused are named, and all that is listed is listed" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	dropin 20-b.rules '-A INPUT -j ACCEPT'
	dropin 30-c.conf 't {}'
	template t '-A INPUT -j ACCEPT'
	chown $OTHER "$ROOT$RULES"
	chmod 666 "$ROOT/$CONF_D/20-b.rules" "$ROOT/$TEMPLATES/t.rules"
	run_rampart 2 show
	assert_error_line "$RULES: error: $OWNER"
	assert_error_line "/$CONF_D/20-b.rules: error: $MODE"
	run_rampart 2 list
	assert_output_line '30-c.conf   uses    /etc/rampart/conf.d'
}

@test "files: the baseline, templates, layers and each directory on the way are judged" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	dropin 20-u.conf 't {}'
	template t '-A INPUT -j ACCEPT'
	baseline 'families = {ipv4}'
	file usr/lib/rampart/conf.d/10-b.rules '-A INPUT -j ACCEPT'
	file run/rampart/conf.d/10-c.rules '-A INPUT -j ACCEPT'
	file usr/share/rampart/templates/u.rules '-A INPUT -j ACCEPT'
	run_rampart 0 show
	# a file: its own name says it all
	for path in /etc/rampart/rampart.conf /etc/rampart/templates/t.rules \
		/usr/lib/rampart/conf.d /usr/lib/rampart/conf.d/10-b.rules \
		/run/rampart/conf.d /run/rampart/conf.d/10-c.rules /etc/rampart/conf.d; do
		chown $OTHER "$ROOT$path"
		run_rampart 2 show
		assert_error_line "$path: error: $OWNER"
		chown 0 "$ROOT$path"
		chmod g+w "$ROOT$path"
		run_rampart 2 show
		assert_error_line "$path: error: $MODE"
		chmod g-w "$ROOT$path"
	done
	run_rampart 0 show
	# a directory on the way: the file that was wanted, and which part is wrong
	for dir in /usr /usr/lib /usr/lib/rampart; do
		chown $OTHER "$ROOT$dir"
		run_rampart 2 show
		assert_error_line "/usr/lib/rampart/conf.d: error: '$dir' $OWNER"
		chown 0 "$ROOT$dir"
		chmod 777 "$ROOT$dir"
		run_rampart 2 show
		assert_error_line "/usr/lib/rampart/conf.d: error: '$dir' $MODE"
		chmod 1777 "$ROOT$dir" # the sticky bit is no excuse
		run_rampart 2 show
		assert_error_line "/usr/lib/rampart/conf.d: error: '$dir' $MODE"
		chmod 755 "$ROOT$dir"
	done
	for dir in /etc /etc/rampart; do
		chown $OTHER "$ROOT$dir"
		refused show "$CONF" "'$dir' $OWNER"
		chown 0 "$ROOT$dir"
		chmod o+w "$ROOT$dir"
		refused show "$CONF" "'$dir' $MODE"
		chmod o-w "$ROOT$dir"
	done
	run_rampart 0 show
}

@test "files: a template directory that can't be trusted is refused" {
	dropin 20-u.conf 't {}'
	template t '-A INPUT -j ACCEPT'
	chmod 777 "$ROOT/$TEMPLATES"
	run_rampart 2 show
	assert_error_line "/$TEMPLATES/t.rules: error: '/$TEMPLATES' $MODE"
	run_rampart 2 templates
	assert_error_line "/$TEMPLATES: error: $MODE"
}

@test "files: the walk starts at DIR of --root, which is included" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	chmod 777 "$ROOT"
	refused show "$CONF" "'/' $MODE"
	chmod 755 "$ROOT"
	# what is above DIR does not matter
	mkdir -m 777 "$BATS_TEST_TMPDIR/open"
	mv "$ROOT" "$BATS_TEST_TMPDIR/open/root"
	ROOT=$BATS_TEST_TMPDIR/open/root
	run_rampart 0 show
	# nor does it matter how DIR is written
	"$RAMPART" --root "$BATS_TEST_TMPDIR/open/../open/root//" show >"$BATS_TEST_TMPDIR/out2"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out2")" "$output"
	cd "$BATS_TEST_TMPDIR/open"
	"$RAMPART" --root root show >"$BATS_TEST_TMPDIR/out2"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out2")" "$output"
	ln -s root link
	"$RAMPART" --root link show >"$BATS_TEST_TMPDIR/out2"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out2")" "$output"
}

@test "files: a DIR of --root that is not there is an error" {
	ROOT=$BATS_TEST_TMPDIR/none
	run_rampart 2 show
	assert_equal "$stderr" "$ROOT: error: No such file or directory"
	ROOT=$BATS_TEST_TMPDIR/file
	touch "$ROOT"
	run_rampart 2 show
	assert_equal "$stderr" "$CONF: error: '/' Not a directory"
}

@test "files: a layer that is not there is no fault" {
	rm -r "$ROOT/etc/rampart" "$ROOT/run"
	run_rampart 0 show
	assert_silent
	run_rampart 0 list --all
	assert_silent
}

# --- links ----------------------------------------------------------------------------

@test "files: links are allowed; the target is judged, with all directories on its way" {
	file srv/shared/a '-A INPUT -j ACCEPT'
	ln -s ../../../srv/shared/a "$ROOT$RULES"
	become '-A INPUT -j ACCEPT'
	ln -sf /srv/shared/a "$ROOT$RULES" # absolute: below DIR
	become '-A INPUT -j ACCEPT'
	ln -s a "$ROOT/srv/shared/b"
	ln -sf /srv/./shared//b "$ROOT$RULES" # a link to a link
	become '-A INPUT -j ACCEPT'
	ln -s shared "$ROOT/srv/dir"
	ln -sf /srv/dir/b "$ROOT$RULES" # by way of a linked directory
	become '-A INPUT -j ACCEPT'

	chmod 666 "$ROOT/srv/shared/a"
	refused show "$RULES" "'/srv/shared/a' $MODE"
	chmod 644 "$ROOT/srv/shared/a"
	chown $OTHER "$ROOT/srv/shared/a"
	refused show "$RULES" "'/srv/shared/a' $OWNER"
	chown 0 "$ROOT/srv/shared/a"
	chmod 777 "$ROOT/srv/shared"
	refused show "$RULES" "'/srv/shared' $MODE"
	chmod 755 "$ROOT/srv/shared"
	chown $OTHER "$ROOT/srv"
	refused show "$RULES" "'/srv' $OWNER"
	chown 0 "$ROOT/srv"
	become '-A INPUT -j ACCEPT'
}

@test "files: the baseline, a template and a directory on the way may be links too" {
	mkdir -p "$ROOT/srv"
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	dropin 20-u.conf 't {}'
	template t '-A INPUT -j DROP'
	echo 'families = {ipv4}' >"$ROOT/srv/b"
	mv "$ROOT/etc/rampart" "$ROOT/srv/rampart"
	ln -s ../srv/rampart "$ROOT/etc/rampart"
	ln -s /srv/b "$ROOT/srv/rampart/rampart.conf"
	mv "$ROOT/srv/rampart/templates/t.rules" "$ROOT/srv/t"
	ln -s ../../t "$ROOT/srv/rampart/templates/t.rules"
	become '-A INPUT -j ACCEPT
-A INPUT -j DROP' ''
	chmod 666 "$ROOT/srv/t"
	refused show /etc/rampart/templates/t.rules "'/srv/t' $MODE"
	chmod 644 "$ROOT/srv/t"
	chmod 666 "$ROOT/srv/b"
	refused show "$CONF" "'/srv/b' $MODE"
}

@test "files: a layer and a template directory may be links too" {
	mkdir -p "$ROOT/srv"
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	dropin 20-u.conf 't {}'
	template t '-A INPUT -j DROP'
	mv "$ROOT/etc/rampart/conf.d" "$ROOT/srv/c"
	ln -s /srv/c "$ROOT/etc/rampart/conf.d"
	mv "$ROOT/etc/rampart/templates" "$ROOT/srv/t"
	ln -s ../../srv/t "$ROOT/etc/rampart/templates"
	become '-A INPUT -j ACCEPT
-A INPUT -j DROP'
	chmod 777 "$ROOT/srv/c"
	refused show /etc/rampart/conf.d "'/srv/c' $MODE"
}

@test "files: who owns a link does not matter: it can't be changed where it lies" {
	file srv/a '-A INPUT -j ACCEPT'
	ln -s /srv/a "$ROOT$RULES"
	chown -h $OTHER "$ROOT$RULES"
	become '-A INPUT -j ACCEPT'
}

@test "files: no link leads out of DIR of --root" {
	echo '-A INPUT -i outside -j ACCEPT' >"$BATS_TEST_TMPDIR/outside"
	ln -s ../../../../outside "$ROOT$RULES" # would be right above DIR
	refused show "$RULES" 'No such file or directory'
	ln -sf "$BATS_TEST_TMPDIR/outside" "$ROOT$RULES"
	refused show "$RULES" 'No such file or directory'
	echo '-A INPUT -i inside -j ACCEPT' >"$ROOT/outside"
	ln -sf ../../../../../../../outside "$ROOT$RULES" # the parent of DIR is DIR
	become '-A INPUT -i inside -j ACCEPT'
}

@test "files: a link that leads nowhere, or in a circle, is an error" {
	ln -s nowhere "$ROOT$RULES"
	refused show "$RULES" 'No such file or directory'
	ln -sf 10-a.rules "$ROOT$RULES"
	refused show "$RULES" 'is a link in too long a chain of links'
	for ((i = 0; i < 45; i++)); do ln -s "$((i + 1))" "$ROOT/$CONF_D/$i"; done
	echo '-A INPUT -j ACCEPT' >"$ROOT/$CONF_D/45"
	ln -sf 10 "$ROOT$RULES" # 36 links
	run_rampart 0 show
	ln -sf 0 "$ROOT$RULES" # 46
	run_rampart 2 show
	assert_error_has 'is a link in too long a chain of links'
}

# --- what is no file ------------------------------------------------------------------

@test "files: a FIFO, a directory, a socket, a device are refused without waiting" {
	# shellcheck disable=SC2034 # run_rampart looks at it
	RAMPART_SECONDS=10
	mkfifo "$ROOT$RULES"
	refused show "$RULES" 'is not a regular file'
	rm "$ROOT$RULES"
	mkdir "$ROOT$RULES"
	refused show "$RULES" 'is not a regular file'
	rmdir "$ROOT$RULES"
	perl -MSocket -e 'socket my $s, AF_UNIX, SOCK_STREAM, 0; chdir shift; bind $s, sockaddr_un("10-a.rules") or die' \
		"$ROOT/$CONF_D"
	run_rampart 2 show
	assert_error_has "$RULES: error: "
	rm "$ROOT$RULES"
	mknod "$ROOT$RULES" c 1 5 # zero: would never end
	refused show "$RULES" 'is not a regular file'
	rm "$ROOT$RULES"
	# behind a link as well
	mkfifo "$ROOT/pipe"
	ln -s /pipe "$ROOT$RULES"
	refused show "$RULES" "'/pipe' is not a regular file"
	rm "$ROOT$RULES"
	# and where a baseline or a template is expected
	mkfifo "$ROOT$CONF"
	refused show "$CONF" 'is not a regular file'
	rm "$ROOT$CONF"
	mkdir "$ROOT$CONF"
	refused show "$CONF" 'is a directory'
	rmdir "$ROOT$CONF"
	mkfifo "$ROOT/$TEMPLATES/t.rules"
	dropin 20-u.conf 't {}'
	refused show "/$TEMPLATES/t.rules" 'is not a regular file'
}

@test "files: a file in the place of a directory is an error" {
	rm -r "${ROOT:?}/$CONF_D"
	touch "$ROOT/$CONF_D"
	refused show "/$CONF_D" 'Not a directory'
	rm -r "$ROOT/etc/rampart"
	touch "$ROOT/etc/rampart"
	run_rampart 2 show
	assert_error_line "$CONF: error: '/etc/rampart' Not a directory"
}

# --- who runs it ----------------------------------------------------------------------

@test "files: the effective user's own files and root's are good, a third one's are not" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	dropin 20-b.rules '-A INPUT -j DROP'
	chown -R $OTHER "$ROOT"
	as_user $OTHER 0 show
	chown 0 "$ROOT" "$ROOT/etc" "$ROOT$RULES"
	as_user $OTHER 0 show
	assert_output_line '-A rampart-INPUT -j DROP'
	chown 4321 "$ROOT$RULES"
	as_user $OTHER 2 show
	assert_equal "$stderr" "$RULES: error: $OWNER"
}

@test "files: not root: the owner of DIR is nobody special" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	chown -R 4321 "$ROOT"
	as_user $OTHER 2 show
	assert_error_line "$CONF: error: '/' $OWNER"
}

@test "files: a file that can't be read is an error" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	chmod 600 "$ROOT$RULES"
	as_user $OTHER 2 show
	assert_equal "$stderr" "$RULES: error: Permission denied"
	chmod 644 "$ROOT$RULES"
	chmod 700 "$ROOT/etc/rampart"
	as_user $OTHER 2 show
	assert_error_has "$CONF: error: Permission denied"
}

dir_owner() {
	chown -R 0 "$ROOT"
	baseline 'families = {ipv4}'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	dropin 20-u.conf 't {}'
	template t '-A INPUT -j DROP'
	run_rampart 0 apply
	before=$(save ipv4 filter)
	dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
	chown -R $OTHER "$ROOT"
	chown -R 0 "$ROOT/var" "$ROOT/run"
	run_rampart 0 validate
	run_rampart 0 show
	assert_output_line '-A rampart-INPUT -i eth0 -j ACCEPT'
	run_rampart 0 list
	assert_output_has 10-a.rules
	run_rampart 0 templates
	assert_output_has t
	run_rampart 1 diff
	assert_output_has '-i eth0'
	run_rampart 2 apply
	assert_error_line "$CONF: error: '/' $OWNER"
	assert_equal "$(save ipv4 filter)" "$before"
	# that owner, and no third one
	chown 4321 "$ROOT$RULES"
	for command in validate show list diff; do
		run_rampart 2 $command
		assert_error_has "$RULES: error: $OWNER"
	done
	# never a file that others may write
	chown $OTHER "$ROOT$RULES"
	chmod 666 "$ROOT$RULES"
	for command in validate show list diff; do
		run_rampart 2 $command
		assert_error_has "$RULES: error: $MODE"
	done
	chmod 644 "$ROOT$RULES"
}

@test "files: as root, DIR's own owner is good for validate, show, list and diff, never for apply" {
	each_backend dir_owner
}

# --- nothing changed ------------------------------------------------------------------

refused_apply() {
	baseline ''
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	save ipv4 filter >"$BATS_TEST_TMPDIR/before"
	state=$(find "$ROOT/var/lib/rampart" -type f -exec sha256sum {} + | sort)
	dropin 10-a.rules '-A INPUT -j DROP'
	dropin 20-b.rules '-A INPUT -i eth0 -j ACCEPT'
	chmod 666 "$ROOT/$CONF_D/20-b.rules"
	run_rampart 2 apply
	assert_error_line "/$CONF_D/20-b.rules: error: $MODE"
	assert_error_has 'live rules not changed'
	save ipv4 filter | diff "$BATS_TEST_TMPDIR/before" -
	assert_equal "$(find "$ROOT/var/lib/rampart" -type f -exec sha256sum {} + | sort)" "$state"
	rm "$ROOT/$CONF_D/20-b.rules"
}

@test "files: a refused file changes nothing, and the message says so" {
	each_backend refused_apply
}

@test "files: a state directory that can't be trusted is refused before anything is changed" {
	ns_start
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 apply
	before=$(save ipv4 filter)
	dropin 10-a.rules '-A INPUT -i eth0 -j ACCEPT'
	for what in chown\ $OTHER chmod\ 777; do
		$what "$ROOT/var/lib/rampart"
		run_rampart 2 apply
		assert_error_has /var/lib/rampart
		assert_equal "$(save ipv4 filter)" "$before"
		chown 0 "$ROOT/var/lib/rampart"
		chmod 700 "$ROOT/var/lib/rampart"
	done
	run_rampart 0 apply
}

# --- FILE of validate -----------------------------------------------------------------

@test "files: the FILE of validate is exempt" {
	dropin 10-a.rules '-A INPUT -j ACCEPT'
	mkdir -m 777 "$BATS_TEST_TMPDIR/open"
	echo '-A INPUT -i eth9 -j ACCEPT' >"$BATS_TEST_TMPDIR/open/10-a.rules"
	chown $OTHER "$BATS_TEST_TMPDIR/open/10-a.rules"
	chmod 666 "$BATS_TEST_TMPDIR/open/10-a.rules"
	run_rampart 0 validate "$BATS_TEST_TMPDIR/open/10-a.rules"
	echo '-A INPUT -p tcp --dport $NO -j ACCEPT' >"$BATS_TEST_TMPDIR/open/10-a.rules"
	run_rampart 2 validate "$BATS_TEST_TMPDIR/open/10-a.rules"
	assert_error_line "$BATS_TEST_TMPDIR/open/10-a.rules:1: error: unknown set 'NO'"
	# the file that it stands for is not
	chmod 666 "$ROOT$RULES"
	echo '-A INPUT -i eth9 -j ACCEPT' >"$BATS_TEST_TMPDIR/open/20-b.rules"
	run_rampart 2 validate "$BATS_TEST_TMPDIR/open/20-b.rules"
	assert_error_line "$RULES: error: $MODE"
}
