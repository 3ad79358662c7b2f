/*
 * From a chain to another: what the edit script says, carried out on an array,
 * gives the chain that is wanted; no rule that may stay is touched, and a
 * rule that goes by its text is the one that is meant.
 *
 * Input: a byte of options, then for each chain a byte of options, the rules
 * before, 0xff, the rules after, 0xff. A rule is one of a few texts.
 */
#include "base.h"
#include "common.h"
#include "goal.h"
#include "lcs.h"
#include "plan.h"
#include "script.h"
#include "xalloc.h"

enum { SPECS = 14, CHAINS = 3, RULES_MAX = 400, EXACT_MAX = 64 };

static const char *const specs[SPECS] = {
	"-j ACCEPT", "-j DROP", "-s 192.0.2.1/32 -j ACCEPT", "-j rampart-INPUT",
	"-i lo -j ACCEPT", "-j rampart-OUTPUT", "-p tcp -m tcp --dport 22 -j ACCEPT", "",
	"-m comment --comment \"rampart: policy change\" -j DROP", "-j f2b-ssh",
	"-m comment --comment \"rampart: policy change\" -j ACCEPT", "-j RETURN",
	"-m comment --comment \"a b\" -j DROP", "-g WEB",
};

/* What iptables-restore would hold. from: index in before; RULES_MAX: put in by the script. */
struct sim_rule {
	char *spec;
	size_t from;
};

struct sim_chain {
	bool exists;
	const char *name;
	const char *policy;
	struct sim_rule v[2 * RULES_MAX + 2];
	size_t nr;
};

struct world {
	struct ruleset live, goal;
	struct sim_chain sim[CHAINS];
	const uint8_t *data, *end;
};

static const char *const chain_names[CHAINS] = { "INPUT", "WEB", "rampart-INPUT" };

static uint8_t next(struct world *w)
{
	return w->data < w->end ? *w->data++ : 0xff;
}

static void read_rules(struct world *w, struct ruleset *set, struct chain *chain, bool covers)
{
	for (uint8_t byte; chain->nr < RULES_MAX && (byte = next(w)) != 0xff;) {
		struct rule *rule = ruleset_new_rule(set);

		rule->spec = specs[byte % SPECS];
		if (!covers && rule_is_cover(rule))
			continue; /* no goal has one */
		/* as if each came from the kernel: no two texts share memory */
		rule->spec = arena_strdup(&set->arena, rule->spec);
		chain_append(chain, rule);
	}
}

static const char *policy_of(unsigned int bits)
{
	return bits & 2 ? (bits & 1 ? "DROP" : "ACCEPT") : NULL;
}

static void read_chain(struct world *w, size_t nr)
{
	const char *name = chain_names[nr];
	uint8_t options = next(w);
	bool builtin = nr == 0;
	struct chain *before = NULL, *after;

	if (builtin || options & 1) {
		before = ruleset_chain(&w->live, FAMILY_IPV4, XTABLE_FILTER, name);
		before->flags |= CHAIN_DECLARED;
		read_rules(w, &w->live, before, builtin);
		if (builtin)
			before->policy = options & 1 ? "DROP" : "ACCEPT";
	}
	after = ruleset_chain(&w->goal, FAMILY_IPV4, XTABLE_FILTER, name);
	if (options & 2)
		after->flags |= CHAIN_SHARED;
	if (!builtin && options & 4) {
		after->flags |= CHAIN_REMOVE;
		return;
	}
	read_rules(w, &w->goal, after, false);
	if (builtin)
		after->policy = policy_of(options >> 3);
}

static void init_sim(struct world *w)
{
	for (size_t i = 0; i < CHAINS; i++) {
		struct sim_chain *sim = &w->sim[i];
		const struct chain *before = ruleset_find(&w->live, FAMILY_IPV4, XTABLE_FILTER,
							  chain_names[i]);

		sim->name = chain_names[i];
		sim->exists = before || i == 0;
		sim->policy = i == 0 ? (before && before->policy ? before->policy : "ACCEPT") : "-";
		sim->nr = 0;
		for (size_t j = 0; before && j < before->nr; j++)
			sim->v[sim->nr++] =
				(struct sim_rule){ xstrdup(chain_rule(before, j)->spec), j };
	}
}

static struct sim_chain *sim_find(struct world *w, const char *name, size_t len)
{
	for (size_t i = 0; i < CHAINS; i++)
		if (strlen(w->sim[i].name) == len && memcmp(w->sim[i].name, name, len) == 0)
			return &w->sim[i];
	fuzz_fail(__FILE__, __LINE__, "chain is known", "'%.*s'", (int)len, name);
}

