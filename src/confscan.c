#include "base.h"
#include "conflex.h"
#include "confscan.h"
#include "diag.h"
#include "xalloc.h"

struct reader {
	struct confscan *scan;
	struct conflex lex;	       /* where we are */
	struct confscan_item *section; /* that we are in */
	unsigned int depth;
	struct confscan_item *option; /* whose value or list we are in */
	bool in_list;
	const char *name, *title; /* words seen since the last item */
	unsigned int name_line;
};

static int fail(const struct reader *r, const char *text)
{
	return diag_error(r->lex.diags, &r->lex.origin, "%s", text);
}

static struct confscan_item *find_item(struct reader *r, const char **ret_key)
{
	struct confscan_item *found;
	struct buf key = BUF_INIT;

	buf_addf(&key, "%p/%s", (const void *)r->section, r->name);
	HASH_FIND_STR(r->scan->by_key, key.data, found);
	*ret_key = found ? found->key : arena_strdup(&r->scan->arena, key.data);
	buf_release(&key);
	return found;
}

static struct confscan_item *add_item(struct reader *r, bool is_section)
{
	struct confscan *scan = r->scan;
	struct confscan_item *item = arena_alloc(&scan->arena, sizeof(*item));
	struct confscan_item *before = find_item(r, &item->key);

	item->name = r->name;
	item->title = r->title;
	item->parent = r->section;
	item->line = r->name_line;
	item->is_section = is_section;
	if (before) {
		item->index = before->is_section ? before->index + 1 : 0;
		HASH_DEL(scan->by_key, before);
	}
	HASH_ADD_KEYPTR(hh, scan->by_key, item->key, strlen(item->key), item);
	r->name = r->title = NULL;
	*scan->tail = item;
	scan->tail = &item->next;
	scan->nr_items++;
	return item;
}

static int add_option(struct reader *r)
{
	bool appends = r->lex.text[r->lex.at] == '+';
	struct origin place = { r->lex.origin.file, r->name_line, NULL };
	struct confscan_item *before;
	const char *key;

	r->lex.at += 1 + appends;
	if (!r->name)
		return fail(r, "'=' without an option's name before it");
	if (r->title)
		return diag_error(r->lex.diags, &place, "unexpected '%s'", r->name);
	before = find_item(r, &key);
	if (!before || before->is_section) {
		r->option = add_item(r, false);
		r->option->appends = appends;
	} else if (appends) {
		r->option = before;
		r->name = NULL;
	} else {
		return diag_error(r->lex.diags, &place,
				  "option '%s' is set again (first in line %u)", r->name,
				  before->line);
	}
	return 0;
}

static void add_value(struct reader *r, unsigned int line)
{
	struct confscan_item *option = r->option;

	XGROW(option->value_line, option->nr_values, option->cap_values);
	option->value_line[option->nr_values++] = line;
	if (!r->in_list)
		r->option = NULL;
}

static int add_word(struct reader *r)
{
	unsigned int line = r->lex.origin.line;
	size_t from = r->lex.at;
	bool quoted;
	const char *word;

	if (conflex_word(&r->lex, &quoted) < 0)
		return -1;
	if (r->option) {
		add_value(r, line);
		return 0;
	}
	word = arena_strndup(&r->scan->arena, r->lex.text + from + quoted,
			     r->lex.at - from - 2 * quoted);
	if (!r->name) {
		r->name = word;
		r->name_line = line;
	} else if (!r->title) {
		r->title = word;
	} else {
		return diag_error(r->lex.diags, &r->lex.origin, "unexpected '%s'", word);
	}
	return 0;
}

/* libconfuse would merge two sections of one title, the later values winning. */
static int check_title(struct reader *r, struct confscan_item *item)
{
	struct origin place = { r->lex.origin.file, item->line, NULL };
	struct confscan_item *before;
	struct buf key = BUF_INIT;

	buf_addf(&key, "%p/%s/%s", (const void *)item->parent, item->name, item->title);
	HASH_FIND(hh_title, r->scan->by_title, key.data, key.len, before);
	if (before) {
		buf_release(&key);
		return diag_error(r->lex.diags, &place,
				  "%s '%s' is defined again (first in line %u)", item->name,
				  item->title, before->line);
	}
	item->title_key = arena_strdup(&r->scan->arena, key.data);
	HASH_ADD_KEYPTR(hh_title, r->scan->by_title, item->title_key, key.len, item);
	buf_release(&key);
	return 0;
}

