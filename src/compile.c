#include "base.h"
#include "canon.h"
#include "pipeline.h"
#include "place.h"
#include "proof.h"
#include "rules.h"
#include "use.h"

/* The baseline's policies, before any drop-in's -P. */
static void add_policies(const struct config *config, struct ruleset *wanted)
{
	FOR_EACH_FAMILY(f) {
		for (size_t i = 0; config->families & family_bit(f) && i < CONFIG_POLICIES; i++) {
			const struct config_policy *policy = &config->policy[i];
			struct chain *chain;

			if (!policy->value)
				continue;
			chain = ruleset_chain(wanted, f, XTABLE_FILTER, policy->chain);
			chain->policy = policy->value;
			chain->policy_origin = policy->origin;
		}
	}
}

bool pipeline_has_scripts(const struct pipeline *p)
{
	for (size_t i = 0; i < p->dropins.nr; i++)
		if (p->dropins.v[i].kind == DROPIN_SCRIPT)
			return true;
	return false;
}

/* Run at the first pass; what it came to is added at each. */
static int add_script(struct pipeline *p, struct rules *rules, const struct dropin *dropin)
{
	struct capture_context context = { &p->config, &p->kernel,  &p->fs,   p->ipsets,
					   p->hosts,   &p->dropins, p->diags, p->options->verbose,
					   p->careful };

	if (!p->kernel.ops && pipeline_kernel(p) < 0)
		return -1;
	if (!p->capture)
		p->capture = capture_new(&context);
	return capture_add(p->capture, dropin, &rules->wanted);
}

static int add_dropin(struct pipeline *p, struct rules *rules, const struct dropin *dropin,
		      const struct scope *sets)
{
	struct rules_text text = { .file = dropin->path,
				   .text = buf_str(&dropin->text),
				   .len = dropin->text.len,
				   .families = dropin->families,
				   .scope = sets };

	switch (dropin->kind) {
	case DROPIN_RULES: return rules_add(rules, &text);
	case DROPIN_USES: return use_expand(rules, dropin, &p->templates, sets, &p->arena);
	default: return add_script(p, rules, dropin);
	}
}

/* One pass over all drop-ins. canon, census: see wanted.h. */
static int compile(struct pipeline *p, struct ruleset *set, const struct canon *canon, bool census,
		   bool *ret_needs_canon)
{
	struct scope sets = { p->config.sets, NULL };
	struct rules rules;
	int ret = 0;

	/* what they came to points into the rules of the pass before, where they saw those */
	if (p->config.script_scope_all) {
		capture_free(p->capture);
		p->capture = NULL;
	}
	rules_init(&rules, set, &p->config, p->ipsets, p->hosts, p->diags);
	rules.wanted.canon = canon;
	rules.wanted.census = census;
	add_policies(&p->config, set);
	for (size_t i = 0; i < p->dropins.nr; i++)
		if (add_dropin(p, &rules, &p->dropins.v[i], &sets) < 0)
			ret = -1;
	*ret_needs_canon = rules.wanted.needs_canon;
	rules_release(&rules);
	return ret;
}

static void add_spellings(struct canon *canon, const struct ruleset *census,
			  const struct ruleset *answer)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, census, f, t) {
			const struct chain *same = ruleset_find(answer, f, t, chain->name);

			for (size_t i = 0; same && i < chain->nr; i++)
				canon_add(canon, f, t, chain_rule(chain, i)->spec,
					  chain_rule(same, i)->spec);
		}
	}
}

/* Some drop-in deletes a rule by its text: ask the kernel how it spells all rules there are. */
static int take_census(struct pipeline *p, struct canon *canon)
{
	struct ruleset census = RULESET_INIT, answer = RULESET_INIT;
	unsigned int tables[FAMILY_NR] = { 0 };
	bool unused;
	int ret = -1;

	if (compile(p, &census, NULL, true, &unused) < 0)
		goto out;
	place_tables(&census, tables);
	switch (proof_run(&p->kernel, p->ipsets, &census, tables, &answer, NULL, p->diags)) {
	case PROOF_OK:
		add_spellings(canon, &census, &answer);
		ret = 0;
		break;
	case PROOF_IMPOSSIBLE:
		diag_error(p->diags, NULL,
			   "-D by rule needs the kernel to compare: no network namespace can be "
			   "made here: %s",
			   strerror(errno));
		break;
	case PROOF_REFUSED: break;
	}
out:
	ruleset_release(&answer);
	ruleset_release(&census);
	return ret;
}

int pipeline_compile_text(struct pipeline *p, const char *name, const struct buf *text)
{
	struct scope no_sets = { NULL, NULL };
	struct rules_text source = { .file = name,
				     .text = buf_str(text),
				     .len = text->len,
				     .families = p->config.families,
				     .scope = &no_sets };
	struct rules rules;
	int ret;

	pipeline_forget_rules(p);
	rules_init(&rules, &p->wanted, &p->config, p->ipsets, p->hosts, p->diags);
	ret = rules_add(&rules, &source);
	rules_release(&rules);
	return ret;
}

static int compile_all(struct pipeline *p)
{
	struct canon *canon;
	bool needs_canon;
	int ret;

	if (compile(p, &p->wanted, NULL, false, &needs_canon) < 0)
		return -1;
	if (!needs_canon)
		return 0;
	ruleset_release(&p->wanted);
	p->wanted = (struct ruleset)RULESET_INIT;
	if (!p->kernel.ops && pipeline_kernel(p) < 0)
		return -1;
	canon = canon_new();
	ret = take_census(p, canon);
	if (ret == 0)
		ret = compile(p, &p->wanted, canon, false, &needs_canon);
	canon_free(canon);
	return ret;
}

int pipeline_compile(struct pipeline *p)
{
	if (!p->compiled) {
		p->compiled = true;
		p->compile_failed = compile_all(p) < 0;
		pipeline_hash_captured(p);
	}
	return p->compile_failed ? -1 : 0;
}
