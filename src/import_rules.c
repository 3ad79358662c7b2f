#include "base.h"
#include "import_internal.h"
#include "token.h"

bool import_same_place(const struct origin *a, const struct origin *b)
{
	return a->file && b->file && str_equal(a->file, b->file) && a->line == b->line;
}

/* "# 40-fw.sh:12": of a script only, and once for all that a line of it made. In a save each line
 * is its own origin. */
static void add_heading(struct import *import, const struct import_rule *line)
{
	const struct rule *v4 = line->rule[FAMILY_IPV4], *v6 = line->rule[FAMILY_IPV6];
	bool same = true;

	FOR_EACH_FAMILY(f) {
		const struct rule *rule = line->rule[f], *last = import->last[f];

		same &= !rule == !last &&
			(!rule || import_same_place(&rule->origin, &last->origin));
		import->last[f] = rule;
	}
	if (same)
		return;
	FOR_EACH_FAMILY(f)
		if (line->rule[f])
			import_add_comments(import, &line->rule[f]->origin);
	if (import->kind != IMPORT_SCRIPT)
		return;
	buf_adds(&import->body, "# ");
	import_add_origin(&import->body, v4 ? &v4->origin : &v6->origin);
	if (v4 && v6 && !import_same_place(&v4->origin, &v6->origin)) {
		buf_adds(&import->body, ", ");
		import_add_origin(&import->body, &v6->origin);
	}
	buf_addc(&import->body, '\n');
}

/* As token_quote(), but the word "any" of a rule that is made is a name, not nothing at all. */
void import_add_word(struct buf *buf, const char *text, size_t len)
{
	if (len == 3 && memcmp(text, "any", 3) == 0)
		buf_adds(buf, "\"any\"");
	else
		token_quote(buf, text, len);
}

/* "-A CHAIN SPEC" in the words of drop-ins: a dollar sign is in quotes. */
static void format_rule(struct buf *line, const char *chain, const char *spec)
{
	struct tokens tokens = TOKENS_INIT;

	buf_adds(line, "-A ");
	import_add_word(line, chain, strlen(chain));
	if (tokens_scan(&tokens, spec, strlen(spec), TOKENS_LISTING))
		tokens.nr = 0; /* a rule that was made can be read */
	for (size_t i = 0; i < tokens.nr; i++) {
		buf_addc(line, ' ');
		import_add_word(line, tokens.v[i].text, tokens.v[i].len);
	}
	tokens_release(&tokens);
}

const char *import_prefix(enum family family)
{
	return family == FAMILY_IPV4 ? "-4 " : "-6 ";
}

/* "-4 -A CHAIN SPEC": can one family's rule be said so? */
static bool is_sayable(struct import_reach *reach, enum xtable table, const char *chain,
		       const char *rule, enum family family)
{
	struct buf line = BUF_INIT;
	bool ret;

	buf_addf(&line, "%s%s", import_prefix(family), rule);
	ret = import_reach(reach, table, chain, line.data) == family_bit(family);
	buf_release(&line);
	return ret;
}

static void lose(struct import *import, enum family family, enum xtable table,
		 const struct rule *rule, const char *text)
{
	struct buf what = BUF_INIT;

	buf_addf(&what, "*%s: %s%s", xtable_name(table), import_prefix(family), text);
	import_leave(import, &rule->origin, what.data);
	import->nr_lost++;
	buf_release(&what);
}

void import_add_rule(struct import *import, struct import_reach *reach, enum xtable table,
		     struct import_rule line)
{
	struct buf text = BUF_INIT;
	unsigned int families = 0, plain;

	format_rule(&text, line.chain, line.spec);
	plain = import_reach(reach, table, line.chain, text.data);
	FOR_EACH_FAMILY(f)
		families |= line.rule[f] ? family_bit(f) : 0;
	FOR_EACH_FAMILY(f) {
		if (plain == families || !line.rule[f] ||
		    is_sayable(reach, table, line.chain, text.data, f))
			continue;
		lose(import, f, table, line.rule[f], text.data);
		line.rule[f] = NULL;
		families &= ~family_bit(f);
	}
	if (families)
		add_heading(import, &line);
	if (families && plain == families)
		buf_addf(&import->body, "%s\n", text.data);
	FOR_EACH_FAMILY(f) {
		if (!line.rule[f])
			continue;
		if (plain != families)
			buf_addf(&import->body, "%s%s\n", import_prefix(f), text.data);
		import->nr_rules[f]++;
	}
	buf_release(&text);
}
