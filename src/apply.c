#include <sys/random.h>

#include "base.h"
#include "apply.h"
#include "diag.h"
#include "generation.h"
#include "ipset.h"
#include "live.h"
#include "options.h"
#include "report.h"
#include "wish.h"

int apply_open(struct apply *a, const struct options *options, struct report *report,
	       struct diags *diags)
{
	*a = (struct apply){
		.lock = LOCK_INIT, .report = report, .ipsets = BUF_INIT, .wishes = BUF_INIT
	};
	a->watchdog = (struct watchdog){ .p = &a->p, .lock = &a->lock };
	a->guardian =
		(struct guardian){ .run = watchdog_run, .arg = &a->watchdog, .lock = &a->lock };
	if (pipeline_open(&a->p, options, false, diags) < 0)
		return -1;
	a->p.remember = true;
	return 0;
}

int apply_lock(struct apply *a)
{
	struct pipeline *p = &a->p;

	if (lock_own(&a->lock, &p->fs, p->diags) < 0 || pipeline_baseline(p) < 0)
		return -1;
	return state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags);
}

int apply_inputs(struct apply *a)
{
	struct pipeline *p = &a->p;

	if (pipeline_kernel(p) < 0 || pipeline_discover(p) < 0)
		return -1;
	pipeline_hash(p, p->kernel.kind);
	return 0;
}

/* The scripts come to the same as when it was applied. */
static bool same_captured(struct pipeline *p)
{
	return pipeline_compile(p) == 0 && str_equal(p->captured, p->current.captured);
}

bool apply_is_settled(struct apply *a, bool scripts)
{
	struct pipeline *p = &a->p;
	const struct state *current = &p->current;

	if (p->options->nr_adopt || p->options->take_over || p->options->move ||
	    p->config.resolve || state_is_there(&p->fs, &p->config, STATE_BEGUN))
		return false;
	return current->exists && str_equal(current->inputs, p->inputs) &&
	       current->backend == p->kernel.kind && current->ownership == p->config.ownership &&
	       loaded_matches(&p->fs, current, &p->kernel,
			      live_fingerprint(&p->kernel, current->tables)) &&
	       (!scripts || !pipeline_has_scripts(p) || same_captured(p));
}

/*
 * An interrupted apply that can't be undone is no end of the matter: what it left is known by
 * name, and this apply takes it in.
 */
int apply_recover(struct apply *a)
{
	struct pipeline *p = &a->p;
	struct diags *diags = p->diags, quiet = DIAGS_INIT;

	state_release(&p->current);
	if (pipeline_state(p) < 0)
		return -1;
	if (!p->begun.exists)
		return 0;
	p->diags = &quiet;
	if (watchdog_finish_begun(p, &a->lock) < 0)
		diag_warning(diags, NULL, "an earlier apply was interrupted: finished by this one");
	p->diags = diags;
	for (size_t i = 0; i < quiet.nr && !quiet.errors; i++)
		diag_warning(diags, NULL, "%s", quiet.list[i].text);
	diags_release(&quiet);
	return 0;
}

void apply_take_wishes(struct apply *a)
{
	buf_reset(&a->wishes);
	if (a->p.capture)
		capture_wishes(a->p.capture, &a->wishes);
}

int apply_prepare(struct apply *a)
{
	struct pipeline *p = &a->p;
	int proof;

	if (pipeline_compile(p) < 0)
		return -1;
	apply_take_wishes(a);
	(void)wish_load_modules(buf_str(&a->wishes), p->diags);
	if (pipeline_live(p) < 0 || pipeline_place(p, false) < 0)
		return -1;
	proof = pipeline_prove(p);
	if (proof > 0)
		return diag_error(p->diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	return proof;
}

/* Eight hex digits: what tells this pending apply from another, no secret. */
static void make_token(char token[TOKEN_TEXT])
{
	unsigned int bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) < 0)
		bits = (unsigned int)getpid() ^ (unsigned int)pending_now();
	snprintf(token, TOKEN_TEXT, "%08x", bits);
}

int apply_transaction(struct apply *a, struct transaction *ret_tx)
{
	struct pipeline *p = &a->p;
	struct transaction tx = pipeline_transaction(p);
	struct generations list = GENERATIONS_INIT;
	int ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);

	if (!a->generation)
		a->generation = generation_next(&list);
	generations_release(&list);
	if (ret < 0)
		return -1;
	tx.generation = a->generation;
	state_by_now(tx.by);
	if (a->confirm) {
		make_token(a->token);
		memcpy(tx.token, a->token, sizeof(tx.token));
		a->watchdog.seconds = p->options->confirm_seconds ? p->options->confirm_seconds :
								    p->config.confirm_seconds;
	}
	buf_reset(&a->ipsets);
	ipsets_describe(p->ipsets, &a->ipsets);
	tx.ipsets = buf_str(&a->ipsets);
	tx.wishes = buf_str(&a->wishes);
	tx.guardian = &a->guardian;
	*ret_tx = tx;
	return 0;
}

