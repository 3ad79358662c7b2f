#include <fnmatch.h>

#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "text.h"
#include "wish.h"

/*
 * What scripts ask for beside rules: modules and sysctls. Noted when they ask, with what the
 * baseline says to it; done by an apply.
 */

enum { WISHES_MAX = 2000 }; /* of one script */

static struct wish *add(struct session *s, struct wishes *wishes, const char *name,
			const char *value)
{
	struct wish *wish;

	for (size_t i = 0; i < wishes->nr; i++) {
		if (str_equal(wishes->v[i].name, name)) {
			wishes->v[i].value = value ? arena_strdup(&s->capture->arena, value) : NULL;
			return NULL; /* said already; the last value counts */
		}
	}
	if (wishes->nr == WISHES_MAX)
		return NULL;
	XGROW(wishes->v, wishes->nr, wishes->cap);
	wish = &wishes->v[wishes->nr++];
	*wish = (struct wish){ .name = arena_strdup(&s->capture->arena, name),
			       .value = value ? arena_strdup(&s->capture->arena, value) : NULL,
			       .origin = s->origin };
	return wish;
}

/* The kernel takes both for the same. */
static void plain_module(struct buf *buf, const char *name)
{
	for (; *name; name++)
		buf_addc(buf, (char)(*name == '-' ? '_' : *name));
}

static bool module_allowed(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->allow_modprobe.nr; i++) {
		struct buf pattern = BUF_INIT;
		bool match;

		plain_module(&pattern, config->allow_modprobe.v[i]);
		match = fnmatch(buf_str(&pattern), name, 0) == 0;
		buf_release(&pattern);
		if (match)
			return true;
	}
	return false;
}

/* Letters, digits and '_' alone: it becomes an argument of modprobe. */
static bool is_module_name(const char *name)
{
	return *name && strlen(name) < 56 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_")];
}

void note_module(struct session *s, const char *given)
{
	struct buf name = BUF_INIT, shown = BUF_INIT;
	struct wish *wish = NULL;

	plain_module(&name, given);
	text_escape(&shown, given);
	if (!is_module_name(buf_str(&name)))
		diag_warning(s->diags, &s->origin, "'modprobe %s' is not done: no name of a module",
			     buf_str(&shown));
	else
		wish = add(s, &s->script->modules, name.data, NULL);
	if (wish) {
		wish->allowed = module_allowed(s->capture->ctx.config, wish->name);
		if (!wish->allowed)
			diag_warning(s->diags, &s->origin,
				     "'modprobe %s' is not done: name it in allow_modprobe",
				     shown.data);
	}
	buf_release(&shown);
	buf_release(&name);
}

/* "net/ipv4/conf/eth0.1/rp_filter" is net.ipv4.conf.eth0/1.rp_filter: sysctl(8). */
static void dotted(struct buf *buf, const char *path)
{
	for (; *path; path++)
		buf_addc(buf, (char)(*path == '/' ? '.' : *path == '.' ? '/' : *path));
}

/* The first line that names it, by its path, its dotted name, or at least its last part. */
static unsigned int sysctl_line(const struct lines *lines, const char *path, const char *name)
{
	const char *last = strrchr(path, '/');
	unsigned int line = lines_find(lines, path);

	if (!line)
		line = lines_find(lines, name);
	return line ? line : lines_find(lines, last ? last + 1 : path);
}

static void take_sysctl(void *arg, const char *path, const char *value)
{
	struct session *s = arg;
	struct buf name = BUF_INIT, shown = BUF_INIT;
	struct wish *wish;

	dotted(&name, path);
	text_escape(&shown, value);
	if (strchr(value, '\n') || strchr(path, '\t'))
		goto out;
	s->origin = (struct origin){ s->script->dropin->path,
				     sysctl_line(&s->lines, path, buf_str(&name)), NULL };
	wish = add(s, &s->script->sysctls, buf_str(&name), value);
	if (wish) {
		wish->allowed = patterns_match(&s->capture->ctx.config->allow_sysctl, wish->name);
		if (!wish->allowed)
			diag_warning(s->diags, &s->origin,
				     "'%s = %s' is not done: name it in allow_sysctl", wish->name,
				     buf_str(&shown));
	}
out:
	buf_release(&shown);
	buf_release(&name);
}

int note_sysctls(struct session *s)
{
	if (!s->capture->sandbox.has_sysctl || s->script->doubt)
		return 0;
	return sandbox_sysctls(&s->capture->sandbox, take_sysctl, s, s->diags);
}

void capture_wishes(const struct capture *capture, struct buf *lines)
{
	ipset_wishes(capture, lines);
	for (size_t i = 0; i < capture->nr_scripts; i++) {
		const struct wishes *modules = &capture->script[i].modules;
		const struct wishes *sysctls = &capture->script[i].sysctls;

		for (size_t j = 0; j < modules->nr; j++)
			if (modules->v[j].allowed)
				wish_add(lines, "module", &modules->v[j].origin, modules->v[j].name,
					 "");
		for (size_t j = 0; j < sysctls->nr; j++)
			if (sysctls->v[j].allowed)
				wish_add(lines, "sysctl", &sysctls->v[j].origin, sysctls->v[j].name,
					 sysctls->v[j].value);
	}
}
