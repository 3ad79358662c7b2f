#include "base.h"
#include "commit_exchange.h"
#include "kernel_blob_make.h"
#include "plan.h"
#include "proven.h"
#include "proven_legacy.h"

_Static_assert((int)PROVEN_PARTS == (int)BLOB_SCRATCHES, "each is a source");

/* A chain of the new table. */
struct part {
	const char *name;
	const struct change *change; /* NULL: it stays as it is */
	struct blob_at at;	     /* live, before its first rule; blob NULL: it is new */
};

/* A live rule that goes. Where one of the same text comes, it is moved. */
struct gone {
	const char *spec, *chain;
	const char *entry;
	long number;
	bool is_taken;
	struct gone *next; /* of the same text */
	UT_hash_handle hh;
};

struct making {
	enum family family;
	enum xtable table;
	const struct proven *proven;
	const struct blob *live, *scratch[PROVEN_PARTS]; /* what was proven of the table; or NULL */
	struct blob_maker maker;
	struct part *part;
	size_t nr, cap;
	struct gone *all_gone, *by_spec;
};

/* --- chains ----------------------------------------------------------------------------------- */

static void add_part(struct making *m, const struct part *part)
{
	XGROW(m->part, m->nr, m->cap);
	m->part[m->nr++] = *part;
}

struct named {
	const struct change *change;
	UT_hash_handle hh;
};

/* The live chains, with what changes in them, and the new ones. */
static void list_parts(struct making *m, const struct plan *plan)
{
	struct named *all = xcalloc(plan->nr, sizeof(*all)), *by_name = NULL, *found, *next;
	struct blob_at at = BLOB_AT(m->live);

	for (size_t i = 0; i < plan->nr; i++) {
		const struct change *change = &plan->v[i];
		const char *name = change->after->name;

		if (change->family != m->family || change->table != m->table)
			continue;
		all[i].change = change;
		HASH_ADD_KEYPTR(hh, by_name, name, strlen(name), &all[i]);
	}
	while (blob_next_chain(&at)) {
		HASH_FIND_STR(by_name, at.chain, found);
		add_part(m, &(struct part){ at.chain, found ? found->change : NULL, at });
		if (found)
			HASH_DEL(by_name, found);
	}
	HASH_ITER(hh, by_name, found, next) {
		add_part(m, &(struct part){ .name = found->change->after->name,
					    .change = found->change });
		HASH_DEL(by_name, found);
	}
	free(all);
}

/* Built-in chains as they are; then the others by name, as every program expects them. */
static int in_order(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->at.policy && y->at.policy)
		return (int)x->at.hook - (int)y->at.hook;
	if (x->at.policy || y->at.policy)
		return x->at.policy ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t count_rules(struct blob_at at)
{
	size_t nr = 0;

	while (at.blob && blob_next_rule(&at))
		nr++;
	return nr;
}

/* Is the plan about the chain that is live? */
static bool fits(const struct part *part)
{
	const struct change *change = part->change;
	size_t before = change->before ? change->before->nr : 0;

	if ((change->kind == CHANGE_CREATE) != (part->at.blob == NULL))
		return false;
	return count_rules(part->at) == before &&
	       (change->kind == CHANGE_REMOVE ||
		before - change->nr_deleted + change->nr_inserted == change->after->nr);
}

static bool all_fit(const struct making *m)
{
	for (size_t i = 0; i < m->nr; i++)
		if (m->part[i].change && !fits(&m->part[i]))
			return false;
	return true;
}

/* --- rules that go ---------------------------------------------------------------------------- */

static bool goes(const struct change *change, size_t at, size_t deleted)
{
	return change->kind == CHANGE_REMOVE ||
	       (deleted < change->nr_deleted && change->deleted[deleted] == at);
}

static void add_gone(struct making *m, struct gone *gone)
{
	struct gone *same;

	HASH_FIND_STR(m->by_spec, gone->spec, same);
	if (!same) {
		HASH_ADD_KEYPTR(hh, m->by_spec, gone->spec, strlen(gone->spec), gone);
		return;
	}
	gone->next = same->next;
	same->next = gone;
}

/* gone: room for them. */
static struct gone *list_gone_of(struct making *m, const struct part *part, struct gone *gone)
{
	struct blob_at at = part->at;
	long number = (long)at.number;

	for (size_t i = 0, deleted = 0; blob_next_rule(&at); i++, number++) {
		if (!goes(part->change, i, deleted))
			continue;
		deleted++;
		*gone = (struct gone){ .spec = chain_rule(part->change->before, i)->spec,
				       .chain = part->name,
				       .entry = at.rule,
				       .number = number };
		add_gone(m, gone++);
	}
	return gone;
}

