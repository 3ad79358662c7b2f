/*
 * processor: stay on one processor for a while. Two processes that take turns, one always waiting
 * for the other, gain nothing by two of them: each turn then wakes up a processor that has gone to
 * sleep, and a new process begins with caches that know nothing of it. Children inherit it.
 * fails:  never: where it can't be, all goes on wherever it likes
 */
#ifndef RAMPART_PROCESSOR_H
#define RAMPART_PROCESSOR_H

#include <sched.h>
#include <stdbool.h>

struct processor {
	int number;	  /* -1: not chosen yet; -2: none */
	cpu_set_t before; /* where it may run otherwise; only while it stays */
	bool stays;
};

#define PROCESSOR_INIT \
	{ \
		.number = -1 \
	}

/* On the one that it is on; the next time on the same one again. */
void processor_stay(struct processor *processor);
void processor_leave(struct processor *processor);

#endif
