#include <signal.h>
#include <sys/stat.h>

#include "base.h"
#include "buf.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "report.h"
#include "text.h"
#include "version.h"

static const struct command commands[] = {
	{ "apply", cmd_apply, "confirm adopt take-over move force json", 10000, "",
	  "make live match wanted",
	  "  --confirm[=SECONDS]\n"
	  "                    roll back unless it is confirmed in time: at the terminal, or by\n"
	  "                    'rampart confirm'\n"
	  "  --adopt NAME...   live chains of others become rampart's (names or patterns)\n"
	  "  --take-over       exclusive: delete rules that are not rampart's; else a terminal is\n"
	  "                    asked, and without one nothing is changed\n"
	  "  --move            take rampart's chains out of the other backend\n"
	  "  --force           even if it would cut off the ssh connection that it is called over\n"
	  "  --json            the outcome as JSON\n" },
	{ "boot", cmd_boot, "hook json", 0, "",
	  "what the system's start calls: last good at once if the files are unchanged, else apply",
	  "  --hook            a failure is exit code 0 unless the baseline has hook_exit = fail\n"
	  "  --json            the outcome as JSON\n" },
	{ "confirm", cmd_confirm, "json", 1, "[TOKEN]", "keep the pending apply",
	  "  TOKEN             only if it is this one\n"
	  "  --json            the outcome as JSON\n" },
	{ "rollback", cmd_rollback, "take-over json", 1, "[N]",
	  "go back to generation N; else give up the pending one, or go back one",
	  "  --take-over       exclusive: delete rules that are not rampart's\n"
	  "  --json            the outcome as JSON\n" },
	{ "history", cmd_history, "json", 0, "", "the generations: what was applied when, by whom",
	  "  --json            the generations as JSON\n" },
	{ "check", cmd_check, "inputs json", 0, "",
	  "does live still match what was applied? silent if it does; made for cron",
	  "  --inputs          compare the files as well\n"
	  "  --json            the drift as JSON\n\n"
	  "Exit code 1: drifted, or nothing applied yet.\n" },
	{ "diff", cmd_diff, "ipv4 ipv6 table live adopt generation json", 0, "",
	  "what apply would change",
	  "  -4, --ipv4        only IPv4\n"
	  "  -6, --ipv6        only IPv6\n"
	  "  -t, --table TABLE only raw, mangle, nat, filter or security\n"
	  "  --live FILE       compare with a save instead of the kernel; needs no root\n"
	  "  --adopt NAME      as for apply\n"
	  "  --generation N    what 'rollback N' would change\n"
	  "  --json            the changes as JSON\n\n"
	  "Exit code 1: something would change.\n" },
	{ "validate", cmd_validate, "as parse-only json", 10000, "[FILE...]",
	  "parse and prove, change nothing",
	  "  FILE              stands for the drop-in of its name\n"
	  "  --as NAME FILE    stands for the drop-in NAME ('-': standard input)\n"
	  "  --parse-only      leave the proof in a scratch namespace out\n"
	  "  --json            the result as JSON\n" },
	{ "show", cmd_show, "canonical origins ipv4 ipv6 table", 0, "",
	  "the wanted rules as restore text",
	  "  --canonical       in the kernel's own spelling\n"
	  "  --origins         each rule below its file and line\n"
	  "  -4, --ipv4        only IPv4\n"
	  "  -6, --ipv6        only IPv6\n"
	  "  -t, --table TABLE only raw, mangle, nat, filter or security\n" },
	{ "list", cmd_list, "all json", 0, "", "the drop-ins in their order, with their layer",
	  "  --all             also what takes no part, with the reason\n"
	  "  --json            the list as JSON\n" },
	{ "templates", cmd_templates, "json", 1, "[NAME]",
	  "the templates, or the parameters of one",
	  "  --json            the templates with their parameters as JSON\n" },
	{ "status", cmd_status, "json", 0, "",
	  "backend, ownership, drift, and the counters of each drop-in",
	  "  --json            the status as JSON\n" },
	{ "save", cmd_save, "all", 0, "",
	  "write the applied rules where the distribution restores them from ('save_to')",
	  "  --all             all live rules, less 'save_skip'\n" },
	{ "import", cmd_import, "output force", 10000, "DIR|FILE...",
	  "turn scripts and saves of iptables into drop-ins of rules",
	  "  -o, --output DIR  write NN-name.rules there for each; else standard output\n"
	  "  --force           replace files that are there\n" },
	{ "flush", cmd_flush, "json", 0, "",
	  "take out all that rampart owns, leave the rest; in the backend of the last apply",
	  "  --json            the outcome as JSON\n" },
};

static const char common_help[] =
	"  --root DIR        all files lie below DIR\n"
	"  -c, --config FILE another baseline\n"
	"  --backend NAME    auto, nft or legacy\n"
	"  -v, --verbose     say more: apply lists its changes; what scripts print\n"
	"  -q, --quiet       errors only\n"
	"  -h, --help        this text\n"
	"  --version\n";

