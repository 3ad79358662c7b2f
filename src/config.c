#include "base.h"
#include "config.h"
#include "config_key.h"
#include "conffile.h"
#include "diag.h"
#include "text.h"

#ifndef DEFAULT_SYSCONFDIR
#define DEFAULT_SYSCONFDIR "/etc"
#endif
#ifndef DEFAULT_LIBDIR
#define DEFAULT_LIBDIR "/usr/lib"
#endif
#ifndef DEFAULT_DATADIR
#define DEFAULT_DATADIR "/usr/share"
#endif
#ifndef DEFAULT_STATEDIR
#define DEFAULT_STATEDIR "/var/lib"
#endif
#ifndef DEFAULT_RUNDIR
#define DEFAULT_RUNDIR "/run"
#endif

/* Chains whose bans would never match if our accepting rules stood before them. */
static const char *const default_yield_to[] = { "f2b-*", "sshguard*", "CROWDSEC*",
						"RS-RackConnect-*" };
static const char *const default_save_skip[] = { "f2b-*", "DOCKER*", "KUBE-*" };

static const char *const policy_chains[CONFIG_POLICIES] = { "INPUT", "FORWARD", "OUTPUT" };

static const struct conf_schema policy_schema[] = {
	{ "INPUT", CONF_OPTION },
	{ "FORWARD", CONF_OPTION },
	{ "OUTPUT", CONF_OPTION },
	{ NULL, CONF_END },
};

static const struct conf_schema set_schema[] = { { "values", CONF_OPTION }, { NULL, CONF_END } };
static const struct conf_schema args_schema[] = { { "args", CONF_OPTION }, { NULL, CONF_END } };

static const struct conf_schema sections[] = {
	{ "policy", CONF_SECTION, policy_schema },
	{ "set", CONF_TITLED, set_schema },
	{ "script_args", CONF_TITLED, args_schema },
};

void config_init(struct config *config)
{
	*config = (struct config){
		.families = FAMILIES_BOTH,
		.layers = { DEFAULT_LIBDIR "/rampart/conf.d", DEFAULT_RUNDIR "/rampart/conf.d",
			    DEFAULT_SYSCONFDIR "/rampart/conf.d" },
		.nr_layers = 3,
		.templates = { DEFAULT_DATADIR "/rampart/templates",
			       DEFAULT_SYSCONFDIR "/rampart/templates" },
		.nr_templates = 2,
		.state_dir = DEFAULT_STATEDIR "/rampart",
		.generations = 20,
		.confirm_seconds = 60,
		.script_seconds = 30,
	};
	for (size_t i = 0; i < CONFIG_POLICIES; i++)
		config->policy[i].chain = policy_chains[i];
	for (size_t i = 0; i < ARRAY_SIZE(default_yield_to); i++)
		patterns_add(&config->yield_to, default_yield_to[i]);
	for (size_t i = 0; i < ARRAY_SIZE(default_save_skip); i++)
		patterns_add(&config->save_skip, default_save_skip[i]);
}

static void parse_policy(struct config *config, const struct conf_node *section,
			 struct diags *diags)
{
	for (const struct conf_node *n = section->sub; n; n = n->next) {
		struct origin origin = { config->file, n->line, NULL };
		const char *value = n->nr_values == 1 ? n->value[0].text : "";

		if (!str_equal(value, "ACCEPT") && !str_equal(value, "DROP")) {
			diag_error(diags, &origin, "policy of '%s' must be ACCEPT or DROP",
				   n->name);
			continue;
		}
		for (size_t i = 0; i < CONFIG_POLICIES; i++) {
			struct config_policy *policy = &config->policy[i];

			if (!str_equal(policy->chain, n->name))
				continue;
			policy->value = arena_strdup(&config->arena, value);
			policy->origin = origin;
		}
	}
}