static void list_gone(struct making *m)
{
	struct gone *gone;
	size_t nr = 0;
	bool comes = false;

	for (size_t i = 0; i < m->nr; i++) {
		const struct change *change = m->part[i].change;

		if (!change)
			continue;
		comes |= change->nr_inserted > 0;
		nr += change->kind == CHANGE_REMOVE ? change->before->nr : change->nr_deleted;
	}
	if (!comes || !nr)
		return;
	m->all_gone = gone = xcalloc(nr, sizeof(*gone));
	for (size_t i = 0; i < m->nr; i++)
		if (m->part[i].change && m->part[i].at.blob)
			gone = list_gone_of(m, &m->part[i], gone);
}

/* One of that text, first in that chain. */
static struct gone *find_gone(const struct making *m, const char *spec, const char *chain)
{
	struct gone *first, *gone;

	HASH_FIND_STR(m->by_spec, spec, first);
	for (gone = first; gone; gone = gone->next)
		if (!gone->is_taken && str_equal(gone->chain, chain))
			return gone;
	return first;
}

/* --- entries ---------------------------------------------------------------------------------- */

/* What is moved within its chain is the same rule: it goes on counting. */
static int add_new_rule(struct making *m, const struct part *part, const struct rule *rule)
{
	struct gone *gone = m->by_spec ? find_gone(m, rule->spec, part->name) : NULL;
	const char *entry;

	if (gone && !gone->is_taken && str_equal(gone->chain, part->name)) {
		gone->is_taken = true;
		blob_maker_rule(&m->maker, m->live, gone->entry, gone->number);
		return 0;
	}
	for (size_t i = 0; i < PROVEN_PARTS; i++) {
		entry = m->scratch[i] ? proven_legacy_rule(m->proven->legacy[i], m->family,
							   m->table, rule) :
					NULL;
		if (entry) {
			blob_maker_rule(&m->maker, m->scratch[i], entry, BLOB_NEW);
			return 0;
		}
	}
	if (!gone)
		return -1;
	blob_maker_rule(&m->maker, m->live, gone->entry, BLOB_NEW);
	return 0;
}

/* The next live rule that stays. */
static void add_live_rule(struct making *m, struct part *part, size_t *at, size_t *deleted)
{
	long number = (long)part->at.number;

	for (; blob_next_rule(&part->at); number++) {
		bool gone = part->change && goes(part->change, (*at)++, *deleted);

		*deleted += gone;
		if (gone)
			continue;
		blob_maker_rule(&m->maker, m->live, part->at.rule, number);
		return;
	}
}

static int add_rules(struct making *m, struct part *part)
{
	const struct change *change = part->change;
	size_t nr = change ? change->after->nr : count_rules(part->at);
	size_t inserted = 0, live = 0, deleted = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!change || inserted == change->nr_inserted || change->inserted[inserted] != i) {
			add_live_rule(m, part, &live, &deleted);
			continue;
		}
		inserted++;
		if (add_new_rule(m, part, chain_rule(change->after, i)) < 0)
			return -1;
	}
	return 0;
}

static int add_chain(struct making *m, struct part *part)
{
	const struct change *change = part->change;
	bool has_policy = part->at.policy, new_policy = change && change->policy;
	long number = BLOB_NEW;

	if (has_policy)
		blob_maker_builtin(&m->maker, part->at.hook);
	else
		blob_maker_chain(&m->maker, part->name);
	if (add_rules(m, part) < 0)
		return -1;
	while (part->at.blob && blob_next_rule(&part->at))
		; /* those that go from its end */
	if (part->at.blob && !new_policy)
		number = (long)part->at.number;
	blob_maker_end(&m->maker, new_policy ? change->policy : part->at.policy, number);
	return 0;
}

static int add_chains(struct making *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		struct part *part = &m->part[i];

		if (!(part->change && part->change->kind == CHANGE_REMOVE) &&
		    add_chain(m, part) < 0)
			return -1;
	}
	return 0;
}

int exchange_make(const struct plan *plan, const struct proven *proven, enum family family,
		  enum xtable table, const struct blob *live, struct blob_swap *ret_swap)
{
	struct making m = { .family = family, .table = table, .proven = proven, .live = live };
	int ret = -1;

	for (size_t i = 0; i < PROVEN_PARTS; i++)
		if (proven->legacy[i])
			m.scratch[i] = proven_legacy_table(proven->legacy[i], family, table);
	blob_maker_init(&m.maker, live, m.scratch);
	list_parts(&m, plan);
	qsort(m.part, m.nr, sizeof(*m.part), in_order);
	if (all_fit(&m)) {
		list_gone(&m);
		ret = add_chains(&m);
	}
	if (ret == 0)
		ret = blob_maker_finish(&m.maker, table, ret_swap);
	blob_maker_release(&m.maker);
	HASH_CLEAR(hh, m.by_spec);
	free(m.all_gone);
	free(m.part);
	return ret;
}
