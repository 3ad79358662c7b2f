#include "base.h"
#include "apply.h"
#include "command.h"
#include "diag.h"
#include "generation.h"
#include "ipset.h"
#include "lockdown.h"
#include "neighbours.h"
#include "options.h"
#include "place.h"
#include "report.h"
#include "wish.h"

/*
 * What a boot does, in this order, until something has worked:
 * 1. files as they were applied: the last good generation, at once and without a proof;
 * 2. files that were rejected: the same;
 * 3. other files: the whole apply;
 * 4. the baseline's on_boot_failure: the last good generation, a lockdown, or nothing.
 */

static bool worked(const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_APPLIED || outcome->kind == OUTCOME_SAME;
}

/* The end: to the report and to the system's log. */
static int finish(struct apply *a, const char *result, const char *truth, int ret)
{
	report_set(a->report, "result", json_string(result));
	report_log(a->p.diags, truth, false);
	if (ret == EXIT_DONE) {
		report_info(a->report, "%s", truth);
		truth = NULL;
	}
	report_finish(a->report, a->p.diags, truth);
	return ret;
}

static void make_missing_ipsets(struct apply *a, const struct state *target)
{
	struct buf made = BUF_INIT;
	struct diags faults = DIAGS_INIT;

	if (ipsets_make_missing(target->ipsets, &made, &faults) < 0)
		for (size_t i = 0; i < faults.nr; i++)
			diag_warning(a->p.diags, NULL, "%s", faults.list[i].text);
	else if (made.len)
		diag_warning(a->p.diags, NULL, "ipsets that were missing were made, empty: %s",
			     made.data);
	diags_release(&faults);
	buf_release(&made);
}

/* The generation's text as it was applied. *ret_read has it, unless it is what was read anyway. */
static const struct state *read_generation(struct pipeline *p, const struct generation *g,
					   struct state *ret_read)
{
	if (generation_is_read(&p->fs, &p->config, g, &p->current))
		return &p->current;
	return generation_read(&p->fs, &p->config, g, ret_read, p->diags) < 0 ? NULL : ret_read;
}

/* A generation's canonical text, as it is. The kernel is that of its backend. */
static struct outcome load(struct apply *a, const struct generation *g)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct pipeline *p = &a->p;
	struct state read = STATE_INIT;
	const struct state *target = read_generation(p, g, &read);
	struct transaction tx;
	struct config then;

	if (!target)
		goto out;
	kernel_release(&p->kernel);
	p->config.backend = target->backend == KERNEL_NFT ? BACKEND_NFT : BACKEND_LEGACY;
	if (pipeline_kernel(p) < 0)
		goto out;
	p->config.ownership = target->ownership;
	memcpy(p->inputs, target->inputs, sizeof(p->inputs));
	memcpy(p->captured, target->captured, sizeof(p->captured));
	(void)wish_load_modules(target->wishes, p->diags);
	FOR_EACH_FAMILY(f)
		p->tables[f] = p->current.tables[f] | p->begun.tables[f] | target->tables[f];
	make_missing_ipsets(a, target);
	a->loads = true;
	a->generation = g->number;
	if (apply_transaction(a, &tx) < 0)
		goto out;
	config_then(&then, &p->config, target);
	tx.config = &then;
	tx.wanted = &target->set;
	tx.ipsets = target->ipsets;
	tx.wishes = target->wishes;
	tx.trust_programs = true; /* a host waits for its rules, and they were live before */
	tx.take_over = true;	  /* it was said when it was applied */
	outcome = apply_make(a, &tx);
	config_then_release(&then);
out:
	state_release(&read);
	return outcome;
}

static struct outcome apply_all(struct apply *a)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct pipeline *p = &a->p;
	struct transaction tx;

	a->generation = 0;
	a->loads = false;
	if (apply_prepare(a) < 0 || apply_transaction(a, &tx) < 0)
		return outcome;
	neighbours_warn(&p->config, &p->fs, p->diags);
	neighbours_warn_ipv6(&p->config, p->diags);
	return apply_make(a, &tx);
}

/* Proven where that is possible; if not, its text is canonical as it stands. */
static struct outcome lock_down(struct apply *a)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct pipeline *p = &a->p;
	struct buf text = BUF_INIT;
	struct transaction tx;
	bool proven;

	lockdown_write(&p->config, &p->fs, &text);
	p->config.ownership = OWNERSHIP_MERGE; /* nothing of others is deleted */
	memset(p->tables, 0, sizeof(p->tables));
	if ((!p->kernel.ops && pipeline_kernel(p) < 0) ||
	    pipeline_compile_text(p, "lockdown", &text) < 0 || pipeline_live(p) < 0 ||
	    pipeline_place(p, true) < 0)
		goto out;
	proven = pipeline_prove(p) == 0;
	p->inputs[0] = p->captured[0] = '\0';
	if (apply_transaction(a, &tx) < 0)
		goto out;
	tx.generation = 0;
	snprintf(tx.by, sizeof(tx.by), "boot: lockdown");
	tx.wanted = proven ? &p->canonical : &p->placed;
	outcome = apply_make(a, &tx);
