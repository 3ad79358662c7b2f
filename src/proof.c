#include "base.h"
#include "proof.h"
#include "diag.h"
#include "ipset.h"
#include "kernel.h"
#include "kmsg.h"
#include "listing.h"
#include "payload.h"
#include "proof_copy.h"
#include "proof_written.h"
#include "proven.h"
#include "proven_nft.h"
#include "refusal.h"
#include "scratch.h"

/* nft's restore can't raise its send buffer in a user namespace: small batches only. */
enum { USER_BLOCK = 100 };

struct proof {
	struct scratch scratch;
	const struct ipsets *sets;
	struct ruleset *placed;
	const unsigned int *tables;
	struct ruleset *canonical;
	struct diags *diags;
	struct payload payload[FAMILY_NR];
	struct child child[FAMILY_NR];
	bool started[FAMILY_NR];
	struct proven_nft *nft; /* NULL: not wanted, or not to be had here */
};

static size_t block_size(const struct proof *p)
{
	return p->scratch.with_user && p->scratch.kernel->kind == KERNEL_NFT ? USER_BLOCK : 0;
}

static int start_restore(struct proof *p, enum family family)
{
	struct payload_style style = { .block = block_size(p) };

	payload_reset(&p->payload[family]);
	payload_render(&p->payload[family], p->placed, family, p->tables[family], &style);
	return scratch_start_restore(&p->scratch, family, &p->payload[family].text, style.block > 0,
				     &p->child[family], p->diags);
}

static void take_out(const struct payload_line *line)
{
	struct chain *chain = (struct chain *)line->chain; /* of placed, which is ours to change */

	for (size_t i = 0; i < chain->nr; i++) {
		if (chain_rule(chain, i) == line->rule) {
			chain_remove(chain, i);
			return;
		}
	}
}

/* Report the refused rule and take it out. 1: there may be more; -1: it can't go on. */
static int report_refusal(struct proof *p, enum family family, const char *hint)
{
	struct refusal refusal = REFUSAL_INIT;
	const struct payload_line *line;
	int ret = -1;

	if (refusal_find(&p->scratch, family, &p->payload[family], &p->child[family], hint,
			 &refusal, p->diags) < 0)
		goto out;
	line = refusal.line;
	if (!line) {
		diag_error(p->diags, NULL, "%s refused the %s payload: %s",
			   p->scratch.kernel->restore[family], family_name(family),
			   refusal.reason.data);
	} else if (!line->rule->origin.file) {
		diag_error(p->diags, NULL, "refused: %s: -A %s %s (%s)", refusal.reason.data,
			   line->chain->name, line->rule->spec, family_name(family));
	} else {
		/* the other family has mostly refused the same line, in other words */
		if (!diags_has_error_at(p->diags, &line->rule->origin))
			diag_error(p->diags, &line->rule->origin, "refused: %s",
				   refusal.reason.data);
		take_out(line);
		ret = 1;
	}
out:
	refusal_release(&refusal);
	return ret;
}

static int restart(struct proof *p, enum family family)
{
	child_release(&p->child[family]);
	/* blocks that came before the refused one are in the tables already */
	if (block_size(p) && scratch_renew(&p->scratch, family, p->sets, p->diags) < 0)
		return -1;
	return start_restore(p, family);
}

/* Wait for the restore; as long as it is refused, report and try without the refused rule. */
static int finish_restore(struct proof *p, enum family family, struct kmsg *log)
{
	struct child *child = &p->child[family];
	int ret = 0;

	for (unsigned int refusals = 0;; refusals++) {
		struct buf hint = BUF_INIT;
		int more;

		if (child->pid > 0 && child_wait(child, p->diags) < 0)
			return -1;
		if (child->status == 0)
			return ret;
		if (child->status == CHILD_TIMEOUT)
			return diag_error(p->diags, NULL, "%s did not end in time", child->argv[0]);
		kmsg_read(log, &hint);
		more = report_refusal(p, family, buf_str(&hint));
		buf_release(&hint);
		ret = -1;
		if (more < 0)
			return -1;
		if (refusals + 1 == PROOF_REFUSALS_MAX)
			return diag_error(p->diags, NULL, "there may be more refused rules (%s)",
					  family_name(family));
		if (restart(p, family) < 0)
			return -1;
	}
}

/* Stopped where it sends, if that is allowed here. */
static int start_first(struct proof *p, enum family family)
{
	int ret = start_restore(p, family);

	if (ret < 0 && p->child[family].trap.refused) {
		p->scratch.trap = TRAP_NONE;
		child_release(&p->child[family]);
		ret = start_restore(p, family);
	}
	p->started[family] = ret == 0;
	return ret;
}

