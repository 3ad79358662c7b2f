#include "base.h"
#include "common.h"
#include "lint.h"
#include "listing.h"
#include "payload.h"
#include "place.h"
#include "xalloc.h"

const char fuzz_baseline[] =
	"families = {ipv4, ipv6}\n"
	"foreign = {\"DOCKER-USER\", \"f2b-*\"}\n"
	"policy { INPUT = DROP FORWARD = DROP }\n"
	"set \"IF\" { values = {eth0, \"eth+\"} }\n"
	"set \"V4\" { values = {192.0.2.0/24, 198.51.100.7} }\n"
	"set \"V6\" { values = {\"2001:db8::/32\"} }\n"
	"set \"MIX\" { values = {10.0.0.0/8, \"2001:db8:1::1\", 10.1.1.1-10.1.1.9} }\n"
	"set \"PORT\" { values = {22} }\n"
	"set \"PORTS\" { values = {22, \"80:90\", https} }\n"
	"set \"MANY\" { values = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,\"20:30\"} }\n"
	"set \"ANY\" { values = {any} }\n"
	"set \"EMPTY\" { values = {} }\n"
	"set \"EVIL\" { values = {\"QQ -j QQ\", \"q\\\"QQ \\\\\", \"-QQ\"} }\n"
	"set \"CHAIN\" { values = {WEB, MAIL} }\n";

void fuzz_fail(const char *file, int line, const char *cond, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: %s does not hold: ", file, line, cond);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void end_word(struct fuzz_words *words, const char *word, size_t len)
{
	words->v = xreallocarray(words->v, words->nr + 1, sizeof(*words->v));
	words->len = xreallocarray(words->len, words->nr + 1, sizeof(*words->len));
	words->v[words->nr] = fuzz_text((const uint8_t *)word, len);
	words->len[words->nr++] = len;
}

void fuzz_words_read(struct fuzz_words *words, const char *line, size_t len)
{
	char *word = xmalloc(len + 1);
	bool quoted = false, escaped = false;
	size_t nr = 0;

	*words = (struct fuzz_words){ .v = NULL };
	for (size_t i = 0; i < len; i++) {
		char c = line[i];

		if (quoted && escaped) {
			word[nr++] = c;
			escaped = false;
		} else if (quoted && c == '\\') {
			escaped = true;
		} else if (quoted && c != '"') {
			word[nr++] = c;
		} else if (quoted) {
			quoted = false;
			end_word(words, word, nr);
			nr = 0;
		} else if (c == '"') {
			quoted = true;
		} else if (c != ' ' && c != '\t' && c != '\n') {
			word[nr++] = c;
		} else if (nr) {
			end_word(words, word, nr);
			nr = 0;
		}
	}
	if (nr)
		end_word(words, word, nr);
	words->open_quote = quoted;
	free(word);
}

void fuzz_words_release(struct fuzz_words *words)
{
	for (size_t i = 0; i < words->nr; i++)
		free(words->v[i]);
	free(words->v);
	free(words->len);
}

struct chain_names {
	char **v;
	size_t nr;
};

static bool has_chain(const struct chain_names *names, const char *name)
{
	for (size_t i = 0; i < names->nr; i++)
		if (str_equal(names->v[i], name))
			return true;
	return false;
}

static void forget_chains(struct chain_names *names)
{
	for (size_t i = 0; i < names->nr; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct chain_names){ NULL, 0 };
}

/* ":NAME POLICY [0:0]", split at blanks alone. */
static void check_chain_line(struct chain_names *names, const char *line, size_t len)
{
	size_t blanks = 0, name = 0;

	for (size_t i = 0; i < len; i++) {
		blanks += line[i] == ' ' || line[i] == '\t';
		name += !blanks;
	}
	FUZZ_CHECK(blanks == 2, "chain line '%.*s'", (int)len, line);
	FUZZ_CHECK(name > 1 && name - 1 <= 28, "chain line '%.*s'", (int)len, line);
	names->v = xreallocarray(names->v, names->nr + 1, sizeof(*names->v));
	names->v[names->nr++] = fuzz_text((const uint8_t *)line + 1, name - 1);
}

static void check_rule_line(const struct chain_names *names, const char *line, size_t len)
{
	struct fuzz_words words;

	FUZZ_CHECK(len <= 10238, "line of %zu bytes", len);
	fuzz_words_read(&words, line, len);
	FUZZ_CHECK(!words.open_quote, "open quote in '%.*s'", (int)len, line);
	FUZZ_CHECK(words.nr >= 2 && words.nr <= 251, "%zu words in '%.*s'", words.nr, (int)len, line);
	FUZZ_CHECK(str_equal(words.v[0], "-A"), "'%.*s'", (int)len, line);
	FUZZ_CHECK(has_chain(names, words.v[1]), "chain of '%.*s' is not declared", (int)len, line);
	for (size_t i = 0; i < words.nr; i++)
		FUZZ_CHECK(words.len[i] <= 1023, "word of %zu bytes", words.len[i]);
	fuzz_words_release(&words);
}

void fuzz_check_payload(const char *text, size_t len)
{
	struct chain_names names = { NULL, 0 };
	const char *end = text + len;
	bool in_table = false;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line;

		FUZZ_CHECK(newline, "last line '%s' has no end", text);
		line = (size_t)(newline - text);
		if (text[0] == '#') {
			;
		} else if (text[0] == '*') {
			FUZZ_CHECK(!in_table, "table inside a table: '%.*s'", (int)line, text);
			in_table = true;
		} else if (line == 6 && memcmp(text, "COMMIT", 6) == 0) {
			FUZZ_CHECK(in_table, "COMMIT outside a table");
			in_table = false;
			forget_chains(&names);
		} else if (text[0] == ':') {
			FUZZ_CHECK(in_table, "'%.*s' outside a table", (int)line, text);
			check_chain_line(&names, text, line);
		} else {
			FUZZ_CHECK(in_table, "'%.*s' outside a table", (int)line, text);
			check_rule_line(&names, text, line);
		}
		text = newline + 1;
	}
	FUZZ_CHECK(!in_table, "no COMMIT at the end");
}

