#include "base.h"
#include "place.h"
#include "buf.h"
#include "chainname.h"
#include "config.h"
#include "diag.h"
#include "text.h"

struct place_run {
	const struct ruleset *wanted;
	const struct config *config;
	const struct ruleset *live;
	enum place_unknown unknown;
	struct ruleset *placed;
	struct diags *diags;
};

void place_tables(const struct ruleset *set, unsigned int tables[FAMILY_NR])
{
	FOR_EACH_TABLE(f, t)
		FOR_EACH_CHAIN(chain, set, f, t)
			if (chain->nr || chain->policy || !(chain->flags & CHAIN_BUILTIN))
				tables[f] |= 1u << t;
}

static bool is_referenced(const struct ruleset *set, enum family family, enum xtable table,
			  const char *name)
{
	FOR_EACH_CHAIN(chain, set, family, table)
		for (size_t i = 0; i < chain->nr; i++)
			if (chain_rule(chain, i)->target &&
			    str_equal(chain_rule(chain, i)->target, name))
				return true;
	return false;
}

/*
 * A chain declared for both families by one line, but filled by rules of one family only, is
 * not made in the other: it would be a table and a chain that nobody wants.
 */
static bool is_idle(const struct place_run *run, enum family family, enum xtable table,
		    const struct chain *chain)
{
	enum family other = family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
	const struct chain *twin = ruleset_find(run->wanted, other, table, chain->name);

	return chain->nr == 0 && twin && twin->nr && twin->origin.file == chain->origin.file &&
	       twin->origin.line == chain->origin.line &&
	       !is_referenced(run->wanted, family, table, chain->name);
}

static void copy_rules(struct chain *to, const struct chain *from)
{
	for (size_t i = 0; i < from->nr; i++)
		chain_append(to, chain_rule(from, i));
}

/* Known in the other family: then the message has to say which one it is about. */
static bool is_known_in(const struct place_run *run, enum family family, enum xtable table,
			const char *name)
{
	const struct chain *chain = ruleset_find(run->wanted, family, table, name);

	return (chain && chain->flags & CHAIN_DECLARED) ||
	       (run->live && ruleset_find(run->live, family, table, name));
}

static const char *why_undefined(const struct place_run *run)
{
	if (run->config->ownership == OWNERSHIP_EXCLUSIVE)
		return " (in exclusive mode only chains of 'preserve' and 'foreign' stay)";
	if (!run->live)
		return " (live chains were not looked at)";
	return "";
}

static void report_undefined(const struct place_run *run, enum family family, enum xtable table,
			     const struct chain *chain)
{
	enum family other = family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	struct buf text = BUF_INIT;

	FOR_EACH_CHAIN(c, run->wanted, family, table)
		if (c->flags & CHAIN_DECLARED)
			text_nearest_offer(&nearest, chain->name, c->name);
	for (const char *const *name = xtable_builtins(table); *name; name++)
		text_nearest_offer(&nearest, chain->name, *name);
	buf_addf(&text, "chain '%s' is not defined in table '%s'", chain->name, xtable_name(table));
	if (is_known_in(run, other, table, chain->name))
		buf_addf(&text, " of %s", family_name(family));
	if (nearest.best)
		buf_addf(&text, ", did you mean '%s'?", nearest.best);
	diag_error(run->diags, &chain_rule(chain, 0)->origin, "%s%s", text.data,
		   why_undefined(run));
	buf_release(&text);
}

/* May our rules use this chain, which nobody declared? */
static bool is_foreign(const struct place_run *run, enum family family, enum xtable table,
		       const char *name)
{
	if (patterns_match(&run->config->foreign, name))
		return true;
	if (!run->live || !ruleset_find(run->live, family, table, name) || is_own_chain_name(name))
		return false;
	return run->config->ownership == OWNERSHIP_MERGE ||
	       patterns_match(&run->config->preserve, name);
}

