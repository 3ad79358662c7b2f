/*
 * capture_internal: what the files of the capture stage share.
 */
#ifndef RAMPART_CAPTURE_INTERNAL_H
#define RAMPART_CAPTURE_INTERNAL_H

#include <limits.h>
#include <sys/types.h>

#include "arena.h"
#include "base.h"
#include "call.h"
#include "capture.h"
#include "capture_lines.h"
#include "child.h"
#include "child_sandbox.h"
#include "judge.h"
#include "processor.h"
#include "ruleset.h"
#include "shim.h"

enum {
	CALLS_MAX = 200000,	       /* of one script */
	RULES_MAX = 100000,	       /* of one script */
	BYTES_MAX = 256 * 1024 * 1024, /* of all requests of one script */
	CONNECTIONS_MAX = 512,
	OUTPUT_KEPT = 16 * 1024 /* bytes of what a script writes */
};

/* A rule of the virtual tables. Each in them is one, never shared. */
struct vrule {
	struct rule rule;	 /* first: chains hold pointers to it */
	const struct rule *from; /* script_scope = all: the rule of another drop-in that it is */
	bool source;		 /* spec is as it was written, not as the kernel gives it back */
	bool bound; /* whether the kernel takes it depends on the hooks that reach its chain */
};

static inline const struct vrule *vrule_at(const struct chain *chain, size_t at)
{
	return (const struct vrule *)(const void *)chain_rule(chain, at);
}

/* Something that a script wanted done beside rules. */
struct wish {
	const char *name;  /* module; sysctl, as "net.ipv4.ip_forward" */
	const char *value; /* sysctl */
	struct origin origin;
	bool allowed;
};

struct wishes {
	struct wish *v;
	size_t nr, cap;
};

/* What a script came to. */
struct script {
	const struct dropin *dropin;
	char *host_path;
	const struct conf_args *args;
	bool ran, failed, was_sure;
	bool doubt; /* something that was taken for certain was refused */
	char why_doubt[200];
	struct ruleset view; /* the virtual tables */
	struct wishes modules, sysctls;
};

/* What has been asked and answered: capture_ask.c. */
struct memo;

/* A real program, as it is found inside the sandbox. */
struct real {
	char *path;	   /* below SANDBOX_REAL */
	const char *argv0; /* iptables-nft, iptables-nft-restore ... */
};

struct capture {
	struct capture_context ctx;
	struct arena arena;
	struct script *script; /* of all script drop-ins */
	size_t nr_scripts;
	struct processor processor; /* that scripts and we share while one runs */
	struct sandbox sandbox;
	struct child_confinement confine; /* of the real programs */
	int userns;			  /* that their namespaces belong to; -1: ours */
	struct real command[FAMILY_NR], restore[FAMILY_NR];
	int ask_netns; /* -1: not made yet */
	struct judge ask[FAMILY_NR];
	struct ruleset asked; /* the chains that are there, and how many rules */
	struct memo *memo;
	/* ipsets, as lines of "ipset save": what there is, the host's at first, then changed
	 * by each script. Only if a script may want to know: capture_ipset.c. */
	bool wants_ipsets;
	struct buf ipsets;
	struct buf touched;			  /* names, each with a newline before and behind */
	struct buf ipsets_before, touched_before; /* the script at hand */
	struct origin touched_at;
};

/* The scratch namespace that follows the virtual tables when it is needed. */
struct shadow {
	int netns; /* -1: not made yet */
	struct judge judge[FAMILY_NR];
	struct buf log[FAMILY_NR]; /* what it does not have yet, as restore text */
	int table[FAMILY_NR];	   /* enum xtable of the log's last line; -1: none is open */
};

struct connection;

/* A file that the script has read in, in dash. */
struct sourced {
	char *path; /* as the shell has it; NULL: none was looked into yet */
	struct buf text;
	struct lines lines;
};

/* A script while it runs. */
struct session {
	struct capture *capture;
	struct script *script;
	struct diags *diags;
	struct ruleset *view;
	struct shadow shadow;
	struct lines lines;

	pid_t shell;
	int feed; /* of a shell that gets its script line by line; -1 */
	size_t fed, fed_lines;
	int out, err; /* our ends of what it writes */
	struct buf out_text, err_text;
	struct connection *connection;
	size_t nr_connections;
	bool ended;
	int status;
	long long deadline; /* milliseconds */

