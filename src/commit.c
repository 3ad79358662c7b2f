#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>

#include "base.h"
#include "commit.h"
#include "commit_internal.h"
#include "diag.h"
#include "kernel.h"

const char *commit_way_name(enum commit_way way)
{
	return way == COMMIT_ONE_STEP ? "one-step" : "per-table";
}

void commit_way_describe(const struct commit_result *result, struct buf *ret)
{
	if (result->way == COMMIT_ONE_STEP) {
		buf_adds(ret, "in one step");
		return;
	}
	buf_addf(ret, "table by table (%s", result->forbidden);
	if (result->error)
		buf_addf(ret, ": %s", strerror(result->error));
	buf_addc(ret, ')');
}

void commit_result_release(struct commit_result *result)
{
	buf_release(&result->failure);
}

/* --- a restore program ------------------------------------------------------------------- */

bool commit_write(const struct commit *c, struct commit_part *part, unsigned int tables,
		  enum script_step step)
{
	script_write(&part->payload, c->plan, c->kernel->kind, part->family, tables, step);
	for (size_t i = 0; i < part->payload.nr_lines; i++)
		if (part->payload.line[i].chain)
			return true;
	payload_reset(&part->payload);
	return false;
}

int commit_start(const struct commit *c, const struct commit_part *part, enum trap_kind kind,
		 struct child *child)
{
	const size_t bytes_per_second = 50 * 1000; /* a hundredth of what is usual */

	*child = (struct child)CHILD_INIT;
	child->argv[0] = c->kernel->restore[part->family];
	child->argv[1] = "--noflush";
	child->input = part->payload.text.data;
	child->input_len = part->payload.text.len;
	child->timeout = COMMIT_SECONDS + (unsigned int)(part->payload.text.len / bytes_per_second);
	child->trap.kind = kind;
	/* libiptc replaces a table, and then adds the counters of the old one: see its TC_COMMIT */
	child->finishes = c->kernel->kind == KERNEL_LEGACY;
	return child_start(child, c->diags);
}

static enum commit_end late(const struct commit *c, const struct child *child)
{
	diag_error(c->diags, NULL, "'%s' did not end in time", child->argv[0]);
	return COMMIT_BROKEN;
}

enum commit_end commit_late(const struct commit *c, const struct child *children, size_t nr)
{
	size_t i = 0;

	while (i + 1 < nr && children[i].pid <= 0)
		i++;
	return late(c, &children[i]);
}

int64_t commit_time(const struct child *children, size_t nr)
{
	unsigned int seconds = 0;

	for (size_t i = 0; i < nr; i++)
		if (children[i].timeout > seconds)
			seconds = children[i].timeout;
	return (int64_t)seconds * 1000;
}

enum commit_end commit_judge(struct commit *c, struct child *child)
{
	struct buf *failure = &c->result->failure;

	switch (child->status) {
	case 0: return COMMIT_DONE;
	case CHILD_TIMEOUT: return late(c, child);
	case CHILD_NO_EXEC:
		diag_error(c->diags, NULL, "'%s' can't be run", child->argv[0]);
		return COMMIT_BROKEN;
	default:
		buf_addf(failure, "%s%s: %s", failure->len ? "; " : "", child->argv[0],
			 child_error(child));
		return COMMIT_REFUSED;
	}
}

enum commit_end commit_impossible(struct commit *c, const char *what, int error)
{
	c->result->forbidden = what;
	c->result->error = error;
	return COMMIT_IMPOSSIBLE;
}

uint64_t commit_fingerprint(const struct commit *c)
{
	uint64_t print = 0;

	return c->kernel->ops->fingerprint(c->tables, &print) < 0 ? 0 : print;
}

/* --- steps -------------------------------------------------------------------------------- */

/*
 * Wait until no packet is on its way any more that has met the rules of before the last commit:
 * it would be decided by a policy that is not theirs. membarrier(2) waits for the kernel's RCU
 * readers, and a packet on its way through a chain is one; where that is not to be had, a time
 * that no packet takes must do.
 */
static void let_packets_pass(void)
{
	static const struct timespec long_enough = { 0, 50 * 1000 * 1000 };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&long_enough, NULL);
}

/* legacy has one step: there policies and rules change together */
static enum commit_end run_step(struct commit *c, enum script_step step)
{
	enum commit_end end = COMMIT_IMPOSSIBLE;

	if (c->kernel->kind == KERNEL_LEGACY && step != SCRIPT_EDIT)
		return COMMIT_DONE;
	/* once it was not possible, it is not asked for again */
	if (c->result->way == COMMIT_ONE_STEP)
		end = c->kernel->kind == KERNEL_NFT ? commit_nft(c, step) : commit_legacy(c);
	if (end == COMMIT_IMPOSSIBLE) {
		c->result->way = COMMIT_PER_TABLE;
		end = commit_tables(c, step);
	}
	return end;
}

/*
 * nft: one transaction that the kernel took on the generation of the look, and acknowledged whole.
 * legacy: tables that were made here, or that the programs were seen to make, of which the
 * fingerprint says what is in them.
 */
static bool is_known_after(const struct commit *c)
{
	return (c->kernel->kind == KERNEL_LEGACY || c->base == COMMIT_ON_LOOK) &&
	       c->result->way == COMMIT_ONE_STEP && c->wrote && c->result->made[FAMILY_IPV4] &&
	       c->result->made[FAMILY_IPV6];
}

int commit_plan(const struct kernel *kernel, const struct plan *plan, const struct proven *proven,
		const unsigned int tables[FAMILY_NR], uint64_t fingerprint, enum commit_base base,
		struct commit_result *ret, struct diags *diags)
{
	struct commit c = { .kernel = kernel,
			    .plan = plan,
			    .proven = proven,
			    .tables = tables,
			    .fingerprint = fingerprint,
			    .base = base,
			    .result = ret,
			    .diags = diags };
	enum commit_end end = COMMIT_DONE;

	buf_reset(&ret->failure);
	ret->by_programs = false;
	FOR_EACH_FAMILY(f)
		ret->made[f] = true;
	/* without a fingerprint nobody could tell whether somebody else was there */
	if (!fingerprint)
		end = COMMIT_RACED;
	for (enum script_step step = SCRIPT_COVER; end == COMMIT_DONE && step <= SCRIPT_EDIT;
	     step++) {
		if (c.wrote)
			let_packets_pass();
		c.covered |= c.wrote;
		c.wrote = false;
		end = run_step(&c, step);
	}
	ret->raced = end == COMMIT_RACED;
	ret->after = end == COMMIT_DONE && is_known_after(&c) ? c.fingerprint : 0;
	if (end == COMMIT_RACED || end == COMMIT_BROKEN)
		FOR_EACH_FAMILY(f)
			ret->made[f] = false;
	return end == COMMIT_BROKEN ? -1 : 0;
}
