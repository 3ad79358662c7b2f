#include "base.h"
#include "payload.h"
#include "xalloc.h"

static void end_line(struct payload *payload, const struct chain *chain, const struct rule *rule)
{
	buf_addc(&payload->text, '\n');
	XGROW(payload->line, payload->nr_lines, payload->cap_lines);
	payload->line[payload->nr_lines++] = (struct payload_line){ payload->table, chain, rule };
}

void payload_begin(struct payload *payload, enum xtable table)
{
	payload->table = table;
	buf_addc(&payload->text, '*');
	buf_adds(&payload->text, xtable_name(table));
	end_line(payload, NULL, NULL);
}

void payload_chain(struct payload *payload, const struct chain *chain, const char *policy)
{
	buf_addc(&payload->text, ':');
	buf_adds(&payload->text, chain->name);
	buf_addc(&payload->text, ' ');
	buf_adds(&payload->text, policy ? policy : "-");
	buf_adds(&payload->text, " [0:0]");
	end_line(payload, chain, NULL);
}

static void add_head(struct payload *payload, const char *command, const struct chain *chain,
		     size_t number)
{
	buf_adds(&payload->text, command);
	buf_addc(&payload->text, ' ');
	buf_adds(&payload->text, chain->name);
	if (number)
		buf_addf(&payload->text, " %zu", number);
}

void payload_rule(struct payload *payload, const char *command, const struct chain *chain,
		  size_t number, const struct rule *rule)
{
	add_head(payload, command, chain, number);
	if (rule->spec[0]) {
		buf_addc(&payload->text, ' ');
		buf_adds(&payload->text, rule->spec);
	}
	end_line(payload, chain, rule);
}

void payload_command(struct payload *payload, const char *command, const struct chain *chain,
		     size_t number)
{
	add_head(payload, command, chain, number);
	end_line(payload, chain, NULL);
}

void payload_commit(struct payload *payload)
{
	buf_adds(&payload->text, "COMMIT");
	end_line(payload, NULL, NULL);
}

void payload_reset(struct payload *payload)
{
	buf_reset(&payload->text);
	payload->nr_lines = 0;
}

void payload_release(struct payload *payload)
{
	buf_release(&payload->text);
	free(payload->line);
	*payload = (struct payload)PAYLOAD_INIT;
}

void origin_format(struct buf *buf, const struct origin *origin)
{
	const struct origin *at = origin->use ? origin->use : origin;

	buf_adds(buf, at->file);
	if (at->line)
		buf_addf(buf, ":%u", at->line);
	if (origin->use)
		buf_addf(buf, " (%s:%u)", origin->file, origin->line);
}

static void add_origin(struct payload *payload, const struct origin *origin)
{
	if (!origin->file)
		return;
	buf_adds(&payload->text, "# ");
	origin_format(&payload->text, origin);
	end_line(payload, NULL, NULL);
}

/* In blocks, a COMMIT after so many lines. */
static void count_line(struct payload *payload, const struct payload_style *style, size_t *nr)
{
	if (style->block && (*nr)++ % style->block == style->block - 1) {
		payload_commit(payload);
		payload_begin(payload, payload->table);
	}
}

static void render_chains(struct payload *payload, const struct ruleset *set, enum family family,
			  enum xtable table, const struct payload_style *style, size_t *nr)
{
	for (const char *const *name = xtable_builtins(table); *name; name++) {
		const struct chain *chain = ruleset_find(set, family, table, *name);
		struct chain missing = { .name = *name };

		payload_chain(payload, chain ? chain : &missing,
			      chain && chain->policy ? chain->policy : "ACCEPT");
		payload->line[payload->nr_lines - 1].chain = chain;
	}
	FOR_EACH_CHAIN(chain, set, family, table) {
		if (chain->flags & CHAIN_BUILTIN)
			continue;
		payload_chain(payload, chain, NULL);
		count_line(payload, style, nr);
	}
}

static void render_rules(struct payload *payload, const struct chain *chain,
			 const struct payload_style *style, size_t *nr)
{
	for (size_t i = 0; i < chain->nr; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (style->origins)
			add_origin(payload, &rule->origin);
		payload_rule(payload, "-A", chain, 0, rule);
		count_line(payload, style, nr);
	}
}

void payload_render(struct payload *payload, const struct ruleset *set, enum family family,
		    unsigned int tables, const struct payload_style *style)
{
	FOR_EACH_XTABLE(t) {
		size_t nr = 0;

		if (!(tables >> t & 1))
			continue;
		payload_begin(payload, t);
		render_chains(payload, set, family, t, style, &nr);
		FOR_EACH_CHAIN(chain, set, family, t)
			render_rules(payload, chain, style, &nr);
		payload_commit(payload);
	}
}
