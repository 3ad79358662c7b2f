#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "ipset.h"
#include "live.h"
#include "kernel.h"
#include "token.h"
#include "wanted.h"
#include "xalloc.h"

/*
 * From wanted into the virtual tables at a script's start, and back at its end. CHAIN_SHARED
 * there: a chain that other drop-ins declared.
 */

/* --- the start --------------------------------------------------------------------------- */

static struct chain *add_chain(struct script *script, enum family family, enum xtable table,
			       const char *name, unsigned int flags)
{
	struct chain *chain = ruleset_chain(&script->view, family, table, name);

	if (!(chain->flags & CHAIN_BUILTIN))
		chain->flags |= flags;
	return chain;
}

static void add_rules(struct script *script, struct chain *to, const struct chain *from)
{
	struct arena *arena = &script->view.arena;

	for (size_t i = 0; i < from->nr; i++) {
		struct vrule *rule = arena_alloc(arena, sizeof(*rule));

		rule->rule = *chain_rule(from, i);
		rule->from = chain_rule(from, i);
		rule->source = true;
		rule->bound = !(to->flags & CHAIN_BUILTIN) && !free_rule(rule->rule.spec);
		chain_append(to, &rule->rule);
	}
}

/* Own reach: chains that others declared, as empty ones. All: everything so far. */
static void take_wanted(struct capture *capture, struct script *script, const struct ruleset *set)
{
	bool all = capture->ctx.config->script_scope_all;

	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t) {
			struct chain *copy;

			if (!all && !(chain->flags & CHAIN_DECLARED))
				continue;
			copy = add_chain(script, f, t, chain->name,
					 chain->flags & CHAIN_DECLARED ?
						 CHAIN_DECLARED | CHAIN_SHARED :
						 CHAIN_FOREIGN | CHAIN_SHARED);
			copy->origin = chain->origin;
			if (!all)
				continue;
			copy->policy = chain->policy;
			copy->policy_origin = chain->policy_origin;
			add_rules(script, copy, chain);
		}
	}
}

/* The baseline's foreign chains: those that are named, in table filter; and what is live. */
static int take_foreign(struct capture *capture, struct script *script)
{
	const struct patterns *foreign = &capture->ctx.config->foreign;
	unsigned int tables[FAMILY_NR] = { (1 << XTABLE_NR) - 1, (1 << XTABLE_NR) - 1 };
	struct ruleset live = RULESET_INIT;
	int ret = 0;

	if (!foreign->nr)
		return 0;
	for (size_t i = 0; i < foreign->nr; i++)
		FOR_EACH_FAMILY(f)
			if (!strpbrk(foreign->v[i], "*?["))
				add_chain(script, f, XTABLE_FILTER, foreign->v[i], CHAIN_FOREIGN);
	if (geteuid() == 0) {
		ret = live_chains(capture->ctx.kernel, tables, &live, capture->ctx.diags);
		FOR_EACH_TABLE(f, t)
			FOR_EACH_CHAIN(chain, &live, f, t)
				if (!(chain->flags & CHAIN_BUILTIN) &&
				    patterns_match(foreign, chain->name))
					add_chain(script, f, t, chain->name, CHAIN_FOREIGN);
	}
	ruleset_release(&live);
	return ret;
}

int merge_start(struct capture *capture, struct script *script, const struct wanted *wanted)
{
	ruleset_release(&script->view);
	script->view = (struct ruleset)RULESET_INIT;
	take_wanted(capture, script, wanted->set);
	return take_foreign(capture, script);
}

static void log_line(struct session *s, enum family family, enum xtable table, const char *command,
		     const char *chain, const char *rest)
{
	buf_reset(&s->text);
	buf_addf(&s->text, "%s ", command);
	token_quote(&s->text, chain, strlen(chain));
	buf_addf(&s->text, " %s", rest);
	shadow_log(s, family, table, s->text.data, false);
}

void merge_log(struct session *s)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, s->view, f, t)
			if (!(chain->flags & CHAIN_BUILTIN))
				log_line(s, f, t, "-N", chain->name, "");
		FOR_EACH_CHAIN(chain, s->view, f, t) {
			if (chain->policy)
				log_line(s, f, t, "-P", chain->name, chain->policy);
			for (size_t i = 0; i < chain->nr; i++)
				log_line(s, f, t, "-A", chain->name, chain_rule(chain, i)->spec);
		}
	}
}

