#include "base.h"
#include "state_text.h"
#include "buf.h"
#include "diag.h"
#include "state.h"
#include "state_header.h"
#include "text.h"
#include "listing.h"

static void format_origin(const struct origin *origin, struct buf *buf)
{
	const struct origin *at = origin->use ? origin->use : origin;

	buf_addc(buf, '@');
	buf_addu(buf, at->line);
	buf_addc(buf, ' ');
	if (at->file)
		text_escape(buf, at->file);
	if (origin->use) {
		buf_addf(buf, "\t%u ", origin->line);
		text_escape(buf, origin->file);
	}
	buf_addc(buf, '\n');
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
	if (a->line != b->line || !a->use != !b->use || !a->file != !b->file)
		return false;
	return (!a->file || str_equal(a->file, b->file)) &&
	       (!a->use || same_origin(a->use, b->use));
}

static void format_chain(const struct chain *chain, struct buf *buf)
{
	if (!(chain->flags & CHAIN_BUILTIN))
		buf_addf(buf, ":%s %s\n", chain->name,
			 chain->flags & CHAIN_FOREIGN ? "foreign" : "own");
	else if (chain->policy)
		buf_addf(buf, ":%s %s %s\n", chain->name, chain->policy,
			 chain->policy_before ? chain->policy_before : "ACCEPT");
	else
		buf_addf(buf, ":%s -\n", chain->name);
}

static void format_table(const struct state *state, enum family family, enum xtable table,
			 struct buf *buf)
{
	struct origin last = ORIGIN_NONE;

	buf_addf(buf, "*%s %s\n", family_name(family), xtable_name(table));
	FOR_EACH_CHAIN(chain, &state->set, family, table)
		format_chain(chain, buf);
	FOR_EACH_CHAIN(chain, &state->set, family, table) {
		for (size_t i = 0; i < chain->nr; i++) {
			const struct rule *rule = chain_rule(chain, i);

			if (!same_origin(&rule->origin, &last))
				format_origin(&rule->origin, buf);
			last = rule->origin;
			buf_adds(buf, rule->flags & RULE_HOOK ? "-H " : "-A ");
			buf_adds(buf, chain->name);
			buf_addc(buf, ' ');
			buf_adds(buf, rule->spec);
			buf_addc(buf, '\n');
		}
	}
}

void state_text_format(const struct state *state, struct buf *buf)
{
	state_header_format(state, buf);
	FOR_EACH_TABLE(f, t)
		if (ruleset_has_table(&state->set, f, t))
			format_table(state, f, t, buf);
}

struct parse {
	struct state *state;
	enum family family;
	enum xtable table;
	bool in_table;
	struct origin origin;
	struct chain *last;
};

/* "@12 FILE", or "@3 USE<TAB>12 TEMPLATE" */
static int parse_origin(struct parse *p, const char *line)
{
	struct arena *arena = &p->state->set.arena;
	const char *tab = strchr(line, '\t'), *file = strchr(line, ' ');
	struct origin at = ORIGIN_NONE;

	if (!file || (tab && file > tab))
		return -1;
	file++;
	at.line = (unsigned int)strtoul(line + 1, NULL, 10);
	at.file =
		tab ? arena_strndup(arena, file, (size_t)(tab - file)) : arena_strdup(arena, file);
	if (!at.file[0])
		at.file = NULL;
	p->origin = at;
	if (tab) {
		struct origin *use = arena_alloc(arena, sizeof(*use));

		*use = at;
		file = strchr(tab, ' ');
		if (!file)
			return -1;
		p->origin = (struct origin){ arena_strdup(arena, file + 1),
					     (unsigned int)strtoul(tab + 1, NULL, 10), use };
	}
	return 0;
}

static int parse_chain(struct parse *p, const char *line)
{
	const char *end = strrchr(line, ' ');
	struct chain *chain;
	size_t len = strcspn(line, " ");
	char *name;

	if (!end || !p->in_table || len < 2)
		return -1;
	name = xstrndup(line + 1, len - 1);
	chain = ruleset_chain(&p->state->set, p->family, p->table, name);
	free(name);
	line += len + 1;
	if (str_equal(line, "own")) {
		chain->flags |= CHAIN_DECLARED;
	} else if (str_equal(line, "foreign")) {
		chain->flags |= CHAIN_FOREIGN | CHAIN_SHARED;
	} else {
		chain->flags |= CHAIN_SHARED;
		if (!str_equal(line, "-")) {
			chain->policy = str_starts(line, "DROP") ? "DROP" : "ACCEPT";
			chain->policy_before = str_equal(end + 1, "DROP") ? "DROP" : "ACCEPT";
		}
	}
	return 0;
}

static int parse_rule(struct parse *p, const char *line)
{
	struct ruleset *set = &p->state->set;
	const char *spec = strchr(line + 3, ' ');
	struct rule *rule;
	char *name;

	if (!spec || !p->in_table)
		return -1;
	if (!p->last || strncmp(p->last->name, line + 3, (size_t)(spec - line - 3)) != 0 ||
	    p->last->name[spec - line - 3]) {
		name = xstrndup(line + 3, (size_t)(spec - line - 3));
		p->last = ruleset_find(set, p->family, p->table, name);
		free(name);
	}
	if (!p->last)
		return -1;
	rule = ruleset_new_rule(set);
	rule->spec = arena_strdup(&set->arena, spec + 1);
	rule->target = rule_target(&set->arena, rule->spec, &rule->flags);
	rule->flags |= line[1] == 'H' ? RULE_HOOK : 0;
	rule->origin = p->origin;
	chain_append(p->last, rule);
	return 0;
}

static int parse_body_line(struct parse *p, const char *line)
{
	switch (line[0]) {
	case '*':
		p->in_table = state_place_parse(line + 1, &p->family, &p->table) == 0;
		p->last = NULL;
		p->origin = (struct origin)ORIGIN_NONE;
		return p->in_table ? 0 : -1;
	case ':': return parse_chain(p, line);
	case '@': return parse_origin(p, line);
	case '-':
		return (line[1] == 'A' || line[1] == 'H') && line[2] == ' ' ? parse_rule(p, line) :
									      -1;
	default: return -1;
	}
}

int state_text_parse(struct state *state, const char *text, size_t len, bool with_rules,
		     const char *path, struct diags *diags)
{
	struct parse p = { .state = state };
	struct origin origin = { path, 0, NULL };
	const char *end = text + len;
	bool in_body = false;
	int ret = 0;

	while (text < end && ret == 0 && (with_rules || !in_body)) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		char *line = xstrndup(text, (size_t)((newline ? newline : end) - text));

		origin.line++;
		if (!newline) /* a file that was cut off */
			ret = -1;
		else if (origin.line == 1)
			ret = str_equal(line, STATE_FIRST_LINE) ? 0 : -1;
		else if (!line[0])
			in_body = true;
		else
			ret = in_body ? parse_body_line(&p, line) : state_header_parse(state, line);
		free(line);
		text = newline ? newline + 1 : end;
	}
	if (ret == 0 && origin.line == 0)
		ret = -1;
	if (ret < 0)
		return diag_error(diags, &origin,
				  "not a state file of this version of rampart: move it away, and "
				  "name its chains by 'apply --adopt'");
	return 0;
}
