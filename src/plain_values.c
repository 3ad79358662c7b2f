#include <arpa/inet.h>
#include <ctype.h>

#include "base.h"
#include "plain_values.h"
#include "addr.h"
#include "text.h"

enum { PORT_MAX = 65535, MULTIPORT_SLOTS = 15, INTERFACE_BYTES = 15 };

bool plain_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret_value)
{
	return (text[0] != '0' || !text[1]) && text_number(text, min, max, ret_value) == 0;
}

bool plain_next_part(const char **text, char separator, char ret_part[PLAIN_PART_MAX])
{
	const char *end = strchrnul(*text, separator);
	size_t len = (size_t)(end - *text);

	if (!len || len >= PLAIN_PART_MAX)
		return false;
	memcpy(ret_part, *text, len);
	ret_part[len] = '\0';
	*text = *end ? end + 1 : NULL;
	return true;
}

/* Two numbers with the separator between them, the second not less than the first. */
static bool is_number_range(const char *text, char separator, unsigned long min, unsigned long max)
{
	char part[PLAIN_PART_MAX];
	unsigned long first, last;

	return plain_next_part(&text, separator, part) && plain_number(part, min, max, &first) &&
	       (!text || (plain_number(text, min, max, &last) && first <= last));
}

static bool is_host(const char *text, enum family family)
{
	unsigned char bin[sizeof(struct in6_addr)];

	return inet_pton(family == FAMILY_IPV4 ? AF_INET : AF_INET6, text, bin) == 1;
}

/* Ones, then zeros: others are taken, too, but not by every part of the way. */
static bool is_mask(const char *text)
{
	struct in_addr mask;
	uint32_t bits;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return false;
	bits = ~ntohl(mask.s_addr);
	return (bits & (bits + 1)) == 0;
}

bool plain_address(const char *text, enum family family)
{
	char host[PLAIN_PART_MAX];
	unsigned long bits;

	if (family == FAMILY_IPV4 && str_equal(text, "0/0"))
		return true;
	if (!plain_next_part(&text, '/', host) || !is_host(host, family))
		return false;
	return !text || plain_number(text, 0, family == FAMILY_IPV4 ? 32 : 128, &bits) ||
	       (family == FAMILY_IPV4 && is_mask(text));
}

bool plain_address_range(const char *text, enum family family)
{
	struct addr addr = addr_parse(text);

	return addr.kind == ADDR_RANGE && addr.family == family &&
	       !addr_is_reversed(text, strlen(text));
}

bool plain_interface(const char *text)
{
	size_t len = strlen(text);

	if (!len || len > INTERFACE_BYTES || strchr("-._+", text[0]))
		return false;
	len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return !text[len] || str_equal(text + len, "+");
}

bool plain_port_range(const char *text)
{
	unsigned long port;
	char part[PLAIN_PART_MAX];

	if (text[0] == ':')
		return plain_number(text + 1, 0, PORT_MAX, &port);
	if (*text && text[strlen(text) - 1] == ':')
		return plain_next_part(&text, ':', part) &&
		       plain_number(part, 0, PORT_MAX, &port) && text && !*text;
	return is_number_range(text, ':', 0, PORT_MAX);
}

bool plain_port_list(const char *text)
{
	char part[PLAIN_PART_MAX];
	unsigned int slots = 0;

	do {
		const char *last;

		if (!plain_next_part(&text, ',', part) || !is_number_range(part, ':', 0, PORT_MAX))
			return false;
		last = strchr(part, ':');
		slots += last ? 2 : 1;
		/* a range of one port is refused */
		if (last && strncmp(part, last + 1, (size_t)(last - part)) == 0 &&
		    strlen(last + 1) == (size_t)(last - part))
			return false;
	} while (text);
	return slots <= MULTIPORT_SLOTS;
}

/* The kernel counts in 32 bits: a day's worth of credit is what it can hold for certain. */
bool plain_limit(const char *rate, const char *burst)
{
	static const struct {
		const char *name;
		unsigned long seconds;
	} units[] = {
		{ "s", 1 },	  { "sec", 1 },	 { "second", 1 },  { "m", 60 },	   { "min", 60 },
		{ "minute", 60 }, { "h", 3600 }, { "hour", 3600 }, { "d", 86400 }, { "day", 86400 },
	};
	char part[PLAIN_PART_MAX];
	unsigned long number, packets = 5;

	if (!plain_next_part(&rate, '/', part) || !plain_number(part, 1, 10000, &number) || !rate ||
	    (burst && !plain_number(burst, 1, 10000, &packets)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_equal(units[i].name, rate))
			return packets * units[i].seconds <= 86400 * number;
	return false;
}

bool plain_mac(const char *text)
{
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return !text[17];
}

static bool is_mark_number(const char *text)
{
	unsigned long number;
	size_t len;

	if (!str_starts(text, "0x"))
		return plain_number(text, 0, UINT32_MAX, &number);
	len = strlen(text + 2);
	return len >= 1 && len <= 8 && strspn(text + 2, "0123456789abcdefABCDEF") == len;
}

bool plain_mark(const char *text)
{
	char part[PLAIN_PART_MAX];

	return plain_next_part(&text, '/', part) && is_mark_number(part) &&
	       (!text || is_mark_number(text));
}

bool plain_length(const char *text)
{
	return is_number_range(text, ':', 0, 65535);
}

bool plain_hops(const char *text)
{
	unsigned long hops;

	return plain_number(text, 0, 255, &hops);
}

/* Those that a container has mostly, too: the kernel refuses one that has no meaning there. */
bool plain_ids(const char *text)
{
	return is_number_range(text, '-', 0, 65535);
}

bool plain_comment(const char *text, unsigned int max)
{
	size_t len = 0;

	for (; text[len]; len++)
		if ((unsigned char)text[len] < ' ' || text[len] == 0x7f)
			return false;
	return len > 0 && len <= max;
}

bool plain_nat_ports(const char *text)
{
	return is_number_range(text, '-', 1, PORT_MAX);
}

bool plain_nat_address(const char *text, enum family family, bool may_have_port)
{
	bool bracketed = family == FAMILY_IPV6 && text[0] == '[';
	char host[PLAIN_PART_MAX];
	const char *ports = NULL;
	size_t len;

	if (family == FAMILY_IPV4)
		ports = strchr(text, ':');
	else if (bracketed && !(ports = strchr(++text, ']')))
		return false;
	len = ports ? (size_t)(ports - text) : strlen(text);
	if (len >= sizeof(host) || (ports && !may_have_port))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (bracketed && *++ports != ':')
		return false;
	return (is_host(host, family) || (!bracketed && plain_address_range(host, family))) &&
	       (!ports || plain_nat_ports(ports + 1));
}
