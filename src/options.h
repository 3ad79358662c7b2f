/*
 * options: the command line, checked against what the command takes.
 * owns:   args; options_release(). Strings point into argv
 */
#ifndef RAMPART_OPTIONS_H
#define RAMPART_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct diags;

enum { ADOPT_MAX = 64, GENERATION_MAX = 99999999 };

struct options {
	const char *root;      /* --root; NULL */
	const char *baseline;  /* -c; NULL: the default */
	int backend;	       /* --backend: enum backend_choice; -1: not given */
	unsigned int families; /* -4, -6: family bits; both if neither is given */
	int table;	       /* -t: enum xtable; -1: all */
	bool json, verbose, quiet;
	bool all, canonical, origins, inputs, take_over, move, force, hook, parse_only;
	bool confirm;
	unsigned int confirm_seconds; /* --confirm=SECONDS; 0: the baseline's */
	unsigned int generation;      /* --generation; 0: not given */
	const char *as;		      /* --as */
	const char *output;	      /* -o DIR */
	const char *live;	      /* --live FILE: stands for what the kernel holds */
	const char *adopt[ADOPT_MAX];
	size_t nr_adopt;
	const char **args; /* what is left */
	size_t nr_args, nr_args_before_adopt;
};

enum options_result {
	OPTIONS_OK,
	OPTIONS_USAGE, /* an error has been added to diags */
	OPTIONS_HELP,
	OPTIONS_VERSION
};

/* The first word that is not an option, wherever it stands; NULL: none. */
const char *options_command(int argc, char **argv);

/* allowed: names of the options that the command takes beside the common ones, space
 * separated. max_args: words that may follow. */
enum options_result options_parse(struct options *options, int argc, char **argv,
				  const char *allowed, size_t max_args, struct diags *diags);
/* One more chain to adopt. -1, after an error: there is no room for it. */
int options_adopt(struct options *options, const char *name, struct diags *diags);

/* The number of a generation. -1 after an error. */
int options_generation(const char *text, unsigned int *ret_number, struct diags *diags);

void options_release(struct options *options);

#endif
