/*
 * caller: the ssh connection that rampart was called over, from SSH_CONNECTION of ssh(1): its own,
 * else that of the nearest parent that has one (sudo takes it out of the environment). Set and
 * empty, it says that there is none.
 * fails: never; a value that ssh does not write is passed over with a warning
 */
#ifndef RAMPART_CALLER_H
#define RAMPART_CALLER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "family.h"

struct diags;

struct caller_end {
	unsigned char address[16]; /* network order; IPv4: the first 4 bytes */
	uint16_t port;
	char text[48];	     /* the address as text */
	char zone[IFNAMSIZ]; /* IPv6 link-local: the interface; else "" */
};

struct caller {
	enum family family;
	struct caller_end peer, local;
};

/* False: not called over ssh. */
bool caller_find(struct caller *ret_caller, struct diags *diags);

#endif
