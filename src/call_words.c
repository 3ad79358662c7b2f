#include "base.h"
#include "call_words.h"

static const struct call_option options[] = {
	{ "append", 'A', CALL_VALUE_NEEDED, 2 },
	{ "delete", 'D', CALL_VALUE_NEEDED, 0 },
	{ "check", 'C', CALL_VALUE_NEEDED, 0 },
	{ "insert", 'I', CALL_VALUE_NEEDED, 3 },
	{ "replace", 'R', CALL_VALUE_NEEDED, 3 },
	{ "list", 'L', CALL_VALUE_MAYBE, 0 },
	{ "list-rules", 'S', CALL_VALUE_MAYBE, 5 },
	{ "flush", 'F', CALL_VALUE_MAYBE, 2 },
	{ "zero", 'Z', CALL_VALUE_MAYBE, 2 },
	{ "new-chain", 'N', CALL_VALUE_NEEDED, 4 },
	{ "delete-chain", 'X', CALL_VALUE_MAYBE, 7 },
	{ "rename-chain", 'E', CALL_VALUE_NEEDED, 3 },
	{ "policy", 'P', CALL_VALUE_NEEDED, 4 },
	{ "source", 's', CALL_VALUE_NEEDED, 0 },
	{ "destination", 'd', CALL_VALUE_NEEDED, 0 },
	{ "src", 's', CALL_VALUE_NEEDED, 0 },
	{ "dst", 'd', CALL_VALUE_NEEDED, 0 },
	{ "protocol", 'p', CALL_VALUE_NEEDED, 6 },
	{ "in-interface", 'i', CALL_VALUE_NEEDED, 3 },
	{ "jump", 'j', CALL_VALUE_NEEDED, 1 },
	{ "table", 't', CALL_VALUE_NEEDED, 2 },
	{ "match", 'm', CALL_VALUE_NEEDED, 0 },
	{ "numeric", 'n', CALL_VALUE_NONE, 2 },
	{ "out-interface", 'o', CALL_VALUE_NEEDED, 2 },
	{ "verbose", 'v', CALL_VALUE_NONE, 4 },
	{ "wait", 'w', CALL_VALUE_MAYBE, 0 },
	{ "wait-interval", 'W', CALL_VALUE_MAYBE, 5 },
	{ "exact", 'x', CALL_VALUE_NONE, 3 },
	{ "fragments", 'f', CALL_VALUE_NONE, 6 },
	{ "version", 'V', CALL_VALUE_NONE, 4 },
	{ "help", 'h', CALL_VALUE_MAYBE, 0 },
	{ "line-numbers", '0', CALL_VALUE_NONE, 3 },
	{ "modprobe", 'M', CALL_VALUE_NEEDED, 4 },
	{ "set-counters", 'c', CALL_VALUE_NEEDED, 6 },
	{ "goto", 'g', CALL_VALUE_NEEDED, 2 },
	{ "ipv4", '4', CALL_VALUE_NONE, 4 },
	{ "ipv6", '6', CALL_VALUE_NONE, 4 },
};

/* Those of iptables 1.8.9, then those of xtables-addons. */
static const char *const targets[] = {
	"AUDIT",     "CHECKSUM", "CLASSIFY",  "CLUSTERIP", "CONNMARK",	  "CONNSECMARK", "CT",
	"DNAT",	     "DNPT",	 "DSCP",      "ECN",	   "ERROR",	  "HL",		 "HMARK",
	"IDLETIMER", "LED",	 "LOG",	      "MARK",	   "MASQUERADE",  "NAT",	 "NETMAP",
	"NFLOG",     "NFQUEUE",	 "NOTRACK",   "RATEEST",   "REDIRECT",	  "REJECT",	 "SECMARK",
	"SET",	     "SNAT",	 "SNPT",      "SYNPROXY",  "TCPMSS",	  "TCPOPTSTRIP", "TEE",
	"TOS",	     "TPROXY",	 "TRACE",     "TTL",	   "ULOG",	  "standard",	 "ACCOUNT",
	"ASN",	     "CHAOS",	 "DELUDE",    "DHCPMAC",   "ECHO",	  "IPMARK",	 "LOGMARK",
	"MIRROR",    "PROTO",	 "RAWDNAT",   "RAWSNAT",   "ROUTE",	  "STEAL",	 "SYSRQ",
	"TARPIT",    "IMQ",	 "RTPENGINE", "NDPI",	   "FULLCONENAT",
};

const struct call_option *call_option_by_letter(char letter)
{
	if (letter == '0') /* the programs' own code for an option without a letter */
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

const struct call_option *call_option_by_name(const char *name, size_t len)
{
	const struct call_option *found = NULL;
	bool ambiguous = false;

	if (!len)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strncmp(options[i].name, name, len) != 0)
			continue;
		if (!options[i].name[len])
			return &options[i];
		ambiguous |= found && found->letter != options[i].letter;
		found = &options[i];
	}
	return ambiguous ? NULL : found;
}

bool call_is_target(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (str_equal(targets[i], name))
			return true;
	return false;
}
