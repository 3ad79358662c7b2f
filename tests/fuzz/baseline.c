/*
 * The text of a baseline. Besides not crashing: libconfuse's values are those
 * that a second reader of its syntax sees, each with its line, and no error
 * leaves anything behind that the next file would be read with.
 */
#include "base.h"
#include "common.h"
#include "conffile.h"
#include "text.h"
#include "value.h"
#include "xalloc.h"

struct words {
	char **v;
	size_t nr;
};

static void add_word(struct words *words, const char *text, size_t len)
{
	words->v = xreallocarray(words->v, words->nr + 1, sizeof(*words->v));
	words->v[words->nr++] = fuzz_text((const uint8_t *)text, len);
}

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->nr; i++)
		free(words->v[i]);
	free(words->v);
}

/* The escapes of src/lexer.l of libconfuse 3.3. */
static const char *decode_escape(const char *p, bool twice, struct buf *word)
{
	static const char from[] = "nbrtfaev", to[] = "\n\b\r\t\f\a\033\v";
	char digits[4] = "", *end;

	if (*p == '\n')
		return p + 1;
	if (!twice) {
		if (*p != '\\' && *p != '\'')
			buf_addc(word, '\\');
		buf_addc(word, *p);
		return p + 1;
	}
	if (*p >= '0' && *p <= '7') {
		memcpy(digits, p, strspn(p, "01234567") > 3 ? 3 : strspn(p, "01234567"));
		buf_addc(word, (char)strtoul(digits, NULL, 8));
		return p + strlen(digits);
	}
	if (*p == 'x') {
		memcpy(digits, p + 1, strnlen(p + 1, 2));
		digits[strspn(digits, "0123456789abcdefABCDEF")] = '\0';
		if (digits[0]) {
			buf_addc(word, (char)strtoul(digits, &end, 16));
			return p + 1 + (end - digits);
		}
	}
	buf_addc(word, strchr(from, *p) ? to[strchr(from, *p) - from] : *p);
	return p + 1;
}

static const char *skip_quoted(const char *p, struct buf *word)
{
	char quote = *p++;

	while (*p && *p != quote)
		if (*p == '\\' && p[1])
			p = decode_escape(p + 1, quote == '"', word);
		else
			buf_addc(word, *p++);
	return *p ? p + 1 : p;
}

static const char *skip_comment(const char *p)
{
	const char *end;

	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	return p + strcspn(p, "\n");
}