out:
	buf_release(&text);
	return outcome;
}

static int fall_back(struct apply *a, const struct generation *good)
{
	struct pipeline *p = &a->p;
	enum on_boot_failure way = p->config.on_boot_failure;
	struct outcome outcome;
	struct buf truth = BUF_INIT;
	int ret;

	if (p->current.exists && p->current.generation && state_is_of_this_boot(&p->current))
		return finish(a, "refused",
			      "boot failed: the rules that were applied in this boot "
			      "stay",
			      EXIT_TROUBLE);
	if (way == BOOT_OPEN)
		return finish(a, "open", "boot failed: no rules were loaded, the host is open",
			      EXIT_TROUBLE);
	if (way == BOOT_LAST_GOOD && good) {
		outcome = load(a, good);
		if (worked(&outcome)) {
			buf_addf(&truth, "boot failed: the last good generation, %u, is loaded",
				 good->number);
			ret = finish(a, "last good", truth.data, EXIT_ROLLED_BACK);
			buf_release(&truth);
			return ret;
		}
	}
	outcome = lock_down(a);
	if (worked(&outcome))
		return finish(a, "lockdown", "boot failed: lockdown, only answers and ssh come in",
			      EXIT_NOT_AS_IT_WAS);
	return finish(a, "not as it was", "boot failed, and the lockdown failed too: see above",
		      EXIT_NOT_AS_IT_WAS);
}

static int loaded(struct apply *a, const struct generation *g, const char *why)
{
	struct buf truth = BUF_INIT;
	int ret;

	buf_addf(&truth, "generation %u is loaded%s", g->number, why);
	report_set(a->report, "generation", json_integer((json_int_t)g->number));
	ret = finish(a, "loaded", truth.data, EXIT_DONE);
	buf_release(&truth);
	return ret;
}

static int choose(struct apply *a, const struct generations *list)
{
	struct pipeline *p = &a->p;
	const struct generation *good = generation_last_good(list), *current;
	struct outcome outcome;

	if (apply_inputs(a) < 0)
		return fall_back(a, good);
	if (apply_is_settled(a, false))
		return finish(a, "same", "nothing to do: live is as applied", EXIT_DONE);
	current = generation_current(list);
	if (current && current == good && str_equal(p->current.inputs, p->inputs)) {
		outcome = load(a, good);
		if (worked(&outcome))
			return loaded(a, good, "");
	} else if (generation_rejected_inputs(&p->fs, &p->config, list, p->inputs, p->diags)) {
		outcome.kind = OUTCOME_REFUSED;
		if (good)
			outcome = load(a, good);
		if (worked(&outcome))
			return loaded(a, good,
				      ": the files were rejected when they were applied, "
				      "only 'rampart apply' tries them again");
		diag_error(p->diags, NULL,
			   "the files were rejected when they were applied: only "
			   "'rampart apply' tries them again");
		return fall_back(a, good);
	}
	outcome = apply_all(a);
	if (worked(&outcome))
		return finish(a, "applied", "the files were applied", EXIT_DONE);
	return fall_back(a, good);
}

static int run(struct apply *a)
{
	struct pipeline *p = &a->p;
	struct generations list = GENERATIONS_INIT;
	struct pending pending;
	bool readable;
	int ret;

	if (lock_own(&a->lock, &p->fs, p->diags) < 0)
		return finish(a, "refused", "live rules not changed", EXIT_TROUBLE);
	readable = pipeline_baseline(p) == 0;
	if (pipeline_state(p) == 0) {
		(void)watchdog_finish_begun(p, &a->lock);
		if (watchdog_check(p, &a->lock, &pending) == WATCH_WAITING)
			return finish(a, "pending",
				      "nothing done: a generation waits for its "
				      "confirm",
				      EXIT_DONE);
	}
	(void)generation_list(&p->fs, &p->config, &p->current, &list, p->diags);
	ret = readable ? choose(a, &list) : fall_back(a, generation_last_good(&list));
	generations_release(&list);
	return ret;
}

int cmd_boot(const struct options *options, struct report *report, struct diags *diags)
{
	struct apply a;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, "live rules not changed");
		return ret;
	}
	if (apply_open(&a, options, report, diags) < 0)
		ret = finish(&a, "refused", "live rules not changed", EXIT_TROUBLE);
	else
		ret = run(&a);
	/* ifupdown would leave the interface down: only where the baseline wants that */
	if (options->hook && !a.p.config.hook_exit_fail)
		ret = EXIT_DONE;
	apply_release(&a);
	return ret;
}
