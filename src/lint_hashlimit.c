#include "base.h"
#include "lint.h"
#include "buf.h"
#include "diag.h"
#include "ruleset.h"
#include "token.h"

/* A hashlimit by name, with its parameters as one text. */
struct limit {
	char *name, *parameters;
	const struct rule *rule;
	UT_hash_handle hh;
};

/* The name, and all --hashlimit options with their values; false: the rule has none. */
static bool parse(const struct rule *rule, struct tokens *tokens, struct buf *name,
		  struct buf *parameters)
{
	buf_reset(name);
	buf_reset(parameters);
	if (!strstr(rule->spec, "--hashlimit-name "))
		return false;
	tokens_scan(tokens, rule->spec, strlen(rule->spec), TOKENS_LISTING);
	for (size_t i = 0; i + 1 < tokens->nr; i++) {
		if (!str_starts(tokens->v[i].text, "--hashlimit"))
			continue;
		if (str_equal(tokens->v[i].text, "--hashlimit-name"))
			buf_adds(name, tokens->v[i + 1].text);
		else
			buf_addf(parameters, "%s %s ", tokens->v[i].text, tokens->v[i + 1].text);
	}
	return name->len > 0;
}

static void collect(const struct ruleset *set, enum family family, struct limit **limits)
{
	struct tokens tokens = TOKENS_INIT;
	struct buf name = BUF_INIT, parameters = BUF_INIT;

	FOR_EACH_XTABLE(t) {
		FOR_EACH_CHAIN(chain, set, family, t) {
			for (size_t i = 0; i < chain->nr; i++) {
				struct limit *limit = NULL;

				if (!parse(chain_rule(chain, i), &tokens, &name, &parameters))
					continue;
				HASH_FIND_STR(*limits, name.data, limit);
				if (limit)
					continue;
				limit = xcalloc(1, sizeof(*limit));
				limit->name = buf_detach(&name);
				limit->parameters = buf_detach(&parameters);
				limit->rule = chain_rule(chain, i);
				HASH_ADD_KEYPTR(hh, *limits, limit->name, strlen(limit->name),
						limit);
			}
		}
	}
	tokens_release(&tokens);
	buf_release(&name);
	buf_release(&parameters);
}

static void release(struct limit *limits)
{
	struct limit *limit = limits, *next;

	HASH_CLEAR(hh, limits);
	for (; limit; limit = next) {
		next = limit->hh.next;
		free(limit->name);
		free(limit->parameters);
		free(limit);
	}
}

void lint_hashlimit(const struct ruleset *live, const struct ruleset *wanted, struct diags *diags)
{
	FOR_EACH_FAMILY(f) {
		struct limit *now = NULL, *then = NULL;

		collect(live, f, &then);
		collect(wanted, f, &now);
		for (const struct limit *limit = now; limit; limit = limit->hh.next) {
			struct limit *old;

			HASH_FIND_STR(then, limit->name, old);
			if (old && !str_equal(old->parameters, limit->parameters))
				diag_warning(diags, &limit->rule->origin,
					     "hashlimit '%s' is live with other parameters, which "
					     "the kernel keeps: give the changed one another name",
					     limit->name);
		}
		release(now);
		release(then);
	}
}
