#include "base.h"
#include "ipset.h"
#include "child.h"
#include "diag.h"
#include "hashtable.h"

int ipset_call(const struct ipset_place *place, const char *const *argv, const struct buf *input,
	       struct buf *ret_out, struct diags *diags)
{
	struct child child = CHILD_INIT;
	int ret;

	child.argv[0] = ipset_program();
	if (!child.argv[0])
		return diag_error(diags, NULL, "there is no ipset program");
	for (size_t i = 0; argv[i] && i + 1 < CHILD_ARGS_MAX; i++)
		child.argv[i + 1] = argv[i];
	child.netns = place->netns;
	child.userns = place->userns;
	if (input) {
		child.input = buf_str(input);
		child.input_len = input->len;
	}
	ret = child_run(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL, "ipset %s failed: %s", argv[0], child_error(&child));
	if (ret == 0 && ret_out)
		buf_add(ret_out, buf_str(&child.out), child.out.len);
	child_release(&child);
	return ret;
}

/* --- what a set holds, in lines of "ipset save" -------------------------------------------- */

struct content {
	const char *name; /* not ended */
	size_t name_len;
	struct buf create;  /* "TYPE HEADER", less what only sizes its memory */
	const char **added; /* elements, not ended */
	size_t *len;
	size_t nr, cap, len_cap;
	UT_hash_handle hh;
};

static void content_free(struct content **all)
{
	struct content *c = *all, *next;

	HASH_CLEAR(hh, *all);
	for (; c; c = next) {
		next = c->hh.next;
		buf_release(&c->create);
		free(c->added);
		free(c->len);
		free(c);
	}
}

static struct content *content_of(struct content **all, const char *name, size_t len)
{
	struct content *c;

	HASH_FIND(hh, *all, name, len, c);
	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->name = name;
	c->name_len = len;
	HASH_ADD_KEYPTR(hh, *all, c->name, len, c);
	return c;
}

/* "create NAME TYPE HEADER", "add NAME ELEMENT". The text stays behind it. */
static void content_read(struct content **all, const char *text)
{
	while (*text) {
		size_t line = strcspn(text, "\n");
		bool create = strncmp(text, "create ", 7) == 0;
		const char *name = text + (create ? 7 : 4), *end = text + line;
		size_t len = strcspn(name, " \n");
		struct content *c;

		if ((create || strncmp(text, "add ", 4) == 0) && name + len < end) {
			c = content_of(all, name, len);
			if (create) {
				char *header = ipset_clean_header(name + len + 1,
								  (size_t)(end - name) - len - 1);

				buf_adds(&c->create, header);
				free(header);
			} else {
				XGROW(c->added, c->nr, c->cap);
				XGROW(c->len, c->nr, c->len_cap);
				c->added[c->nr] = name + len + 1;
				c->len[c->nr++] = (size_t)(end - name) - len - 1;
			}
		}
		text = *end ? end + 1 : end;
	}
}

/* As a set of elements: "ipset save" has them in no order of its own. */
static bool same_elements(const struct content *a, const struct content *b)
{
	struct content *known = NULL;
	bool same = a->nr == b->nr;

	for (size_t i = 0; same && i < a->nr; i++)
		content_of(&known, a->added[i], a->len[i]);
	for (size_t i = 0; same && i < b->nr; i++) {
		struct content *c;

		HASH_FIND(hh, known, b->added[i], b->len[i], c);
		same = c != NULL;
	}
	content_free(&known);
	return same;
}

static void write_elements(const struct content *c, const char *name, size_t len, struct buf *out)
{
	for (size_t i = 0; i < c->nr; i++)
		buf_addf(out, "add %.*s %.*s\n", (int)len, name, (int)c->len[i], c->added[i]);
}

static const char *const other = "rampart-tmp";

/* A set that is there gets another content in one step: by another set that takes its place. */
static void write_swap(const struct content *c, struct buf *out)
{
	buf_addf(out, "create %s %s\n", other, buf_str(&c->create));
	write_elements(c, other, strlen(other), out);
	buf_addf(out, "swap %s %.*s\ndestroy %s\n", other, (int)c->name_len, c->name, other);
}

/* Only sets of one type, and family, can take each other's place. */
static bool same_type(const struct content *a, const struct content *b)
{
	size_t len = strcspn(a->create.data, " ");

	return strncmp(a->create.data, buf_str(&b->create), len) == 0 &&
	       !strstr(a->create.data, "family inet6") == !strstr(b->create.data, "family inet6");
}

static int check_types(const struct content *wanted, const struct content *live,
		       struct diags *diags)
{
	int ret = 0;

	for (const struct content *c = wanted; c; c = c->hh.next) {
		struct content *there;

		HASH_FIND(hh, live, c->name, c->name_len, there);
		if (there && c->create.len && there->create.len && !same_type(c, there))
			ret = diag_error(diags, NULL,
					 "ipset '%.*s' is live with another type: destroy it first",
					 (int)c->name_len, c->name);
	}
	return ret;
}

static void write_changes(const struct content *wanted, const struct content *live, struct buf *out)
{
	struct content *left;

	HASH_FIND(hh, live, other, strlen(other), left);
	if (left) /* of a fill that was cut off */
		buf_addf(out, "destroy %s\n", other);
	for (const struct content *c = wanted; c; c = c->hh.next) {
		struct content *there;

		if (!c->create.len)
			continue;
		HASH_FIND(hh, live, c->name, c->name_len, there);
		if (!there) {
			buf_addf(out, "create %.*s %s\n", (int)c->name_len, c->name,
				 c->create.data);
			write_elements(c, c->name, c->name_len, out);
		} else if (!str_equal(buf_str(&there->create), c->create.data) ||
			   !same_elements(c, there)) {
			write_swap(c, out);
		}
	}
}

int ipset_fill(const char *lines, struct diags *diags)
{
	static const char *const save[] = { "save", NULL }, *const restore[] = { "restore", NULL };
	static const struct ipset_place here = { -1, -1 };
	struct content *wanted = NULL, *live = NULL;
	struct buf now = BUF_INIT, changes = BUF_INIT;
	int ret = ipset_call(&here, save, NULL, &now, diags);

	if (ret == 0) {
		content_read(&wanted, lines);
		content_read(&live, buf_str(&now));
		ret = check_types(wanted, live, diags);
		write_changes(wanted, live, &changes);
		if (ret == 0 && changes.len)
			ret = ipset_call(&here, restore, &changes, NULL, diags);
	}
	content_free(&wanted);
	content_free(&live);
	buf_release(&changes);
	buf_release(&now);
	return ret;
}
