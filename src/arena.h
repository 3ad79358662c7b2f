/*
 * arena: memory of one lifetime. Many small strings and structs that live
 * and die together; nothing is freed alone.
 * owns: everything handed out, until arena_release().
 */
#ifndef RAMPART_ARENA_H
#define RAMPART_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *next;
	size_t left; /* bytes left at next */
};

#define ARENA_INIT \
	{ \
		NULL, NULL, 0 \
	}

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
/* All that other has handed out belongs to arena from now on; other is empty. */
void arena_join(struct arena *arena, struct arena *other);
/* Empty, keeping some memory: for what is done again and again. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

#endif