/* --- the end ----------------------------------------------------------------------------- */

struct merge {
	struct capture *capture;
	struct script *script;
	struct wanted *wanted;
};

static int put_policy(struct merge *m, enum family family, enum xtable table,
		      const struct chain *chain)
{
	struct place place = { family, table, chain->name, chain->policy_origin };
	const struct chain *known = ruleset_find(m->wanted->set, family, table, chain->name);

	/* one that came from others is there already */
	if (!chain->policy ||
	    (known && known->policy && known->policy_origin.file == chain->policy_origin.file &&
	     known->policy_origin.line == chain->policy_origin.line))
		return 0;
	return wanted_policy(m->wanted, &place, chain->policy, POLICY_SCRIPT);
}

static int put_chain(struct merge *m, enum family family, enum xtable table,
		     const struct chain *chain)
{
	bool all = m->capture->ctx.config->script_scope_all;
	struct place place = { family, table, chain->name, chain->origin };
	struct chain *to;
	int ret = put_policy(m, family, table, chain);

	if (chain->flags & CHAIN_DECLARED && !(chain->flags & CHAIN_SHARED))
		ret |= wanted_declare(m->wanted, &place, false);
	if (ret < 0 || (!chain->nr && !all))
		return ret;
	to = ruleset_chain(m->wanted->set, family, table, chain->name);
	for (size_t i = 0; i < chain->nr; i++) {
		const struct vrule *rule = vrule_at(chain, i);

		chain_append(to, rule->from ? rule->from : &rule->rule);
	}
	return 0;
}

/* --- the reach of script_scope = all ---------------------------------------------------- */

static bool is_kept(const struct merge *m, enum family family, enum xtable table,
		    const struct rule *rule)
{
	FOR_EACH_CHAIN(chain, &m->script->view, family, table)
		for (size_t i = 0; i < chain->nr; i++)
			if (vrule_at(chain, i)->from == rule)
				return true;
	return false;
}

static void warn_undone(struct merge *m, enum family family, enum xtable table,
			const struct chain *chain)
{
	struct origin file = { m->script->dropin->path, 0, NULL };

	for (size_t i = 0; i < chain->nr; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (!is_kept(m, family, table, rule))
			diag_warning(m->capture->ctx.diags, &rule->origin,
				     "this rule of chain '%s' is taken out again by %s",
				     chain->name, file.file);
	}
}

/* What the script saw of wanted goes, and comes back as the script left it. */
static void empty_wanted(struct merge *m, enum family family, enum xtable table)
{
	struct chain *chain = NULL, *next;

	HASH_ITER(hh, m->wanted->set->chains[family][table], chain, next) {
		warn_undone(m, family, table, chain);
		chain_clear(chain);
		if (!(chain->flags & CHAIN_BUILTIN) &&
		    !ruleset_find(&m->script->view, family, table, chain->name))
			ruleset_remove_chain(m->wanted->set, family, table, chain);
	}
}

static int put_family(struct merge *m, enum family family)
{
	int ret = ipsets_use_rules(m->capture->ctx.ipsets, &m->script->view, family,
				   m->capture->ctx.diags);

	FOR_EACH_XTABLE(t) {
		if (m->capture->ctx.config->script_scope_all)
			empty_wanted(m, family, t);
		FOR_EACH_CHAIN(chain, &m->script->view, family, t)
			if (put_chain(m, family, t, chain) < 0)
				ret = -1;
	}
	return ret;
}

int merge_result(struct capture *capture, struct script *script, struct wanted *wanted)
{
	struct merge m = { .capture = capture, .script = script, .wanted = wanted };
	struct origin file = { script->dropin->path, 0, NULL };
	int ret = 0;

	ipset_teach(capture);
	FOR_EACH_FAMILY(f) {
		size_t nr = ruleset_count_rules(&script->view, f);

		if (capture->ctx.config->families & family_bit(f)) {
			if (put_family(&m, f) < 0)
				ret = -1;
		} else if (nr) {
			diag_note(capture->ctx.diags, &file,
				  "%zu %s rule%s left out: the baseline's 'families' has not that "
				  "family",
				  nr, family_name(f), nr == 1 ? "" : "s");
		}
	}
	return ret;
}
