/*
 * conffile: one configuration file (baseline or template uses) as sections,
 * options and values with their lines. The only place that knows libconfuse:
 * confscan.c looks first, libconfuse checks syntax and decodes values, and
 * every option is a list of strings; what a value may be is the caller's.
 * in:     text, and a schema of the names that may appear
 * out:    struct conffile: a tree in file order
 * owns:   everything in it; conffile_release(), also after a failure
 * fails:  -1 after adding to diags: all unknown names, or one syntax error
 */
#ifndef RAMPART_CONFFILE_H
#define RAMPART_CONFFILE_H

#include <stdbool.h>

#include "confscan.h"

enum conf_kind { CONF_END, CONF_OPTION, CONF_SECTION, CONF_TITLED };

/* A name that may appear; an array ends with CONF_END. */
struct conf_schema {
	const char *name;
	enum conf_kind kind;
	const struct conf_schema *sub; /* of a section */
};

struct conf_value {
	const char *text;
	unsigned int line;
};

struct conf_node {
	const char *name;
	const char *title; /* of a titled section */
	unsigned int line;
	bool is_section;
	bool appends;		  /* an option that adds to its default: += */
	struct conf_value *value; /* of an option */
	size_t nr_values;
	struct conf_node *parent, *next, *sub, *last_sub; /* next in the same section */
};

struct conffile {
	struct confscan scan;
	struct conf_node root;
};

#define CONFFILE_INIT \
	{ \
		.scan = CONFSCAN_INIT \
	}

/* First step: the scan alone, so that a caller can see which sections there are. */
int conffile_scan(struct conffile *conf, const char *text, size_t len, const char *file,
		  struct diags *diags);
/* Second step. what: "option", "parameter": how messages call a name in a section. */
int conffile_parse(struct conffile *conf, const struct conf_schema *schema, const char *file,
		   const char *what, struct diags *diags);
void conffile_release(struct conffile *conf);

#endif
