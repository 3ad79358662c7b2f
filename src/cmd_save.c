#include "base.h"
#include "command.h"
#include "diag.h"
#include "fidelity.h"
#include "live.h"
#include "options.h"
#include "payload.h"
#include "pipeline.h"
#include "place.h"
#include "report.h"

/*
 * What is left of a ruleset when some chains are not saved: rules in them and rules that jump to
 * them go as well.
 */
static void copy_without(struct ruleset *to, const struct ruleset *from, enum family family,
			 bool (*left_out)(const struct pipeline *p, const struct ruleset *set,
					  enum family family, enum xtable table, const char *chain),
			 const struct pipeline *p)
{
	FOR_EACH_XTABLE(t) {
		FOR_EACH_CHAIN(chain, from, family, t) {
			struct chain *copy;

			if (left_out(p, from, family, t, chain->name))
				continue;
			copy = ruleset_chain(to, family, t, chain->name);
			copy->flags = chain->flags;
			copy->policy = chain->policy;
			for (size_t i = 0; i < chain->nr; i++) {
				const struct rule *rule = chain_rule(chain, i);

				if (!rule->target || !left_out(p, from, family, t, rule->target))
					chain_append(copy, rule);
			}
		}
	}
}

/* On an empty kernel there are no chains of others, and nothing can jump to them. */
static bool is_foreign(const struct pipeline *p, const struct ruleset *set, enum family family,
		       enum xtable table, const char *name)
{
	const struct chain *chain = ruleset_find(set, family, table, name);

	(void)p;
	return chain && chain->flags & CHAIN_FOREIGN;
}

static bool is_skipped(const struct pipeline *p, const struct ruleset *set, enum family family,
		       enum xtable table, const char *name)
{
	(void)set;
	(void)family;
	return !xtable_is_builtin(table, name) && patterns_match(&p->config.save_skip, name);
}

static int write_family(struct pipeline *p, struct report *report, const struct ruleset *set,
			enum family family)
{
	const char *path = p->config.save_to[family];
	struct payload_style style = { .origins = false };
	struct payload payload = PAYLOAD_INIT;
	struct ruleset saved = RULESET_INIT;
	unsigned int tables[FAMILY_NR] = { 0 };
	int ret;

	copy_without(&saved, set, family, p->options->all ? is_skipped : is_foreign, p);
	place_tables(&saved, tables);
	if (p->options->all) /* also of tables with nothing but policies */
		FOR_EACH_XTABLE(t)
			tables[family] |= ruleset_has_table(&saved, family, t) ? 1u << t : 0;
	payload_render(&payload, &saved, family, tables[family], &style);
	ret = fs_replace(&p->fs, path, buf_str(&payload.text), payload.text.len, 0640, p->diags);
	if (ret == 0)
		report_info(report, "saved %s to %s", family_name(family), path);
	payload_release(&payload);
	ruleset_release(&saved);
	return ret;
}

static int read_all(struct pipeline *p)
{
	if (live_tables(&p->kernel, p->tables, p->diags) < 0 ||
	    live_read(&p->kernel, p->tables, false, &p->live, p->diags) < 0)
		return -1;
	return fidelity_check(&p->kernel, &p->live, p->tables, p->diags);
}

static int save(struct pipeline *p, struct report *report)
{
	int ret = 0;

	if (pipeline_baseline(p) < 0 || pipeline_state(p) < 0)
		return -1;
	if (!p->config.save_to[FAMILY_IPV4] && !p->config.save_to[FAMILY_IPV6])
		return diag_error(p->diags, NULL, "the baseline's 'save_to' names no file");
	if (!p->current.exists && !p->options->all)
		return diag_error(p->diags, NULL, "nothing applied yet");
	if (p->options->all && (pipeline_kernel(p) < 0 || read_all(p) < 0))
		return -1;
	FOR_EACH_FAMILY(f)
		if (p->config.save_to[f] &&
		    write_family(p, report, p->options->all ? &p->live : &p->current.set, f) < 0)
			ret = -1;
	return ret;
}

int cmd_save(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret == EXIT_DONE &&
	    (pipeline_open(&p, options, false, diags) < 0 || save(&p, report) < 0))
		ret = EXIT_TROUBLE;
	report_finish(report, diags, NULL);
	if (ret != EXIT_NO_PERMISSION)
		pipeline_release(&p);
	return ret;
}
