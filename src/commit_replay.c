#include "base.h"
#include "commit_internal.h"
#include "kernel.h"
#include "kernel_batch.h"
#include "kernel_handles.h"
#include "kernel_message.h"
#include "proven.h"
#include "xalloc.h"

/*
 * nft: an edit put together without restore programs: rules are added by the messages that added
 * them in the proof, and named by their handles. Nothing can have moved in between: the kernel
 * takes the batch only on the generation of the look that the plan was made from, and where a chain
 * has not as many rules as that look has seen, it is left to the programs.
 * The kernel is told the same as by them, in their order (script.c; seen of 1.8.9): tables and
 * built-in chains are made where something is to be added to them.
 */

struct replay {
	const struct commit *c;
	const struct proven *proven;
	struct nft_batch batch;
	/* Bits of xtable_builtins(): those that are there, or in the batch. */
	unsigned int bases[FAMILY_NR][XTABLE_NR];
	bool table_made[FAMILY_NR][XTABLE_NR]; /* it is in the batch */
};

/* --- tables and chains ---------------------------------------------------------------------- */

struct bases {
	enum xtable table;
	unsigned int bits;
};

static void found_chain(void *arg, const char *chain, const char *policy)
{
	struct bases *bases = arg;

	if (policy)
		bases->bits |= xtable_builtin_bit(bases->table, chain);
}

/* Listings show built-in chains that nobody has made yet. */
static int look_for_bases(struct replay *r, enum family family, enum xtable table)
{
	const struct plan *plan = r->c->plan;
	struct bases bases = { table, 0 };
	bool concerned = false;

	for (size_t i = 0; i < plan->nr; i++)
		concerned |= plan->v[i].family == family && plan->v[i].table == table &&
			     plan->v[i].after->flags & CHAIN_BUILTIN;
	if (concerned && r->c->kernel->ops->chains(family, table, found_chain, &bases) < 0)
		return -1;
	r->bases[family][table] = bases.bits;
	return 0;
}

static int make_table(struct replay *r, const struct change *change)
{
	bool *made = &r->table_made[change->family][change->table];

	if (*made)
		return 0;
	*made = true;
	return nft_put_table(&r->batch, change->family, change->table);
}

/* A built-in chain, if it is not there. */
static int make_base(struct replay *r, const struct change *change)
{
	unsigned int *bases = &r->bases[change->family][change->table];
	unsigned int bit = xtable_builtin_bit(change->table, change->after->name);
	const struct nlmsghdr *message;

	if (!(change->after->flags & CHAIN_BUILTIN) || *bases & bit)
		return 0;
	message = proven_base(r->proven, change->family, change->table, change->after->name, false);
	if (!message || make_table(r, change) < 0)
		return -1;
	*bases |= bit;
	return nft_put_base(&r->batch, message, "ACCEPT");
}

static int prepare_chain(struct replay *r, const struct change *change)
{
	const struct nlmsghdr *message;

	if (change->kind == CHANGE_CREATE)
		return make_table(r, change) < 0 ?
			     -1 :
			     nft_put_chain(&r->batch, change->family, change->table,
					   change->after->name);
	if (!change->policy)
		return 0;
	message = proven_base(r->proven, change->family, change->table, change->after->name, true);
	if (!message || make_base(r, change) < 0)
		return -1;
	return nft_put_base(&r->batch, message, change->policy);
}

/* --- rules ---------------------------------------------------------------------------------- */

/* Rules that stay have a handle by which others are put before them. */
struct staying {
	uint64_t *handle;
	size_t nr;
};

/* Delete what the change deletes; ret: what it leaves, with handles only where they are needed. */
static int delete_rules(struct replay *r, const struct change *change, struct staying *ret)
{
	size_t nr = change->before ? change->before->nr : 0, next = 0;
	struct nft_handles handles = { .v = NULL };

	ret->nr = nr - change->nr_deleted;
	if (ret->nr == 0) /* all of it, if there is anything */
		return change->nr_deleted ?
			       nft_put_rule_end(&r->batch, change->family, change->table,
						change->after->name, 0) :
			       0;
	if (!change->nr_deleted && change->nr_inserted && change->inserted[0] >= nr)
		return 0; /* something is added at the end */
	if (nft_handles(change->family, change->table, change->after->name, &handles) < 0 ||
	    handles.nr != nr) {
		free(handles.v);
		return -1;
	}
	ret->handle = handles.v; /* filled up from its beginning with those that stay */
	for (size_t i = 0, stay = 0; i < nr; i++) {
		if (next == change->nr_deleted || change->deleted[next] != i) {
			ret->handle[stay++] = handles.v[i];
			continue;
		}
		next++;
		if (nft_put_rule_end(&r->batch, change->family, change->table, change->after->name,
				     handles.v[i]) < 0)
			return -1;
	}
	return 0;
}

