#include <poll.h>

#include "base.h"
#include "watchdog.h"
#include "child.h"
#include "diag.h"
#include "lock.h"
#include "pipeline.h"
#include "recovery.h"
#include "report.h"

/* Messages of this process: its own, not those that rampart had when it made it. */
static void begin_messages(struct pipeline *p, struct diags *diags)
{
	*diags = (struct diags)DIAGS_INIT;
	p->diags = diags;
}

static void reload_state(struct pipeline *p)
{
	state_release(&p->current);
	state_release(&p->begun);
	(void)pipeline_state(p);
}

/* A caller that waits for the end of rampart's output must not wait for the watchdog. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

static void say_rescue(const struct pipeline *p, enum recovery how)
{
	const char *what =
		how == RECOVERY_KEPT   ? "apply was killed when all was done: the new rules stay" :
		how == RECOVERY_UNDONE ? "apply was killed: the old rules are back and verified" :
					 "apply was killed, and the old rules could not be put "
					 "back: the next rampart command tries again";

	report_log(p->diags, what, true);
}

/* Rampart was killed. Its locks are still held by this process. */
static void rescue(struct watchdog *w)
{
	enum recovery how;

	reload_state(w->p);
	how = recovery_begun(w->p, w->lock);
	if (how != RECOVERY_NOTHING)
		say_rescue(w->p, how);
}

/* Looked at four times a second: only the head of the file is read. */
static bool is_still_pending(struct watchdog *w, const char *token)
{
	struct pipeline *p = w->p;

	state_release(&p->current);
	return state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) < 0 ||
	       (str_equal(p->current.token, token) && recovery_is_pending(p));
}

static void roll_back(struct watchdog *w, unsigned int number)
{
	struct buf text = BUF_INIT;
	enum recovery how;

	reload_state(w->p);
	how = recovery_reject(w->p, w->lock);
	buf_addf(&text, "generation %u was not confirmed in time: %s", number,
		 how == RECOVERY_UNDONE ? "rolled back" : "it could not be rolled back");
	report_log(w->p->diags, text.data, false);
	buf_release(&text);
}

/* Until the deadline, or until somebody else has decided. False: decided. */
static bool wait_for_deadline(struct watchdog *w, const struct pending *pending)
{
	while (pending_left(pending)) {
		(void)poll(NULL, 0, 250);
		if (!is_still_pending(w, pending->token))
			return false;
	}
	return true;
}

static void watch(struct watchdog *w, int ready)
{
	struct pending pending = { .generation = w->p->current.generation,
				   .deadline = pending_now() + w->seconds };
	struct diags diags;
	int mark = -1;

	begin_messages(w->p, &diags);
	memcpy(pending.token, w->p->current.token, sizeof(pending.token));
	memcpy(pending.boot, w->p->current.boot, sizeof(pending.boot));
	/* without a mark it watches all the same; who looks for it takes it for dead */
	(void)pending_mark(&w->p->fs, &pending, &mark, &diags);
	lock_release(w->lock);
	leave_terminal();
	if (mark >= 0 && write(ready, "", 1) < 0) /* rampart is gone: nobody waits */
		report_log(&diags, "apply has ended before its watchdog began", false);
	close(ready);
	if (!wait_for_deadline(w, &pending))
		return;
	/* somebody may be at work for as long as they like; or it can't be had at all, for now */
	while (lock_own(w->lock, &w->p->fs, &diags) < 0) {
		diags_release(&diags);
		begin_messages(w->p, &diags);
		(void)poll(NULL, 0, 1000);
	}
	if (is_still_pending(w, pending.token))
		roll_back(w, pending.generation);
	lock_release(w->lock);
}

void watchdog_run(void *arg, enum guardian_call call, int ready)
{
	struct watchdog *w = arg;
	struct diags diags;

	begin_messages(w->p, &diags);
	if (call == GUARDIAN_RESCUE)
		rescue(w);
	else
		reload_state(w->p);
	if (w->p->current.token[0] && recovery_is_pending(w->p))
		watch(w, ready);
	diags_release(&diags);
}

/* For a generation whose own was killed. */
static int watch_again(struct pipeline *p, struct lock *lock, long long left)
{
	struct watchdog w = { p, lock, (unsigned int)left };
	struct guardian guardian = { .run = watchdog_run, .arg = &w, .lock = lock };
	struct diags faults = DIAGS_INIT;
	int ret = guardian_start(&guardian, &faults);

	/* no error of the command that has found it: it is rolled back instead */
	for (size_t i = 0; i < faults.nr; i++)
		diag_warning(p->diags, NULL, "%s", faults.list[i].text);
	diags_release(&faults);
	return ret < 0 ? ret : guardian_watch(&guardian);
}

static enum watch reject(struct pipeline *p, struct lock *lock, const char *why)
{
	unsigned int number = p->current.generation;

	if (recovery_reject(p, lock) != RECOVERY_UNDONE)
		return WATCH_FAILED;
	diag_warning(p->diags, NULL, "generation %u %s: rolled back", number, why);
	return WATCH_REJECTED;
}

enum watch watchdog_check(struct pipeline *p, struct lock *lock, struct pending *ret_pending)
{
	struct pending *mark = ret_pending;
	const char *token = p->current.token;

	if (!recovery_is_pending(p))
		return WATCH_NOTHING;
	if (!state_is_of_this_boot(&p->current))
		return reject(p, lock, "was not confirmed before the reboot");
	pending_read(&p->fs, mark);
	if (!str_equal(mark->token, token) || !str_equal(mark->boot, p->current.boot))
		return reject(p, lock, "was not confirmed, and until when it may be is lost");
	if (mark->watched)
		return WATCH_WAITING;
	if (!pending_left(mark))
		return reject(p, lock, "was not confirmed in time, and its watchdog was killed");
	if (watch_again(p, lock, pending_left(mark)) < 0)
		return reject(p, lock, "was not confirmed yet, and no watchdog can wait for that");
	diag_warning(p->diags, NULL, "the watchdog of generation %u was killed: a new one waits",
		     p->current.generation);
	return WATCH_WAITING;
}

int watchdog_finish_begun(struct pipeline *p, struct lock *lock)
{
	switch (recovery_begun(p, lock)) {
	case RECOVERY_KEPT:
		diag_warning(p->diags, NULL,
			     "an earlier apply was killed when all was done: the "
			     "new rules stay");
		break;
	case RECOVERY_UNDONE:
		diag_warning(p->diags, NULL,
			     "an earlier apply was killed half way: the old rules "
			     "are back and verified");
		break;
	case RECOVERY_FAILED:
		return diag_error(p->diags, NULL,
				  "an earlier apply was killed half way, and the "
				  "old rules could not be put back");
	case RECOVERY_NOTHING: break;
	}
	return 0;
}

int watchdog_recover(struct pipeline *p)
{
	struct lock lock = LOCK_INIT;
	struct pending pending;
	int ret = 0;

	if (!p->begun.exists && !recovery_is_pending(p))
		return 0;
	if (lock_try_own(&lock, &p->fs) < 0) /* whoever is at work knows of it */
		return 0;
	reload_state(p);
	ret = watchdog_finish_begun(p, &lock);
	if (ret == 0 && watchdog_check(p, &lock, &pending) == WATCH_FAILED)
		ret = -1;
	lock_release(&lock);
	return ret;
}
