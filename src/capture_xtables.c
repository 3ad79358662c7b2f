#include "capture_internal.h"
#include "diag.h"

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
		if (!answer->status || !names_in_words(s, family, request, answer))
			break;
	}
}

size_t xt_count(const struct session *s)
{
	return ruleset_count_rules(s->view, FAMILY_IPV4) +
	       ruleset_count_rules(s->view, FAMILY_IPV6);
}

/* A confirm by hand: load, sleep, flush. */
static void watch_for_revert(struct session *s, enum xt_kind kind)
{
	bool flushes = kind == XT_RESTORE || (kind == XT_COMMAND && s->call.command == 'F');

	if (!s->slept_at.file || s->warned_revert || !flushes || xt_count(s) > s->slept_with / 2)
		return;
	s->warned_revert = true;
	diag_warning(
		s->diags, &s->origin,
		"the rules are taken out again, after the sleep at line %u, which is not slept: "
		"what the script comes to is what is left; 'rampart apply --confirm' goes back "
		"by itself unless you confirm",
		s->slept_at.line);
}

void xt_answer(struct session *s, enum xt_kind kind, enum family family, struct request *request,
	       struct answer *answer)
{
	s->call.command = 0;
	s->call.sure = false;
	if (kind == XT_RESTORE && restore_reads_stdin(request) && request->input < 0) {
		answer->wants_input = true;
		return;
	}
	s->origin = origin_of(s, request);
	if (kind == XT_COMMAND) {
		answer_command(s, family, request, answer);
	} else if (kind == XT_RESTORE) {
		restore_answer(s, family, request, answer);
	} else if (real_run(s, family, REAL_SAVE, request, false, answer) < 0) {
		answer->status = SHIM_GONE;
	}
	watch_for_revert(s, kind);
	if (answer->status && kind == XT_COMMAND)
		fault_of_call(s, request, answer);
}
