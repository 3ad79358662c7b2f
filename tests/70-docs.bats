# docs: the manual pages and completions say what the program takes, no more and no less.
# shellcheck disable=SC2154 # run_rampart sets stderr
load helpers

TOP=$BATS_TEST_DIRNAME/..
MAN=$TOP/packaging/man
PAGES=(rampart.8 rampart.conf.5 rampart.rules.5 rampart.script.5)
COMPLETIONS=$TOP/packaging/completions

# --- what the program takes -----------------------------------------------------------

commands() {
	"$RAMPART" --help | sed -n 's/^  \([a-z][a-z-]*\)  *.*/\1/p' | sort
}

# "config c", "json": all long options that the source knows, each with its letter.
options_of_source() {
	sed -n '/long_options\[\] = {/,/^};/s/.*{ "\([a-z0-9-]*\)",.*, \(.*\) }.*/\1 \2/p' \
		"$TOP/src/options.c" | sed -e "s/'\(.\)'/\1/" -e 's/ OPT_.*//'
}

# What a command says about an option tells whether it is one of its own. The backend that does
# not exist makes sure that the command never runs.
takes() { # COMMAND OPTION
	local says
	says=$("$RAMPART" "$1" --backend nonsense "$2=x" 2>&1) || true
	case $says in
	*'takes no value'*) says=$("$RAMPART" "$1" --backend nonsense "$2" 2>&1) || true ;;
	esac
	case $says in
	*'unknown option'* | *'takes no option'*) return 1 ;;
	esac
}

# The long options that a command takes, the common ones included: asked once for all tests.
accepted() { # COMMAND
	local answer=$BATS_FILE_TMPDIR/accepted.$1
	if [ ! -e "$answer" ]; then
		ask_options "$1" | sort >"$answer.$$"
		mv "$answer.$$" "$answer"
	fi
	cat "$answer"
}

ask_options() { # COMMAND
	local name letter
	options_of_source | while read -r name letter; do
		if takes "$1" "--$name"; then echo "--$name"; fi
	done
}

# --- what the manual says --------------------------------------------------------------

# The lines of a section or subsection, up to the next one: section PAGE Sh|Ss 'TITLE'
section() {
	awk -v kind=".$2" -v title="$3" '
		$1 == ".Sh" || $1 == ".Ss" {
			name = $0
			sub(/^\.S[hs] /, "", name)
			inside = $1 == kind && name == title
			next
		}
		inside' "$MAN/$1"
}

man_longs() {
	sed -n '/^\.It Fl/p' | grep -o -- 'Fl -[a-z][a-z0-9-]*' | sed 's/Fl -/--/'
}

# The common ones stand in OPTIONS, before its subsections.
man_options() { # COMMAND
	{ section rampart.8 Ss "$1" | man_longs; man_common; } | sort
}

man_common() {
	section rampart.8 Sh OPTIONS | man_longs
}

# The literal blocks behind a comment '.\" test: KIND', each to a file of its own: $BLOCKS/KIND.N
blocks() { # PAGE
	BLOCKS=$BATS_TEST_TMPDIR/blocks
	rm -rf "$BLOCKS"
	mkdir "$BLOCKS"
	awk -v dir="$BLOCKS" '
		/^\.\\" test: / { file = sprintf("%s/%03d.%s", dir, ++nr, substr($0, 11)); next }
		/^\.Ed/ { file = "" }
		file { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print > file }' "$MAN/$1"
	[ -n "$(ls "$BLOCKS")" ]
}

# --- what the completions offer ----------------------------------------------------------

