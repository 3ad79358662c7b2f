/*
 * The text of a rules drop-in. Besides not crashing: the payload can be read
 * by another reader, no value of a set becomes more than one word, and a line
 * without anything to expand has in the payload the words that it was
 * written with.
 */
#include "base.h"
#include "canon.h"
#include "common.h"
#include "hosts.h"
#include "ipset.h"
#include "xalloc.h"

static int compile(const char *text, size_t size, const struct config *config,
		   struct ruleset *set, const struct canon *canon, bool census, bool *ret_needs_canon,
		   struct diags *diags)
{
	struct scope sets = { config->sets, NULL };
	struct rules_text source = { .file = "10-a.rules", .text = text, .len = size,
				     .families = FAMILIES_BOTH, .scope = &sets };
	struct ipsets *ipsets = ipsets_new(false);
	struct hosts *hosts = hosts_new();
	struct rules rules;
	int ret;

	rules_init(&rules, set, config, ipsets, hosts, diags);
	rules.wanted.canon = canon;
	rules.wanted.census = census;
	ret = rules_add(&rules, &source);
	*ret_needs_canon = rules.wanted.needs_canon;
	rules_release(&rules);
	ipsets_free(ipsets);
	hosts_free(hosts);
	return ret;
}

/* Each rule is its own canonical text. */
static struct canon *take_census(const char *text, size_t size, const struct config *config)
{
	struct ruleset census = RULESET_INIT;
	struct diags diags = DIAGS_INIT;
	struct canon *canon = canon_new();
	bool unused;

	(void)compile(text, size, config, &census, NULL, true, &unused, &diags);
	FOR_EACH_TABLE(f, t)
		FOR_EACH_CHAIN(chain, &census, f, t)
			for (size_t i = 0; i < chain->nr; i++) {
				const char *spec = chain_rule(chain, i)->spec;

				canon_add(canon, f, t, spec, spec);
			}
	ruleset_release(&census);
	diags_release(&diags);
	return canon;
}

/* What stands behind "--name=" or "-i" in a word; the word itself if nothing does. */
static const char *glued_value(const char *word)
{
	const char *equals = strchr(word, '=');

	if (word[0] != '-' || !word[1])
		return word;
	if (word[1] == '-')
		return equals ? equals + 1 : "";
	return word + 2;
}

/* Lines whose words may lawfully come out as others. */
static bool is_rewritten(const struct fuzz_words *words)
{
	for (size_t i = 0; i < words->nr; i++) {
		const char *word = words->v[i], *value = glued_value(word);

		if (str_equal(value, "any") || str_equal(word, "-4") || str_equal(word, "-6") ||
		    str_starts(word, "--ip") || str_starts(word, "-c") || str_starts(word, "--set-c"))
			return true;
		/* lists are taken apart; words in capitals (--ctstate NEW,RELATED) are not */
		if (strchr(value, ',') && value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ,")])
			return true;
		/* an address range becomes -m iprange */
		if (strchr(value, '-') && (strchr(value, '.') || strchr(value, ':')))
			return true;
	}
	return words->nr && words->v[0][0] == '[';
}

/* "--name=value" and "-ivalue" as two words, on both sides alike; a value may look like one. */
static void flatten_word(const char *word, struct buf *buf)
{
	const char *equals = strchr(word, '=');
	size_t head = 0;

	if (str_starts(word, "--") && equals)
		head = (size_t)(equals - word);
	else if (word[0] == '-' && word[1] && word[1] != '-' && word[2])
		head = 2;
	if (!head) {
		buf_adds(buf, word);
		buf_addc(buf, '\1');
		return;
	}
	buf_add(buf, word, head);
	buf_addc(buf, '\1');
	flatten_word(word + head + (word[1] == '-'), buf);
}

static void flatten(const struct fuzz_words *words, size_t from, struct buf *buf)
{
	for (size_t i = from; i < words->nr; i++)
		flatten_word(words->v[i], buf);
}

/* from: words before it are the command; skip: words that origin_comments puts before a rule. */
static void check_rule(const struct rule *rule, const struct fuzz_words *written, size_t from,
		       size_t skip)
{
	struct buf expected = BUF_INIT, found = BUF_INIT;
	struct fuzz_words words;

	fuzz_words_read(&words, rule->spec, strlen(rule->spec));
	flatten(written, from, &expected);
	flatten(&words, skip, &found);
	FUZZ_CHECK(str_equal(buf_str(&expected), buf_str(&found)), "rule '%s' was written '%s'",
		   rule->spec, buf_str(&expected));
	fuzz_words_release(&words);
	buf_release(&expected);
	buf_release(&found);
}

static void check_line(const struct ruleset *set, const char *line, size_t len, unsigned int number,
		       size_t skip)
{
	struct fuzz_words words;

	fuzz_words_read(&words, line, len);
	if (words.nr < 2 || !str_equal(words.v[0], "-A") || words.open_quote || is_rewritten(&words))
		goto out;
	FOR_EACH_TABLE(f, t)
		FOR_EACH_CHAIN(chain, set, f, t)
			for (size_t i = 0; i < chain->nr; i++)
				if (chain_rule(chain, i)->origin.line == number)
					check_rule(chain_rule(chain, i), &words, 2, skip);
out:
	fuzz_words_release(&words);
}

/* Against the lines that need no expansion. -E changes targets: not looked at. */
static void check_words(const struct ruleset *set, const char *text, size_t size, size_t skip)
{
	unsigned int number = 0;

	if (memchr(text, '\\', size) || strstr(text, "-E") || strstr(text, "--re"))
		return;
	for (const char *p = text, *end = text + size; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);

		number++;
		if (len && p[len - 1] == '\r')
			len--;
		if (!memchr(p, '$', len) && !memchr(p, '#', len))
			check_line(set, p, len, number, skip);
		p = newline ? newline + 1 : end;
	}
}