static void sim_insert(struct sim_chain *sim, size_t at, const char *spec)
{
	FUZZ_CHECK(at <= sim->nr, "-I %zu of %zu", at + 1, sim->nr);
	memmove(sim->v + at + 1, sim->v + at, (sim->nr - at) * sizeof(*sim->v));
	sim->v[at] = (struct sim_rule){ xstrdup(spec), RULES_MAX };
	sim->nr++;
}

static void sim_delete(struct sim_chain *sim, size_t at)
{
	FUZZ_CHECK(at < sim->nr, "-D %zu of %zu", at + 1, sim->nr);
	free(sim->v[at].spec);
	sim->nr--;
	memmove(sim->v + at, sim->v + at + 1, (sim->nr - at) * sizeof(*sim->v));
}

/* iptables takes the first that is equal. */
static void sim_delete_text(struct sim_chain *sim, const char *spec)
{
	for (size_t i = 0; i < sim->nr; i++) {
		if (str_equal(sim->v[i].spec, spec)) {
			sim_delete(sim, i);
			return;
		}
	}
	fuzz_fail(__FILE__, __LINE__, "the rule is there", "-D %s '%s'", sim->name, spec);
}

static void sim_policy(struct world *w, const char *line)
{
	size_t len = strcspn(line, " ");
	struct sim_chain *sim = sim_find(w, line, len);
	const char *policy = line + len + 1;

	FUZZ_CHECK(sim->exists && sim == w->sim, "policy of '%s'", sim->name);
	sim->policy = str_starts(policy, "DROP ") ? "DROP" : "ACCEPT";
}

static void sim_command(struct world *w, const char *line)
{
	const char *name = line + 3, *spec;
	size_t len = strcspn(name, " ");
	struct sim_chain *sim = sim_find(w, name, len);
	char *digits;
	unsigned long number = 0;

	FUZZ_CHECK(sim->exists == (line[1] != 'N'), "'%s'", line);
	spec = name[len] ? name + len + 1 : name + len;
	if (spec[0] >= '0' && spec[0] <= '9') {
		number = strtoul(spec, &digits, 10);
		spec = *digits ? digits + 1 : digits;
	}
	switch (line[1]) {
	case 'N':
		sim->exists = true;
		break;
	case 'A':
		sim_insert(sim, sim->nr, spec);
		break;
	case 'I':
		FUZZ_CHECK(number, "'%s'", line);
		sim_insert(sim, number - 1, spec);
		break;
	case 'D':
		if (number)
			sim_delete(sim, number - 1);
		else
			sim_delete_text(sim, spec);
		break;
	case 'F':
		while (sim->nr)
			sim_delete(sim, sim->nr - 1);
		break;
	case 'X':
		FUZZ_CHECK(!sim->nr && sim != w->sim, "'%s' with %zu rules", line, sim->nr);
		sim->exists = false;
		break;
	default:
		fuzz_fail(__FILE__, __LINE__, "command is known", "'%s'", line);
	}
}

static void run_script(struct world *w, const struct payload *payload)
{
	const char *p = buf_str(&payload->text);

	while (*p) {
		size_t len = strcspn(p, "\n");
		char *line = fuzz_text((const uint8_t *)p, len);

		if (line[0] == ':')
			sim_policy(w, line + 1);
		else if (line[0] == '-')
			sim_command(w, line);
		else
			FUZZ_CHECK(line[0] == '*' || str_equal(line, "COMMIT"), "'%s'", line);
		free(line);
		p += len + !!p[len];
	}
}

static void check_chain(const struct chain *after, const struct sim_chain *sim)
{
	if (after->flags & CHAIN_REMOVE) {
		FUZZ_CHECK(!sim->exists, "'%s' is still there", sim->name);
		return;
	}
	FUZZ_CHECK(sim->exists, "'%s' is not there", sim->name);
	FUZZ_CHECK(sim->nr == after->nr, "'%s' has %zu rules, not %zu", sim->name, sim->nr, after->nr);
	for (size_t i = 0; i < after->nr; i++)
		FUZZ_CHECK(str_equal(sim->v[i].spec, chain_rule(after, i)->spec),
			   "rule %zu of '%s' is '%s', not '%s'", i + 1, sim->name, sim->v[i].spec,
			   chain_rule(after, i)->spec);
	if (after->policy)
		FUZZ_CHECK(str_equal(sim->policy, after->policy), "policy %s of '%s'", sim->policy,
			   sim->name);
}

/* Just those that the plan does not delete are still the same rules, with their counters. */
static void check_survivors(const struct change *change, const struct sim_chain *sim)
{
	size_t at = 0, stayed = 0;

	if (!change->before || change->kind == CHANGE_REMOVE)
		return;
	for (size_t i = 0; i < sim->nr; i++) {
		if (sim->v[i].from == RULES_MAX)
			continue;
		for (; at < change->nr_deleted && change->deleted[at] <= sim->v[i].from; at++)
			FUZZ_CHECK(change->deleted[at] != sim->v[i].from,
				   "rule %zu of '%s' was to go, another one went", sim->v[i].from + 1,
				   sim->name);
		stayed++;
	}
	FUZZ_CHECK(stayed + change->nr_deleted == change->before->nr,
		   "%zu rules of '%s' stayed, %zu were to", stayed, sim->name,
		   change->before->nr - change->nr_deleted);
}

