#include "base.h"
#include "command.h"
#include "confirm.h"
#include "diag.h"
#include "generation.h"
#include "lock.h"
#include "options.h"
#include "pending.h"
#include "pipeline.h"
#include "recovery.h"
#include "report.h"
#include "watchdog.h"

static int fail(struct pipeline *p, struct report *report)
{
	report_finish(report, p->diags, "nothing confirmed");
	return EXIT_TROUBLE;
}

/* Is it the one that is meant? */
static int check_token(const struct pipeline *p, const char *token)
{
	if (!token || str_equal(token, p->current.token))
		return 0;
	return diag_error(p->diags, NULL,
			  "'%s' is not the token of generation %u, which is pending", token,
			  p->current.generation);
}

/* Its time may be over, or its boot: then it is too late. */
static int check_time(struct pipeline *p, struct lock *lock)
{
	struct pending pending;

	pending_read(&p->fs, &pending);
	if (state_is_of_this_boot(&p->current) &&
	    (!str_equal(pending.token, p->current.token) || pending_left(&pending)))
		return 0;
	diag_error(p->diags, NULL, "generation %u was to be confirmed earlier",
		   p->current.generation);
	state_release(&p->current);
	if (pipeline_state(p) == 0)
		(void)watchdog_check(p, lock, &pending);
	return -1;
}

/* One that was to be rolled back, but could not be, is nobody's to keep. */
static int check_rejected(struct pipeline *p)
{
	struct generations list = GENERATIONS_INIT;
	const struct generation *current;
	int ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);

	current = generation_current(&list);
	if (ret == 0 && current && current->status == GENERATION_REJECTED)
		ret = diag_error(p->diags, NULL,
				 "generation %u was rejected, and could not be rolled back: "
				 "'rampart rollback' tries again",
				 p->current.generation);
	generations_release(&list);
	return ret;
}

static int run(struct pipeline *p, struct lock *lock, struct report *report)
{
	const char *token = p->options->nr_args ? p->options->args[0] : NULL;

	if (lock_own(lock, &p->fs, p->diags) < 0 || pipeline_baseline(p) < 0 ||
	    state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) < 0)
		return fail(p, report);
	if (!recovery_is_pending(p)) {
		if (token && p->current.exists && str_equal(token, p->current.token)) {
			report_info(report, "generation %u is confirmed already",
				    p->current.generation);
			report_finish(report, p->diags, NULL);
			return EXIT_DONE;
		}
		diag_error(p->diags, NULL, "no generation waits for a confirm");
		return fail(p, report);
	}
	if (check_token(p, token) < 0 || check_rejected(p) < 0 || check_time(p, lock) < 0 ||
	    confirm_keep(p) < 0)
		return fail(p, report);
	report_info(report, "confirmed: generation %u is kept", p->current.generation);
	report_set(report, "generation", json_integer((json_int_t)p->current.generation));
	report_finish(report, p->diags, NULL);
	return EXIT_DONE;
}

int cmd_confirm(const struct options *options, struct report *report, struct diags *diags)
{
	struct lock lock = LOCK_INIT;
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, "nothing confirmed");
		return ret;
	}
	if (pipeline_open(&p, options, false, diags) < 0)
		ret = fail(&p, report);
	else
		ret = run(&p, &lock, report);
	lock_release(&lock);
	pipeline_release(&p);
	return ret;
}
