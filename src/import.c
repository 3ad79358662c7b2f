#include "base.h"
#include "import_internal.h"
#include "diag.h"
#include "text.h"

void import_init(struct import *import, const char *file, const char *name, enum import_kind kind,
		 const struct buf *text, const struct config *config, struct diags *diags)
{
	size_t len = strlen(name);

	*import = (struct import){ .file = file,
				   .kind = kind,
				   .families = FAMILIES_BOTH,
				   .config = config,
				   .diags = diags };
	if (len > 9 && str_equal(name + len - 9, ".v4.rules"))
		import->families = family_bit(FAMILY_IPV4);
	else if (len > 9 && str_equal(name + len - 9, ".v6.rules"))
		import->families = family_bit(FAMILY_IPV6);
	import_lines_init(&import->lines, buf_str(text), text->len);
}

void import_release(struct import *import)
{
	import_lines_release(&import->lines);
	buf_release(&import->left);
	buf_release(&import->body);
}

/* "40-fw.sh:12": the directory says nothing once the script is gone. */
void import_add_origin(struct buf *buf, const struct origin *origin)
{
	text_escape(buf, text_base_name(origin->file));
	if (origin->line)
		buf_addf(buf, ":%u", origin->line);
}

void import_leave(struct import *import, const struct origin *origin, const char *what)
{
	diag_warning(import->diags, origin, "not imported: %s", what);
	buf_adds(&import->left, "# not imported: ");
	text_escape(&import->left, what);
	buf_adds(&import->left, " (");
	import_add_origin(&import->left, origin);
	buf_adds(&import->left, ")\n");
}

/* The comments above the line that something comes from, set off by a blank line. */
void import_add_comments(struct import *import, const struct origin *origin)
{
	struct buf block = BUF_INIT;

	if (origin->file && str_equal(origin->file, import->file))
		import_lines_above(&import->lines, origin->line, &block);
	if (block.len) {
		buf_addc(&import->body, '\n');
		buf_add(&import->body, block.data, block.len);
	}
	buf_release(&block);
}

/* The baseline's word stands against it: what a script may, a .rules drop-in may not. */
static void check_policy(struct import *import, enum xtable table, const struct chain *chain)
{
	for (size_t i = 0; table == XTABLE_FILTER && i < CONFIG_POLICIES; i++) {
		const struct config_policy *policy = &import->config->policy[i];

		if (policy->value && str_equal(policy->chain, chain->name) &&
		    !str_equal(policy->value, chain->policy))
			diag_warning(import->diags, &chain->policy_origin,
				     "policy %s of chain '%s' is not the baseline's, which is %s "
				     "at %s:%u: the drop-in is refused until they agree",
				     chain->policy, chain->name, policy->value, policy->origin.file,
				     policy->origin.line);
	}
}

/* One word for all families that the drop-in is for, where they have the same. */
static void add_policy(struct import *import, const struct chain *const chain[FAMILY_NR])
{
	const struct chain *any = chain[chain[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6];
	bool same = true;

	FOR_EACH_FAMILY(f)
		if (import->families & family_bit(f))
			same &= chain[f] && str_equal(chain[f]->policy, any->policy);
	FOR_EACH_FAMILY(f)
		if (chain[f])
			import_add_comments(import, &chain[f]->policy_origin);
	/* a header with ACCEPT would say nothing */
	if (same && str_equal(any->policy, "DROP"))
		buf_addf(&import->body, ":%s DROP\n", any->name);
	else if (same)
		buf_addf(&import->body, "-P %s %s\n", any->name, any->policy);
	FOR_EACH_FAMILY(f)
		if (!same && chain[f])
			buf_addf(&import->body, "%s-P %s %s\n", import_prefix(f), any->name,
				 chain[f]->policy);
}

static void add_policies(struct import *import, const struct ruleset *set, enum xtable table)
{
	for (const char *const *name = xtable_builtins(table); *name; name++) {
		const struct chain *chain[FAMILY_NR];

		FOR_EACH_FAMILY(f) {
			chain[f] = ruleset_find(set, f, table, *name);
			if (!chain[f] || !chain[f]->policy)
				chain[f] = NULL;
			else
				check_policy(import, table, chain[f]);
		}
		if (chain[FAMILY_IPV4] || chain[FAMILY_IPV6])
			add_policy(import, chain);
	}
}

/*
 * May one line declare the chain? What a line declares for both families is not made in the one
 * where it has no rules (rampart.rules(5)): right where it is not to be there, wrong where it is.
 */
static bool is_one_line(const struct import *import, const struct chain *chain,
			const struct chain *twin)
{
	if (import->families != FAMILIES_BOTH)
		return true;
	if (!twin)
		return chain->nr > 0;
	return twin->flags & CHAIN_DECLARED &&
	       (!chain->nr == !twin->nr || import_same_place(&chain->origin, &twin->origin));
}

static void add_chain(struct import *import, const struct ruleset *set, enum family family,
		      enum xtable table, const struct chain *chain)
{
	enum family other = family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
	const struct chain *twin = ruleset_find(set, other, table, chain->name);
	bool one_line = is_one_line(import, chain, twin);

	if (one_line && twin && family == FAMILY_IPV6)
		return; /* has its line */
	import_add_comments(import, &chain->origin);
	if (one_line && twin)
		import_add_comments(import, &twin->origin);
	if (one_line)
		buf_addc(&import->body, ':');
	else
		buf_addf(&import->body, "%s-N ", import_prefix(family));
	import_add_word(&import->body, chain->name, strlen(chain->name));
	buf_adds(&import->body, one_line ? " -\n" : "\n");
}

static void add_table(struct import *import, struct import_reach *reach, const struct ruleset *set,
		      enum xtable table)
{
	struct import_order order = { .v = NULL };
	size_t empty;

	buf_addf(&import->body, "\n*%s\n", xtable_name(table));
	empty = import->body.len;
	add_policies(import, set, table);
	FOR_EACH_FAMILY(f)
		FOR_EACH_CHAIN(chain, set, f, table)
			if (chain->flags & CHAIN_DECLARED && !(chain->flags & CHAIN_BUILTIN))
				add_chain(import, set, f, table, chain);
	import_order(&order, set, table);
	memset(import->last, 0, sizeof(import->last));
	for (size_t i = 0; i < order.nr; i++)
		import_add_rule(import, reach, table, order.v[i]);
	import_order_release(&order);
	if (import->body.len == empty) { /* only names of built-in chains */
		import->body.len -= strlen(xtable_name(table)) + 3;
		import->body.data[import->body.len] = '\0';
	}
}

void import_render(struct import *import, const struct ruleset *set, struct buf *ret_text)
{
	struct import_reach *reach = import_reach_new(import->config, import->families);

	FOR_EACH_XTABLE(t)
		if (ruleset_has_table(set, FAMILY_IPV4, t) ||
		    ruleset_has_table(set, FAMILY_IPV6, t))
			add_table(import, reach, set, t);
	buf_adds(ret_text, "# imported from ");
	text_escape(ret_text, text_base_name(import->file));
	buf_addc(ret_text, '\n');
	buf_add(ret_text, buf_str(&import->left), import->left.len);
	buf_add(ret_text, buf_str(&import->body), import->body.len);
	import_reach_free(reach);
}
