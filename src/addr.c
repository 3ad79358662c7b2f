#include <arpa/inet.h>

#include "base.h"
#include "addr.h"
#include "text.h"

enum { ADDR_TEXT_MAX = 128 };

static const struct addr none = { ADDR_NONE, FAMILY_IPV4 };

static bool is_plain(const char *text, enum family family)
{
	unsigned char bin[sizeof(struct in6_addr)];

	return inet_pton(family == FAMILY_IPV4 ? AF_INET : AF_INET6, text, bin) == 1;
}

static bool is_mask(const char *text, enum family family)
{
	unsigned long bits;

	return text_number(text, 0, family == FAMILY_IPV4 ? 32 : 128, &bits) == 0 ||
	       is_plain(text, family);
}

static struct addr single(const char *text)
{
	char host[ADDR_TEXT_MAX];
	size_t len = strcspn(text, "/");

	if (len >= sizeof(host))
		return none;
	memcpy(host, text, len);
	host[len] = '\0';
	FOR_EACH_FAMILY(f)
		if (is_plain(host, f) && (!text[len] || is_mask(text + len + 1, f)))
			return (struct addr){ ADDR_SINGLE, f };
	return none;
}

static struct addr range(const char *text)
{
	const char *dash = strchr(text, '-');
	char first[ADDR_TEXT_MAX];

	if (!dash || (size_t)(dash - text) >= sizeof(first))
		return none;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	FOR_EACH_FAMILY(f)
		if (is_plain(first, f) && is_plain(dash + 1, f))
			return (struct addr){ ADDR_RANGE, f };
	return none;
}

struct addr addr_parse(const char *text)
{
	struct addr addr = single(text);

	return addr.kind ? addr : range(text);
}

/* 10, 10.1, 10.1.2 with an optional /N or /mask */
static bool is_short_ipv4(const char *text)
{
	unsigned int parts = 0;

	do {
		unsigned int value = 0, digits = 0;

		while (*text >= '0' && *text <= '9' && digits < 4) {
			value = value * 10 + (unsigned int)(*text++ - '0');
			digits++;
		}
		if (!digits || value > 255)
			return false;
		parts++;
	} while (*text == '.' && text++);
	return parts <= 4 && (!*text || (*text == '/' && is_mask(text + 1, FAMILY_IPV4)));
}

struct addr addr_parse_rule(const char *text)
{
	struct addr addr = addr_parse(text);

	if (!addr.kind && is_short_ipv4(text))
		addr = (struct addr){ ADDR_SINGLE, FAMILY_IPV4 };
	return addr;
}

struct addr addr_parse_target(const char *text)
{
	struct addr addr = addr_parse(text);
	char host[ADDR_TEXT_MAX];
	size_t len;

	if (addr.kind)
		return addr;
	if (text[0] == '[')
		return (struct addr){ ADDR_SINGLE, FAMILY_IPV6 };
	len = strcspn(text, ":");
	if (!len || len >= sizeof(host))
		return none;
	memcpy(host, text, len);
	host[len] = '\0';
	return addr_parse(host);
}

bool addr_is_reversed(const char *text, size_t len)
{
	char word[ADDR_TEXT_MAX];
	unsigned char first[sizeof(struct in6_addr)], last[sizeof(struct in6_addr)];
	struct addr addr;
	size_t dash;
	int type;

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	addr = range(word);
	if (addr.kind != ADDR_RANGE)
		return false;
	dash = strcspn(word, "-");
	word[dash] = '\0';
	type = addr.family == FAMILY_IPV4 ? AF_INET : AF_INET6;
	return inet_pton(type, word, first) == 1 && inet_pton(type, word + dash + 1, last) == 1 &&
	       memcmp(first, last, type == AF_INET ? 4 : sizeof(first)) > 0;
}
