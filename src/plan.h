/*
 * plan: the difference between what is live and what it should become, per
 * chain, as the fewest deletions and insertions of rules. Rules that stay are
 * not touched, so that their counters, limits and quotas go on.
 * in:     live, and a goal for some of its chains
 * out:    struct plan; empty where nothing is to be done
 * owns:   its lists; rules stay those of live and goal. plan_release()
 */
#ifndef RAMPART_PLAN_H
#define RAMPART_PLAN_H

#include "ruleset.h"

enum change_kind { CHANGE_CREATE, CHANGE_EDIT, CHANGE_REMOVE };

/* One chain that is not yet as it should be. */
struct change {
	enum change_kind kind;
	enum family family;
	enum xtable table;
	const struct chain *before; /* live; NULL: the chain does not exist yet */
	const struct chain *after;  /* goal */
	const char *policy;	    /* new policy; NULL: as it is */
	const char *old_policy;
	bool by_text;	 /* delete by rule text: others may edit the chain at the same time */
	size_t *deleted; /* indexes in before, growing */
	size_t nr_deleted;
	size_t *inserted; /* indexes in after, growing */
	size_t nr_inserted;
};

struct plan {
	struct change *v;
	size_t nr, cap;
};

#define PLAN_INIT \
	{ \
		NULL, 0, 0 \
	}

enum plan_mode {
	PLAN_SHOW,	  /* not to be carried out: the shortest edit */
	PLAN_TEXT_FIRST,  /* shared chains by rule text, as long as it tells the rules apart */
	PLAN_NUMBERS_ONLY /* after the kernel found no rule of that text */
};

void plan_build(struct plan *plan, const struct ruleset *live, const struct ruleset *goal,
		const unsigned int tables[FAMILY_NR], enum plan_mode mode);
void plan_release(struct plan *plan);

static inline bool plan_is_empty(const struct plan *plan)
{
	return plan->nr == 0;
}

/* What live becomes in a family: live, with the goal's chains in the place of its own. Rules are
 * those of live and goal. */
void plan_after(const struct ruleset *live, const struct ruleset *goal, enum family family,
		struct ruleset *ret_after);

/* Rules that are added and removed in a family; a moved rule counts on both sides. */
void plan_count(const struct plan *plan, enum family family, size_t *ret_added,
		size_t *ret_removed);

#endif
