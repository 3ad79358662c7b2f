# bash completion for rampart(8)
# Installed as /usr/share/bash-completion/completions/rampart. Needs nothing but bash.

# The options of a command, beside the common ones.
_rampart_options() {
	local common='--root --config -c --backend --verbose -v --quiet -q --help -h --version'
	case $1 in
	apply) echo "$common --confirm --adopt --take-over --move --force --json" ;;
	boot) echo "$common --hook --json" ;;
	rollback) echo "$common --take-over --json" ;;
	check) echo "$common --inputs --json" ;;
	diff) echo "$common --ipv4 -4 --ipv6 -6 --table -t --live --generation --adopt --json" ;;
	validate) echo "$common --as --parse-only --json" ;;
	show) echo "$common --canonical --origins --ipv4 -4 --ipv6 -6 --table -t" ;;
	list) echo "$common --all --json" ;;
	confirm | history | templates | status | flush) echo "$common --json" ;;
	save) echo "$common --all" ;;
	import) echo "$common --output -o --force" ;;
	*) echo "$common" ;;
	esac
}

# First column of what the program lists, with the --root and -c of the command line.
_rampart_names() { # COMMAND
	"${COMP_WORDS[0]}" "${place[@]}" "$1" 2>/dev/null | while read -r name _; do
		echo "$name"
	done
}

# Their numbers; the first line is a heading, and "*" marks the current one.
_rampart_generations() {
	"${COMP_WORDS[0]}" "${place[@]}" history 2>/dev/null | sed -n 's/^[* ] *\([0-9][0-9]*\) .*/\1/p'
}

_rampart_files() { # [-d: directories only]
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen "${1:--f}" -- "$cur"))
}

_rampart_words() { # WORD...
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W "$*" -- "$cur"))
}

_rampart() {
	local cur=${COMP_WORDS[COMP_CWORD]} option='' command='' word value i
	local place=() nr_args=0
	COMPREPLY=()

	# What stands before the cursor. An "=" is a word of its own in COMP_WORDS.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == '=' && $option ]]; then
			continue
		elif [[ $option ]]; then
			value=$word
			[[ ${value:0:2} != \~/ ]] || value=$HOME${value:1}
			[[ $option != --root && $option != --config && $option != -c ]] ||
				place+=("$option" "$value")
			option=''
		elif [[ $word == --root || $word == --config || $word == -c || $word == --backend ||
			$word == --table || $word == -t || $word == --as || $word == --live ||
			$word == --adopt || $word == --generation || $word == --output || $word == -o ]]; then
			option=$word
		elif [[ $word == -* ]]; then
			continue
		elif [[ ! $command ]]; then
			command=$word
		else
			nr_args=$((nr_args + 1))
		fi
	done
	[[ $cur != '=' ]] || cur=''

	case $option in
	--root | --output | -o) _rampart_files -d ;;
	--config | -c | --live) _rampart_files ;;
	--backend) _rampart_words auto nft legacy ;;
	--table | -t) _rampart_words raw mangle nat filter security ;;
	--as) _rampart_words "$(_rampart_names list)" ;;
	--generation) _rampart_words "$(_rampart_generations)" ;;
	esac
	[[ ! $option ]] || return 0

	if [[ $cur == -* ]]; then
		_rampart_words "$(_rampart_options "$command")"
	elif [[ ! $command ]]; then
		_rampart_words apply boot confirm rollback history check diff validate show list \
			templates status save import flush
	elif [[ $command == rollback && $nr_args -eq 0 ]]; then
		_rampart_words "$(_rampart_generations)"
	elif [[ $command == templates && $nr_args -eq 0 ]]; then
		_rampart_words "$(_rampart_names templates)"
	elif [[ $command == validate || $command == import ]]; then
		_rampart_files
	fi
}

complete -F _rampart rampart
