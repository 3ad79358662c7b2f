#include "base.h"
#include "judge.h"

enum { ANSWER_SECONDS = 60 };

void judge_init(struct judge *judge, const struct judge_place *place)
{
	*judge = (struct judge){ .place = *place, .child = CHILD_INIT, .question = BUF_INIT };
}

static int start(struct judge *judge, struct diags *diags)
{
	struct child *child = &judge->child;

	child_release(child);
	child->argv[0] = judge->place.argv0;
	child->argv[1] = "-v";
	child->argv[2] = "--noflush";
	child->path = judge->place.path;
	child->talks = true;
	child->netns = judge->place.netns;
	child->userns = judge->place.userns;
	child->confine = judge->place.confine;
	return child_start(child, diags);
}

int judge_ask(struct judge *judge, const char *text, size_t len, struct buf *ret_answer,
	      struct diags *diags)
{
	char end[32];

	if (judge->child.pid < 0 && start(judge, diags) < 0)
		return -1;
	judge->child.timeout =
		judge->seconds && judge->seconds < ANSWER_SECONDS ? judge->seconds : ANSWER_SECONDS;
	/* a number of its own: no text that is asked about can stand for the end of an answer */
	snprintf(end, sizeof(end), "# %lu\n", ++judge->asked);
	buf_reset(&judge->question);
	buf_add(&judge->question, text, len);
	buf_adds(&judge->question, end);
	return child_ask(&judge->child, judge->question.data, judge->question.len, end, ret_answer,
			 diags);
}

void judge_release(struct judge *judge)
{
	if (judge->place.argv0) /* else it was never one */
		child_release(&judge->child);
	buf_release(&judge->question);
}
