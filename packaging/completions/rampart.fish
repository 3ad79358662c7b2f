# fish completion for rampart(8)

set -l commands apply boot confirm rollback history check diff validate show list templates status save import flush

# First column of what the program lists, with the --root and -c of the command line.
function __rampart_names
    set -l words (commandline -opc)
    set -l place
    set -l i 2
    while test $i -le (count $words)
        switch $words[$i]
            case '--root=*' '--config=*'
                set -a place $words[$i]
            case --root --config -c
                set -a place $words[$i] $words[(math $i + 1)]
                set i (math $i + 1)
        end
        set i (math $i + 1)
    end
    command $words[1] $place $argv[1] 2>/dev/null | string replace -r ' .*' ''
end

complete -c rampart -f

complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a apply -d 'make live match wanted'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a boot -d 'what the system\'s start calls'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a confirm -d 'keep the pending apply'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a rollback -d 'go back to a generation, or give up the pending one'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a history -d 'the generations'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a check -d 'does live still match what was applied'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a diff -d 'what apply would change'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a validate -d 'parse and prove, change nothing'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a show -d 'the payload'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a list -d 'the drop-ins in their order'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a templates -d 'the templates, or the parameters of one'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a status -d 'backend, ownership, drift and counters'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a save -d 'write the applied rules to files'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a import -d 'turn scripts and saves into drop-ins of rules'
complete -c rampart -n "not __fish_seen_subcommand_from $commands" -a flush -d 'take out all that rampart owns'

# common to all commands
complete -c rampart -l root -x -a '(__fish_complete_directories)' -d 'all files lie below a directory'
complete -c rampart -s c -l config -r -F -d 'another baseline'
complete -c rampart -l backend -x -a 'auto nft legacy' -d 'kind of rules'
complete -c rampart -s v -l verbose -d 'say more: what changes, and what scripts print'
complete -c rampart -s q -l quiet -d 'say less'
complete -c rampart -s h -l help -d 'print the options'
complete -c rampart -l version -d 'print the version'

# of some
complete -c rampart -n '__fish_seen_subcommand_from apply boot confirm rollback history check diff validate list templates status flush' -l json -d 'the result as JSON'
complete -c rampart -n '__fish_seen_subcommand_from apply diff' -l adopt -x -d "live chains of others become rampart's"
complete -c rampart -n '__fish_seen_subcommand_from apply rollback' -l take-over -d "exclusive: delete rules that are not rampart's"
complete -c rampart -n '__fish_seen_subcommand_from apply' -l confirm -d 'roll back unless it is confirmed in time'
complete -c rampart -n '__fish_seen_subcommand_from apply' -l move -d "take rampart's chains out of the other backend"
complete -c rampart -n '__fish_seen_subcommand_from apply' -l force -d 'even if it would cut off this ssh connection'
complete -c rampart -n '__fish_seen_subcommand_from import' -l force -d 'replace files that are there'
complete -c rampart -n '__fish_seen_subcommand_from import' -s o -l output -x -a '(__fish_complete_directories)' -d 'where to write the drop-ins'
complete -c rampart -n '__fish_seen_subcommand_from import' -F
complete -c rampart -n '__fish_seen_subcommand_from boot' -l hook -d 'exit code 0 after a failure, unless hook_exit = fail'
complete -c rampart -n '__fish_seen_subcommand_from check' -l inputs -d 'compare the files as well'
complete -c rampart -n '__fish_seen_subcommand_from diff show' -s 4 -l ipv4 -d 'only IPv4'
complete -c rampart -n '__fish_seen_subcommand_from diff show' -s 6 -l ipv6 -d 'only IPv6'
complete -c rampart -n '__fish_seen_subcommand_from diff show' -s t -l table -x -a 'raw mangle nat filter security' -d 'only this table'
complete -c rampart -n '__fish_seen_subcommand_from diff' -l generation -x -d 'what rollback to it would change'
complete -c rampart -n '__fish_seen_subcommand_from diff' -l live -r -F -d 'compare with a save instead of the kernel'
complete -c rampart -n '__fish_seen_subcommand_from validate' -l as -x -a '(__rampart_names list)' -d 'drop-in that the file stands for'
complete -c rampart -n '__fish_seen_subcommand_from validate' -l parse-only -d 'leave the proof out'
complete -c rampart -n '__fish_seen_subcommand_from validate' -F
complete -c rampart -n '__fish_seen_subcommand_from show' -l canonical -d "in the kernel's own spelling"
complete -c rampart -n '__fish_seen_subcommand_from show' -l origins -d 'each rule below its file and line'
complete -c rampart -n '__fish_seen_subcommand_from list save' -l all -d 'also what takes no part; all live rules'
complete -c rampart -n '__fish_seen_subcommand_from templates' -a '(__rampart_names templates)' -d template
