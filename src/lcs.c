#include "base.h"
#include "lcs.h"
#include "hashtable.h"

enum { PAIRS_PER_WORD_MAX = 64 };

/* A word and where it stands in a, last place first. */
struct word {
	const char *text;
	size_t last;  /* index in a, LCS_NONE: none left */
	size_t first; /* for pairing in order of appearance */
	size_t nr;
	UT_hash_handle hh;
};

/* A candidate: a[ia] may stay as b[ib], behind the candidate before it. */
struct link {
	size_t ia, ib;
	const struct link *before;
};

struct lcs {
	const char *const *a, *const *b;
	size_t nr_a, nr_b;
	struct word *words, *word; /* uthash; its elements */
	size_t *older;		   /* per index in a: the place of the same word before it */
	size_t *newer;
	const struct link **end; /* end[k]: candidate that ends a sequence of k + 1, smallest ia */
	size_t longest;
	struct link *links;
	size_t nr_links;
};

static void index_words(struct lcs *l)
{
	size_t nr = 0;

	for (size_t i = 0; i < l->nr_a; i++) {
		struct word *word;

		HASH_FIND_STR(l->words, l->a[i], word);
		l->newer[i] = LCS_NONE;
		if (word) {
			l->older[i] = word->last;
			l->newer[word->last] = i;
		} else {
			word = &l->word[nr++];
			*word = (struct word){ .text = l->a[i], .first = i };
			HASH_ADD_KEYPTR(hh, l->words, word->text, strlen(word->text), word);
			l->older[i] = LCS_NONE;
		}
		word->last = i;
		word->nr++;
	}
}

static size_t count_pairs(const struct lcs *l)
{
	size_t pairs = 0;

	for (size_t i = 0; i < l->nr_b; i++) {
		struct word *word;

		HASH_FIND_STR(l->words, l->b[i], word);
		pairs += word ? word->nr : 0;
	}
	return pairs;
}

/* a[ia] = b[ib]: put it where it makes a sequence one longer, or one that ends earlier in a. */
static void add_pair(struct lcs *l, size_t ia, size_t ib)
{
	size_t low = 0, high = l->longest;
	struct link *link;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (l->end[mid]->ia < ia)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < l->longest && l->end[low]->ia == ia)
		return;
	link = &l->links[l->nr_links++];
	*link = (struct link){ ia, ib, low ? l->end[low - 1] : NULL };
	l->end[low] = link;
	if (low == l->longest)
		l->longest++;
}

static void pair_all(struct lcs *l)
{
	for (size_t ib = 0; ib < l->nr_b; ib++) {
		struct word *word;

		HASH_FIND_STR(l->words, l->b[ib], word);
		/* from the last place to the first: a pair must not follow one of the same ib */
		for (size_t ia = word ? word->last : LCS_NONE; ia != LCS_NONE; ia = l->older[ia])
			add_pair(l, ia, ib);
	}
}

static void pair_in_order(struct lcs *l)
{
	for (size_t ib = 0; ib < l->nr_b; ib++) {
		struct word *word;

		HASH_FIND_STR(l->words, l->b[ib], word);
		if (!word || word->first == LCS_NONE)
			continue;
		add_pair(l, word->first, ib);
		word->first = l->newer[word->first];
	}
}

static void match_middle(struct lcs *l, size_t *ret_match)
{
	size_t pairs;
	bool all;

	l->word = xcalloc(l->nr_a, sizeof(*l->word));
	l->older = xcalloc(l->nr_a, sizeof(*l->older));
	l->newer = xcalloc(l->nr_a, sizeof(*l->newer));
	l->end = xcalloc(l->nr_a, sizeof(*l->end));
	index_words(l);
	pairs = count_pairs(l);
	all = pairs <= (l->nr_a + l->nr_b) * PAIRS_PER_WORD_MAX;
	l->links = xcalloc(all ? pairs : l->nr_b, sizeof(*l->links));
	if (all)
		pair_all(l);
	else
		pair_in_order(l);
	for (const struct link *link = l->longest ? l->end[l->longest - 1] : NULL; link;
	     link = link->before)
		ret_match[link->ia] = link->ib;
	HASH_CLEAR(hh, l->words);
	free(l->word);
	free(l->older);
	free(l->newer);
	free(l->end);
	free(l->links);
}

void lcs_match(const char *const *a, size_t nr_a, const char *const *b, size_t nr_b,
	       size_t *ret_match)
{
	size_t head = 0, tail = 0;
	struct lcs l = { .a = a, .b = b };

	for (size_t i = 0; i < nr_a; i++)
		ret_match[i] = LCS_NONE;
	while (head < nr_a && head < nr_b && str_equal(a[head], b[head])) {
		ret_match[head] = head;
		head++;
	}
	while (head + tail < nr_a && head + tail < nr_b &&
	       str_equal(a[nr_a - 1 - tail], b[nr_b - 1 - tail])) {
		ret_match[nr_a - 1 - tail] = nr_b - 1 - tail;
		tail++;
	}
	if (head + tail == nr_a || head + tail == nr_b)
		return;
	l.a += head;
	l.b += head;
	l.nr_a = nr_a - head - tail;
	l.nr_b = nr_b - head - tail;
	match_middle(&l, ret_match + head);
	for (size_t i = head; i < nr_a - tail; i++)
		if (ret_match[i] != LCS_NONE)
			ret_match[i] += head;
}