	size_t calls, bytes, added; /* requests, their words, rules */
	bool too_much;		    /* of either: said */
	struct call call;	    /* the one at hand */
	struct origin origin;	    /* its place */
	char *hint;		    /* the file of the last hint, as the shell said it */
	const char *hint_file;	    /* and as messages show it */
	size_t hint_files;
	bool may_source; /* are there files that dash may be reading instead? */
	struct sourced sourced;
	struct origin slept_at; /* the last long sleep with rules loaded; file NULL: none */
	size_t slept_with;	/* how many */
	bool warned_revert;
	bool ipsets_changed; /* in the shadow, and not kept yet */
	struct buf text;     /* for restore text that is being put together */
};

/* A call of a program, as it came in. */
struct request {
	uint32_t flags;
	const char *hint, *execfn;
	size_t argc;
	const char **argv; /* argc words, then NULL */
	pid_t pid;
	int input; /* what standard input held; -1: not asked for yet */
};

/* What the caller gets. */
struct answer {
	struct buf out, err;
	int status;
	bool wants_input;    /* ask for standard input, then handle the request again */
	bool later;	     /* a sleep: not now */
	const char *file;    /* that the caller is to write its output to; or NULL */
	char exec[PATH_MAX]; /* become this program, without the first skip words; "": none */
	unsigned char skip;
};

#define ANSWER_INIT \
	{ \
		.out = BUF_INIT, .err = BUF_INIT \
	}

/* capture_open.c: the sandbox and the real programs in it, unless they are there. -1 after adding
 * to diags. */
int open_all(struct capture *capture);

/* capture_run.c: one script, from its start to its end. */
int session_run(struct capture *capture, struct script *script);
long long session_now(void);
/* What is left of its time, for a program that works for it: at least one second. */
unsigned int session_seconds(const struct session *s);

/* capture_request.c: cut a message of shim.h. Its words stay in bytes; argv is to be freed, also
 * where it is no request (-1). */
int request_parse(struct request *request, const char *bytes, size_t len);

/* capture_serve.c */
void serve_accept(struct session *s);
void serve_connection(struct session *s, size_t at);
int serve_fd(const struct session *s, size_t at);
/* Sleeps take no time: they are answered when nothing else in the sandbox goes on. */
bool serve_has_sleepers(const struct session *s);
void serve_wake(struct session *s);
void serve_close(struct session *s);

/* capture_tool.c: the request's answer, whatever program it is for. */
void tool_answer(struct session *s, const struct request *given, struct answer *answer);
/* Absolute paths of what is to be stood in for, ended by NULL. */
extern const char *const tool_paths[];

/* capture_xtables.c: iptables and its kin. */
enum xt_kind { XT_NONE, XT_COMMAND, XT_SAVE, XT_RESTORE, XT_PURE, XT_OTHER };
enum xt_kind xt_kind_of(const char *name, enum family *ret_family);
void xt_answer(struct session *s, enum xt_kind kind, enum family family, struct request *request,
	       struct answer *answer);
/* capture_restore.c: a restore; input is what it reads, where it does not read a file. */
bool restore_reads_stdin(const struct request *request);
void restore_answer(struct session *s, enum family family, const struct request *request,
		    struct answer *answer);

/* capture_names.c: addresses for the name that the real program, by its answer, did not know.
 * False: it was about something else, or names are not resolved. */
enum { NAMES_MAX = 16 }; /* in one call */
bool names_in_words(struct session *s, enum family family, struct request *request,
		    const struct answer *answer);
bool names_in_text(struct session *s, enum family family, struct buf *text,
		   const struct answer *answer);

/* Rules in the virtual tables. */
size_t xt_count(const struct session *s);

/* capture_ipset.c: -1 after adding to diags. */
int ipset_open(struct capture *capture);
/* Give a new namespace the sets that there are. */
int ipset_mirror(struct capture *capture, int netns, struct diags *diags);
int ipset_run(struct session *s, const struct request *request, struct answer *answer);
/* The shadow's sets as they are now are those that there are, also for questions. */
int ipset_keep(struct session *s);
/* What the scripts have made of them: to the proof, and as wishes. */
void ipset_teach(const struct capture *capture);
void ipset_wishes(const struct capture *capture, struct buf *lines);

/* capture_tables.c: commands that are certain. False: ask the real program. */
bool tables_answer(struct session *s, struct answer *answer);
struct chain *tables_chain(struct session *s, enum family family, enum xtable table,
			   const char *name);
