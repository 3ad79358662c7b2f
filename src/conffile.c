#include <confuse.h>

#include "base.h"
#include "conffile.h"
#include "diag.h"
#include "text.h"
#include "xalloc.h"

enum { MESSAGE_MAX = 400 };

/* libconfuse's error function gets no pointer of ours: the first error of the parse goes here. */
static struct {
	unsigned int line;
	char text[MESSAGE_MAX];
} first_error;

static void note_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	if (first_error.text[0])
		return;
	first_error.line = (unsigned int)cfg->line;
	vsnprintf(first_error.text, sizeof(first_error.text), fmt, ap);
}

static const struct conf_schema *find(const struct conf_schema *schema, const char *name)
{
	for (; schema && schema->kind != CONF_END; schema++)
		if (str_equal(schema->name, name))
			return schema;
	return NULL;
}

/* The names that may stand where item stands; NULL where its section is itself unknown. */
static const struct conf_schema *names_at(const struct conf_schema *root,
					  const struct confscan_item *item)
{
	const struct conf_schema *above, *section;

	if (!item->parent)
		return root;
	above = names_at(root, item->parent);
	section = above ? find(above, item->parent->name) : NULL;
	return section ? section->sub : NULL;
}

static int check_name(const struct conf_schema *root, const struct confscan_item *item,
		      const char *file, const char *what, struct diags *diags)
{
	const struct conf_schema *names = names_at(root, item);
	const struct conf_schema *known = names ? find(names, item->name) : NULL;
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	struct origin origin = { file, item->line, NULL };
	bool titled = known && known->kind == CONF_TITLED;

	if (!names)
		return 0; /* its section has been reported */
	if (!known) {
		for (; names->kind != CONF_END; names++)
			text_nearest_offer(&nearest, item->name, names->name);
		return diag_error(diags, &origin, "unknown %s '%s'%s%s%s%s%s%s", what, item->name,
				  item->parent ? " in '" : "",
				  item->parent ? item->parent->name : "", item->parent ? "'" : "",
				  nearest.best ? ", did you mean '" : "",
				  nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
	}
	if (item->is_section != (known->kind != CONF_OPTION))
		return diag_error(diags, &origin,
				  item->is_section ? "'%s' is an option: write '%s = VALUE'" :
						     "'%s' is a section: write '%s { ... }'",
				  item->name, item->name);
	if (item->is_section && titled != (item->title != NULL))
		return diag_error(diags, &origin,
				  titled ?
					  "section '%s' needs a name: write '%s \"NAME\" { ... }'" :
					  "section '%s' takes no name: write '%s { ... }'",
				  item->name, item->name);
	return 0;
}

static int check_names(const struct conffile *conf, const struct conf_schema *schema,
		       const char *file, const char *what, struct diags *diags)
{
	int ret = 0;

	for (const struct confscan_item *i = conf->scan.items; i; i = i->next)
		if (check_name(schema, i, file, what, diags) < 0)
			ret = -1;
	return ret;
}

/* libconfuse wants its option tables as long as the tree lives. */
static cfg_opt_t *make_options(struct arena *arena, const struct conf_schema *schema)
{
	size_t nr = 0;
	cfg_opt_t *opts;

	while (schema[nr].kind != CONF_END)
		nr++;
	opts = arena_alloc(arena, (nr + 1) * sizeof(*opts));
	for (size_t i = 0; i < nr; i++) {
		const char *name = schema[i].name;
		cfg_opt_t *sub = schema[i].sub ? make_options(arena, schema[i].sub) : NULL;
		cfg_opt_t option = CFG_STR_LIST(name, NULL, CFGF_NONE);
		cfg_opt_t section = CFG_SEC(name, sub, CFGF_MULTI);
		cfg_opt_t titled = CFG_SEC(name, sub, CFGF_MULTI | CFGF_TITLE);

		opts[i] = schema[i].kind == CONF_OPTION	 ? option :
			  schema[i].kind == CONF_SECTION ? section :
							   titled;
	}
	opts[nr] = (cfg_opt_t)CFG_END();
	return opts;
}

/* Where libconfuse keeps what a scanned item says. */
static cfg_t *find_section(cfg_t *root, const struct confscan_item *section)
{
	cfg_t *parent = section->parent ? find_section(root, section->parent) : root;

	return parent ? cfg_getnsec(parent, section->name, (unsigned int)section->index) : NULL;
}

static void take_values(struct conffile *conf, struct conf_node *node, cfg_t *section,
			const struct confscan_item *item)
{
	size_t nr = section ? cfg_size(section, item->name) : 0;

	node->value = arena_alloc(&conf->scan.arena, nr * sizeof(*node->value));
	node->nr_values = nr;
	for (size_t i = 0; i < nr; i++) {
		const char *text = cfg_getnstr(section, item->name, (unsigned int)i);

		node->value[i].text = arena_strdup(&conf->scan.arena, text ? text : "");
		node->value[i].line = i < item->nr_values ? item->value_line[i] : item->line;
	}
}

static void take_tree(struct conffile *conf, cfg_t *root)
{
	struct conf_node *section = &conf->root;
	const struct confscan_item *in = NULL; /* the scanned section behind it */
	cfg_t *cfg = root;

	for (const struct confscan_item *i = conf->scan.items; i; i = i->next) {
		struct conf_node *node = arena_alloc(&conf->scan.arena, sizeof(*node));

		while (in && in != i->parent) {
			section = section->parent;
			in = in->parent;
			cfg = in ? find_section(root, in) : root;
		}
		node->name = i->name;
		node->title = i->title;
		node->line = i->line;
		node->is_section = i->is_section;
		node->appends = i->appends;
		node->parent = section;
		if (section->last_sub)
			section->last_sub->next = node;
		else
			section->sub = node;
		section->last_sub = node;
		if (i->is_section) {
			section = node;
			in = i;
			cfg = find_section(root, i);
		} else {
			take_values(conf, node, cfg, i);
		}
	}
}

int conffile_scan(struct conffile *conf, const char *text, size_t len, const char *file,
		  struct diags *diags)
{
	return confscan_run(&conf->scan, text, len, file, diags);
}

int conffile_parse(struct conffile *conf, const struct conf_schema *schema, const char *file,
		   const char *what, struct diags *diags)
{
	int ret = -1;
	cfg_t *cfg;

	if (check_names(conf, schema, file, what, diags) < 0)
		return -1;
	cfg = cfg_init(make_options(&conf->scan.arena, schema), CFGF_NONE);
	if (!cfg)
		return diag_error(diags, NULL, "out of memory");
	cfg_set_error_function(cfg, note_error);
	first_error.text[0] = '\0';
	if (cfg_parse_buf(cfg, buf_str(&conf->scan.text)) != CFG_SUCCESS) {
		struct origin origin = { file, first_error.line, NULL };

		diag_error(diags, &origin, "%s",
			   first_error.text[0] ? first_error.text : "syntax error");
		goto out;
	}
	take_tree(conf, cfg);
	ret = 0;
out:
	cfg_free(cfg);
	return ret;
}

void conffile_release(struct conffile *conf)
{
	confscan_release(&conf->scan);
	*conf = (struct conffile)CONFFILE_INIT;
}
