#include <glob.h>

#include "base.h"
#include "neighbours.h"
#include "buf.h"
#include "chainname.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "kernel.h"
#include "ruleset.h"
#include "state.h"

static const char *const services[] = {
	"ufw", "ferm", "firewalld", "shorewall", "netfilter-persistent", "nftables"
};

static bool exists(const struct fs *fs, const char *pattern)
{
	char *host = fs_host_path(fs, pattern);
	glob_t found;
	bool any = glob(host, GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	free(host);
	return any;
}

/* Debian enables ufw's unit with the package; whether it loads rules stands in its own file. */
static bool ufw_is_off(const struct fs *fs)
{
	char *host = fs_host_path(fs, "/etc/ufw/ufw.conf");
	FILE *file = fopen(host, "re");
	char line[256];
	bool off = false;

	while (file && fgets(line, sizeof(line), file))
		off |= str_starts(line, "ENABLED=no");
	if (file)
		fclose(file);
	free(host);
	return off;
}

/* netfilter-persistent then loads what "rampart save" wrote. */
static bool saves_for_boot(const struct config *config)
{
	return config->save_to[FAMILY_IPV4] || config->save_to[FAMILY_IPV6];
}

void neighbours_warn(const struct config *config, const struct fs *fs, struct diags *diags)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		struct buf unit = BUF_INIT, link = BUF_INIT;

		buf_addf(&unit, "/etc/systemd/system/*.wants/%s.service", services[i]);
		buf_addf(&link, "/etc/rc[S2-5].d/S[0-9][0-9]%s", services[i]);
		if ((exists(fs, unit.data) || exists(fs, link.data)) &&
		    !(str_equal(services[i], "ufw") && ufw_is_off(fs)) &&
		    !(str_equal(services[i], "netfilter-persistent") && saves_for_boot(config)))
			diag_warning(diags, NULL,
				     "'%s' is enabled: at boot it would load its own rules over "
				     "these",
				     services[i]);
		buf_release(&unit);
		buf_release(&link);
	}
}

void neighbours_warn_ipv6(const struct config *config, struct diags *diags)
{
	FILE *file;
	char line[128];
	bool up = false;

	if (config->families & family_bit(FAMILY_IPV6))
		return;
	file = fopen("/proc/self/net/if_inet6", "re");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int scope;

		/* address, index, prefix length, scope, flags, name; ::1 has scope 0x10 */
		if (sscanf(line, "%*s %*x %*x %x", &scope) == 1 && scope != 0x10)
			up = true;
	}
	if (file)
		fclose(file);
	if (up)
		diag_warning(diags, &config->families_origin,
			     "IPv6 is not filtered, though IPv6 addresses are up");
}

struct look_over {
	const struct state *current;
	enum family family;
	enum xtable table;
	enum backend_kind kind;
	bool own, drops; /* drops: a policy that is not ours does */
	size_t rules;	 /* in built-in chains and those of others */
	size_t hooks; /* own chains of others' chains: each is reached by one rule that is ours */
};

/* The chain as the last apply left it, if that was in this backend. */
static const struct chain *applied_chain(const struct look_over *look, const char *name)
{
	if (look->current->backend != look->kind)
		return NULL;
	return ruleset_find(&look->current->set, look->family, look->table, name);
}

static bool is_ours(const struct look_over *look, const char *name)
{
	const struct chain *chain = applied_chain(look, name);

	return is_own_chain_name(name) ||
	       (chain && chain->flags & CHAIN_DECLARED && !(chain->flags & CHAIN_BUILTIN));
}

static void found_chain(void *arg, const char *name, const char *policy)
{
	struct look_over *look = arg;
	const struct chain *applied = applied_chain(look, name);

	if (policy && str_equal(policy, "DROP") && !(applied && applied->policy))
		look->drops = true;
	look->own |= is_ours(look, name);
	look->hooks += is_own_chain_name(name);
}

static void found_rule(void *arg, const char *name, size_t at, uint64_t packets, uint64_t bytes)
{
	struct look_over *look = arg;

	(void)at;
	(void)packets;
	(void)bytes;
	look->rules += !is_ours(look, name);
}

static void found_print(void *arg, const char *name, uint64_t print)
{
	(void)print;
	found_rule(arg, name, 0, 0, 0);
}

static void look_over_table(const struct kernel_ops *ops, struct look_over *look)
{
	(void)ops->chains(look->family, look->table, found_chain, look);
	if (ops->counters)
		(void)ops->counters(look->family, look->table, found_rule, look);
	else
		(void)ops->rule_prints(look->family, look->table, -1, found_print, look);
}

void neighbours_other_backend(const struct kernel *kernel, const struct state *current,
			      bool *ret_own, struct diags *diags)
{
	bool is_nft = kernel->kind == KERNEL_NFT;
	const struct kernel_ops *other = is_nft ? &kernel_legacy_ops : &kernel_nft_ops;
	struct look_over look = { .current = current, .kind = is_nft ? KERNEL_LEGACY : KERNEL_NFT };

	FOR_EACH_FAMILY(f) {
		int tables = other->tables(f);

		FOR_EACH_XTABLE(t) {
			if (tables < 0 || !(tables >> t & 1))
				continue;
			look.family = f;
			look.table = t;
			look_over_table(other, &look);
		}
	}
	if (look.rules > look.hooks)
		diag_warning(diags, NULL,
			     "backend %s holds rules of others: packets go through both",
			     other->name);
	if (look.drops)
		diag_warning(diags, NULL, "backend %s has a policy DROP: packets go through both",
			     other->name);
	*ret_own = look.own;
}
