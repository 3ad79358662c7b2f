#include <sched.h>

#include "base.h"
#include "proof_reduced.h"
#include "proof_known.h"
#include "ruleset.h"

/* Less than that is proven sooner than a second namespace is made and a second program run. */
enum { SHARED_MIN = 2000 };

enum sent { NOT_SENT, SENT_FIRST, SENT_SECOND, SENT_IN_BOTH };

/* What is done with a rule, by FOR_EACH_TABLE_BIT and FOR_EACH_CHAIN. */
struct fate {
	const char *text; /* known; NULL: it is sent */
	enum sent sent;	  /* in which of the parts */
};

struct reduction {
	struct known known;
	const struct ruleset *placed;
	const unsigned int *tables;
	struct ruleset part[PROOF_PARTS];
	bool remember;
	bool shared; /* by both parts; else all is in the first */
	struct fate *fate;
	size_t nr;
	struct ruleset answer[PROOF_PARTS]; /* what came back of them, where they are shares */
	struct ruleset *canonical;
};

static struct known_place place_of(struct reach *reach, enum family family, enum xtable table,
				   const struct chain *chain)
{
	const struct reach *found = reach_find(reach, chain);

	return (struct known_place){ family, table, chain->flags & CHAIN_BUILTIN, found->builtins,
				     found->hooked };
}

/* --- what is sent --------------------------------------------------------------------------- */

static bool is_jump(const struct reduction *r, const struct known_place *place,
		    const struct rule *rule)
{
	return rule->target && ruleset_find(r->placed, place->family, place->table, rule->target);
}

/* Alternately, so that both have the same to do; together what may depend on each other. */
static enum sent share_of(struct reduction *r, const struct known_place *place,
			  const struct rule *rule)
{
	if (!r->shared)
		return SENT_FIRST;
	if (is_jump(r, place, rule))
		return SENT_IN_BOTH;
	return r->nr % PROOF_PARTS && known_stands_alone(&r->known, rule) ? SENT_SECOND :
									    SENT_FIRST;
}

static struct chain *begin_chain(struct ruleset *set, const struct known_place *place,
				 const struct chain *chain)
{
	struct chain *to = ruleset_chain(set, place->family, place->table, chain->name);

	to->flags = chain->flags;
	to->policy = chain->policy;
	to->policy_origin = chain->policy_origin;
	to->origin = chain->origin;
	return to;
}

static void reduce_chain(struct reduction *r, const struct known_place *place,
			 const struct chain *chain)
{
	struct chain *to[PROOF_PARTS] = { begin_chain(&r->part[0], place, chain) };

	if (r->shared)
		to[1] = begin_chain(&r->part[1], place, chain);
	for (size_t i = 0; i < chain->nr; i++) {
		const struct rule *rule = chain_rule(chain, i);
		struct fate *fate = &r->fate[r->nr];

		if (!fate->text)
			fate->sent = share_of(r, place, rule);
		if (fate->sent == SENT_FIRST || fate->sent == SENT_IN_BOTH)
			chain_append(to[0], rule);
		if (fate->sent == SENT_SECOND || fate->sent == SENT_IN_BOTH)
			chain_append(to[1], rule);
		r->nr++;
	}
}

/* step() for each chain of placed, with r->nr at its first rule. */
static void each_chain(struct reduction *r,
		       void (*step)(struct reduction *r, const struct known_place *place,
				    const struct chain *chain))
{
	r->nr = 0;
	FOR_EACH_TABLE_BIT(f, t, r->tables) {
		struct reach *reach = reach_of(r->placed, f, t);

		FOR_EACH_CHAIN(chain, r->placed, f, t) {
			struct known_place place = place_of(reach, f, t, chain);

			step(r, &place, chain);
		}
		reach_release(reach);
	}
}

static void look_up(struct reduction *r, const struct known_place *place, const struct chain *chain)
{
	for (size_t i = 0; i < chain->nr; i++, r->nr++) {
		const struct rule *rule = chain_rule(chain, i);

		if (!is_jump(r, place, rule))
			r->fate[r->nr].text = known_find(&r->known, place, rule);
	}
}

static size_t count_rules(const struct reduction *r)
{
	size_t nr = 0;

	FOR_EACH_TABLE_BIT(f, t, r->tables)
		FOR_EACH_CHAIN(chain, r->placed, f, t)
			nr += chain->nr;
	return nr;
}

/* Two families keep two processors busy without that. */
static bool is_worth_sharing(const struct reduction *r, size_t nr)
{
	size_t nr_sent = 0;
	cpu_set_t cpus;

	if (r->tables[FAMILY_IPV4] && r->tables[FAMILY_IPV6])
		return false;
	for (size_t i = 0; i < nr; i++)
		nr_sent += !r->fate[i].text;
	return nr_sent >= SHARED_MIN && sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
	       CPU_COUNT(&cpus) >= PROOF_PARTS;
}