static struct chain *foreign_chain(struct place_run *run, enum family family, enum xtable table,
				   const char *name)
{
	struct chain *chain = ruleset_chain(run->placed, family, table, name);

	if (!(chain->flags & CHAIN_BUILTIN))
		chain->flags |= CHAIN_FOREIGN;
	chain->flags |= CHAIN_SHARED;
	return chain;
}

/* The rules go into an own chain, and one jump into the chain that they were written for. */
static void hook_chain(struct place_run *run, enum family family, enum xtable table,
		       const struct chain *chain)
{
	struct chain *hooked = foreign_chain(run, family, table, chain->name);
	struct rule *jump = ruleset_new_rule(run->placed);
	char name[CHAIN_NAME_MAX + 1];
	struct chain *own;
	struct buf spec = BUF_INIT;

	own_chain_name(chain->name, name);
	own = ruleset_chain(run->placed, family, table, name);
	own->flags |= CHAIN_DECLARED;
	copy_rules(own, chain);
	buf_addf(&spec, "-j %s", name);
	jump->spec = arena_strdup(&run->placed->arena, spec.data);
	jump->target = own->name;
	jump->flags = RULE_HOOK;
	chain_append(hooked, jump);
	buf_release(&spec);
}

static int place_chain(struct place_run *run, enum family family, enum xtable table,
		       const struct chain *chain)
{
	bool builtin = chain->flags & CHAIN_BUILTIN;
	struct chain *placed;

	if (chain->flags & CHAIN_DECLARED) {
		if (is_idle(run, family, table, chain))
			return 0;
		placed = ruleset_chain(run->placed, family, table, chain->name);
		placed->flags |= CHAIN_DECLARED;
		placed->origin = chain->origin;
		copy_rules(placed, chain);
		return 0;
	}
	if (builtin && chain->policy) {
		placed = ruleset_chain(run->placed, family, table, chain->name);
		placed->policy = chain->policy;
		placed->policy_origin = chain->policy_origin;
		placed->flags |= CHAIN_SHARED;
	}
	if (!chain->nr)
		return 0;
	if (builtin && run->config->ownership == OWNERSHIP_EXCLUSIVE) {
		placed = ruleset_chain(run->placed, family, table, chain->name);
		placed->flags |= CHAIN_SHARED;
		copy_rules(placed, chain);
		return 0;
	}
	if (!builtin && !is_foreign(run, family, table, chain->name)) {
		if (run->unknown == UNKNOWN_IS_ERROR) {
			report_undefined(run, family, table, chain);
			return -1;
		}
		diag_warning(run->diags, &chain_rule(chain, 0)->origin,
			     "chain '%s' is taken to be live: the kernel is not looked at here",
			     chain->name);
	}
	hook_chain(run, family, table, chain);
	return 0;
}

/* Chains of others that our rules jump to: the proof needs them to be there. */
static void add_targets(struct place_run *run, enum family family, enum xtable table)
{
	struct chain *last = NULL;

	FOR_EACH_CHAIN(chain, run->placed, family, table) {
		for (size_t i = 0; i < chain->nr; i++) {
			const char *target = chain_rule(chain, i)->target;

			/* mostly the same few targets again and again */
			if (!target || (last && str_equal(last->name, target)) ||
			    xtable_is_verdict(target))
				continue;
			last = ruleset_find(run->placed, family, table, target);
			if (!last && is_foreign(run, family, table, target))
				last = foreign_chain(run, family, table, target);
		}
	}
}

int place_rules(const struct ruleset *wanted, const struct config *config,
		const struct ruleset *live, enum place_unknown unknown, struct ruleset *ret_placed,
		struct diags *diags)
{
	struct place_run run = { wanted, config, live, unknown, ret_placed, diags };
	int ret = 0;

	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, wanted, f, t)
			if (place_chain(&run, f, t, chain) < 0)
				ret = -1;
		add_targets(&run, f, t);
	}
	return ret;
}
