#include "base.h"
#include "refusal.h"
#include "diag.h"
#include "kernel.h"
#include "kmsg.h"
#include "ruleset.h"

void refusal_release(struct refusal *refusal)
{
	buf_release(&refusal->reason);
	*refusal = (struct refusal)REFUSAL_INIT;
}

/* The number behind the first occurrence of what; 0: not there. */
static unsigned long number_behind(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	return at ? strtoul(at + strlen(what), NULL, 10) : 0;
}

static bool has_rule(const struct payload *payload, unsigned long number)
{
	return number >= 1 && number <= payload->nr_lines && payload->line[number - 1].rule;
}

/*
 * "iptables-restore v1.8.9 (legacy): unknown option "--foo"\nError occurred at line: 4\nTry ..."
 * leaves: unknown option "--foo"
 */
static void add_program_error(struct buf *reason, const char *err)
{
	const char *from = strstr(err, "): "), *end = strstr(err, "\nError occurred");

	from = from ? from + 3 : err;
	if (!end || end < from)
		end = from + strcspn(from, "\n");
	while (end > from && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	buf_add(reason, from, (size_t)(end - from));
	for (char *p = reason->data; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
}

/* "line 3: RULE_APPEND failed (Invalid argument): rule in chain INPUT", perhaps several: the
 * others can be what the first one leads to. */
static const struct payload_line *find_nft_line(const struct payload *payload, const char *err,
						const char *hint, struct buf *reason)
{
	const char *at = strstr(err, "line ");
	const char *open = strstr(err, " failed (");
	bool single = open && !strstr(open + 1, " failed (");
	const char *close;
	unsigned long number;

	for (; at; at = strstr(at + 1, "line ")) {
		number = strtoul(at + 5, NULL, 10);
		open = strstr(at, " failed (");
		close = open ? strstr(open, "): ") : NULL;
		if (!close || !has_rule(payload, number))
			continue;
		buf_add(reason, open + 9, (size_t)(close - open - 9));
		if (single && hint[0]) /* of several one could not say whose it is */
			buf_addf(reason, ": %s", hint);
		return &payload->line[number - 1];
	}
	return NULL;
}

/* "Chain 'X' does not exist" comes with the COMMIT's line: find the rule that jumps there. */
static const struct payload_line *find_jump(const struct payload *payload, const char *err,
					    enum xtable table, struct buf *reason)
{
	const char *from = strstr(err, "Chain '");
	const char *end = from ? strstr(from, "' does not exist") : NULL;

	if (!end)
		return NULL;
	from += strlen("Chain '");
	for (size_t i = 0; i < payload->nr_lines; i++) {
		const struct payload_line *line = &payload->line[i];
		const char *target = line->rule ? line->rule->target : NULL;

		if (line->table != table || !target || strlen(target) != (size_t)(end - from) ||
		    memcmp(target, from, (size_t)(end - from)) != 0)
			continue;
		buf_addf(reason, "neither a chain nor a target is called '%s'", target);
		return line;
	}
	return NULL;
}

/* legacy: "Couldn't load target `X':No such file or directory" */
static void explain_missing_target(struct buf *reason)
{
	const char *from = strstr(buf_str(reason), "load target `");
	const char *end = from ? strchr(from, '\'') : NULL;
	char *name;

	if (!end)
		return;
	from += strlen("load target `");
	name = xstrndup(from, (size_t)(end - from));
	buf_reset(reason);
	buf_addf(reason, "neither a chain nor a target is called '%s'", name);
	free(name);
}

/* The table of line number's payload up to its nth rule. */
static void cut_payload(const struct payload *payload, enum xtable table, size_t rules,
			struct payload *cut)
{
	payload_reset(cut);
	payload_begin(cut, table);
	for (size_t i = 0; i < payload->nr_lines; i++) {
		const struct payload_line *line = &payload->line[i];

		if (line->table != table || !line->chain)
			continue;
		if (!line->rule)
			payload_chain(cut, line->chain,
				      line->chain->flags & CHAIN_BUILTIN ? "ACCEPT" : NULL);
		else if (rules && rules--)
			payload_rule(cut, "-A", line->chain, 0, line->rule);
	}
	payload_commit(cut);
}

/* Whether the first nr rules of the table are taken. hint: what the kernel logged. */
static int try_rules(struct scratch *scratch, enum family family, const struct payload *payload,
		     enum xtable table, size_t nr, struct buf *hint, struct diags *diags)
{
	struct payload cut = PAYLOAD_INIT;
	struct child child = CHILD_INIT;
	struct kmsg log = kmsg_open();
	int ret;

	cut_payload(payload, table, nr, &cut);
	ret = scratch_start_restore(scratch, family, &cut.text, false, &child, diags);
	if (ret == 0)
		ret = child_wait(&child, diags);
	if (ret == 0)
		ret = child.status == 0;
	if (ret == 0) {
		buf_reset(hint);
		kmsg_read(&log, hint);
	}
	kmsg_close(&log);
	child_release(&child);
	payload_release(&cut);
	return ret;
}

/* Halve: the smallest number of rules that is refused; its last one is the culprit. */
static int bisect(struct scratch *scratch, enum family family, const struct payload *payload,
		  enum xtable table, struct refusal *refusal, struct diags *diags)
{
	size_t low = 0, high = 0, nr = 0;
	struct buf hint = BUF_INIT;
	int taken = 0;

	for (size_t i = 0; i < payload->nr_lines; i++)
		high += payload->line[i].table == table && payload->line[i].rule;
	while (high - low > 1 && taken >= 0) {
		size_t mid = low + (high - low) / 2;

		taken = try_rules(scratch, family, payload, table, mid, &hint, diags);
		if (taken > 0)
			low = mid;
		else
			high = mid;
	}
	if (taken >= 0 &&
	    !hint.len) /* the log is rate limited: once more, for the culprit itself */
		taken = try_rules(scratch, family, payload, table, high, &hint, diags);
	for (size_t i = 0; i < payload->nr_lines && !refusal->line; i++)
		if (payload->line[i].table == table && payload->line[i].rule && ++nr == high)
			refusal->line = &payload->line[i];
	buf_add(&refusal->reason, buf_str(&hint), hint.len);
	buf_release(&hint);
	return taken < 0 ? -1 : 0;
}

static int find(struct scratch *scratch, enum family family, const struct payload *payload,
		const struct child *child, const char *hint, struct refusal *refusal,
		struct diags *diags)
{
	const char *err = buf_str(&child->err);
	unsigned long number = number_behind(err, "Error occurred at line: ");
	enum xtable table;

	if (has_rule(payload, number)) {
		refusal->line = &payload->line[number - 1];
		add_program_error(&refusal->reason, err);
		explain_missing_target(&refusal->reason);
		return 0;
	}
	if (number >= 1 && number <= payload->nr_lines) {
		table = payload->line[number - 1].table;
		refusal->line = find_jump(payload, err, table, &refusal->reason);
		return 0;
	}
	refusal->line = find_nft_line(payload, err, hint, &refusal->reason);
	if (refusal->line)
		return 0;
	number = number_behind(err, "line ");
	if (has_rule(payload, number)) {
		refusal->line = &payload->line[number - 1];
		return 0;
	}
	if (scratch->kernel->kind != KERNEL_LEGACY || !number || number > payload->nr_lines)
		return 0;
	table = payload->line[number - 1].table;
	return bisect(scratch, family, payload, table, refusal, diags);
}

int refusal_find(struct scratch *scratch, enum family family, const struct payload *payload,
		 const struct child *child, const char *hint, struct refusal *ret_refusal,
		 struct diags *diags)
{
	if (find(scratch, family, payload, child, hint, ret_refusal, diags) < 0)
		return -1;
	if (ret_refusal->reason.len)
		return 0;
	if (ret_refusal->line)
		buf_adds(&ret_refusal->reason, "no reason given");
	else
		add_program_error(&ret_refusal->reason, buf_str(&child->err));
	if (!ret_refusal->reason.len)
		buf_addf(&ret_refusal->reason, "exit status %d", child->status);
	return 0;
}
