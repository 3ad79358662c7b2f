#include "base.h"
#include "live.h"
#include "child.h"
#include "diag.h"
#include "kernel.h"
#include "listing.h"
#include "ruleset.h"

enum { CHILDREN_MAX = FAMILY_NR * XTABLE_NR };

/* One *-save for each table: a host's large nat need not be listed for our filter. */
struct reading {
	const struct kernel *kernel;
	struct child child[CHILDREN_MAX];
	struct listing listing[CHILDREN_MAX];
	size_t nr;
	struct diags *diags;
};

static int start(struct reading *r, enum family family, enum xtable table, bool counters,
		 struct ruleset *live)
{
	struct child *child = &r->child[r->nr];

	*child = (struct child)CHILD_INIT;
	child->argv[0] = r->kernel->save[family];
	child->argv[1] = "-t";
	child->argv[2] = xtable_name(table);
	child->argv[3] = counters ? "-c" : NULL;
	r->listing[r->nr] = (struct listing){ live, family, 1u << table, r->kernel->save[family] };
	r->nr++;
	return child_start(child, r->diags);
}

static enum xtable only_table(unsigned int tables)
{
	enum xtable table = XTABLE_RAW;

	while (!(tables >> table & 1))
		table++;
	return table;
}

static int finish(struct reading *r, size_t i)
{
	struct child *child = &r->child[i];

	if (child_wait(child, r->diags) < 0)
		return -1;
	/* iptables-nft-save 1.8.9 says so of some native rules, and breaks off; see listing.c */
	if (child->status != 0 && strstr(child_error(child), "Parsing nftables rule failed"))
		return listing_native_rules(r->listing[i].family, only_table(r->listing[i].tables),
					    r->diags);
	if (child->status != 0)
		return diag_error(r->diags, NULL, "live rules can't be read: %s failed: %s",
				  child->argv[0], child_error(child));
	return listing_parse(&r->listing[i], buf_str(&child->out), child->out.len, r->diags);
}

/* Where in a ruleset what the kernel tells has to go. */
struct target {
	struct ruleset *live;
	enum family family;
	enum xtable table;
};

static void found_counter(void *arg, const char *name, size_t at, uint64_t packets, uint64_t bytes)
{
	const struct target *c = arg;
	struct chain *chain = ruleset_find(c->live, c->family, c->table, name);

	if (!chain || at >= chain->nr)
		return;
	chain_own_rule(chain, at)->packets = packets;
	chain_own_rule(chain, at)->bytes = bytes;
}

static int add_counters(const struct reading *r)
{
	for (size_t i = 0; i < r->nr; i++) {
		struct target c = { r->listing[i].set, r->listing[i].family,
				    only_table(r->listing[i].tables) };

		if (r->kernel->ops->counters(c.family, c.table, found_counter, &c) < 0)
			return diag_error(r->diags, NULL, "counters can't be read: %s",
					  strerror(errno));
	}
	return 0;
}

/* Bits, or -1 after adding to diags. */
static int tables_of(const struct kernel *kernel, enum family family, struct diags *diags)
{
	int exist = kernel->ops->tables(family);

	if (exist < 0)
		diag_error(diags, NULL, "live rules can't be read (%s, %s): %s", kernel->ops->name,
			   family_name(family), strerror(errno));
	return exist;
}

int live_tables(const struct kernel *kernel, unsigned int ret_tables[FAMILY_NR],
		struct diags *diags)
{
	int ret = 0;

	FOR_EACH_FAMILY(f) {
		int exist = kernel->restore[f] ? tables_of(kernel, f, diags) : 0;

		ret_tables[f] = exist > 0 ? (unsigned int)exist : 0;
		if (exist < 0)
			ret = -1;
	}
	return ret;
}

int live_read(const struct kernel *kernel, const unsigned int tables[FAMILY_NR], bool counters,
	      struct ruleset *ret_live, struct diags *diags)
{
	struct reading r = { .kernel = kernel, .diags = diags };
	int ret = 0;

	FOR_EACH_FAMILY(f) {
		int exist = tables[f] ? tables_of(kernel, f, diags) : 0;

		if (exist < 0)
			return -1;
		if (exist > 0 && !kernel->save[f])
			return diag_error(diags, NULL, "live rules (%s) can't be read: no %s-save",
					  family_name(f),
					  f == FAMILY_IPV4 ? "iptables" : "ip6tables");
		FOR_EACH_XTABLE(t)
			if ((tables[f] & (unsigned int)exist) >> t & 1 &&
			    start(&r, f, t, counters && !kernel->ops->counters, ret_live) < 0)
				ret = -1;
	}
	for (size_t i = 0; i < r.nr; i++)
		if (finish(&r, i) < 0)
			ret = -1;
	if (ret == 0 && counters && kernel->ops->counters)
		ret = add_counters(&r);
	for (size_t i = 0; i < r.nr; i++)
		child_release(&r.child[i]);
	return ret;
}

static void found_chain(void *arg, const char *name, const char *policy)
{
	const struct target *c = arg;
	struct chain *chain = ruleset_chain(c->live, c->family, c->table, name);

	chain->flags |= CHAIN_DECLARED;
	if (policy)
		chain->policy = str_equal(policy, "DROP") ? "DROP" : "ACCEPT";
}

int live_chains(const struct kernel *kernel, const unsigned int tables[FAMILY_NR],
		struct ruleset *ret_live, struct diags *diags)
{
	FOR_EACH_TABLE_BIT(f, t, tables) {
		struct target c = { ret_live, f, t };

		if (kernel->ops->chains(f, t, found_chain, &c) < 0)
			return diag_error(diags, NULL, "live chains can't be read (%s, %s): %s",
					  kernel->ops->name, family_name(f), strerror(errno));
	}
	return 0;
}

uint64_t live_fingerprint(const struct kernel *kernel, const unsigned int tables[FAMILY_NR])
{
	uint64_t print = 0;

	return kernel->ops->fingerprint(tables, &print) < 0 ? 0 : print;
}
