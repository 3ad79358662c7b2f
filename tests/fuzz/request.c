/*
 * A request of the stand-in, from its bytes to the command line in it: the message is cut, the call
 * is understood, the rule is judged, and what is said of it can be shown.
 * The first byte: bit 0: the rest is a whole message; else: the words of one, each ended by NUL,
 * hint and execfn first. Bit 1: ip6tables.
 */
#include "base.h"
#include "call.h"
#include "capture_internal.h"
#include "common.h"
#include "discover.h"
#include "fs.h"
#include "plain.h"
#include "xalloc.h"

static const char script_text[] = "#!/bin/sh\niptables -F\nfor i in 22 80; do\n"
				  "\tiptables -A INPUT -p tcp \\\n\t\t--dport $i -j ACCEPT\ndone\n";

/* The header in front of words, in memory of exactly that size. */
static char *make_message(const char *words, size_t len, size_t *ret_len)
{
	struct shim_request head = { .magic = SHIM_MAGIC };
	char *message = xmalloc(sizeof(head) + len);

	for (size_t i = 0; i < len; i++)
		head.argc += !words[i];
	head.argc -= head.argc < 2 ? head.argc : 2;
	memcpy(message, &head, sizeof(head));
	if (len)
		memcpy(message + sizeof(head), words, len);
	*ret_len = sizeof(head) + len;
	return message;
}

static void add_word(struct buf *buf, const char *word)
{
	buf_add(buf, word, strlen(word) + 1);
}

/* What was cut, put together again, is what came. */
static void check_inverse(const struct request *request, const char *message, size_t len)
{
	struct shim_request head = { SHIM_MAGIC, request->flags, (uint32_t)request->argc };
	struct buf again = BUF_INIT;

	buf_add(&again, (const char *)&head, sizeof(head));
	add_word(&again, request->hint);
	add_word(&again, request->execfn);
	for (size_t i = 0; i < request->argc; i++)
		add_word(&again, request->argv[i]);
	FUZZ_CHECK(again.len == len && memcmp(again.data, message, len) == 0,
		   "%zu words of %zu bytes", request->argc, len);
	FUZZ_CHECK(!request->argv[request->argc], "no NULL behind the words");
	buf_release(&again);
}

/* What is shown can't drive a terminal, and has an end. */
static void check_shown(const struct request *request)
{
	struct buf words = BUF_INIT;

	fault_words(&words, request);
	FUZZ_CHECK(words.len <= 256, "%zu bytes are shown", words.len);
	for (size_t i = 0; i < words.len; i++)
		FUZZ_CHECK((unsigned char)words.data[i] >= ' ' && words.data[i] != 0x7f,
			   "byte %d is shown", words.data[i]);
	buf_release(&words);
}

static void check_origin(const struct request *request)
{
	static struct fs fs = { .root = "/srv/image" };
	static struct dropin dropin = { .path = "/etc/rampart/conf.d/40-fw.sh" };
	struct script script = { .dropin = &dropin,
				 .host_path = "/srv/image/etc/rampart/conf.d/40-fw.sh" };
	struct capture capture = { .ctx = { .fs = &fs } };
	struct session s = { .capture = &capture, .script = &script, .feed = -1 };
	struct origin origin;

	lines_init(&s.lines, script_text, sizeof(script_text) - 1);
	for (s.fed_lines = 0; s.fed_lines <= s.lines.nr; s.fed_lines += s.lines.nr) {
		s.fed = s.fed_lines;
		origin = origin_of(&s, request);
		FUZZ_CHECK(origin.file && origin.line, "no place: '%s'", request->hint);
		/* it becomes a part of lines: of messages, and of those that are read again */
		for (const char *p = origin.file; *p; p++)
			FUZZ_CHECK((unsigned char)*p >= ' ' && *p != 0x7f, "byte %d in a place", *p);
	}
	lines_release(&s.lines);
	free(s.hint);
	arena_release(&capture.arena);
}

static bool knows_web(void *arg, const char *name)
{
	FUZZ_CHECK(!arg && name, "chain_known() without a name");
	return str_equal(name, "WEB");
}

