#include "capture_internal.h"
#include "diag.h"
#include "text.h"

/* What the shim stands in for; those that a host does not have are passed over. */
const char *const tool_paths[] = {
	"/usr/sbin/iptables",
	"/usr/sbin/ip6tables",
	"/usr/sbin/iptables-save",
	"/usr/sbin/ip6tables-save",
	"/usr/sbin/iptables-restore",
	"/usr/sbin/ip6tables-restore",
	"/usr/sbin/iptables-nft",
	"/usr/sbin/iptables-legacy",
	"/usr/sbin/ebtables",
	"/usr/sbin/arptables",
	"/usr/sbin/ebtables-legacy",
	"/usr/sbin/arptables-legacy",
	"/sbin/iptables",
	"/sbin/ip6tables",
	"/usr/local/sbin/iptables",
	"/usr/local/sbin/ip6tables",
	"/usr/bin/iptables",
	"/usr/bin/ip6tables",
	"/usr/sbin/modprobe",
	"/sbin/modprobe",
	"/usr/sbin/insmod",
	"/usr/sbin/rmmod",
	"/usr/sbin/ipset",
	"/sbin/ipset",
	"/usr/sbin/nft",
	"/usr/sbin/conntrack",
	"/usr/sbin/tc",
	"/sbin/tc",
	"/usr/sbin/service",
	"/sbin/service",
	"/usr/bin/systemctl",
	"/bin/systemctl",
	"/usr/sbin/invoke-rc.d",
	"/usr/sbin/netfilter-persistent",
	"/etc/init.d/iptables",
	"/etc/init.d/netfilter-persistent",
	"/usr/bin/sudo",
	"/usr/bin/doas",
	"/usr/bin/sleep",
	"/bin/sleep",
	"/usr/bin/usleep",
	"/usr/bin/nproc", /* and getconf: they count the processors that they may run on */
	"/usr/bin/getconf",
	NULL,
};

enum { LONG_SLEEP = 5 }; /* seconds */

static void answer_sleep(struct session *s, const struct request *request, struct answer *answer)
{
	double seconds = request->argc > 1 ? strtod(request->argv[1], NULL) : 0;

	answer->later = true;
	if (request->argc > 1 && strpbrk(request->argv[1], "mhd"))
		seconds *= 60;
	if (seconds >= LONG_SLEEP && xt_count(s)) {
		s->slept_at = origin_of(s, request);
		s->slept_with = xt_count(s);
	}
}

/* Status 0, whatever it is: it will be there if it is wanted. */
static void answer_modprobe(struct session *s, const struct request *request)
{
	bool all = false;

	s->origin = origin_of(s, request);
	for (size_t i = 1; i < request->argc; i++) {
		const char *word = request->argv[i];

		if (str_equal(word, "-r") || str_equal(word, "--remove"))
			return; /* nothing is removed, and nothing needs to be */
		all |= str_equal(word, "-a") || str_equal(word, "--all");
		if (word[0] == '-')
			continue;
		note_module(s, word);
		if (!all) /* what follows is for the module */
			return;
	}
}

static void answer_ipset(struct session *s, const struct request *request, struct answer *answer)
{
	const char *last = request->argc ? request->argv[request->argc - 1] : "";
	bool restores = request->argc > 1 && (str_equal(request->argv[1], "restore") ||
					      str_equal(request->argv[1], "-R"));

	if ((restores || str_equal(last, "-")) && request->input < 0) {
		answer->wants_input = true;
		return;
	}
	s->origin = origin_of(s, request);
	if (ipset_run(s, request, answer) < 0)
		answer->status = SHIM_GONE;
}

/* The real program's path, for those that may run as they are: it can do nothing here. */
static void exec_real(const char *name, struct answer *answer)
{
	snprintf(answer->exec, sizeof(answer->exec), SANDBOX_REAL "/%s", name);
}

/* Saving is rampart's job; what reads goes to the real program, and has no right to more. */
static void answer_service(struct session *s, const struct request *request, struct answer *answer)
{
	static const char *const names[] = { "iptables", "ip6tables", "netfilter-persistent",
					     "iptables-persistent" };
	const char *program = text_base_name(request->argv[0]);
	bool ours = false;

	s->origin = origin_of(s, request);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ours |= str_equal(program, names[i]);
		for (size_t j = 1; j < request->argc; j++)
			ours |= strncmp(request->argv[j], names[i], strlen(names[i])) == 0 &&
				(!request->argv[j][strlen(names[i])] ||
				 str_equal(request->argv[j] + strlen(names[i]), ".service"));
	}
	if (ours) {
		struct buf words = BUF_INIT;

		fault_words(&words, request);
		diag_note(s->diags, &s->origin,
			  "'%s' is not done: rampart keeps and loads the rules itself (see 'save')",
			  words.data);
		buf_release(&words);
		answer->status = 0;
	} else {
		exec_real(program, answer);
	}
}

/* What execve() does not do: a name without a slash is searched for. */
static void find_program(const char *name, struct answer *answer)
{
	static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
						   "/usr/bin",	      "/sbin",		"/bin" };

	for (size_t i = 0; !strchr(name, '/') && i < ARRAY_SIZE(directories); i++) {
		snprintf(answer->exec, sizeof(answer->exec), "%s/%s", directories[i], name);
		if (access(answer->exec, X_OK) == 0)
			return;
	}
	snprintf(answer->exec, sizeof(answer->exec), "%s", name);
}