# complete_bash WORD...: the last word is the one being completed; an "=" splits a word, as in
# an interactive shell.
complete_bash() {
	local word
	# shellcheck disable=SC1091
	source "$COMPLETIONS/rampart.bash"
	COMP_WORDS=("$RAMPART")
	for word in "$@"; do
		if [[ $word == --*=* ]]; then
			COMP_WORDS+=("${word%%=*}" '=')
			word=${word#*=}
			[ -z "$word" ] || COMP_WORDS+=("$word")
		else
			COMP_WORDS+=("$word")
		fi
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_rampart || true
	printf '%s\n' "${COMPREPLY[@]}"
}

bash_options() { # COMMAND
	complete_bash "$1" -- | grep '^--' | sort
}

zsh_longs() {
	grep -o -- "[-'{,]--*[a-z0-9][a-z0-9-]*" | grep -o -- '--[a-z0-9][a-z0-9-]*'
}

zsh_options() { # COMMAND
	local block
	block=$(sed -n "/^$1)/,/;;/p" "$COMPLETIONS/_rampart" | sed -e 's/\[.*//')
	{
		echo "$block" | zsh_longs || true
		local array
		for array in common families table; do
			case $block in
			*"\$$array"*)
				sed -n -e "/^$array=(.*)$/p" -e "/^$array=($/,/^)/p" "$COMPLETIONS/_rampart" |
					sed -e "s/'([^)]*)'//" -e 's/\[.*//' | zsh_longs
				;;
			esac
		done
	} | sort -u
}

fish_options() { # COMMAND
	local line when
	while read -r line; do
		case $line in *' -l '*) ;; *) continue ;; esac
		when=''
		if [[ $line =~ __fish_seen_subcommand_from\ ([a-z ]*) ]]; then
			when=${BASH_REMATCH[1]}
			[[ " $when " == *" $1 "* ]] || continue
		fi
		[[ $line =~ \ -l\ ([a-z0-9-]*) ]]
		echo "--${BASH_REMATCH[1]}"
	done < <(grep '^complete -c rampart' "$COMPLETIONS/rampart.fish") | sort
}

# --- options ------------------------------------------------------------------------------

@test "docs: the source's list of options is found" {
	options_of_source >"$BATS_TEST_TMPDIR/options"
	grep -qx 'json' "$BATS_TEST_TMPDIR/options"
	grep -qx 'config c' "$BATS_TEST_TMPDIR/options"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -ge 20 ]
	takes list --all
	takes diff --live
	! takes list --canonical || false
	! takes list --live || false
	! takes list --no-such-option || false
}

@test "docs: every command is in the manual and in all completions, and no other" {
	local expected
	expected=$(commands)
	[ "$(wc -l <<<"$expected")" -ge 10 ]
	assert_equal "$(section rampart.8 Sh SYNOPSIS | sed -n 's/^\.Cm \([a-z]*\)$/\1/p' | sort)" "$expected"
	assert_equal "$(sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.Ss //p' "$MAN/rampart.8" | sort)" "$expected"
	assert_equal "$(complete_bash '' | sort)" "$expected"
	assert_equal "$(sed -n "/^commands=(/,/^)/s/^\t'\([a-z]*\):.*/\1/p" "$COMPLETIONS/_rampart" | sort)" "$expected"
	assert_equal "$(sed -n 's/^\([a-z]\+\))$/\1/p' "$COMPLETIONS/_rampart" | sort)" "$expected"
	assert_equal "$(sed -n 's/^complete .*"not .* -a \([a-z]*\) .*/\1/p' "$COMPLETIONS/rampart.fish" | sort)" "$expected"
	assert_equal "$(sed -n 's/^set -l commands //p' "$COMPLETIONS/rampart.fish" | tr ' ' '\n' | sort)" "$expected"
}

@test "docs: rampart(8) has each command's options, and no dead ones" {
	local command
	for command in $(commands); do
		echo "# $command"
		assert_equal "$(man_options "$command")" "$(accepted "$command")"
	done
}

@test "docs: rampart(8) gives each option's letter" {
	local name letter
	options_of_source | while read -r name letter; do
		[ -n "$letter" ] || continue
		echo "# $name $letter"
		grep -q -e "^\.It.* Fl $letter .*Fl -$name\b" "$MAN/rampart.8"
	done
}

@test "docs: the synopsis has each command's own options" {
	local command own
	for command in $(commands); do
		echo "# $command"
		own=$(accepted "$command" | grep -vxF -e "$(man_common)" || true)
		assert_equal "$(section rampart.8 Sh SYNOPSIS |
			sed -n "/^\.Cm $command\$/,/^\.Nm/p" |
			sed -n -e 's/^\.Op Fl 4 | 6.*/--ipv4\n--ipv6/p' -e 's/^\.Op Fl t .*/--table/p' \
				-e 's/^\.Op Fl -\([a-z-]*\).*/--\1/p' | sort)" "$own"
	done
}