static int restore_all(struct proof *p, bool copy)
{
	struct kmsg log = kmsg_open();
	size_t before = p->diags->nr;
	int ret = 0;

	p->scratch.trap = copy ? TRAP_SEND : TRAP_NONE;
	FOR_EACH_FAMILY(f)
		if (p->tables[f] && start_first(p, f) < 0)
			ret = -1;
	p->scratch.trap = TRAP_NONE; /* a refused rule is looked for without */
	if (copy && proof_copy(p->child, FAMILY_NR, &p->nft, p->diags) < 0) {
		FOR_EACH_FAMILY(f)
			p->started[f] = false; /* there is nothing to be had of them any more */
		ret = -1;
	}
	FOR_EACH_FAMILY(f)
		if (p->started[f] && finish_restore(p, f, &log) < 0)
			ret = -1;
	kmsg_close(&log);
	diags_sort(p->diags, before); /* refusals come by family and table */
	return ret;
}

static int read_back(struct proof *p, enum family family)
{
	struct child *child = &p->child[family];
	struct listing listing = { p->canonical, family, p->tables[family], child->argv[0] };

	if (child->status != 0)
		return diag_error(p->diags, NULL, "%s failed in the scratch namespace: %s",
				  child->argv[0], child_error(child));
	return listing_parse(&listing, buf_str(&child->out), child->out.len, p->diags);
}

static int save_all(struct proof *p)
{
	int ret = 0;

	FOR_EACH_FAMILY(f) {
		child_release(&p->child[f]);
		if (p->tables[f] && scratch_start_save(&p->scratch, f, &p->child[f], p->diags) < 0)
			ret = -1;
	}
	FOR_EACH_FAMILY(f)
		if (p->tables[f] && (child_wait(&p->child[f], p->diags) < 0 || read_back(p, f) < 0))
			ret = -1;
	return ret;
}

/* The nth rule that came back is the nth that was sent: it has its origin. */
static int match_chain(struct proof *p, enum family family, enum xtable table,
		       const struct chain *placed)
{
	struct chain *chain = ruleset_find(p->canonical, family, table, placed->name);
	size_t nr = chain ? chain->nr : 0;

	if (nr != placed->nr)
		return diag_error(
			p->diags, NULL,
			"chain '%s' of table '%s' (%s) came back with %zu rules instead of %zu",
			placed->name, xtable_name(table), family_name(family), nr, placed->nr);
	if (!chain)
		chain = ruleset_chain(p->canonical, family, table, placed->name);
	chain->flags = placed->flags;
	chain->policy = placed->policy;
	chain->policy_origin = placed->policy_origin;
	chain->origin = placed->origin;
	for (size_t i = 0; i < nr; i++) {
		struct rule *rule = chain_own_rule(chain, i);

		rule->origin = chain_rule(placed, i)->origin;
		rule->flags |= chain_rule(placed, i)->flags;
	}
	return 0;
}

/* The kernel shows every built-in chain with a policy; only what was wanted stays. */
static void drop_unwanted(struct proof *p, enum family family, enum xtable table)
{
	struct chain *chain, *next;

	HASH_ITER(hh, p->canonical->chains[family][table], chain, next)
		if (!ruleset_find(p->placed, family, table, chain->name))
			ruleset_remove_chain(p->canonical, family, table, chain);
}

static int match_all(struct proof *p)
{
	int ret = 0;

	FOR_EACH_TABLE_BIT(f, t, p->tables) {
		drop_unwanted(p, f, t);
		FOR_EACH_CHAIN(chain, p->placed, f, t)
			if (match_chain(p, f, t, chain) < 0)
				ret = -1;
	}
	return ret;
}

enum proof_result proof_run(const struct kernel *kernel, const struct ipsets *sets,
			    struct ruleset *placed, const unsigned int tables[FAMILY_NR],
			    struct ruleset *ret_canonical, struct proven *ret_proven,
			    struct diags *diags)
{
	struct proof p = { .sets = sets,
			   .placed = placed,
			   .tables = tables,
			   .canonical = ret_canonical,
			   .diags = diags,
			   .payload = { PAYLOAD_INIT, PAYLOAD_INIT },
			   .child = { CHILD_INIT, CHILD_INIT } };
	unsigned int families = (tables[FAMILY_IPV4] ? family_bit(FAMILY_IPV4) : 0) |
				(tables[FAMILY_IPV6] ? family_bit(FAMILY_IPV6) : 0);
	bool copy = ret_proven && kernel->kind == KERNEL_NFT;
	enum proof_result ret = PROOF_REFUSED;

	if (scratch_open(&p.scratch, kernel, families) < 0)
		return PROOF_IMPOSSIBLE;
	written_add(placed, tables);
	if (scratch_mirror_sets(&p.scratch, sets, families, diags) == 0 &&
	    restore_all(&p, copy && !p.scratch.with_user) == 0 && save_all(&p) == 0 &&
	    match_all(&p) == 0)
		ret = PROOF_OK;
	if (ret == PROOF_OK && p.nft && proven_nft_match(p.nft, ret_canonical) == 0) {
		ret_proven->nft = p.nft;
		p.nft = NULL;
	}
	proven_nft_free(p.nft);
	written_remove(placed, tables);
	written_remove(ret_canonical, tables);
	FOR_EACH_FAMILY(f) {
		child_release(&p.child[f]);
		payload_release(&p.payload[f]);
	}
	scratch_close(&p.scratch);
	return ret;
}
