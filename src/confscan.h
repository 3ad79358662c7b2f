/*
 * confscan: a first look at the bytes of a configuration file, before
 * libconfuse reads them. libconfuse 3.3 alone would lose count of lines at
 * each comment, drop bytes that it does not know (eth+ becomes eth), expand
 * ${X} from the environment, accept an unclosed section, and let a repeated
 * option or set silently win. So this
 * - blanks comments and keeps the newlines,
 * - records each section, option and value with its line, in order,
 * - refuses what libconfuse would silently read as something else.
 * in:     the file's bytes
 * out:    struct confscan
 * owns:   everything in it; confscan_release(), also after a failure
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_CONFSCAN_H
#define RAMPART_CONFSCAN_H

#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "hashtable.h"

struct diags;

enum { CONF_BYTES_MAX = 1024 * 1024, CONF_DEPTH_MAX = 4, CONF_ITEMS_MAX = 100000 };

/* One option or section, in order of appearance. */
struct confscan_item {
	const char *name;
	const char *title;	      /* section: as written, without quotes; NULL: none */
	struct confscan_item *parent; /* section it stands in; NULL: the file */
	unsigned int line;
	int is_section;
	int appends;		  /* option: its first value came by "+=" */
	size_t index;		  /* the how-manieth section of this name in its parent, from 0 */
	unsigned int *value_line; /* option: line of each value */
	size_t nr_values, cap_values;
	struct confscan_item *next;

	const char *key;       /* "parent/name": finds the last item of this name */
	const char *title_key; /* "parent/name/title" */
	UT_hash_handle hh, hh_title;
};

struct confscan {
	struct arena arena;
	struct buf text; /* what libconfuse may read */
	struct confscan_item *items, **tail;
	struct confscan_item *by_key, *by_title;
	size_t nr_items;
};

#define CONFSCAN_INIT \
	{ \
		ARENA_INIT, BUF_INIT, NULL, NULL, NULL, NULL, 0 \
	}

int confscan_run(struct confscan *scan, const char *text, size_t len, const char *file,
		 struct diags *diags);
void confscan_release(struct confscan *scan);

#endif
