#include "base.h"
#include "ipset.h"
#include "child.h"
#include "xalloc.h"

/*
 * What stands in a set is asked of ipset, element by element ("ipset test"): a set may have
 * hundreds of thousands, and only ipset knows which of its prefixes cover an address.
 */

enum { PARTS_MAX = 3 }; /* of a type: hash:ip,port,net */

struct question {
	char *set;
	char *element;
	struct child child;
};

struct run {
	struct ipsets *sets;
	enum family family;
	const struct ipset_packet *packet;
	struct question *question;
	size_t nr, cap;
	char **list; /* sets of type list:set */
	size_t nr_lists, cap_lists;
};

/* The values that a part of a set's type can have; NULL: it can't be told of this packet. */
static const char *const *part_values(const struct run *run, const char *part, size_t len)
{
	const struct {
		const char *name;
		const char *const *values;
	} parts[] = {
		{ "ip", run->packet->address }, { "net", run->packet->address },
		{ "port", run->packet->port },	{ "iface", run->packet->interface },
		{ "mac", run->packet->mac },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strlen(parts[i].name) == len && memcmp(parts[i].name, part, len) == 0)
			return parts[i].values[0] ? parts[i].values : NULL;
	return NULL;
}

static void add_question(struct run *run, const char *set, const struct buf *element)
{
	XGROW(run->question, run->nr, run->cap);
	run->question[run->nr++] = (struct question){ .set = xstrdup(set),
						      .element = xstrdup(buf_str(element)),
						      .child = CHILD_INIT };
}

/* Each element that the packet could be in the set as: "198.51.100.7,tcp:22". */
static void ask_each(struct run *run, const char *name, const char *type)
{
	const char *const *values[PARTS_MAX];
	size_t nr = 0;

	type = strchr(type, ':');
	while (type) {
		size_t len = strcspn(++type, ",");

		if (nr == PARTS_MAX)
			return;
		values[nr] = part_values(run, type, len);
		if (!values[nr++])
			return;
		type = strchr(type, ',');
	}
	for (unsigned int choice = 0; choice < 1u << nr; choice++) {
		struct buf element = BUF_INIT;
		bool possible = nr > 0;

		for (size_t i = 0; i < nr; i++) {
			const char *value = values[i][choice >> i & 1];

			possible &= value != NULL;
			buf_addf(&element, "%s%s", i ? "," : "", value ? value : "");
		}
		if (possible)
			add_question(run, name, &element);
		buf_release(&element);
	}
}

static void found_list(void *arg, const char *name, const char *type)
{
	struct run *run = arg;

	if (!str_equal(type, "list:set"))
		return;
	XGROW(run->list, run->nr_lists, run->cap_lists);
	run->list[run->nr_lists++] = xstrdup(name);
}

static void found_other(void *arg, const char *name, const char *type)
{
	if (!str_equal(type, "list:set"))
		ask_each(arg, name, type);
}

/* "Members:", then a name on each line. */
static void add_list_members(struct run *run, const char *list, const char *text,
			     struct buf *ret_lines, struct diags *diags)
{
	const char *line = strstr(text, "\nMembers:\n");

	line = line ? line + strlen("\nMembers:\n") : "";
	while (*line) {
		size_t len = strcspn(line, " \n");
		char *name = xstrndup(line, len);

		if (len && ipsets_use(run->sets, name, NULL, diags) & family_bit(run->family))
			buf_addf(ret_lines, "add %s %s\n", list, name);
		free(name);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static int read_lists(struct run *run, struct buf *ret_lines, struct diags *diags)
{
	int ret = 0;

	for (size_t i = 0; i < run->nr_lists; i++) {
		struct child child = CHILD_INIT;

		child.argv[0] = ipset_program();
		child.argv[1] = "list";
		child.argv[2] = run->list[i];
		if (child_run(&child, diags) < 0)
			ret = -1;
		else if (child.status == 0)
			add_list_members(run, run->list[i], buf_str(&child.out), ret_lines, diags);
		child_release(&child);
	}
	return ret;
}

static int ask(struct run *run, struct buf *ret_lines, struct diags *diags)
{
	int ret = 0;

	for (size_t i = 0; i < run->nr; i++) {
		struct question *q = &run->question[i];

		q->child.argv[0] = ipset_program();
		q->child.argv[1] = "-q";
		q->child.argv[2] = "test";
		q->child.argv[3] = q->set;
		q->child.argv[4] = q->element;
		if (child_start(&q->child, diags) < 0)
			ret = -1;
	}
	for (size_t i = 0; i < run->nr; i++) {
		struct question *q = &run->question[i];

		if (child_wait(&q->child, diags) < 0)
			ret = -1;
		else if (q->child.status == 0)
			buf_addf(ret_lines, "add %s %s\n", q->set, q->element);
		child_release(&q->child);
		free(q->set);
		free(q->element);
	}
	return ret;
}

int ipsets_members(struct ipsets *sets, enum family family, const struct ipset_packet *packet,
		   struct buf *ret_lines, struct diags *diags)
{
	struct run run = { .sets = sets, .family = family, .packet = packet };
	int ret;

	ipsets_each(sets, family, found_list, &run);
	ret = read_lists(&run, ret_lines, diags);
	ipsets_each(sets, family, found_other, &run); /* those of the lists as well */
	if (ask(&run, ret_lines, diags) < 0)
		ret = -1;
	for (size_t i = 0; i < run.nr_lists; i++)
		free(run.list[i]);
	free(run.list);
	free(run.question);
	return ret;
}
