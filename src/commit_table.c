#include "base.h"
#include "commit_internal.h"
#include "kernel.h"

/*
 * Table by table, IPv4 first: what is left where programs can't be stopped before their commit. If
 * one fails, those before it stay: the caller looks again, goes on or undoes.
 */

/*
 * Each commit counts nft's generation up by one; iptables-nft-restore that finds it counted up by
 * somebody else silently fits its commands to what is there by then. The legacy kernel refuses to
 * replace a table whose number of rules is not what the program read.
 */
static bool was_alone(const struct commit *c, uint64_t before, const struct payload *payload)
{
	size_t commits = 0;

	for (size_t i = 0; i < payload->nr_lines; i++)
		commits += !payload->line[i].chain && !payload->line[i].rule;
	commits /= 2; /* the lines of "*table" are without chain and rule, too */
	return c->kernel->kind == KERNEL_LEGACY || commit_fingerprint(c) == before + commits;
}

static enum commit_end run(struct commit *c, const struct commit_part *part)
{
	struct child child;
	enum commit_end end = COMMIT_BROKEN;

	if (commit_start(c, part, TRAP_NONE, &child) == 0 && child_wait(&child, c->diags) == 0)
		end = commit_judge(c, &child);
	child_release(&child);
	return end;
}

enum commit_end commit_tables(struct commit *c, enum script_step step)
{
	enum commit_end end = COMMIT_DONE;

	/* the last moment to notice; a change that comes later is found by the next look */
	if (c->base == COMMIT_ON_LOOK && commit_fingerprint(c) != c->fingerprint)
		return COMMIT_RACED;
	FOR_EACH_FAMILY(f) {
		struct commit_part part = { .family = f, .payload = PAYLOAD_INIT };
		uint64_t before = c->kernel->kind == KERNEL_LEGACY ? 0 : commit_fingerprint(c);

		bool writes = commit_write(c, &part, ~0u, step);

		if (end == COMMIT_DONE && writes)
			end = run(c, &part);
		c->wrote |= writes;
		c->result->made[f] &= end == COMMIT_DONE && was_alone(c, before, &part.payload);
		payload_release(&part.payload);
	}
	c->fingerprint = commit_fingerprint(c);
	return end;
}
