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

/* Part of a chain. */
struct range {
	const struct chain *chain;
	size_t from, to;
};

/* Its rules that are to be matched, and where each of them stands. */
struct texts {
	const char **spec;
	size_t *at;
	size_t nr;
};

static struct texts texts_of(const struct range *range, bool hooks)
{
	size_t nr = range->to - range->from;
	struct texts texts = { xcalloc(nr, sizeof(*texts.spec)), xcalloc(nr, sizeof(*texts.at)),
			       0 };

	for (size_t i = range->from; i < range->to; i++) {
		const struct rule *rule = chain_rule(range->chain, i);

		if (!hooks && rule_is_hook(rule))
			continue;
		texts.spec[texts.nr] = rule->spec;
		texts.at[texts.nr++] = i;
	}
	return texts;
}

static void texts_release(struct texts *texts)
{
	free(texts->spec);
	free(texts->at);
}

static void match_ranges(struct range before, struct range after, bool hooks, size_t *match)
{
	struct texts a = texts_of(&before, hooks), b = texts_of(&after, hooks);
	size_t *found = xcalloc(a.nr, sizeof(*found));

	lcs_match(a.spec, a.nr, b.spec, b.nr, found);
	for (size_t i = 0; i < a.nr; i++)
		match[a.at[i]] = found[i] == LCS_NONE ? LCS_NONE : b.at[found[i]];
	free(found);
	texts_release(&a);
	texts_release(&b);
}

/* The rules of others in a goal are the live ones themselves. */
struct anchor {
	const struct rule *rule;
	size_t at; /* in the goal's chain */
	UT_hash_handle hh;
};

/*
 * A chain of others: their rules stay, whatever the shortest edit would be, and ours move around
 * them. Unless all is as it should be, our jump goes (every copy, by its text) and comes back in
 * its place; hooks: not so, the shortest edit is only to be shown.
 */
static void match_shared(const struct chain *before, const struct chain *after, bool hooks,
			 size_t *match)
{
	struct anchor *all = xcalloc(after->nr, sizeof(*all)), *anchors = NULL, *found;
	size_t from = 0, to = 0;

	for (size_t i = 0; i < before->nr; i++)
		match[i] = LCS_NONE;
	for (size_t i = 0; i < after->nr; i++) {
		all[i] = (struct anchor){ .rule = chain_rule(after, i), .at = i };
		HASH_ADD_PTR(anchors, rule, &all[i]);
	}
	for (size_t i = 0; i <= before->nr; i++) {
		const struct rule *rule = i < before->nr ? chain_rule(before, i) : NULL;
		size_t end = after->nr;

		if (rule) {
			HASH_FIND_PTR(anchors, &rule, found);
			if (!found || found->at < to)
				continue;
			end = found->at;
		}
		match_ranges((struct range){ before, from, i }, (struct range){ after, to, end },
			     hooks, match);
		if (rule)
			match[i] = end;
		from = i + 1;
		to = end + 1;
	}
	HASH_CLEAR(hh, anchors);
	free(all);
}

static void match_same(size_t nr, size_t *match)
{
	for (size_t i = 0; i < nr; i++)
		match[i] = i;
}

static void match_own(const struct chain *before, const struct chain *after, size_t *match)
{
	match_ranges((struct range){ before, 0, before->nr }, (struct range){ after, 0, after->nr },
		     true, match);
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
		if (chain_same_rules(before, after))
			match_same(before->nr, match);
		else
			match_shared(before, after, mode == PLAN_SHOW, match);
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