/* The same rule once more, from the text that was made of it. */
static void check_spec(const struct call *call)
{
	struct call again = CALL_INIT;
	struct fuzz_words words;
	const char **argv;
	struct buf text = BUF_INIT;
	size_t nr = 0;

	fuzz_words_read(&words, buf_str(&call->spec), call->spec.len);
	FUZZ_CHECK(!words.open_quote, "'%s'", buf_str(&call->spec));
	argv = xcalloc(words.nr + 6, sizeof(*argv));
	argv[nr++] = "iptables";
	argv[nr++] = "-t";
	argv[nr++] = xtable_name(call->table);
	argv[nr++] = "-A";
	argv[nr++] = call->chain;
	for (size_t i = 0; i < words.nr; i++) {
		FUZZ_CHECK(strlen(words.v[i]) == words.len[i], "a NUL in '%s'", words.v[i]);
		argv[nr++] = words.v[i];
	}
	call_parse(&again, call->family, nr, argv);
	FUZZ_CHECK(again.sure && again.command == 'A' && again.table == call->table &&
			   str_equal(again.chain, call->chain) &&
			   str_equal(buf_str(&again.spec), buf_str(&call->spec)),
		   "-A %s '%s' comes back as '%s' (sure: %d)", call->chain, buf_str(&call->spec),
		   buf_str(&again.spec), again.sure);
	FUZZ_CHECK(plain_rule(&again, knows_web, NULL) || call->command != 'A' ||
			   !plain_rule(call, knows_web, NULL),
		   "plain no more: '%s'", buf_str(&call->spec));
	if (!strchr(buf_str(&call->spec), '\n') && !strchr(call->chain, '\n')) {
		buf_addf(&text, "*%s\n:%s - [0:0]\n-A %s %s\nCOMMIT\n", xtable_name(call->table),
			 call->chain, call->chain, buf_str(&call->spec));
		fuzz_check_payload(text.data, text.len);
	}
	buf_release(&text);
	call_release(&again);
	free(argv);
	fuzz_words_release(&words);
}

/* One call object is used for all calls of a script: nothing of the one before is left. */
static void check_fresh(const struct call *call, enum family family, const struct request *request)
{
	struct call fresh = CALL_INIT;

	call_parse(&fresh, family, request->argc, request->argv);
	FUZZ_CHECK(fresh.sure == call->sure && fresh.command == call->command, "%c, not %c",
		   fresh.command, call->command);
	if (call->sure)
		FUZZ_CHECK(fresh.table == call->table && fresh.number == call->number &&
				   fresh.is_goto == call->is_goto &&
				   str_equal(buf_str(&fresh.spec), buf_str(&call->spec)),
			   "'%s', not '%s'", buf_str(&fresh.spec), buf_str(&call->spec));
	call_release(&fresh);
}

static void check_call(const struct request *request, enum family family)
{
	static struct call call = CALL_INIT;
	bool newline = false;

	for (size_t i = 1; i < request->argc; i++)
		newline |= strchr(request->argv[i], '\n') != NULL;
	FUZZ_CHECK(newline == (check_words(request) != NULL), "newline: %d", newline);
	call_parse(&call, family, request->argc, request->argv);
	check_fresh(&call, family, request);
	if (!call.sure)
		return;
	FUZZ_CHECK(call.command && strchr("AIDRCNXFEPZLS", call.command), "command %d",
		   call.command);
	if (!strchr("AIDRC", call.command) || call.number * (call.command == 'D'))
		return;
	FUZZ_CHECK(call.chain, "%c without a chain", call.command);
	check_spec(&call);
}

static void check_names_of(const struct request *request)
{
	enum family family;

	(void)xt_kind_of(request->execfn, &family);
	if (request->argc)
		(void)xt_kind_of(request->argv[0], &family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request = { .input = -1 };
	bool whole = size && data[0] & 1;
	char *message;
	size_t len = size ? size - 1 : 0;

	if (!size)
		return 0;
	if (whole) {
		message = xmalloc(len ? len : 1);
		memcpy(message, data + 1, len);
	} else {
		message = make_message((const char *)data + 1, len, &len);
	}
	if (request_parse(&request, message, len) == 0) {
		check_inverse(&request, message, len);
		check_names_of(&request);
		check_shown(&request);
		check_origin(&request);
		if (request.argc)
			check_call(&request, data[0] & 2 ? FAMILY_IPV6 : FAMILY_IPV4);
	} else if (!whole) {
		size_t nuls = 0;

		for (size_t i = 1; i < size; i++)
			nuls += !data[i];
		FUZZ_CHECK(nuls < 2 || data[size - 1], "%zu words are no request", nuls);
	}
	free(request.argv);
	free(message);
	return 0;
}
