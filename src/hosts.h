/*
 * hosts: host names resolved in the host's view, each once in a run, sorted,
 * so that the same answer gives the same rules.
 * owns: the answers; hosts_free()
 */
#ifndef RAMPART_HOSTS_H
#define RAMPART_HOSTS_H

#include <stddef.h>

struct buf;

struct hosts;

struct hosts *hosts_new(void);
/* The addresses of name, both families, ended by NULL; NULL if it does not resolve, with
 * *ret_error saying why. They live as long as hosts. */
const char *const *hosts_resolve(struct hosts *hosts, const char *name, const char **ret_error);
/* Add "NAME ADDRESS\n" for each answer: part of what the inputs' hash covers. */
void hosts_describe(const struct hosts *hosts, struct buf *buf);
void hosts_free(struct hosts *hosts);

#endif
