#include "base.h"
#include "commit_internal.h"
#include "kernel.h"
#include "kernel_legacy.h"
#include "xalloc.h"
#include "xtable.h"

/*
 * legacy: a program for each table, held at the call that replaces the table. When all are there,
 * or have failed, the fingerprint says whether live still is what the plan was made from, and
 * they are let go one directly after the other. What is left to happen:
 * - somebody who does not take the lock changes a table between fingerprint and call: the kernel
 *   notices it by the number of rules (EAGAIN), after other tables were replaced. That is
 *   a failure, and the caller looks again;
 * - rampart is killed between two tables: those that are still held are given up, and live is
 *   a mix, until what was begun is finished or undone.
 */

enum { PROGRAMS = FAMILY_NR * XTABLE_NR, LARGEST_TABLE = 1 << 30 /* bytes */ };

struct barrier {
	struct commit *c;
	struct commit_part part[PROGRAMS];
	enum xtable table[PROGRAMS]; /* of the part */
	struct child child[PROGRAMS];
	struct trap_call held[PROGRAMS];
	bool is_held[PROGRAMS];
	size_t nr, nr_waited_for;
	bool open;
};

/* filter, which decides, comes last in each family: enum xtable */
static void write_parts(struct barrier *b)
{
	for (size_t i = 0; i < PROGRAMS; i++)
		b->child[i] = (struct child)CHILD_INIT;
	FOR_EACH_FAMILY(f) {
		FOR_EACH_XTABLE(t) {
			struct commit_part *part = &b->part[b->nr];

			part->family = f;
			b->table[b->nr] = t;
			b->nr += commit_write(b->c, part, 1u << t, SCRIPT_EDIT);
		}
	}
}

static enum commit_end start(struct barrier *b)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct child *child = &b->child[i];

		if (commit_start(b->c, &b->part[i], TRAP_REPLACE, child) == 0)
			continue;
		if (!child->trap.refused)
			return COMMIT_BROKEN;
		return commit_impossible(b->c, child->trap.refused, child->trap.error);
	}
	return COMMIT_DONE;
}

/* One table each: who calls a second time is not what it is taken for. */
static void hold(struct barrier *b, const struct trap_call *call)
{
	if (b->open || b->is_held[call->child]) {
		(void)trap_refuse(b->child, call, EPERM);
		return;
	}
	b->held[call->child] = *call;
	b->is_held[call->child] = true;
	b->nr_waited_for--;
}

static enum commit_end next(struct barrier *b, int64_t until)
{
	struct trap_call call;

	switch (trap_next(b->child, b->nr, until, &call)) {
	case TRAP_CALL:
		if (call.foreign)
			return commit_impossible(b->c, "a restore program of another architecture",
						 0);
		hold(b, &call);
		break;
	case TRAP_ENDED:
		if (!b->open && !b->is_held[call.child])
			b->nr_waited_for--;
		if (child_wait(&b->child[call.child], b->c->diags) < 0)
			return COMMIT_BROKEN;
		break;
	case TRAP_TIMEOUT: return commit_late(b->c, b->child, b->nr);
	case TRAP_ALL_OVER: b->nr_waited_for = 0; break;
	}
	return COMMIT_DONE;
}

/*
 * What came of those that have ended. Before the barrier is open the first failure is the whole
 * answer; then each counts, for its family.
 */
static enum commit_end judge(struct barrier *b)
{
	enum commit_end end = COMMIT_DONE;

	for (size_t i = 0; i < b->nr; i++) {
		enum commit_end one =
			b->child[i].pid > 0 ? COMMIT_DONE : commit_judge(b->c, &b->child[i]);

		if (one == COMMIT_DONE)
			continue;
		b->c->result->made[b->part[i].family] = false;
		if (end != COMMIT_BROKEN)
			end = one;
		if (!b->open)
			break;
	}
	return end;
}

