/*
 * call: one command line of iptables or ip6tables, cut as the program itself would cut it.
 * Only what is certain is certain: whatever could be read in two ways, is rare or has an output of
 * its own is left to the real program ("sure" is false then).
 * Source: do_parse() of iptables 1.8.9, iptables/xshared.c; facts run against both backends.
 * in:     argc and argv of the call
 * out:    struct call; strings point into argv or the call's own memory
 * owns:   spec; call_release(); may be used again and again
 */
#ifndef RAMPART_CALL_H
#define RAMPART_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "family.h"
#include "ruleline.h"
#include "xtable.h"

struct call {
	enum family family;
	/* 'A' 'I' 'D' 'R' 'C' 'N' 'X' 'F' 'E' 'P' 'Z' 'L' 'S'; 0: none, several, -V, -h. Set as
	 * well as can be where sure is false: it then is for messages and for the policy on
	 * failures. */
	char command;
	bool sure;	      /* all that follows is what the program would understand */
	enum xtable table;    /* filter if none is named */
	const char *chain;    /* NULL: all chains */
	const char *second;   /* -E's new name, -P's policy */
	unsigned long number; /* of -I, -D, -R; 0: none */
	/* The rule as restore text, every word quoted where it must be, without command, chain,
	 * number, table and lock options; "" for a rule without options. Only for A I D R C with a
	 * rule (of -D: number is 0). */
	struct buf spec;
	const char *target; /* of -j or -g; NULL: none */
	bool is_goto;
	/* -4 or -6 of the other family: the program does nothing and ends with 0 in restore, but as
	 * a command of its own it is an error or a switch of families: never sure. */

	struct ruleline line; /* the units of the rule, for plain.h */
	struct tokens words;
};

#define CALL_INIT \
	{ \
		.spec = BUF_INIT, .words = TOKENS_INIT \
	}

/* argv[0] is the program's name and not looked at. Never fails: see sure. */
void call_parse(struct call *call, enum family family, size_t argc, const char *const *argv);
void call_release(struct call *call);

#endif
