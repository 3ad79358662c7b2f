/*
 * state_header: the lines of a state file before its rules; see state.h.
 */
#ifndef RAMPART_STATE_HEADER_H
#define RAMPART_STATE_HEADER_H

#include "family.h"
#include "xtable.h"

struct buf;
struct state;

#define STATE_FIRST_LINE "rampart-state 1"

void state_header_format(const struct state *state, struct buf *buf);
/* One line, not the first. -1: not one of ours. */
int state_header_parse(struct state *state, const char *line);
/* "ipv4 filter" */
int state_place_parse(const char *text, enum family *ret_family, enum xtable *ret_table);

#endif
