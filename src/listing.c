#include "base.h"
#include "listing.h"
#include "diag.h"
#include "optable.h"
#include "ruleset.h"
#include "token.h"

/* By option, so that a value that looks like -j (--log-prefix -j) is none. */
static const char *rule_target_of(struct arena *arena, const struct tokens *tokens, size_t from,
				  unsigned int *flags)
{
	for (size_t at = from, next; at + 1 < tokens->nr; at = next) {
		const struct option_info *option = option_at(tokens, at, &next);
		const struct token *value = &tokens->v[at + 1];

		if (!option || (option->kind != OPTION_JUMP && option->kind != OPTION_GOTO))
			continue;
		*flags |= option->kind == OPTION_GOTO ? RULE_GOTO : 0;
		return arena_strndup(arena, value->text, value->len);
	}
	return NULL;
}

/* Behind a word; NULL: it is not one of a save, which quotes whole words, and what has blanks. */
static const char *word_end(const char *word)
{
	const char *end = word;

	if (*word != '"') {
		end += strcspn(word, " \"\t\n");
	} else if (word[1] != '-') {
		for (end++; *end && *end != '"'; end++)
			end += *end == '\\' && end[1];
		if (!*end++) /* it is not closed */
			return NULL;
	}
	return end > word && (!*end || *end == ' ') ? end : NULL;
}

/*
 * The word that is -j or -g, without a look at what the others are: where it is the only one,
 * and not behind an option, whose value it could be. NULL: the rule has none.
 * False: the words have to be told apart.
 */
static bool find_jump(const char *spec, const char **ret_jump)
{
	const char *before = "", *end;

	*ret_jump = NULL;
	for (const char *word = spec; *word; before = word, word = *end ? end + 1 : end) {
		end = word_end(word);
		if (!end || str_starts(word, "--j") || str_starts(word, "--g"))
			return false;
		if (word[0] != '-' || (word[1] != 'j' && word[1] != 'g'))
			continue;
		if (*ret_jump || before[0] == '-' || end != word + 2 || !*end)
			return false;
		if (!end[1] || end[1] == '"') /* a name that has to be decoded */
			return false;
		*ret_jump = word;
	}
	return true;
}

static const char *target_at(struct arena *arena, const char *jump, unsigned int *flags)
{
	const char *name = jump + 3;

	*flags |= jump[1] == 'g' ? RULE_GOTO : 0;
	return arena_strndup(arena, name, strcspn(name, " "));
}

const char *rule_target(struct arena *arena, const char *spec, unsigned int *flags)
{
	struct tokens tokens = TOKENS_INIT;
	const char *target = NULL, *jump;

	if (find_jump(spec, &jump))
		return jump ? target_at(arena, jump, flags) : NULL;
	if (!tokens_scan(&tokens, spec, strlen(spec), TOKENS_LISTING))
		target = rule_target_of(arena, &tokens, 0, flags);
	tokens_release(&tokens);
	return target;
}

struct reader {
	const struct listing *listing;
	struct diags *diags;
	struct tokens tokens;
	enum xtable table;
	bool in_table, taken; /* the table at hand is one of those asked for */
	struct chain *last;   /* most rules follow one of the same chain */
};

static int bad_line(struct reader *r, const char *line, size_t len)
{
	return diag_error(r->diags, NULL, "%s: a line that can't be read: '%.*s'",
			  r->listing->source, (int)(len > 200 ? 200 : len), line);
}

int listing_native_rules(enum family family, enum xtable table, struct diags *diags)
{
	return diag_error(diags, NULL,
			  "table '%s' (%s) holds native nft rules that iptables can't show, so "
			  "that it can't be edited safely: move them to a table of their own",
			  xtable_name(table), family_name(family));
}

/* "# Table `filter' is incompatible, use 'nft' tool.": it holds rules that iptables can't show. */
static int read_comment(struct reader *r, const char *line, size_t len)
{
	static const char mark[] = "# Table `";
	const char *name = line + sizeof(mark) - 1;
	enum xtable table;

	if (len < sizeof(mark) || memcmp(line, mark, sizeof(mark) - 1) != 0 ||
	    !memmem(line, len, "is incompatible", 15))
		return 0;
	if (xtable_by_name(name, (size_t)(strchrnul(name, '\'') - name), &table) < 0 ||
	    !(r->listing->tables >> table & 1))
		return 0;
	return listing_native_rules(r->listing->family, table, r->diags);
}

static int read_chain(struct reader *r, const char *line, size_t len)
{
	const char *end = memchr(line, ' ', len);
	struct ruleset *set = r->listing->set;
	struct chain *chain;
	const char *policy;
	char *name;

	if (!end || end == line + 1 || !r->in_table)
		return bad_line(r, line, len);
	if (!r->taken)
		return 0;
	name = xstrndup(line + 1, (size_t)(end - line - 1));
	chain = ruleset_chain(set, r->listing->family, r->table, name);
	free(name);
	chain->flags |= CHAIN_DECLARED;
	policy = end + 1;
	if (str_starts(policy, "ACCEPT"))
		chain->policy = "ACCEPT";
	else if (str_starts(policy, "DROP"))
		chain->policy = "DROP";
	return 0;
}

