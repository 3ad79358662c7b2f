#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "hosts.h"
#include "xalloc.h"

/* By the name, as the programs themselves do: iptables, ip6tables-nft, iptables-legacy-save ... */
enum xt_kind xt_kind_of(const char *name, enum family *ret_family)
{
	const char *rest;

	if (str_starts(name, "ebtables") || str_starts(name, "arptables"))
		return XT_OTHER;
	if (!str_starts(name, "iptables") && !str_starts(name, "ip6tables"))
		return XT_NONE;
	*ret_family = name[2] == '6' ? FAMILY_IPV6 : FAMILY_IPV4;
	rest = name + (name[2] == '6' ? 9 : 8);
	if (str_starts(rest, "-nft"))
		rest += 4;
	else if (str_starts(rest, "-legacy"))
		rest += 7;
	if (!*rest)
		return XT_COMMAND;
	if (str_equal(rest, "-save"))
		return XT_SAVE;
	if (str_equal(rest, "-restore"))
		return XT_RESTORE;
	if (strstr(rest, "translate") || str_equal(rest, "-xml"))
		return XT_PURE;
	return XT_NONE;
}

/* Does a restore read standard input? Not if a file is named: the last word that is no option. */
static bool reads_stdin(const struct request *request)
{
	for (size_t i = 1; i < request->argc; i++) {
		const char *word = request->argv[i];

		if (str_equal(word, "-T") || str_equal(word, "--table") || str_equal(word, "-M") ||
		    str_equal(word, "--modprobe") || str_equal(word, "-W") ||
		    str_equal(word, "--wait-interval"))
			i++;
		else if (str_equal(word, "-w") || str_equal(word, "--wait"))
			i += i + 1 < request->argc && request->argv[i + 1][0] >= '0' &&
			     request->argv[i + 1][0] <= '9';
		else if (word[0] != '-')
			return false;
	}
	return true;
}

/* "host/network `NAME' not found" of the real program: the name, to be freed; or NULL. */
static char *unknown_host(const struct answer *answer)
{
	static const char mark[] = "host/network `";
	const char *at = strstr(buf_str(&answer->err), mark), *end;

	if (!at)
		return NULL;
	at += sizeof(mark) - 1;
	end = strchr(at, '\'');
	return end ? xstrndup(at, (size_t)(end - at)) : NULL;
}

/* A word with the name in it ("a.example,b.example/32"), its addresses in the name's place. */
static char *with_addresses(const char *word, const char *name, const char *const *addresses,
			    enum family family)
{
	const char *at = strstr(word, name), *rest = at ? at + strlen(name) : NULL;
	struct buf text = BUF_INIT;
	bool any = false;

	if (!at || (at > word && at[-1] != ',' && at[-1] != '=') || (*rest && *rest != ','))
		return NULL;
	buf_add(&text, word, (size_t)(at - word));
	for (; *addresses; addresses++) {
		bool v6 = strchr(*addresses, ':');

		if (v6 == (family == FAMILY_IPV6)) {
			buf_addf(&text, "%s%s", any ? "," : "", *addresses);
			any = true;
		}
	}
	buf_adds(&text, rest);
	if (any)
		return buf_detach(&text);
	buf_release(&text);
	return NULL;
}

enum { NAMES_MAX = 16 }; /* in one call */

/* The request with addresses for the name that the real program did not know. */
static bool resolve(struct session *s, enum family family, struct request *request,
		    const struct answer *answer)
{
	const char *const *addresses = NULL, *unused;
	char *name = s->capture->ctx.config->resolve ? unknown_host(answer) : NULL;
	bool found = false;

	if (name)
		addresses = hosts_resolve(s->capture->ctx.hosts, name, &unused);
	for (size_t i = 1; addresses && i < request->argc; i++) {
		char *word = with_addresses(request->argv[i], name, addresses, family);

		if (word)
			request->argv[i] = arena_strdup(&s->capture->arena, word);
		found |= word != NULL;
		free(word);
	}
	free(name);
	return found;
}

/* True where rampart refuses what the real program would take. */
static bool refuse_command(struct session *s, const struct request *request, struct answer *answer)
{
	const char *why = s->call.command ? check_words(request) : NULL;
	char *name = s->call.sure && !why ? check_names(s, &s->call) : NULL;
	bool ret = why || name;

	/* there may be more wrong with it, which comes first */
	if (name && real_run(s, s->call.family, REAL_COMMAND, request, false, answer) < 0)
		answer->status = SHIM_GONE;
	if (why || (name && answer->status == 0)) {
		buf_reset(&answer->out);
		if (why)
			buf_addf(&answer->err, "%s: %s\n", request->argv[0], why);
		else
			buf_addf(&answer->err, "%s: host/network `%s' not found\n",
				 request->argv[0], name);
		answer->status = 2;
		shadow_renew(s);
	}
	free(name);
	return ret;
}

static void answer_command(struct session *s, enum family family, struct request *request,
			   struct answer *answer)
{
	for (unsigned int names = 0; names < NAMES_MAX; names++) {
		bool changes;

		call_parse(&s->call, family, request->argc, request->argv);
		if (refuse_command(s, request, answer) || tables_answer(s, answer))
			break;
		changes = !s->call.command || strchr("AIDRNXFEPZ", s->call.command);
		if (s->script->doubt ||
		    real_run(s, family, REAL_COMMAND, request, changes, answer) < 0) {
			answer->status = SHIM_GONE;
			break;
		}
		if (!answer->status || !resolve(s, family, request, answer))
			break;
	}
}

size_t xt_count(const struct session *s)
{
	return ruleset_count_rules(s->view, FAMILY_IPV4) + ruleset_count_rules(s->view, FAMILY_IPV6);
}

/* A confirm by hand: load, sleep, flush. */
static void watch_for_revert(struct session *s, enum xt_kind kind)
{
	bool flushes = kind == XT_RESTORE || (kind == XT_COMMAND && s->call.command == 'F');

	if (!s->slept_at.file || s->warned_revert || !flushes || xt_count(s) > s->slept_with / 2)
		return;
	s->warned_revert = true;
	diag_warning(s->diags, &s->origin,
		     "the rules are taken out again, after the sleep at line %u, which is not slept: "
		     "what the script comes to is what is left; 'rampart apply --confirm' goes back "
		     "by itself unless you confirm",
		     s->slept_at.line);
}

static bool refuse_restore(struct session *s, const struct request *request, struct answer *answer)
{
	struct buf why = BUF_INIT;
	bool bad = check_restore(request->input, &why) != NULL;

	if (bad)
		fault_refuse(s, request, answer, why.data);
	buf_release(&why);
	return bad;
}

void xt_answer(struct session *s, enum xt_kind kind, enum family family,
			   struct request *request, struct answer *answer)
{
	s->call.command = 0;
	s->call.sure = false;
	if (kind == XT_RESTORE && reads_stdin(request) && request->input < 0) {
		answer->wants_input = true;
		return;
	}
	s->origin = origin_of(s, request);
	if (kind == XT_COMMAND) {
		answer_command(s, family, request, answer);
	} else if (kind == XT_RESTORE && request->input >= 0 && refuse_restore(s, request, answer)) {
		return;
	} else if (real_run(s, family, kind == XT_SAVE ? REAL_SAVE : REAL_RESTORE, request,
			    kind == XT_RESTORE, answer) < 0) {
		answer->status = SHIM_GONE;
	}
	watch_for_revert(s, kind);
	if (answer->status && kind != XT_SAVE)
		fault_of_call(s, request, answer);
}
