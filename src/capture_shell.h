/*
 * capture_shell: which shell a script is for, by its first line; and what that shell is given.
 * owns:   its words; shell_release()
 */
#ifndef RAMPART_CAPTURE_SHELL_H
#define RAMPART_CAPTURE_SHELL_H

#include <stddef.h>

struct capture;
struct diags;
struct script;

/* How a shell tells which line it is at. */
enum shell_kind {
	SHELL_BASH, /* by a trap that runs before each command */
	SHELL_DASH, /* it does not: it is given the script line by line */
	SHELL_OTHER /* not at all */
};

enum { SHELL_WORDS_MAX = 256, SHELL_VARIABLES_MAX = 1024 };

struct shell {
	enum shell_kind kind;
	char *path;   /* of the program */
	char *option; /* of the first line; or NULL */
	const char *argv[SHELL_WORDS_MAX + 1];
	char *env[SHELL_VARIABLES_MAX + 1];
	size_t nr_env;
	char *cwd;
};

/* -1 after an error at the script: its first line names no shell. */
int shell_init(struct shell *shell, const struct capture *capture, const struct script *script,
	       struct diags *diags);
void shell_release(struct shell *shell);

/* What bash reads before the script, as a file of SANDBOX_EXTRA. */
#define SHELL_PRELUDE "bash"
extern const char shell_prelude[];

#endif