struct outcome apply_make(struct apply *a, const struct transaction *tx)
{
	struct outcome outcome = { .kind = OUTCOME_REFUSED };
	struct pipeline *p = &a->p;

	/* all is proven by now: the others have to wait for no more than the change itself */
	if (a->lock.xtables < 0 &&
	    lock_xtables(&a->lock, p->kernel.kind == KERNEL_LEGACY, p->diags) < 0)
		return outcome;
	if (wish_fill_ipsets(tx->wishes, p->diags) < 0 && !a->loads) {
		diag_error(p->diags, NULL, "the ipsets of the scripts could not be made");
		return outcome;
	}
	outcome = transaction_run(tx, p->diags);
	if (outcome.kind != OUTCOME_APPLIED || !a->confirm)
		guardian_end(&a->guardian);
	if (outcome.kind == OUTCOME_APPLIED || outcome.kind == OUTCOME_SAME)
		(void)wish_set_sysctls(tx->wishes, p->diags);
	return outcome;
}

static void report_counts(struct apply *a, const struct outcome *outcome)
{
	const struct pipeline *p = &a->p;
	json_t *families = json_object();

	FOR_EACH_FAMILY(f) {
		json_t *counts = json_object();

		json_object_set_new(counts, "added", json_integer((json_int_t)outcome->added[f]));
		json_object_set_new(counts, "removed",
				    json_integer((json_int_t)outcome->removed[f]));
		json_object_set_new(families, family_name(f), counts);
		if (p->config.families & family_bit(f) || outcome->added[f] || outcome->removed[f])
			report_info(a->report, "  %s: +%zu -%zu rules", family_name(f),
				    outcome->added[f], outcome->removed[f]);
	}
	report_set(a->report, "changed", families);
	if (a->generation)
		report_set(a->report, "generation", json_integer((json_int_t)a->generation));
}

static void report_way(struct apply *a, const struct outcome *outcome, const char *backend,
		       const char *ownership)
{
	struct buf way = BUF_INIT;

	commit_way_describe(&outcome->commit, &way);
	report_info(a->report, "applied (%s, %s) %s", backend, ownership, way.data);
	report_set(a->report, "commit", json_string(commit_way_name(outcome->commit.way)));
	buf_release(&way);
}

void apply_report(struct apply *a, const struct outcome *outcome)
{
	const char *backend = a->p.kernel.ops->name;
	const char *ownership = ownership_name(a->p.config.ownership);

	report_set(a->report, "result", json_string(outcome_name(outcome->kind)));
	report_set(a->report, "backend", json_string(backend));
	if (outcome->kind == OUTCOME_SAME) {
		report_info(a->report, "nothing to do: live is as wanted (%s, %s)", backend,
			    ownership);
	} else if (outcome->kind == OUTCOME_APPLIED) {
		report_way(a, outcome, backend, ownership);
		report_counts(a, outcome);
	}
}

static int finish_failed(struct apply *a, const char *verb, const char *what, int ret)
{
	struct buf truth = BUF_INIT;

	buf_addf(&truth, "%s failed%s", verb, what);
	report_finish(a->report, a->p.diags, truth.data);
	buf_release(&truth);
	return ret;
}

int apply_finish(struct apply *a, const char *verb, const struct outcome *outcome)
{
	if (a->p.kernel.ops)
		apply_report(a, outcome);
	else
		report_set(a->report, "result", json_string(outcome_name(outcome->kind)));
	switch (outcome->kind) {
	case OUTCOME_ROLLED_BACK:
		return finish_failed(a, verb,
				     outcome->unfinished ?
					     ": live rules are as they were before it, which is "
					     "what an interrupted apply had left" :
					     ": the old rules are back and verified",
				     EXIT_ROLLED_BACK);
	case OUTCOME_UNKNOWN:
		return finish_failed(a, verb,
				     outcome->unread ?
					     ", and what is live can't be read back" :
					     ": live rules are neither the old nor the new ones",
				     EXIT_NOT_AS_IT_WAS);
	case OUTCOME_REFUSED:
		report_finish(a->report, a->p.diags, "live rules not changed");
		return EXIT_TROUBLE;
	default: report_finish(a->report, a->p.diags, NULL); return EXIT_DONE;
	}
}

void apply_release(struct apply *a)
{
	guardian_end(&a->guardian);
	lock_release(&a->lock);
	buf_release(&a->ipsets);
	buf_release(&a->wishes);
	pipeline_release(&a->p);
}
