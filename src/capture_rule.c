#include "capture_internal.h"
#include "kernel.h"
#include "listing.h"
#include "plain.h"
#include "token.h"

struct vrule *vrule_new(struct session *s, const struct chain *chain, const char *spec)
{
	struct ruleset *view = s->view;
	struct vrule *rule = arena_alloc(&view->arena, sizeof(*rule));

	rule->rule.spec = arena_strdup(&view->arena, spec);
	rule->rule.target = rule_target(&view->arena, spec, &rule->rule.flags);
	rule->rule.origin = s->origin;
	rule->bound = !(chain->flags & CHAIN_BUILTIN) && !free_rule(spec);
	return rule;
}

/* As the script wrote it: the plain rules of plain.h, which are bound to nothing. */
static struct vrule *new_plain(struct session *s)
{
	struct vrule *rule = arena_alloc(&s->view->arena, sizeof(*rule));
	const struct call *call = &s->call;

	rule->rule.spec = arena_strndup(&s->view->arena, buf_str(&call->spec), call->spec.len);
	if (call->target)
		rule->rule.target = arena_strdup(&s->view->arena, call->target);
	rule->rule.flags = call->is_goto ? RULE_GOTO : 0;
	rule->rule.origin = s->origin;
	rule->source = true;
	s->script->was_sure = true;
	return rule;
}

/* The call for the shadow, as it was written: what the kernel holds is not all in canonical text
 * (connlimit). */
static void log_call(struct session *s)
{
	const struct call *call = &s->call;

	buf_reset(&s->text);
	buf_addf(&s->text, "-%c ", call->command);
	token_quote(&s->text, call->chain, strlen(call->chain));
	if (call->number)
		buf_addf(&s->text, " %lu", call->number);
	buf_addf(&s->text, " %s", buf_str(&call->spec));
	shadow_log(s, call->family, call->table, s->text.data, call->number > 0);
}

static void put(struct session *s, struct chain *chain, const struct vrule *rule)
{
	unsigned long number = s->call.number;

	switch (s->call.command) {
	case 'I': chain_insert(chain, number ? number - 1 : 0, &rule->rule); break;
	case 'R': chain_replace(chain, number - 1, &rule->rule); break;
	default: chain_append(chain, &rule->rule);
	}
}

static bool chain_is_free(void *arg, const char *name)
{
	const struct session *s = arg;
	const struct call *call = &s->call;
	const struct chain *target = ruleset_find(s->view, call->family, call->table, name);
	const struct chain *from = ruleset_find(s->view, call->family, call->table, call->chain);

	return target && !(target->flags & CHAIN_BUILTIN) &&
	       free_jump(s->view, call->family, call->table, from, target);
}

/*
 * A rule that was taken where no hook reaches it, in the namespace for questions: does what it
 * is, or what it jumps to, depend on the hooks that do?
 */
static bool is_bound(struct session *s, const struct chain *chain, const char *spec)
{
	const struct call *call = &s->call;
	const struct chain *target =
		call->target ? ruleset_find(s->view, call->family, call->table, call->target) :
			       NULL;
	struct buf rest = BUF_INIT;
	bool ret;

	if (target && !chain_is_free((void *)s, call->target))
		return true;
	if (chain->flags & CHAIN_BUILTIN)
		return false;
	if (!target)
		return !free_rule(spec);
	/* the jump is free: the rest is judged as if it went nowhere; it stands at the end */
	buf_add(&rest, spec, strlen(spec) - strlen(call->target) - 3);
	ret = !free_rule(buf_str(&rest));
	buf_release(&rest);
	return ret;
}

static bool add_asked(struct session *s, struct chain *chain)
{
	const char *const *spec;
	size_t nr;

	if (ask_rules(s, &s->call, &spec, &nr) < 0 || !nr || (nr > 1 && s->call.command != 'A') ||
	    is_bound(s, chain, spec[0]))
		return false;
	for (size_t i = 0; i < nr; i++) {
		struct vrule *rule = vrule_new(s, chain, spec[i]);

		rule->bound = false;
		put(s, chain, rule);
	}
	log_call(s);
	return true;
}

static bool add_rule(struct session *s, struct chain *chain)
{
	const struct call *call = &s->call;

	if ((call->command == 'I' && call->number > chain->nr + 1) ||
	    (call->command == 'R' && (!call->number || call->number > chain->nr)) ||
	    ++s->added > RULES_MAX)
		return false;
	if (!ask_known(s, call) && plain_rule(call, chain_is_free, s)) {
		put(s, chain, new_plain(s));
		log_call(s);
		return true;
	}
	return add_asked(s, chain);
}

/* legacy looks up what a rule jumps to before it compares, and the message is about that then. */
static const char *not_found(const struct session *s)
{
	const char *target = s->call.target;

	if (s->capture->ctx.kernel->kind == KERNEL_LEGACY && target && !xtable_is_verdict(target))
		return "No chain/target/match by that name.";
	return "Bad rule (does a matching rule exist in that chain?).";
}

/* Not found is an answer too, and a frequent one: "-C ... || -A ...". */
static bool find_rule(struct session *s, struct chain *chain, struct answer *answer)
{
	const struct call *call = &s->call;
	const char *const *spec;
	char number[24];
	size_t nr;

	if (ask_rules(s, call, &spec, &nr) < 0 || nr != 1 ||
	    ask_canonical(s, call->family, call->table, chain) < 0)
		return false;
	/* what it is compared by is not all in the text */
	if (strstr(spec[0], "connlimit"))
		return false;
	for (size_t i = 0; i < chain->nr; i++) {
		if (!str_equal(chain_rule(chain, i)->spec, spec[0]))
			continue;
		if (call->command == 'C')
			return true;
		chain_remove(chain, i);
		snprintf(number, sizeof(number), "%zu", i + 1);
		buf_reset(&s->text);
		buf_adds(&s->text, "-D ");
		token_quote(&s->text, call->chain, strlen(call->chain));
		buf_addf(&s->text, " %s", number);
		shadow_log(s, call->family, call->table, s->text.data, true);
		return true;
	}
	return tables_refuse(s, answer, not_found(s));
}

bool rule_answer(struct session *s, struct answer *answer)
{
	const struct call *call = &s->call;
	struct chain *chain = tables_chain(s, call->family, call->table, call->chain);

	if (!chain || ask_has_stale(s, call))
		return false;
	return strchr("CD", call->command) ? find_rule(s, chain, answer) : add_rule(s, chain);
}
