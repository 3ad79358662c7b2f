#include "base.h"
#include "batch_capture.h"
#include "commit_internal.h"
#include "kernel.h"
#include "kernel_batch.h"

/*
 * nft: what both families' restore programs send to the kernel is copied, and each is told that all
 * of it was sent. They read no answer that is not there, and end well (seen of 1.8.9: one
 * sendmsg(2) for each table, whatever its size). Then all goes as one transaction, which the kernel
 * refuses if its generation is no longer that of the look.
 * What does not begin like a batch is a question and let through. What does, but can't be read or
 * understood, is not sent at all. Should a program find a way around that, its commit counts
 * the generation up, and ours is refused.
 * Where all rules of an edit are proven, no program is needed: commit_replay.c.
 */

enum {
	PROGRAMS = FAMILY_NR,
	TRIES_ON_LIVE = 20 /* iptables-nft-restore by itself has no limit */
};

struct capture {
	struct commit *c;
	struct commit_part part[PROGRAMS];
	struct child child[PROGRAMS];
	size_t nr;
	size_t messages[PROGRAMS];
	struct nft_batch batch;
	const char *forbidden; /* what can't be copied or understood; NULL: nothing */
	int error;
};

static void forbid(struct capture *capture, const char *what, int error)
{
	capture->forbidden = what;
	capture->error = error;
}

/* Only a call that was really answered counts: one that was given up comes again. */
static int keep_batch(struct capture *capture, const struct trap_call *call,
		      const struct batch_call *what)
{
	enum family family = capture->part[call->child].family;
	struct nft_batch before = capture->batch;
	char *room = nft_batch_room(&capture->batch, what->len);
	size_t messages;
	int error;

	if (!room)
		return errno;
	error = batch_call_read(capture->child, call, what, room);
	if (error)
		return error;
	if (nft_batch_take(&capture->batch, family, what->len, &messages) < 0)
		return errno;
	if (trap_pretend(capture->child, call, (int64_t)what->len) == 0)
		capture->messages[call->child] += messages;
	else
		nft_batch_undo(&capture->batch, &before);
	return 0;
}

static void take_call(struct capture *capture, const struct trap_call *call)
{
	const char *failed = "process_vm_readv";
	struct batch_call what;
	int error;

	if (call->foreign) {
		forbid(capture, "a restore program of another architecture", 0);
		return;
	}
	error = batch_call_find(capture->child, call, &what);
	if (!error && !what.is_batch) {
		failed = "seccomp";
		error = trap_carry_out(capture->child, call);
	} else if (!error) {
		failed = "a batch";
		error = keep_batch(capture, call, &what);
	}
	if (batch_call_is_callers(error))
		(void)trap_refuse(capture->child, call, EFAULT);
	else if (error)
		forbid(capture, failed, error);
}

/* --- a step ------------------------------------------------------------------------------- */

/* Both at the same time: each reads what is live by itself. */
static enum commit_end start(struct capture *capture)
{
	for (size_t i = 0; i < capture->nr; i++) {
		struct child *child = &capture->child[i];

		capture->messages[i] = 0;
		if (commit_start(capture->c, &capture->part[i], TRAP_SEND, child) == 0)
			continue;
		if (!child->trap.refused)
			return COMMIT_BROKEN;
		return commit_impossible(capture->c, child->trap.refused, child->trap.error);
	}
	return COMMIT_DONE;
}

/* Until all have ended. */
static enum commit_end gather(struct capture *capture)
{
	int64_t until = trap_clock() + commit_time(capture->child, capture->nr);
	struct trap_call call;

	for (;;) {
		switch (trap_next(capture->child, capture->nr, until, &call)) {
		case TRAP_CALL:
			take_call(capture, &call);
			if (capture->forbidden)
				return commit_impossible(capture->c, capture->forbidden,
							 capture->error);
			break;
		case TRAP_ENDED:
			if (child_wait(&capture->child[call.child], capture->c->diags) < 0)
				return COMMIT_BROKEN;
			break;
		case TRAP_TIMEOUT: return commit_late(capture->c, capture->child, capture->nr);
		case TRAP_ALL_OVER: return COMMIT_DONE;
		}
	}
}

static enum commit_end judge(struct capture *capture)
{
	for (size_t i = 0; i < capture->nr; i++) {
		enum commit_end end = commit_judge(capture->c, &capture->child[i]);

		if (end != COMMIT_DONE)
			return end;
	}
	/* it says that it is done, and has done nothing: the next look will tell the rest */
	for (size_t i = 0; i < capture->nr; i++)
		if (!capture->messages[i])
			return COMMIT_REFUSED;
	return COMMIT_DONE;
}

enum commit_end commit_send(struct commit *c, struct nft_batch *batch, uint32_t generation)
{
	switch (nft_batch_commit(batch, generation, &c->result->failure)) {
	case NFT_BATCH_DONE: break;
	case NFT_BATCH_RACED: return COMMIT_RACED;
	case NFT_BATCH_REFUSED: return COMMIT_REFUSED;
	case NFT_BATCH_IMPOSSIBLE: return commit_impossible(c, "netlink", errno);
	}
	FOR_EACH_FAMILY(f)
		c->result->made[f] &= generation == c->fingerprint;
	c->wrote = true;
	generation++;
	c->fingerprint = generation ? generation : 1; /* 0 is none: nf_tables_commit() */
	return COMMIT_DONE;
}

static enum commit_end send_batch(struct capture *capture)
{
	struct commit *c = capture->c;
	uint32_t generation = (uint32_t)c->fingerprint;

	if (c->base == COMMIT_ON_LIVE)
		generation = capture->batch.generation;
	if (!generation) /* the programs have not found the same */
		return COMMIT_RACED;
	return commit_send(c, &capture->batch, generation);
}

static enum commit_end try_once(struct capture *capture)
{
	enum commit_end end = start(capture);

	if (end == COMMIT_DONE)
		end = gather(capture);
	if (end == COMMIT_DONE)
		end = judge(capture);
	for (size_t i = 0; i < PROGRAMS; i++)
		child_release(&capture->child[i]);
	if (end == COMMIT_DONE)
		end = send_batch(capture);
	nft_batch_release(&capture->batch);
	return end;
}

static enum commit_end run_programs(struct commit *c, enum script_step step)
{
	struct capture capture = { .c = c, .batch = NFT_BATCH_INIT };
	unsigned int tries = c->base == COMMIT_ON_LIVE ? TRIES_ON_LIVE : 1;
	enum commit_end end = COMMIT_DONE;

	FOR_EACH_FAMILY(f) {
		struct commit_part *part = &capture.part[capture.nr];

		part->family = f;
		capture.child[f] = (struct child)CHILD_INIT;
		capture.nr += commit_write(c, part, ~0u, step);
	}
	c->result->by_programs |= capture.nr > 0;
	if (capture.nr)
		do
			end = try_once(&capture);
		while (end == COMMIT_RACED && --tries);
	FOR_EACH_FAMILY(f) {
		c->result->made[f] &= end == COMMIT_DONE || end == COMMIT_IMPOSSIBLE;
		payload_release(&capture.part[f].payload);
	}
	return end;
}

enum commit_end commit_nft(struct commit *c, enum script_step step)
{
	enum commit_end end = COMMIT_IMPOSSIBLE;

	if (step == SCRIPT_EDIT)
		end = commit_replay(c);
	return end == COMMIT_IMPOSSIBLE ? run_programs(c, step) : end;
}
