/*
 * kernel_movable: what a rule says in one network namespace and means in another.
 *
 * A rule that the kernel has taken in one can be added in another where nothing in it is a number
 * that the other gives to something else: names of chains and interfaces are names. ipsets are
 * numbers (xt_set.h), and bpf may be a descriptor of the program (xt_bpf.h).
 * What an extension keeps for itself behind its options (a quota's rest, a limit's credit,
 * pointers) the kernel makes anew for each rule that it is given, whatever is said there: to others
 * it shows it as zeros (usersize of xt_match_to_user(), net/netfilter/x_tables.c).
 */
#ifndef RAMPART_KERNEL_MOVABLE_H
#define RAMPART_KERNEL_MOVABLE_H

#include <stdbool.h>

/* The name of a match or target. */
bool extension_is_movable(const char *name);

#endif
