#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "fs.h"
#include "ipset.h"
#include "wish.h"
#include "xalloc.h"

/*
 * ipset in scripts: the real program works on the shadow, which begins with the host's sets. What
 * a script has touched is kept, whole, for the proof, which needs the sets, and for the apply,
 * which makes the host's sets so.
 */

/* In a script, or in what it begins with. */
static bool mentions(const struct capture *capture, const char *word)
{
	const struct dropin_list *list = capture->ctx.dropins;

	for (size_t i = 0; i < list->nr; i++)
		if ((list->v[i].kind == DROPIN_SCRIPT || capture->ctx.config->script_scope_all) &&
		    strstr(buf_str(&list->v[i].text), word))
			return true;
	return false;
}

/* The host's sets are read where scripts or the rules in them may name one: it takes a child. */
int ipset_open(struct capture *capture)
{
	static const char *const save[] = { "save", NULL };
	static const struct ipset_place here = { -1, -1 };

	capture->wants_ipsets =
		ipset_program() && (mentions(capture, "ipset") || mentions(capture, "-set") ||
				    mentions(capture, "source ") || mentions(capture, "\n. "));
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
	static const char *const words[] = { "list", "-L", "--list", "save",	 "-S",	 "--save",
					     "test", "-T", "--test", "version",	 "help", "-v",
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

/* It goes to ipset again, as root: nothing but these two kinds of lines, whatever a name holds. */
static void take_lines(const char *text, struct buf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (str_starts(text, "create ") || str_starts(text, "add "))
			buf_addf(out, "%.*s\n", (int)len, text);
		text += len + !!text[len];
	}
}

/* Not at each call: a script may make thousands. */
int ipset_keep(struct session *s)
{
	static const char *const save[] = { "save", NULL };
	struct ipset_place shadow = { s->shadow.netns, s->capture->userns };
	struct buf text = BUF_INIT;
	int ret;

	if (!s->ipsets_changed || shadow.netns < 0)
		return 0;
	s->ipsets_changed = false;
	ret = ipset_call(&shadow, save, NULL, &text, s->diags);
	if (ret == 0) {
		buf_reset(&s->capture->ipsets);
		take_lines(buf_str(&text), &s->capture->ipsets);
		ask_close(s->capture); /* made anew, with these, for the next question */
	}
	buf_release(&text);
	return ret;
}

/* A name with a newline would be a line of its own where sets are listed and made again. */
static const char *bad_words(const struct request *request)
{
	for (size_t i = 1; i < request->argc; i++)
		for (const char *p = request->argv[i]; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return "a word of it holds a control character";
	return NULL;
}

/* Options may stand before the command: "ipset -! add". */
static const char *command_of(const struct request *request)
{
	static const char *const with_value[] = { "-o", "-output", "--output",
						  "-f", "-file",   "--file" };
	static const char *const alone[] = { "-!",	"-exist", "--exist", "-q",	"-quiet",
					     "--quiet", "-s",	  "-sorted", "-n",	"-name",
					     "-t",	"-terse", "-r",	     "-resolve" };

	for (size_t i = 1; i < request->argc; i++) {
		bool value = false, option = false;

		for (size_t j = 0; j < ARRAY_SIZE(with_value); j++)
			value |= str_equal(with_value[j], request->argv[i]);
		for (size_t j = 0; j < ARRAY_SIZE(alone); j++)
			option |= str_equal(alone[j], request->argv[i]);
		if (!value && !option)
			return request->argv[i];
		i += value;
	}
	return "help";
}

int ipset_run(struct session *s, const struct request *request, struct answer *answer)
{
	const char *why = bad_words(request);

	if (why) {
		fault_refuse(s, request, answer, why);
		return 0;
	}
	if (real_tool(s, SANDBOX_REAL "/ipset", request, answer) < 0)
		return -1;
	if (only_looks(command_of(request)))
		return 0;
	/* one that is there already, with what it should have, is the script's as well */
	touch_all(s, request);
	s->ipsets_changed |= answer->status == 0;
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

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line without what differs from one making of the same set to the next; to be freed. */
static char *plain_line(const char *line, size_t len)
{
	const char *end = line + len, *header = line;
	struct buf text = BUF_INIT;
	char *clean;

	if (len < 7 || memcmp(line, "create ", 7) != 0)
		return xstrndup(line, len);
	for (unsigned int words = 0; header && words < 3; words++) /* create NAME TYPE */
		header = memchr(header + !!words, ' ', (size_t)(end - header) - !!words);
	if (!header)
		return xstrndup(line, len);
	clean = ipset_clean_header(header + 1, (size_t)(end - header) - 1);
	buf_addf(&text, "%.*s %s", (int)(header - line), line, clean);
	free(clean);
	return buf_detach(&text);
}

/* In an order of their own: that of "ipset save" is by chance. */
void ipset_wishes(const struct capture *capture, struct buf *lines)
{
	const char *line = buf_str(&capture->ipsets);
	char **wishes = NULL;
	size_t nr = 0, cap = 0;

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (is_touched(capture, line, len)) {
			XGROW(wishes, nr, cap);
			wishes[nr++] = plain_line(line, len);
		}
		line += len + !!line[len];
	}
	if (nr)
		qsort(wishes, nr, sizeof(*wishes), by_text);
	for (size_t i = 0; i < nr; i++) {
		wish_add(lines, "ipset", &capture->touched_at, "", wishes[i]);
		free(wishes[i]);
	}
	free(wishes);
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
