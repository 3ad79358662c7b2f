#include <getopt.h>

#include "base.h"
#include "options.h"
#include "config.h"
#include "diag.h"
#include "text.h"
#include "xalloc.h"
#include "xtable.h"

enum option_id {
	OPT_ROOT = 256,
	OPT_BACKEND,
	OPT_JSON,
	OPT_VERSION,
	OPT_ALL,
	OPT_CANONICAL,
	OPT_ORIGINS,
	OPT_INPUTS,
	OPT_TAKE_OVER,
	OPT_MOVE,
	OPT_FORCE,
	OPT_HOOK,
	OPT_PARSE_ONLY,
	OPT_AS,
	OPT_LIVE,
	OPT_ADOPT,
	OPT_CONFIRM,
	OPT_GENERATION
};

static const struct option long_options[] = {
	/* common to all commands */
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "config", required_argument, NULL, 'c' },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	/* of some */
	{ "json", no_argument, NULL, OPT_JSON },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "table", required_argument, NULL, 't' },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "canonical", no_argument, NULL, OPT_CANONICAL },
	{ "origins", no_argument, NULL, OPT_ORIGINS },
	{ "inputs", no_argument, NULL, OPT_INPUTS },
	{ "take-over", no_argument, NULL, OPT_TAKE_OVER },
	{ "move", no_argument, NULL, OPT_MOVE },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "hook", no_argument, NULL, OPT_HOOK },
	{ "parse-only", no_argument, NULL, OPT_PARSE_ONLY },
	{ "as", required_argument, NULL, OPT_AS },
	{ "live", required_argument, NULL, OPT_LIVE },
	{ "adopt", required_argument, NULL, OPT_ADOPT },
	{ "confirm", optional_argument, NULL, OPT_CONFIRM },
	{ "generation", required_argument, NULL, OPT_GENERATION },
	{ "output", required_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 },
};

enum { COMMON_OPTIONS = 7 };

/* '+' would stop at the command; '-' hands out words in their order, as option 1 */
static const char short_options[] = "-:c:vqh46t:o:";

static const struct option *find_option(int id)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == id)
			return o;
	return NULL;
}

static bool is_allowed(const char *allowed, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = allowed; (p = strstr(p, name)); p += len)
		if ((p == allowed || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	return false;
}

const char *options_command(int argc, char **argv)
{
	const char *command = NULL;
	int c;

	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
		if (c == 1 && !command)
			command = optarg;
	return command;
}

static int set_backend(struct options *options, struct diags *diags)
{
	static const char *const names[] = { "auto", "nft", "legacy" };

	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		if (str_equal(names[i], optarg)) {
			options->backend = i;
			return 0;
		}
	}
	return diag_error(diags, NULL, "'%s' is not a backend: auto, nft or legacy", optarg);
}

static int set_table(struct options *options, struct diags *diags)
{
	enum xtable table;

	if (xtable_by_name(optarg, strlen(optarg), &table) < 0)
		return diag_error(diags, NULL,
				  "'%s' is not a table: raw, mangle, nat, filter or security",
				  optarg);
	options->table = (int)table;
	return 0;
}

static int set_confirm(struct options *options, struct diags *diags)
{
	unsigned long seconds;

	options->confirm = true;
	if (!optarg)
		return 0;
	if (text_number(optarg, CONFIRM_MIN, CONFIRM_MAX, &seconds) < 0)
		return diag_error(diags, NULL, "'%s' is not a number of seconds: from %d to %d",
				  optarg, (int)CONFIRM_MIN, (int)CONFIRM_MAX);
	options->confirm_seconds = (unsigned int)seconds;
	return 0;
}

int options_generation(const char *text, unsigned int *ret_number, struct diags *diags)
{
	unsigned long number;

	if (text_number(text, 1, GENERATION_MAX, &number) < 0)
		return diag_error(diags, NULL,
				  "'%s' is not the number of a generation: 'rampart history' "
				  "lists them",
				  text);
	*ret_number = (unsigned int)number;
	return 0;
}

int options_adopt(struct options *options, const char *name, struct diags *diags)
{
	if (options->nr_adopt == ADOPT_MAX)
		return diag_error(diags, NULL,
				  "more than %d chains to adopt: use the baseline's 'adopt'",
				  (int)ADOPT_MAX);
	options->adopt[options->nr_adopt++] = name;
	return 0;
}

