/*
 * lcs: which rules of a chain can stay: the longest common subsequence of two
 * lists of words. Hunt-Szymanski: O((n + pairs) log n), where pairs are equal
 * words; rules of a chain are mostly all different, so that is n log n. Where
 * many are equal, equal words are paired in order of appearance instead: still
 * a common subsequence, perhaps not the longest.
 */
#ifndef RAMPART_LCS_H
#define RAMPART_LCS_H

#include <stddef.h>

#define LCS_NONE ((size_t)-1)

/* ret_match[i], for each of the nr_a words of a: the index in b that it stays as, or LCS_NONE.
 * The indexes grow with i. */
void lcs_match(const char *const *a, size_t nr_a, const char *const *b, size_t nr_b,
	       size_t *ret_match);

#endif
