#include "base.h"
#include "recovery.h"
#include "diag.h"
#include "generation.h"
#include "lock.h"
#include "pending.h"
#include "pipeline.h"
#include "state.h"

/* The backend that the rules were applied to, whatever the host's iptables is by now. */
static int open_kernel(struct pipeline *p, enum backend_kind kind, struct lock *lock,
		       struct kernel *kernel)
{
	if (kernel_init(kernel, kind == KERNEL_NFT ? BACKEND_NFT : BACKEND_LEGACY,
			p->config.families, p->diags) < 0)
		return -1;
	if (lock->xtables >= 0)
		return 0;
	return lock_xtables(lock, kind == KERNEL_LEGACY, p->diags);
}

static void read_state_again(struct pipeline *p)
{
	struct diags unused = DIAGS_INIT, *diags = p->diags;

	state_release(&p->current);
	state_release(&p->begun);
	p->diags = &unused; /* whatever is wrong with them has been said */
	(void)pipeline_state(p);
	p->diags = diags;
	diags_release(&unused);
}

static struct transaction towards(struct pipeline *p, const struct kernel *kernel,
				  const struct state *target)
{
	struct transaction tx = pipeline_applied(p);

	tx.kernel = kernel;
	tx.wanted = &target->set;
	tx.ownership = target->ownership;
	tx.live = NULL;
	FOR_EACH_FAMILY(f)
		tx.tables[f] |= target->tables[f] | target->taken[f];
	return tx;
}

/* Did the interrupted apply make all of it? */
static bool is_complete(struct pipeline *p, const struct kernel *kernel)
{
	struct transaction tx = towards(p, kernel, &p->begun);
	struct diags unused = DIAGS_INIT;
	struct look look = LOOK_INIT;
	struct config then;
	bool complete;

	config_then(&then, &p->config, &p->begun);
	tx.config = &then;
	complete = transaction_look(&tx, &look, &unused) == 0 && plan_is_empty(&look.plan);
	config_then_release(&then);
	look_release(&look);
	diags_release(&unused);
	return complete;
}

/* What was applied before the pending one: the last good generation, or nothing. */
static int read_good_before(struct pipeline *p, struct state *state)
{
	struct generations list = GENERATIONS_INIT;
	const struct generation *good;
	int ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);

	good = generation_good_before(&list, p->current.generation);
	if (ret == 0 && good)
		ret = generation_read(&p->fs, &p->config, good, state, p->diags);
	generations_release(&list);
	return ret;
}

/* What was live before; where that was lost, what had been applied. */
static int read_undo(struct pipeline *p, bool pending, struct state *undo)
{
	if (state_read(&p->fs, &p->config, STATE_UNDO, undo, p->diags) < 0)
		return -1;
	if (undo->exists)
		return 0;
	diag_warning(p->diags, NULL,
		     "what was live before is not known: going back to what was "
		     "applied before");
	return pending ? read_good_before(p, undo) :
			 state_read(&p->fs, &p->config, STATE_CURRENT, undo, p->diags);
}

static int remove_both(struct pipeline *p)
{
	if (state_remove(&p->fs, &p->config, STATE_BEGUN, p->diags) < 0)
		return -1;
	return state_remove(&p->fs, &p->config, STATE_UNDO, p->diags);
}

static int restore(struct pipeline *p, const struct kernel *kernel, const struct state *target)
{
	struct transaction tx = towards(p, kernel, target);
	struct config then;
	bool changed;
	int ret;

	config_then(&then, &p->config, target);
	tx.config = &then;
	ret = transaction_restore(&tx, &changed, p->diags);
	config_then_release(&then);
	return ret;
}

static int keep_begun(struct pipeline *p)
{
	if (state_rename(&p->fs, &p->config, STATE_BEGUN, STATE_CURRENT, p->diags) < 0)
		return -1;
	if (!p->begun.generation && ruleset_is_empty(&p->begun.set)) /* a flush */
		(void)state_remove(&p->fs, &p->config, STATE_CURRENT, p->diags);
	if (p->begun.generation)
		(void)generation_keep(&p->fs, &p->config, p->begun.generation, GENERATION_GOOD,
				      p->diags);
	return state_remove(&p->fs, &p->config, STATE_UNDO, p->diags);
}

