#include "base.h"
#include "script.h"
#include "goal.h"
#include "xalloc.h"

/* The plan's changes in one table of one family. */
struct part {
	struct payload *payload;
	const struct change **change;
	size_t nr;
	bool covered; /* policies change under cover */
};

static bool has_rules(const struct chain *chain)
{
	return chain && chain->nr > 0;
}

/* Do rules of the table change as well as policies, in a table that decided about packets? */
static bool needs_cover(const struct part *p)
{
	bool rules = false, policies = false, decided = false;

	for (size_t i = 0; i < p->nr; i++) {
		const struct change *c = p->change[i];

		policies |= c->policy != NULL;
		rules |= c->nr_deleted || c->nr_inserted || c->kind != CHANGE_EDIT;
		/* where all was accepted, no packet was forbidden that could now slip through */
		decided |= has_rules(c->before) || (c->policy && str_equal(c->old_policy, "DROP"));
	}
	return policies && rules && decided;
}

static void part_init(struct part *p, struct payload *payload, const struct plan *plan,
		      enum backend_kind backend, enum family family, enum xtable table)
{
	*p = (struct part){ .payload = payload };
	p->change = xcalloc(plan->nr, sizeof(*p->change));
	for (size_t i = 0; i < plan->nr; i++)
		if (plan->v[i].family == family && plan->v[i].table == table)
			p->change[p->nr++] = &plan->v[i];
	p->covered = backend == KERNEL_NFT && needs_cover(p);
}

static void part_release(struct part *p)
{
	free(p->change);
}

/* A cover left by an apply that did not end: it, not the policy, decides at the chain's end. */
static bool has_cover(const struct chain *chain)
{
	for (size_t i = chain ? chain->nr : 0; i-- > 0;)
		if (rule_is_cover(chain_rule(chain, i)))
			return true;
	return false;
}

static void add_cover(struct payload *payload, const char *command, const struct change *change)
{
	struct rule cover = { .spec = cover_spec(change->old_policy) };

	payload_rule(payload, command, change->after, 0, &cover);
	payload->line[payload->nr_lines - 1].rule = NULL; /* cover does not live on */
}

static void cover_table(struct part *p, enum xtable table)
{
	payload_begin(p->payload, table);
	for (size_t i = 0; i < p->nr; i++)
		if (p->change[i]->policy && !has_cover(p->change[i]->before))
			add_cover(p->payload, "-A", p->change[i]);
	payload_commit(p->payload);
}

static void set_policies(struct part *p, enum xtable table)
{
	payload_begin(p->payload, table);
	for (size_t i = 0; i < p->nr; i++)
		if (p->change[i]->policy)
			payload_chain(p->payload, p->change[i]->after, p->change[i]->policy);
	payload_commit(p->payload);
}

static void delete_rules(struct part *p, const struct change *change)
{
	for (size_t i = change->nr_deleted; i-- > 0;) {
		size_t at = change->deleted[i];

		if (change->by_text)
			payload_rule(p->payload, "-D", change->before, 0,
				     chain_rule(change->before, at));
		else
			payload_command(p->payload, "-D", change->before, at + 1);
	}
}

/* In growing order each rule finds all before it in place; at the end it is an append. */
static void insert_rules(struct part *p, const struct change *change)
{
	size_t nr = (change->before ? change->before->nr : 0) - change->nr_deleted;

	for (size_t i = 0; i < change->nr_inserted; i++, nr++) {
		size_t at = change->inserted[i];
		const struct rule *rule = chain_rule(change->after, at);

		if (at == nr)
			payload_rule(p->payload, "-A", change->after, 0, rule);
		else
			payload_rule(p->payload, "-I", change->after, at + 1, rule);
	}
}

static void edit_table(struct part *p, enum xtable table)
{
	payload_begin(p->payload, table);
	for (size_t i = 0; i < p->nr; i++) {
		const struct change *c = p->change[i];

		/* not ":NAME -", which would empty one that others have made by now */
		if (c->kind == CHANGE_CREATE)
			payload_command(p->payload, "-N", c->after, 0);
		else if (c->policy && !p->covered)
			payload_chain(p->payload, c->after, c->policy);
	}
	for (size_t i = 0; i < p->nr; i++) {
		const struct change *c = p->change[i];

		delete_rules(p, c);
		if (c->kind != CHANGE_REMOVE)
			insert_rules(p, c);
		/* an older cover is among the rules to delete */
		if (c->policy && p->covered && !has_cover(c->before))
			add_cover(p->payload, "-D", c);
	}
	/* all are emptied before the first goes: they may jump to each other */
	for (size_t i = 0; i < p->nr; i++)
		if (p->change[i]->kind == CHANGE_REMOVE)
			payload_command(p->payload, "-F", p->change[i]->before, 0);
	for (size_t i = 0; i < p->nr; i++)
		if (p->change[i]->kind == CHANGE_REMOVE)
			payload_command(p->payload, "-X", p->change[i]->before, 0);
	payload_commit(p->payload);
}

void script_write(struct payload *payload, const struct plan *plan, enum backend_kind backend,
		  enum family family, unsigned int tables, enum script_step step)
{
	FOR_EACH_XTABLE(t) {
		struct part p;

		if (!(tables >> t & 1))
			continue;
		part_init(&p, payload, plan, backend, family, t);
		if (step == SCRIPT_EDIT && p.nr)
			edit_table(&p, t);
		else if (step == SCRIPT_COVER && p.covered)
			cover_table(&p, t);
		else if (step == SCRIPT_POLICIES && p.covered)
			set_policies(&p, t);
		part_release(&p);
	}
}
