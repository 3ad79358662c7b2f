/*
 * A template "t" and a drop-in that uses it, parted by a line "%%".
 */
#include "base.h"
#include "common.h"
#include "discover.h"
#include "hosts.h"
#include "ipset.h"
#include "template.h"
#include "template_parse.h"
#include "use.h"
#include "xalloc.h"

/* One of each type, to be used as "u". */
static const char other[] =
	"# u: one of each\n"
	"param i iface = any # interface\n"
	"param a address = {10.0.0.1, 2001:db8::1} # addresses\n"
	"param p port = 22 # port\n"
	"param r proto = tcp\n"
	"param n number = 5\n"
	"param l rate = 5/min\n"
	"param s string = \"x y\" # text\n"
	"param c chain optional\n"
	":$USE -\n"
	"-A INPUT -i $i -s $a -p $r --dport $p -m limit --limit $l -j LOG --log-prefix $s\n"
	"-A $USE -m mark --mark $n -m comment --comment \"$s\" -j $c\n"
	"-A INPUT -j $USE\n";

static const struct template *add_template(struct template_store *store, const char *name,
					   const char *text, size_t len, struct diags *diags)
{
	struct template *template = arena_alloc(&store->arena, sizeof(*template));

	template->name = name;
	template->path = arena_strdup(&store->arena, name);
	HASH_ADD_KEYPTR(hh, store->by_name, template->name, strlen(name), template);
	buf_add(&template->body, text, len);
	if (!len)
		template->state = TEMPLATE_MASKED;
	else if (template_parse(template, &store->arena, diags) == 0)
		template->state = TEMPLATE_USABLE;
	return template;
}

static size_t lines_of(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static void check_template(const struct template *t, size_t lines)
{
	FUZZ_CHECK(lines_of(buf_str(&t->body), t->body.len) == lines, "lines of the body");
	for (size_t i = 0; i < t->nr_params; i++) {
		const struct param *p = &t->param[i];

		FUZZ_CHECK(p->name[0] && p->help && p->line >= 1, "parameter %zu", i);
		FUZZ_CHECK(!p->required || !p->nr_values, "'%s' is required", p->name);
		for (size_t j = 0; j < p->nr_values; j++)
			FUZZ_CHECK(p->value[j], "'%s'", p->name);
	}
}

static void run(const char *template, size_t template_len, const char *uses, size_t uses_len,
		unsigned int variant)
{
	struct config config = *fuzz_config(variant); /* a copy without template directories */
	struct dropin dropin = { .name = (char[]){ "30-x.conf" }, .path = (char[]){ "30-x.conf" },
				 .kind = DROPIN_USES, .families = FAMILIES_BOTH };
	struct scope sets = { config.sets, NULL };
	struct ruleset set = RULESET_INIT;
	struct diags diags = DIAGS_INIT;
	struct arena arena = ARENA_INIT;
	struct ipsets *ipsets = ipsets_new(false);
	struct hosts *hosts = hosts_new();
	struct template_store store;
	struct rules rules;
	int ret;

	config.nr_templates = 0;
	template_store_init(&store, &config, NULL);
	check_template(add_template(&store, "t", template, template_len, &diags),
		       lines_of(template, template_len));
	fuzz_check_diags(&diags, diags.errors ? -1 : 0, "t", template, template_len);
	add_template(&store, "u", other, strlen(other), &diags);
	buf_add(&dropin.text, uses, uses_len);

	rules_init(&rules, &set, &config, ipsets, hosts, &diags);
	ret = use_expand(&rules, &dropin, &store, &sets, &arena);
	/* a faulty template was reported where it was read */
	fuzz_check_diags(&diags, diags.errors ? -1 : ret, "30-x.conf", uses, uses_len);
	if (ret == 0)
		fuzz_check_wanted(&set, &config);

	rules_release(&rules);
	ruleset_release(&set);
	template_store_release(&store);
	arena_release(&arena);
	ipsets_free(ipsets);
	hosts_free(hosts);
	buf_release(&dropin.text);
	diags_release(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *part = memmem(text, size, "%%\n", 3);
	size_t lists = 0;

	for (size_t i = 0; i < size; i++)
		lists += text[i] == '$' || text[i] == ',';
	if (part && lists <= 20) {
		size_t head = (size_t)(part - text);
		char *template = fuzz_text(data, head);
		char *uses = fuzz_text(data + head + 3, size - head - 3);

		run(template, head, uses, size - head - 3, (unsigned int)size);
		free(template);
		free(uses);
	}
	free(text);
	return 0;
}
