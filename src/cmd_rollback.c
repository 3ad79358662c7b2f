#include "base.h"
#include "apply.h"
#include "command.h"
#include "diag.h"
#include "generation.h"
#include "options.h"
#include "recovery.h"
#include "report.h"

static const char unchanged[] = "live rules not changed";

static int refuse(struct apply *a)
{
	struct outcome refused = { .kind = OUTCOME_REFUSED };

	return apply_finish(a, "rollback", &refused);
}

/* The pending one goes first, wherever the way leads then. */
static int reject_pending(struct apply *a, bool *ret_done)
{
	struct pipeline *p = &a->p;
	unsigned int number = p->current.generation;

	*ret_done = false;
	if (!recovery_is_pending(p))
		return 0;
	if (recovery_reject(p, &a->lock) != RECOVERY_UNDONE)
		return -1;
	*ret_done = true;
	report_info(a->report, "generation %u is rejected: the rules before it are back", number);
	return 0;
}

/* The one that is named, or the good one before the current. */
static const struct generation *choose(struct apply *a, const struct generations *list,
				       unsigned int number)
{
	struct pipeline *p = &a->p;
	const struct generation *current = generation_current(list);
	const struct generation *g;

	if (!number) {
		g = generation_good_before(list, current ? current->number : 0);
		if (!g)
			diag_error(p->diags, NULL,
				   "there is no good generation before this one: "
				   "'rampart flush' takes all rules out");
		return g;
	}
	g = generation_find(list, number);
	if (!g)
		diag_error(p->diags, NULL,
			   "there is no generation %u: 'rampart history' lists them", number);
	else if (g->status != GENERATION_GOOD) {
		diag_error(p->diags, NULL,
			   "generation %u is %s: only to a good one is there a "
			   "way back",
			   number, generation_status_name(g->status));
		g = NULL;
	}
	return g;
}

/* Its backend is that of the kernel's rules now; another one has to be moved to. */
static int read_target(struct apply *a, const struct generation *g, struct state *target)
{
	struct pipeline *p = &a->p;

	if (generation_read(&p->fs, &p->config, g, target, p->diags) < 0)
		return -1;
	if (p->options->backend < 0)
		p->config.backend = p->current.exists && p->current.backend == KERNEL_LEGACY ?
					    BACKEND_LEGACY :
				    p->current.exists ? BACKEND_NFT :
							p->config.backend;
	if (pipeline_kernel(p) < 0)
		return -1;
	if (target->backend != p->kernel.kind)
		return diag_error(p->diags, NULL,
				  "generation %u was applied to backend %s, and rampart's rules "
				  "are "
				  "in %s",
				  g->number, kernel_kind_name(target->backend),
				  kernel_kind_name(p->kernel.kind));
	return 0;
}

static void reject_newer(struct pipeline *p, const struct generation *from, unsigned int to)
{
	struct diags faults = DIAGS_INIT;

	if (from && from->number > to && generation_reject(&p->fs, &p->config, from, &faults) < 0)
		diag_warning(p->diags, NULL,
			     "generation %u could not be marked as rejected: boot may apply its "
			     "files again",
			     from->number);
	diags_release(&faults);
}

static int go_to(struct apply *a, const struct generation *g, const struct generation *from)
{
	struct pipeline *p = &a->p;
	struct state target = STATE_INIT;
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct transaction tx;
	struct config then;

	if (read_target(a, g, &target) < 0)
		goto out;
	a->generation = g->number;
	a->loads = true;
	memcpy(p->inputs, target.inputs, sizeof(p->inputs));
	memcpy(p->captured, target.captured, sizeof(p->captured));
	p->config.ownership = target.ownership;
	FOR_EACH_FAMILY(f)
		p->tables[f] = p->current.tables[f] | p->begun.tables[f] | target.tables[f];
	if (apply_transaction(a, &tx) < 0)
		goto out;
	config_then(&then, &p->config, &target);
	tx.config = &then;
	tx.wanted = &target.set;
	tx.ipsets = target.ipsets;
	tx.wishes = target.wishes;
	outcome = apply_make(a, &tx);
	config_then_release(&then);
	if (outcome.kind == OUTCOME_APPLIED || outcome.kind == OUTCOME_SAME)
		reject_newer(p, from, g->number);
out:
	state_release(&target);
	if (outcome.kind == OUTCOME_APPLIED || outcome.kind == OUTCOME_SAME)
		report_info(a->report, "back at generation %u", g->number);
	return apply_finish(a, "rollback", &outcome);
}

static int run(struct apply *a)
{
	struct pipeline *p = &a->p;
	struct generations list = GENERATIONS_INIT;
	const struct generation *g;
	unsigned int number = 0;
	bool rejected;
	int ret;

	if (apply_lock(a) < 0 || apply_recover(a) < 0)
		return refuse(a);
	if (p->options->nr_args && options_generation(p->options->args[0], &number, p->diags) < 0)
		return refuse(a);
	if (reject_pending(a, &rejected) < 0) {
		report_finish(a->report, p->diags, "the old rules could not be put back");
		return EXIT_NOT_AS_IT_WAS;
	}
	if (rejected && (!number || number == p->current.generation)) {
		report_set(a->report, "result", json_string(outcome_name(OUTCOME_APPLIED)));
		report_finish(a->report, p->diags, NULL);
		return EXIT_DONE;
	}
	if (generation_list(&p->fs, &p->config, &p->current, &list, p->diags) < 0)
		return refuse(a);
	g = choose(a, &list, number);
	ret = g ? go_to(a, g, generation_current(&list)) : refuse(a);
	generations_release(&list);
	return ret;
}

int cmd_rollback(const struct options *options, struct report *report, struct diags *diags)
{
	struct apply a;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, unchanged);
		return ret;
	}
	if (apply_open(&a, options, report, diags) < 0) {
		report_finish(report, diags, unchanged);
		ret = EXIT_TROUBLE;
	} else {
		ret = run(&a);
	}
	apply_release(&a);
	return ret;
}
