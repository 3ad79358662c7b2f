#include "base.h"
#include "arena.h"
#include "xalloc.h"

enum { CHUNK_SIZE = 64 * 1024, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *older;
	size_t room;
	/* the payload follows, aligned because the header has the size of ALIGN */
};

_Static_assert(sizeof(struct arena_chunk) % ALIGN == 0, "the payload would not be aligned");

static void *take(struct arena *arena, size_t size, size_t align)
{
	size_t skip = arena->next ? -(uintptr_t)arena->next & (align - 1) : 0;
	char *p;

	if (arena->left < size + skip || !arena->next) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		struct arena_chunk *chunk = xmalloc(sizeof(*chunk) + room);

		chunk->older = arena->chunks;
		chunk->room = room;
		arena->chunks = chunk;
		arena->next = (char *)(chunk + 1);
		arena->left = room;
		skip = 0;
	}
	p = arena->next + skip;
	arena->next = p + size;
	arena->left -= size + skip;
	return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size, ALIGN), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *p = take(arena, len + 1, 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

static void free_chunks(struct arena_chunk *chunk)
{

	while (chunk) {
		struct arena_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	if (!chunk)
		return;
	free_chunks(chunk->older);
	chunk->older = NULL;
	arena->next = (char *)(chunk + 1);
	arena->left = chunk->room;
}

void arena_join(struct arena *arena, struct arena *other)
{
	struct arena_chunk **oldest = &arena->chunks;

	while (*oldest)
		oldest = &(*oldest)->older;
	*oldest = other->chunks;
	*other = (struct arena)ARENA_INIT;
}

void arena_release(struct arena *arena)
{
	free_chunks(arena->chunks);
	*arena = (struct arena)ARENA_INIT;
}