/* "sudo iptables ...": the rest is the command. */
static void answer_sudo(const struct request *request, struct answer *answer)
{
	size_t at = 1;

	while (at < request->argc && request->argv[at][0] == '-') {
		bool has_value = strchr("ugpCDRT", request->argv[at][1]) && request->argv[at][1] &&
				 !request->argv[at][2];

		if (str_equal(request->argv[at++], "--"))
			break;
		at += has_value;
	}
	while (at < request->argc && strchr(request->argv[at], '=')) /* variables: lost */
		at++;
	if (at >= request->argc || at > 255) {
		buf_adds(&answer->err, "sudo: no command\n");
		answer->status = 1;
		return;
	}
	answer->skip = (unsigned char)at;
	find_program(request->argv[at], answer);
}

/* Anything that changes what rampart does not keep: refused, said by name. */
static void answer_other(struct session *s, const struct request *request, struct answer *answer)
{
	s->origin = origin_of(s, request);
	buf_addf(&answer->err, "%s: not possible in a script of rampart\n",
		 text_base_name(request->argv[0]));
	answer->status = 1;
	fault_of_tool(s, request, "rampart captures the rules of iptables alone");
}

static void answer_tool(struct session *s, const char *name, struct request *request,
			struct answer *answer)
{
	if (str_equal(name, "sleep") || str_equal(name, "usleep")) {
		answer_sleep(s, request, answer);
	} else if (str_equal(name, "modprobe") || str_equal(name, "insmod")) {
		answer_modprobe(s, request);
	} else if (str_equal(name, "rmmod")) {
		answer->status = 0;
	} else if (str_equal(name, "ipset")) {
		answer_ipset(s, request, answer);
	} else if (str_equal(name, "sudo") || str_equal(name, "doas")) {
		answer_sudo(request, answer);
	} else if (str_equal(name, "service") || str_equal(name, "systemctl") ||
		   str_equal(name, "invoke-rc.d") || str_equal(name, "netfilter-persistent") ||
		   str_equal(name, "iptables")) {
		answer_service(s, request, answer);
	} else if (str_equal(name, "nft") || str_equal(name, "conntrack") ||
		   str_equal(name, "tc")) {
		answer_other(s, request, answer);
	} else {
		exec_real(str_equal(name, "lsmod") || str_equal(name, "modinfo") ||
					  str_equal(name, "depmod") || str_equal(name, "kmod") ?
				  "kmod" :
				  name,
			  answer);
	}
}

/* "xtables-nft-multi iptables -A ...", and a symbolic name of one's own, take the next word. */
static bool names_applet(const struct request *request)
{
	enum family unused;

	return request->argc > 1 && xt_kind_of(request->argv[0], &unused) == XT_NONE;
}

/*
 * By another name ("exec -a"): one program for all names goes by that, and then by the next word;
 * it does nothing else. One that is iptables alone is iptables by any name.
 */
static void answer_misnamed(struct session *s, const char *execfn, struct request *request,
			    struct answer *answer)
{
	enum family family = FAMILY_IPV4;
	const char *real = s->capture->command[FAMILY_IPV4].path;
	const char *name = execfn;

	if (real && str_starts(text_base_name(real), "xtables-")) {
		if (!names_applet(request) ||
		    xt_kind_of(text_base_name(request->argv[1]), &family) == XT_NONE) {
			exec_real(text_base_name(real), answer);
			return;
		}
		request->argv++;
		request->argc--;
		name = text_base_name(request->argv[0]);
	}
	xt_answer(s, xt_kind_of(name, &family), family, request, answer);
}

void tool_answer(struct session *s, const struct request *given, struct answer *answer)
{
	struct request request = *given;
	const char *execfn = text_base_name(request.execfn);
	enum family family = FAMILY_IPV4;
	enum xt_kind kind;

	if (request.flags & SHIM_TOO_BIG || !request.argc) {
		s->origin = origin_of(s, &request);
		buf_adds(&answer->err, "rampart: too many words in one call\n");
		answer->status = 2;
		fault_add(s, &s->origin, "a call of '%s' has more than %d KiB of words", execfn,
			  SHIM_REQUEST_MAX / 1024);
		return;
	}
	if (strstr(given->execfn, "/init.d/")) {
		answer_service(s, &request, answer);
		return;
	}
	if (str_starts(execfn, "xtables-") && names_applet(&request)) {
		request.argv++;
		request.argc--;
	}
	kind = xt_kind_of(text_base_name(request.argv[0]), &family);
	if (kind == XT_NONE && xt_kind_of(execfn, &family) != XT_NONE) {
		answer_misnamed(s, execfn, &request, answer);
		return;
	}
	switch (kind) {
	case XT_NONE: answer_tool(s, execfn, &request, answer); break;
	case XT_OTHER: answer_other(s, &request, answer); break;
	case XT_PURE: exec_real("xtables-nft-multi", answer); break;
	default: xt_answer(s, kind, family, &request, answer);
	}
}
