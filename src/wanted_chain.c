#include "base.h"
#include "wanted.h"
#include "chainname.h"
#include "config.h"
#include "diag.h"
#include "optable.h"
#include "token.h"

/* A second use of a template must not silently add to the chain of the first. */
static bool is_second_use(const struct chain *chain, const struct origin *origin)
{
	return chain->origin.use && origin->use && chain->origin.file == origin->file &&
	       chain->origin.use != origin->use;
}

int wanted_declare(struct wanted *wanted, const struct place *place, bool by_n)
{
	const char *error = chain_name_check(place->chain);
	struct chain *chain;

	if (error)
		return diag_error(wanted->diags, &place->origin, "'%s': %s", place->chain, error);
	if (is_own_chain_name(place->chain))
		return diag_error(wanted->diags, &place->origin,
				  "'%s': names that begin with '" OWN_CHAIN_PREFIX
				  "' are rampart's own",
				  place->chain);
	if (xtable_is_builtin(place->table, place->chain))
		return diag_error(wanted->diags, &place->origin, "'%s' is a built-in chain",
				  place->chain);
	chain = ruleset_chain(wanted->set, place->family, place->table, place->chain);
	if (!(chain->flags & CHAIN_DECLARED)) {
		chain->flags |= CHAIN_DECLARED;
		chain->origin = place->origin;
		return 0;
	}
	if (wanted->census)
		return 0;
	if (by_n)
		return diag_error(wanted->diags, &place->origin,
				  "chain '%s' exists already: declared at %s:%u", place->chain,
				  wanted_file(&chain->origin), wanted_line(&chain->origin));
	if (is_second_use(chain, &place->origin))
		return diag_error(wanted->diags, &place->origin,
				  "chain '%s' of this template exists already, from its use at "
				  "%s:%u: each use needs a name of its own, by a parameter or $USE",
				  place->chain, chain->origin.use->file, chain->origin.use->line);
	return 0;
}

/* Taking away what another file says is allowed, but never silent. */
static void warn_foreign_rules(struct wanted *wanted, const struct place *place,
			       const struct chain *chain, const char *command)
{
	const struct rule *first = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < chain->nr; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (str_equal(wanted_file(&rule->origin), wanted_file(&place->origin)))
			continue;
		first = first ? first : rule;
		nr++;
	}
	if (first)
		diag_warning(wanted->diags, &place->origin,
			     "%s removes %zu rule%s of chain '%s' that other files made, the first "
			     "at %s:%u",
			     command, nr, nr == 1 ? "" : "s", chain->name,
			     wanted_file(&first->origin), wanted_line(&first->origin));
}

int wanted_flush(struct wanted *wanted, const struct place *place)
{
	struct chain *chain;

	if (wanted->census)
		return 0;
	if (!place->chain) {
		FOR_EACH_CHAIN(c, wanted->set, place->family, place->table) {
			if (!(c->flags & (CHAIN_BUILTIN | CHAIN_DECLARED)))
				continue; /* a foreign chain */
			warn_foreign_rules(wanted, place, c, "-F");
			chain_clear(c);
		}
		return 0;
	}
	chain = wanted_own_chain(wanted, place);
	if (!chain)
		return -1;
	if (!(chain->flags & (CHAIN_BUILTIN | CHAIN_DECLARED)))
		return wanted_not_ours(wanted, place);
	warn_foreign_rules(wanted, place, chain, "-F");
	chain_clear(chain);
	return 0;
}

static const struct rule *rule_that_jumps_to(const struct wanted *wanted, const struct place *place,
					     const char *name)
{
	FOR_EACH_CHAIN(chain, wanted->set, place->family, place->table)
		for (size_t i = 0; i < chain->nr; i++)
			if (chain_rule(chain, i)->target &&
			    str_equal(chain_rule(chain, i)->target, name))
				return chain_rule(chain, i);
	return NULL;
}

static int delete_chain(struct wanted *wanted, const struct place *place, struct chain *chain)
{
	const struct rule *user = rule_that_jumps_to(wanted, place, chain->name);

	if (wanted->needs_canon) { /* a -D before was left out for now: nothing is known */
		ruleset_remove_chain(wanted->set, place->family, place->table, chain);
		return 0;
	}
	if (chain->nr)
		return diag_error(wanted->diags, &place->origin,
				  "chain '%s' can't be deleted: it is not empty", chain->name);
	if (user)
		return diag_error(wanted->diags, &place->origin,
				  "chain '%s' can't be deleted: a rule jumps to it, at %s:%u",
				  chain->name, wanted_file(&user->origin),
				  wanted_line(&user->origin));
	if (!str_equal(wanted_file(&chain->origin), wanted_file(&place->origin)))
		diag_warning(wanted->diags, &place->origin,
			     "-X removes chain '%s', which another file declared, at %s:%u",
			     chain->name, wanted_file(&chain->origin), wanted_line(&chain->origin));
	ruleset_remove_chain(wanted->set, place->family, place->table, chain);
	return 0;
}

