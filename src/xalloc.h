/*
 * xalloc: allocation that does not fail. Out of memory ends the program with
 * exit code 2 and one line on standard error; nothing has been changed then,
 * or the next run finishes what was begun. The one place below main() that
 * may end the program.
 * owns: the caller frees what is returned with free().
 */
#ifndef RAMPART_XALLOC_H
#define RAMPART_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t nr, size_t size);
void *xreallocarray(void *old, size_t nr, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

/* Grow *array of elements of size bytes so that index nr fits; *cap follows. */
void *xgrow(void *array, size_t nr, size_t *cap, size_t size);

#define XGROW(array, nr, cap) ((array) = xgrow((array), (nr), &(cap), sizeof(*(array))))

#endif