static int open_brace(struct reader *r)
{
	r->lex.at++;
	if (r->in_list)
		return fail(r, "a list can't stand inside a list");
	if (r->option) {
		r->in_list = true;
		return 0;
	}
	if (!r->name)
		return fail(r, "'{' without a section's name before it");
	if (++r->depth > CONF_DEPTH_MAX)
		return fail(r, "sections are nested too deeply");
	r->section = add_item(r, true);
	return r->section->title ? check_title(r, r->section) : 0;
}

static int close_brace(struct reader *r)
{
	r->lex.at++;
	if (r->in_list) {
		r->in_list = false;
		r->option = NULL;
		return 0;
	}
	if (r->option || r->name)
		return fail(r, "'}' where a value was expected");
	if (!r->section)
		return fail(r, "'}' without '{'");
	r->section = r->section->parent;
	r->depth--;
	return 0;
}

static int read_next(struct reader *r)
{
	char c = r->lex.text[r->lex.at];

	if (conflex_is_blank(c)) {
		if (c == '\n')
			r->lex.origin.line++;
		else
			r->lex.text[r->lex.at] = ' ';
		r->lex.at++;
		return 0;
	}
	if (conflex_at_comment(&r->lex))
		return conflex_comment(&r->lex);
	if (c == '{')
		return open_brace(r);
	if (c == '}')
		return close_brace(r);
	if (c == '=' || (c == '+' && r->lex.text[r->lex.at + 1] == '='))
		return r->option ? fail(r, "unexpected '='") : add_option(r);
	if (c == ',' && r->in_list) {
		r->lex.at++;
		return 0;
	}
	if (c == '"' || c == '\'' || conflex_is_bare(r->lex.text + r->lex.at))
		return add_word(r);
	if ((unsigned char)c <= ' ' || c == 0x7f)
		return diag_error(r->lex.diags, &r->lex.origin,
				  "control character \\x%02x outside quotes", (unsigned char)c);
	return diag_error(r->lex.diags, &r->lex.origin,
			  "unexpected '%c'; a value with it has to be quoted", c);
}

static int check_bytes(const char *text, size_t len, struct origin *origin, struct diags *diags)
{
	const char *nul = memchr(text, '\0', len);

	if (len > CONF_BYTES_MAX)
		return diag_error(diags, origin, "file is larger than %u bytes",
				  (unsigned int)CONF_BYTES_MAX);
	if (!nul)
		return 0;
	origin->line = 1;
	for (const char *p = text; p < nul; p++)
		origin->line += *p == '\n';
	return diag_error(diags, origin, "file holds a NUL byte");
}

static int check_end(const struct reader *r)
{
	struct origin place = r->lex.origin;

	if (r->option || r->name)
		return fail(r, "file ends where a value was expected");
	if (!r->section)
		return 0;
	place.line = r->section->line;
	return diag_error(r->lex.diags, &place, "section '%s' is not closed: '}' is missing",
			  r->section->name);
}

int confscan_run(struct confscan *scan, const char *text, size_t len, const char *file,
		 struct diags *diags)
{
	struct reader r = { .scan = scan, .lex = { .origin = { file, 0, NULL }, .diags = diags } };

	scan->tail = &scan->items;
	if (check_bytes(text, len, &r.lex.origin, diags) < 0)
		return -1;
	buf_add(&scan->text, text, len);
	r.lex.text = scan->text.data;
	r.lex.origin.line = 1;
	while (r.lex.at < len) {
		if (read_next(&r) < 0)
			return -1;
		if (scan->nr_items > CONF_ITEMS_MAX)
			return fail(&r, "file holds too many sections and options");
	}
	return check_end(&r);
}

void confscan_release(struct confscan *scan)
{
	HASH_CLEAR(hh, scan->by_key);
	HASH_CLEAR(hh_title, scan->by_title);
	for (struct confscan_item *i = scan->items; i; i = i->next)
		free(i->value_line);
	arena_release(&scan->arena);
	buf_release(&scan->text);
	*scan = (struct confscan)CONFSCAN_INIT;
}
