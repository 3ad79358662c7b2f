#include "base.h"
#include "import_internal.h"
#include "diag.h"
#include "ipset.h"
#include "rules.h"
#include "xalloc.h"

struct import_reach {
	struct config config;
	unsigned int families;
	struct ipsets *ipsets;
	struct buf text;
};

/*
 * The baseline as far as it decides what a line means. The families are not restricted by it: a
 * rule of one family has to stay that if the baseline gets the other. Nor is it by the ipsets of
 * this host.
 */
static void set_config(struct config *config, const struct config *baseline)
{
	*config = *baseline;
	config->families = FAMILIES_BOTH;
	config->origin_comments = false;
	config->resolve = false; /* in rules that were made already names are addresses */
	for (size_t i = 0; i < CONFIG_POLICIES; i++)
		config->policy[i].value = NULL;
}

static int parse(struct ruleset *set, const struct config *config, struct ipsets *ipsets,
		 unsigned int families, const char *text, size_t len)
{
	struct scope no_sets = { NULL, NULL };
	struct rules_text source = {
		.file = "import", .text = text, .len = len, .families = families, .scope = &no_sets
	};
	struct diags diags = DIAGS_INIT;
	struct rules rules;
	int ret;

	rules_init(&rules, set, config, ipsets, NULL, &diags);
	ret = rules_add(&rules, &source);
	rules_release(&rules);
	diags_release(&diags);
	return ret;
}

struct import_reach *import_reach_new(const struct config *config, unsigned int families)
{
	struct import_reach *reach = xcalloc(1, sizeof(*reach));

	set_config(&reach->config, config);
	reach->families = families;
	reach->ipsets = ipsets_new(false);
	return reach;
}

unsigned int import_reach(struct import_reach *reach, enum xtable table, const char *chain,
			  const char *line)
{
	struct ruleset set = RULESET_INIT;
	unsigned int families = 0;

	buf_reset(&reach->text);
	buf_addf(&reach->text, "*%s\n%s\n", xtable_name(table), line);
	if (parse(&set, &reach->config, reach->ipsets, reach->families, reach->text.data,
		  reach->text.len) == 0) {
		FOR_EACH_FAMILY(f) {
			const struct chain *made = ruleset_find(&set, f, table, chain);

			if (made && made->nr == 1)
				families |= family_bit(f);
		}
	}
	ruleset_release(&set);
	return families;
}

void import_reach_free(struct import_reach *reach)
{
	if (!reach)
		return;
	ipsets_free(reach->ipsets);
	buf_release(&reach->text);
	free(reach);
}

int import_parse(struct ruleset *set, const struct config *config, unsigned int families,
		 const char *text, size_t len)
{
	struct ipsets *ipsets = ipsets_new(false);
	struct config plain;
	int ret;

	set_config(&plain, config);
	ret = parse(set, &plain, ipsets, families, text, len);
	ipsets_free(ipsets);
	return ret;
}
