#include "base.h"
#include "use.h"
#include "conffile.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "rules.h"
#include "template.h"

struct uses {
	struct rules *rules;
	const struct dropin *dropin;
	struct template_store *templates;
	const struct scope *sets;
	struct arena *arena;
	struct conffile conf;
};

static struct origin place(const struct uses *u, unsigned int line)
{
	return (struct origin){ u->dropin->path, line, NULL };
}

/* The options of a section are the template's parameters. */
static const struct conf_schema *schema_of(struct arena *arena, const struct template *template)
{
	struct conf_schema *schema =
		arena_alloc(arena, (template->nr_params + 1) * sizeof(*schema));

	for (size_t i = 0; i < template->nr_params; i++)
		schema[i] = (struct conf_schema){ template->param[i].name, CONF_OPTION, NULL };
	schema[template->nr_params].kind = CONF_END;
	return schema;
}

/* Templates are found by the sections that the scan saw: libconfuse wants to know them first. */
static int load_templates(struct uses *u, struct conf_schema **ret_schema)
{
	struct diags *diags = u->rules->diags;
	struct conf_schema *schema;
	size_t nr = 0;
	int ret = 0;

	schema = arena_alloc(&u->conf.scan.arena, (u->conf.scan.nr_items + 1) * sizeof(*schema));
	for (const struct confscan_item *i = u->conf.scan.items; i; i = i->next) {
		struct origin origin = place(u, i->line);
		const struct template *template;

		if (i->parent || (i->is_section && i->index > 0))
			continue;
		if (!i->is_section) {
			ret = diag_error(diags, &origin,
					 "'%s = ...' stands outside of a template's use: 'TEMPLATE "
					 "{ PARAMETER = VALUE }'",
					 i->name);
			continue;
		}
		template = template_find(u->templates, i->name, &origin, diags);
		if (!template) {
			ret = -1;
			continue;
		}
		schema[nr++] = (struct conf_schema){ i->name, CONF_SECTION,
						     schema_of(&u->conf.scan.arena, template) };
	}
	schema[nr].kind = CONF_END;
	*ret_schema = schema;
	return ret;
}

static const struct conf_node *find_node(const struct conf_node *section, const char *name)
{
	for (const struct conf_node *n = section->sub; n; n = n->next)
		if (str_equal(n->name, name))
			return n;
	return NULL;
}

/* What the use says, else the default. */
static int bind_param(struct uses *u, const struct template *template, const struct param *param,
		      const struct conf_node *section, struct value_list *list)
{
	const struct conf_node *node = find_node(section, param->name);
	bool may_resolve = u->rules->config->resolve;
	struct diags *diags = u->rules->diags;
	struct origin origin = place(u, node ? node->line : section->line);
	struct origin at_default = { template->path, param->line, NULL };
	int ret = 0;

	*list = (struct value_list){ .name = param->name,
				     .type = param->type,
				     .optional = param->optional,
				     .origin = origin };
	if (!node && param->required)
		return diag_error(diags, &origin, "template '%s' needs parameter '%s': %s",
				  template->name, param->name, param->help);
	for (size_t i = 0; !node && i < param->nr_values; i++)
		if (value_list_add(list, param->value[i], u->sets, may_resolve, u->arena,
				   &at_default, diags) < 0)
			ret = -1;
	for (size_t i = 0; node && i < node->nr_values; i++) {
		struct origin at = place(u, node->value[i].line);

		if (value_list_add(list, node->value[i].text, u->sets, may_resolve, u->arena, &at,
				   diags) < 0)
			ret = -1;
	}
	if (node && !node->nr_values && !param->optional)
		return diag_error(diags, &origin, "parameter '%s' of template '%s' can't be empty",
				  param->name, template->name);
	return ret;
}

/* $USE: the drop-in's name without its suffix, and the number of the use in it. */
static void bind_use(struct uses *u, struct value_list *list, size_t number)
{
	struct buf word = BUF_INIT;

	buf_addf(&word, "%.*s-%zu", (int)(strlen(u->dropin->name) - strlen(".conf")),
		 u->dropin->name, number);
	*list = (struct value_list){ .name = "USE" };
	value_list_push(list,
			(struct value){ .text = arena_strdup(u->arena, word.data),
					.families = FAMILIES_BOTH },
			u->arena);
	buf_release(&word);
}

static int expand_use(struct uses *u, const struct conf_node *section, size_t number)
{
	struct origin *origin = arena_alloc(u->arena, sizeof(*origin));
	const struct template *template;
	struct scope scope = { NULL, u->sets };
	struct value_list *list;
	int ret = 0;

	*origin = place(u, section->line);
	template = template_find(u->templates, section->name, origin, u->rules->diags);
	list = arena_alloc(u->arena, (template->nr_params + 1) * sizeof(*list));
	for (size_t i = 0; i < template->nr_params; i++) {
		if (bind_param(u, template, &template->param[i], section, &list[i]) < 0)
			ret = -1;
		HASH_ADD_KEYPTR(hh, scope.lists, list[i].name, strlen(list[i].name), &list[i]);
	}
	bind_use(u, &list[template->nr_params], number);
	HASH_ADD_KEYPTR(hh, scope.lists, "USE", 3, &list[template->nr_params]);
	if (ret == 0) {
		struct rules_text text = { .file = template->path,
					   .text = template->body.data,
					   .len = template->body.len,
					   .families = FAMILIES_BOTH,
					   .scope = &scope,
					   .use = origin };

		ret = rules_add(u->rules, &text);
	}
	HASH_CLEAR(hh, scope.lists);
	return ret;
}

int use_expand(struct rules *rules, const struct dropin *dropin, struct template_store *templates,
	       const struct scope *sets, struct arena *arena)
{
	struct uses u = { .rules = rules,
			  .dropin = dropin,
			  .templates = templates,
			  .sets = sets,
			  .arena = arena,
			  .conf = CONFFILE_INIT };
	struct conf_schema *schema;
	size_t number = 0;
	int ret = -1;

	if (conffile_scan(&u.conf, buf_str(&dropin->text), dropin->text.len, dropin->path,
			  rules->diags) < 0 ||
	    load_templates(&u, &schema) < 0 ||
	    conffile_parse(&u.conf, schema, dropin->path, "parameter", rules->diags) < 0)
		goto out;
	ret = 0;
	for (const struct conf_node *n = u.conf.root.sub; n; n = n->next)
		if (expand_use(&u, n, ++number) < 0)
			ret = -1;
out:
	conffile_release(&u.conf);
	return ret;
}