static int set_option(struct options *options, int id, struct diags *diags)
{
	switch (id) {
	case OPT_ROOT: options->root = optarg; break;
	case 'c': options->baseline = optarg; break;
	case OPT_BACKEND: return set_backend(options, diags);
	case 'v': options->verbose = true; break;
	case 'q': options->quiet = true; break;
	case OPT_JSON: options->json = true; break;
	case '4': options->families |= family_bit(FAMILY_IPV4); break;
	case '6': options->families |= family_bit(FAMILY_IPV6); break;
	case 't': return set_table(options, diags);
	case OPT_ALL: options->all = true; break;
	case OPT_CANONICAL: options->canonical = true; break;
	case OPT_ORIGINS: options->origins = true; break;
	case OPT_INPUTS: options->inputs = true; break;
	case OPT_TAKE_OVER: options->take_over = true; break;
	case OPT_MOVE: options->move = true; break;
	case OPT_FORCE: options->force = true; break;
	case OPT_HOOK: options->hook = true; break;
	case OPT_PARSE_ONLY: options->parse_only = true; break;
	case OPT_AS: options->as = optarg; break;
	case OPT_LIVE: options->live = optarg; break;
	case OPT_ADOPT: return options_adopt(options, optarg, diags);
	case 'o': options->output = optarg; break;
	case OPT_CONFIRM: return set_confirm(options, diags);
	case OPT_GENERATION: return options_generation(optarg, &options->generation, diags);
	default: break;
	}
	return 0;
}

/* Only the whole name counts: getopt's abbreviations would make every new option a change. */
static int check_name(const char *word, const struct option *option, struct diags *diags)
{
	size_t len = strlen(option->name);

	if (str_starts(word, "--") &&
	    (strncmp(word + 2, option->name, len) != 0 || (word[2 + len] && word[2 + len] != '=')))
		return diag_error(diags, NULL, "unknown option '%s', did you mean '--%s'?", word,
				  option->name);
	return 0;
}

static int report_bad(int c, const char *word, const char *allowed, struct diags *diags)
{
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	const struct option *option = find_option(optopt);

	if (c == ':')
		return diag_error(diags, NULL, "option '%s' needs a value", word);
	if (option && str_starts(word, "--"))
		return diag_error(diags, NULL, "option '--%s' takes no value", option->name);
	for (const struct option *o = long_options; o->name; o++)
		if (str_starts(word, "--") &&
		    (o < long_options + COMMON_OPTIONS || is_allowed(allowed, o->name)))
			text_nearest_offer(&nearest, word + 2, o->name);
	return diag_error(diags, NULL, "unknown option '%s'%s%s%s", word,
			  nearest.best ? ", did you mean '--" : "",
			  nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

static int take_option(struct options *options, int c, const char *word, const char *allowed,
		       struct diags *diags)
{
	const struct option *option = find_option(c);

	if (c == '?' || c == ':' || !option)
		return report_bad(c, word, allowed, diags);
	if (check_name(word, option, diags) < 0)
		return -1;
	if (option >= long_options + COMMON_OPTIONS && !is_allowed(allowed, option->name))
		return diag_error(diags, NULL, "this command takes no option '--%s'", option->name);
	return set_option(options, c, diags);
}

static void take_word(struct options *options, const char *word)
{
	options->args[options->nr_args++] = word;
	if (!options->nr_adopt)
		options->nr_args_before_adopt++;
}

enum options_result options_parse(struct options *options, int argc, char **argv,
				  const char *allowed, size_t max_args, struct diags *diags)
{
	enum options_result ret = OPTIONS_OK;
	bool seen_command = false;
	int c, at;

	*options = (struct options){ .backend = -1, .table = -1 };
	options->args = xcalloc((size_t)argc + 1, sizeof(*options->args));
	opterr = 0;
	optind = 0;
	while (at = optind ? optind : 1,
	       (c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (c == 'h')
			return OPTIONS_HELP;
		if (c == OPT_VERSION)
			return OPTIONS_VERSION;
		if (c == 1 && !seen_command)
			seen_command = true;
		else if (c == 1)
			take_word(options, optarg);
		else if (take_option(options, c, argv[at], allowed, diags) < 0)
			ret = OPTIONS_USAGE;
	}
	for (; optind < argc; optind++) /* behind "--" */
		take_word(options, argv[optind]);
	if (ret == OPTIONS_OK && options->nr_args > max_args) {
		diag_error(diags, NULL, "unexpected '%s'", options->args[max_args]);
		ret = OPTIONS_USAGE;
	}
	if (!options->families)
		options->families = FAMILIES_BOTH;
	return ret;
}

void options_release(struct options *options)
{
	free(options->args);
	options->args = NULL;
}
