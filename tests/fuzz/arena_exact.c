/*
 * arena_exact: src/arena.c with one allocation for each string and struct, so
 * that ASan sees a read behind its end, and after arena_reset().
 */
#include "base.h"
#include "arena.h"
#include "xalloc.h"

struct arena_chunk {
	struct arena_chunk *older;
	void *memory;
};

static void *take(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = xmalloc(sizeof(*chunk));

	chunk->older = arena->chunks;
	chunk->memory = xmalloc(size ? size : 1);
	arena->chunks = chunk;
	return chunk->memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *p = take(arena, len + 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *older = chunk->older;

		free(chunk->memory);
		free(chunk);
		chunk = older;
	}
	arena->chunks = NULL;
}

void arena_release(struct arena *arena)
{
	arena_reset(arena);
}
