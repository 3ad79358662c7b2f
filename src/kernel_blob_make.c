#include <limits.h>
#include <sys/socket.h>

#include "base.h"
#include "kernel_blob_make.h"
#include "kernel_blob_entry.h"
#include "xalloc.h"

enum piece_kind { PIECE_RULE, PIECE_NAME, PIECE_END };

/* An entry of the new table. */
struct blob_piece {
	enum piece_kind kind;
	unsigned int from; /* of a rule: its source, */
	const char *text;  /* and where it begins there; of a name: that */
	int verdict;	   /* of an end */
	long number;
	size_t at, size; /* in the new table */
};

/* Where jumps to a user chain go: its first entry behind the name. */
struct blob_place {
	const char *name;
	size_t at;
	size_t now; /* in the new table; 0: it is not there */
};

/* --- pieces --------------------------------------------------------------------------------- */

/* They grow: chains stand in the order of their places. */
static void list_places(struct blob_maker *m, size_t source)
{
	struct blob_at at = BLOB_AT(m->from[source]);
	size_t cap = 0;

	while (blob_next_chain(&at)) {
		if (at.policy)
			continue;
		XGROW(m->place[source], m->nr_places[source], cap);
		m->place[source][m->nr_places[source]++] =
			(struct blob_place){ at.chain, at.next, 0 };
	}
}

void blob_maker_init(struct blob_maker *m, const struct blob *live,
		     const struct blob *const scratch[BLOB_SCRATCHES])
{
	*m = (struct blob_maker){ .from = { live, scratch[0], scratch[1] },
				  .made = { .family = live->family, .hooks = live->hooks } };
	for (size_t i = 0; i < BLOB_SOURCES; i++)
		if (m->from[i])
			list_places(m, i);
}

void blob_maker_release(struct blob_maker *m)
{
	for (size_t i = 0; i < BLOB_SOURCES; i++)
		free(m->place[i]);
	free(m->piece);
	free(m->chain);
	blob_release(&m->made);
	*m = (struct blob_maker){ .nr = 0 };
}

static void add(struct blob_maker *m, struct blob_piece piece)
{
	piece.at = m->size;
	m->size += piece.size;
	XGROW(m->piece, m->nr, m->cap);
	m->piece[m->nr++] = piece;
}

static void add_name(struct blob_maker *m, const char *name)
{
	add(m, (struct blob_piece){ .kind = PIECE_NAME,
				    .text = name,
				    .number = BLOB_NEW,
				    .size = blob_layout(&m->made)->entry +
					    XT_ALIGN(sizeof(struct xt_error_target)) });
}

void blob_maker_builtin(struct blob_maker *m, unsigned int hook)
{
	m->made.hook_entry[hook] = (unsigned int)m->size;
	m->hook = hook;
}

void blob_maker_chain(struct blob_maker *m, const char *name)
{
	add_name(m, name);
	XGROW(m->chain, m->nr_chains, m->cap_chains);
	m->chain[m->nr_chains++] = (struct blob_place){ name, m->size, 0 };
}

void blob_maker_rule(struct blob_maker *m, const struct blob *from, const char *rule, long number)
{
	size_t at = (size_t)(rule - from->entries);
	unsigned int source = 0;

	while (m->from[source] != from)
		source++;
	add(m, (struct blob_piece){ .kind = PIECE_RULE,
				    .from = source,
				    .text = rule,
				    .number = number,
				    .size = blob_behind(from, at) - at });
}

void blob_maker_end(struct blob_maker *m, const char *policy, long number)
{
	int verdict = !policy			? XT_RETURN :
		      str_equal(policy, "DROP") ? -NF_DROP - 1 :
						  -NF_ACCEPT - 1;

	if (policy)
		m->made.underflow[m->hook] = (unsigned int)m->size;
	add(m, (struct blob_piece){ .kind = PIECE_END,
				    .verdict = verdict,
				    .number = number,
				    .size = blob_layout(&m->made)->entry +
					    XT_ALIGN(sizeof(struct xt_standard_target)) });
}

/* --- entries -------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct blob_place *)a)->name, ((const struct blob_place *)b)->name);
}

static int by_place(const void *a, const void *b)
{
	size_t x = ((const struct blob_place *)a)->at, y = ((const struct blob_place *)b)->at;

	return (x > y) - (x < y);
}

static struct blob_place *find(const struct blob_place *key, struct blob_place *places, size_t nr,
			       int (*order)(const void *a, const void *b))
{
	return nr ? bsearch(key, places, nr, sizeof(*places), order) : NULL;
}

static void find_places(struct blob_maker *m)
{
	for (size_t i = 0; i < BLOB_SOURCES; i++) {
		for (size_t k = 0; k < m->nr_places[i]; k++) {
			struct blob_place *place = &m->place[i][k];
			const struct blob_place *now = find(place, m->chain, m->nr_chains, by_name);

			place->now = now ? now->at : 0;
		}
	}
}

static void put_half(struct blob *blob, size_t at, size_t value)
{
	uint16_t half = (uint16_t)value;

	memcpy(blob->entries + at, &half, sizeof(half));
}

/* An entry without matches; its target. */
static void *put_entry(struct blob *blob, const struct blob_piece *piece)
{
	const struct blob_layout *l = blob_layout(blob);

	put_half(blob, piece->at + l->target_offset, l->entry);
	put_half(blob, piece->at + l->next_offset, piece->size);
	return blob->entries + piece->at + l->entry;
}

