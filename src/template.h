/*
 * template: a rules file with parameters, read and checked.
 *
 * Its form: comment lines, then "param NAME TYPE [optional] [= DEFAULT] # help"
 * lines, then lines of a rules drop-in. The first comment line is what
 * "rampart templates" shows. DEFAULT is a word or {a, b, c}.
 * owns:   template_store owns all templates; template_store_release()
 * fails:  NULL or -1 after adding to diags
 */
#ifndef RAMPART_TEMPLATE_H
#define RAMPART_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "hashtable.h"
#include "value.h"

struct config;
struct diags;
struct fs;

struct param {
	const char *name;
	enum value_type type;
	bool optional;	    /* may be empty: {} */
	bool required;	    /* no default, not optional */
	const char **value; /* words of the default */
	size_t nr_values;
	const char *help;
	unsigned int line;
};

/* Masked: empty or a link to /dev/null. Faulty: the errors have been reported. */
enum template_state { TEMPLATE_FAULTY, TEMPLATE_MASKED, TEMPLATE_USABLE };

struct template
{
	enum template_state state;
	const char *name;
	const char *path; /* as shown */
	const char *help; /* first comment line, without '#'; may be "" */
	struct param *param;
	size_t nr_params, cap_params;
	struct buf body; /* the file with its param lines blanked: lines keep their numbers */
	UT_hash_handle hh;
};

struct template_store {
	const struct config *config;
	const struct fs *fs;
	struct arena arena;
	struct template *by_name;
};

void template_store_init(struct template_store *store, const struct config *config,
			 const struct fs *fs);
/* Read it at the first call. NULL after an error; origin: of the use. */
const struct template *template_find(struct template_store *store, const char *name,
				     const struct origin *origin, struct diags *diags);
/* All that the directories hold, sorted by name; ret_nr of them. The caller frees the array. */
const struct template **template_list(struct template_store *store, size_t *ret_nr,
				      struct diags *diags);
/* Add the names and bytes of all template files to a hash (XXH3_state_t). Faulty ones too:
 * a change of any may change the rules. */
void template_store_hash(struct template_store *store, void *hash_state);
void template_store_release(struct template_store *store);

#endif
