/*
 * version: set by the Makefile from the file VERSION.
 */
#ifndef RAMPART_VERSION_H
#define RAMPART_VERSION_H

#ifndef RAMPART_VERSION
#define RAMPART_VERSION "unknown"
#endif

#endif