@test "docs: what --help names is taken" {
	local command option taken
	for command in $(commands); do
		taken=$(accepted "$command")
		for option in $("$RAMPART" "$command" --help | grep -o -- '--[a-z][a-z0-9-]*' | sort -u); do
			echo "# $command $option"
			grep -qx -e "$option" <<<"$taken"
		done
	done
}

@test "docs: every option that is taken is named by --help" {
	local command option
	for command in $(commands); do
		"$RAMPART" "$command" --help >"$BATS_TEST_TMPDIR/help"
		for option in $(accepted "$command"); do
			echo "# $command $option"
			grep -q -e "[ ,]$option\b" "$BATS_TEST_TMPDIR/help"
		done
	done
}

@test "docs: the completions offer each command's options, and no dead ones" {
	local command expected
	for command in $(commands); do
		expected=$(accepted "$command")
		echo "# $command, bash"
		assert_equal "$(bash_options "$command")" "$expected"
		echo "# $command, zsh"
		assert_equal "$(zsh_options "$command")" "$expected"
		echo "# $command, fish"
		assert_equal "$(fish_options "$command")" "$expected"
	done
}

@test "docs: the exit codes are those of the source" {
	assert_equal "$(section rampart.8 Sh 'EXIT STATUS' | sed -n 's/^\.It \([0-9]*\)$/\1/p')" \
		"$(sed -n '/^enum exit_code/,/^}/s/.* = \([0-9]*\).*/\1/p' "$TOP/src/command.h")"
}

# --- completions at work --------------------------------------------------------------------

@test "docs: bash completes tables, backends, files and template names" {
	template etcd '# etcd: clients
param port port = 2379 # port
-A OUTPUT -p tcp --dport $port -j ACCEPT'
	template dns '# dns: queries
-A OUTPUT -p udp --dport 53 -j ACCEPT'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	assert_equal "$(complete_bash ap)" apply
	assert_equal "$(complete_bash --backend nft ch)" check
	assert_equal "$(complete_bash diff -t f)" filter
	assert_equal "$(complete_bash show --table=m)" mangle
	assert_equal "$(complete_bash list --backend '')" $'auto\nnft\nlegacy'
	assert_equal "$(complete_bash list --backend=)" $'auto\nnft\nlegacy'
	assert_equal "$(complete_bash check --in)" --inputs
	assert_equal "$(complete_bash --root "$ROOT" templates '')" $'dns\netcd'
	assert_equal "$(complete_bash --root="$ROOT" templates e)" etcd
	assert_equal "$(complete_bash --root "$ROOT" templates etcd '')" ''
	assert_equal "$(complete_bash --root "$ROOT" validate --as '')" 10-a.rules
	assert_equal "$(complete_bash validate "$ROOT/$CONF_D/")" "$ROOT/$CONF_D/10-a.rules"
	assert_equal "$(complete_bash -c "$ROOT/$CONF_D/1")" "$ROOT/$CONF_D/10-a.rules"
	assert_equal "$(complete_bash diff --live "$ROOT/$CONF_D/1")" "$ROOT/$CONF_D/10-a.rules"
	assert_equal "$(complete_bash --root "$ROOT/$CONF_D/1")" ''
	assert_equal "$(complete_bash --root "$ROOT/et")" "$ROOT/etc"
	assert_equal "$(complete_bash list '')" ''
}

@test "docs: fish completes" {
	command -v fish >/dev/null || skip 'no fish'
	template etcd '# etcd: clients
-A OUTPUT -p tcp --dport 2379 -j ACCEPT'
	offers() {
		HOME=$BATS_TEST_TMPDIR fish --no-config -c "source $COMPLETIONS/rampart.fish
			function rampart; end; complete -C '$1'" | sed 's/\t.*//'
	}
	assert_equal "$(offers 'rampart ')" "$(commands)"
	assert_equal "$(offers 'rampart check --')" "$(accepted check)"
	assert_equal "$(offers 'rampart show -t f')" filter
	assert_equal "$(offers "$RAMPART --root $ROOT templates ")" etcd
}