static enum recovery undo_begun(struct pipeline *p, const struct kernel *kernel)
{
	struct state undo = STATE_INIT;
	enum recovery ret = RECOVERY_FAILED;

	if (!p->begun.token[0] && is_complete(p, kernel))
		return keep_begun(p) < 0 ? RECOVERY_FAILED : RECOVERY_KEPT;
	if (read_undo(p, false, &undo) == 0 && restore(p, kernel, &undo) == 0 &&
	    remove_both(p) == 0)
		ret = RECOVERY_UNDONE;
	state_release(&undo);
	return ret;
}

enum recovery recovery_begun(struct pipeline *p, struct lock *lock)
{
	struct kernel kernel = { .ops = NULL };
	enum recovery ret = RECOVERY_FAILED;

	if (!p->begun.exists)
		return RECOVERY_NOTHING;
	if (!state_is_of_this_boot(&p->begun)) /* the kernel has forgotten it */
		ret = remove_both(p) < 0 ? RECOVERY_FAILED : RECOVERY_NOTHING;
	else if (open_kernel(p, p->begun.backend, lock, &kernel) == 0)
		ret = undo_begun(p, &kernel);
	kernel_release(&kernel);
	read_state_again(p);
	return ret;
}

bool recovery_is_pending(const struct pipeline *p)
{
	struct generations list = GENERATIONS_INIT;
	struct diags unused = DIAGS_INIT;
	const struct generation *current = NULL;
	bool pending = false;

	if (!p->current.exists || !p->current.token[0])
		return false;
	/* where the list can't be read, nobody can have confirmed it */
	pending = generation_list(&p->fs, &p->config, &p->current, &list, &unused) < 0;
	current = generation_current(&list);
	/* rejected, but still what is applied: its rollback did not come to its end */
	pending |= current && current->status != GENERATION_GOOD;
	generations_release(&list);
	diags_release(&unused);
	return pending;
}

/* "current" says again what it said before the pending apply. */
static int restore_current(struct pipeline *p, const struct state *undo)
{
	struct generation before = { .number = undo->generation, .status = GENERATION_GOOD };
	struct generations list = GENERATIONS_INIT;
	const struct generation *found;
	int ret;

	if (!undo->exists || !undo->applied[0]) { /* there was none */
		ret = state_remove(&p->fs, &p->config, STATE_CURRENT, p->diags);
		return ret < 0 ? ret : state_remove(&p->fs, &p->config, STATE_UNDO, p->diags);
	}
	ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);
	found = generation_find(&list, undo->generation);
	if (found)
		before = *found;
	generations_release(&list);
	if (ret < 0)
		return -1;
	if (!found || !before.has_file) /* one without a number, or pruned by hand */
		return state_rename(&p->fs, &p->config, STATE_UNDO, STATE_CURRENT, p->diags);
	if (generation_make_current(&p->fs, &p->config, &before, p->diags) < 0)
		return -1;
	return state_remove(&p->fs, &p->config, STATE_UNDO, p->diags);
}

static int reject(struct pipeline *p)
{
	struct generations list = GENERATIONS_INIT;
	const struct generation *current;
	int ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);

	current = generation_current(&list);
	if (ret == 0 && current)
		ret = generation_reject(&p->fs, &p->config, current, p->diags);
	generations_release(&list);
	return ret;
}

enum recovery recovery_reject(struct pipeline *p, struct lock *lock)
{
	struct kernel kernel = { .ops = NULL };
	struct state undo = STATE_INIT;
	enum recovery ret = RECOVERY_FAILED;
	bool live = state_is_of_this_boot(&p->current);

	/* first of all nobody takes it for good any more, whatever happens next */
	if (reject(p) == 0 && read_undo(p, true, &undo) == 0 &&
	    (!live || (open_kernel(p, p->current.backend, lock, &kernel) == 0 &&
		       restore(p, &kernel, &undo) == 0)) &&
	    restore_current(p, &undo) == 0)
		ret = RECOVERY_UNDONE;
	if (ret == RECOVERY_UNDONE)
		pending_remove(&p->fs);
	state_release(&undo);
	kernel_release(&kernel);
	read_state_again(p);
	return ret;
}
