#include <netdb.h>

#include "base.h"
#include "value.h"
#include "addr.h"
#include "chainname.h"
#include "diag.h"
#include "text.h"
#include "token.h"

enum { IFACE_BYTES_MAX = 15, VALUES_MAX = 100000 };

static const char *const type_names[] = {
	[VALUE_WORD] = "word", [VALUE_IFACE] = "iface",	  [VALUE_ADDRESS] = "address",
	[VALUE_PORT] = "port", [VALUE_PROTO] = "proto",	  [VALUE_NUMBER] = "number",
	[VALUE_RATE] = "rate", [VALUE_STRING] = "string", [VALUE_CHAIN] = "chain",
};

const char *value_type_name(enum value_type type)
{
	return type_names[type];
}

int value_type_by_name(const char *name, size_t len, enum value_type *ret_type)
{
	for (size_t i = VALUE_IFACE; i < ARRAY_SIZE(type_names); i++) {
		if (strlen(type_names[i]) == len && memcmp(type_names[i], name, len) == 0) {
			*ret_type = (enum value_type)i;
			return 0;
		}
	}
	return -1;
}

const struct value_list *scope_find(const struct scope *scope, const char *name, size_t len)
{
	struct value_list *list = NULL;

	for (; scope && !list; scope = scope->outer)
		HASH_FIND(hh, scope->lists, name, len, list);
	return list;
}

const struct value_list *scope_require(const struct scope *scope, const char *name, size_t len,
				       const struct origin *origin, struct diags *diags)
{
	const struct value_list *list = scope_find(scope, name, len);
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	char *word;

	if (list)
		return list;
	word = xstrndup(name, len);
	for (const struct scope *s = scope; s; s = s->outer)
		for (const struct value_list *l = s->lists; l; l = l->hh.next)
			text_nearest_offer(&nearest, word, l->name);
	diag_error(diags, origin, "unknown set '%s'%s%s%s", word,
		   nearest.best ? ", did you mean '" : "", nearest.best ? nearest.best : "",
		   nearest.best ? "'?" : "");
	free(word);
	return NULL;
}

static const char *check_iface(const char *text)
{
	if (strlen(text) > IFACE_BYTES_MAX)
		return "an interface's name has at most 15 bytes";
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '/' || *p == ':' || *p == 0x7f ||
		    (*p == '+' && p[1]))
			return "not an interface's name";
	return str_equal(text, ".") || str_equal(text, "..") || text[0] == '!' ?
		       "not an interface's name" :
		       NULL;
}

static bool is_host_name(const char *text)
{
	bool letter = false;

	for (const char *p = text; *p; p++) {
		bool alpha = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		if (!alpha && !(*p >= '0' && *p <= '9') && !strchr("-._", *p))
			return false;
		letter |= alpha;
	}
	return letter && text[0] != '-' && strlen(text) <= 253;
}

static const char *check_address(const char *text, bool may_resolve)
{
	if (addr_parse(text).kind != ADDR_NONE)
		return NULL;
	if (!is_host_name(text))
		return "not an address, prefix or range";
	return may_resolve ? NULL : "a host name: use its address, or set 'resolve = yes'";
}

static const char *check_port_end(const char *text, size_t len)
{
	unsigned long number;
	char word[64];

	if (!len || len >= sizeof(word))
		return "not a port";
	memcpy(word, text, len);
	word[len] = '\0';
	if (text_number(word, 0, 65535, &number) == 0)
		return NULL;
	if (strspn(word, "0123456789-") == len)
		return "not a port number (0 to 65535); a range is written LOW:HIGH";
	return getservbyname(word, NULL) ? NULL : "not a port number or a service's name";
}

static const char *check_port(const char *text)
{
	size_t first = strcspn(text, ":");
	const char *error = check_port_end(text, first);

	return !error && text[first] ? check_port_end(text + first + 1, strlen(text + first + 1)) :
				       error;
}

