/*
 * refusal: which rule a restore program, or the kernel behind it, did not take,
 * and why. nft names the line. legacy names only the COMMIT: the rule is found by
 * halving the table in the scratch namespace.
 */
#ifndef RAMPART_REFUSAL_H
#define RAMPART_REFUSAL_H

#include "buf.h"
#include "payload.h"
#include "scratch.h"

struct refusal {
	const struct payload_line *line; /* NULL: not found */
	struct buf reason;		 /* one line, not empty */
};

#define REFUSAL_INIT \
	{ \
		NULL, BUF_INIT \
	}

/*
 * payload: what was refused; child: how; hint: what the kernel logged meanwhile, or "".
 * fails: -1 after adding to diags where a child can't be run
 */
int refusal_find(struct scratch *scratch, enum family family, const struct payload *payload,
		 const struct child *child, const char *hint, struct refusal *ret_refusal,
		 struct diags *diags);
void refusal_release(struct refusal *refusal);

#endif
