/*
 * counts: rules, packets and bytes of each drop-in, from live counters.
 * owns: the rows; file names stay the state's. counts_release()
 */
#ifndef RAMPART_COUNTS_H
#define RAMPART_COUNTS_H

#include <stddef.h>
#include <stdint.h>

struct ruleset;

struct count_row {
	const char *file;
	size_t rules; /* of both families, as applied */
	uint64_t packets, bytes;
};

struct counts {
	struct count_row *v; /* in order of the drop-ins' names */
	size_t nr, cap;
};

#define COUNTS_INIT \
	{ \
		NULL, 0, 0 \
	}

/* applied: with origins. live: with counters; a rule that is not live counts no packet. */
void counts_take(struct counts *counts, const struct ruleset *applied, const struct ruleset *live);
void counts_release(struct counts *counts);

#endif
