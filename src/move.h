/*
 * move: when the host's iptables was switched from one backend to the other,
 * rampart's chains are still live in the old one, and packets would go through both.
 */
#ifndef RAMPART_MOVE_H
#define RAMPART_MOVE_H

struct pipeline;
struct transaction;

/*
 * Before an apply. Chains of ours in the other backend: an error that names the ways out,
 * unless --move was given. What the state says of the other backend is not said of this one.
 */
int move_check(struct pipeline *p, struct transaction *tx);

/* After an apply with --move: take them out there. Faults are reported. */
int move_finish(struct pipeline *p);

#endif
