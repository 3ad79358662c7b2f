#include "base.h"
#include "command.h"
#include "counts.h"
#include "diag.h"
#include "generation.h"
#include "live.h"
#include "neighbours.h"
#include "options.h"
#include "pipeline.h"
#include "recovery.h"
#include "report.h"
#include "watchdog.h"

static int fail(struct pipeline *p, struct report *report)
{
	report_finish(report, p->diags, NULL);
	return EXIT_TROUBLE;
}

static void line(struct report *report, const char *key, const char *value)
{
	report_line(report, "%-10s %s", key, value);
	report_set(report, key, json_string(value));
}

/* Chains of others that our rules wait for. */
static void report_waiting(struct report *report, const struct goal *goal)
{
	json_t *list = json_array();

	for (size_t i = 0; i < goal->nr_waiting; i++) {
		report_line(report, "%-10s waiting for %s", "", goal->waiting[i]);
		json_array_append_new(list, report_string(goal->waiting[i]));
	}
	report_set(report, "waiting", list);
}

static void report_inputs(struct pipeline *p, struct report *report)
{
	if (pipeline_discover(p) < 0) {
		line(report, "files", "can't be read");
		return;
	}
	pipeline_hash(p, p->current.backend); /* the files alone are compared */
	line(report, "files",
	     str_equal(p->inputs, p->current.inputs) ? "as applied" :
						       "changed since: see 'rampart diff'");
}

static void report_counts(struct report *report, const struct counts *counts)
{
	json_t *list = json_array();
	size_t width = strlen("drop-in");

	for (size_t i = 0; i < counts->nr; i++)
		width = strlen(counts->v[i].file) > width ? strlen(counts->v[i].file) : width;
	report_line(report, "%-*s %8s %12s %14s", (int)width, "drop-in", "rules", "packets",
		    "bytes");
	for (size_t i = 0; i < counts->nr; i++) {
		const struct count_row *row = &counts->v[i];
		json_t *object = json_object();

		report_line(report, "%-*s %8zu %12llu %14llu", (int)width, row->file, row->rules,
			    (unsigned long long)row->packets, (unsigned long long)row->bytes);
		json_object_set_new(object, "file", report_string(row->file));
		json_object_set_new(object, "rules", json_integer((json_int_t)row->rules));
		json_object_set_new(object, "packets", json_integer((json_int_t)row->packets));
		json_object_set_new(object, "bytes", json_integer((json_int_t)row->bytes));
		json_array_append_new(list, object);
	}
	report_set(report, "dropins", list);
}

/* Live rules with their counters, and whether they are as applied. */
static int report_live(struct pipeline *p, struct report *report)
{
	struct transaction tx = pipeline_applied(p);
	struct counts counts = COUNTS_INIT;
	struct look look = LOOK_INIT;
	int ret = -1;

	tx.live = &p->live;
	if (live_read(&p->kernel, tx.tables, true, &p->live, p->diags) == 0 &&
	    transaction_look(&tx, &look, p->diags) == 0) {
		line(report, "live",
		     plan_is_empty(&look.plan) ? "as applied" : "drifted: see 'rampart check'");
		report_waiting(report, &look.goal);
		counts_take(&counts, &p->current.set, &p->live);
		report_counts(report, &counts);
		ret = 0;
	}
	counts_release(&counts);
	look_release(&look);
	return ret;
}

static void report_applied(struct pipeline *p, struct report *report)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s, by %s, version %s", p->current.applied, p->current.by,
		 p->current.version);
	line(report, "applied", text.data);
	buf_release(&text);
}

static void report_pending(struct pipeline *p, struct report *report)
{
	json_t *object = json_object();
	struct pending pending;

	pending_read(&p->fs, &pending);
	report_line(report, "%-10s token %s, %lld seconds left: 'rampart confirm' keeps it",
		    "pending", p->current.token, pending_left(&pending));
	json_object_set_new(object, "token", json_string(p->current.token));
	json_object_set_new(object, "seconds", json_integer((json_int_t)pending_left(&pending)));
	report_set(report, "pending", object);
}

static void report_generation(struct pipeline *p, struct report *report)
{
	bool pending = recovery_is_pending(p);

	if (!p->current.generation)
		return; /* a lockdown, or a state of an older version */
	report_line(report, "%-10s %u, %s", "generation", p->current.generation,
		    pending ? "pending" : "good");
	report_set(report, "generation", json_integer((json_int_t)p->current.generation));
	if (pending)
		report_pending(p, report);
}

static int run(struct pipeline *p, struct report *report)
{
	bool own_elsewhere;

	if (pipeline_baseline(p) < 0 || pipeline_state(p) < 0 || pipeline_kernel(p) < 0 ||
	    watchdog_recover(p) < 0)
		return fail(p, report);
	neighbours_warn(&p->config, &p->fs, p->diags);
	neighbours_warn_ipv6(&p->config, p->diags);
	neighbours_other_backend(&p->kernel, &p->current, &own_elsewhere, p->diags);
	if (own_elsewhere)
		diag_warning(p->diags, NULL, "rampart's chains are live in the other backend%s",
			     p->current.exists && p->current.backend == p->kernel.kind ?
				     " as well" :
				     "");
	if (p->begun.exists)
		diag_warning(p->diags, NULL, "another rampart is changing the rules right now");
	line(report, "backend", kernel_kind_name(p->kernel.kind));
	line(report, "ownership", ownership_name(p->config.ownership));
	if (!p->current.exists) {
		line(report, "applied", "nothing yet");
		report_finish(report, p->diags, NULL);
		return EXIT_DONE;
	}
	report_applied(p, report);
	report_generation(p, report);
	report_inputs(p, report);
	if (p->current.backend != p->kernel.kind)
		line(report, "live", "the last apply was to the other backend");
	else if (report_live(p, report) < 0)
		return fail(p, report);
	report_finish(report, p->diags, NULL);
	return EXIT_DONE;
}

int cmd_status(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, NULL);
		return ret;
	}
	if (pipeline_open(&p, options, true, diags) < 0)
		ret = fail(&p, report);
	else
		ret = run(&p, report);
	pipeline_release(&p);
	return ret;
}
