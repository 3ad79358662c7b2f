#include "capture_internal.h"
#include "optable.h"
#include "token.h"

/*
 * Matches and targets whose kernel half looks at nothing but its own options and, perhaps, the
 * table: hooks and hook_mask are unused in their xt_match and xt_target, and no checkentry of
 * theirs looks at par->hook_mask. Source: net/netfilter/xt_*.c, net/ipv4/netfilter/ipt_*.c of
 * Linux 6.1. A rule with any other is bound to the hooks that reach its chain.
 */
static const char *const free_matches[] = {
	"comment", "connbytes", "connlabel", "connlimit", "connmark",  "conntrack", "dscp",
	"ecn",	   "esp",	"hashlimit", "helper",	  "hl",	       "icmp",	    "icmp6",
	"icmpv6",  "iprange",	"length",    "limit",	  "mark",      "multiport", "pkttype",
	"quota",   "recent",	"set",	     "state",	  "statistic", "string",    "tcp",
	"time",	   "tos",	"ttl",	     "u32",	  "udp",
};

static const char *const free_targets[] = { "ACCEPT", "DROP",	  "RETURN", "LOG", "NFLOG",
					    "MARK",   "CONNMARK", "DSCP",   "TOS", "REJECT" };

static bool is_among(const char *const *names, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

bool free_rule(const char *spec)
{
	struct tokens words = TOKENS_INIT;
	bool ret = !tokens_scan(&words, spec, strlen(spec), TOKENS_LISTING);

	for (size_t at = 0, next; ret && at < words.nr; at = next) {
		const struct option_info *option = option_at(&words, at, &next);
		const char *value = at + 1 < words.nr ? words.v[at + 1].text : "";

		if (option && option->kind == OPTION_MATCH)
			ret = is_among(free_matches, ARRAY_SIZE(free_matches), value);
		else if (option && (option->kind == OPTION_JUMP || option->kind == OPTION_GOTO))
			ret = is_among(free_targets, ARRAY_SIZE(free_targets), value);
	}
	tokens_release(&words);
	return ret;
}

enum {
	DEPTH_MAX = 10,	       /* nft takes 15 chains deep: kernel, NFT_JUMP_STACK_SIZE */
	RULES_SEEN_MAX = 20000 /* more is not looked at: then it is left to the kernel */
};

struct walk {
	const struct ruleset *view;
	enum family family;
	enum xtable table;
	const struct chain *avoid; /* reaching it closes a loop */
	size_t left;
};

/* Chains below this one, itself included; more than DEPTH_MAX where it can't be said. */
static unsigned int depth_below(struct walk *w, const struct chain *chain, unsigned int from)
{
	unsigned int deepest = 1;

	if (chain == w->avoid || from > DEPTH_MAX)
		return DEPTH_MAX + 1;
	for (size_t i = 0; i < chain->nr; i++) {
		const struct vrule *rule = vrule_at(chain, i);
		const struct chain *next;
		unsigned int depth;

		if (!w->left || rule->bound)
			return DEPTH_MAX + 1;
		w->left--;
		if (!rule->rule.target)
			continue;
		next = ruleset_find(w->view, w->family, w->table, rule->rule.target);
		depth = next ? 1 + depth_below(w, next, from + 1) : 1;
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

/* The same upwards: how many chains lead to this one at most. */
static unsigned int depth_above(struct walk *w, const struct chain *chain, unsigned int from)
{
	unsigned int deepest = 1;

	if (from > DEPTH_MAX)
		return from;
	FOR_EACH_CHAIN(other, w->view, w->family, w->table) {
		bool jumps = false;

		for (size_t i = 0; i < other->nr && !jumps; i++) {
			const char *target = chain_rule(other, i)->target;

			if (!w->left)
				return DEPTH_MAX + 1;
			w->left--;
			jumps = target && str_equal(target, chain->name);
		}
		if (jumps) {
			unsigned int depth = 1 + depth_above(w, other, from + 1);

			deepest = depth > deepest ? depth : deepest;
		}
	}
	return deepest;
}

bool free_jump(const struct ruleset *view, enum family family, enum xtable table,
	       const struct chain *chain, const struct chain *target)
{
	struct walk walk = { view, family, table, chain, RULES_SEEN_MAX };
	unsigned int below = depth_below(&walk, target, 0);

	if (below > DEPTH_MAX || chain->flags & CHAIN_BUILTIN)
		return below <= DEPTH_MAX;
	return below + depth_above(&walk, chain, 0) <= DEPTH_MAX;
}