static void parse_set(struct config *config, const struct conf_node *section, struct diags *diags)
{
	struct origin origin = { config->file, section->line, NULL };
	struct scope scope = { config->sets, NULL };
	struct value_list *set;
	size_t len = strlen(section->title);

	if (text_name_len(section->title, len) != len || !len) {
		diag_error(diags, &origin,
			   "'%s' can't be a set's name: letters, digits and '_' only",
			   section->title);
		return;
	}
	if (str_equal(section->title, "USE")) {
		diag_error(diags, &origin, "'USE' can't be a set's name: templates have $USE");
		return;
	}
	set = arena_alloc(&config->arena, sizeof(*set));
	set->name = arena_strdup(&config->arena, section->title);
	set->origin = origin;
	set->named = true;
	for (const struct conf_node *n = section->sub; n; n = n->next) {
		for (size_t i = 0; i < n->nr_values; i++) {
			struct origin at = { config->file, n->value[i].line, NULL };

			/* sets that stand above it may be named: no loop is possible */
			value_list_add(set, n->value[i].text, &scope, config->resolve,
				       &config->arena, &at, diags);
		}
	}
	for (size_t i = 0; i < set->nr; i++)
		set->v[i].named = true;
	HASH_ADD_KEYPTR(hh, config->sets, set->name, len, set);
}

static void parse_script_args(struct config *config, const struct conf_node *section,
			      struct diags *diags)
{
	struct origin origin = { config->file, section->line, NULL };
	struct conf_args *args;

	args = arena_alloc(&config->arena, sizeof(*args));
	args->name = arena_strdup(&config->arena, section->title);
	args->origin = origin;
	for (const struct conf_node *n = section->sub; n; n = n->next) {
		args->v = arena_alloc(&config->arena, (n->nr_values + 1) * sizeof(*args->v));
		for (size_t i = 0; i < n->nr_values; i++)
			args->v[args->nr++] = arena_strdup(&config->arena, n->value[i].text);
	}
	if (args->nr > CONFIG_SCRIPT_ARGS_MAX)
		diag_error(diags, &origin, "'script_args' of '%s' has more than %d words",
			   args->name, (int)CONFIG_SCRIPT_ARGS_MAX);
	HASH_ADD_KEYPTR(hh, config->script_args, args->name, strlen(args->name), args);
}

static void parse_sections(struct config *config, const struct conf_node *root, struct diags *diags)
{
	const struct conf_node *policy = NULL;

	for (const struct conf_node *n = root->sub; n; n = n->next) {
		struct origin origin = { config->file, n->line, NULL };

		if (!n->is_section)
			continue;
		if (str_equal(n->name, "set")) {
			parse_set(config, n, diags);
		} else if (str_equal(n->name, "policy")) {
			if (policy)
				diag_error(diags, &origin,
					   "section 'policy' is there twice (first in line %u)",
					   policy->line);
			policy = n;
			parse_policy(config, n, diags);
		} else {
			parse_script_args(config, n, diags);
		}
	}
}

static struct conf_schema *make_schema(struct arena *arena)
{
	size_t keys = config_nr_keys(), nr = ARRAY_SIZE(sections);
	struct conf_schema *schema = arena_alloc(arena, (keys + nr + 1) * sizeof(*schema));

	for (size_t i = 0; i < keys; i++)
		schema[i] = (struct conf_schema){ config_key_name(i), CONF_OPTION, NULL };
	memcpy(schema + keys, sections, sizeof(sections));
	schema[keys + nr].kind = CONF_END;
	return schema;
}

int config_parse(struct config *config, const char *text, size_t len, const char *file,
		 struct diags *diags)
{
	struct conffile conf = CONFFILE_INIT;
	size_t errors = diags->errors;
	int ret = -1;

	config->file = file;
	if (conffile_scan(&conf, text, len, file, diags) < 0 ||
	    conffile_parse(&conf, make_schema(&config->arena), file, "option", diags) < 0)
		goto out;
	for (const struct conf_node *n = conf.root.sub; n; n = n->next)
		if (!n->is_section)
			config_set_key(config, n, diags);
	parse_sections(config, &conf.root, diags);
	ret = diags->errors == errors ? 0 : -1;
out:
	conffile_release(&conf);
	return ret;
}

void config_release(struct config *config)
{
	patterns_release(&config->yield_to);
	patterns_release(&config->foreign);
	patterns_release(&config->preserve);
	patterns_release(&config->preserve_rules);
	patterns_release(&config->adopt);
	patterns_release(&config->save_skip);
	patterns_release(&config->allow_sysctl);
	patterns_release(&config->allow_modprobe);
	HASH_CLEAR(hh, config->script_args);
	HASH_CLEAR(hh, config->sets);
	arena_release(&config->arena);
}

const char *ownership_name(enum ownership ownership)
{
	return ownership == OWNERSHIP_MERGE ? "merge" : "exclusive";
}
