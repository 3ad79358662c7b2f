/*
 * import: the rules that a script or a save makes, as the text of a .rules drop-in.
 * in:     the wanted ruleset with that file as its only drop-in, and the file's text
 * out:    a drop-in that makes the same rules: each once where both families have it, else
 *         behind -4 or -6 unless the rule itself says so; with the comments that stand above the
 *         lines that they come from
 * owns:   import_release()
 * fails:  a rule that the language of drop-ins can't say stands in the text as a comment, and
 *         is a warning
 */
#ifndef RAMPART_IMPORT_H
#define RAMPART_IMPORT_H

#include <stdbool.h>

#include "buf.h"
#include "ruleset.h"

struct config;
struct diags;
struct options;

enum import_kind {
	IMPORT_NOTHING, /* neither of them */
	IMPORT_SCRIPT,
	IMPORT_RULES /* a save, or another rules file */
};

/* What a file is, by its name and its text. */
enum import_kind import_kind(const char *name, const char *text, size_t len);
/* The drop-in that it is read as ("fw" as "fw.sh"), and the one that is made of it: of a save of
 * one family NAME.v4.rules or NAME.v6.rules. To be freed. */
char *import_read_as(const char *name, enum import_kind kind);
char *import_dropin_name(const char *name, enum import_kind kind, const char *text, size_t len);
/* What backup copies, hidden files and the like are called: left out where a directory is read. */
bool import_is_leftover(const char *name);

/* The lines of the file, to find comments in. */
struct import_lines {
	struct line {
		const char *text;
		size_t len;
		bool said; /* as a comment, in what is made */
	} * v;
	size_t nr, cap;
};

struct import {
	const char *file; /* as it stands in origins */
	enum import_kind kind;
	unsigned int families; /* that the new drop-in's name allows */
	const struct config *config;
	struct diags *diags;
	struct import_lines lines;
	struct buf left; /* comments about what could not be imported */
	struct buf body;
	const struct rule
		*last[FAMILY_NR]; /* rules of the line before: one heading for all of them */
	size_t nr_rules[FAMILY_NR];
	size_t nr_lost; /* rules that could not be said */
};

/* name: of the new drop-in. config: the baseline; text and config stay the caller's. */
void import_init(struct import *import, const char *file, const char *name, enum import_kind kind,
		 const struct buf *text, const struct config *config, struct diags *diags);
/* Something that a script did and that is no rule; a comment, and a warning. */
void import_leave(struct import *import, const struct origin *origin, const char *what);
void import_render(struct import *import, const struct ruleset *set, struct buf *ret_text);
void import_release(struct import *import);

/* Make the ruleset of a drop-in's text, under this baseline less its policies and for both
 * families; its messages are dropped. To see whether what was rendered makes the same again. */
int import_parse(struct ruleset *set, const struct config *config, unsigned int families,
		 const char *text, size_t len);
/* The same chains, policies and rules, word for word. */
bool import_is_same(const struct ruleset *a, const struct ruleset *b);

/* A file, and what becomes of it. */
struct import_job {
	char *file;
	const char *name; /* the last part of it */
	char *read_as, *dropin;
	enum import_kind kind;
	struct buf text, made;
	size_t nr_rules[FAMILY_NR];
};

/* Run or read the file as if it were the only drop-in, and make job->made of what it makes. */
int import_run(struct import_job *job, const struct options *options, struct diags *diags);

/* Write dir/name, whole or not at all. replace: also where it exists. -1 after adding to diags. */
int import_write(const char *dir, const char *name, const struct buf *text, bool replace,
		 struct diags *diags);

#endif
