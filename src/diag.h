/*
 * diag: the messages of a run, as records in a list. Below the command layer
 * nobody prints: who finds a fault adds it here, once, with its origin, and
 * report.c prints them all.
 * owns: copies of all texts, until diags_release().
 */
#ifndef RAMPART_DIAG_H
#define RAMPART_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "origin.h"

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag {
	enum diag_severity severity;
	char *file;	   /* NULL: no place */
	unsigned int line; /* 0: the whole file */
	char *template;	   /* "FILE:LINE" of the template line behind a use; or NULL */
	char *text;
};

struct diags {
	struct diag *list;
	size_t nr, cap;
	size_t errors, warnings;
};

#define DIAGS_INIT \
	{ \
		NULL, 0, 0, 0, 0 \
	}

/*
 * All three add one message; one that is in the list already is not added
 * again (a line that serves both families would be reported twice).
 * origin may be NULL. diag_error() returns -1, for "return diag_error(...)".
 */
int diag_error(struct diags *diags, const struct origin *origin, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(struct diags *diags, const struct origin *origin, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_note(struct diags *diags, const struct origin *origin, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Bring the messages from the nth on into the order of drop-ins: by the file's name, then the
 * line. */
void diags_sort(struct diags *diags, size_t from);

/* Take back the messages from the nth on. */
void diags_cut(struct diags *diags, size_t nth);
/* Move all messages of another list to the end of this one. */
void diags_move(struct diags *diags, struct diags *from);

/* Has an error at that place been added already? */
bool diags_has_error_at(const struct diags *diags, const struct origin *origin);

const char *diag_severity_name(enum diag_severity severity);
void diags_release(struct diags *diags);

#endif
