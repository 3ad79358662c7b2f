/*
 * flush: taking out all that is ours, in one backend, and leaving the rest;
 * policies go back to what they were.
 */
#ifndef RAMPART_FLUSH_H
#define RAMPART_FLUSH_H

#include "transaction.h"

struct pipeline;

/* state: what is ours there; NULL: only what our names tell. */
struct outcome flush_backend(struct pipeline *p, const struct kernel *kernel,
			     const struct state *state, bool keep_state, struct guardian *guardian);

#endif
