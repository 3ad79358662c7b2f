/*
 * hashtable: uthash, with allocation through xalloc.
 */
#ifndef RAMPART_HASHTABLE_H
#define RAMPART_HASHTABLE_H

#include "xalloc.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

#endif
