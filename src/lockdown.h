/*
 * lockdown: what a boot loads when nothing else can be: the host's own traffic, answers, and
 * ssh from the baseline's 'lockdown_from'. What the host itself begins goes out as before.
 */
#ifndef RAMPART_LOCKDOWN_H
#define RAMPART_LOCKDOWN_H

struct buf;
struct config;
struct fs;

/* As the text of a rules drop-in. The ports are those that sshd is configured for. */
void lockdown_write(const struct config *config, const struct fs *fs, struct buf *ret_text);

#endif
