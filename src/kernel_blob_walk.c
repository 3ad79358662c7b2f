#include "base.h"
#include "kernel_blob.h"
#include "kernel_blob_entry.h"
#include "kernel_movable.h"

static const char *const hook_chains[BLOB_HOOKS] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
						     "POSTROUTING" };

/* The policy of a built-in chain; the return at the end of a user chain: no rule of anybody. */
static bool is_end(const struct blob_at *at, size_t entry)
{
	size_t next = blob_behind(at->blob, entry);

	return entry == at->underflow || next >= at->blob->size || blob_is_error(at->blob, next);
}

static void pass(struct blob_at *at)
{
	at->next = blob_behind(at->blob, at->next);
	at->number++;
}

static void begin_builtin(struct blob_at *at, unsigned int hook)
{
	at->chain = hook_chains[hook];
	at->hook = hook;
	at->underflow = at->blob->underflow[hook];
	at->policy = blob_verdict(at->blob, at->underflow) == -NF_DROP - 1 ? "DROP" : "ACCEPT";
}

static void begin_user(struct blob_at *at)
{
	const struct xt_error_target *name = (const void *)blob_target(at->blob, at->next);

	at->chain = name->errorname;
	at->underflow = SIZE_MAX;
	at->policy = NULL;
	pass(at);
}

bool blob_next_chain(struct blob_at *at)
{
	const struct blob *blob = at->blob;
	bool more = at->chain;
	unsigned int hooks;

	while (more)
		more = blob_next_rule(at);
	if (at->chain)
		pass(at);
	at->rule = NULL;
	if (at->next >= blob->size)
		return false;
	hooks = blob_hooks_at(blob, blob->hook_entry, at->next);
	if (hooks)
		begin_builtin(at, (unsigned int)__builtin_ctz(hooks));
	else if (blob_is_error(blob, at->next) && blob_behind(blob, at->next) < blob->size)
		begin_user(at);
	else
		return false;
	return true;
}

bool blob_next_rule(struct blob_at *at)
{
	if (is_end(at, at->next))
		return false;
	at->rule = at->blob->entries + at->next;
	pass(at);
	return true;
}

bool blob_rule_is_movable(const struct blob_at *at)
{
	const struct blob *blob = at->blob;
	size_t rule = (size_t)(at->rule - blob->entries), next = rule + blob_layout(blob)->entry;
	size_t target = rule + blob_half(blob, rule + blob_layout(blob)->target_offset);

	while (next + sizeof(struct xt_entry_match) <= target) {
		const struct xt_entry_match *match = (const void *)(blob->entries + next);

		if (!match->u.user.match_size || !extension_is_movable(match->u.user.name))
			return false;
		next += match->u.user.match_size;
	}
	return extension_is_movable(blob_target(blob, rule)->u.user.name);
}

void blob_counters(const struct blob_at *at, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	struct xt_counters counters;

	memcpy(&counters, at->rule + blob_layout(at->blob)->counters, sizeof(counters));
	*ret_packets = counters.pcnt;
	*ret_bytes = counters.bcnt;
}
