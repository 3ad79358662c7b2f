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

static const struct option_info *find_basic(const char *name, size_t len)
{
	const struct option_info *found = NULL;
	size_t candidates = 0;

	for (size_t i = 0; i < ARRAY_SIZE(basic); i++) {
		if (strncmp(basic[i].name, name, len) != 0)
			continue;
		if (!basic[i].name[len])
			return &basic[i];
		found = &basic[i];
		candidates++;
	}
	return candidates == 1 && len > 2 ? found : NULL;
}

static const struct option_info *find_extension(const char *name, size_t len)
{
	size_t low = 0, high = ARRAY_SIZE(extension);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strncmp(extension[mid].name, name, len);

		if (order == 0 && extension[mid].name[len])
			order = 1;
		if (order == 0)
			return &extension[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const struct option_info *find_short(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(basic); i++)
		if (basic[i].letter == letter)
			return &basic[i];
	return NULL;
}

const struct option_info *option_find(const char *text, size_t len)
{
	const struct option_info *info;

	if (len < 2 || text[0] != '-')
		return NULL;
	if (text[1] != '-')
		return find_short(text[1]);
	if (len == 2)
		return NULL;
	info = find_extension(text + 2, len - 2);
	return info ? info : find_basic(text + 2, len - 2);
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
	{ "mh", FAMILY_IPV6 },	  { "realm", FAMILY_IPV4 },  { "rt", FAMILY_IPV6 },
	{ "srh", FAMILY_IPV6 },	  { "ttl", FAMILY_IPV4 },
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
