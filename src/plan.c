#include "base.h"
#include "plan.h"
#include "goal.h"
#include "lcs.h"

/*
 * Deleting by text costs the restore program a look at every rule before it (measured: 0.9 us
 * each on nft). More than this many looks, and the risk of a race is the smaller evil: the
 * result is verified and mended anyway.
 */
enum { TEXT_LOOKS_MAX = 4 * 1000 * 1000 };

static const char **specs_of(const struct chain *chain)
{
	const char **specs = xcalloc(chain ? chain->nr : 0, sizeof(*specs));

	for (size_t i = 0; chain && i < chain->nr; i++)
		specs[i] = chain_rule(chain, i)->spec;
	return specs;
}

/* Would "-D CHAIN SPEC" hit another rule than the one that is meant? It takes the first. */
static bool is_ambiguous(const struct chain *before, const size_t *match)
{
	struct seen {
		const char *spec;
		UT_hash_handle hh;
	} *kept = NULL, *all = xcalloc(before->nr, sizeof(*all)), *found;
	bool ambiguous = false;

	for (size_t i = 0; i < before->nr && !ambiguous; i++) {
		const char *spec = chain_rule(before, i)->spec;

		HASH_FIND_STR(kept, spec, found);
		if (match[i] == LCS_NONE) {
			ambiguous = found != NULL;
		} else if (!found) {
			all[i].spec = spec;
			HASH_ADD_KEYPTR(hh, kept, spec, strlen(spec), &all[i]);
		}
	}
	HASH_CLEAR(hh, kept);
	free(all);
	return ambiguous;
}

static bool same_rules(const struct chain *a, const struct chain *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++)
		if (!str_equal(chain_rule(a, i)->spec, chain_rule(b, i)->spec))
			return false;
	return true;
}

/* The chain's texts less our own jumps, and where each of them stands. */
static size_t specs_without_hooks(const struct chain *chain, const char **specs, size_t *at)
{
	size_t nr = 0;

	for (size_t i = 0; i < chain->nr; i++) {
		if (rule_is_hook(chain_rule(chain, i)))
			continue;
		specs[nr] = chain_rule(chain, i)->spec;
		at[nr++] = i;
	}
	return nr;
}

/*
 * A chain of others: their rules stay, whatever the shortest edit would be. Unless all is as it
 * should be, our jump goes (every copy, by its text) and comes back in its place.
 */
static void match_shared(const struct chain *before, const struct chain *after, size_t *match)
{
	const char **a = xcalloc(before->nr, sizeof(*a)), **b = xcalloc(after->nr, sizeof(*b));
	size_t *at_a = xcalloc(before->nr, sizeof(*at_a)),
	       *at_b = xcalloc(after->nr, sizeof(*at_b));
	size_t nr_a = specs_without_hooks(before, a, at_a);
	size_t nr_b = specs_without_hooks(after, b, at_b);
	size_t *found = xcalloc(nr_a, sizeof(*found));
	bool same = same_rules(before, after);

	for (size_t i = 0; i < before->nr; i++)
		match[i] = same ? i : LCS_NONE;
	if (!same) {
		lcs_match(a, nr_a, b, nr_b, found);
		for (size_t i = 0; i < nr_a; i++)
			if (found[i] != LCS_NONE)
				match[at_a[i]] = at_b[found[i]];
	}
	free(a);
	free(b);
	free(at_a);
	free(at_b);
	free(found);
}

static void match_own(const struct chain *before, const struct chain *after, size_t *match)
{
	const char **a = specs_of(before), **b = specs_of(after);

	lcs_match(a, before->nr, b, after->nr, match);
	free(a);
	free(b);
}

static void list_edits(struct change *change, const size_t *match)
{
	size_t nr_before = change->before ? change->before->nr : 0;
	size_t nr_after = change->after->nr;
	bool *stays = xcalloc(nr_after, sizeof(*stays));

	change->deleted = xcalloc(nr_before, sizeof(*change->deleted));
	change->inserted = xcalloc(nr_after, sizeof(*change->inserted));
	for (size_t i = 0; i < nr_before; i++) {
		if (match[i] == LCS_NONE)
			change->deleted[change->nr_deleted++] = i;
		else
			stays[match[i]] = true;
	}
	for (size_t i = 0; i < nr_after; i++)
		if (!stays[i])
			change->inserted[change->nr_inserted++] = i;
	free(stays);
}

static void compare_rules(struct change *change, enum plan_mode mode)
{
	static const struct chain nothing = { .name = "" };
	const struct chain *before = change->before ? change->before : &nothing;
	const struct chain *after = change->after;
	size_t *match = xcalloc(before->nr, sizeof(*match));

	if (after->flags & CHAIN_SHARED) {
		match_shared(before, after, match);
		change->by_text = mode == PLAN_TEXT_FIRST && !is_ambiguous(before, match);
	} else {
		match_own(before, after, match);
	}
	list_edits(change, match);
	if (change->nr_deleted * before->nr > TEXT_LOOKS_MAX)
		change->by_text = false;
	free(match);
}

static void change_release(struct change *change)
{
	free(change->deleted);
	free(change->inserted);
}

static void compare_chain(struct plan *plan, struct change change, enum plan_mode mode)
{
	const struct chain *before = change.before, *after = change.after;
	const char *policy = before && before->policy ? before->policy : "ACCEPT";

	if (after->flags & CHAIN_REMOVE) {
		change.kind = CHANGE_REMOVE;
		if (!before)
			return;
	} else {
		change.kind = before || after->flags & CHAIN_BUILTIN ? CHANGE_EDIT : CHANGE_CREATE;
		compare_rules(&change, mode);
		if (after->policy && !str_equal(after->policy, policy)) {
			change.policy = after->policy;
			change.old_policy = policy;
		}
		if (change.kind == CHANGE_EDIT && !change.policy && !change.nr_deleted &&
		    !change.nr_inserted) {
			change_release(&change);
			return;
		}
	}
	XGROW(plan->v, plan->nr, plan->cap);
	plan->v[plan->nr++] = change;
}

void plan_build(struct plan *plan, const struct ruleset *live, const struct ruleset *goal,
		const unsigned int tables[FAMILY_NR], enum plan_mode mode)
{
	FOR_EACH_TABLE_BIT(f, t, tables) {
		FOR_EACH_CHAIN(after, goal, f, t) {
			struct change change = { .family = f,
						 .table = t,
						 .after = after,
						 .before = ruleset_find(live, f, t, after->name) };

			compare_chain(plan, change, mode);
		}
	}
}

void plan_count(const struct plan *plan, enum family family, size_t *ret_added, size_t *ret_removed)
{
	*ret_added = *ret_removed = 0;
	for (size_t i = 0; i < plan->nr; i++) {
		const struct change *c = &plan->v[i];

		if (c->family != family)
			continue;
		*ret_added += c->nr_inserted;
		*ret_removed += c->kind == CHANGE_REMOVE ? c->before->nr : c->nr_deleted;
	}
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++)
		change_release(&plan->v[i]);
	free(plan->v);
	*plan = (struct plan)PLAN_INIT;
}