void fuzz_check_diags(const struct diags *diags, int ret, const char *file, const char *text,
		      size_t len)
{
	unsigned int lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	FUZZ_CHECK((ret < 0) == (diags->errors > 0), "ret %d with %zu errors", ret, diags->errors);
	for (size_t i = 0; i < diags->nr; i++) {
		const struct diag *d = &diags->list[i];

		if (d->severity != DIAG_ERROR)
			continue;
		FUZZ_CHECK(d->file, "'%s' has no file", d->text);
		FUZZ_CHECK(d->text[0], "an error without a text");
		if (!file || !str_equal(d->file, file))
			continue;
		FUZZ_CHECK(d->line <= lines, "'%s' at line %u of %u", d->text, d->line, lines);
	}
}

const struct config *fuzz_config(unsigned int variant)
{
	static struct config configs[4];
	static bool ready;

	if (!ready) {
		struct diags diags = DIAGS_INIT;

		for (unsigned int i = 0; i < 4; i++) {
			config_init(&configs[i]);
			if (config_parse(&configs[i], fuzz_baseline, strlen(fuzz_baseline),
					 "rampart.conf", &diags) < 0)
				abort();
			configs[i].ownership = i & 1 ? OWNERSHIP_EXCLUSIVE : OWNERSHIP_MERGE;
			configs[i].origin_comments = i & 2;
		}
		diags_release(&diags);
		ready = true;
	}
	return &configs[variant & 3];
}

static void check_same(const struct ruleset *placed, const struct ruleset *read,
		       enum family family, enum xtable table)
{
	FOR_EACH_CHAIN(chain, placed, family, table) {
		const struct chain *other = ruleset_find(read, family, table, chain->name);

		FUZZ_CHECK(other, "chain '%s' is not read back", chain->name);
		FUZZ_CHECK(chain->nr == other->nr, "chain '%s' has %zu rules, not %zu", chain->name,
			   other->nr, chain->nr);
		for (size_t i = 0; i < chain->nr; i++) {
			const struct rule *a = chain_rule(chain, i), *b = chain_rule(other, i);

			FUZZ_CHECK(str_equal(a->spec, b->spec), "'%s' is read back as '%s'", a->spec,
				   b->spec);
			FUZZ_CHECK(str_equal(a->target ? a->target : "", b->target ? b->target : ""),
				   "'%s' has target '%s', read back '%s'", a->spec,
				   a->target ? a->target : "", b->target ? b->target : "");
		}
	}
}

/* A rule with two targets is not one that any save writes: the last of ours is what counts. */
static bool has_odd_jump(const struct ruleset *set)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t) {
			for (size_t i = 0; i < chain->nr; i++) {
				const char *spec = chain_rule(chain, i)->spec;
				size_t jumps = 0;

				for (const char *p = spec; *p; p++)
					jumps += (p == spec || p[-1] == ' ') && *p == '-' &&
						 (str_starts(p, "-j ") || str_starts(p, "-g ") ||
						  str_starts(p, "--j") || str_starts(p, "--g"));
				if (jumps > 1)
					return true;
			}
		}
	}
	return false;
}

static void check_placed(const struct ruleset *placed)
{
	struct payload_style plain = { .origins = false }, origins = { .origins = true },
			     blocks = { .block = 2 };
	unsigned int tables[FAMILY_NR] = { 0 };
	bool odd = has_odd_jump(placed);

	place_tables(placed, tables);
	FOR_EACH_FAMILY(f) {
		struct payload payload = PAYLOAD_INIT;
		struct ruleset read = RULESET_INIT;
		struct diags diags = DIAGS_INIT;
		struct listing listing = { &read, f, 31, "payload" };
		char *text;

		payload_render(&payload, placed, f, tables[f], &plain);
		fuzz_check_payload(buf_str(&payload.text), payload.text.len);
		text = fuzz_text((const uint8_t *)buf_str(&payload.text), payload.text.len);
		FUZZ_CHECK(listing_parse(&listing, text, payload.text.len, &diags) == 0, "%s",
			   diags.nr ? diags.list[0].text : "");
		for (enum xtable t = XTABLE_RAW; !odd && t <= XTABLE_SECURITY; t++)
			if (tables[f] >> t & 1)
				check_same(placed, &read, f, t);
		free(text);
		payload_reset(&payload);
		payload_render(&payload, placed, f, tables[f], &origins);
		payload_reset(&payload);
		payload_render(&payload, placed, f, tables[f], &blocks);
		payload_release(&payload);
		ruleset_release(&read);
		diags_release(&diags);
	}
}

void fuzz_check_wanted(const struct ruleset *wanted, const struct config *config)
{
	struct ruleset placed = RULESET_INIT;
	struct diags diags = DIAGS_INIT;
	int ret = place_rules(wanted, config, NULL, UNKNOWN_IS_ERROR, &placed, &diags);

	fuzz_check_diags(&diags, ret, NULL, NULL, 0);
	if (ret == 0)
		ret = lint_ruleset(&placed, &diags);
	if (ret == 0)
		check_placed(&placed);
	ruleset_release(&placed);
	diags_release(&diags);
}
