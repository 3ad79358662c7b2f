#include "base.h"
#include "buf.h"
#include "goal_internal.h"
#include "diag.h"

/* How often each rule text is ours in a chain: by what is wanted, by what we wrote before, by what
 * an interrupted apply may have written, or by what the apply has written that is now undone. */
enum whose { BY_WANTED, BY_OWNED, BY_BEGUN, BY_MADE, WHOSE_NR };

struct count {
	const char *spec;
	size_t nr[WHOSE_NR];
	UT_hash_handle hh;
};

struct exclusive {
	struct goal_run *run;
	struct chain **kept; /* live chains that stay as they are */
	size_t nr_kept, cap_kept;
};

static bool is_kept(const struct exclusive *x, const char *name)
{
	for (size_t i = 0; i < x->nr_kept; i++)
		if (str_equal(x->kept[i]->name, name))
			return true;
	return false;
}

static void keep(struct exclusive *x, struct chain *chain)
{
	if (is_kept(x, chain->name))
		return;
	XGROW(x->kept, x->nr_kept, x->cap_kept);
	x->kept[x->nr_kept++] = chain;
}

static bool matches_preserved(const struct exclusive *x, const char *chain, const struct rule *rule)
{
	const struct patterns *patterns = &x->run->in->config->preserve_rules;
	struct buf line = BUF_INIT;
	bool match;

	if (!patterns->nr)
		return false;
	buf_addf(&line, "-A %s %s", chain, rule->spec);
	match = patterns_match(patterns, line.data);
	buf_release(&line);
	return match;
}

static void keep_target(struct exclusive *x, const struct rule *rule)
{
	struct chain *chain = rule->target ? goal_live_chain(x->run, rule->target) : NULL;

	if (chain && !(chain->flags & CHAIN_BUILTIN) &&
	    !goal_is_own_chain(x->run->in, x->run->family, x->run->table, rule->target))
		keep(x, chain);
}

/* Chains that match preserve or foreign, and all that they, or preserved rules, lead to. */
static void find_kept(struct exclusive *x)
{
	const struct goal_input *in = x->run->in;

	FOR_EACH_CHAIN(chain, in->live, x->run->family, x->run->table) {
		if (!(chain->flags & CHAIN_BUILTIN) &&
		    (patterns_match(&in->config->preserve, chain->name) ||
		     patterns_match(&in->config->foreign, chain->name)))
			keep(x, chain);
		for (size_t i = 0; i < chain->nr; i++)
			if (matches_preserved(x, chain->name, chain_rule(chain, i)))
				keep_target(x, chain_rule(chain, i));
	}
	for (size_t i = 0; i < x->nr_kept; i++) /* grows while it is walked */
		for (size_t j = 0; j < x->kept[i]->nr; j++)
			keep_target(x, chain_rule(x->kept[i], j));
}

static bool is_preserved(const struct exclusive *x, const char *chain, const struct rule *rule)
{
	return (rule->target && is_kept(x, rule->target)) || matches_preserved(x, chain, rule);
}

/* A chain of ours that preserve names by now: it goes to the others, and so do the jumps to it. */
static bool is_handed_over(const struct exclusive *x, const struct rule *rule)
{
	return rule->target && is_kept(x, rule->target) &&
	       goal_is_own_chain(x->run->in, x->run->family, x->run->table, rule->target);
}

static struct count *count_of(struct count **counts, struct arena *arena, const char *spec)
{
	struct count *count;

	HASH_FIND_STR(*counts, spec, count);
	if (!count) {
		count = arena_alloc(arena, sizeof(*count));
		count->spec = spec;
		HASH_ADD_KEYPTR(hh, *counts, count->spec, strlen(spec), count);
	}
	return count;
}

static void count_rules(struct count **counts, struct arena *arena, enum whose whose,
			const struct chain *chain)
{
	for (size_t i = 0; chain && i < chain->nr; i++)
		count_of(counts, arena, chain_rule(chain, i)->spec)->nr[whose]++;
}

/* Is a live rule one of ours? Then it is taken from the count. */
static bool take_ours(const struct exclusive *x, const struct rule *rule, struct count *count)
{
	bool written = count->nr[BY_OWNED] || count->nr[BY_BEGUN];

	if (!count->nr[BY_WANTED] && !count->nr[BY_MADE] && !(written && !is_handed_over(x, rule)))
		return false;
	for (size_t k = 0; k < WHOSE_NR; k++)
		count->nr[k] -= count->nr[k] > 0;
	return true;
}

static const struct chain *find_in(const struct exclusive *x, const struct ruleset *set,
				   const char *name)
{
	return set ? ruleset_find(set, x->run->family, x->run->table, name) : NULL;
}

static void doom(struct exclusive *x, const char *chain, const struct rule *rule)
{
	struct goal *goal = x->run->goal;

	XGROW(goal->doomed, goal->nr_doomed, goal->cap_doomed);
	goal->doomed[goal->nr_doomed++] =
		(struct doomed){ x->run->family, x->run->table, chain, rule };
}

