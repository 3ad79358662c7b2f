/*
 * state: what the last apply left, in state_dir. "current" is what was applied;
 * "begun" what an apply is making, or was when it was interrupted, and is only there
 * until it ends; "undo" the owned part of what was live before it, and is there as long
 * as that may be wanted back. Stored is text that can be looked at: never commands.
 *
 *     rampart-state 1
 *     version 0.1.0
 *     generation 12
 *     applied 2026-11-20T13:37:00Z
 *     by alice                    who applied it
 *     boot 1c2f...                in which boot
 *     confirm 1a2b3c4d            to be confirmed, by this token
 *     preserve f2b-*              exclusive: chains of others that stay, as the baseline said then
 *     preserve-rule -A INPUT*     ... and rules
 *     ipset ADMINS hash:net family inet hashsize ...    that rules name
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

enum { HASH_TEXT = 33, TIME_TEXT = 21, TOKEN_TEXT = 9, BOOT_TEXT = 40, BY_TEXT = 64 };

struct state {
	bool exists;
	char version[32];
	unsigned int generation; /* 0: of none */
	char applied[TIME_TEXT]; /* UTC, ISO 8601 */
	char by[BY_TEXT];
	char boot[BOOT_TEXT];
	char token[TOKEN_TEXT];	  /* "": need not be confirmed */
	const char *ipsets;	  /* "NAME TYPE HEADER" lines, in the set's arena; or NULL */
	const char *preserved;	  /* "preserve PATTERN", "preserve-rule PATTERN" lines; as above */
	const char *wishes;	  /* lines of wish.h; as above */
	char inputs[HASH_TEXT];	  /* hex; "" if unknown */
	char captured[HASH_TEXT]; /* of what scripts came to; "" where there are none */
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
#define STATE_UNDO "undo"

/* Only the lines before the rules. exists is false, and 0 returned, where there is no file. */
int state_read_header(const struct fs *fs, const struct config *config, const char *name,
		      struct state *ret_state, struct diags *diags);
int state_read(const struct fs *fs, const struct config *config, const char *name,
	       struct state *ret_state, struct diags *diags);
int state_write(const struct fs *fs, const struct config *config, const char *name,
		const struct state *state, struct diags *diags);
/* Is there such a file? */
bool state_is_there(const struct fs *fs, const struct config *config, const char *name);
/* Is what was read the very file of that name? */
bool state_is_of(const struct fs *fs, const struct config *config, const char *name,
		 const struct state *state);
/* One file takes the place of another, synced: "begun" becomes "current". */
int state_rename(const struct fs *fs, const struct config *config, const char *from, const char *to,
		 struct diags *diags);
/* The same file under a second name, in the place of whatever has that name. */
int state_link(const struct fs *fs, const struct config *config, const char *from, const char *to,
	       struct diags *diags);
int state_remove(const struct fs *fs, const struct config *config, const char *name,
		 struct diags *diags);
void state_release(struct state *state);

/* The baseline's 'preserve' and 'preserve_rules', for state->preserved. */
void state_set_preserved(struct state *state, const struct config *config);
/*
 * The baseline, with what it preserved when the state was written preserved as well: the way back
 * to an exclusive state must not delete what was not deleted on the way there.
 * owns: config_then_release(); the rest stays that of now, which has to live longer
 */
void config_then(struct config *ret_config, const struct config *now, const struct state *state);
void config_then_release(struct config *config);

void state_time_now(char ret_time[TIME_TEXT]);
/* Who runs this: "alice (sudo)", "root (login uid 1000)", "root". Asks no name service. */
void state_by_now(char ret_by[BY_TEXT]);
/* The kernel's id of this boot; "" where it can't be read. */
void state_boot_now(char ret_boot[BOOT_TEXT]);
/* Was it written in this boot? The kernel's rules end with the boot. */
bool state_is_of_this_boot(const struct state *state);

/*
 * /run/rampart/loaded: what current and the kernel were when they were last seen equal.
 * A cache, of this boot and network namespace.
 */
bool loaded_matches(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		    uint64_t fingerprint);
/* A cache that can't be written is no fault: the next look compares text. */
void loaded_store(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		  uint64_t fingerprint);

/*
 * /run/rampart/live: the rules that were live at that moment, in the tables of the masks, with
 * those of others. While "loaded" still holds they need not be read from the kernel again.
 */
bool loaded_live_read(const struct fs *fs, const struct state *current, const struct kernel *kernel,
		      uint64_t fingerprint, const unsigned int tables[FAMILY_NR],
		      struct ruleset *ret_live);
void loaded_live_store(const struct fs *fs, const struct state *current,
		       const struct kernel *kernel, uint64_t fingerprint,
		       const unsigned int tables[FAMILY_NR], const struct ruleset *live);

#ifndef DEFAULT_RUNDIR
#define DEFAULT_RUNDIR "/run"
#endif
#define RAMPART_RUNDIR DEFAULT_RUNDIR "/rampart"

#endif
