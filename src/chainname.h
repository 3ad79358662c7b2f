/*
 * chainname: what a chain may be called, and what rampart calls its own.
 */
#ifndef RAMPART_CHAINNAME_H
#define RAMPART_CHAINNAME_H

#include <stdbool.h>

/* All chains that rampart makes for others begin so; no drop-in may declare one. */
#define OWN_CHAIN_PREFIX "rampart-"

/* NULL if a drop-in may use that name, else what is wrong with it. */
const char *chain_name_check(const char *name);

/* The own chain that holds our rules for a foreign or built-in chain. In merge mode INPUT's is
 * rampart-INPUT; a name that would be longer than 28 bytes is cut and gets a hash. */
void own_chain_name(const char *chain, char ret_name[29]);

bool is_own_chain_name(const char *name);

#endif