/*
 * A preserved rule among those to put back (an undo wants what was live): only others may
 * bring back what others have deleted since.
 */
static bool is_of_others(const void *x, const char *chain, const struct rule *rule)
{
	return !rule->origin.file && !rule_is_hook(rule) && is_preserved(x, chain, rule);
}

/*
 * Preserved lines keep their order and stand before ours; those that stood behind our last
 * one stay last. A live rule that is also one of ours is ours, else it would be there twice.
 */
static void compose(struct exclusive *x, struct chain *to, const struct chain *wanted,
		    const struct chain *live)
{
	struct arena arena = ARENA_INIT;
	struct count *counts = NULL;
	bool any_ours = false;
	size_t head = 0;

	for (size_t i = 0; wanted && i < wanted->nr; i++)
		if (!is_of_others(x, wanted->name, chain_rule(wanted, i)))
			count_of(&counts, &arena, chain_rule(wanted, i)->spec)->nr[BY_WANTED]++;
	count_rules(&counts, &arena, BY_OWNED, find_in(x, x->run->in->owned, to->name));
	count_rules(&counts, &arena, BY_BEGUN, find_in(x, x->run->in->begun, to->name));
	count_rules(&counts, &arena, BY_MADE, find_in(x, x->run->in->making, to->name));
	for (size_t i = 0; live && i < live->nr; i++) {
		const struct rule *rule = chain_rule(live, i);
		struct count *count = count_of(&counts, &arena, rule->spec);

		if (rule_is_cover(rule) || rule_is_hook(rule))
			continue;
		if (take_ours(x, rule, count)) {
			any_ours = true;
			head = to->nr;
		} else if (is_preserved(x, live->name, rule)) {
			chain_append(to, rule);
			to->flags |= CHAIN_SHARED;
		} else {
			doom(x, live->name, rule);
		}
	}
	if (!any_ours) /* all that is preserved stands before us */
		head = to->nr;
	if (wanted) {
		struct chain ours = { .name = wanted->name };
		bool put_back;

		goal_add_wanted(x->run, &ours, wanted);
		put_back = goal_put_back(to, &ours, is_of_others, x);
		for (size_t i = 0; !put_back && i < ours.nr; i++)
			if (!is_of_others(x, wanted->name, chain_rule(&ours, i)))
				chain_insert(to, head++, chain_rule(&ours, i));
		free(ours.slot);
	}
	HASH_CLEAR(hh, counts);
	arena_release(&arena);
}

static int add_chain(struct exclusive *x, const struct chain *wanted, const char *name)
{
	struct goal_run *run = x->run;
	const struct chain *live = goal_live_chain(run, name);
	struct chain *chain;

	if (wanted && wanted->flags & CHAIN_DECLARED && is_kept(x, name))
		return diag_error(run->diags, &wanted->origin,
				  "chain '%s' is declared here, but 'preserve' keeps the live one "
				  "(%s %s)",
				  name, family_name(run->family), xtable_name(run->table));
	chain = goal_new_chain(run, wanted ? wanted : live);
	if (chain->flags & CHAIN_BUILTIN)
		chain->flags |= CHAIN_SHARED;
	compose(x, chain, wanted, live);
	return 0;
}

/* Our own jump in a kept chain is no use by others: it goes, too. */
static bool is_used_by_kept(const struct exclusive *x, const char *name)
{
	for (size_t i = 0; i < x->nr_kept; i++) {
		for (size_t j = 0; j < x->kept[i]->nr; j++) {
			const struct rule *rule = chain_rule(x->kept[i], j);

			if (rule->target && str_equal(rule->target, name) && !rule_is_hook(rule))
				return true;
		}
	}
	return false;
}

static void remove_chain(struct exclusive *x, const struct chain *live)
{
	if (is_used_by_kept(x, live->name))
		goal_empty_chain(x->run, live);
	else
		goal_new_chain(x->run, live)->flags |= CHAIN_REMOVE;
	if (goal_is_own_chain(x->run->in, x->run->family, x->run->table, live->name))
		return;
	for (size_t i = 0; i < live->nr; i++)
		doom(x, live->name, chain_rule(live, i));
}

int goal_exclusive(struct goal_run *run)
{
	struct exclusive x = { .run = run };
	int ret = 0;

	find_kept(&x);
	FOR_EACH_CHAIN(wanted, run->in->wanted, run->family, run->table) {
		if (wanted->flags & CHAIN_FOREIGN)
			goal_share_chain(run, wanted->name, wanted);
		else if (add_chain(&x, wanted, wanted->name) < 0)
			ret = -1;
	}
	FOR_EACH_CHAIN(live, run->in->live, run->family, run->table) {
		if (ruleset_find(&run->goal->set, run->family, run->table, live->name))
			continue;
		if (live->flags & CHAIN_BUILTIN)
			(void)add_chain(&x, NULL, live->name);
		else if (is_kept(&x, live->name))
			goal_share_chain(run, live->name, NULL);
		else
			remove_chain(&x, live);
	}
	free(x.kept);
	return ret;
}
