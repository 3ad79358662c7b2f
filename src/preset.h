/*
 * preset: what "preserve = {docker}" stands for: the chains that a well-known
 * program makes, and the plain rules that it puts into built-in chains.
 * Source: the programs' own rules, as listed in rampart.conf(5).
 */
#ifndef RAMPART_PRESET_H
#define RAMPART_PRESET_H

#include <stdbool.h>

struct patterns;

bool preset_find(const char *name);
/* Add its chain patterns and its rule patterns (over "-A CHAIN SPEC"). */
void preset_add(const char *name, struct patterns *chains, struct patterns *rules);

#endif
