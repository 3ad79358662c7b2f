/*
 * wanted: the commands of rules drop-ins, carried out on the wanted ruleset,
 * in file order. Never on the kernel.
 * owns:   nothing; rules and chains go into the ruleset
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_WANTED_H
#define RAMPART_WANTED_H

#include "ruleset.h"

struct canon;
struct config;
struct diags;

struct wanted {
	struct ruleset *set;
	const struct config *config;
	struct diags *diags;

	/*
	 * -D by rule compares canonical text, which only the kernel knows. Without canon such a
	 * command is left out and needs_canon is set; with census every rule that any command
	 * names is appended, and nothing removed: what the kernel is then asked about.
	 */
	const struct canon *canon;
	bool census;
	bool needs_canon;
};

/* Where a command acts and what it comes from. */
struct place {
	enum family family;
	enum xtable table;
	const char *chain;
	struct origin origin;
};

int wanted_declare(struct wanted *wanted, const struct place *place, bool by_n);
int wanted_append(struct wanted *wanted, const struct place *place, const struct rule *rule);
/* at: counted from 1 */
int wanted_insert(struct wanted *wanted, const struct place *place, const struct rule *rule,
		  unsigned long at);
int wanted_replace(struct wanted *wanted, const struct place *place, const struct rule *rule,
		   unsigned long at);
int wanted_delete_number(struct wanted *wanted, const struct place *place, unsigned long at);
int wanted_delete_rule(struct wanted *wanted, const struct place *place, const struct rule *rule);
/* chain NULL: all chains of the table */
int wanted_flush(struct wanted *wanted, const struct place *place);
int wanted_delete_chain(struct wanted *wanted, const struct place *place);
int wanted_rename_chain(struct wanted *wanted, const struct place *place, const char *name);

/* The file and line that the user can change: a template's use, not its line. */
const char *wanted_file(const struct origin *origin);
unsigned int wanted_line(const struct origin *origin);
/* The chain that a command changes or removes rules of: it must be there by now, and ours.
 * NULL after an error. */
struct chain *wanted_own_chain(struct wanted *wanted, const struct place *place);
int wanted_undefined(const struct wanted *wanted, const struct place *place);
/* The same, but a chain that the baseline calls foreign is named as such. */
int wanted_not_ours(const struct wanted *wanted, const struct place *place);

/* How a policy was written: by -P or ":INPUT DROP"; by ":INPUT ACCEPT", as every save begins;
 * by that of a save (these two only say what is the kernel's default); by a script, whose word
 * counts against the baseline's, with a warning. */
enum policy_word { POLICY_COMMAND, POLICY_HEADER, POLICY_DUMP, POLICY_SCRIPT };

int wanted_policy(struct wanted *wanted, const struct place *place, const char *policy,
		  enum policy_word word);

#endif
