#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>

#include "base.h"
#include "commit.h"
#include "child.h"
#include "diag.h"
#include "kernel.h"
#include "script.h"

struct commit {
	const struct kernel *kernel;
	const struct plan *plan;
	bool *made;
	struct buf *failure;
	struct diags *diags;
	bool wrote; /* the step before has changed something */
};

static void add_failure(struct buf *failure, struct child *child)
{
	buf_addf(failure, "%s%s: %s", failure->len ? "; " : "", child->argv[0], child_error(child));
}

static int run(const struct kernel *kernel, enum family family, const struct payload *payload,
	       struct buf *failure, struct diags *diags)
{
	struct child child = CHILD_INIT;
	int ret;

	if (!payload->text.len)
		return 0;
	child.argv[0] = kernel->restore[family];
	child.argv[1] = "--noflush";
	child.input = payload->text.data;
	child.input_len = payload->text.len;
	ret = child_run(&child, diags);
	if (ret == 0 && child.status == CHILD_TIMEOUT)
		ret = diag_error(diags, NULL, "'%s' did not end in time", child.argv[0]);
	else if (ret == 0 && child.status == CHILD_NO_EXEC)
		ret = diag_error(diags, NULL, "'%s' can't be run", child.argv[0]);
	else if (ret == 0 && child.status != 0)
		add_failure(failure, &child);
	child_release(&child);
	return ret;
}

static uint64_t fingerprint(const struct kernel *kernel)
{
	static const unsigned int no_tables[FAMILY_NR];
	uint64_t print = 0;

	return kernel->ops->fingerprint(no_tables, &print) < 0 ? 0 : print;
}

/*
 * Each commit counts nft's generation up by one; iptables-nft-restore that finds it counted up by
 * somebody else silently fits its commands to what is there by then. The legacy kernel refuses to
 * replace a table whose number of rules is not what the program read.
 */
static bool was_alone(const struct kernel *kernel, uint64_t before, const struct payload *payload)
{
	size_t commits = 0;

	for (size_t i = 0; i < payload->nr_lines; i++)
		commits += !payload->line[i].chain && !payload->line[i].rule;
	commits /= 2; /* the lines of "*table" are without chain and rule, too */
	return kernel->kind == KERNEL_LEGACY || fingerprint(kernel) == before + commits;
}

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

static int run_step(struct commit *c, enum script_step step)
{
	const struct kernel *kernel = c->kernel;
	struct payload payload = PAYLOAD_INIT;
	int ret = 0;

	FOR_EACH_FAMILY(f) {
		uint64_t before = kernel->kind == KERNEL_LEGACY ? 0 : fingerprint(kernel);

		payload_reset(&payload);
		script_write(&payload, c->plan, kernel->kind, f, step);
		if (ret == 0 && !c->failure->len)
			ret = run(kernel, f, &payload, c->failure, c->diags);
		c->wrote |= payload.text.len > 0;
		c->made[f] = ret == 0 && !c->failure->len && was_alone(kernel, before, &payload);
	}
	payload_release(&payload);
	return ret;
}

int commit_plan(const struct kernel *kernel, const struct plan *plan, bool ret_made[FAMILY_NR],
		struct buf *ret_failure, struct diags *diags)
{
	struct commit c = { kernel, plan, ret_made, ret_failure, diags, false };

	for (enum script_step step = SCRIPT_COVER; step <= SCRIPT_EDIT; step++) {
		if (c.wrote)
			let_packets_pass();
		c.wrote = false;
		if (run_step(&c, step) < 0)
			return -1;
	}
	return 0;
}