@test "docs: the completions are valid for their shells" {
	bash -n "$COMPLETIONS/rampart.bash"
	if command -v zsh >/dev/null; then zsh -n "$COMPLETIONS/_rampart"; fi
	if command -v fish >/dev/null; then fish -n "$COMPLETIONS/rampart.fish"; fi
}

# --- manual pages ---------------------------------------------------------------------------

@test "docs: mandoc finds nothing to say about the manual pages" {
	command -v mandoc >/dev/null || skip 'no mandoc'
	local page
	for page in "${PAGES[@]}"; do
		run mandoc -Tlint -Wwarning "$MAN/$page"
		assert_equal "$status:$output" 0:
	done
}

@test "docs: every line of a manual page fits" {
	! awk '/^\.Bd -literal/ { literal = 1 } /^\.Ed/ { literal = 0 }
		!literal && length($0) > 80 && !/^\./ { print FILENAME ":" FNR ": " $0 }' "$MAN"/*.[58] | grep . || false
}

# "'X'", "...", "N" and the like stand for what differs; the rest has to be in the sources, or in what
# a test expects.
@test "docs: the messages that the manual explains exist" {
	local page
	for page in "${PAGES[@]}"; do
		perl -e '
			my $page = shift;
			my $texts = do { local $/; join "", map { open my $f, "<", $_ or die "$_: $!"; <$f> } @ARGV };
			$texts =~ s/"\s*\n\s*"//g;
			$texts =~ tr/\\//d;
			open my $in, "<", $page or die "$page: $!";
			my ($inside, $nr);
			while (<$in>) {
				$inside = /DIAGNOSTICS/ if /^\.Sh/;
				next unless $inside && /^\.It "/;
				while (/"([^"]+)"/g) {
					my $text = $1;
					my $pattern = join ".*", map { quotemeta }
						split /\.\.\.|\b[A-Z]+\b(?=[\x27)\s,:]|$)/, $text, -1;
					$nr++;
					print "no such message: $text\n" unless $texts =~ /$pattern/;
				}
			}
			print "no messages\n" unless $nr;
			' "$MAN/$page" "$TOP"/src/*.c "$TOP"/tests/[0-689]*.bats "$TOP"/tests/70-docs.bats \
			"$TOP"/tests/cases/*/expected.err >"$BATS_TEST_TMPDIR/missing"
		assert_equal "$page: $(cat "$BATS_TEST_TMPDIR/missing")" "$page: "
	done
}

