#include "base.h"
#include "fidelity.h"
#include "diag.h"
#include "hashtable.h"
#include "ipset.h"
#include "kernel.h"
#include "payload.h"
#include "scratch.h"

/* The rules of a chain, live and in the scratch namespace, as one number each. */
struct chain_print {
	char *name;
	uint64_t sum[2];
	size_t nr[2];
	UT_hash_handle hh;
};

struct comparison {
	struct chain_print *chains;
	size_t side; /* being read: 0 live, 1 scratch */
};

static void found(void *arg, const char *name, uint64_t print)
{
	struct comparison *c = arg;
	struct chain_print *chain;

	HASH_FIND_STR(c->chains, name, chain);
	if (!chain) {
		chain = xcalloc(1, sizeof(*chain));
		chain->name = xstrdup(name);
		HASH_ADD_KEYPTR(hh, c->chains, chain->name, strlen(name), chain);
	}
	/* order counts: the nth rule is compared with the nth */
	chain->sum[c->side] += print * (2 * ++chain->nr[c->side] + 1);
}

static int compare(const struct kernel *kernel, const struct scratch *scratch, enum family family,
		   enum xtable table, struct diags *diags)
{
	struct comparison c = { .chains = NULL };
	struct chain_print *chain, *next;
	int ret = 0;

	if (kernel->ops->rule_prints(family, table, -1, found, &c) < 0)
		ret = -1;
	c.side = 1;
	if (kernel->ops->rule_prints(family, table, scratch->netns[family], found, &c) < 0)
		ret = -1;
	if (ret < 0)
		diag_error(diags, NULL, "live rules can't be read: %s", strerror(errno));
	chain = c.chains;
	HASH_CLEAR(hh, c.chains);
	for (; chain; chain = next) {
		next = chain->hh.next;
		if (ret == 0 && chain->sum[0] != chain->sum[1])
			ret = diag_error(diags, NULL,
					 "chain '%s' (%s %s) holds native nft rules that iptables "
					 "shows as something else: they can't be saved",
					 chain->name, family_name(family), xtable_name(table));
		free(chain->name);
		free(chain);
	}
	return ret;
}

static int load(struct scratch *scratch, const struct ruleset *live, enum family family,
		unsigned int tables, struct diags *diags)
{
	struct payload_style style = { .origins = false };
	struct payload payload = PAYLOAD_INIT;
	struct child child = CHILD_INIT;
	int ret;

	payload_render(&payload, live, family, tables, &style);
	ret = scratch_start_restore(scratch, family, &payload.text, false, &child, diags);
	if (ret == 0)
		ret = child_wait(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL, "the live rules (%s) can't be restored: %s",
				 family_name(family), child_error(&child));
	child_release(&child);
	payload_release(&payload);
	return ret;
}

int fidelity_check(const struct kernel *kernel, const struct ruleset *live,
		   const unsigned int tables[FAMILY_NR], struct diags *diags)
{
	unsigned int families = (tables[FAMILY_IPV4] ? family_bit(FAMILY_IPV4) : 0) |
				(tables[FAMILY_IPV6] ? family_bit(FAMILY_IPV6) : 0);
	struct ipsets *sets;
	struct scratch scratch;
	int ret = 0;

	if (!kernel->ops->rule_prints)
		return 0;
	if (scratch_open(&scratch, kernel, families) < 0)
		return diag_error(diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	sets = ipsets_new(true);
	FOR_EACH_FAMILY(f)
		if (families & family_bit(f))
			(void)ipsets_use_rules(sets, live, f, diags);
	if (scratch_mirror_sets(&scratch, sets, families, diags) < 0)
		ret = -1;
	FOR_EACH_FAMILY(f)
		if (ret == 0 && tables[f])
			ret = load(&scratch, live, f, tables[f], diags);
	FOR_EACH_TABLE_BIT(f, t, tables)
		if (ret == 0 && compare(kernel, &scratch, f, t, diags) < 0)
			ret = -1;
	ipsets_free(sets);
	scratch_close(&scratch);
	return ret;
}
