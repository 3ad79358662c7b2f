#include "base.h"
#include "goal.h"
#include "buf.h"
#include "chainname.h"
#include "diag.h"
#include "goal_internal.h"

#define COVER "-m comment --comment \"rampart: policy change\" -j "

const char *cover_spec(const char *verdict)
{
	return str_equal(verdict, "DROP") ? COVER "DROP" : COVER "ACCEPT";
}

bool rule_is_cover(const struct rule *rule)
{
	return str_starts(rule->spec, COVER);
}

bool rule_is_hook(const struct rule *rule)
{
	return str_starts(rule->spec, "-j " OWN_CHAIN_PREFIX) && !strchr(rule->spec + 3, ' ');
}

static bool declares(const struct ruleset *set, enum family family, enum xtable table,
		     const char *name)
{
	const struct chain *chain = set ? ruleset_find(set, family, table, name) : NULL;

	return chain && chain->flags & CHAIN_DECLARED && !(chain->flags & CHAIN_BUILTIN);
}

/* Do the rules of part stand in whole, in this order? */
static bool is_part_of(const struct chain *part, const struct chain *whole)
{
	size_t at = 0;

	for (size_t i = 0; i < whole->nr && at < part->nr; i++)
		at += str_equal(chain_rule(whole, i)->spec, chain_rule(part, at)->spec);
	return at == part->nr;
}

/* A chain that this apply has made. If it holds more than that, somebody else may have made one of
 * that name in the moment when ours was on its way. */
static bool is_being_made(const struct goal_input *input, enum family family, enum xtable table,
			  const char *name)
{
	const struct chain *live;

	if (!declares(input->making, family, table, name))
		return false;
	live = ruleset_find(input->live, family, table, name);
	return input->made[family] || !live ||
	       is_part_of(live, ruleset_find(input->making, family, table, name));
}

bool goal_is_own_chain(const struct goal_input *input, enum family family, enum xtable table,
		       const char *name)
{
	return is_own_chain_name(name) || declares(input->owned, family, table, name) ||
	       declares(input->begun, family, table, name) ||
	       is_being_made(input, family, table, name) ||
	       patterns_match(&input->config->adopt, name);
}

struct chain *goal_live_chain(const struct goal_run *run, const char *name)
{
	return ruleset_find(run->in->live, run->family, run->table, name);
}

struct chain *goal_new_chain(struct goal_run *run, const struct chain *like)
{
	struct chain *chain = ruleset_chain(&run->goal->set, run->family, run->table, like->name);

	chain->flags = like->flags & (CHAIN_BUILTIN | CHAIN_DECLARED | CHAIN_SHARED);
	chain->origin = like->origin;
	return chain;
}

static void wait_for(struct goal_run *run, const char *name)
{
	struct goal *goal = run->goal;
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s (%s %s)", name, family_name(run->family), xtable_name(run->table));
	for (size_t i = 0; i < goal->nr_waiting; i++) {
		if (str_equal(goal->waiting[i], text.data)) {
			buf_release(&text);
			return;
		}
	}
	XGROW(goal->waiting, goal->nr_waiting, goal->cap_waiting);
	goal->waiting[goal->nr_waiting++] = buf_detach(&text);
}

/* A rule that jumps to a chain of others which is not there yet waits for it. */
static bool is_waiting(struct goal_run *run, const struct rule *rule)
{
	const struct chain *target;

	if (!rule->target)
		return false;
	target = ruleset_find(run->in->wanted, run->family, run->table, rule->target);
	if (!target || !(target->flags & CHAIN_FOREIGN) || goal_live_chain(run, rule->target))
		return false;
	wait_for(run, rule->target);
	return true;
}

void goal_add_wanted(struct goal_run *run, struct chain *to, const struct chain *wanted)
{
	for (size_t i = 0; i < wanted->nr; i++)
		if (!is_waiting(run, chain_rule(wanted, i)))
			chain_append(to, chain_rule(wanted, i));
}

static bool has_written(const struct goal_run *run, const struct ruleset *set, const char *name,
			const struct rule *rule)
{
	const struct chain *chain = set ? ruleset_find(set, run->family, run->table, name) : NULL;

	return chain && !(chain->flags & CHAIN_DECLARED) && chain_find(chain, rule->spec) != NULL;
}

/* A rule that an exclusive apply put among those of others, or that this one has added to a chain
 * which others made in the last moment: ours to take out again. */
static bool was_written(const struct goal_run *run, const char *chain, const struct rule *rule)
{
	if (has_written(run, run->in->owned, chain, rule) ||
	    has_written(run, run->in->begun, chain, rule))
		return true;
	return declares(run->in->making, run->family, run->table, chain) &&
	       chain_find(ruleset_find(run->in->making, run->family, run->table, chain),
			  rule->spec) != NULL;
}

/* A rule of ours in a chain of others, from an earlier apply. */
static bool is_stale(const struct goal_run *run, const char *chain, const struct rule *rule)
{
	return rule_is_hook(rule) || rule_is_cover(rule) || was_written(run, chain, rule);
}

bool goal_has_stale(const struct goal_run *run, const struct chain *live)
{
	for (size_t i = 0; live && i < live->nr; i++)
		if (is_stale(run, live->name, chain_rule(live, i)))
			return true;
	return false;
}

static bool yields_to(const struct goal_run *run, const struct rule *rule)
{
	return rule->target && patterns_match(&run->in->config->yield_to, rule->target);
}