static int insert_rules(struct replay *r, const struct change *change,
			const struct staying *staying)
{
	for (size_t i = 0; i < change->nr_inserted; i++) {
		size_t at = change->inserted[i];
		size_t next = at - i; /* so many that stay are before it */
		const struct nlmsghdr *message =
			proven_rule(r->proven, chain_rule(change->after, at));

		if (!message ||
		    !nft_message_is_of(message, change->family, change->table, change->after->name))
			return -1;
		if (nft_put_rule(&r->batch, message,
				 next < staying->nr ? staying->handle[next] : 0) < 0)
			return -1;
	}
	return 0;
}

static int edit_chain(struct replay *r, const struct change *change)
{
	struct staying staying = { .handle = NULL };
	int ret = 0;

	if (change->nr_inserted)
		ret = make_base(r, change);
	if (ret == 0 && (change->nr_deleted || change->nr_inserted))
		ret = delete_rules(r, change, &staying);
	if (ret == 0)
		ret = insert_rules(r, change, &staying);
	free(staying.handle);
	return ret;
}

/* --- all of it ------------------------------------------------------------------------------ */

static int empty_removed(struct replay *r, const struct change *change)
{
	return nft_put_rule_end(&r->batch, change->family, change->table, change->before->name, 0);
}

static int remove_chain(struct replay *r, const struct change *change)
{
	return nft_put_chain_end(&r->batch, change->family, change->table, change->before->name);
}

/* removed: with the chains that go, or with the others. */
static int each_change(struct replay *r, enum family family, enum xtable table, bool removed,
		       int (*step)(struct replay *r, const struct change *change))
{
	const struct plan *plan = r->c->plan;

	for (size_t i = 0; i < plan->nr; i++) {
		const struct change *change = &plan->v[i];

		if (change->family == family && change->table == table &&
		    (change->kind == CHANGE_REMOVE) == removed && step(r, change) < 0)
			return -1;
	}
	return 0;
}

static int put_table(struct replay *r, enum family family, enum xtable table)
{
	if (look_for_bases(r, family, table) < 0 ||
	    each_change(r, family, table, false, prepare_chain) < 0 ||
	    each_change(r, family, table, false, edit_chain) < 0)
		return -1;
	/* all are emptied before the first goes: they may jump to each other */
	return each_change(r, family, table, true, empty_removed) < 0 ||
			       each_change(r, family, table, true, remove_chain) < 0 ?
		     -1 :
		     0;
}

static int put_all(struct replay *r)
{
	FOR_EACH_TABLE(f, t)
		if (put_table(r, f, t) < 0)
			return -1;
	return 0;
}

enum commit_end commit_replay(struct commit *c)
{
	struct replay r = { .c = c, .proven = c->proven, .batch = NFT_BATCH_INIT };
	enum commit_end end = COMMIT_IMPOSSIBLE;

	/* under cover there are rules that the plan does not know */
	if (!r.proven || !r.proven->whole || c->covered || c->base != COMMIT_ON_LOOK)
		return COMMIT_IMPOSSIBLE;
	if (put_all(&r) == 0 && r.batch.nr)
		end = commit_send(c, &r.batch, (uint32_t)c->fingerprint);
	if (end == COMMIT_REFUSED || end == COMMIT_IMPOSSIBLE) {
		/* nothing was done: it is for the programs to do it, or to say why not */
		buf_reset(&c->result->failure);
		c->result->forbidden = NULL;
		c->result->error = 0;
		end = COMMIT_IMPOSSIBLE;
	}
	nft_batch_release(&r.batch);
	return end;
}
