#include "base.h"
#include "proven_nft.h"
#include "hashtable.h"
#include "kernel_message.h"
#include "ruleset.h"

/* A batch as it was sent. */
struct copy {
	struct copy *next;
	size_t len;
	char data[];
};

struct proven_rule {
	const struct rule *rule;
	const struct nlmsghdr *message;
	UT_hash_handle hh;
};

enum { BASES_MAX = FAMILY_NR * XTABLE_NR * 2 * 5 }; /* at most 5 built-in chains in a table */

struct proven_nft {
	struct copy *copies, *last, *room;
	struct nft_message base[BASES_MAX];
	size_t nr_bases;
	struct proven_rule *entries, *rules; /* memory of all; the hash of them */
	size_t nr, cap;
};

/* --- copies ------------------------------------------------------------------------------- */

struct proven_nft *proven_nft_new(void)
{
	return xcalloc(1, sizeof(struct proven_nft));
}

void proven_nft_free(struct proven_nft *proven)
{
	if (!proven)
		return;
	for (struct copy *copy = proven->copies, *next; copy; copy = next) {
		next = copy->next;
		free(copy);
	}
	free(proven->room);
	HASH_CLEAR(hh, proven->rules);
	free(proven->entries);
	free(proven);
}

char *proven_nft_room(struct proven_nft *proven, size_t len)
{
	free(proven->room);
	proven->room = malloc(sizeof(*proven->room) + len);
	if (!proven->room)
		return NULL;
	proven->room->next = NULL;
	proven->room->len = len;
	return proven->room->data;
}

void proven_nft_keep(struct proven_nft *proven)
{
	struct copy *copy = proven->room;

	if (proven->last)
		proven->last->next = copy;
	else
		proven->copies = copy;
	proven->last = copy;
	proven->room = NULL;
}

/* --- which message is which rule ------------------------------------------------------------ */

struct seen_chain {
	const struct chain *chain;
	size_t nr; /* messages */
	UT_hash_handle hh;
};

struct matching {
	struct proven_nft *proven;
	const struct ruleset *canonical;
	struct seen_chain *chain, *seen; /* room for all; the hash of them */
	size_t nr_chains;
	struct seen_chain *now; /* rules of a chain mostly follow each other */
	bool odd;		/* a message for a rule that has not come back */
};

static struct seen_chain *find_chain(struct matching *m, const struct nft_message *message)
{
	const struct chain *chain =
		ruleset_find(m->canonical, message->family, message->table, message->chain);
	struct seen_chain *seen;

	if (!chain || (m->now && m->now->chain == chain))
		return chain ? m->now : NULL;
	HASH_FIND_PTR(m->seen, &chain, seen);
	if (!seen) {
		seen = &m->chain[m->nr_chains++];
		seen->chain = chain;
		HASH_ADD_PTR(m->seen, chain, seen);
	}
	m->now = seen;
	return seen;
}

static void found(void *arg, const struct nft_message *message)
{
	struct matching *m = arg;
	struct proven_nft *proven = m->proven;
	struct proven_rule *entry;
	struct seen_chain *seen;

	if (message->kind != NFT_ADDS_RULE) {
		if (proven->nr_bases < BASES_MAX)
			proven->base[proven->nr_bases++] = *message;
		return;
	}
	seen = find_chain(m, message);
	if (!seen || seen->nr == seen->chain->nr || proven->nr == proven->cap) {
		m->odd = true;
		return;
	}
	entry = &proven->entries[proven->nr++];
	entry->rule = chain_rule(seen->chain, seen->nr++);
	entry->message = message->nlh;
	HASH_ADD_PTR(proven->rules, rule, entry);
}

/* All chains: messages may be about chains of tables that were not asked for. */
static void count(const struct ruleset *set, const unsigned int tables[FAMILY_NR],
		  size_t *ret_chains, size_t *ret_rules)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t) {
			++*ret_chains;
			*ret_rules += tables[f] >> t & 1 ? chain->nr : 0;
		}
	}
}

int proven_nft_match(struct proven_nft *proven, const struct ruleset *canonical,
		     const unsigned int tables[FAMILY_NR])
{
	struct matching m = { .proven = proven, .canonical = canonical };
	size_t nr_chains = 0;

	/* in place from now on: the hashes point into it */
	count(canonical, tables, &nr_chains, &proven->cap);
	proven->entries = xcalloc(proven->cap, sizeof(*proven->entries));
	m.chain = xcalloc(nr_chains, sizeof(*m.chain));
	for (const struct copy *copy = proven->copies; copy && !m.odd; copy = copy->next)
		m.odd = nft_messages(copy->data, copy->len, found, &m) < 0 || m.odd;
	HASH_CLEAR(hh, m.seen);
	free(m.chain);
	/* no chain has too many: so none has too few if there are as many in all */
	return m.odd || proven->nr != proven->cap ? -1 : 0;
}

const struct nlmsghdr *proven_nft_rule(const struct proven_nft *proven, const struct rule *rule)
{
	struct proven_rule *entry;

	HASH_FIND_PTR(proven->rules, &rule, entry);
	return entry && nft_message_is_plain(entry->message) ? entry->message : NULL;
}

const struct nlmsghdr *proven_nft_base(const struct proven_nft *proven, enum family family,
				       enum xtable table, const char *chain, bool sets_policy)
{
	enum nft_message_kind kind = sets_policy ? NFT_SETS_POLICY : NFT_MAKES_BASE;

	for (size_t i = 0; i < proven->nr_bases; i++) {
		const struct nft_message *m = &proven->base[i];

		if (m->kind == kind && m->family == family && m->table == table &&
		    str_equal(m->chain, chain))
			return nft_message_is_plain(m->nlh) ? m->nlh : NULL;
	}
	return NULL;
}