static void put_name(struct blob *blob, const struct blob_piece *piece)
{
	struct xt_error_target *target = put_entry(blob, piece);

	target->target.u.target_size = XT_ALIGN(sizeof(*target));
	snprintf(target->target.u.user.name, sizeof(target->target.u.user.name), "%s",
		 XT_ERROR_TARGET);
	snprintf(target->errorname, sizeof(target->errorname), "%s", piece->text);
}

static void put_end(struct blob *blob, const struct blob_piece *piece)
{
	struct xt_standard_target *target = put_entry(blob, piece);

	target->target.u.target_size = XT_ALIGN(sizeof(*target));
	target->verdict = piece->verdict;
}

/*
 * The verdict of a rule without an extension for a target is, if it is none of the fixed ones,
 * where to go on: in another chain, or behind the rule itself.
 */
static int put_rule(struct blob_maker *m, const struct blob_piece *piece)
{
	const struct blob *from = m->from[piece->from];
	struct xt_standard_target *target;
	struct blob_place key = { .name = NULL };
	const struct blob_place *place;

	memcpy(m->made.entries + piece->at, piece->text, piece->size);
	target = (struct xt_standard_target *)blob_target(&m->made, piece->at);
	if (target->target.u.user.name[0] || target->verdict < 0)
		return 0;
	if ((size_t)target->verdict == (size_t)(piece->text - from->entries) + piece->size) {
		target->verdict = (int)(piece->at + piece->size);
		return 0;
	}
	key.at = (size_t)target->verdict;
	place = find(&key, m->place[piece->from], m->nr_places[piece->from], by_place);
	if (!place || !place->now) {
		errno = ENOENT;
		return -1;
	}
	target->verdict = (int)place->now;
	return 0;
}

static int put_all(struct blob_maker *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		const struct blob_piece *piece = &m->piece[i];

		switch (piece->kind) {
		case PIECE_RULE:
			if (put_rule(m, piece) < 0)
				return -1;
			break;
		case PIECE_NAME: put_name(&m->made, piece); break;
		case PIECE_END: put_end(&m->made, piece); break;
		}
	}
	return 0;
}

/* --- the exchange --------------------------------------------------------------------------- */

static void prepare(const struct blob_maker *m, enum xtable table, struct blob_swap *swap)
{
	struct ipt_replace *replace =
		(void *)(m->made.entries - offsetof(struct ipt_replace, entries));
	struct xt_counters_info *counters;

	swap->counters_len = sizeof(*counters) + m->nr * sizeof(struct xt_counters);
	swap->counters = counters = xcalloc(1, swap->counters_len);
	swap->old = xcalloc(m->from[0]->nr, sizeof(struct xt_counters));
	swap->number = xcalloc(m->nr, sizeof(*swap->number));
	for (size_t i = 0; i < m->nr; i++)
		swap->number[i] = m->piece[i].number;
	snprintf(counters->name, sizeof(counters->name), "%s", xtable_name(table));
	counters->num_counters = (unsigned int)m->nr;
	snprintf(replace->name, sizeof(replace->name), "%s", xtable_name(table));
	replace->valid_hooks = m->made.hooks;
	replace->num_entries = (unsigned int)m->nr;
	replace->size = (unsigned int)m->size;
	memcpy(replace->hook_entry, m->made.hook_entry, sizeof(replace->hook_entry));
	memcpy(replace->underflow, m->made.underflow, sizeof(replace->underflow));
	replace->num_counters = m->from[0]->nr;
	replace->counters = swap->old;
	swap->replace = replace;
	swap->replace_len = sizeof(*replace) + m->size;
}

int blob_maker_finish(struct blob_maker *m, enum xtable table, struct blob_swap *ret_swap)
{
	struct blob_swap swap = { .replace = NULL };

	add_name(m, XT_ERROR_TARGET); /* the table's end */
	if (m->size > INT_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (blob_get_room(&m->made, offsetof(struct ipt_replace, entries), m->size) < 0)
		return -1;
	m->made.nr = (unsigned int)m->nr;
	find_places(m);
	if (put_all(m) < 0)
		return -1;
	prepare(m, table, &swap);
	swap.made = m->made;
	m->made = (struct blob){ .memory = NULL };
	*ret_swap = swap;
	return 0;
}

/*
 * The kernel gives the old table's counters when no packet can meet it any more. Those of rules
 * that have stayed are added to what the new table has counted by then: none is lost.
 */
int blob_swap(struct blob_swap *swap, int fd)
{
	int level = blob_layout(&swap->made)->level;
	struct xt_counters_info *counters = swap->counters;
	const struct xt_counters *old = swap->old;

	if (setsockopt(fd, level, IPT_SO_SET_REPLACE, swap->replace, (socklen_t)swap->replace_len) <
	    0)
		return -1;
	for (size_t i = 0; i < counters->num_counters; i++)
		if (swap->number[i] != BLOB_NEW)
			counters->counters[i] = old[swap->number[i]];
	/* a failure here is none of the rules: they are in force */
	(void)setsockopt(fd, level, IPT_SO_SET_ADD_COUNTERS, counters,
			 (socklen_t)swap->counters_len);
	return 0;
}

void blob_swap_release(struct blob_swap *swap)
{
	blob_release(&swap->made);
	free(swap->counters);
	free(swap->old);
	free(swap->number);
	*swap = (struct blob_swap){ .replace = NULL };
}
