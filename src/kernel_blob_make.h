/*
 * kernel_blob_make: a new table out of rules that the kernel has already taken, here or in
 * a scratch namespace, and its exchange for the one that is live. What libiptc does, without lists
 * of all rules of the live table, of which most stay as they are.
 * in:     chains in the order of "*-save": the built-in ones, then the others by their names
 * owns:   blob_maker_release(), blob_swap_release(), both also of a zeroed one
 * fails:  -1 with errno set; ENOENT: a rule jumps to a chain that the new table does not have
 * Source: iptcc_compile_table() and TC_COMMIT() of iptables' libiptc/libiptc.c
 */
#ifndef RAMPART_KERNEL_BLOB_MAKE_H
#define RAMPART_KERNEL_BLOB_MAKE_H

#include "kernel_blob.h"

enum {
	BLOB_SCRATCHES = 2,
	BLOB_SOURCES = 1 + BLOB_SCRATCHES,
	BLOB_NEW = -1 /* number: of no entry of the live table, counters begin at 0 */
};

struct blob_piece;
struct blob_place;

struct blob_maker {
	/* where rules are taken from; the first is the live table */
	const struct blob *from[BLOB_SOURCES];
	struct blob_place *place[BLOB_SOURCES]; /* of their user chains */
	size_t nr_places[BLOB_SOURCES];
	struct blob_piece *piece; /* an entry each */
	size_t nr, cap;
	struct blob_place *chain; /* of the new table: user chains */
	size_t nr_chains, cap_chains;
	struct blob made;
	size_t size;	   /* of its entries so far */
	unsigned int hook; /* of the built-in chain that was begun last */
};

/* scratch: each may be NULL: there is none. All live longer. */
void blob_maker_init(struct blob_maker *maker, const struct blob *live,
		     const struct blob *const scratch[BLOB_SCRATCHES]);
void blob_maker_release(struct blob_maker *maker);

void blob_maker_builtin(struct blob_maker *maker, unsigned int hook);
void blob_maker_chain(struct blob_maker *maker, const char *name); /* which lives longer */
/* A rule of the chain, of one of these tables; number: of its entry in the live one. */
void blob_maker_rule(struct blob_maker *maker, const struct blob *from, const char *rule,
		     long number);
/* Its end. policy: "ACCEPT", "DROP"; NULL: a user chain. */
void blob_maker_end(struct blob_maker *maker, const char *policy, long number);

/* All that an exchange needs, so that in it nothing is left that can fail but the kernel. */
struct blob_swap {
	struct blob made; /* the new table */
	void *replace,
		*counters; /* what the two calls are told; replace is before made's entries */
	size_t replace_len, counters_len;
	long *number; /* of each entry in the live table, or BLOB_NEW */
	void *old;    /* counters of the live table */
};

int blob_maker_finish(struct blob_maker *maker, enum xtable table, struct blob_swap *ret_swap);
/*
 * fd: of blob_socket(). -1 with errno set: the table is as it was. EAGAIN: it has another number
 * of entries than the live table that the maker was given.
 */
int blob_swap(struct blob_swap *swap, int fd);
void blob_swap_release(struct blob_swap *swap);

#endif