/* Until each is held, or has ended. */
static enum commit_end gather(struct barrier *b, int64_t until)
{
	enum commit_end end = COMMIT_DONE;

	b->nr_waited_for = b->nr;
	while (end == COMMIT_DONE && b->nr_waited_for)
		end = next(b, until);
	if (end == COMMIT_DONE)
		end = judge(b);
	/* ended well, without a change: the next look will tell the rest */
	for (size_t i = 0; i < b->nr && end == COMMIT_DONE; i++)
		if (!b->is_held[i])
			end = COMMIT_REFUSED;
	return end;
}

/* --- what live will be ----------------------------------------------------------------------- */

static int read_held(const struct barrier *b, size_t i, struct blob *ret_blob)
{
	const struct trap_call *call = &b->held[i];
	size_t len = (size_t)call->args[4]; /* of setsockopt(2) */
	char *replace = len <= LARGEST_TABLE ? xmalloc(len) : NULL;
	int ret = -1;

	if (replace && trap_read(b->child, call, call->args[3], replace, len) == 0)
		ret = blob_of_replace(b->part[i].family, replace, len, ret_blob);
	free(replace);
	return ret;
}

/* The table as the program that is held will make it, or as it is. */
static int read_next(const struct barrier *b, enum family family, enum xtable table,
		     struct blob *ret_blob)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->part[i].family == family && b->table[i] == table)
			return read_held(b, i, ret_blob);
	return legacy_read_table(family, table, false, ret_blob);
}

/*
 * The fingerprint of live when all that are held have gone on: the kernel gives back what it was
 * told. Where it does not (an extension's own notes), live will have another one, and is read.
 * 0: unknown.
 */
static uint64_t print_of_next(const struct barrier *b)
{
	XXH3_state_t *state = legacy_print_begin();
	struct blob blob;

	if (!state)
		return 0;
	FOR_EACH_TABLE_BIT(f, t, b->c->tables) {
		if (read_next(b, f, t, &blob) < 0) {
			XXH3_freeState(state);
			return 0;
		}
		legacy_print_table(state, &blob);
		blob_release(&blob);
	}
	return legacy_print_end(state);
}

/* --- letting go ------------------------------------------------------------------------------ */

/* From here on tables change. */
static enum commit_end release(struct barrier *b, int64_t until)
{
	enum commit_end end = COMMIT_DONE;

	b->open = true;
	for (size_t i = 0; i < b->nr; i++)
		(void)trap_carry_out(b->child, &b->held[i]); /* if it has died: see judge() */
	b->c->wrote = true;
	b->nr_waited_for = 1; /* all over */
	/* whatever one of them does, the others are not cut off */
	while (b->nr_waited_for && trap_clock() < until) {
		enum commit_end one = next(b, until);

		if (one != COMMIT_DONE)
			end = one;
	}
	return end == COMMIT_DONE ? judge(b) : end;
}

static enum commit_end run_programs(struct commit *c)
{
	struct barrier b = { .c = c };
	enum commit_end end;
	int64_t until;

	c->result->by_programs = true;
	write_parts(&b);
	end = start(&b);
	until = trap_clock() + commit_time(b.child, b.nr);
	if (end == COMMIT_DONE)
		end = gather(&b, until);
	if (end == COMMIT_DONE && commit_fingerprint(c) != c->fingerprint)
		end = COMMIT_RACED;
	if (end == COMMIT_DONE) {
		uint64_t print = print_of_next(&b);

		end = release(&b, until);
		c->fingerprint = print;
	} else {
		FOR_EACH_FAMILY(f)
			c->result->made[f] &= end == COMMIT_IMPOSSIBLE;
	}
	for (size_t i = 0; i < PROGRAMS; i++) {
		child_release(&b.child[i]);
		payload_release(&b.part[i].payload);
	}
	return end;
}

enum commit_end commit_legacy(struct commit *c)
{
	enum commit_end end = commit_exchange(c);

	return end == COMMIT_IMPOSSIBLE ? run_programs(c) : end;
}
