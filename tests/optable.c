/*
 * optable: what the installed extensions of iptables say about their options,
 * against src/optable_data.h. An extension announces itself to the functions
 * below in place of libxtables', and hands over its tables.
 *
 * Prints "OPTION VALUES EXTENSION..." for each option, and each difference on
 * standard error. Exit code 1 if there is one.
 */
#include <dlfcn.h>
#include <getopt.h>
#include <glob.h>
#include <xtables.h>

#include "base.h"
#include "family.h"
#include "optable.h"

enum { OPTIONS_MAX = 2000, NAMES_MAX = 400 };

struct seen_option {
	const char *name;
	const char *extension;
	int values;
};

struct seen_name {
	const char *name;
	bool target;
	unsigned int families;
};

static struct seen_option options[OPTIONS_MAX];
static size_t nr_options;
static struct seen_name names[NAMES_MAX];
static size_t nr_names;
static int differences;

static const struct option_info table[] = {
#include "optable_data.h"
};

/* One option word, two argv words: extensions take the second by themselves. */
static const char *const two_values[] = { "match-set", "add-set", "del-set", "map-set",
					  "tcp-flags", "chunk-types" };
/* The match or target decides: see arity_of() of src/ruleline.c. */
static const char *const context[] = { "set", "ecn-tcp-cwr", "ecn-tcp-ece" };

static bool is_in(const char *const *list, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (str_equal(list[i], name))
			return true;
	return false;
}

static void add_name(const char *name, bool target, unsigned int family)
{
	unsigned int families = family == NFPROTO_IPV4 ? family_bit(FAMILY_IPV4) :
				family == NFPROTO_IPV6 ? family_bit(FAMILY_IPV6) :
							 FAMILIES_BOTH;

	for (size_t i = 0; i < nr_names; i++) {
		if (names[i].target == target && str_equal(names[i].name, name)) {
			names[i].families |= families;
			return;
		}
	}
	if (nr_names < NAMES_MAX)
		names[nr_names++] = (struct seen_name){ name, target, families };
}

static void add_option(const char *name, int values, const char *extension)
{
	for (size_t i = 0; i < nr_options; i++)
		if (options[i].values == values && str_equal(options[i].name, name) &&
		    str_equal(options[i].extension, extension))
			return; /* of another revision */
	if (nr_options < OPTIONS_MAX)
		options[nr_options++] = (struct seen_option){ name, extension, values };
}

static void add_options(const char *extension, const struct option *old,
			const struct xt_option_entry *entry)
{
	for (; old && old->name; old++)
		add_option(old->name, old->has_arg, extension);
	for (; entry && entry->name; entry++)
		add_option(entry->name, entry->type != XTTYPE_NONE, extension);
}

void xtables_register_match(struct xtables_match *me)
{
	add_name(me->name, false, me->family);
	add_options(me->name, me->extra_opts, me->x6_options);
}

void xtables_register_matches(struct xtables_match *match, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		xtables_register_match(&match[i]);
}

void xtables_register_target(struct xtables_target *me)
{
	add_name(me->name, true, me->family);
	add_options(me->name, me->extra_opts, me->x6_options);
}

void xtables_register_targets(struct xtables_target *target, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		xtables_register_target(&target[i]);
}

/* nr: how many extensions there are of the kind. -1: one can't be loaded. */
static int load(const char *pattern, size_t *nr)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		/* stays loaded: the tables are in it */
		if (!dlopen(found.gl_pathv[i], RTLD_LAZY | RTLD_LOCAL)) {
			fprintf(stderr, "%s\n", dlerror());
			return -1;
		}
		(*nr)++;
	}
	globfree(&found);
	return 0;
}

static const struct option_info *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_equal(table[i].name, name))
			return &table[i];
	return NULL;
}

static void check_option(const struct seen_option *seen)
{
	const struct option_info *info = find(seen->name);
	int values = seen->values;

	if (is_in(two_values, ARRAY_SIZE(two_values), seen->name))
		values = 2;
	if (!info) {
		fprintf(stderr, "--%s of %s, %d values: not in the table\n", seen->name,
			seen->extension, values);
		differences++;
	} else if (info->arity != values && !is_in(context, ARRAY_SIZE(context), seen->name)) {
		fprintf(stderr, "--%s of %s: %d values, %d in the table\n", seen->name,
			seen->extension, values, info->arity);
		differences++;
	}
}

/* The table is searched by halves, and has no name that means nothing. */
static void check_table(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		bool known = false;

		if (i && strcmp(table[i - 1].name, table[i].name) >= 0) {
			fprintf(stderr, "--%s: not in byte order\n", table[i].name);
			differences++;
		}
		for (size_t j = 0; j < nr_options; j++)
			known |= str_equal(options[j].name, table[i].name);
		if (!known) {
			fprintf(stderr, "--%s: no installed extension has it\n", table[i].name);
			differences++;
		}
	}
}

static void check_names(void)
{
	for (size_t i = 0; i < nr_names; i++) {
		unsigned int families = names[i].target ? target_families(names[i].name) :
							  match_families(names[i].name);

		if (str_equal(names[i].name, "ah")) /* by the protocol: see src/expand.c */
			continue;
		if (families != names[i].families) {
			fprintf(stderr, "%s '%s': families %u, %u in the table\n",
				names[i].target ? "target" : "match", names[i].name, names[i].families,
				families);
			differences++;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	const struct seen_option *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->extension, y->extension);
}

/* Arguments: the directories of extensions, without their last part. */
int main(int argc, char **argv)
{
	static const char *const kinds[] = { "xt", "ipt", "ip6t" };
	size_t nr = 0;

	for (int i = 1; i < argc; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			char pattern[512];

			snprintf(pattern, sizeof(pattern), "%s/lib%s_*.so", argv[i], kinds[k]);
			if (load(pattern, &nr) < 0)
				return 2;
		}
	}
	if (!nr || !nr_options || nr_options == OPTIONS_MAX || nr_names == NAMES_MAX) {
		fprintf(stderr, "%zu extensions, %zu options, %zu names\n", nr, nr_options, nr_names);
		return 2;
	}
	qsort(options, nr_options, sizeof(*options), by_name);
	for (size_t i = 0; i < nr_options; i++) {
		printf("%s %d %s\n", options[i].name, options[i].values, options[i].extension);
		check_option(&options[i]);
	}
	check_table();
	check_names();
	return differences ? 1 : 0;
}
