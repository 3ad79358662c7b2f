#include "capture_internal.h"
#include "config.h"
#include "hosts.h"
#include "xalloc.h"

/*
 * Host names, where the baseline wants them resolved: in the host's view, since the real program,
 * which says that it does not know one, has no network.
 */

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

/* The text with addresses for each word, or part of a list, that is the name. */
static bool replace_name(const char *text, const char *name, const char *const *addresses,
			 enum family family, struct buf *made)
{
	size_t len = strlen(name);
	bool found = false;

	while (*text) {
		size_t word = strcspn(text, " \t\n\"");
		char *with = NULL, *part = word >= len ? xstrndup(text, word) : NULL;

		if (part)
			with = with_addresses(part, name, addresses, family);
		if (with)
			buf_adds(made, with);
		else
			buf_add(made, text, word);
		found |= with != NULL;
		free(with);
		free(part);
		text += word;
		if (*text)
			buf_addc(made, *text++);
	}
	return found;
}

/* The request with addresses for the name that the real program did not know. */
bool names_in_words(struct session *s, enum family family, struct request *request,
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

bool names_in_text(struct session *s, enum family family, struct buf *text,
		   const struct answer *answer)
{
	char *name = s->capture->ctx.config->resolve ? unknown_host(answer) : NULL;
	const char *const *addresses = NULL, *unused;
	struct buf made = BUF_INIT;
	bool ret = false;

	if (name)
		addresses = hosts_resolve(s->capture->ctx.hosts, name, &unused);
	if (addresses && replace_name(buf_str(text), name, addresses, family, &made)) {
		buf_reset(text);
		buf_add(text, made.data, made.len);
		ret = true;
	}
	free(name);
	buf_release(&made);
	return ret;
}
