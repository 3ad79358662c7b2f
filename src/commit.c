#include "base.h"
#include "commit.h"
#include "child.h"
#include "diag.h"
#include "kernel.h"
#include "script.h"

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

int commit_plan(const struct kernel *kernel, const struct plan *plan, bool ret_made[FAMILY_NR],
		struct buf *ret_failure, struct diags *diags)
{
	struct payload payload = PAYLOAD_INIT;
	uint64_t before;
	int ret = 0;

	FOR_EACH_FAMILY(f) {
		payload_reset(&payload);
		script_cover(&payload, plan, kernel->kind, f);
		if (ret == 0)
			ret = run(kernel, f, &payload, ret_failure, diags);
		before = kernel->kind == KERNEL_LEGACY ? 0 : fingerprint(kernel);
		payload_reset(&payload);
		script_edit(&payload, plan, kernel->kind, f);
		if (ret == 0 && !ret_failure->len)
			ret = run(kernel, f, &payload, ret_failure, diags);
		ret_made[f] = ret == 0 && !ret_failure->len && was_alone(kernel, before, &payload);
	}
	payload_release(&payload);
	return ret;
}
