#include <limits.h>

#include "base.h"
#include "capture_shell.h"
#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "text.h"
#include "xalloc.h"

static const char search[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/*
 * Runs before each command, in functions and subshells too (set -T), so it has to be cheap. No
 * simple command, not even an assignment, since that would change $_; a loop over one word does
 * not. Lines of no file ("bash -c") say nothing: the caller's own stays. Only a shell that another
 * one started has them. The trap comes last, or it would say where it is itself.
 */
#define SAY_WHERE "for " SHIM_AT " in \"${BASH_SOURCE-}:$LINENO\"; do ((1)); done"
const char shell_prelude[] = "set -T\n"
			     "export " SHIM_AT "\n"
			     "case ${" SHIM_AT "-} in\n"
			     "'') trap '" SAY_WHERE "' DEBUG ;;\n"
			     "*) trap 'case ${BASH_SOURCE-} in \"\" | environment) ;; "
			     "*) " SAY_WHERE " ;; esac' DEBUG ;;\n"
			     "esac\n";
#undef SAY_WHERE

/* Names that would change the shell itself, or the programs that it starts. */
static const char *const reserved[] = {
	"PATH",	    "IFS",     "ENV",	     "HOME",
	"PWD",	    "OLDPWD",  "SHELL",	     "SHELLOPTS",
	"BASHOPTS", "PS1",     "PS2",	     "PS4",
	"OPTIND",   "OPTARG",  "UID",	     "EUID",
	"GROUPS",   "PPID",    "RANDOM",     "LINENO",
	"TERM",	    "LANG",    "LANGUAGE",   "USER",
	"LOGNAME",  "SECONDS", "HOSTNAME",   "MAIL",
	"TMPDIR",   "CDPATH",  "GLOBIGNORE", "POSIXLY_CORRECT",
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (str_equal(reserved[i], name))
			return true;
	return str_starts(name, "BASH") || str_starts(name, "LD_") || str_starts(name, "LC_") ||
	       str_starts(name, "XTABLES_") || str_starts(name, "RAMPART_") ||
	       str_starts(name, "MALLOC_");
}

static void add_variable(struct shell *shell, const char *name, const char *value)
{
	struct buf text = BUF_INIT;

	if (shell->nr_env == SHELL_VARIABLES_MAX)
		return;
	buf_addf(&text, "%s=%s", name, value);
	shell->env[shell->nr_env++] = buf_detach(&text);
}

/* The sets of the baseline: a list is blank separated. */
static void add_sets(struct shell *shell, const struct config *config, struct diags *diags)
{
	for (const struct value_list *set = config->sets; set; set = set->hh.next) {
		struct buf value = BUF_INIT;

		if (is_reserved(set->name)) {
			diag_warning(diags, &set->origin,
				     "set '%s' is no variable of the scripts: the shell itself has "
				     "one of that name",
				     set->name);
			continue;
		}
		if (set->any)
			buf_adds(&value, "any");
		for (size_t i = 0; i < set->nr; i++)
			buf_addf(&value, "%s%s", i ? " " : "", set->v[i].text);
		add_variable(shell, set->name, buf_str(&value));
		buf_release(&value);
	}
}

static void add_variables(struct shell *shell, const struct config *config, struct diags *diags)
{
	add_variable(shell, "PATH", search);
	add_variable(shell, "HOME", "/root");
	add_variable(shell, "USER", "root");
	add_variable(shell, "LOGNAME", "root");
	add_variable(shell, "SHELL", "/bin/sh");
	add_variable(shell, "TERM", "dumb");
	add_variable(shell, "LC_ALL", "C");
	if (shell->kind == SHELL_BASH)
		add_variable(shell, "BASH_ENV", SANDBOX_EXTRA "/" SHELL_PRELUDE);
	add_sets(shell, config, diags);
}

/* A program's path: of a name without a slash by search. NULL: there is none. */
static char *find_program(const char *name)
{
	const char *at = search;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	while (*at) {
		size_t len = strcspn(at, ":");
		struct buf path = BUF_INIT;

		buf_addf(&path, "%.*s/%s", (int)len, at, name);
		if (access(path.data, X_OK) == 0)
			return buf_detach(&path);
		buf_release(&path);
		at += len + (at[len] == ':');
	}
	return NULL;
}

/* The next blank separated word of a line, to be freed; NULL: none. */
static char *take_word(const char **at, const char *end)
{
	const char *start;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	start = *at;
	while (*at < end && **at != ' ' && **at != '\t')
		(*at)++;
	return *at > start ? xstrndup(start, (size_t)(*at - start)) : NULL;
}

/* "#!/bin/sh -e": the kernel takes all behind the program as one word. */
static void read_first_line(struct shell *shell, const char *line, const char *end, char **ret_name)
{
	const char *at = line + 2;
	char *word = take_word(&at, end);

	if (word && str_equal(text_base_name(word), "env")) {
		free(word);
		word = take_word(&at, end);
		if (word && str_equal(word, "-S")) {
			free(word);
			word = take_word(&at, end);
		}
	}
	shell->option = take_word(&at, end);
	*ret_name = word;
}

static enum shell_kind kind_of(const char *path)
{
	char resolved[PATH_MAX];
	const char *real = text_base_name(realpath(path, resolved) ? resolved : path);

	if (str_equal(real, "dash"))
		return SHELL_DASH;
	/* bash that is called sh reads no file before the script */
	if (str_starts(real, "bash") && !str_equal(text_base_name(path), "sh"))
		return SHELL_BASH;
	return SHELL_OTHER;
}

static bool is_shell(const char *name)
{
	static const char *const names[] = { "sh",   "bash", "dash",	"ash",	"ksh",
					     "mksh", "zsh",  "busybox", "posh", "yash" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(names[i], text_base_name(name)))
			return true;
	return false;
}

/* "trap ... DEBUG" or RETURN, as far as that can be seen. */
static bool has_own_traps(const char *text)
{
	return strstr(text, "trap ") && (strstr(text, " DEBUG") || strstr(text, " RETURN"));
}

static int find_shell(struct shell *shell, const struct script *script, struct diags *diags)
{
	struct origin origin = { script->dropin->path, 1, NULL };
	const char *text = buf_str(&script->dropin->text);
	const char *end = text + strcspn(text, "\r\n");
	char *name = NULL;
	int ret = 0;

	if (str_starts(text, "#!"))
		read_first_line(shell, text, end, &name);
	if (!name)
		name = xstrdup("bash");
	if (!is_shell(name))
		ret = diag_error(diags, &origin, "'%s' is not a shell: a script drop-in is for one",
				 name);
	else if (!(shell->path = find_program(name)))
		ret = diag_error(diags, &origin, "there is no shell '%s' here", name);
	else
		shell->kind = kind_of(shell->path);
	/* it would run the script's own traps in places where they do not */
	if (shell->kind == SHELL_BASH && has_own_traps(text))
		shell->kind = SHELL_OTHER;
	free(name);
	return ret;
}

static void make_words(struct shell *shell, const struct script *script)
{
	size_t nr = 0;

	shell->argv[nr++] = shell->path;
	if (shell->option)
		shell->argv[nr++] = shell->option;
	shell->argv[nr++] = script->host_path;
	for (size_t i = 0; script->args && i < script->args->nr && nr < SHELL_WORDS_MAX; i++)
		shell->argv[nr++] = script->args->v[i];
}

int shell_init(struct shell *shell, const struct capture *capture, const struct script *script,
	       struct diags *diags)
{
	const char *slash = strrchr(script->host_path, '/');

	*shell = (struct shell){ .kind = SHELL_OTHER };
	shell->cwd = xstrndup(script->host_path,
			      slash > script->host_path ? (size_t)(slash - script->host_path) : 1);
	if (find_shell(shell, script, diags) < 0)
		return -1;
	make_words(shell, script);
	add_variables(shell, capture->ctx.config, diags);
	return 0;
}

void shell_release(struct shell *shell)
{
	for (size_t i = 0; i < shell->nr_env; i++)
		free(shell->env[i]);
	free(shell->path);
	free(shell->option);
	free(shell->cwd);
	*shell = (struct shell){ .kind = SHELL_OTHER };
}
