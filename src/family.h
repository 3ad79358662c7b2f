/*
 * family: the two protocol families and, as a mask, sets of them.
 */
#ifndef RAMPART_FAMILY_H
#define RAMPART_FAMILY_H

enum family { FAMILY_IPV4, FAMILY_IPV6 };

enum { FAMILY_NR = 2, FAMILIES_NONE = 0, FAMILIES_BOTH = 3 };

static inline unsigned int family_bit(enum family family)
{
	return 1u << family;
}

static inline const char *family_name(enum family family)
{
	return family == FAMILY_IPV4 ? "ipv4" : "ipv6";
}

#define FOR_EACH_FAMILY(f) for (enum family f = FAMILY_IPV4; f <= FAMILY_IPV6; f++)

#endif
