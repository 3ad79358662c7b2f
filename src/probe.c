#include "base.h"
#include "probe.h"
#include "diag.h"
#include "kernel.h"
#include "payload.h"
#include "probe_internal.h"
#include "scratch.h"

/* nft's restore can't raise its send buffer in a user namespace: small batches only. */
enum { USER_BLOCK = 100 };

/* What the child leaves. Pointers are good in both: the child is a copy of this process. */
struct outcome {
	int error; /* errno; 0: done */
	const char *failed;
	struct probe_result result[];
};

struct run {
	const struct probe *probe;
	struct outcome *outcome;
};

static int run_in_child(void *arg)
{
	struct run *run = arg;

	run->outcome->error = EIO;
	if (probe_session(run->probe, run->outcome->result, &run->outcome->failed) < 0)
		run->outcome->error = errno ? errno : EIO;
	else
		run->outcome->error = 0;
	return 0;
}

static int run_session(const struct probe *probe, const struct scratch *scratch,
		       struct probe_result *ret_result, struct diags *diags)
{
	size_t results = probe->nr_packets * sizeof(*ret_result);
	size_t size = sizeof(struct outcome) + results;
	struct run run = { probe, child_share(size) };
	int ret = 0;

	if (!run.outcome || child_call(scratch->netns[probe->family],
				       scratch->userns[probe->family], run_in_child, &run) < 0)
		ret = diag_error(diags, NULL, "no packets can be sent through the rules: %s",
				 strerror(errno));
	else if (run.outcome->error)
		ret = diag_error(diags, NULL, "no packets can be sent through the rules (%s): %s",
				 run.outcome->failed, strerror(run.outcome->error));
	else
		memcpy(ret_result, run.outcome->result, results);
	child_unshare(run.outcome, size);
	return ret;
}

/* The ruleset with a rule at each packet's first place that has it traced. */
static void add_traced(struct ruleset *to, const struct probe *probe)
{
	static const struct rule trace = { .spec = "-j TRACE", .target = "TRACE" };

	FOR_EACH_XTABLE(t) {
		FOR_EACH_CHAIN(from, probe->set, probe->family, t) {
			struct chain *chain = ruleset_chain(to, probe->family, t, from->name);

			chain->policy = from->policy;
			for (size_t i = 0; i < from->nr; i++)
				chain_append(chain, chain_rule(from, i));
		}
	}
	chain_insert(ruleset_chain(to, probe->family, XTABLE_RAW, "PREROUTING"), 0, &trace);
	chain_insert(ruleset_chain(to, probe->family, XTABLE_RAW, "OUTPUT"), 0, &trace);
}

static int load(struct scratch *scratch, const struct probe *probe, struct diags *diags)
{
	bool blocks = scratch->with_user && probe->kernel->kind == KERNEL_NFT;
	struct payload_style style = { .block = blocks ? USER_BLOCK : 0 };
	struct payload payload = PAYLOAD_INIT;
	struct ruleset set = RULESET_INIT;
	struct child child = CHILD_INIT;
	unsigned int tables = 0;
	int ret;

	add_traced(&set, probe);
	FOR_EACH_XTABLE(t)
		if (ruleset_has_table(&set, probe->family, t))
			tables |= 1u << t;
	payload_render(&payload, &set, probe->family, tables, &style);
	ret = scratch_start_restore(scratch, probe->family, &payload.text, blocks, &child, diags);
	if (ret == 0)
		ret = child_wait(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL,
				 "the rules to be probed (%s) can't be loaded in a scratch "
				 "namespace: %s",
				 family_name(probe->family), child_error(&child));
	child_release(&child);
	payload_release(&payload);
	ruleset_release(&set);
	return ret;
}

int probe_run(const struct probe *probe, struct probe_result *ret_result, struct diags *diags)
{
	unsigned int families = family_bit(probe->family);
	struct scratch scratch;
	int ret = 0;

	if (scratch_open(&scratch, probe->kernel, families) < 0)
		return diag_error(diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	if (probe->sets)
		ret = scratch_mirror_sets(&scratch, probe->sets, families, diags);
	if (ret == 0 && probe->members)
		ret = scratch_fill_sets(&scratch, probe->family, probe->members, diags);
	if (ret == 0)
		ret = load(&scratch, probe, diags);
	if (ret == 0)
		ret = run_session(probe, &scratch, ret_result, diags);
	scratch_close(&scratch);
	return ret;
}
