/*
 * A rule is walked once, unit by unit, as the program does it: what a unit may be depends on the
 * protocol and the extensions before it. All that is not in the tables (plain_options.c) is not
 * plain.
 *
 * The kernel looks at where a rule can be reached from. In a chain of the user that is unknown, so
 * there only what is good at every hook of the table is plain, and no jump: it could close a loop.
 */
#include "base.h"
#include "plain.h"
#include "plain_internal.h"
#include "plain_values.h"

static bool is_in(const struct plain_look *look, enum xtable table, const char *a, const char *b,
		  const char *c)
{
	const char *chain = look->call->chain;

	return look->builtin && look->call->table == table &&
	       (str_equal(chain, a) || (b && str_equal(chain, b)) || (c && str_equal(chain, c)));
}

/* Extensions that the kernel takes in some tables or at some hooks only. */
static bool is_placed(const struct plain_look *look, unsigned int extension)
{
	const char *chain = look->call->chain;

	switch (extension) {
	case PLAIN_MAC:
		return look->builtin && (str_equal(chain, "PREROUTING") ||
					 str_equal(chain, "INPUT") || str_equal(chain, "FORWARD"));
	case PLAIN_OWNER:
		return look->builtin &&
		       (str_equal(chain, "OUTPUT") || str_equal(chain, "POSTROUTING"));
	case PLAIN_TO_REJECT: return look->call->table == XTABLE_FILTER;
	case PLAIN_TO_MARK: return look->call->table == XTABLE_MANGLE;
	case PLAIN_TO_MASQUERADE:
	case PLAIN_TO_SNAT: return is_in(look, XTABLE_NAT, "POSTROUTING", NULL, NULL);
	case PLAIN_TO_DNAT:
	case PLAIN_TO_REDIRECT: return is_in(look, XTABLE_NAT, "PREROUTING", "OUTPUT", NULL);
	default: return true;
	}
}

static unsigned int protocol_extension(const struct plain_look *look)
{
	if (look->negated_protocol)
		return 0;
	switch (look->protocol) {
	case 1: return PLAIN_ICMP;
	case 6: return PLAIN_TCP;
	case 17: return PLAIN_UDP;
	case 58: return PLAIN_ICMPV6;
	default: return 0;
	}
}

static bool load(struct plain_look *look, const struct plain_extension *extension)
{
	if (!extension || !(extension->families & family_bit(look->call->family)) ||
	    (look->loaded & extension->bit) || !is_placed(look, extension->bit))
		return false;
	look->loaded |= extension->bit;
	return true;
}

static bool is_plain_match(struct plain_look *look)
{
	const struct plain_extension *match = plain_match(look->value);

	return match && (match->bit != PLAIN_MULTIPORT || plain_has_ports(look)) &&
	       load(look, match);
}

static bool is_plain_protocol(struct plain_look *look)
{
	if (!plain_protocol(look->value, &look->protocol))
		return false;
	look->numbered_protocol = look->value[0] >= '0' && look->value[0] <= '9';
	look->negated_protocol = look->unit->negated;
	if (look->unit->negated && look->protocol == 0)
		return false;
	/* headers that ip6tables warns of */
	return look->call->family == FAMILY_IPV4 || (look->protocol != 43 && look->protocol != 44 &&
						     look->protocol != 51 && look->protocol != 60);
}

/* "! 0.0.0.0/0" can't match: the nft backend refuses it. */
static bool is_plain_address(const struct plain_look *look)
{
	const char *slash = strchr(look->value, '/');
	bool all = slash && (str_equal(slash, "/0") || str_equal(slash, "/0.0.0.0"));

	return plain_address(look->value, look->call->family) && !(look->unit->negated && all);
}

static bool is_plain_interface(const struct plain_look *look, const char *not_in,
			       const char *nor_in)
{
	return plain_interface(look->value) && !str_equal(look->call->chain, not_in) &&
	       !str_equal(look->call->chain, nor_in);
}

/* A jump within chains of the user could close a loop. */
static bool is_plain_target(struct plain_look *look,
			    bool (*chain_known)(void *arg, const char *name), void *arg)
{
	bool is_goto = look->unit->kind == OPTION_GOTO;

	if (!is_goto && (str_equal(look->value, "ACCEPT") || str_equal(look->value, "RETURN")))
		return true;
	if (!is_goto && str_equal(look->value, "DROP"))
		return look->call->table != XTABLE_NAT;
	if (!is_goto && plain_target(look->value))
		return load(look, plain_target(look->value));
	return look->builtin && chain_known(arg, look->value);
}

/* The extension of the protocol is loaded when an option is not known otherwise. */
static bool is_plain_extension_option(struct plain_look *look)
{
	const struct unit *unit = look->unit;
	const struct plain_option *option = plain_option(look, unit->option->name);

	if (!option || unit->name.text[unit->name.len] || (unit->negated && !option->may_negate) ||
	    (look->said & option->says) || !look->value != !option->check)
		return false;
	if (!(look->loaded & option->of)) {
		unsigned int bit = protocol_extension(look) & option->of;

		if (!bit || look->numbered_protocol)
			return false;
		look->loaded |= bit;
	}
	look->said |= option->says;
	if (str_equal(option->name, "limit"))
		look->limit = look->value;
	if (str_equal(option->name, "limit-burst"))
		look->burst = look->value;
	return !option->check || option->check(look);
}

static bool is_plain_unit(struct plain_look *look, bool (*chain_known)(void *arg, const char *name),
			  void *arg)
{
	const struct unit *unit = look->unit;

	look->value = unit->nr_values ? unit_value(&look->call->line, unit, 0)->text : NULL;
	if (!unit->option->letter)
		return is_plain_extension_option(look);
	if (unit->kind != OPTION_MATCH && (look->basic & 1u << unit->kind))
		return false;
	look->basic |= 1u << unit->kind;
	if (!look->value)
		return unit->kind == OPTION_FRAGMENT && look->call->family == FAMILY_IPV4;
	switch (unit->kind) {
	case OPTION_SOURCE:
	case OPTION_DESTINATION: return is_plain_address(look);
	case OPTION_PROTOCOL: return is_plain_protocol(look);
	case OPTION_IN: return is_plain_interface(look, "OUTPUT", "POSTROUTING");
	case OPTION_OUT: return is_plain_interface(look, "INPUT", "PREROUTING");
	case OPTION_MATCH: return is_plain_match(look);
	case OPTION_JUMP:
	case OPTION_GOTO: return is_plain_target(look, chain_known, arg);
	default: return false;
	}
}

bool plain_rule(const struct call *call, bool (*chain_known)(void *arg, const char *name),
		void *arg)
{
	struct plain_look look = { .call = call };

	if (!call->sure || !strchr("AIR", call->command) || call->table == XTABLE_SECURITY)
		return false; /* not every kernel has that table */
	look.builtin = xtable_is_builtin(call->table, call->chain);
	for (size_t i = 0; i < call->line.nr_units; i++) {
		look.unit = &call->line.unit[i];
		if (!is_plain_unit(&look, chain_known, arg))
			return false;
	}
	if ((look.limit || look.burst) &&
	    !plain_limit(look.limit ? look.limit : "3/hour", look.burst))
		return false;
	/* -m tcp may stand before its -p */
	if (look.loaded & PLAIN_BY_PROTOCOL & ~protocol_extension(&look))
		return false;
	return plain_has_needed(&look);
}
