#include "base.h"
#include "proof_copy.h"
#include "batch_capture.h"
#include "child.h"
#include "diag.h"
#include "proven_nft.h"

/* 0; or an errno: what the call sends is not known. */
static int copy_call(const struct child *children, const struct trap_call *call,
		     struct proven_nft *proven)
{
	struct batch_call what;
	int error = call->foreign ? ENOSYS : batch_call_find(children, call, &what);
	char *room;

	if (error || !what.is_batch)
		return error;
	room = proven_nft_room(proven, what.len);
	if (!room)
		return errno;
	error = batch_call_read(children, call, &what, room);
	if (!error)
		proven_nft_keep(proven);
	return error;
}

static int late(const struct child *children, size_t nr, struct diags *diags)
{
	size_t i = 0;

	while (i + 1 < nr && children[i].pid <= 0)
		i++;
	return diag_error(diags, NULL, "%s did not end in time", children[i].argv[0]);
}

static void give_up(struct proven_nft **proven)
{
	proven_nft_free(*proven);
	*proven = NULL;
}

static int copy_all(struct child *children, size_t nr, struct proven_nft **ret, struct diags *diags)
{
	int64_t until = trap_clock() + (int64_t)CHILD_SECONDS * 1000;
	struct trap_call call;
	int error;

	for (;;) {
		switch (trap_next(children, nr, until, &call)) {
		case TRAP_CALL:
			if (ret[call.child] && copy_call(children, &call, ret[call.child]) != 0)
				give_up(&ret[call.child]);
			error = trap_carry_out(children, &call);
			if (error && !batch_call_is_callers(error))
				return diag_error(diags, NULL,
						  "%s can't be let go on in the proof: %s",
						  children[call.child].argv[0], strerror(error));
			break;
		case TRAP_ENDED:
			if (child_wait(&children[call.child], diags) < 0)
				return -1;
			break;
		case TRAP_TIMEOUT: return late(children, nr, diags);
		case TRAP_ALL_OVER: return 0;
		}
	}
}

int proof_copy(struct child *children, size_t nr, struct proven_nft **ret, struct diags *diags)
{
	int result;

	for (size_t i = 0; i < nr; i++)
		ret[i] = proven_nft_new();
	result = copy_all(children, nr, ret, diags);
	for (size_t i = 0; i < nr && result < 0; i++)
		give_up(&ret[i]);
	return result;
}
