#include "capture_internal.h"
#include "diag.h"
#include "discover.h"
#include "fs.h"
#include "ipset.h"
#include "wish.h"

/*
 * ipset in scripts: the real program works on the shadow, which begins with the host's sets. What
 * a script has touched is kept, whole, for the proof, which needs the sets, and for the apply,
 * which makes the host's sets so.
 */

static bool mentions(const struct capture *capture, const char *word)
{
	for (size_t i = 0; i < capture->nr_scripts; i++)
		if (strstr(buf_str(&capture->script[i].dropin->text), word))
			return true;
	return false;
}

/* The host's sets are read where scripts or the rules in them may name one: it takes a child. */
int ipset_open(struct capture *capture)
{
	static const char *const save[] = { "save", NULL };
	static const struct ipset_place here = { -1, -1 };

	capture->wants_ipsets = ipset_program() && (mentions(capture, "ipset") ||
						    mentions(capture, "-set") ||
						    mentions(capture, "source ") ||
						    mentions(capture, "\n. "));
	if (!capture->wants_ipsets || geteuid() != 0)
		return 0;
	return ipset_call(&here, save, NULL, &capture->ipsets, capture->ctx.diags);
}

int ipset_mirror(struct capture *capture, int netns, struct diags *diags)
{
	static const char *const restore[] = { "restore", "-exist", NULL };
	struct ipset_place place = { netns, capture->userns };

	if (!capture->ipsets.len)
		return 0;
	return ipset_call(&place, restore, &capture->ipsets, NULL, diags);
}

static bool only_looks(const char *command)
{
	static const char *const words[] = { "list", "-L", "--list", "save",   "-S",  "--save",
					     "test", "-T", "--test", "version", "help", "-v",
					     "-V",   "-h", "--help", "--version" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i], command))
			return true;
	return false;
}

enum { NAME_MAX_BYTES = 31 }; /* IPSET_MAXNAMELEN of the kernel - 1 */

static void touch(struct capture *capture, const char *name, size_t len)
{
	struct buf mark = BUF_INIT;

	if (!len || len > NAME_MAX_BYTES || *name == '-')
		return;
	buf_addf(&mark, "\n%.*s\n", (int)len, name);
	if (!strstr(buf_str(&capture->touched), mark.data))
		buf_adds(&capture->touched, mark.data);
	buf_release(&mark);
}

/* The second word of each line of restore text, and the third: it may be swapped or renamed. */
static void touch_lines(struct capture *capture, const char *text)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		bool two = str_starts(text, "swap ") || str_starts(text, "rename ");

		for (unsigned int word = 0; word < (two ? 3 : 2) && text < end; word++) {
			size_t len = strcspn(text, " \t\n");

			if (word)
				touch(capture, text, len);
			text += len;
			text += strspn(text, " \t");
		}
		text = end + !!*end;
	}
}

static void touch_all(struct session *s, const struct request *request)
{
	struct buf text = BUF_INIT;

	/* of a command each word may be a name: those that are none are looked for in vain */
	for (size_t i = 2; i < request->argc; i++)
		touch(s->capture, request->argv[i], strlen(request->argv[i]));
	if (request->input >= 0 && lseek(request->input, 0, SEEK_SET) == 0 &&
	    fs_read_fd(request->input, &text) == 0)
		touch_lines(s->capture, buf_str(&text));
	buf_release(&text);
	s->capture->touched_at = s->origin;
}

/* Not at each call: a script may make thousands. */
int ipset_keep(struct session *s)
{
	static const char *const save[] = { "save", NULL };
	static const char *const destroy[] = { "flush", NULL };
	struct ipset_place shadow = { s->shadow.netns, s->capture->userns };
	struct ipset_place ask = { s->capture->ask_netns, s->capture->userns };

	if (!s->ipsets_changed)
		return 0;
	s->ipsets_changed = false;
	buf_reset(&s->capture->ipsets);
	if (ipset_call(&shadow, save, NULL, &s->capture->ipsets, s->diags) < 0)
		return -1;
	if (ask.netns < 0)
		return 0;
	if (ipset_call(&ask, destroy, NULL, NULL, s->diags) < 0)
		return -1;
	return ipset_mirror(s->capture, ask.netns, s->diags);
}

int ipset_run(struct session *s, const struct request *request, struct answer *answer)
{
	bool looks = request->argc < 2;

	/* options may stand before the command: "ipset -! add" */
	for (size_t i = 1; i < request->argc && !looks; i++)
		looks = only_looks(request->argv[i]);
	if (real_tool(s, SANDBOX_REAL "/ipset", request, answer) < 0)
		return -1;
	if (looks || answer->status != 0)
		return 0;
	touch_all(s, request);
	s->ipsets_changed = true;
	return 0;
}

/* Is the set of this "create NAME ..." or "add NAME ..." line one that a script has touched? */
static bool is_touched(const struct capture *capture, const char *line, size_t len)
{
	const char *name = memchr(line, ' ', len);
	size_t name_len;
	struct buf mark = BUF_INIT;
	bool ret;

	if (!name || !capture->touched.len)
		return false;
	name++;
	name_len = strcspn(name, " \n");
	buf_addf(&mark, "\n%.*s\n", (int)name_len, name);
	ret = strstr(capture->touched.data, mark.data) != NULL;
	buf_release(&mark);
	return ret;
}

void ipset_wishes(const struct capture *capture, struct buf *lines)
{
	const char *line = buf_str(&capture->ipsets);
	struct buf text = BUF_INIT;

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (is_touched(capture, line, len)) {
			buf_reset(&text);
			buf_add(&text, line, len);
			wish_add(lines, "ipset", &capture->touched_at, "", text.data);
		}
		line += len + !!line[len];
	}
	buf_release(&text);
}

void ipset_teach(const struct capture *capture)
{
	const char *line = buf_str(&capture->ipsets);

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (is_touched(capture, line, len))
			ipsets_learn(capture->ctx.ipsets, line, len);
		line += len + !!line[len];
	}
}
