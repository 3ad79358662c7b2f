#include <poll.h>
#include <signal.h>

#include "base.h"
#include "confirm.h"
#include "apply.h"
#include "diag.h"
#include "generation.h"
#include "recovery.h"
#include "report.h"

int confirm_keep(struct pipeline *p)
{
	if (generation_keep(&p->fs, &p->config, p->current.generation, GENERATION_GOOD, p->diags) <
	    0)
		return -1;
	pending_remove(&p->fs);
	return state_remove(&p->fs, &p->config, STATE_UNDO, p->diags);
}

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_ELSEWHERE, ANSWER_LATE, ANSWER_LOST };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* What has been decided so far, here or elsewhere; ANSWER_LATE: nothing. */
static enum answer decided_elsewhere(struct apply *a)
{
	struct pipeline *p = &a->p;

	state_release(&p->current);
	if (state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) == 0 &&
	    str_equal(p->current.token, a->token) && recovery_is_pending(p))
		return ANSWER_LATE;
	return ANSWER_ELSEWHERE;
}

static enum answer read_answer(void)
{
	char line[16];
	ssize_t got = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (got <= 0)
		return ANSWER_LOST;
	line[got] = '\0';
	return str_equal(line, "yes\n") || str_equal(line, "y\n") ? ANSWER_YES : ANSWER_NO;
}

/* Longer than the watchdog waits, so that what it does is seen here. */
static enum answer wait_for_answer(struct apply *a)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	long long deadline = pending_now() + a->watchdog.seconds + 5;

	while (pending_now() < deadline) {
		int ready = poll(&in, 1, 250);

		if (interrupted)
			return ANSWER_NO;
		if (ready > 0)
			return read_answer();
		if (decided_elsewhere(a) == ANSWER_ELSEWHERE)
			return ANSWER_ELSEWHERE;
	}
	return ANSWER_LATE;
}

static enum answer ask(struct apply *a)
{
	const struct sigaction handler = { .sa_handler = on_interrupt };
	struct sigaction before;
	enum answer answer;

	/* before the question: it may be answered at once */
	sigaction(SIGINT, &handler, &before);
	printf("Keep these rules? Type yes within %u seconds, or better: run 'rampart confirm' "
	       "from a new connection: ",
	       a->watchdog.seconds);
	fflush(stdout);
	answer = wait_for_answer(a);
	sigaction(SIGINT, &before, NULL);
	if (answer != ANSWER_YES)
		putchar('\n');
	return answer;
}

static int finish(struct apply *a, const char *result, const char *truth, int ret)
{
	report_set(a->report, "result", json_string(result));
	report_finish(a->report, a->p.diags, truth);
	return ret;
}

static int go_back(struct apply *a)
{
	if (recovery_reject(&a->p, &a->lock) == RECOVERY_UNDONE)
		return finish(a, outcome_name(OUTCOME_ROLLED_BACK),
			      "not confirmed: the old rules are back and verified",
			      EXIT_ROLLED_BACK);
	return finish(a, outcome_name(OUTCOME_UNKNOWN),
		      "not confirmed, and the old rules could not be put back", EXIT_NOT_AS_IT_WAS);
}

/* Under the lock: the watchdog may have been faster. */
static int act_on(struct apply *a, enum answer answer)
{
	struct pipeline *p = &a->p;
	struct generations list = GENERATIONS_INIT;
	const struct generation *g = NULL;
	int ret;

	if (answer == ANSWER_LOST)
		return finish(a, "pending", "no terminal to ask: it stays pending", EXIT_DONE);
	if (lock_own(&a->lock, &p->fs, p->diags) < 0)
		return finish(a, "pending", "it stays pending", EXIT_TROUBLE);
	if (decided_elsewhere(a) == ANSWER_LATE) {
		if (answer != ANSWER_YES) {
			state_release(&p->current);
			return pipeline_state(p) < 0 ? EXIT_NOT_AS_IT_WAS : go_back(a);
		}
		if (confirm_keep(p) < 0)
			return finish(a, "pending", "it could not be confirmed: it stays pending",
				      EXIT_TROUBLE);
		report_info(a->report, "confirmed: generation %u is kept", a->generation);
		return finish(a, "confirmed", NULL, EXIT_DONE);
	}
	ret = generation_list(&p->fs, &p->config, &p->current, &list, p->diags);
	if (ret == 0)
		g = generation_find(&list, a->generation);
	ret = g && g->status == GENERATION_GOOD;
	generations_release(&list);
	if (ret) {
		report_info(a->report, "confirmed elsewhere: generation %u is kept", a->generation);
		return finish(a, "confirmed", NULL, EXIT_DONE);
	}
	return finish(a, outcome_name(OUTCOME_ROLLED_BACK), "not confirmed: rolled back",
		      EXIT_ROLLED_BACK);
}

int confirm_wait(struct apply *a, const struct outcome *outcome)
{
	struct pipeline *p = &a->p;
	json_t *pending = json_object();

	if (guardian_watch(&a->guardian) < 0) {
		json_decref(pending);
		diag_error(p->diags, NULL, "the watchdog does not run");
		state_release(&p->current);
		return pipeline_state(p) < 0 ? EXIT_NOT_AS_IT_WAS : go_back(a);
	}
	lock_release(&a->lock);
	json_object_set_new(pending, "token", json_string(a->token));
	json_object_set_new(pending, "seconds", json_integer((json_int_t)a->watchdog.seconds));
	report_set(a->report, "pending", pending);
	apply_report(a, outcome);
	report_info(a->report,
		    "generation %u is pending: 'rampart confirm %s' keeps it; rolled back in %u "
		    "seconds",
		    a->generation, a->token, a->watchdog.seconds);
	if (a->report->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		report_finish(a->report, p->diags, NULL);
		return EXIT_DONE;
	}
	report_diags(a->report, p->diags);
	diags_release(p->diags);
	return act_on(a, ask(a));
}
