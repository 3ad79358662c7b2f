#include "base.h"
#include "state_header.h"
#include "buf.h"
#include "state.h"
#include "text.h"

/* What was read is what is written: lines without a newline in them. */
static void format_preserved(const struct state *state, struct buf *buf)
{
	if (state->preserved)
		buf_adds(buf, state->preserved);
}

static void format_lines(struct buf *buf, const char *key, const char *lines)
{
	for (const char *line = lines; line && *line;) {
		size_t len = strcspn(line, "\n");

		buf_addf(buf, "%s %.*s\n", key, (int)len, line);
		line += len + !!line[len];
	}
}

void state_header_format(const struct state *state, struct buf *buf)
{
	buf_adds(buf, STATE_FIRST_LINE "\n");
	buf_addf(buf, "version %s\n", state->version);
	buf_addf(buf, "generation %u\n", state->generation);
	buf_addf(buf, "applied %s\n", state->applied);
	buf_addf(buf, "by %s\n", state->by);
	buf_addf(buf, "boot %s\n", state->boot);
	if (state->token[0])
		buf_addf(buf, "confirm %s\n", state->token);
	format_preserved(state, buf);
	format_lines(buf, "ipset", state->ipsets);
	format_lines(buf, "wish", state->wishes);
	buf_addf(buf, "backend %s\n", kernel_kind_name(state->backend));
	buf_addf(buf, "ownership %s\n", ownership_name(state->ownership));
	buf_addf(buf, "inputs %s\n", state->inputs);
	if (state->captured[0])
		buf_addf(buf, "captured %s\n", state->captured);
	FOR_EACH_TABLE_BIT(f, t, state->tables)
		buf_addf(buf, "table %s %s\n", family_name(f), xtable_name(t));
	FOR_EACH_TABLE_BIT(f, t, state->taken)
		buf_addf(buf, "taken %s %s\n", family_name(f), xtable_name(t));
	buf_addc(buf, '\n');
}

static int family_by_name(const char *name, size_t len, enum family *ret_family)
{
	FOR_EACH_FAMILY(f) {
		if (strlen(family_name(f)) == len && memcmp(family_name(f), name, len) == 0) {
			*ret_family = f;
			return 0;
		}
	}
	return -1;
}

int state_place_parse(const char *text, enum family *ret_family, enum xtable *ret_table)
{
	size_t len = strcspn(text, " ");

	if (!text[len] || family_by_name(text, len, ret_family) < 0)
		return -1;
	return xtable_by_name(text + len + 1, strlen(text + len + 1), ret_table);
}

static int parse_word(char *dst, size_t size, const char *text)
{
	return (size_t)snprintf(dst, size, "%s", text) < size ? 0 : -1;
}

static int parse_number(unsigned int *dst, const char *text)
{
	unsigned long value;

	if (text_number(text, 0, UINT32_MAX - 1, &value) < 0)
		return -1;
	*dst = (unsigned int)value;
	return 0;
}

static void add_line(struct state *state, const char **lines, const char *line)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s%s\n", *lines ? *lines : "", line);
	*lines = arena_strdup(&state->set.arena, text.data);
	buf_release(&text);
}

/* Words that are kept as they are. */
static int parse_header_word(struct state *state, const char *line, const char *value)
{
	const struct {
		const char *key;
		char *dst;
		size_t size;
	} words[] = {
		{ "version ", state->version, sizeof(state->version) },
		{ "applied ", state->applied, sizeof(state->applied) },
		{ "inputs ", state->inputs, sizeof(state->inputs) },
		{ "captured ", state->captured, sizeof(state->captured) },
		{ "by ", state->by, sizeof(state->by) },
		{ "boot ", state->boot, sizeof(state->boot) },
		{ "confirm ", state->token, sizeof(state->token) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_starts(line, words[i].key))
			return parse_word(words[i].dst, words[i].size, value);
	return 1;
}

int state_header_parse(struct state *state, const char *line)
{
	const char *value = strchr(line, ' ');
	enum family family;
	enum xtable table;
	int ret;

	if (!value)
		return -1;
	value++;
	ret = parse_header_word(state, line, value);
	if (ret <= 0)
		return ret;
	if (str_starts(line, "generation "))
		return parse_number(&state->generation, value);
	if (str_starts(line, "ipset ")) {
		add_line(state, &state->ipsets, value);
		return 0;
	}
	if (str_starts(line, "wish ")) {
		add_line(state, &state->wishes, value);
		return 0;
	}
	if (str_starts(line, "preserve ") || str_starts(line, "preserve-rule ")) {
		add_line(state, &state->preserved, line);
		return 0;
	}
	if (str_starts(line, "backend ")) {
		state->backend = str_equal(value, "nft") ? KERNEL_NFT : KERNEL_LEGACY;
		return 0;
	}
	if (str_starts(line, "ownership ")) {
		state->ownership =
			str_equal(value, "merge") ? OWNERSHIP_MERGE : OWNERSHIP_EXCLUSIVE;
		return 0;
	}
	if ((!str_starts(line, "table ") && !str_starts(line, "taken ")) ||
	    state_place_parse(value, &family, &table) < 0)
		return -1;
	*(str_starts(line, "table ") ? &state->tables[family] : &state->taken[family]) |= 1u
										       << table;
	return 0;
}
