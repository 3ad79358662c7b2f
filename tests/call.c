/*
 * call: what call_parse() and plain_rule() say of command lines, for tests/call.py and
 * tests/plain.py. A line of standard input is one call: the family (4 or 6) and its words behind
 * the program's name, each in hex with a '.' before it. A line of standard output is the answer:
 * sure, command, table, chain, second, number, target, goto, plain, spec; texts as above, '-' for
 * none.
 * Arguments: the chains that there are.
 */
#include "base.h"
#include "call.h"
#include "plain.h"
#include "xalloc.h"

static char **chains;

static bool is_known(void *arg, const char *name)
{
	(void)arg;
	for (char **chain = chains; *chain; chain++)
		if (str_equal(*chain, name))
			return true;
	return false;
}

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a') + 10;
}

/* In place: words of hex become strings. */
static size_t read_words(char *line, const char **words)
{
	size_t nr = 0;

	while ((line = strchr(line, '.'))) {
		char *out = ++line;

		words[nr++] = line;
		while (*line && *line != ' ' && *line != '\n') {
			*out++ = (char)(digit(line[0]) << 4 | digit(line[1]));
			line += 2;
		}
		line++;
		*out = '\0';
	}
	return nr;
}

static void write_text(const char *text)
{
	putchar(' ');
	putchar(text ? '.' : '-');
	for (; text && *text; text++)
		printf("%02x", (unsigned char)*text);
}

static void answer(const struct call *call)
{
	printf("%d %c %s", call->sure, call->command ? call->command : '-',
	       xtable_name(call->table));
	write_text(call->chain);
	write_text(call->second);
	printf(" %lu", call->number);
	write_text(call->target);
	printf(" %d %d", call->is_goto, plain_rule(call, is_known, NULL));
	write_text(buf_str(&call->spec));
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct call call = CALL_INIT;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	(void)argc;
	chains = argv + 1;
	while ((len = getline(&line, &size, stdin)) > 0) {
		const char **words = xcalloc((size_t)len / 2 + 2, sizeof(*words));
		size_t nr;

		words[0] = "iptables";
		nr = read_words(line + 1, words + 1);
		call_parse(&call, line[0] == '6' ? FAMILY_IPV6 : FAMILY_IPV4, nr + 1, words);
		answer(&call);
		free(words);
	}
	call_release(&call);
	free(line);
	return 0;
}
