#include "base.h"
#include "lint.h"
#include "addr.h"
#include "diag.h"
#include "ruleset.h"

enum { WALK_MAX = 1000 }; /* deeper than any backend goes, less than our stack */

enum mark { NOT_SEEN, OPEN, DONE };

/* A chain in the walk from the built-in ones. */
struct node {
	const struct chain *chain;
	enum mark mark;
	unsigned int height;	/* chains on the longest way down, itself included */
	const struct rule *way; /* the rule that begins it; NULL: none */
	bool reached;		/* from a built-in chain, or one of others */
	UT_hash_handle hh;
};

struct walk {
	const struct ruleset *set;
	enum family family;
	enum xtable table;
	struct node *nodes, *node; /* uthash by name; its elements */
	struct diags *diags;
	int ret;
};

static void init_walk(struct walk *w)
{
	size_t nr = 0;

	FOR_EACH_CHAIN(chain, w->set, w->family, w->table)
		nr++;
	w->node = xcalloc(nr, sizeof(*w->node));
	nr = 0;
	FOR_EACH_CHAIN(chain, w->set, w->family, w->table) {
		struct node *node = &w->node[nr++];

		node->chain = chain;
		HASH_ADD_KEYPTR(hh, w->nodes, chain->name, strlen(chain->name), node);
	}
}

/* The kernel takes a loop that no built-in chain leads to, until something leads there. */
static void report_loop(struct walk *w, const struct rule *rule, const struct node *node,
			bool reached)
{
	if (!reached)
		diag_warning(w->diags, &rule->origin,
			     "jump to chain '%s' makes a loop: no packet gets there now",
			     node->chain->name);
	else
		w->ret = diag_error(w->diags, &rule->origin, "jump to chain '%s' makes a loop",
				    node->chain->name);
}

/* Height of a chain; loops and chains that are reached are noted on the way. */
static unsigned int visit(struct walk *w, struct node *node, bool reached, unsigned int depth)
{
	unsigned int below = 0;

	if (node->mark == DONE && (node->reached || !reached))
		return node->height;
	node->reached |= reached;
	if (depth > WALK_MAX)
		return 1;
	node->mark = OPEN;
	for (size_t i = 0; i < node->chain->nr; i++) {
		const struct rule *rule = chain_rule(node->chain, i);
		struct node *next = NULL;
		unsigned int height;

		if (rule->target)
			HASH_FIND_STR(w->nodes, rule->target, next);
		if (!next)
			continue;
		if (next->mark == OPEN) {
			report_loop(w, rule, next, reached);
			continue;
		}
		height = visit(w, next, reached, depth + 1);
		if (height > below) {
			below = height;
			node->way = rule;
		}
	}
	node->mark = DONE;
	node->height = below + 1;
	return node->height;
}

/* Where the longest way down begins; our own jump at its head has no line. */
static const struct origin *way_origin(const struct walk *w, const struct node *node)
{
	while (node && node->way && !node->way->origin.file) {
		const char *target = node->way->target;

		HASH_FIND_STR(w->nodes, target, node);
	}
	return node && node->way ? &node->way->origin : NULL;
}

static void walk_table(struct walk *w)
{
	FOR_EACH_CHAIN(chain, w->set, w->family, w->table) {
		struct node *node;
		unsigned int height;

		if (!(chain->flags & (CHAIN_BUILTIN | CHAIN_FOREIGN)))
			continue;
		HASH_FIND_STR(w->nodes, chain->name, node);
		height = node ? visit(w, node, true, 0) : 0;
		if (height > LINT_DEPTH_MAX + 1)
			diag_warning(w->diags, way_origin(w, node),
				     "below '%s' chains are nested %u deep: nft takes %d",
				     chain->name, height - 1, (int)LINT_DEPTH_MAX);
	}
	for (struct node *node = w->nodes; node; node = node->hh.next)
		if (node->mark == NOT_SEEN)
			(void)visit(w, node, false, 0);
}

/* A chain filled for both families, but reached in one only (by a rule with an address), is
 * no mistake. */
static void check_reached(const struct walk *w, const struct walk *other)
{
	for (const struct node *node = w->nodes; node; node = node->hh.next) {
		const struct chain *chain = node->chain;
		struct node *twin = NULL;

		HASH_FIND_STR(other->nodes, chain->name, twin);
		if (!node->reached && chain->flags & CHAIN_DECLARED && !(twin && twin->reached))
			diag_warning(w->diags, &chain->origin, "no rule leads to chain '%s'",
				     chain->name);
	}
}

/* Clamping any other packet than the one with SYN is pointless; legacy refuses the rule. */
static void check_tcpmss(struct walk *w)
{
	FOR_EACH_CHAIN(chain, w->set, w->family, w->table) {
		for (size_t i = 0; i < chain->nr; i++) {
			const struct rule *rule = chain_rule(chain, i);

			if (rule->target && str_equal(rule->target, "TCPMSS") &&
			    !strstr(rule->spec, "SYN") && !strstr(rule->spec, "--syn"))
				diag_warning(w->diags, &rule->origin,
					     "TCPMSS needs '-p tcp --tcp-flags SYN,RST SYN' before "
					     "it");
		}
	}
}

/* The iptables programs only mumble about it, and the rule never matches (negated: always). */
static void check_range(struct walk *w, const struct rule *rule, const char *option)
{
	const char *at = strstr(rule->spec, option);
	size_t len;

	if (!at)
		return;
	at += strlen(option);
	len = strcspn(at, " ");
	if (addr_is_reversed(at, len))
		diag_warning(w->diags, &rule->origin,
			     "'%.*s' ends before it begins: no address is in this range", (int)len,
			     at);
}

static void check_ranges(struct walk *w)
{
	FOR_EACH_CHAIN(chain, w->set, w->family, w->table) {
		for (size_t i = 0; i < chain->nr; i++) {
			check_range(w, chain_rule(chain, i), "--src-range ");
			check_range(w, chain_rule(chain, i), "--dst-range ");
		}
	}
}

int lint_ruleset(const struct ruleset *placed, struct diags *diags)
{
	int ret = 0;

	FOR_EACH_XTABLE(t) {
		struct walk walks[FAMILY_NR];

		FOR_EACH_FAMILY(f) {
			walks[f] = (struct walk){ placed, f, t, NULL, NULL, diags, 0 };
			init_walk(&walks[f]);
			walk_table(&walks[f]);
			check_tcpmss(&walks[f]);
			check_ranges(&walks[f]);
		}
		check_reached(&walks[FAMILY_IPV4], &walks[FAMILY_IPV6]);
		check_reached(&walks[FAMILY_IPV6], &walks[FAMILY_IPV4]);
		FOR_EACH_FAMILY(f) {
			HASH_CLEAR(hh, walks[f].nodes);
			free(walks[f].node);
			ret |= walks[f].ret;
		}
	}
	return ret;
}