bool goal_put_back(struct chain *to, const struct chain *wanted, goal_is_other is_other,
		   const void *arg)
{
	size_t nr = 0;

	for (size_t i = 0; i < wanted->nr; i++)
		nr += is_other(arg, wanted->name, chain_rule(wanted, i));
	if (!nr || nr != to->nr)
		return false;
	for (size_t i = 0; i < wanted->nr; i++)
		if (!is_other(arg, wanted->name, chain_rule(wanted, i)))
			chain_insert(to, i, chain_rule(wanted, i));
	return true;
}

/* Only an undo wants rules of others: they tell where ours stood among them. */
static bool is_other(const void *arg, const char *chain, const struct rule *rule)
{
	(void)arg;
	(void)chain;
	return !rule->origin.file && !rule_is_hook(rule);
}

/* Bans stay above what we accept, what an exclusive apply has written behind all of others. */
static size_t place_among(const struct goal_run *run, const struct chain *others,
			  const struct rule *rule)
{
	size_t at = 0;

	if (run->in->config->position_last || !rule_is_hook(rule))
		return others->nr;
	while (at < others->nr && yields_to(run, chain_rule(others, at)))
		at++;
	return at;
}

void goal_share_chain(struct goal_run *run, const char *name, const struct chain *wanted)
{
	const struct chain *live = goal_live_chain(run, name);
	const struct chain *like = live ? live : wanted;
	struct chain *chain;

	if (!like || (!live && !(wanted->flags & CHAIN_BUILTIN))) {
		if (like && like->nr)
			wait_for(run, name);
		return;
	}
	if (!wanted && !goal_has_stale(run, live))
		return; /* nothing of ours in it: not even looked at again */
	chain = goal_new_chain(run, like);
	chain->flags |= CHAIN_SHARED;
	for (size_t i = 0; live && i < live->nr; i++)
		if (!is_stale(run, name, chain_rule(live, i)))
			chain_append(chain, chain_rule(live, i));
	if (!wanted)
		return;
	if (goal_put_back(chain, wanted, is_other, NULL))
		return;
	for (size_t i = 0; i < wanted->nr; i++)
		if (!is_other(NULL, name, chain_rule(wanted, i)))
			chain_insert(chain, place_among(run, chain, chain_rule(wanted, i)),
				     chain_rule(wanted, i));
}

static bool is_used_by_others(const struct goal_run *run, const char *name)
{
	FOR_EACH_CHAIN(chain, run->in->live, run->family, run->table) {
		if (goal_is_own_chain(run->in, run->family, run->table, chain->name))
			continue;
		for (size_t i = 0; i < chain->nr; i++) {
			const struct rule *rule = chain_rule(chain, i);

			if (rule->target && str_equal(rule->target, name) && !rule_is_hook(rule) &&
			    !was_written(run, chain->name, rule))
				return true;
		}
	}
	return false;
}

void goal_empty_chain(struct goal_run *run, const struct chain *live)
{
	goal_new_chain(run, live)->flags |= CHAIN_KEEP_EMPTY;
	diag_warning(run->diags, NULL,
		     "chain '%s' (%s %s) is emptied but kept: a rule of others still jumps to it",
		     live->name, family_name(run->family), xtable_name(run->table));
}

static void remove_chain(struct goal_run *run, const struct chain *live)
{
	if (is_used_by_others(run, live->name))
		goal_empty_chain(run, live);
	else
		goal_new_chain(run, live)->flags |= CHAIN_REMOVE;
}

static int goal_merge(struct goal_run *run)
{
	const struct goal_input *in = run->in;
	int ret = 0;

	FOR_EACH_CHAIN(wanted, in->wanted, run->family, run->table) {
		if (wanted->flags & CHAIN_SHARED) {
			goal_share_chain(run, wanted->name, wanted);
			continue;
		}
		if (goal_live_chain(run, wanted->name) &&
		    !goal_is_own_chain(in, run->family, run->table, wanted->name)) {
			ret = diag_error(run->diags, &wanted->origin,
					 "chain '%s' is live (%s %s) and not rampart's: rename it, "
					 "or make it yours by 'apply --adopt %s' or the baseline's "
					 "'adopt'",
					 wanted->name, family_name(run->family),
					 xtable_name(run->table), wanted->name);
			continue;
		}
		goal_add_wanted(run, goal_new_chain(run, wanted), wanted);
	}
	FOR_EACH_CHAIN(live, in->live, run->family, run->table) {
		if (ruleset_find(&run->goal->set, run->family, run->table, live->name))
			continue;
		if (is_own_chain_name(live->name) ||
		    declares(in->owned, run->family, run->table, live->name) ||
		    declares(in->begun, run->family, run->table, live->name) ||
		    is_being_made(in, run->family, run->table, live->name))
			remove_chain(run, live);
		else
			goal_share_chain(run, live->name, NULL);
	}
	return ret;
}

int goal_build(const struct goal_input *input, struct goal *ret_goal, struct diags *diags)
{
	int ret = 0;

	FOR_EACH_TABLE_BIT(f, t, input->tables) {
		struct goal_run run = { input, ret_goal, diags, f, t };
		bool exclusive = input->ownership == OWNERSHIP_EXCLUSIVE;

		if ((exclusive ? goal_exclusive(&run) : goal_merge(&run)) < 0)
			ret = -1;
		goal_set_policies(&run);
	}
	return ret;
}

void goal_release(struct goal *goal)
{
	for (size_t i = 0; i < goal->nr_waiting; i++)
		free(goal->waiting[i]);
	free(goal->waiting);
	free(goal->doomed);
	ruleset_release(&goal->set);
	*goal = (struct goal)GOAL_INIT;
}
