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

int proof_copy(struct child *children, size_t nr, struct proven_nft **ret, struct diags *diags)
{
	int64_t until = trap_clock() + (int64_t)CHILD_SECONDS * 1000;
	struct proven_nft *proven = proven_nft_new();
	struct trap_call call;
	bool whole = true;

	for (;;) {
		switch (trap_next(children, nr, until, &call)) {
		case TRAP_CALL:
			if (whole && copy_call(children, &call, proven) != 0)
				whole = false;
			(void)trap_carry_out(children, &call);
			break;
		case TRAP_ENDED:
			if (child_wait(&children[call.child], diags) == 0)
				break;
			proven_nft_free(proven);
			return -1;
		case TRAP_TIMEOUT: proven_nft_free(proven); return late(children, nr, diags);
		case TRAP_ALL_OVER:
			if (!whole) {
				proven_nft_free(proven);
				proven = NULL;
			}
			*ret = proven;
			return 0;
		}
	}
}