/* The message that both backends have for it, and status 1. */
bool tables_refuse(struct session *s, struct answer *answer, const char *message);

/* capture_rule.c */
bool rule_answer(struct session *s, struct answer *answer);
/* A rule of the virtual tables, from here; chain: it is bound to nothing where that is built-in. */
struct vrule *vrule_new(struct session *s, const struct chain *chain, const char *spec);

/* capture_free.c: what the kernel takes in every chain of a table, whatever hook reaches it. */
bool free_rule(const char *spec);
/* May a rule of chain jump to target: no loop, not too deep, nothing in it that is bound? */
bool free_jump(const struct ruleset *view, enum family family, enum xtable table,
	       const struct chain *chain, const struct chain *target);

/* capture_ask.c: the namespace for questions. */
int ask_open(struct capture *capture, struct diags *diags);
void ask_close(struct capture *capture);
/*
 * The rules that the call's rule makes, in canonical text; ret_nr 0: it is refused, or the answer
 * can't be used. They stay the capture's. -1 after adding to diags.
 */
int ask_rules(struct session *s, const struct call *call, const char *const **ret_specs,
	      size_t *ret_nr);
/* The one rule that it makes, if that is known already; NULL: it is not. */
const char *ask_known(struct session *s, const struct call *call);
/* Has the namespace for questions a chain that the virtual tables have not? */
bool ask_has_stale(const struct session *s, const struct call *call);
/* Bring the rules of a chain into canonical text. */
int ask_canonical(struct session *s, enum family family, enum xtable table, struct chain *chain);

/* capture_real.c: the real programs, in the shadow of the virtual tables. */
void shadow_init(struct session *s);
void shadow_release(struct session *s);
void shadow_log(struct session *s, enum family family, enum xtable table, const char *line,
		bool alone);
/* Run it with the request's words; what it says is the answer. changes: the virtual tables follow
 * it. -1: there is none, after adding to diags. */
enum real_program { REAL_COMMAND, REAL_SAVE, REAL_RESTORE };
int real_run(struct session *s, enum family family, enum real_program program,
	     const struct request *request, bool changes, struct answer *answer);
/* Another program there. */
int shadow_open(struct session *s);
/* Make a new one, from the virtual tables as they are. */
void shadow_renew(struct session *s);
int real_tool(struct session *s, const char *path, const struct request *request,
	      struct answer *answer);

/* capture_harvest.c: the virtual tables follow what a real program did in the shadow. */
int harvest(struct session *s, enum family family);

/* capture_origin.c: where a call comes from. */
struct origin origin_of(struct session *s, const struct request *request);

/* capture_sourced.c */
bool sourced_possible(const struct script *script);
/* The file that a dash is reading, where that is not the script; NULL: it is. */
const struct lines *sourced_lines(struct session *s, pid_t shell, const char **ret_path);
void sourced_release(struct sourced *sourced);

/* capture_check.c: what the real programs take and rampart can't. NULL: nothing of that kind. */
const char *check_words(const struct request *request);
const char *check_restore(const struct session *s, const struct buf *text, struct buf *ret_why);
/* How to get a host name into a rule. */
#define NAME_ADVICE ": write its address, or 'resolve = yes' in the baseline"
/* A host name where names are not resolved; to be freed. */
char *check_names(const struct session *s, const struct call *call);

/* capture_fault.c: what is said of a call that failed. */
void fault_of_call(struct session *s, const struct request *request, const struct answer *answer);
/* The same for one that rampart refuses by itself: the caller gets status 2 and the reason. */
void fault_refuse(struct session *s, const struct request *request, struct answer *answer,
		  const char *why);
void fault_of_tool(struct session *s, const struct request *request, const char *why);
void fault_add(struct session *s, const struct origin *origin, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The script ended with a status that is not 0. */
void fault_of_script(struct session *s);
/* Notes of what it wrote, and where. */
void fault_notes(struct session *s);
/* The command line as a person would write it, cut where it is long. */
void fault_words(struct buf *buf, const struct request *request);

/* capture_merge.c */
int merge_start(struct capture *capture, struct script *script, const struct wanted *wanted);
/* What the virtual tables begin with, for the shadow. */
void merge_log(struct session *s);
int merge_result(struct capture *capture, struct script *script, struct wanted *wanted);

/* capture_wish.c */
void note_module(struct session *s, const char *given);
int note_sysctls(struct session *s);

#endif