/* A value of EVIL is one word or a part of one, whatever is in it. */
static void check_values(const struct ruleset *set)
{
	FOR_EACH_TABLE(f, t) {
		FOR_EACH_CHAIN(chain, set, f, t) {
			for (size_t i = 0; i < chain->nr; i++) {
				const struct rule *rule = chain_rule(chain, i);
				struct fuzz_words words;

				fuzz_words_read(&words, rule->spec, strlen(rule->spec));
				for (size_t j = 0; j < words.nr; j++)
					FUZZ_CHECK(!str_equal(words.v[j], "QQ"), "'%s'", rule->spec);
				fuzz_words_release(&words);
			}
		}
	}
}

/* About as many rules as all names and lists of the text multiply to. */
static size_t product_of(const char *text, size_t size)
{
	size_t product = 1, list = 1;

	for (size_t i = 0; i < size && product < 1000000; i++) {
		if (text[i] == '$')
			product *= memmem(text + i, size - i < 7 ? size - i : 7, "MANY", 4) ? 18 : 3;
		if (text[i] == ',') {
			list++;
		} else if (text[i] == ' ' || text[i] == '\n') {
			product *= list;
			list = 1;
		}
	}
	return product;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config *config = fuzz_config((unsigned int)size);
	struct ruleset set = RULESET_INIT;
	struct diags diags = DIAGS_INIT;
	char *text = fuzz_text(data, size);
	bool needs_canon;
	int ret;

	if (product_of(text, size) > 20000) { /* takes its time, and is refused in the end */
		free(text);
		return -1;
	}
	ret = compile(text, size, config, &set, NULL, false, &needs_canon, &diags);
	if (ret == 0 && needs_canon) {
		struct canon *canon = take_census(text, size, config);

		ruleset_release(&set);
		set = (struct ruleset)RULESET_INIT;
		ret = compile(text, size, config, &set, canon, false, &needs_canon, &diags);
		canon_free(canon);
	}
	fuzz_check_diags(&diags, ret, "10-a.rules", text, size);
	if (ret == 0) {
		check_words(&set, text, size, config->origin_comments ? 4 : 0);
		if (!memmem(text, size, "QQ", 2))
			check_values(&set);
		fuzz_check_wanted(&set, config);
	}
	ruleset_release(&set);
	diags_release(&diags);
	free(text);
	return 0;
}
