#include "capture_internal.h"
#include "chainname.h"
#include "token.h"

bool tables_refuse(struct session *s, struct answer *answer, const char *message)
{
	const char *name = s->call.family == FAMILY_IPV4 ? "iptables" : "ip6tables";

	buf_addf(&answer->err, "%s: %s\n", name, message);
	answer->status = 1;
	return true;
}

struct chain *tables_chain(struct session *s, enum family family, enum xtable table,
			   const char *name)
{
	struct chain *chain = ruleset_find(s->view, family, table, name);

	if (!chain && xtable_is_builtin(table, name))
		chain = ruleset_chain(s->view, family, table, name);
	return chain;
}

/* "-F CHAIN" and the like for the shadow; word: a second one, or NULL. */
static void log_command(struct session *s, const char *command, const char *chain, const char *word)
{
	buf_reset(&s->text);
	buf_adds(&s->text, command);
	if (chain) {
		buf_addc(&s->text, ' ');
		token_quote(&s->text, chain, strlen(chain));
	}
	if (word)
		buf_addf(&s->text, " %s", word);
	shadow_log(s, s->call.family, s->call.table, s->text.data,
		   str_equal(command, "-D") || str_equal(command, "-F"));
}

static bool new_chain(struct session *s, struct answer *answer)
{
	const struct call *call = &s->call;
	struct chain *chain;

	if (tables_chain(s, call->family, call->table, call->chain))
		return tables_refuse(s, answer, "Chain already exists.");
	if (chain_name_check(call->chain)) /* names of targets are never sure */
		return false;
	chain = ruleset_chain(s->view, call->family, call->table, call->chain);
	chain->flags |= CHAIN_DECLARED;
	chain->origin = s->origin;
	log_command(s, "-N", call->chain, NULL);
	return true;
}

static bool is_referenced(const struct session *s, const char *name)
{
	FOR_EACH_CHAIN(chain, s->view, s->call.family, s->call.table)
		for (size_t i = 0; i < chain->nr; i++)
			if (chain_rule(chain, i)->target &&
			    str_equal(chain_rule(chain, i)->target, name))
				return true;
	return false;
}

/* Only what is certain to work: every other way ends in a message of the real program. */
static bool delete_chain(struct session *s)
{
	const struct call *call = &s->call;
	struct chain *chain = tables_chain(s, call->family, call->table, call->chain);

	if (!chain || chain->flags & CHAIN_BUILTIN || chain->nr || is_referenced(s, call->chain))
		return false;
	log_command(s, "-X", call->chain, NULL);
	ruleset_remove_chain(s->view, call->family, call->table, chain);
	return true;
}

static bool is_user_chain(const struct ruleset *view, enum family family, enum xtable table,
			  const char *name)
{
	const struct chain *chain = ruleset_find(view, family, table, name);

	return chain && !(chain->flags & CHAIN_BUILTIN);
}

static bool delete_chains(struct session *s)
{
	enum family f = s->call.family;
	enum xtable t = s->call.table;
	struct chain *chain, *next;

	FOR_EACH_CHAIN(c, s->view, f, t) {
		if (!(c->flags & CHAIN_BUILTIN) && c->nr)
			return false;
		/* all others are empty: only rules of built-in chains are left to refer to one */
		for (size_t i = 0; c->flags & CHAIN_BUILTIN && i < c->nr; i++)
			if (chain_rule(c, i)->target &&
			    is_user_chain(s->view, f, t, chain_rule(c, i)->target))
				return false;
	}
	HASH_ITER(hh, s->view->chains[f][t], chain, next) {
		if (chain->flags & CHAIN_BUILTIN)
			continue;
		log_command(s, "-X", chain->name, NULL);
		ruleset_remove_chain(s->view, f, t, chain);
	}
	return true;
}

/* By name: without one, nft's restore passes over chains that it has not looked at. */
static void flush_chain(struct session *s, struct chain *chain)
{
	log_command(s, "-F", chain->name, NULL);
	chain_clear(chain);
}

static bool flush(struct session *s, struct answer *answer)
{
	const struct call *call = &s->call;
	struct chain *chain;

	if (!call->chain) {
		FOR_EACH_CHAIN(c, s->view, call->family, call->table)
			if (c->nr) /* else it may not even be there: nft makes chains by need */
				flush_chain(s, c);
		return true;
	}
	chain = tables_chain(s, call->family, call->table, call->chain);
	if (!chain)
		return tables_refuse(s, answer, "No chain/target/match by that name.");
	flush_chain(s, chain);
	return true;
}

static bool set_policy(struct session *s)
{
	const struct call *call = &s->call;
	bool drop = str_equal(call->second, "DROP");
	struct chain *chain;

	if (!xtable_is_builtin(call->table, call->chain) ||
	    (!drop && !str_equal(call->second, "ACCEPT")) || (drop && call->table == XTABLE_NAT))
		return false;
	chain = tables_chain(s, call->family, call->table, call->chain);
	chain->policy = drop ? "DROP" : "ACCEPT";
	chain->policy_origin = s->origin;
	log_command(s, "-P", call->chain, call->second);
	return true;
}

static bool delete_number(struct session *s)
{
	const struct call *call = &s->call;
	struct chain *chain = tables_chain(s, call->family, call->table, call->chain);
	char number[24];

	if (!chain || call->number > chain->nr)
		return false;
	chain_remove(chain, call->number - 1);
	snprintf(number, sizeof(number), "%lu", call->number);
	log_command(s, "-D", call->chain, number);
	return true;
}

/* nft's program renames a built-in chain, and then it is one no more. (Onto a name that is there it
 * does not: that is left to it.) */
static bool refuse_rename(struct session *s, struct answer *answer)
{
	const struct call *call = &s->call;

	return xtable_is_builtin(call->table, call->chain) &&
	       !(call->second && ruleset_find(s->view, call->family, call->table, call->second)) &&
	       tables_refuse(s, answer, "No chain/target/match by that name.");
}

bool tables_answer(struct session *s, struct answer *answer)
{
	const struct call *call = &s->call;

	if (call->command == 'E' && call->chain && refuse_rename(s, answer))
		return true;
	if (!call->sure || s->capture->ctx.careful)
		return false;
	switch (call->command) {
	case 'A':
	case 'I':
	case 'R':
	case 'C': return rule_answer(s, answer);
	case 'D': return call->number ? delete_number(s) : rule_answer(s, answer);
	case 'N': return new_chain(s, answer);
	case 'X': return call->chain ? delete_chain(s) : delete_chains(s);
	case 'F': return flush(s, answer);
	case 'P': return set_policy(s);
	default: return false; /* those with an output, and what is rare */
	}
}
