#include "base.h"
#include "xtable.h"

static const struct {
	const char *name;
	const char *builtins[6];
} tables[XTABLE_NR] = {
	[XTABLE_RAW] = { "raw", { "PREROUTING", "OUTPUT" } },
	[XTABLE_MANGLE] = { "mangle",
			    { "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING" } },
	[XTABLE_NAT] = { "nat", { "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING" } },
	[XTABLE_FILTER] = { "filter", { "INPUT", "FORWARD", "OUTPUT" } },
	[XTABLE_SECURITY] = { "security", { "INPUT", "FORWARD", "OUTPUT" } },
};

const char *xtable_name(enum xtable table)
{
	return tables[table].name;
}

int xtable_by_name(const char *name, size_t len, enum xtable *ret_table)
{
	FOR_EACH_XTABLE(t) {
		if (strlen(tables[t].name) == len && memcmp(tables[t].name, name, len) == 0) {
			*ret_table = t;
			return 0;
		}
	}
	return -1;
}

const char *const *xtable_builtins(enum xtable table)
{
	return tables[table].builtins;
}

unsigned int xtable_builtin_bit(enum xtable table, const char *chain)
{
	const char *const *names = tables[table].builtins;

	for (unsigned int i = 0; names[i]; i++)
		if (str_equal(names[i], chain))
			return 1u << i;
	return 0;
}

bool xtable_is_builtin(enum xtable table, const char *chain)
{
	return xtable_builtin_bit(table, chain) != 0;
}

bool xtable_is_verdict(const char *target)
{
	return str_equal(target, "ACCEPT") || str_equal(target, "DROP") ||
	       str_equal(target, "RETURN") || str_equal(target, "QUEUE");
}
