#include "base.h"
#include "commit_internal.h"
#include "commit_exchange.h"
#include "kernel.h"
#include "kernel_blob_make.h"
#include "kernel_legacy.h"
#include "proven.h"

/*
 * legacy, where each new rule was proven or is only moved: the new tables are put together here,
 * out of the live ones and the entries that the kernel has taken in the proof, and take their place
 * one directly after the other.
 *
 * 1. The live tables are read once: what the new ones are made of is what the fingerprint is of,
 *    and that has to be the look's. What others, who do not take the lock, change behind that
 *    the kernel notices by the number of entries, as it does for everybody.
 * 2. What stays of the live tables is as the kernel gave it, to the last byte but where jumps go.
 * 3. All that can fail but the kernel is done before the first table is exchanged.
 * 4. The exchange is made by a process of its own, which does not end with rampart where
 *    a guardian stands by: else a kill between a table and its counters would take these away.
 *    It goes on to the last table, so that what it leaves is whole; the guardian waits for it.
 */

enum { TABLES = FAMILY_NR * XTABLE_NR };

/* What the process of its own says. */
struct progress {
	size_t done; /* tables */
	int error;   /* errno of the next; 0: none failed */
};

struct swapped {
	enum family family;
	enum xtable table;
	struct blob_swap swap;
};

struct exchange {
	struct commit *c;
	const struct proven *proven;
	struct blob live[FAMILY_NR][XTABLE_NR];
	struct swapped table[TABLES]; /* filter, which decides, is the last of each family */
	size_t nr;
	struct progress *progress;
};

/* --- reading and making ----------------------------------------------------------------------- */

static bool changes_in(const struct plan *plan, enum family family, enum xtable table)
{
	for (size_t i = 0; i < plan->nr; i++)
		if (plan->v[i].family == family && plan->v[i].table == table)
			return true;
	return false;
}

static int read_all(struct exchange *x)
{
	FOR_EACH_TABLE_BIT(f, t, x->c->tables)
		if (legacy_read_table(f, t, changes_in(x->c->plan, f, t), &x->live[f][t]) < 0)
			return -1;
	return 0;
}

static int make_all(struct exchange *x)
{
	FOR_EACH_TABLE_BIT(f, t, x->c->tables) {
		struct swapped *next = &x->table[x->nr];

		if (!changes_in(x->c->plan, f, t))
			continue;
		if (exchange_make(x->c->plan, x->proven, f, t, &x->live[f][t], &next->swap) < 0)
			return -1;
		next->family = f;
		next->table = t;
		x->nr++;
	}
	return 0;
}

/* made: those that are exchanged count as they are made. 0: unknown. It strips the tables. */
static uint64_t print_of(struct exchange *x, bool made)
{
	XXH3_state_t *state = legacy_print_begin();
	size_t next = 0;

	if (!state)
		return 0;
	FOR_EACH_TABLE_BIT(f, t, x->c->tables) {
		struct swapped *table = &x->table[next];
		bool is_made = next < x->nr && table->family == f && table->table == t;

		legacy_print_table(state, made && is_made ? &table->swap.made : &x->live[f][t]);
		next += is_made;
	}
	return legacy_print_end(state);
}

/* --- the exchange ----------------------------------------------------------------------------- */

static int swap_all(void *arg)
{
	struct exchange *x = arg;
	struct progress *progress = x->progress;
	int fd[FAMILY_NR];

	FOR_EACH_FAMILY(f) {
		fd[f] = blob_socket(f);
		if (fd[f] < 0 && x->c->tables[f]) {
			progress->error = errno;
			return 1;
		}
	}
	for (; progress->done < x->nr; progress->done++) {
		struct swapped *table = &x->table[progress->done];

		if (blob_swap(&table->swap, fd[table->family]) < 0) {
			progress->error = errno;
			return 1;
		}
	}
	return 0;
}

/* Not all tables: what is live has to be looked at again. */
static enum commit_end failed(struct exchange *x)
{
	const struct progress *progress = x->progress;
	const struct swapped *at = &x->table[progress->done];

	for (size_t i = progress->done; i < x->nr; i++)
		x->c->result->made[x->table[i].family] = false;
	buf_addf(&x->c->result->failure, "%s table '%s' can't be exchanged: %s",
		 family_name(at->family), xtable_name(at->table),
		 strerror(progress->error ? progress->error : ECHILD));
	return COMMIT_REFUSED;
}

static enum commit_end carry_out(struct exchange *x)
{
	int ret = child_call_through(swap_all, x);
	const struct progress *progress = x->progress;
	/* it was killed, or did not end: one more may be exchanged than it has said */
	bool unknown = ret < 0 && (errno == ECHILD || errno == ETIMEDOUT);

	x->c->wrote = progress->done || unknown;
	if (progress->done == x->nr) {
		x->c->fingerprint = print_of(x, true);
		return COMMIT_DONE;
	}
	if (x->c->wrote)
		return failed(x);
	/* nothing was changed: by others it was, or the programs may say what is wrong */
	return progress->error == EAGAIN ? COMMIT_RACED : COMMIT_IMPOSSIBLE;
}

static enum commit_end try_all(struct exchange *x)
{
	int made;

	if (read_all(x) < 0)
		return COMMIT_IMPOSSIBLE;
	made = make_all(x);
	if (print_of(x, false) != x->c->fingerprint)
		return COMMIT_RACED;
	return made < 0 || !x->nr ? COMMIT_IMPOSSIBLE : carry_out(x);
}

enum commit_end commit_exchange(struct commit *c)
{
	struct exchange x = { .c = c, .proven = c->proven };
	enum commit_end end = COMMIT_IMPOSSIBLE;

	if (!x.proven || !x.proven->whole)
		return COMMIT_IMPOSSIBLE;
	x.progress = child_share(sizeof(*x.progress));
	if (x.progress)
		end = try_all(&x);
	for (size_t i = 0; i < x.nr; i++)
		blob_swap_release(&x.table[i].swap);
	FOR_EACH_TABLE(f, t)
		blob_release(&x.live[f][t]);
	child_unshare(x.progress, sizeof(*x.progress));
	return end;
}
