/*
 * patterns: a list of shell patterns (fnmatch(3)).
 * owns: copies of the texts; patterns_release()
 */
#ifndef RAMPART_PATTERNS_H
#define RAMPART_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

struct patterns {
	char **v;
	size_t nr, cap;
};

#define PATTERNS_INIT \
	{ \
		NULL, 0, 0 \
	}

void patterns_add(struct patterns *patterns, const char *pattern);
bool patterns_match(const struct patterns *patterns, const char *text);
void patterns_clear(struct patterns *patterns);
void patterns_release(struct patterns *patterns);

#endif
