/*
 * confirm: keep a pending generation, or go back: by the command, or by the answer at the
 * terminal where the apply was run.
 */
#ifndef RAMPART_CONFIRM_H
#define RAMPART_CONFIRM_H

struct apply;
struct lock;
struct outcome;
struct pipeline;

/* The pending generation, whose header has been read, is good from now on. Rampart's own lock
 * is held. -1 after adding to diags. */
int confirm_keep(struct pipeline *p);
/* After an apply that has to be confirmed: hand it over to the watchdog, and ask at a terminal.
 * Reports; the exit code. */
int confirm_wait(struct apply *a, const struct outcome *outcome);

#endif