# The other way round: each message that the files of these stages have is explained by a page.
# A message is the text in a call that adds one, or that gives one its reason; what differs in it
# is any text in the page. Names and numbers in the page do not count as differences.
unexplained() { # PAGE FILE...
	perl -0777 -e '
		my $page = do { open my $f, "<", shift or die; local $/; <$f> };
		my ($diagnostics) = $page =~ /^\.Sh DIAGNOSTICS\n(.*?)(?=^\.Sh |\z)/ms;
		my $explained = join "\n", $diagnostics =~ /^\.It (.*)/mg;
		my $nr = 0;
		for my $file (@ARGV) {
			my $code = do { open my $f, "<", $file or die "$file: $!"; local $/; <$f> };
			$code =~ s{/\*.*?\*/}{}gs;
			my $call = qr/\b(?:diag_(?:error|warning|note)|fault_add|fault_of_tool|import_leave)\s*\(/;
			my @texts = $code =~ /$call(?:[^;]*?)((?:"(?:[^"\\]|\\.)*"\s*)+)/g;
			push @texts, $1 while $code =~ /$call[^;]*?\?\s*((?:"(?:[^"\\]|\\.)*"\s*)+):/g;
			push @texts, $code =~ /\breturn ((?:"(?:[^"\\]|\\.)*"\s*)+);/g if $file =~ /_check\.c$/;
			push @texts, $code =~ /\berror = ((?:"(?:[^"\\]|\\.)*"\s*)+);/g;
			push @texts, $code =~ /buf_addf\(ret_why, ("[^"]*")/g;
			for (@texts) {
				s/"\s*"//g;
				s/^\s*"|"\s*$//g;
				s/\\(.)/$1/g;
				s/^%s: //; # a place
				next unless /[a-z]{3}/ && !/^%s:? ?%?[a-z]*$/;
				my $pattern = join ".*?", map { quotemeta }
					grep { length } split /%[-.*0-9]*(?:z|ll?)?[a-z]/, $_;
				$nr++;
				print "$file: $_\n" unless $explained =~ /$pattern/;
			}
		}
		print "too few messages: $nr\n" if $nr < 10;
		' "$@"
}

@test "docs: rampart.script(5) explains every message about scripts" {
	assert_equal "$(unexplained "$MAN/rampart.script.5" "$TOP"/src/capture*.c "$TOP"/src/wish.c \
		"$TOP"/src/child_sandbox.c)" ''
	# one that is not explained is found
	sed -e '/^\.It .*not captured/d' "$MAN/rampart.script.5" >"$BATS_TEST_TMPDIR/page"
	assert_equal "$(unexplained "$BATS_TEST_TMPDIR/page" "$TOP"/src/capture*.c |
		sed 's/.*: not captured.*/not captured/; s/.*: rampart captures.*/rampart captures/')" \
		$'not captured\nrampart captures'
}

@test "docs: rampart(8) explains every message of import" {
	assert_equal "$(unexplained "$MAN/rampart.8" "$TOP"/src/import*.c "$TOP"/src/cmd_import.c)" ''
}

@test "docs: rampart.script(5) names every key for scripts, and every program that is stood in for" {
	local name
	for name in $(baseline_names | grep -e '^script_' -e '^allow_'); do
		echo "# $name"
		grep -q "^\.Ic $name\b\|Ql $name\b" "$MAN/rampart.script.5"
	done
	sed -n '/^const char \*const tool_paths/,/^};/p' "$TOP/src/capture_tool.c" | grep -o '"[^"]*"' |
		sed -e 's/"$//' -e 's|.*/||' -e 's/-\(save\|restore\|nft\|legacy\)$//' | sort -u >"$BATS_TEST_TMPDIR/tools"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/tools")" -ge 10 ]
	while read -r name; do
		echo "# $name"
		grep -q "\b$name\b" "$MAN/rampart.script.5"
	done <"$BATS_TEST_TMPDIR/tools"
}

# --- the baseline ---------------------------------------------------------------------------

@test "docs: the faults of a baseline come in the order that rampart.conf(5) promises" {
	baseline 'polcy { INPUT = DROP }
policy { INPT = DROP  FORWARD = DENY }
set "A" { value = 1 }'
	run_rampart 2 list
	assert_equal "$stderr" "/etc/rampart/rampart.conf:1: error: unknown option 'polcy', did you mean 'policy'?
/etc/rampart/rampart.conf:2: error: unknown option 'INPT' in 'policy', did you mean 'INPUT'?
/etc/rampart/rampart.conf:3: error: unknown option 'value' in 'set', did you mean 'values'?"
	baseline 'policy { FORWARD = DENY }
backend = nfs'
	run_rampart 2 list
	assert_error_line "/etc/rampart/rampart.conf:1: error: policy of 'FORWARD' must be ACCEPT or DROP"
	assert_error_line "/etc/rampart/rampart.conf:2: error: 'nfs' is not a value of 'backend': it is auto, nft or legacy"
}

@test "docs: '+=' adds to what rampart.conf(5) says" {
	baseline 'layers += {/srv/conf.d}'
	file srv/conf.d/20-b.rules '-A INPUT -i lo -j ACCEPT'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT'
	run_rampart 0 list
	assert_equal "$output" '10-a.rules  rules   /etc/rampart/conf.d
20-b.rules  rules   /srv/conf.d'
	baseline 'yield_to += {"ban-*"}
yield_to += {other}'
	dropin 10-a.rules '# Generated by iptables-save
*filter
:ban-x -
:f2b-x -
:other -
:mine -
-A INPUT -j f2b-x
-A INPUT -j ban-x
-A INPUT -j other
-A INPUT -j mine
COMMIT'
	run_rampart 0 show
	assert_error_has 'note: 3 chains and 3 rules of other programs left out'
}


