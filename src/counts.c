#include "base.h"
#include "counts.h"
#include "lcs.h"
#include "ruleset.h"

static struct count_row *row_of(struct counts *counts, const struct origin *origin)
{
	const char *file = origin->use ? origin->use->file : origin->file;

	/* rules of one file mostly follow each other */
	for (size_t i = counts->nr; i-- > 0;)
		if (str_equal(counts->v[i].file, file))
			return &counts->v[i];
	XGROW(counts->v, counts->nr, counts->cap);
	counts->v[counts->nr] = (struct count_row){ .file = file };
	return &counts->v[counts->nr++];
}

static const char **specs_of(const struct chain *chain)
{
	const char **specs = xcalloc(chain ? chain->nr : 0, sizeof(*specs));

	for (size_t i = 0; chain && i < chain->nr; i++)
		specs[i] = chain_rule(chain, i)->spec;
	return specs;
}

static void take_chain(struct counts *counts, const struct chain *applied, const struct chain *live)
{
	const char **a = specs_of(applied), **b = specs_of(live);
	size_t *match = xcalloc(applied->nr, sizeof(*match));

	lcs_match(a, applied->nr, b, live ? live->nr : 0, match);
	for (size_t i = 0; i < applied->nr; i++) {
		const struct rule *rule = chain_rule(applied, i);
		struct count_row *row;

		if (!rule->origin.file)
			continue; /* our own jump */
		row = row_of(counts, &rule->origin);
		row->rules++;
		if (live && match[i] != LCS_NONE) {
			row->packets += chain_rule(live, match[i])->packets;
			row->bytes += chain_rule(live, match[i])->bytes;
		}
	}
	free(match);
	free(a);
	free(b);
}

static int by_name(const void *a, const void *b)
{
	const char *x = ((const struct count_row *)a)->file,
		   *y = ((const struct count_row *)b)->file;
	const char *base_x = strrchr(x, '/'), *base_y = strrchr(y, '/');

	return strcmp(base_x ? base_x : x, base_y ? base_y : y);
}

void counts_take(struct counts *counts, const struct ruleset *applied, const struct ruleset *live)
{
	FOR_EACH_TABLE(f, t)
		FOR_EACH_CHAIN(chain, applied, f, t)
			take_chain(counts, chain, ruleset_find(live, f, t, chain->name));
	if (counts->nr)
		qsort(counts->v, counts->nr, sizeof(*counts->v), by_name);
}

void counts_release(struct counts *counts)
{
	free(counts->v);
	*counts = (struct counts)COUNTS_INIT;
}
