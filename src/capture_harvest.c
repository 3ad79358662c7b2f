#include "capture_internal.h"
#include "diag.h"
#include "kernel.h"
#include "lcs.h"
#include "listing.h"
#include "xalloc.h"

enum { ALL_TABLES = (1 << XTABLE_NR) - 1 };

/* What the shadow has now. */
static int list_shadow(struct session *s, enum family family, struct ruleset *ret_now,
		       struct diags *diags)
{
	struct child child = CHILD_INIT;
	int ret;

	child.argv[0] = s->capture->ctx.kernel->save[family];
	child.netns = s->shadow.netns;
	child.userns = s->capture->userns;
	child.timeout = session_seconds(s);
	ret = child_run(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL, "%s failed: %s", child.argv[0], child_error(&child));
	if (ret == 0) {
		struct listing listing = { ret_now, family, ALL_TABLES, child.argv[0] };

		ret = listing_parse(&listing, buf_str(&child.out), child.out.len, diags);
	}
	child_release(&child);
	return ret;
}

/*
 * The common case: the command left this chain alone. Its rules are as many, and those that are
 * known in canonical text are the same; the others are now known, too.
 */
static bool same_chain(struct session *s, struct chain *chain, const struct chain *now)
{
	if (chain->nr != now->nr ||
	    (s->call.command == 'R' && s->call.chain && str_equal(s->call.chain, chain->name)))
		return false;
	for (size_t i = 0; i < chain->nr; i++)
		if (!vrule_at(chain, i)->source &&
		    !str_equal(chain_rule(chain, i)->spec, chain_rule(now, i)->spec))
			return false;
	for (size_t i = 0; i < chain->nr; i++) {
		struct vrule *rule = (struct vrule *)(void *)chain_own_rule(chain, i);

		if (!rule->source)
			continue;
		rule->rule.spec = arena_strdup(&s->view->arena, chain_rule(now, i)->spec);
		/* another one, if the command has renamed the chain that it jumps to */
		if (chain_rule(now, i)->target)
			rule->rule.target =
				arena_strdup(&s->view->arena, chain_rule(now, i)->target);
		rule->source = false;
	}
	return true;
}

static const char **specs_of(const struct chain *chain)
{
	const char **specs = xcalloc(chain->nr + 1, sizeof(*specs));

	for (size_t i = 0; i < chain->nr; i++)
		specs[i] = chain_rule(chain, i)->spec;
	return specs;
}

/* Rules that stay keep their place of origin; the others come from the call at hand. */
static void take_rules(struct session *s, struct chain *chain, const struct chain *now)
{
	const char **before = specs_of(chain), **after = specs_of(now);
	size_t *match = xcalloc(now->nr + 1, sizeof(*match));
	const struct rule **rules = xcalloc(now->nr + 1, sizeof(*rules));

	lcs_match(after, now->nr, before, chain->nr, match);
	for (size_t i = 0; i < now->nr; i++)
		rules[i] = match[i] == LCS_NONE ? &vrule_new(s, chain, after[i])->rule :
						  chain_rule(chain, match[i]);
	chain_clear(chain);
	for (size_t i = 0; i < now->nr; i++)
		chain_append(chain, rules[i]);
	free(rules);
	free(match);
	free(after);
	free(before);
}

static int take_chain(struct session *s, enum family family, enum xtable table,
		      const struct chain *now)
{
	bool is_new = !ruleset_find(s->view, family, table, now->name);
	struct chain *chain = ruleset_chain(s->view, family, table, now->name);

	if (is_new && !(chain->flags & CHAIN_BUILTIN)) {
		chain->flags |= CHAIN_DECLARED;
		chain->origin = s->origin;
	}
	if (now->policy && !str_equal(now->policy, chain->policy ? chain->policy : "ACCEPT")) {
		chain->policy = str_equal(now->policy, "DROP") ? "DROP" : "ACCEPT";
		chain->policy_origin = s->origin;
	}
	if (same_chain(s, chain, now))
		return 0;
	if (ask_canonical(s, family, table, chain) < 0)
		return -1;
	take_rules(s, chain, now);
	return 0;
}

static int take_table(struct session *s, const struct ruleset *now, enum family family,
		      enum xtable table)
{
	struct chain *chain = NULL, *next;
	int ret = 0;

	HASH_ITER(hh, s->view->chains[family][table], chain, next) {
		if (ruleset_find(now, family, table, chain->name))
			continue;
		if (chain->flags & CHAIN_BUILTIN)
			chain_clear(chain);
		else
			ruleset_remove_chain(s->view, family, table, chain);
	}
	FOR_EACH_CHAIN(c, now, family, table)
		if (take_chain(s, family, table, c) < 0)
			ret = -1;
	return ret;
}

int harvest(struct session *s, enum family family)
{
	struct ruleset now = RULESET_INIT;
	struct diags faults = DIAGS_INIT;
	int ret = list_shadow(s, family, &now, &faults);

	if (ret < 0) { /* a rule that can't be read back: it is left out, and its fault said */
		fault_add(s, &s->origin, "what this makes can't be read back: %s",
			  faults.nr ? faults.list[0].text : "no message");
		shadow_renew(s);
		ret = 0;
		goto out;
	}
	if (ruleset_count_rules(&now, family) > RULES_MAX) {
		fault_add(s, &s->origin, "the script makes more than %d rules", (int)RULES_MAX);
		s->script->failed = true;
		ret = -1;
	}
	FOR_EACH_XTABLE(t)
		if (ret == 0)
			ret = take_table(s, &now, family, t);
out:
	diags_release(&faults);
	ruleset_release(&now);
	return ret;
}