# Keys and sections, from the tables of the source.
baseline_names() {
	sed -n '/^static const struct key keys\[\]/,/^};/s/^\t{ "\([a-z_]*\)",.*/\1/p' "$TOP/src/config_key.c"
	sed -n '/^static const struct conf_schema sections\[\]/,/^};/s/^\t{ "\([a-z_]*\)",.*/\1/p' \
		"$TOP/src/config.c"
}

is_known() { # NAME
	baseline "$1 = x"
	! "$RAMPART" --root "$ROOT" list 2>&1 | grep -q "unknown option '$1'"
}

manual_names() {
	sed -n 's/^\.It Ic \([a-z_]*\) No .*/\1/p' "$MAN/rampart.conf.5"
}

@test "docs: rampart.conf(5) has every key and section, and no other" {
	local name
	[ "$(baseline_names | wc -l)" -ge 25 ]
	assert_equal "$(manual_names | sort)" "$(baseline_names | sort)"
	for name in $(manual_names); do
		echo "# $name"
		is_known "$name"
	done
	! is_known no_such_key || false
}

@test "docs: rampart.conf(5) has the values of each key that takes words" {
	local name words word
	sed -n '/^static const struct key keys\[\]/,/^};/s/^\t{ "\([a-z_]*\)",.*WORDS(\(.*\)).*/\1 \2/p' \
		"$TOP/src/config_key.c" | tr -d '",' >"$BATS_TEST_TMPDIR/words"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/words")" -ge 8 ]
	while read -r name words; do
		for word in $words; do
			echo "# $name $word"
			grep -q "^\.It Ic $name No = Cm\b.*\b$word\b" "$MAN/rampart.conf.5"
		done
	done <"$BATS_TEST_TMPDIR/words"
}

@test "docs: rampart.conf(5) has the ranges of each key that takes a number" {
	local name min max
	sed -n 's/^\t{ "\([a-z_]*\)", set_number, FIELD([a-z_]*), NULL, \([0-9]*\), \([0-9]*\) },/\1 \2 \3/p' \
		"$TOP/src/config_key.c" >"$BATS_TEST_TMPDIR/ranges"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ranges")" -ge 2 ]
	while read -r name min max; do
		grep -A 1 "^\.It Ic $name No = Ar number" "$MAN/rampart.conf.5" | grep -qx "$min to $max"
	done <"$BATS_TEST_TMPDIR/ranges"
}

# As the reader sees it: quotes, not \(dq.
conf_text() {
	sed -e 's/\\(dq/"/g' "$MAN/rampart.conf.5"
}

@test "docs: rampart.conf(5) has the default patterns and the presets, to the letter" {
	local pattern
	conf_text >"$BATS_TEST_TMPDIR/conf"
	sed -n '/^static const char \*const default_/,/};/p' "$TOP/src/config.c" |
		grep -o '"[^"]*"' | tr -d '"' >"$BATS_TEST_TMPDIR/patterns"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/patterns")" -ge 7 ]
	sed -n '/^static const struct preset presets/,/^};/p' "$TOP/src/preset.c" |
		grep -oE '"([^"\\]|\\.)*"' | sed -e 's/^"//' -e 's/"$//' -e 's/\\"/"/g' >>"$BATS_TEST_TMPDIR/patterns"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/patterns")" -ge 35 ]
	while read -r pattern; do
		echo "# $pattern"
		grep -Fq -- "$pattern" "$BATS_TEST_TMPDIR/conf"
	done <"$BATS_TEST_TMPDIR/patterns"
}

# --- templates ------------------------------------------------------------------------------

@test "docs: rampart.rules(5) has every type of parameter, and no other" {
	local types
	template x 'param x no-such-type'
	run_rampart 2 templates x
	types=$(sed -n "s/.*is not a type: //p" <<<"$stderr" | sed -e 's/ or /, /' | tr -d ' ' | tr ',' '\n' | sort)
	[ "$(wc -l <<<"$types")" -ge 8 ]
	assert_equal "$(section rampart.rules.5 Sh TEMPLATES |
		sed -n '/^\.Bl -tag -width address/,/^\.El/s/^\.It Cm //p' | sort)" "$types"
}

# --- examples -------------------------------------------------------------------------------

