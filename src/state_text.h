/*
 * state_text: the form of a state file; see state.h.
 */
#ifndef RAMPART_STATE_TEXT_H
#define RAMPART_STATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct diags;
struct state;

void state_text_format(const struct state *state, struct buf *buf);
int state_text_parse(struct state *state, const char *text, size_t len, bool with_rules,
		     const char *path, struct diags *diags);

#endif
