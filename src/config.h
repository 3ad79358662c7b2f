/*
 * config: the baseline, checked and with its defaults.
 * in:     the bytes of rampart.conf
 * out:    struct config
 * owns:   everything in it; config_release()
 * fails:  -1 after adding to diags, all value faults in one run; the config
 *         is then not to be used
 */
#ifndef RAMPART_CONFIG_H
#define RAMPART_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "family.h"
#include "origin.h"
#include "patterns.h"
#include "value.h"

struct diags;

enum backend_choice { BACKEND_AUTO, BACKEND_NFT, BACKEND_LEGACY };
enum ownership { OWNERSHIP_MERGE, OWNERSHIP_EXCLUSIVE };

enum on_boot_failure { BOOT_LAST_GOOD, BOOT_LOCKDOWN, BOOT_OPEN };

enum { CONFIRM_MIN = 5, CONFIRM_MAX = 86400 }; /* seconds */
enum { CONFIG_SCRIPT_ARGS_MAX = 200 };
enum { CONFIG_POLICIES = 3, CONFIG_LAYERS_MAX = 8, CONFIG_LOCKDOWN_MAX = 64 };

/* policy { INPUT = DROP }: of the filter table, both families. */
struct config_policy {
	const char *chain;
	const char *value; /* "ACCEPT", "DROP"; NULL: not named */
	struct origin origin;
};

/* script_args "NAME" { args = {...} } */
struct conf_args {
	const char *name; /* of the drop-in */
	const char **v;
	size_t nr;
	struct origin origin;
	UT_hash_handle hh;
};

struct config {
	struct arena arena;
	const char *file;
	unsigned int families; /* family bits */
	struct origin families_origin;
	enum backend_choice backend;
	enum ownership ownership;
	struct config_policy policy[CONFIG_POLICIES];
	bool position_last;
	bool resolve;
	bool hook_exit_fail; /* a failed hook says so, and ifupdown leaves the interface down */
	bool origin_comments;
	unsigned int generations;	      /* how many are kept */
	unsigned int confirm_seconds;	      /* how long a confirm is waited for */
	enum on_boot_failure on_boot_failure; /* what boot does when it can't apply */
	/* Whom a lockdown lets in by ssh: addresses and prefixes; none: anybody. */
	const char *lockdown_from[CONFIG_LOCKDOWN_MAX];
	size_t nr_lockdown_from;
	struct patterns yield_to;	       /* chains whose leading jumps stay above ours */
	struct patterns foreign;	       /* chains of others that our rules use */
	struct patterns preserve;	       /* exclusive: chains that stay */
	struct patterns preserve_rules;	       /* exclusive: rules that stay ("-A CHAIN SPEC") */
	struct patterns adopt;		       /* live chains that become ours; names */
	struct patterns save_skip;	       /* chains that "save --all" leaves out */
	const char *layers[CONFIG_LAYERS_MAX]; /* lowest first */
	size_t nr_layers;
	const char *templates[CONFIG_LAYERS_MAX]; /* lowest first */
	size_t nr_templates;
	const char *state_dir;
	const char *save_to[FAMILY_NR]; /* NULL: not set */
	struct value_list *sets;	/* uthash by name */
	unsigned int script_seconds;	/* how long a script may take */
	bool script_errors_warn;	/* a rule command that failed is a warning */
	bool script_scope_all;		/* scripts see and change what others made */
	struct patterns allow_sysctl;	/* "net.ipv4.ip_forward": done after an apply */
	struct patterns allow_modprobe; /* modules */
	struct conf_args *script_args;	/* uthash by name */
};

/* Defaults alone: what a host without a baseline has. */
void config_init(struct config *config);
/* file: as shown in messages; must live as long as the config. */
int config_parse(struct config *config, const char *text, size_t len, const char *file,
		 struct diags *diags);
void config_release(struct config *config);

const char *ownership_name(enum ownership ownership);

#endif