@test "docs: the baselines of rampart.conf(5) are valid" {
	local block
	blocks rampart.conf.5
	for block in "$BLOCKS"/*.baseline; do
		baseline "$(cat "$block")"
		run_rampart 0 list
		assert_silent
	done
	# the one-line examples of each key: defaults and values
	conf_text | sed -e 's/\\e/\\/g' | sed -n 's/^\.Dl //p' >"$BATS_TEST_TMPDIR/lines"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 15 ]
	while read -r block; do
		baseline "$block"
		run_rampart 0 list
		assert_silent
	done <"$BATS_TEST_TMPDIR/lines"
}

manual_root() {
	baseline 'foreign = {DOCKER-USER}
set "IFS"    { values = {eth0, "ppp+"} }
set "OFFICE" { values = {192.0.2.0/24, 198.51.100.7, 2001:db8::/32} }
set "PORTS"  { values = {80, 443, 8000:8010} }
set "ADMINS" { values = {192.0.2.0/24, 2001:db8:1::/48} }
set "WEB"    { values = {80, 443} }'
	blocks rampart.rules.5
	local block name
	for block in "$BLOCKS"/*.template\ *; do
		name=${block##*.template }
		cp "$block" "$ROOT/$TEMPLATES/$name.rules"
	done
}

proves() {
	local block
	for block in "$BLOCKS"/*.rules; do
		echo "# $block"
		cp "$block" "$ROOT/$CONF_D/10-example.rules"
		run_rampart 0 validate
		assert_equal "$stderr" ''
	done
	rm "$ROOT/$CONF_D/10-example.rules"
	for block in "$BLOCKS"/*.conf; do
		echo "# $block"
		cp "$block" "$ROOT/$CONF_D/30-jail.conf"
		run_rampart 0 validate
	done
}

@test "docs: the rules, templates and uses of rampart.rules(5) are proven" {
	manual_root
	each_backend proves
}

# Each script under all baselines of the page, as the drop-in that has arguments there.
script_proves() {
	local block
	for block in "$BLOCKS"/*.script; do
		echo "# $block"
		cp "$block" "$ROOT/$CONF_D/60-office.sh"
		run_rampart 0 validate
		refute_error_has 'error: '
		refute_error_has ' failed: '
		refute_output_has 'ipv4 0, ipv6 0'
	done
}

@test "docs: the scripts and baselines of rampart.script(5) are proven" {
	blocks rampart.script.5
	[ "$(find "$BLOCKS" -name '*.script' | wc -l)" -ge 4 ]
	baseline "$(cat "$BLOCKS"/*.baseline)"
	each_backend script_proves
}

@test "docs: a line expands as rampart.rules(5) shows it" {
	manual_root
	local line
	line=$(sed -n '/^-A INPUT -i \$IFS/p' "$MAN/rampart.rules.5")
	[ -n "$line" ]
	dropin 10-a.rules "$line"
	assert_equal "$(shown_written ipv4 | sed -n 's/^-A INPUT //p')" "$(cat "$BLOCKS"/*.expansion)"
}

# What rampart(8) shows below the nth "# rampart COMMAND" of its session, with this backend's name.
shown_below() { # N COMMAND
	awk -v n="$1" -v command="# rampart $2" '
		/^# / || /^\./ { inside = $0 == command && ++nr == n; next }
		inside' "$MAN/rampart.8" | sed "s/(nft/($BACKEND/"
}

session() {
	run_rampart 0 validate
	assert_equal "$output" "$(shown_below 1 validate)"
	run_rampart 0 apply
	assert_equal "$output" "$(shown_below 1 apply)"
	run_rampart 0 apply
	assert_equal "$output" "$(shown_below 2 apply)"
	ipt -D rampart-INPUT 1
	run_rampart 1 check
	assert_equal "$output" "$(shown_below 1 check)"
	run_rampart 0 apply
	assert_equal "$output" "$(shown_below 3 apply)"
	run_rampart 0 flush
}

@test "docs: the examples of rampart(8) print what it shows" {
	file etc/rampart/rampart.conf "$(sed -n '/^# cat .*rampart.conf$/,/^# cat/{/^#/d;p}' "$MAN/rampart.8")"
	dropin 10-base.rules "$(sed -n '/^# cat .*10-base.rules$/,/^# rampart/{/^#/d;p}' "$MAN/rampart.8")"
	each_backend session
}

# The indented lines behind the first line of README.md that matches.
readme_block() { # PATTERN
	awk -v pattern="$1" '!inside && $0 ~ pattern { inside = 1; next }
		inside && /^    / { print substr($0, 5); seen = 1; next }
		seen { exit }' "$TOP/README.md"
}

@test "docs: the baseline and the drop-ins of README.md are proven" {
	shipped_templates
	baseline "$(readme_block '^The baseline, ')"
	dropin 30-etcd.conf "$(readme_block '^\*\*Template uses\*\*')"
	dropin 60-web.rules "$(readme_block '^\*\*Rules\*\*')"
	grep -q '^set "ADMINS"' "$ROOT/etc/rampart/rampart.conf"
	grep -q '^ssh ' "$ROOT/$CONF_D/30-etcd.conf"
	grep -qF '*nat' "$ROOT/$CONF_D/60-web.rules"
	for BACKEND in nft legacy; do
		ns_stop
		ns_start
		run_rampart 0 validate
		assert_equal "$stderr" ''
	done
	printf '%s\n' "$(readme_block '^\*\*Scripts\*\*')" >"$ROOT/$CONF_D/70-office.sh"
	grep -q '^service' "$ROOT/$CONF_D/70-office.sh"
	run_rampart 0 show -4 --origins
	assert_output_line '-A rampart-INPUT -p tcp -m tcp --dport 443 -j ACCEPT'
	assert_output_line '# /etc/rampart/conf.d/70-office.sh:5'
	refute_error_has 'error: '
}

@test "docs: README.md and 'make help' name only targets that exist" {
	local target
	for target in $({
		make -s -C "$TOP" help | sed -n 's/^make \([a-z-]*\).*/\1/p'
		grep -o '`make [a-z-]*' "$TOP/README.md" | sed 's/.* //'
	} | sort -u); do
		echo "# $target"
		# nothing is built: no library is asked for, once for each file
		make -n -C "$TOP" library_cflags= library_libs= "$target" >/dev/null
	done
}

