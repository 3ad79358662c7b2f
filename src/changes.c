#include "base.h"
#include "changes.h"
#include "arena.h"
#include "buf.h"
#include "hashtable.h"
#include "options.h"
#include "payload.h"
#include "plan.h"
#include "report.h"

struct changes {
	struct report *report;
	const struct ruleset *known;
	enum changes_words words;
	json_t *list; /* of the chain at hand */
};

/* Live rules have no origin; the state knows those of the rules that were applied. */
static const struct origin *origin_of(const struct changes *c, const struct change *change,
				      const struct rule *rule)
{
	const struct chain *chain;

	if (rule->origin.file)
		return &rule->origin;
	chain = ruleset_find(c->known, change->family, change->table, change->after->name);
	rule = chain ? chain_find(chain, rule->spec) : NULL;
	return rule && rule->origin.file ? &rule->origin : NULL;
}

enum rule_change { RULE_REMOVED, RULE_ADDED, RULE_MISPLACED };

static const char *sign(const struct changes *c, enum rule_change what)
{
	static const char *const drift[] = { "unexpected:", "missing:", "misplaced:" };
	static const char *const diff[] = { "-", "+", "-+" };

	return c->words == CHANGES_DRIFT ? drift[what] : diff[what];
}

static void report_rule(struct changes *c, const struct change *change, const struct rule *rule,
			enum rule_change what)
{
	static const char *const names[] = { "remove", "add", "move" };
	const struct origin *origin = origin_of(c, change, rule);
	struct buf at = BUF_INIT;
	json_t *object;

	if (origin)
		origin_format(&at, origin);
	report_line(c->report, "  %s -A %s %s%s%s", sign(c, what), change->after->name, rule->spec,
		    at.len ? "    # " : "", buf_str(&at));
	if (c->report->json) {
		object = json_object();
		json_object_set_new(object, "change", json_string(names[what]));
		json_object_set_new(object, "rule", report_string(rule->spec));
		if (at.len)
			json_object_set_new(object, "origin", report_string(at.data));
		json_array_append_new(c->list, object);
	}
	buf_release(&at);
}

static void report_removed_chain(struct changes *c, const struct change *change)
{
	for (size_t i = 0; i < change->before->nr; i++)
		report_rule(c, change, chain_rule(change->before, i), RULE_REMOVED);
	report_line(c->report, "  %s chain %s", sign(c, RULE_REMOVED), change->after->name);
}

/*
 * Of drift: a rule that is there, but in another place, is said once. Of copies that are both
 * missing and too many, as many are misplaced as there are of both.
 */
struct tally {
	const char *spec;
	size_t inserted;
	size_t shown; /* of the inserted, those that were said as misplaced */
	UT_hash_handle hh;
};

static struct tally *tally_of(struct tally **tallies, struct arena *arena, const char *spec)
{
	struct tally *tally;

	HASH_FIND_STR(*tallies, spec, tally);
	if (!tally) {
		tally = arena_alloc(arena, sizeof(*tally));
		*tally = (struct tally){ .spec = spec };
		HASH_ADD_KEYPTR(hh, *tallies, tally->spec, strlen(spec), tally);
	}
	return tally;
}

static void report_rules(struct changes *c, const struct change *change)
{
	struct arena arena = ARENA_INIT;
	struct tally *tallies = NULL;

	for (size_t i = 0; c->words == CHANGES_DRIFT && i < change->nr_inserted; i++)
		tally_of(&tallies, &arena, chain_rule(change->after, change->inserted[i])->spec)
			->inserted++;
	for (size_t i = 0; i < change->nr_deleted; i++) {
		const struct rule *rule = chain_rule(change->before, change->deleted[i]);
		struct tally *tally = tally_of(&tallies, &arena, rule->spec);
		bool moved = tally->shown < tally->inserted;

		tally->shown += moved;
		report_rule(c, change, rule, moved ? RULE_MISPLACED : RULE_REMOVED);
	}
	for (size_t i = 0; i < change->nr_inserted; i++) {
		const struct rule *rule = chain_rule(change->after, change->inserted[i]);
		struct tally *tally = tally_of(&tallies, &arena, rule->spec);

		if (tally->shown)
			tally->shown--;
		else
			report_rule(c, change, rule, RULE_ADDED);
	}
	HASH_CLEAR(hh, tallies);
	arena_release(&arena);
}

static void report_change(struct changes *c, const struct change *change)
{
	report_line(c->report, "%s %s %s", family_name(change->family), xtable_name(change->table),
		    change->after->name);
	if (change->policy && c->words == CHANGES_DRIFT)
		report_line(c->report, "  policy is %s instead of %s", change->old_policy,
			    change->policy);
	else if (change->policy)
		report_line(c->report, "  policy %s -> %s", change->old_policy, change->policy);
	if (change->kind == CHANGE_REMOVE) {
		report_removed_chain(c, change);
		return;
	}
	if (change->kind == CHANGE_CREATE)
		report_line(c->report, "  %s chain %s", sign(c, RULE_ADDED), change->after->name);
	report_rules(c, change);
}

static json_t *chain_object(const struct change *change, json_t *rules)
{
	static const char *const kinds[] = { "create", "edit", "remove" };
	json_t *object = json_object();

	json_object_set_new(object, "family", json_string(family_name(change->family)));
	json_object_set_new(object, "table", json_string(xtable_name(change->table)));
	json_object_set_new(object, "chain", report_string(change->after->name));
	json_object_set_new(object, "kind", json_string(kinds[change->kind]));
	if (change->policy) {
		json_object_set_new(object, "policy_live", json_string(change->old_policy));
		json_object_set_new(object, "policy_wanted", json_string(change->policy));
	}
	json_object_set_new(object, "rules", rules);
	return object;
}

static bool is_chosen(const struct options *options, const struct change *change)
{
	return !options || (options->families & family_bit(change->family) &&
			    (options->table < 0 || options->table == (int)change->table));
}

bool changes_any(const struct plan *plan, const struct options *options)
{
	for (size_t i = 0; i < plan->nr; i++)
		if (is_chosen(options, &plan->v[i]))
			return true;
	return false;
}

size_t changes_report(struct report *report, const struct plan *plan, const struct ruleset *known,
		      enum changes_words words, const struct options *options)
{
	struct changes c = { .report = report, .known = known, .words = words };
	json_t *chains = json_array();
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr; i++) {
		const struct change *change = &plan->v[i];

		if (!is_chosen(options, change))
			continue;
		nr++;
		c.list = json_array();
		report_change(&c, change);
		json_array_append_new(chains, chain_object(change, c.list));
	}
	report_set(report, "chains", chains);
	return nr;
}
