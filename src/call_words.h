/*
 * call_words: the options that iptables and ip6tables have without any extension, as getopt_long()
 * looks them up, and the names that no chain can have because a target has them.
 * Source: original_opts and the option string of the programs of iptables 1.8.9, both backends.
 */
#ifndef RAMPART_CALL_WORDS_H
#define RAMPART_CALL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum call_value {
	CALL_VALUE_NONE,
	CALL_VALUE_NEEDED, /* glued, or the next word, whatever it looks like */
	CALL_VALUE_MAYBE   /* glued, or the next word unless it begins with '-' or '!' */
};

struct call_option {
	const char *name;    /* without dashes */
	char letter;	     /* its short form; '0' (--line-numbers) has none */
	unsigned char value; /* enum call_value */
	/* Bytes from which on no option of any extension begins alike, so that the abbreviation
	 * means this one whatever is loaded. 0: only the whole name does. */
	unsigned char unique;
};

const struct call_option *call_option_by_letter(char letter); /* NULL: none */

/* Whole name or abbreviation (len bytes) of a basic option; NULL if it is none or stands for
 * several. */
const struct call_option *call_option_by_name(const char *name, size_t len);

/* Is it a target's name, or a name that means something to the programs? */
bool call_is_target(const char *name);

#endif