static const char *check_proto(const char *text)
{
	unsigned long number;

	if (text_number(text, 0, 255, &number) == 0 || str_equal(text, "all") ||
	    str_equal(text, "icmpv6") || str_equal(text, "ipv6-icmp") || getprotobyname(text))
		return NULL;
	return "not a protocol's name or number";
}

static const char *check_rate(const char *text)
{
	static const char *const units[] = { "second", "minute", "hour", "day" };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits + 1;

	if (!digits || digits > 9 || text[digits] != '/' || !*unit)
		return "not a rate such as 5/second or 10/minute";
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strncmp(units[i], unit, strlen(unit)) == 0)
			return NULL;
	return "a rate is per second, minute, hour or day";
}

const char *value_check(enum value_type type, const char *text, bool may_resolve)
{
	unsigned long number;

	if (strpbrk(text, "\n"))
		return "a value can't hold a newline";
	if (strlen(text) > TOKEN_BYTES_MAX)
		return "longer than the 1023 bytes that iptables-restore takes";
	if (!*text)
		return type == VALUE_STRING ? NULL : "empty";
	switch (type) {
	case VALUE_IFACE: return check_iface(text);
	case VALUE_ADDRESS: return check_address(text, may_resolve);
	case VALUE_PORT: return check_port(text);
	case VALUE_PROTO: return check_proto(text);
	case VALUE_NUMBER:
		return text_number(text, 0, UINT32_MAX, &number) == 0 ? NULL : "not a number";
	case VALUE_RATE: return check_rate(text);
	case VALUE_CHAIN: return chain_name_check(text);
	case VALUE_WORD:
	case VALUE_STRING: break;
	}
	return NULL;
}

void value_list_push(struct value_list *list, struct value value, struct arena *arena)
{
	if (list->nr == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 4;
		struct value *v = arena_alloc(arena, cap * sizeof(*v));

		if (list->nr)
			memcpy(v, list->v, list->nr * sizeof(*v));
		list->v = v;
		list->cap = cap;
	}
	list->v[list->nr++] = value;
}

static int add_literal(struct value_list *list, const char *text, bool may_resolve,
		       struct arena *arena, const struct origin *origin, struct diags *diags)
{
	const char *error = value_check(list->type, text, may_resolve);
	struct addr addr = addr_parse(text);

	if (error)
		return diag_error(diags, origin, "'%s' in '%s': %s", text, list->name, error);
	value_list_push(list,
			(struct value){
				.text = arena_strdup(arena, text),
				.families = addr.kind && list->type <= VALUE_ADDRESS ?
						    family_bit(addr.family) :
						    FAMILIES_BOTH,
			},
			arena);
	return 0;
}

static int add_named(struct value_list *list, const char *name, const struct scope *scope,
		     bool may_resolve, struct arena *arena, const struct origin *origin,
		     struct diags *diags)
{
	const struct value_list *set = scope_require(scope, name, strlen(name), origin, diags);

	if (!set)
		return -1;
	list->any |= set->any;
	list->named = true;
	for (size_t i = 0; i < set->nr; i++) {
		const char *error = value_check(list->type, set->v[i].text, may_resolve);
		struct value value = set->v[i];

		if (error)
			return diag_error(diags, origin, "'%s' of set '%s' in '%s': %s", value.text,
					  name, list->name, error);
		value.named = true;
		value_list_push(list, value, arena);
	}
	return 0;
}

int value_list_add(struct value_list *list, const char *text, const struct scope *scope,
		   bool may_resolve, struct arena *arena, const struct origin *origin,
		   struct diags *diags)
{
	if (list->nr >= VALUES_MAX)
		return diag_error(diags, origin, "'%s' has more than %u values", list->name,
				  (unsigned int)VALUES_MAX);
	if (text[0] == '$' && text_name_len(text + 1, strlen(text + 1)) == strlen(text + 1) &&
	    text[1])
		return add_named(list, text + 1, scope, may_resolve, arena, origin, diags);
	if (str_equal(text, "any") && list->type != VALUE_STRING) {
		list->any = true;
		return 0;
	}
	return add_literal(list, text, may_resolve, arena, origin, diags);
}
