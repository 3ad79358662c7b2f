#include "base.h"
#include "proof_reduced.h"
#include "proof_known.h"
#include "ruleset.h"

struct reduction {
	struct known known;
	const struct ruleset *placed;
	const unsigned int *tables;
	struct ruleset reduced;
	/* Of each rule, by FOR_EACH_TABLE_BIT and FOR_EACH_CHAIN: its text; NULL: it is sent. */
	const char **text;
	size_t nr;
};

static struct known_place place_of(struct reach *reach, enum family family, enum xtable table,
				   const struct chain *chain)
{
	const struct reach *found = reach_find(reach, chain);

	return (struct known_place){ family, table, chain->flags & CHAIN_BUILTIN, found->builtins,
				     found->hooked };
}

static size_t count_rules(const struct reduction *r)
{
	size_t nr = 0;

	FOR_EACH_TABLE_BIT(f, t, r->tables)
		FOR_EACH_CHAIN(chain, r->placed, f, t)
			nr += chain->nr;
	return nr;
}

static void reduce_chain(struct reduction *r, const struct known_place *place,
			 const struct chain *chain)
{
	struct chain *to = ruleset_chain(&r->reduced, place->family, place->table, chain->name);

	to->flags = chain->flags;
	to->policy = chain->policy;
	to->policy_origin = chain->policy_origin;
	to->origin = chain->origin;
	for (size_t i = 0; i < chain->nr; i++) {
		const struct rule *rule = chain_rule(chain, i);
		bool jumps = rule->target &&
			     ruleset_find(r->placed, place->family, place->table, rule->target);
		const char *text = jumps ? NULL : known_find(&r->known, place, rule);

		r->text[r->nr++] = text;
		if (!text)
			chain_append(to, rule);
	}
}

static void reduce(struct reduction *r)
{
	r->text = xcalloc(count_rules(r) + 1, sizeof(*r->text));
	FOR_EACH_TABLE_BIT(f, t, r->tables) {
		struct reach *reach = reach_of(r->placed, f, t);

		FOR_EACH_CHAIN(chain, r->placed, f, t) {
			struct known_place place = place_of(reach, f, t, chain);

			reduce_chain(r, &place, chain);
		}
		reach_release(reach);
	}
}

/* What came back stays as it is, and between it stands what was known. */
static void complete_chain(struct reduction *r, const struct known_place *place,
			   const struct chain *placed, struct ruleset *canonical)
{
	struct chain *chain = ruleset_find(canonical, place->family, place->table, placed->name);
	const struct rule **sent = xcalloc(chain->nr + 1, sizeof(struct rule *)); /* NOLINT */

	for (size_t i = 0; i < chain->nr; i++)
		sent[i] = chain_rule(chain, i);
	chain_clear(chain);
	for (size_t i = 0, nr_sent = 0; i < placed->nr; i++) {
		const struct rule *from = chain_rule(placed, i);
		const char *text = r->text[r->nr++];
		struct rule *rule;

		if (!text) {
			known_add(&r->known, place, from, sent[nr_sent]->spec, true);
			chain_append(chain, sent[nr_sent++]);
			continue;
		}
		known_add(&r->known, place, from, text, false);
		rule = ruleset_new_rule(canonical);
		*rule = *from;
		rule->spec = arena_strdup(&canonical->arena, text);
		chain_append(chain, rule);
	}
	free(sent);
}

static void complete(struct reduction *r, struct ruleset *canonical)
{
	r->nr = 0;
	FOR_EACH_TABLE_BIT(f, t, r->tables) {
		struct reach *reach = reach_of(r->placed, f, t);

		FOR_EACH_CHAIN(chain, r->placed, f, t) {
			struct known_place place = place_of(reach, f, t, chain);

			complete_chain(r, &place, chain, canonical);
		}
		reach_release(reach);
	}
}

enum proof_result proof_run_reduced(const struct fs *fs, const struct kernel *kernel,
				    const struct ipsets *sets, struct ruleset *placed,
				    const unsigned int tables[FAMILY_NR], bool remember,
				    struct ruleset *ret_canonical, struct proven *ret_proven,
				    struct diags *diags)
{
	struct reduction r = { .placed = placed, .tables = tables, .reduced = RULESET_INIT };
	enum proof_result ret;

	known_read(&r.known, fs, kernel);
	reduce(&r);
	ret = proof_run(kernel, sets, &r.reduced, tables, ret_canonical, ret_proven, diags);
	if (ret == PROOF_OK) {
		complete(&r, ret_canonical);
		if (remember)
			known_write(&r.known);
	}
	free(r.text);
	ruleset_release(&r.reduced);
	known_release(&r.known);
	return ret;
}
