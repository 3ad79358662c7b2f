/*
 * changes: a plan as people read it: per chain, what goes and what comes, with
 * the origin of each rule; as text or JSON.
 */
#ifndef RAMPART_CHANGES_H
#define RAMPART_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

struct options;
struct plan;
struct report;
struct ruleset;

enum changes_words {
	CHANGES_DIFF, /* "-" what apply would remove, "+" what it would add */
	CHANGES_DRIFT /* "unexpected" and "missing": what is live against what was applied */
};

/* Is there a change in what the options choose? */
bool changes_any(const struct plan *plan, const struct options *options);

/* known: where the origins of live rules are found (the state); may be empty.
 * options: -4, -6 and -t choose; NULL: all. Returns how many chains were reported. */
size_t changes_report(struct report *report, const struct plan *plan, const struct ruleset *known,
		      enum changes_words words, const struct options *options);

#endif
