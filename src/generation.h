/*
 * generation: the applies that were carried out, numbered from 1. Each is a state file in
 * state_dir/generations, named by its number and by what became of it: "12.good",
 * "13.rejected". The one that is live is "current" too (the same file). One that has to be
 * confirmed is pending as long as it has no such name.
 * fails: -1 after adding to diags
 */
#ifndef RAMPART_GENERATION_H
#define RAMPART_GENERATION_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct diags;
struct fs;
struct state;

enum generation_status { GENERATION_PENDING, GENERATION_GOOD, GENERATION_REJECTED };

struct generation {
	unsigned int number;
	enum generation_status status;
	bool current;  /* what was applied last */
	bool has_file; /* false: only "current" tells of it */
};

struct generations {
	struct generation *v; /* growing numbers */
	size_t nr, cap;
};

#define GENERATIONS_INIT \
	{ \
		NULL, 0, 0 \
	}

const char *generation_status_name(enum generation_status status);

/* current: its header is enough. */
int generation_list(const struct fs *fs, const struct config *config, const struct state *current,
		    struct generations *ret_list, struct diags *diags);
void generations_release(struct generations *list);
/* NULL: there is none of that number. */
const struct generation *generation_find(const struct generations *list, unsigned int number);
/* The one that is applied, if any; NULL after a flush, or in a lockdown. */
const struct generation *generation_current(const struct generations *list);
/* The good one with the highest number below one; 0: below none. NULL: none. */
const struct generation *generation_good_before(const struct generations *list,
						unsigned int number);
/* What a boot may load: the current one if it is good, else the last good one; or NULL. */
const struct generation *generation_last_good(const struct generations *list);
/* The number of the next. */
unsigned int generation_next(const struct generations *list);

/* Was it read as "current"? Both are names of one file, unless somebody has changed one. */
bool generation_is_read(const struct fs *fs, const struct config *config,
			const struct generation *generation, const struct state *current);
/* All of it. exists is false where its file is gone. */
int generation_read(const struct fs *fs, const struct config *config,
		    const struct generation *generation, struct state *ret_state,
		    struct diags *diags);

/* Give the one that is in "current" its name. */
int generation_keep(const struct fs *fs, const struct config *config, unsigned int number,
		    enum generation_status status, struct diags *diags);
/* Whatever it was, it is rejected. */
int generation_reject(const struct fs *fs, const struct config *config,
		      const struct generation *generation, struct diags *diags);
/* It becomes what "current" says. */
int generation_make_current(const struct fs *fs, const struct config *config,
			    const struct generation *generation, struct diags *diags);
/* Where there are more than the baseline's 'generations', remove the oldest: rejected ones first,
 * but for the newest of them. */
int generation_prune(const struct fs *fs, const struct config *config,
		     const struct generations *list, struct diags *diags);

/* Were these inputs (hash) rejected, and not accepted since? NULL: no. */
const struct generation *generation_rejected_inputs(const struct fs *fs,
						    const struct config *config,
						    const struct generations *list,
						    const char *inputs, struct diags *diags);

#endif