/* "[packets:bytes] " before a rule, where counters were asked for. */
static size_t read_counters(const char *line, size_t len, struct rule *rule)
{
	unsigned long long packets, bytes;
	int used = 0;

	if (line[0] != '[' || !memchr(line, ']', len) ||
	    sscanf(line, "[%llu:%llu] %n", &packets, &bytes, &used) < 2 || (size_t)used > len)
		return 0;
	rule->packets = packets;
	rule->bytes = bytes;
	return (size_t)used;
}

/* "-A CHAIN SPEC": the length of the name, if that is one of a save; or 0. */
static size_t plain_name(const char *line, size_t len)
{
	size_t name = 0;

	if (len < 3 || memcmp(line, "-A ", 3) != 0)
		return 0;
	for (line += 3, len -= 3; name < len && line[name] != ' '; name++)
		if (strchr("\"\t\n", line[name]))
			return 0;
	return name < len && name + 1 < len && line[name + 1] != ' ' ? name : 0;
}

static struct chain *find_chain(struct reader *r, const char *name, size_t len)
{
	char *copy;

	if (r->last && strncmp(r->last->name, name, len) == 0 && !r->last->name[len])
		return r->last;
	copy = xstrndup(name, len);
	r->last = ruleset_find(r->listing->set, r->listing->family, r->table, copy);
	free(copy);
	return r->last;
}

/* By its words, which is what the programs go by. */
static int read_words(struct reader *r, const char *line, size_t len, struct rule *rule)
{
	struct arena *arena = &r->listing->set->arena;
	const struct token *word;
	const char *spec = line + len;

	if (tokens_scan(&r->tokens, line, len, TOKENS_LISTING) || r->tokens.nr < 2 ||
	    !str_equal(r->tokens.v[0].text, "-A"))
		return -1;
	word = r->tokens.v;
	if (!find_chain(r, word[1].text, word[1].len))
		return -1;
	if (r->tokens.nr > 2)
		spec = line + word[2].at;
	rule->spec = arena_strndup(arena, spec, (size_t)(line + len - spec));
	rule->target = rule_target_of(arena, &r->tokens, 2, &rule->flags);
	return 0;
}

/* The same, for most of what the programs write. */
static bool read_plain(struct reader *r, const char *line, size_t len, struct rule *rule)
{
	struct arena *arena = &r->listing->set->arena;
	size_t name = plain_name(line, len), at = name + 4;
	const char *jump;

	if (!name)
		return false;
	rule->spec = arena_strndup(arena, line + at, len - at);
	if (!find_jump(rule->spec, &jump) || !find_chain(r, line + 3, name))
		return false;
	rule->target = jump ? target_at(arena, jump, &rule->flags) : NULL;
	return true;
}

static int read_rule(struct reader *r, const char *line, size_t len)
{
	struct rule *rule;
	size_t skip;

	if (!r->in_table)
		return bad_line(r, line, len);
	if (!r->taken)
		return 0;
	rule = ruleset_new_rule(r->listing->set);
	skip = read_counters(line, len, rule);
	line += skip;
	len -= skip;
	if (!read_plain(r, line, len, rule) && read_words(r, line, len, rule) < 0)
		return bad_line(r, line, len);
	chain_append(r->last, rule);
	return 0;
}

static int read_line(struct reader *r, const char *line, size_t len)
{
	if (!len)
		return 0;
	switch (line[0]) {
	case '#': return read_comment(r, line, len);
	case '*':
		r->in_table = xtable_by_name(line + 1, len - 1, &r->table) == 0;
		r->taken = r->in_table && r->listing->tables >> r->table & 1;
		r->last = NULL;
		return 0;
	case ':': return read_chain(r, line, len);
	case 'C': r->in_table = r->taken = false; return 0;
	default: return read_rule(r, line, len);
	}
}

static const char *newline_or_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline : end;
}

/* Behind the quote that closes what p is in. */
static const char *behind_quoted(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end ? p + 1 : end;
}

/* Length of the line at p. A newline inside quotes belongs to a foreign rule's comment. */
static size_t line_len(const char *p, const char *end)
{
	const char *at = p, *stop = newline_or_end(p, end), *quote;

	if (*p != '-' && *p != '[')
		return (size_t)(stop - p);
	while ((quote = memchr(at, '"', (size_t)(stop - at)))) {
		at = behind_quoted(quote + 1, end);
		if (at > stop)
			stop = newline_or_end(at, end);
	}
	return (size_t)(stop - p);
}

int listing_parse(const struct listing *listing, const char *text, size_t len, struct diags *diags)
{
	struct reader r = { .listing = listing, .diags = diags, .tokens = TOKENS_INIT };
	const char *p = text, *end = text + len;
	int ret = 0;

	while (p < end && ret == 0) {
		size_t line = line_len(p, end);

		ret = read_line(&r, p, line);
		p += line + (p + line < end);
	}
	tokens_release(&r.tokens);
	return ret;
}

int listing_parse_file(struct ruleset *set, const unsigned int tables[FAMILY_NR], const char *file,
		       const char *text, size_t len, struct diags *diags)
{
	const char *end = text + len;

	while (text < end) {
		struct listing listing = { set, FAMILY_IPV4, 0, file };
		const char *next = text;

		if (str_starts(text, "# Generated by ip6tables"))
			listing.family = FAMILY_IPV6;
		listing.tables = tables[listing.family];
		do
			next += line_len(next, end) + 1;
		while (next < end && !str_starts(next, "# Generated by ip"));
		next = next < end ? next : end;
		if (listing_parse(&listing, text, (size_t)(next - text), diags) < 0)
			return -1;
		text = next;
	}
	return 0;
}
