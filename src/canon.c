#include "base.h"
#include "canon.h"
#include "arena.h"
#include "hashtable.h"

struct spelling {
	const char *spec;
	const char *canonical;
	UT_hash_handle hh;
};

struct canon {
	struct arena arena;
	struct spelling *by_spec[FAMILY_NR][XTABLE_NR];
};

struct canon *canon_new(void)
{
	return xcalloc(1, sizeof(struct canon));
}

void canon_add(struct canon *canon, enum family family, enum xtable table, const char *spec,
	       const char *canonical)
{
	struct spelling *s;

	HASH_FIND_STR(canon->by_spec[family][table], spec, s);
	if (s)
		return;
	s = arena_alloc(&canon->arena, sizeof(*s));
	s->spec = arena_strdup(&canon->arena, spec);
	s->canonical = arena_strdup(&canon->arena, canonical);
	HASH_ADD_KEYPTR(hh, canon->by_spec[family][table], s->spec, strlen(s->spec), s);
}

const char *canon_find(const struct canon *canon, enum family family, enum xtable table,
		       const char *spec)
{
	struct spelling *s;

	HASH_FIND_STR(canon->by_spec[family][table], spec, s);
	return s ? s->canonical : NULL;
}

void canon_free(struct canon *canon)
{
	if (!canon)
		return;
	FOR_EACH_FAMILY(f)
		FOR_EACH_XTABLE(t)
			HASH_CLEAR(hh, canon->by_spec[f][t]);
	arena_release(&canon->arena);
	free(canon);
}
