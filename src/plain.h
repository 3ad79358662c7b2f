/*
 * plain: rules so plain that no program has to be asked: iptables takes them, as one rule, and so
 * does any kernel that has the extension. A rule that is not plain may be as good; it costs a
 * question.
 * Source: the extensions' own parsers, iptables 1.8.9; checked against them by tests/plain.py.
 */
#ifndef RAMPART_PLAIN_H
#define RAMPART_PLAIN_H

#include <stdbool.h>

struct call;

/*
 * Is the rule of the call (command A, I, R; sure) accepted for certain by the userland program and,
 * in that chain, by the kernel, making exactly one rule, without an output? That the chain is
 * there, and the number good, is for the caller to know.
 * chain_known(arg, name): is there a user chain of that name in the call's family and table, and
 * would no rule in it mind being reached from the call's chain? Asked for a built-in chain only.
 */
bool plain_rule(const struct call *call, bool (*chain_known)(void *arg, const char *name),
		void *arg);

#endif