static void reduce(struct reduction *r)
{
	size_t nr = count_rules(r);

	r->fate = xcalloc(nr + 1, sizeof(*r->fate));
	each_chain(r, look_up);
	r->shared = is_worth_sharing(r, nr);
	each_chain(r, reduce_chain);
}

/* --- what came back ------------------------------------------------------------------------- */

/* Rules of a part's chain, one after the other. */
struct reader {
	const struct rule **v;
	size_t nr;
};

static struct reader read_chain(const struct chain *chain)
{
	size_t nr = chain ? chain->nr : 0;
	struct reader reader = { .v = xcalloc(nr + 1, sizeof(struct rule *)) }; /* NOLINT */

	for (size_t i = 0; i < nr; i++)
		reader.v[i] = chain_rule(chain, i);
	return reader;
}

static const struct rule *next_sent(struct reader *first, struct reader *second, enum sent sent)
{
	if (sent == SENT_SECOND)
		return second->v[second->nr++];
	second->nr += sent == SENT_IN_BOTH;
	return first->v[first->nr++];
}

/* What came back stays as it is, and between it stands what was known. */
static void complete_chain(struct reduction *r, const struct known_place *place,
			   const struct chain *placed)
{
	struct chain *chain = ruleset_find(r->canonical, place->family, place->table, placed->name);
	struct chain *other =
		ruleset_find(&r->answer[1], place->family, place->table, placed->name);
	struct reader first = read_chain(chain), second = read_chain(other);

	chain_clear(chain);
	for (size_t i = 0; i < placed->nr; i++) {
		const struct rule *from = chain_rule(placed, i);
		const struct fate *fate = &r->fate[r->nr++];
		struct rule *rule;

		if (!fate->text) {
			const struct rule *sent = next_sent(&first, &second, fate->sent);

			if (r->remember)
				known_add(&r->known, place, from, sent->spec, true);
			chain_append(chain, sent);
			continue;
		}
		if (r->remember)
			known_add(&r->known, place, from, fate->text, false);
		rule = ruleset_new_rule(r->canonical);
		*rule = *from;
		rule->spec = arena_strdup(&r->canonical->arena, fate->text);
		chain_append(chain, rule);
	}
	free(first.v);
	free(second.v);
}

static enum proof_result prove_parts(struct reduction *r, const struct kernel *kernel,
				     const struct ipsets *sets, struct ruleset *ret_canonical,
				     struct proven *ret_proven, struct diags *diags)
{
	enum family family = r->tables[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6;
	enum proof_result ret = proof_run_shares(kernel, sets, r->part, family, r->tables[family],
						 r->answer, ret_proven, diags);

	if (ret != PROOF_OK)
		return ret;
	*ret_canonical = r->answer[0];
	r->answer[0] = (struct ruleset)RULESET_INIT;
	r->canonical = ret_canonical;
	each_chain(r, complete_chain);
	arena_join(&ret_canonical->arena, &r->answer[1].arena);
	return ret;
}

static enum proof_result prove(struct reduction *r, const struct kernel *kernel,
			       const struct ipsets *sets, struct ruleset *ret_canonical,
			       struct proven *ret_proven, struct diags *diags)
{
	enum proof_result ret;

	if (r->shared)
		return prove_parts(r, kernel, sets, ret_canonical, ret_proven, diags);
	ret = proof_run(kernel, sets, &r->part[0], r->tables, ret_canonical, ret_proven, diags);
	r->canonical = ret_canonical;
	if (ret == PROOF_OK)
		each_chain(r, complete_chain);
	return ret;
}

enum proof_result proof_run_reduced(const struct fs *fs, const struct kernel *kernel,
				    const struct ipsets *sets, struct ruleset *placed,
				    const unsigned int tables[FAMILY_NR], bool remember,
				    struct ruleset *ret_canonical, struct proven *ret_proven,
				    struct diags *diags)
{
	struct reduction r = { .placed = placed,
			       .tables = tables,
			       .remember = remember,
			       .part = { RULESET_INIT, RULESET_INIT },
			       .answer = { RULESET_INIT, RULESET_INIT } };
	enum proof_result ret;

	known_read(&r.known, fs, kernel);
	reduce(&r);
	ret = prove(&r, kernel, sets, ret_canonical, ret_proven, diags);
	if (ret == PROOF_OK && remember)
		known_write(&r.known);
	free(r.fate);
	for (size_t i = 0; i < PROOF_PARTS; i++) {
		ruleset_release(&r.part[i]);
		ruleset_release(&r.answer[i]);
	}
	known_release(&r.known);
	return ret;
}
