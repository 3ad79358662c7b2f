#include "base.h"
#include "ipset.h"
#include "child.h"
#include "diag.h"
#include "hashtable.h"
#include "text.h"

struct ipset {
	char *name;
	char *type;
	char *header; /* "family inet maxelem 65536 timeout 300" */
	bool used;
	UT_hash_handle hh;
};

struct ipsets {
	bool may_read, read;
	struct ipset *by_name;
};

const char *ipset_program(void)
{
	static const char *const places[] = { "/usr/sbin/ipset", "/sbin/ipset" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

struct ipsets *ipsets_new(bool may_read)
{
	struct ipsets *sets = xcalloc(1, sizeof(*sets));

	sets->may_read = may_read;
	return sets;
}

void ipsets_free(struct ipsets *sets)
{
	struct ipset *set, *next;

	if (!sets)
		return;
	set = sets->by_name;
	HASH_CLEAR(hh, sets->by_name);
	for (; set; set = next) {
		next = set->hh.next;
		free(set->name);
		free(set->type);
		free(set->header);
		free(set);
	}
	free(sets);
}

static struct ipset *add_set(struct ipsets *sets, const char *name, size_t len)
{
	struct ipset *set = xcalloc(1, sizeof(*set));

	set->name = xstrndup(name, len);
	set->type = xstrdup("hash:ip");
	set->header = xstrdup("");
	HASH_ADD_KEYPTR(hh, sets->by_name, set->name, len, set);
	return set;
}

/* What sizes the set's memory and seeds its hash is no part of what a rule sees. */
char *ipset_clean_header(const char *header, size_t len)
{
	static const char *const dropped[] = { "hashsize ", "initval ", "bucketsize " };
	struct buf clean = BUF_INIT;
	const char *p = header, *end = header + len;

	while (p < end) {
		size_t word = strcspn(p, " \n");
		bool drop = false;

		for (size_t i = 0; i < ARRAY_SIZE(dropped); i++)
			drop |= str_starts(p, dropped[i]);
		if (drop) {
			p += word + 1;
			p += strcspn(p, " \n");
		} else {
			buf_addf(&clean, "%s%.*s", clean.len ? " " : "", (int)word, p);
			p += word;
		}
		p += p < end && *p == ' ';
	}
	return buf_detach(&clean);
}

/* "Name: x", "Type: hash:ip", "Header: family inet ...", for each set. */
static void parse_list(struct ipsets *sets, const char *text)
{
	struct ipset *set = NULL;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (str_starts(text, "Name: ")) {
			set = add_set(sets, text + 6, len - 6);
		} else if (set && str_starts(text, "Type: ")) {
			free(set->type);
			set->type = xstrndup(text + 6, len - 6);
		} else if (set && str_starts(text, "Header: ")) {
			free(set->header);
			set->header = ipset_clean_header(text + 8, len - 8);
		}
		text += len + !!text[len];
	}
}

static int read_sets(struct ipsets *sets, const struct origin *origin, struct diags *diags)
{
	const char *program = ipset_program();
	struct child child = CHILD_INIT;
	int ret = -1;

	sets->read = true;
	child.argv[0] = program;
	child.argv[1] = "list";
	child.argv[2] = "-t";
	if (!program) {
		diag_error(diags, origin, "%s, but there is no ipset program",
			   origin ? "the rule names an ipset" : "rules name ipsets");
	} else if (child_run(&child, diags) == 0) {
		if (child.status == 0) {
			parse_list(sets, buf_str(&child.out));
			ret = 0;
		} else {
			diag_error(diags, origin, "the host's ipsets can't be read: %s",
				   child_error(&child));
		}
	}
	child_release(&child);
	return ret;
}

void ipsets_learn(struct ipsets *sets, const char *line, size_t len)
{
	const char *name = line + strlen("create "), *end = line + len, *type, *header;
	struct ipset *set;

	struct diags unused = DIAGS_INIT;

	if (len < 8 || strncmp(line, "create ", 7) != 0)
		return;
	if (sets->may_read && !sets->read) /* they would come on top of it */
		(void)read_sets(sets, NULL, &unused);
	diags_release(&unused);
	type = memchr(name, ' ', (size_t)(end - name));
	header = type ? memchr(type + 1, ' ', (size_t)(end - type) - 1) : NULL;
	if (!header)
		return;
	HASH_FIND(hh, sets->by_name, name, (size_t)(type - name), set);
	if (!set)
		set = add_set(sets, name, (size_t)(type - name));
	free(set->type);
	free(set->header);
	set->type = xstrndup(type + 1, (size_t)(header - type) - 1);
	set->header = ipset_clean_header(header + 1, (size_t)(end - header) - 1);
}

static unsigned int families_of(const struct ipset *set)
{
	if (strstr(set->header, "family inet6"))
		return family_bit(FAMILY_IPV6);
	if (strstr(set->header, "family inet") || str_starts(set->type, "bitmap:ip"))
		return family_bit(FAMILY_IPV4);
	return FAMILIES_BOTH; /* list:set, bitmap:port, hash:mac */
}

unsigned int ipsets_use(struct ipsets *sets, const char *name, const struct origin *origin,
			struct diags *diags)
{
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	struct ipset *set;

	if (sets->may_read && !sets->read && read_sets(sets, origin, diags) < 0)
		return 0;
	HASH_FIND_STR(sets->by_name, name, set);
	if (!set && !sets->may_read) {
		diag_warning(diags, origin, "ipset '%s' is taken to exist: only root can look",
			     name);
		set = add_set(sets, name, strlen(name));
	}
	if (set) {
		set->used = true;
		return sets->may_read ? families_of(set) : FAMILIES_BOTH;
	}
	for (set = sets->by_name; set; set = set->hh.next)
		text_nearest_offer(&nearest, name, set->name);
	diag_error(diags, origin, "ipset '%s' does not exist%s%s%s", name,
		   nearest.best ? ", did you mean '" : ": create it before rampart runs",
		   nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
	return 0;
}

void ipsets_each(const struct ipsets *sets, enum family family,
		 void (*found)(void *arg, const char *name, const char *type), void *arg)
{
	for (const struct ipset *set = sets->by_name; set; set = set->hh.next)
		if (set->used && families_of(set) & family_bit(family))
			found(arg, set->name, set->type);
}

void ipsets_mirror(const struct ipsets *sets, enum family family, struct buf *buf)
{
	for (const struct ipset *set = sets->by_name; set; set = set->hh.next) {
		if (!set->used || !(families_of(set) & family_bit(family)))
			continue;
		buf_addf(buf, "create %s %s %s\n", set->name, set->type,
			 sets->may_read	       ? set->header :
			 family == FAMILY_IPV4 ? "family inet" :
						 "family inet6");
	}
}

void ipsets_describe(const struct ipsets *sets, struct buf *buf)
{
	for (const struct ipset *set = sets->by_name; set; set = set->hh.next)
		if (set->used)
			buf_addf(buf, "%s %s %s\n", set->name, set->type, set->header);
}

static int create_sets(const char *program, const struct buf *lines, struct diags *diags)
{
	struct child child = CHILD_INIT;
	int ret;

	child.argv[0] = program;
	child.argv[1] = "restore";
	child.input = lines->data;
	child.input_len = lines->len;
	ret = child_run(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL, "missing ipsets can't be made: %s",
				 child_error(&child));
	child_release(&child);
	return ret;
}

int ipsets_make_missing(const char *lines, struct buf *ret_made, struct diags *diags)
{
	struct ipsets *sets = ipsets_new(true);
	struct buf create = BUF_INIT;
	int ret = lines && *lines ? read_sets(sets, NULL, diags) : 0;

	while (ret == 0 && lines && *lines) {
		size_t line = strcspn(lines, "\n"), name = strcspn(lines, " \n");
		struct ipset *set;

		HASH_FIND(hh, sets->by_name, lines, name, set);
		if (!set) {
			buf_addf(&create, "create %.*s\n", (int)line, lines);
			buf_addf(ret_made, "%s%.*s", ret_made->len ? ", " : "", (int)name, lines);
		}
		lines += line + !!lines[line];
	}
	if (create.len)
		ret = create_sets(ipset_program(), &create, diags);
	buf_release(&create);
	ipsets_free(sets);
	return ret;
}
