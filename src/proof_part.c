#include "base.h"
#include "proof_part.h"
#include "diag.h"
#include "ipset.h"
#include "kernel.h"
#include "kmsg.h"
#include "listing.h"
#include "proof.h"
#include "proof_written.h"
#include "refusal.h"

/* nft's restore can't raise its send buffer in a user namespace: small batches only. */
enum { USER_BLOCK = 100 };

int part_open(struct proof_part *part, const struct kernel *kernel)
{
	part->payload = (struct payload)PAYLOAD_INIT;
	*part->child = (struct child)CHILD_INIT;
	if (scratch_open(&part->scratch, kernel, family_bit(part->family)) < 0)
		return -1;
	written_add(part->placed, part->tables);
	return 0;
}

void part_close(struct proof_part *part)
{
	written_remove(part->placed, part->tables);
	written_remove(part->canonical, part->tables);
	child_release(part->child);
	payload_release(&part->payload);
	scratch_close(&part->scratch);
}

/* --- restore ------------------------------------------------------------------------------ */

static size_t block_size(const struct proof_part *part)
{
	return part->scratch.with_user && part->scratch.kernel->kind == KERNEL_NFT ? USER_BLOCK : 0;
}

static int start_restore(struct proof_part *part)
{
	struct payload_style style = { .block = block_size(part) };
	int ret;

	payload_reset(&part->payload);
	payload_render(&part->payload, part->placed, part->family, part->tables[part->family],
		       &style);
	ret = scratch_start_restore(&part->scratch, part->family, &part->payload.text,
				    style.block > 0, part->child, part->diags);
	buf_release(&part->payload.text); /* the program has it; its lines are still needed */
	return ret;
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
static int report_refusal(struct proof_part *part, const char *hint)
{
	struct refusal refusal = REFUSAL_INIT;
	const struct payload_line *line;
	int ret = -1;

	if (refusal_find(&part->scratch, part->family, &part->payload, part->child, hint, &refusal,
			 part->diags) < 0)
		goto out;
	line = refusal.line;
	if (!line) {
		diag_error(part->diags, NULL, "%s refused the %s payload: %s",
			   part->scratch.kernel->restore[part->family], family_name(part->family),
			   refusal.reason.data);
	} else if (!line->rule->origin.file) {
		diag_error(part->diags, NULL, "refused: %s: -A %s %s (%s)", refusal.reason.data,
			   line->chain->name, line->rule->spec, family_name(part->family));
	} else {
		/* the other family has mostly refused the same line, in other words */
		if (!diags_has_error_at(part->diags, &line->rule->origin))
			diag_error(part->diags, &line->rule->origin, "refused: %s",
				   refusal.reason.data);
		take_out(line);
		ret = 1;
	}
out:
	refusal_release(&refusal);
	return ret;
}

static int restart(struct proof_part *part)
{
	child_release(part->child);
	/* blocks that came before the refused one are in the tables already */
	if (block_size(part) &&
	    scratch_renew(&part->scratch, part->family, part->sets, part->diags) < 0)
		return -1;
	return start_restore(part);
}

int part_finish_restore(struct proof_part *part, struct kmsg *log)
{
	struct child *child = part->child;
	int ret = 0;

	for (unsigned int refusals = 0;; refusals++) {
		struct buf hint = BUF_INIT;
		int more;

		if (child->pid > 0 && child_wait(child, part->diags) < 0)
			return -1;
		if (child->status == 0)
			return ret;
		if (child->status == CHILD_TIMEOUT)
			return diag_error(part->diags, NULL, "%s did not end in time",
					  child->argv[0]);
		kmsg_read(log, &hint);
		more = report_refusal(part, buf_str(&hint));
		buf_release(&hint);
		ret = -1;
		if (more < 0)
			return -1;
		if (refusals + 1 == PROOF_REFUSALS_MAX)
			return diag_error(part->diags, NULL, "there may be more refused rules (%s)",
					  family_name(part->family));
		if (restart(part) < 0)
			return -1;
	}
}

int part_start_restore(struct proof_part *part, bool trapped)
{
	int ret = scratch_mirror_sets(&part->scratch, part->sets, family_bit(part->family),
				      part->diags);

	if (ret < 0)
		return -1;
	part->scratch.trap = trapped ? TRAP_SEND : TRAP_NONE;
	ret = start_restore(part);
	part->scratch.trap = TRAP_NONE; /* a refused rule is looked for without */
	if (ret < 0 && part->child->trap.refused) {
		child_release(part->child);
		ret = start_restore(part);
	}
	part->started = ret == 0;
	return ret;
}

/* --- save --------------------------------------------------------------------------------- */

int part_start_save(struct proof_part *part)
{
	int ret;

	child_release(part->child);
	ret = scratch_start_save(&part->scratch, part->family, part->child, part->diags);
	part->started = ret == 0;
	return ret;
}

static int read_back(struct proof_part *part)
{
	struct child *child = part->child;
	struct listing listing = { part->canonical, part->family, part->tables[part->family],
				   child->argv[0] };

	if (child->status != 0)
		return diag_error(part->diags, NULL, "%s failed in the scratch namespace: %s",
				  child->argv[0], child_error(child));
	return listing_parse(&listing, buf_str(&child->out), child->out.len, part->diags);
}

/* The nth rule that came back is the nth that was sent: it has its origin. */
static int match_chain(struct proof_part *part, enum xtable table, const struct chain *placed)
{
	enum family family = part->family;
	struct chain *chain = ruleset_find(part->canonical, family, table, placed->name);
	size_t nr = chain ? chain->nr : 0;

	if (nr != placed->nr)
		return diag_error(
			part->diags, NULL,
			"chain '%s' of table '%s' (%s) came back with %zu rules instead of %zu",
			placed->name, xtable_name(table), family_name(family), nr, placed->nr);
	if (!chain)
		chain = ruleset_chain(part->canonical, family, table, placed->name);
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
static void drop_unwanted(struct proof_part *part, enum family family, enum xtable table)
{
	struct chain *chain, *next;

	HASH_ITER(hh, part->canonical->chains[family][table], chain, next)
		if (!ruleset_find(part->placed, family, table, chain->name))
			ruleset_remove_chain(part->canonical, family, table, chain);
}

int part_finish_save(struct proof_part *part)
{
	int ret = 0;

	if (child_wait(part->child, part->diags) < 0 || read_back(part) < 0)
		return -1;
	FOR_EACH_TABLE_BIT(f, t, part->tables) {
		drop_unwanted(part, f, t);
		FOR_EACH_CHAIN(chain, part->placed, f, t)
			if (match_chain(part, t, chain) < 0)
				ret = -1;
	}
	return ret;
}