int wanted_delete_chain(struct wanted *wanted, const struct place *place)
{
	struct chain *chain, *next;
	int ret = 0;

	if (wanted->census)
		return 0;
	if (place->chain) {
		chain = ruleset_find(wanted->set, place->family, place->table, place->chain);
		if (!chain || !(chain->flags & CHAIN_DECLARED))
			return wanted_undefined(wanted, place);
		return delete_chain(wanted, place, chain);
	}
	HASH_ITER(hh, wanted->set->chains[place->family][place->table], chain, next)
		if (chain->flags & CHAIN_DECLARED && delete_chain(wanted, place, chain) < 0)
			ret = -1;
	return ret;
}

/* The rule with another target: chains that are renamed take their jumps along. */
static const struct rule *retarget(struct wanted *wanted, const struct rule *rule, const char *name)
{
	struct tokens tokens = TOKENS_INIT;
	struct buf spec = BUF_INIT;
	struct rule *copy = ruleset_new_rule(wanted->set);
	size_t next, target = 0; /* no rule begins with a target */

	tokens_scan(&tokens, rule->spec, strlen(rule->spec), TOKENS_LISTING);
	for (size_t at = 0; at < tokens.nr; at = next) {
		const struct option_info *option = option_at(&tokens, at, &next);

		if (option && (option->kind == OPTION_JUMP || option->kind == OPTION_GOTO))
			target = at + 1;
	}
	for (size_t i = 0; i < tokens.nr; i++) {
		if (i)
			buf_addc(&spec, ' ');
		if (i == target && target)
			buf_adds(&spec, name);
		else
			token_quote(&spec, tokens.v[i].text, tokens.v[i].len);
	}
	*copy = *rule;
	copy->spec = arena_strdup(&wanted->set->arena, buf_str(&spec));
	copy->target = arena_strdup(&wanted->set->arena, name);
	buf_release(&spec);
	tokens_release(&tokens);
	return copy;
}

int wanted_rename_chain(struct wanted *wanted, const struct place *place, const char *name)
{
	struct place to = *place;
	struct chain *old, *chain;

	to.chain = name;
	if (xtable_is_builtin(place->table, place->chain))
		return diag_error(wanted->diags, &place->origin,
				  "the built-in chain '%s' can't be renamed", place->chain);
	old = ruleset_find(wanted->set, place->family, place->table, place->chain);
	if (!old || !(old->flags & CHAIN_DECLARED))
		return wanted_undefined(wanted, place);
	if (wanted_declare(wanted, &to, true) < 0)
		return -1;
	if (wanted->census)
		return 0;
	chain = ruleset_find(wanted->set, place->family, place->table, name);
	for (size_t i = 0; i < old->nr; i++)
		chain_append(chain, chain_rule(old, i));
	FOR_EACH_CHAIN(c, wanted->set, place->family, place->table) {
		for (size_t i = 0; i < c->nr; i++) {
			const struct rule *rule = chain_rule(c, i);

			if (rule->target && str_equal(rule->target, place->chain))
				chain_replace(c, i, retarget(wanted, rule, chain->name));
		}
	}
	ruleset_remove_chain(wanted->set, place->family, place->table, old);
	return 0;
}

static const struct config_policy *baseline_policy(const struct wanted *wanted,
						   const struct place *place)
{
	for (size_t i = 0; place->table == XTABLE_FILTER && i < CONFIG_POLICIES; i++)
		if (wanted->config->policy[i].value &&
		    str_equal(wanted->config->policy[i].chain, place->chain))
			return &wanted->config->policy[i];
	return NULL;
}

int wanted_policy(struct wanted *wanted, const struct place *place, const char *policy,
		  enum policy_word word)
{
	const struct config_policy *baseline = baseline_policy(wanted, place);
	struct chain *chain;

	if (!xtable_is_builtin(place->table, place->chain))
		return diag_error(wanted->diags, &place->origin,
				  "'%s' is not a built-in chain of table '%s': only those have a "
				  "policy",
				  place->chain, xtable_name(place->table));
	if (!str_equal(policy, "ACCEPT") && !str_equal(policy, "DROP"))
		return diag_error(wanted->diags, &place->origin,
				  "policy of '%s' must be ACCEPT or DROP, not '%s'", place->chain,
				  policy);
	if (str_equal(policy, "DROP") && place->table == XTABLE_NAT)
		return diag_error(wanted->diags, &place->origin,
				  "table 'nat' is not for filtering: its chains can't have policy "
				  "DROP");
	if (str_equal(policy, "ACCEPT") && word == POLICY_DUMP)
		return 0;
	if (baseline && !str_equal(baseline->value, policy) && word == POLICY_SCRIPT)
		diag_warning(wanted->diags, &place->origin,
			     "policy %s of chain '%s' is not the baseline's, which is %s at %s:%u: "
			     "the script's counts",
			     policy, place->chain, baseline->value, baseline->origin.file,
			     baseline->origin.line);
	else if (baseline && !str_equal(baseline->value, policy))
		return diag_error(wanted->diags, &place->origin,
				  "policy %s of chain '%s' is not the baseline's, which is %s at "
				  "%s:%u",
				  policy, place->chain, baseline->value, baseline->origin.file,
				  baseline->origin.line);
	chain = ruleset_chain(wanted->set, place->family, place->table, place->chain);
	if (str_equal(policy, "ACCEPT") && word == POLICY_HEADER && !chain->policy)
		return 0;
	chain->policy = str_equal(policy, "ACCEPT") ? "ACCEPT" : "DROP";
	chain->policy_origin = place->origin;
	return 0;
}
