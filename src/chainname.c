#include <xxhash.h>

#include "base.h"
#include "chainname.h"
#include "xtable.h"

enum { KEPT_BYTES = 11 }; /* rampart- + 11 + - + 8 digits = 28 */

const char *chain_name_check(const char *name)
{
	if (!*name)
		return "a chain's name is empty";
	if (strlen(name) > CHAIN_NAME_MAX)
		return "a chain's name has at most 28 bytes";
	if (*name == '-' || *name == '!')
		return "a chain's name can't begin with '-' or '!'";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '"' || *p == '\\')
			return "a chain's name can't hold blanks, control characters, '\"' or '\\'";
	if (xtable_is_verdict(name))
		return "a verdict's name can't be a chain's";
	return NULL;
}

void own_chain_name(const char *chain, char ret_name[29])
{
	if (strlen(chain) + strlen(OWN_CHAIN_PREFIX) <= CHAIN_NAME_MAX)
		snprintf(ret_name, 29, OWN_CHAIN_PREFIX "%s", chain);
	else
		snprintf(ret_name, 29, OWN_CHAIN_PREFIX "%.*s-%08x", (int)KEPT_BYTES, chain,
			 (unsigned int)XXH32(chain, strlen(chain), 0));
}

bool is_own_chain_name(const char *name)
{
	return str_starts(name, OWN_CHAIN_PREFIX);
}