static const char exit_codes[] =
	"Exit codes: 0 done or same, 1 differs, 2 trouble and nothing changed, 3 failed and the "
	"old rules\nare back, 4 failed and live is not what it was, 64 usage, 77 no permission.\n";

static int usage(FILE *to)
{
	fputs("usage: rampart COMMAND [OPTION...]\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(to,
		"\n%s\n'rampart COMMAND --help' says more; so do rampart(8), rampart.conf(5), "
		"rampart.rules(5)\nand rampart.script(5).\n",
		exit_codes);
	return to == stdout ? EXIT_DONE : EXIT_BAD_USAGE;
}

static int command_usage(const struct command *command)
{
	printf("usage: rampart %s [OPTION...]%s%s\n\n%s\n\n%s%s\nThe manual: rampart(8).\n",
	       command->name, command->arguments[0] ? " " : "", command->arguments,
	       command->summary, command->help, common_help);
	return EXIT_DONE;
}

static int print_version(void)
{
	return puts("rampart " RAMPART_VERSION) < 0 ? EXIT_TROUBLE : EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	struct buf word = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		text_nearest_offer(&nearest, name, commands[i].name);
	text_escape(&word, name);
	fprintf(stderr, "rampart: error: unknown command '%s'%s%s%s; 'rampart --help' lists them\n",
		buf_str(&word), nearest.best ? " (did you mean '" : "",
		nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	buf_release(&word);
	return EXIT_BAD_USAGE;
}

int command_need_root(struct diags *diags)
{
	if (geteuid() == 0)
		return EXIT_DONE;
	diag_error(diags, NULL, "only root can look at live rules");
	return EXIT_NO_PERMISSION;
}

/* "apply --adopt A B C": the words that follow are names as well. */
static int take_adopt_words(struct options *options, struct diags *diags)
{
	if (options->nr_args_before_adopt)
		return diag_error(diags, NULL, "unexpected '%s'", options->args[0]);
	for (size_t i = 0; i < options->nr_args; i++)
		if (options_adopt(options, options->args[i], diags) < 0)
			return -1;
	return 0;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct diags diags = DIAGS_INIT;
	struct options options;
	struct report report;
	enum options_result parsed;
	int ret;

	parsed = options_parse(&options, argc, argv, command->options, command->max_args, &diags);
	if (parsed == OPTIONS_OK && command->run == cmd_apply &&
	    take_adopt_words(&options, &diags) < 0)
		parsed = OPTIONS_USAGE;
	switch (parsed) {
	case OPTIONS_HELP: ret = command_usage(command); break;
	case OPTIONS_VERSION: ret = print_version(); break;
	case OPTIONS_USAGE:
		options.json = false;
		report_init(&report, &options);
		report_finish(&report, &diags, NULL);
		ret = EXIT_BAD_USAGE;
		break;
	default: report_init(&report, &options); ret = command->run(&options, &report, &diags);
	}
	options_release(&options);
	diags_release(&diags);
	return ret;
}

/* Whoever calls us: descriptors 0 to 2 are open, files are made private, a closed pipe is an
 * error code and not a signal. */
static void start_clean(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
}

/* Without a command: "rampart --help", "rampart --version", or a misuse. */
static int run_bare(int argc, char **argv)
{
	struct diags diags = DIAGS_INIT;
	struct options options;
	struct report report;
	int ret;

	switch (options_parse(&options, argc, argv, "", 0, &diags)) {
	case OPTIONS_HELP: ret = usage(stdout); break;
	case OPTIONS_VERSION: ret = print_version(); break;
	default:
		report_init(&report, &options);
		report_finish(&report, &diags, NULL);
		ret = usage(stderr);
	}
	options_release(&options);
	diags_release(&diags);
	return ret;
}

/* A full disk below the output, or a reader that is gone, is trouble, too. But what was done is
 * done: of those that change something the exit code goes on saying what is live. */
static int end_output(const struct command *command, int ret)
{
	bool failed = fflush(stdout) != 0 || ferror(stdout);
	bool changes = command && (command->run == cmd_apply || command->run == cmd_flush ||
				   command->run == cmd_save || command->run == cmd_boot ||
				   command->run == cmd_confirm || command->run == cmd_rollback);

	return failed && ret == EXIT_DONE && !changes ? EXIT_TROUBLE : ret;
}

int main(int argc, char **argv)
{
	const char *name = options_command(argc, argv);
	const struct command *command = name ? find_command(name) : NULL;
	int ret;

	start_clean();
	if (command)
		ret = run_command(command, argc, argv);
	else
		ret = name ? unknown_command(name) : run_bare(argc, argv);
	return end_output(command, ret);
}
