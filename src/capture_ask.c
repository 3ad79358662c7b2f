#include "capture_internal.h"
#include "diag.h"
#include "hashtable.h"
#include "kernel.h"
#include "token.h"

/*
 * Questions about a rule: is it taken, and how does the kernel write it? Asked of a restore
 * program in a namespace of its own, where each rule is added to the chain of its real name (what
 * is allowed depends on it), committed, and listed. User chains are there by their names, empty:
 * what depends on more than that is left to the shadow (capture_rule.c, is_bound()).
 */

enum { RULES_LEFT_MAX = 64 }; /* of a chain there: more make each listing slower */

struct memo {
	char *key;
	const char **spec;
	size_t nr;
	UT_hash_handle hh;
};

void ask_close(struct capture *capture)
{
	struct memo *memo = capture->memo, *next;

	FOR_EACH_FAMILY(f)
		judge_release(&capture->ask[f]);
	ruleset_release(&capture->asked);
	capture->asked = (struct ruleset)RULESET_INIT;
	if (capture->ask_netns >= 0)
		close(capture->ask_netns);
	capture->ask_netns = -1;
	HASH_CLEAR(hh, capture->memo);
	capture->memo = NULL;
	for (; memo; memo = next) {
		next = memo->hh.next;
		free(memo->key);
		free(memo->spec);
		free(memo);
	}
}

int ask_open(struct capture *capture, struct diags *diags)
{
	if (capture->ask_netns >= 0)
		return 0;
	if (child_new_netns(capture->userns, &capture->ask_netns) < 0)
		return diag_error(diags, NULL, "no network namespace for the scripts: %s",
				  strerror(errno));
	FOR_EACH_FAMILY(f) {
		struct judge_place place = { capture->restore[f].path, capture->restore[f].argv0,
					     capture->ask_netns, capture->userns,
					     &capture->confine };

		judge_init(&capture->ask[f], &place);
	}
	return ipset_mirror(capture, capture->ask_netns, diags);
}

static struct memo *find(const struct session *s, const struct call *call, struct buf *key)
{
	struct memo *memo;

	buf_addf(key, "%d %d %s ", (int)call->family, (int)call->table, call->chain);
	buf_add(key, buf_str(&call->spec), call->spec.len);
	HASH_FIND_STR(s->capture->memo, key->data, memo);
	return memo;
}

const char *ask_known(struct session *s, const struct call *call)
{
	struct buf key = BUF_INIT;
	struct memo *memo = find(s, call, &key);

	buf_release(&key);
	return memo && memo->nr == 1 ? memo->spec[0] : NULL;
}

bool ask_has_stale(const struct session *s, const struct call *call)
{
	return call->target && !ruleset_find(s->view, call->family, call->table, call->target) &&
	       ruleset_find(&s->capture->asked, call->family, call->table, call->target);
}

/* What the namespace has to have before a rule of chain can be asked about. */
static void declare(struct session *s, const struct call *call, const char *chain, struct buf *text)
{
	struct ruleset *asked = &s->capture->asked;

	if (xtable_is_builtin(call->table, chain) ||
	    ruleset_find(asked, call->family, call->table, chain))
		return;
	ruleset_chain(asked, call->family, call->table, chain);
	/* not -N: it may be there from a question that ended in a refusal */
	buf_addf(text, "*%s\n:%s - [0:0]\nCOMMIT\n", xtable_name(call->table), chain);
}

static void forget(struct session *s, const struct call *call, const char *name)
{
	struct chain *chain =
		name ? ruleset_find(&s->capture->asked, call->family, call->table, name) : NULL;

	if (chain)
		ruleset_remove_chain(&s->capture->asked, call->family, call->table, chain);
}

/* The specs of "-A CHAIN SPEC" lines, from the nth on, into the capture's arena. */
static size_t take_specs(struct session *s, const char *chain, char *text, const char ***ret_specs)
{
	size_t len = strlen(chain), nr = 0, cap = 0;
	const char **specs = NULL;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *spec = line + 3 + len;

		if (!str_starts(line, "-A ") || strncmp(line + 3, chain, len) != 0 ||
		    (*spec && *spec != ' '))
			continue;
		XGROW(specs, nr, cap);
		specs[nr++] = arena_strdup(&s->capture->arena, *spec ? spec + 1 : spec);
	}
	*ret_specs = specs;
	return nr;
}

static struct chain *asked_chain(struct session *s, const struct call *call)
{
	return ruleset_chain(&s->capture->asked, call->family, call->table, call->chain);
}

/* Rules that are left there are counted, not known. */
static void count_left(struct session *s, const struct call *call, size_t nr)
{
	static const struct rule some = { .spec = "" };
	struct chain *chain = asked_chain(s, call);

	while (nr--)
		chain_append(chain, &some);
}

