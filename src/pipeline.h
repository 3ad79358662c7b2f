/*
 * pipeline: the stages in their order. Each command runs them as far as it
 * needs them; the functions below stand in the order in which they are called.
 * owns:   everything in it; pipeline_release()
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_PIPELINE_H
#define RAMPART_PIPELINE_H

#include "capture.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "fs.h"
#include "kernel.h"
#include "options.h"
#include "proven.h"
#include "state.h"
#include "template.h"
#include "transaction.h"

struct pipeline {
	const struct options *options;
	struct diags *diags;
	struct fs fs;
	struct buf baseline; /* its text */
	struct config config;
	struct kernel kernel;
	struct dropin_list dropins;
	struct candidate *candidates;
	size_t nr_candidates;
	struct template_store templates;
	struct arena arena; /* origins of template uses, parameters' values */
	struct ipsets *ipsets;
	struct hosts *hosts;
	struct capture *capture; /* NULL: no script was run */
	bool remember;		 /* what is proven; a command that only looks leaves no trace */
	bool careful;		 /* scripts: nothing is taken for certain */
	bool compiled, compile_failed;
	bool unknown_is_foreign; /* as it was placed last */
	struct ruleset wanted, live, placed, canonical;
	struct proven proven; /* of canonical */
	bool live_known;
	unsigned int tables[FAMILY_NR]; /* concerned */
	struct state current, begun;
	char inputs[HASH_TEXT];	  /* of the files */
	char captured[HASH_TEXT]; /* of what scripts came to; "" where there are none */
};

/* The root. trust_owner: that of --root's DIR as well; for commands that change nothing. */
int pipeline_open(struct pipeline *p, const struct options *options, bool trust_owner,
		  struct diags *diags);
int pipeline_baseline(struct pipeline *p);
/* The backend. Not needed by what only reads files. */
int pipeline_kernel(struct pipeline *p);
/* Drop-ins, layered and read. */
int pipeline_discover(struct pipeline *p);
/* p->inputs: a hash of everything that was and will be read, for a backend (inputs.c). */
void pipeline_hash(struct pipeline *p, enum backend_kind kind);
/* p->captured, after the scripts were run. */
void pipeline_hash_captured(struct pipeline *p);
/* p->current and p->begun: what the last apply left. */
int pipeline_state(struct pipeline *p);
/* Are there scripts among the drop-ins? */
bool pipeline_has_scripts(const struct pipeline *p);
/* p->wanted: all drop-ins, expanded, scripts run (compile.c); p->captured. Done once: the second
 * call only says what came of the first. */
int pipeline_compile(struct pipeline *p);
/* p->wanted: these rules alone, in the place of all drop-ins. name: for messages. */
int pipeline_compile_text(struct pipeline *p, const char *name, const struct buf *text);
/* p->tables; p->live: the chains that the kernel has, or all of the file of --live. */
int pipeline_live(struct pipeline *p);
/* p->placed. */
int pipeline_place(struct pipeline *p, bool unknown_is_foreign);
/* p->canonical. 1: proof is impossible here (no namespaces), nothing reported. Where the kernel
 * refuses what seemed certain when a script asked for it, the scripts are run again, with care. */
int pipeline_prove(struct pipeline *p);

/* A transaction towards p->canonical. */
struct transaction pipeline_transaction(struct pipeline *p);
/* Towards what was applied, to look: in its tables and those of an interrupted apply. */
struct transaction pipeline_applied(struct pipeline *p);

/* Empty wanted, live, placed and canonical: to begin again with other rules. */
void pipeline_forget_rules(struct pipeline *p);
void pipeline_release(struct pipeline *p);

#endif
