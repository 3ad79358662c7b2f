/*
 * discover: which drop-ins take part, and in which order.
 * in:     layers, lowest precedence first (directories below fs's root)
 * out:    struct dropin_list: the drop-ins in byte order of their names, read;
 *         and the files that take no part, each with the reason
 * owns:   the list owns names and texts; dropin_list_release(), also after a failure
 * fails:  -1 after adding to diags, all faults in one run
 */
#ifndef RAMPART_DISCOVER_H
#define RAMPART_DISCOVER_H

#include <stddef.h>

#include "buf.h"

struct config;
struct diags;
struct fs;

enum dropin_kind { DROPIN_RULES, DROPIN_USES, DROPIN_SCRIPT };

struct dropin {
	char *name;	   /* file name, the same in all layers */
	char *path;	   /* as shown in messages */
	const char *layer; /* its directory; NULL for a file given to validate */
	size_t layer_index;
	enum dropin_kind kind;
	unsigned int families; /* that its name allows: .v4.rules, .v6.rules */
	struct buf text;
};

/* A file of a layer that takes no part. */
struct skipped {
	char *path;
	char *reason; /* "overridden by PATH", "masked", "name ends in '~'", ... */
};

struct dropin_list {
	struct dropin *v;
	size_t nr, cap;
	struct skipped *skipped; /* in byte order of their paths */
	size_t nr_skipped, cap_skipped;
};

#define DROPIN_LIST_INIT \
	{ \
		NULL, 0, 0, NULL, 0, 0 \
	}

/* A file that stands in for a drop-in, whatever the layers hold (validate FILE --as NAME). */
struct candidate {
	const char *name; /* of the drop-in */
	const char *path; /* of the file, as shown */
	const char *text;
	size_t len;
};

int discover(const struct config *config, const struct fs *fs, const struct candidate *candidates,
	     size_t nr_candidates, struct dropin_list *ret_list, struct diags *diags);
void dropin_list_release(struct dropin_list *list);

/* NULL if a file of that name is a drop-in, else why it is not. */
const char *dropin_name_check(const char *name);
const char *dropin_kind_name(enum dropin_kind kind);

#endif
