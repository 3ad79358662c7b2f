/*
 * state: what the last apply left, in state_dir. "current" is what was applied;
 * "begun" what an apply was making when it was interrupted, and is only there
 * until it ends. Stored is text that can be looked at: never commands.
 *
 *     rampart-state 1
 *     version 0.1.0
 *     applied 2026-11-20T13:37:00Z
 *     backend nft
 *     ownership merge
 *     inputs 6a2f...              hash of all that was read
 *     table ipv4 filter           that was looked at
 *     taken ipv4 filter           exclusive: that has been taken over whole
 *
 *     *ipv4 filter
 *     :INPUT DROP ACCEPT          owned policy, and what it was before our first change
 *     :rampart-INPUT own          or "foreign"
 *     @12 /etc/rampart/conf.d/20-web.rules
 *     -A rampart-INPUT ...        of the file and line above; -H: our jump
 *
 * owns:   state_release()
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_STATE_H
#define RAMPART_STATE_H

#include <sys/stat.h>

#include "config.h"
#include "kernel.h"
#include "ruleset.h"

struct diags;
struct fs;

enum { HASH_TEXT = 33, TIME_TEXT = 21 };

struct state {
	bool exists;
	char version[32];
	char applied[TIME_TEXT]; /* UTC, ISO 8601 */
	char inputs[HASH_TEXT];	 /* hex; "" if unknown */
	enum backend_kind backend;
	enum ownership ownership;
	unsigned int tables[FAMILY_NR]; /* bits of tables that the apply looked at */
	unsigned int taken[FAMILY_NR];	/* of those that it took over whole */
	struct ruleset set;		/* origins: strings in its arena */
	struct stat file;		/* of what was read */
};

#define STATE_INIT \
	{ \
		.set = RULESET_INIT \
	}

#define STATE_CURRENT "current"
#define STATE_BEGUN "begun"

/* Only the lines before the rules. exists is false, and 0 returned, where there is no file. */
int state_read_header(const struct fs *fs, const struct config *config, const char *name,
		      struct state *ret_state, struct diags *diags);
int state_read(const struct fs *fs, const struct config *config, const char *name,
	       struct state *ret_state, struct diags *diags);
int state_write(const struct fs *fs, const struct config *config, const char *name,
		const struct state *state, struct diags *diags);
/* Is there such a file? */
bool state_is_there(const struct fs *fs, const struct config *config, const char *name);
/* "begun" becomes "current". */
int state_promote(const struct fs *fs, const struct config *config, struct diags *diags);
int state_remove(const struct fs *fs, const struct config *config, const char *name,
		 struct diags *diags);
void state_release(struct state *state);

void state_time_now(char ret_time[TIME_TEXT]);

/*
 * /run/rampart/loaded: what current and the kernel were when they were last seen equal.
 * A cache, of this boot and network namespace.
 */
bool loaded_matches(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		    uint64_t fingerprint);
/* A cache that can't be written is no fault: the next look compares text. */
void loaded_store(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		  uint64_t fingerprint);

#ifndef DEFAULT_RUNDIR
#define DEFAULT_RUNDIR "/run"
#endif
#define RAMPART_RUNDIR DEFAULT_RUNDIR "/rampart"

#endif
