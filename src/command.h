/*
 * command: one verb per file (cmd_*.c), and the table of them (main.c).
 */
#ifndef RAMPART_COMMAND_H
#define RAMPART_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct options;
struct report;

enum exit_code {
	EXIT_DONE = 0,		/* done; or same */
	EXIT_DIFFERS = 1,	/* check, diff */
	EXIT_TROUBLE = 2,	/* nothing was changed */
	EXIT_ROLLED_BACK = 3,	/* failed; the old rules are back and verified */
	EXIT_NOT_AS_IT_WAS = 4, /* failed; what is live is not what it was */
	EXIT_BAD_USAGE = 64,	/* EX_USAGE of sysexits.h */
	EXIT_NO_PERMISSION = 77 /* EX_NOPERM */
};

struct command {
	const char *name;
	int (*run)(const struct options *options, struct report *report, struct diags *diags);
	const char *options; /* that it takes beside the common ones */
	size_t max_args;
	const char *arguments; /* for the usage line */
	const char *summary;   /* one line */
	const char *help;      /* what --help says more */
};

int cmd_apply(const struct options *options, struct report *report, struct diags *diags);
int cmd_boot(const struct options *options, struct report *report, struct diags *diags);
int cmd_confirm(const struct options *options, struct report *report, struct diags *diags);
int cmd_rollback(const struct options *options, struct report *report, struct diags *diags);
int cmd_history(const struct options *options, struct report *report, struct diags *diags);
int cmd_check(const struct options *options, struct report *report, struct diags *diags);
int cmd_diff(const struct options *options, struct report *report, struct diags *diags);
int cmd_validate(const struct options *options, struct report *report, struct diags *diags);
int cmd_show(const struct options *options, struct report *report, struct diags *diags);
int cmd_list(const struct options *options, struct report *report, struct diags *diags);
int cmd_templates(const struct options *options, struct report *report, struct diags *diags);
int cmd_status(const struct options *options, struct report *report, struct diags *diags);
int cmd_save(const struct options *options, struct report *report, struct diags *diags);
int cmd_import(const struct options *options, struct report *report, struct diags *diags);
int cmd_flush(const struct options *options, struct report *report, struct diags *diags);

/* EXIT_NO_PERMISSION after an error unless run by root; else EXIT_DONE. */
int command_need_root(struct diags *diags);

#endif