# --- JSON -----------------------------------------------------------------------------------

json_keys() { # ARG...
	grep -o '"[a-z_0-9]*":' <<<"$output" | tr -d '":' >>"$BATS_TEST_TMPDIR/keys"
}

@test "docs: rampart(8) names every field of the JSON output" {
	template x '# x
-A INPUT -i lo -j $NOPE'
	dropin 10-a.rules '-A INPUT -i lo -j ACCEPT
-A DOCKER-USER -j RETURN'
	baseline 'policy { INPUT = DROP }
foreign = {DOCKER-USER}'
	touch "$ROOT/$CONF_D/README"
	BACKEND=nft
	ns_start
	run_rampart 1 check --json; json_keys
	run_rampart 0 list --all --json; json_keys
	run_rampart 0 templates --json; json_keys
	run_rampart 0 validate --json; json_keys
	run_rampart 1 diff --json; json_keys
	run_rampart 0 apply --json; json_keys
	run_rampart 0 status --json; json_keys
	ipt -F rampart-INPUT
	run_rampart 1 check --json; json_keys
	dropin 20-b.conf 'x { }'
	run_rampart 2 apply --json; json_keys
	dropin 20-b.conf ''
	run_rampart 0 apply --confirm --json; json_keys
	run_rampart 0 status --json; json_keys
	run_rampart 0 confirm --json; json_keys
	run_rampart 0 rollback --json; json_keys
	run_rampart 0 history --json; json_keys
	run_rampart 0 boot --json; json_keys
	run_rampart 0 flush --json; json_keys
	# and they are named where they belong
	json_has() { # COMMAND KEY
		sed -n "/^\.Ss JSON/,/^\.Sh /{/^\.It Cm $1\$/,/^\.It/p}" "$MAN/rampart.8" | grep -q "^\.Cm $2\b"
	}
	json_has apply result
	json_has apply backend
	json_has flush result
	json_has flush backend
	local key
	for key in $(sort -u "$BATS_TEST_TMPDIR/keys"); do
		echo "# $key"
		sed -n '/^\.Ss JSON/,/^\.Sh /p' "$MAN/rampart.8" | grep -q -e "Cm $key\b"
	done
}