/* All values in their order: words behind '=', or in braces behind it. */
static void read_values(struct words *values, const char *p)
{
	bool value = false, list = false;
	struct buf word = BUF_INIT;

	while (*p) {
		if (*p == '#' || (*p == '/' && (p[1] == '/' || p[1] == '*'))) {
			p = skip_comment(p);
		} else if (*p == '=') {
			value = true;
			p++;
		} else if (*p == '{' || *p == '}') {
			list = *p == '{' && value;
			value = false;
			p++;
		} else if (strchr(" \t\r\n,+", *p)) {
			p++;
		} else {
			buf_reset(&word);
			if (*p == '"' || *p == '\'')
				p = skip_quoted(p, &word);
			else
				while (*p && !strchr(" \t\r\n\"'={}()+,#*;", *p) &&
				       !(*p == '/' && (p[1] == '/' || p[1] == '*')))
					buf_addc(&word, *p++);
			if (value || list)
				add_word(values, buf_str(&word), word.len);
			value = false;
		}
	}
	buf_release(&word);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect(struct words *words, const struct conf_node *section, unsigned int lines)
{
	for (const struct conf_node *n = section->sub; n; n = n->next) {
		FUZZ_CHECK(n->line >= 1 && n->line <= lines, "'%s' at line %u of %u", n->name, n->line,
			   lines);
		for (size_t i = 0; i < n->nr_values; i++) {
			FUZZ_CHECK(n->value[i].line >= n->line && n->value[i].line <= lines,
				   "'%s': value at line %u of %u", n->name, n->value[i].line, lines);
			add_word(words, n->value[i].text, strlen(n->value[i].text));
		}
		collect(words, n, lines);
	}
}

enum { NAMES_MAX = 12, SECTIONS_MAX = 3, DEPTH = 5 };

/* Every name of the file, as what it is used as, at each level. -1: one name is used as two. */
static int make_schema(const struct confscan *scan, struct conf_schema schema[DEPTH][NAMES_MAX + 1])
{
	size_t nr = 0, sections = 0;

	for (const struct confscan_item *i = scan->items; i; i = i->next) {
		enum conf_kind kind = !i->is_section ? CONF_OPTION :
				      i->title	     ? CONF_TITLED : CONF_SECTION;
		size_t at = 0;

		while (at < nr && !str_equal(schema[0][at].name, i->name))
			at++;
		if (at < nr && schema[0][at].kind != kind)
			return -1;
		if (at < nr)
			continue;
		sections += kind != CONF_OPTION;
		/* libconfuse takes some words for its own */
		if (nr == NAMES_MAX || sections > SECTIONS_MAX || !i->name[0] ||
		    text_name_len(i->name, strlen(i->name)) != strlen(i->name) ||
		    str_equal(i->name, "__unknown"))
			return -1;
		schema[0][nr++] = (struct conf_schema){ i->name, kind, NULL };
	}
	schema[0][nr] = (struct conf_schema){ NULL, CONF_END, NULL };
	for (size_t d = 1; d < DEPTH; d++)
		memcpy(schema[d], schema[0], sizeof(schema[0]));
	for (size_t d = 0; d < DEPTH; d++)
		for (size_t i = 0; i < nr; i++)
			if (schema[d][i].kind != CONF_OPTION)
				schema[d][i].sub = d + 1 < DEPTH ? schema[d + 1] : schema[0] + nr;
	return 0;
}

static void check_values(const char *text, size_t size)
{
	struct conf_schema schema[DEPTH][NAMES_MAX + 1];
	struct words seen = { NULL, 0 }, expected = { NULL, 0 };
	struct conffile conf = CONFFILE_INIT;
	struct diags diags = DIAGS_INIT;
	unsigned int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	if (conffile_scan(&conf, text, size, "any.conf", &diags) == 0 &&
	    make_schema(&conf.scan, schema) == 0 &&
	    conffile_parse(&conf, schema[0], "any.conf", "option", &diags) == 0) {
		collect(&seen, &conf.root, lines);
		read_values(&expected, text);
		FUZZ_CHECK(seen.nr == expected.nr, "%zu values, not %zu", seen.nr, expected.nr);
		if (seen.nr) {
			/* += puts a value elsewhere */
			qsort(seen.v, seen.nr, sizeof(*seen.v), by_text);
			qsort(expected.v, expected.nr, sizeof(*expected.v), by_text);
		}
		for (size_t i = 0; i < seen.nr; i++)
			FUZZ_CHECK(str_equal(seen.v[i], expected.v[i]), "value '%s', not '%s'",
				   seen.v[i], expected.v[i]);
	}
	words_release(&seen);
	words_release(&expected);
	conffile_release(&conf);
	diags_release(&diags);
}

/* What a config that was accepted promises. */
static void check_config(const struct config *config)
{
	for (const struct value_list *set = config->sets; set; set = set->hh.next) {
		FUZZ_CHECK(text_name_len(set->name, strlen(set->name)) == strlen(set->name), "'%s'",
			   set->name);
		for (size_t i = 0; i < set->nr; i++)
			FUZZ_CHECK(!strchr(set->v[i].text, '\n') && strlen(set->v[i].text) <= 1023,
				   "'%s' of '%s'", set->v[i].text, set->name);
	}
	FUZZ_CHECK(config->families >= 1 && config->families <= 3, "%u", config->families);
	FUZZ_CHECK(config->nr_layers >= 1 && config->nr_templates >= 1, "no layer");
	FUZZ_CHECK(config->state_dir[0] == '/', "'%s'", config->state_dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct diags diags = DIAGS_INIT, none = DIAGS_INIT;
	struct config config, next;
	int ret;

	config_init(&config);
	ret = config_parse(&config, text, size, "rampart.conf", &diags);
	fuzz_check_diags(&diags, ret, "rampart.conf", text, size);
	if (ret == 0)
		check_config(&config);
	check_values(text, size);

	config_init(&next);
	ret = config_parse(&next, fuzz_baseline, strlen(fuzz_baseline), "rampart.conf", &none);
	FUZZ_CHECK(ret == 0 && !none.nr, "'%s'", none.nr ? none.list[0].text : "");
	FUZZ_CHECK(HASH_COUNT(next.sets) == 11, "%u sets", HASH_COUNT(next.sets));

	config_release(&config);
	config_release(&next);
	diags_release(&diags);
	diags_release(&none);
	free(text);
	return 0;
}