static size_t longest(const char *const *a, size_t nr_a, const char *const *b, size_t nr_b)
{
	size_t row[EXACT_MAX + 1] = { 0 };

	for (size_t i = 0; i < nr_a; i++) {
		size_t diagonal = 0;

		for (size_t j = 0; j < nr_b; j++) {
			size_t above = row[j + 1];

			if (str_equal(a[i], b[j]))
				row[j + 1] = diagonal + 1;
			else if (row[j] > row[j + 1])
				row[j + 1] = row[j];
			diagonal = above;
		}
	}
	return row[nr_b];
}

static void check_lcs(const struct chain *before, const struct chain *after)
{
	size_t match[RULES_MAX], last = LCS_NONE, nr = 0;
	const char *a[RULES_MAX], *b[RULES_MAX];

	for (size_t i = 0; i < before->nr; i++)
		a[i] = chain_rule(before, i)->spec;
	for (size_t i = 0; i < after->nr; i++)
		b[i] = chain_rule(after, i)->spec;
	lcs_match(a, before->nr, b, after->nr, match);
	for (size_t i = 0; i < before->nr; i++) {
		if (match[i] == LCS_NONE)
			continue;
		FUZZ_CHECK(match[i] < after->nr, "%zu of %zu", match[i], after->nr);
		FUZZ_CHECK(last == LCS_NONE || match[i] > last, "%zu behind %zu", match[i], last);
		FUZZ_CHECK(str_equal(a[i], b[match[i]]), "'%s' stays as '%s'", a[i], b[match[i]]);
		last = match[i];
		nr++;
	}
	if (before->nr <= EXACT_MAX && after->nr <= EXACT_MAX)
		FUZZ_CHECK(nr == longest(a, before->nr, b, after->nr), "%zu, not %zu", nr,
			   longest(a, before->nr, b, after->nr));
}

static void run(struct world *w, enum backend_kind backend, enum plan_mode mode)
{
	const unsigned int tables[FAMILY_NR] = { 1u << XTABLE_FILTER, 0 };
	struct payload payload = PAYLOAD_INIT;
	struct plan plan = PLAN_INIT, rest = PLAN_INIT;

	init_sim(w);
	plan_build(&plan, &w->live, &w->goal, tables, mode);
	for (enum script_step step = SCRIPT_COVER; step <= SCRIPT_EDIT; step++) {
		payload_reset(&payload);
		script_write(&payload, &plan, backend, FAMILY_IPV4, ~0u, step);
		run_script(w, &payload);
	}
	for (size_t i = 0; i < CHAINS; i++) {
		const struct chain *after = ruleset_find(&w->goal, FAMILY_IPV4, XTABLE_FILTER,
							 chain_names[i]);

		if (after)
			check_chain(after, &w->sim[i]);
	}
	for (size_t i = 0; i < plan.nr; i++)
		check_survivors(&plan.v[i], sim_find(w, plan.v[i].after->name,
						     strlen(plan.v[i].after->name)));
	/* at the goal there is nothing to do */
	for (size_t i = 0; i < CHAINS; i++)
		while (w->sim[i].nr)
			sim_delete(&w->sim[i], w->sim[i].nr - 1);
	plan_build(&rest, &w->goal, &w->goal, tables, mode);
	for (size_t i = 0; i < rest.nr; i++)
		FUZZ_CHECK(rest.v[i].kind == CHANGE_REMOVE, "'%s'", rest.v[i].after->name);
	plan_release(&plan);
	plan_release(&rest);
	payload_release(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .live = RULESET_INIT, .goal = RULESET_INIT, .data = data,
			   .end = data + size };
	uint8_t options = next(&w);

	for (size_t i = 0; i < CHAINS && w.data < w.end; i++)
		read_chain(&w, i);
	FOR_EACH_CHAIN(after, &w.goal, FAMILY_IPV4, XTABLE_FILTER) {
		const struct chain *before = ruleset_find(&w.live, FAMILY_IPV4, XTABLE_FILTER,
							  after->name);

		if (before)
			check_lcs(before, after);
	}
	run(&w, options & 1 ? KERNEL_NFT : KERNEL_LEGACY,
	    options & 2 ? PLAN_NUMBERS_ONLY : PLAN_TEXT_FIRST);
	ruleset_release(&w.live);
	ruleset_release(&w.goal);
	return 0;
}
