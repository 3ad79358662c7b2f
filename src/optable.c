#include "base.h"
#include "optable.h"
#include "family.h"

/* The options of the programs themselves. */
static const struct option_info basic[] = {
	{ "append", 1, OPTION_COMMAND, 'A' },
	{ "check", 1, OPTION_COMMAND, 'C' },
	{ "delete", 1, OPTION_COMMAND, 'D' },
	{ "delete-chain", 0, OPTION_COMMAND, 'X' },
	{ "flush", 0, OPTION_COMMAND, 'F' },
	{ "insert", 1, OPTION_COMMAND, 'I' },
	{ "list", 0, OPTION_COMMAND, 'L' },
	{ "list-rules", 0, OPTION_COMMAND, 'S' },
	{ "new-chain", 1, OPTION_COMMAND, 'N' },
	{ "policy", 1, OPTION_COMMAND, 'P' },
	{ "rename-chain", 1, OPTION_COMMAND, 'E' },
	{ "replace", 1, OPTION_COMMAND, 'R' },
	{ "zero", 0, OPTION_COMMAND, 'Z' },
	{ "destination", 1, OPTION_DESTINATION, 'd' },
	{ "dst", 1, OPTION_DESTINATION, 0 },
	{ "fragments", 0, OPTION_FRAGMENT, 'f' },
	{ "goto", 1, OPTION_GOTO, 'g' },
	{ "in-interface", 1, OPTION_IN, 'i' },
	{ "ipv4", 0, OPTION_IPV4, '4' },
	{ "ipv6", 0, OPTION_IPV6, '6' },
	{ "jump", 1, OPTION_JUMP, 'j' },
	{ "match", 1, OPTION_MATCH, 'm' },
	{ "modprobe", 1, OPTION_LOCK, 'M' },
	{ "out-interface", 1, OPTION_OUT, 'o' },
	{ "protocol", 1, OPTION_PROTOCOL, 'p' },
	{ "set-counters", 2, OPTION_COUNTERS, 'c' },
	{ "source", 1, OPTION_SOURCE, 's' },
	{ "src", 1, OPTION_SOURCE, 0 },
	{ "table", 1, OPTION_TABLE, 't' },
	{ "wait", 0, OPTION_LOCK, 'w' },
	{ "wait-interval", 1, OPTION_LOCK, 'W' },
};

static const struct option_info extension[] = {
#include "optable_data.h"
};

/* The first option of an extension whose name is not before it. */
static size_t extension_from(const char *name, size_t len)
{
	size_t low = 0, high = ARRAY_SIZE(extension);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strncmp(extension[mid].name, name, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Of nr options from first on, those that begin with name. A whole name comes before all. */
static bool find_among(const struct option_info *first, size_t nr, const char *name, size_t len,
		       const struct option_info **found, size_t *candidates)
{
	for (const struct option_info *info = first; info < first + nr; info++) {
		if (strncmp(info->name, name, len) != 0)
			continue;
		*found = info;
		if (!info->name[len])
			return true;
		++*candidates;
	}
	return false;
}

/*
 * A basic option is always there: what is short for one is that one, or is refused by iptables
 * where an extension of the line has such an option, too.
 */
static const struct option_info *find_long(const char *name, size_t len, bool *ret_ambiguous)
{
	const struct option_info *of_basic = NULL, *of_extension = NULL;
	size_t nr_basic = 0, nr_extension = 0, from = extension_from(name, len), to = from;

	while (to < ARRAY_SIZE(extension) && strncmp(extension[to].name, name, len) == 0)
		to++;
	if (find_among(extension + from, to - from, name, len, &of_extension, &nr_extension))
		return of_extension;
	if (find_among(basic, ARRAY_SIZE(basic), name, len, &of_basic, &nr_basic))
		return of_basic;
	if (nr_basic == 1)
		return of_basic;
	if (nr_basic == 0 && nr_extension == 1)
		return of_extension;
	if (ret_ambiguous)
		*ret_ambiguous = nr_basic + nr_extension > 1;
	return NULL;
}

static const struct option_info *find_short(char letter)
{
	static const struct option_info *by_letter[128];

	if (letter <= 0)
		return NULL;
	if (!by_letter['A'])
		for (size_t i = 0; i < ARRAY_SIZE(basic); i++)
			if (basic[i].letter)
				by_letter[(unsigned char)basic[i].letter] = &basic[i];
	return by_letter[(unsigned char)letter];
}

const struct option_info *option_find(const char *text, size_t len, bool *ret_ambiguous)
{
	if (ret_ambiguous)
		*ret_ambiguous = false;
	if (len < 2 || text[0] != '-')
		return NULL;
	if (text[1] != '-')
		return find_short(text[1]);
	if (len == 2)
		return NULL;
	return find_long(text + 2, len - 2, ret_ambiguous);
}

size_t option_len(const char *text, size_t len)
{
	const char *equals;

	if (len < 2 || text[1] != '-')
		return len < 2 ? len : 2;
	equals = memchr(text, '=', len);
	return equals ? (size_t)(equals - text) : len;
}

const struct option_info *option_at(const struct tokens *tokens, size_t at, size_t *ret_next)
{
	const struct token *word = &tokens->v[at];
	size_t len = option_len(word->text, word->len);
	const struct option_info *option = option_find(word->text, len, NULL);

	*ret_next = at + 1;
	if (option && option->arity > (len < word->len))
		*ret_next += option->arity - (len < word->len);
	if (*ret_next > tokens->nr)
		*ret_next = tokens->nr;
	return option;
}

struct single_family {
	const char *name;
	enum family family;
};

/* libipt_*.so and libip6t_*.so of iptables 1.8.9 that have no counterpart */
static const struct single_family matches[] = {
	{ "dst", FAMILY_IPV6 },	  { "eui64", FAMILY_IPV6 },  { "frag", FAMILY_IPV6 },
	{ "hbh", FAMILY_IPV6 },	  { "hl", FAMILY_IPV6 },     { "icmp", FAMILY_IPV4 },
	{ "icmp6", FAMILY_IPV6 }, { "icmpv6", FAMILY_IPV6 }, { "ipv6header", FAMILY_IPV6 },
	{ "mh", FAMILY_IPV6 },	  { "osf", FAMILY_IPV4 },    { "realm", FAMILY_IPV4 },
	{ "rt", FAMILY_IPV6 },	  { "srh", FAMILY_IPV6 },    { "ttl", FAMILY_IPV4 },
};

static const struct single_family targets[] = {
	{ "CLUSTERIP", FAMILY_IPV4 }, { "DNPT", FAMILY_IPV6 }, { "ECN", FAMILY_IPV4 },
	{ "HL", FAMILY_IPV6 },	      { "SNPT", FAMILY_IPV6 }, { "TTL", FAMILY_IPV4 },
	{ "ULOG", FAMILY_IPV4 },
};

static unsigned int families_of(const struct single_family *list, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (str_equal(list[i].name, name))
			return family_bit(list[i].family);
	return FAMILIES_BOTH;
}

unsigned int match_families(const char *match)
{
	return families_of(matches, ARRAY_SIZE(matches), match);
}

unsigned int target_families(const char *target)
{
	return families_of(targets, ARRAY_SIZE(targets), target);
}