static int ask(struct session *s, const struct call *call, const char ***ret_specs, size_t *ret_nr)
{
	struct judge *judge = &s->capture->ask[call->family];
	const char *table = xtable_name(call->table);
	struct buf text = BUF_INIT, answer = BUF_INIT;
	bool target_is_chain =
		call->target && ruleset_find(s->view, call->family, call->table, call->target);
	size_t before;
	int ret;

	declare(s, call, call->chain, &text);
	if (target_is_chain)
		declare(s, call, call->target, &text);
	before = asked_chain(s, call)->nr;
	if (before > RULES_LEFT_MAX) {
		buf_addf(&text, "*%s\n-F %s\nCOMMIT\n", table, call->chain);
		chain_clear(asked_chain(s, call));
		before = 0;
	}
	buf_addf(&text, "*%s\n-A %s %s\n", table, call->chain, buf_str(&call->spec));
	/* legacy can't list a jump to a chain before it is committed */
	if (s->capture->ctx.kernel->kind == KERNEL_LEGACY)
		buf_addf(&text, "COMMIT\n*%s\n", table);
	buf_addf(&text, "-S %s\nCOMMIT\n", call->chain);
	judge->seconds = session_seconds(s);
	ret = judge_ask(judge, text.data, text.len, &answer, s->diags);
	*ret_nr = 0;
	if (ret == 0) {
		size_t nr = take_specs(s, call->chain, answer.data, ret_specs);

		if (nr < before) {
			free(*ret_specs);
			*ret_specs = NULL;
			nr = before = 0;
		} else {
			memmove(*ret_specs, *ret_specs + before,
				(nr - before) * sizeof(**ret_specs));
		}
		*ret_nr = nr - before;
		count_left(s, call, *ret_nr);
	} else {
		/* what is there now is not known: it is declared, and so emptied, anew */
		forget(s, call, call->chain);
		forget(s, call, call->target);
		if (xtable_is_builtin(call->table, call->chain))
			count_left(s, call, RULES_LEFT_MAX + 1);
	}
	buf_release(&text);
	buf_release(&answer);
	return ret < 0 ? -1 : 0;
}

int ask_rules(struct session *s, const struct call *call, const char *const **ret_specs,
	      size_t *ret_nr)
{
	struct buf key = BUF_INIT;
	struct memo *memo = find(s, call, &key);
	const char **specs = NULL;
	int ret = 0;

	*ret_nr = 0;
	if (!memo && strstr(buf_str(&call->spec), "-set ") && ipset_keep(s) < 0) {
		buf_release(&key);
		return -1;
	}
	if (!memo && (ask_open(s->capture, s->diags) < 0 || ask(s, call, &specs, ret_nr) < 0)) {
		ret = -1;
	} else if (!memo && *ret_nr) {
		memo = xcalloc(1, sizeof(*memo));
		memo->key = buf_detach(&key);
		memo->spec = specs;
		memo->nr = *ret_nr;
		HASH_ADD_KEYPTR(hh, s->capture->memo, memo->key, strlen(memo->key), memo);
	} else {
		free(specs);
	}
	if (memo) {
		*ret_specs = memo->spec;
		*ret_nr = memo->nr;
	}
	buf_release(&key);
	return ret;
}

/* The chains that the rules jump to, then the rules, then the list. */
static void write_questions(struct session *s, const struct call *call, const struct chain *chain,
			    struct buf *text)
{
	const char *table = xtable_name(call->table);

	declare(s, call, chain->name, text);
	for (size_t i = 0; i < chain->nr; i++) {
		const struct vrule *rule = vrule_at(chain, i);
		const char *target = rule->source ? rule->rule.target : NULL;

		if (target && ruleset_find(s->view, call->family, call->table, target))
			declare(s, call, target, text);
	}
	buf_addf(text, "*%s\n-F %s\n", table, chain->name);
	for (size_t i = 0; i < chain->nr; i++)
		if (vrule_at(chain, i)->source)
			buf_addf(text, "-A %s %s\n", chain->name, chain_rule(chain, i)->spec);
	buf_addf(text, "COMMIT\n*%s\n-S %s\n-F %s\nCOMMIT\n", table, chain->name, chain->name);
}

static size_t count_sources(const struct chain *chain)
{
	size_t nr = 0;

	for (size_t i = 0; i < chain->nr; i++)
		nr += vrule_at(chain, i)->source;
	return nr;
}

static void set_specs(struct session *s, struct chain *chain, const char *const *specs)
{
	for (size_t i = 0; i < chain->nr; i++) {
		struct vrule *rule = (struct vrule *)(void *)chain_own_rule(chain, i);

		if (!rule->source)
			continue;
		rule->rule.spec = arena_strdup(&s->view->arena, *specs++);
		rule->source = false;
	}
}

int ask_canonical(struct session *s, enum family family, enum xtable table, struct chain *chain)
{
	struct call place = { .family = family, .table = table, .chain = chain->name };
	struct buf text = BUF_INIT, answer = BUF_INIT;
	const char **specs = NULL;
	size_t nr = count_sources(chain);
	int ret;

	if (!nr)
		return 0;
	if (ask_open(s->capture, s->diags) < 0)
		return -1;
	write_questions(s, &place, chain, &text);
	s->capture->ask[family].seconds = session_seconds(s);
	ret = judge_ask(&s->capture->ask[family], text.data, text.len, &answer, s->diags);
	if (ret == 0 && take_specs(s, chain->name, answer.data, &specs) == nr) {
		set_specs(s, chain, specs);
	} else if (ret >= 0) { /* what was taken for certain is not: all over again, with care */
		s->script->doubt = true;
		ret = -1;
	}
	chain_clear(asked_chain(s, &place));
	free(specs);
	buf_release(&text);
	buf_release(&answer);
	return ret;
}
