#include "base.h"
#include "config_key.h"
#include "config.h"
#include "conffile.h"
#include "diag.h"
#include "preset.h"
#include "text.h"
#include "token.h"

struct key {
	const char *name;
	void (*set)(struct config *config, const struct conf_node *node, const struct key *key,
		    struct diags *diags);
	size_t field; /* offset in struct config */
	const char *const *words;
	unsigned long min, max;
};

static struct origin place(const struct config *config, unsigned int line)
{
	return (struct origin){ config->file, line, NULL };
}

/* Index of the option's only value in words, -1 after an error. */
static int word_of(const struct config *config, const struct conf_node *node,
		   const char *const *words, struct diags *diags)
{
	struct origin origin = place(config, node->line);
	struct buf list = BUF_INIT;
	const char *value = node->nr_values == 1 ? node->value[0].text : NULL;

	for (int i = 0; value && words[i]; i++)
		if (str_equal(words[i], value))
			return i;
	for (size_t i = 0; words[i]; i++)
		buf_addf(&list, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	if (value)
		diag_error(diags, &origin, "'%s' is not a value of '%s': it is %s", value,
			   node->name, buf_str(&list));
	else
		diag_error(diags, &origin, "'%s' takes one value: %s", node->name, buf_str(&list));
	buf_release(&list);
	return -1;
}

static void set_word(struct config *config, const struct conf_node *node, const struct key *key,
		     struct diags *diags)
{
	int word = word_of(config, node, key->words, diags);

	if (word >= 0)
		memcpy((char *)config + key->field, &(unsigned int){ (unsigned int)word },
		       sizeof(unsigned int));
}

static void set_flag(struct config *config, const struct conf_node *node, const struct key *key,
		     struct diags *diags)
{
	int word = word_of(config, node, key->words, diags);

	if (word >= 0)
		*((bool *)((char *)config + key->field)) = word == 1;
}

static void set_families(struct config *config, const struct conf_node *node, const struct key *key,
			 struct diags *diags)
{
	struct origin origin = place(config, node->line);
	unsigned int families = node->appends ? config->families : 0;

	(void)key;
	for (size_t i = 0; i < node->nr_values; i++) {
		if (str_equal(node->value[i].text, "ipv4"))
			families |= family_bit(FAMILY_IPV4);
		else if (str_equal(node->value[i].text, "ipv6"))
			families |= family_bit(FAMILY_IPV6);
		else
			diag_error(diags, &origin,
				   "'%s' is not a value of 'families': it is ipv4 or ipv6",
				   node->value[i].text);
	}
	if (!node->nr_values)
		diag_error(diags, &origin, "'families' is empty: it is ipv4, ipv6 or both");
	if (families) /* a boot needs some, whatever the baseline says */
		config->families = families;
	config->families_origin = origin;
}

static void set_patterns(struct config *config, const struct conf_node *node, const struct key *key,
			 struct diags *diags)
{
	struct patterns *patterns = (struct patterns *)((char *)config + key->field);

	if (!node->appends)
		patterns_clear(patterns);
	for (size_t i = 0; i < node->nr_values; i++) {
		struct origin origin = place(config, node->value[i].line);
		const char *text = node->value[i].text;

		if (!*text || strpbrk(text, "\n"))
			diag_error(diags, &origin, "'%s' holds an empty pattern or a newline",
				   node->name);
		else if (patterns == &config->preserve && preset_find(text))
			preset_add(text, &config->preserve, &config->preserve_rules);
		else
			patterns_add(patterns, text);
	}
}

/* preserve_rules adds to what the presets of preserve brought, in either order. */
static void set_preserve_rules(struct config *config, const struct conf_node *node,
			       const struct key *key, struct diags *diags)
{
	struct patterns before = config->preserve_rules;

	config->preserve_rules = (struct patterns)PATTERNS_INIT;
	set_patterns(config, node, key, diags);
	for (size_t i = 0; i < before.nr; i++)
		patterns_add(&config->preserve_rules, before.v[i]);
	patterns_release(&before);
}

/* Without slashes at its end: messages put names behind it. */
static const char *copy_directory(struct config *config, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return arena_strndup(&config->arena, path, len);
}

static const char *directory_error(const char *path)
{
	if (path[0] != '/')
		return "must be an absolute path";
	return strpbrk(path, "\n") ? "can't hold a newline" : NULL;
}

static void set_directories(struct config *config, const struct conf_node *node,
			    const struct key *key, struct diags *diags)
{
	struct origin origin = place(config, node->line);
	bool layers = key->field == offsetof(struct config, layers);
	const char **list = layers ? config->layers : config->templates;
	size_t *nr = layers ? &config->nr_layers : &config->nr_templates;

	if (!node->nr_values || node->nr_values + (node->appends ? *nr : 0) > CONFIG_LAYERS_MAX) {
		diag_error(diags, &origin, "'%s' takes 1 to %u directories, lowest layer first",
			   node->name, (unsigned int)CONFIG_LAYERS_MAX);
		return;
	}
	if (!node->appends)
		*nr = 0;
	for (size_t i = 0; i < node->nr_values; i++) {
		const char *error = directory_error(node->value[i].text);

		if (error)
			diag_error(diags, &origin, "'%s' in '%s' %s", node->value[i].text,
				   node->name, error);
		else
			list[(*nr)++] = copy_directory(config, node->value[i].text);
	}
}

static void set_state_dir(struct config *config, const struct conf_node *node,
			  const struct key *key, struct diags *diags)
{
	struct origin origin = place(config, node->line);
	const char *error =
		node->nr_values == 1 ? directory_error(node->value[0].text) : "takes one directory";

	(void)key;
	if (error)
		diag_error(diags, &origin, "'%s' %s", node->name, error);
	else
		config->state_dir = copy_directory(config, node->value[0].text);
}

/* The file of IPv4, then that of IPv6; "" for a family that is not saved. */
static void set_save_to(struct config *config, const struct conf_node *node, const struct key *key,
			struct diags *diags)
{
	struct origin origin = place(config, node->line);

	(void)key;
	if (node->nr_values > FAMILY_NR) {
		diag_error(diags, &origin, "'save_to' takes two files: IPv4's, then IPv6's");
		return;
	}
	for (size_t i = 0; i < node->nr_values; i++) {
		const char *path = node->value[i].text;
		const char *error = *path ? directory_error(path) : NULL;

		if (error)
			diag_error(diags, &origin, "'%s' in 'save_to' %s", path, error);
		else
			config->save_to[i] = *path ? arena_strdup(&config->arena, path) : NULL;
	}
}

static int number_of(const struct config *config, const struct conf_node *node,
		     const struct key *key, unsigned long *ret_value, struct diags *diags)
{
	struct origin origin = place(config, node->line);

	if (node->nr_values == 1 &&
	    text_number(node->value[0].text, key->min, key->max, ret_value) == 0)
		return 0;
	return diag_error(diags, &origin, "'%s' takes one number from %lu to %lu", node->name,
			  key->min, key->max);
}

static void set_number(struct config *config, const struct conf_node *node, const struct key *key,
		       struct diags *diags)
{
	unsigned long value;

	if (number_of(config, node, key, &value, diags) == 0)
		memcpy((char *)config + key->field, &(unsigned int){ (unsigned int)value },
		       sizeof(unsigned int));
}

static void set_lockdown_from(struct config *config, const struct conf_node *node,
			      const struct key *key, struct diags *diags)
{
	struct origin origin = place(config, node->line);

	(void)key;
	if (!node->appends)
		config->nr_lockdown_from = 0;
	for (size_t i = 0; i < node->nr_values; i++) {
		const char *text = node->value[i].text;
		bool any = str_equal(text, "any");
		const char *error = any ? NULL : value_check(VALUE_ADDRESS, text, false);

		origin.line = node->value[i].line;
		if (error)
			diag_error(diags, &origin, "'%s' in '%s': %s", text, node->name, error);
		else if (any && node->nr_values + config->nr_lockdown_from > 1)
			diag_error(diags, &origin, "'any' in '%s' is not for a list", node->name);
		else if (config->nr_lockdown_from == CONFIG_LOCKDOWN_MAX)
			diag_error(diags, &origin, "'%s' takes at most %d addresses", node->name,
				   (int)CONFIG_LOCKDOWN_MAX);
		else if (!any)
			config->lockdown_from[config->nr_lockdown_from++] =
				arena_strdup(&config->arena, text);
	}
	if (!node->nr_values)
		diag_error(diags, &origin, "'%s' is empty: it is 'any', or addresses", node->name);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FIELD(name) offsetof(struct config, name)

static const struct key keys[] = {
	{ "families", set_families },
	{ "backend", set_word, FIELD(backend), WORDS("auto", "nft", "legacy") },
	{ "ownership", set_word, FIELD(ownership), WORDS("merge", "exclusive") },
	{ "position", set_flag, FIELD(position_last), WORDS("first", "last") },
	{ "yield_to", set_patterns, FIELD(yield_to) },
	{ "foreign", set_patterns, FIELD(foreign) },
	{ "preserve", set_patterns, FIELD(preserve) },
	{ "preserve_rules", set_preserve_rules, FIELD(preserve_rules) },
	{ "adopt", set_patterns, FIELD(adopt) },
	{ "layers", set_directories, FIELD(layers) },
	{ "templates_dir", set_directories, FIELD(templates) },
	{ "state_dir", set_state_dir },
	{ "generations", set_number, FIELD(generations), NULL, 1, 10000 },
	{ "confirm_seconds", set_number, FIELD(confirm_seconds), NULL, CONFIRM_MIN, CONFIRM_MAX },
	{ "script_seconds", set_number, FIELD(script_seconds), NULL, 1, 3600 },
	{ "hook_exit", set_flag, FIELD(hook_exit_fail), WORDS("ok", "fail") },
	{ "on_boot_failure", set_word, FIELD(on_boot_failure),
	  WORDS("last-good", "lockdown", "open") },
	{ "lockdown_from", set_lockdown_from },
	{ "script_errors", set_flag, FIELD(script_errors_warn), WORDS("refuse", "warn") },
	{ "script_scope", set_flag, FIELD(script_scope_all), WORDS("own", "all") },
	{ "allow_sysctl", set_patterns, FIELD(allow_sysctl) },
	{ "allow_modprobe", set_patterns, FIELD(allow_modprobe) },
	{ "resolve", set_flag, FIELD(resolve), WORDS("no", "yes") },
	{ "save_to", set_save_to },
	{ "save_skip", set_patterns, FIELD(save_skip) },
	{ "origin_comments", set_flag, FIELD(origin_comments), WORDS("no", "yes") },
};

size_t config_nr_keys(void)
{
	return ARRAY_SIZE(keys);
}

const char *config_key_name(size_t i)
{
	return keys[i].name;
}

void config_set_key(struct config *config, const struct conf_node *node, struct diags *diags)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_equal(keys[i].name, node->name))
			keys[i].set(config, node, &keys[i], diags);
}
