#include <netinet/in.h>

#include "base.h"
#include "lockout.h"
#include "buf.h"
#include "caller.h"
#include "diag.h"
#include "ipset.h"
#include "kernel.h"
#include "live.h"
#include "probe.h"
#include "transaction.h"

struct guard {
	const struct lockout *lockout;
	const struct look *look;
	struct caller caller;
	struct probe_link link; /* that the peer is reached over */
	struct ruleset rest;	/* live tables that the look does not hold */
};

static bool is_changed(const struct look *look, enum family family)
{
	for (size_t i = 0; i < look->plan.nr; i++)
		if (look->plan.v[i].family == family)
			return true;
	return false;
}

static struct probe_address address_of(const struct caller_end *end)
{
	struct probe_address address;

	memcpy(address.bytes, end->address, sizeof(address.bytes));
	return address;
}

static int find_link(struct guard *g, struct diags *diags)
{
	struct probe_address peer = address_of(&g->caller.peer);
	struct probe_address local = address_of(&g->caller.local);

	if (g->caller.peer.zone[0]) { /* a link-local address says itself where it is */
		snprintf(g->link.name, sizeof(g->link.name), "%s", g->caller.peer.zone);
		return 0;
	}
	if (probe_find_link(g->caller.family, &peer, &local, &g->link) < 0)
		return diag_error(diags, NULL, "no way to it is known: %s", strerror(errno));
	return 0;
}

/* What else is live in the family: it decides as well, though it will not change. */
static int read_rest(struct guard *g, struct diags *diags)
{
	const struct kernel *kernel = g->lockout->kernel;
	enum family family = g->caller.family;
	unsigned int tables[FAMILY_NR] = { 0 };
	int exist = kernel->ops->tables(family);

	if (exist < 0)
		return diag_error(diags, NULL, "live rules can't be read (%s, %s): %s",
				  kernel->ops->name, family_name(family), strerror(errno));
	tables[family] = (unsigned int)exist & ~g->lockout->tables[family];
	return live_read(kernel, tables, false, &g->rest, diags);
}

static void add_rules(struct ruleset *to, const struct ruleset *from, enum family family)
{
	static const struct ruleset nothing = RULESET_INIT;

	plan_after(from, &nothing, family, to);
}

/* The sets that the rules name, with as much of them as concerns this connection. */
static int fill_sets(const struct guard *g, const struct ruleset *set, struct ipsets *sets,
		     struct buf *members, struct diags *diags)
{
	struct ipset_packet packet = {
		.address = { g->caller.peer.text, g->caller.local.text },
		.interface = { g->link.name },
	};
	static const unsigned char no_mac[6];
	char port[2][16], mac[18];
	const unsigned char *m = g->link.mac;

	snprintf(port[0], sizeof(port[0]), "tcp:%u", g->caller.local.port);
	snprintf(port[1], sizeof(port[1]), "tcp:%u", g->caller.peer.port);
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	packet.port[0] = port[0];
	packet.port[1] = port[1];
	if (memcmp(m, no_mac, sizeof(no_mac)) != 0)
		packet.mac[0] = mac;
	if (ipsets_use_rules(sets, set, g->caller.family, diags) < 0)
		return -1;
	return ipsets_members(sets, g->caller.family, &packet, members, diags);
}

static int connect_through(const struct guard *g, const struct ruleset *set,
			   struct probe_result *ret_result, struct diags *diags)
{
	bool lo = str_equal(g->link.name, "lo");
	unsigned char bits = g->caller.family == FAMILY_IPV4 ? 32 : 128;
	struct probe_route local = { address_of(&g->caller.local), bits, g->link.name };
	struct probe_route peer = { address_of(&g->caller.peer), bits, g->link.name };
	struct probe_route addresses[] = { local, peer };
	struct probe_packet packet = {
		.kind = PROBE_CONNECTION,
		.in = g->link.name,
		.protocol = IPPROTO_TCP,
		.source = peer.address,
		.destination = local.address,
		.source_port = g->caller.peer.port,
		.destination_port = g->caller.local.port,
	};
	struct ipsets *sets = ipsets_new(true);
	struct buf members = BUF_INIT;
	struct probe probe = {
		.kernel = g->lockout->kernel,
		.family = g->caller.family,
		.set = set,
		.sets = sets,
		.members = &members,
		.link = &g->link,
		.nr_links = !lo,
		.address = addresses,
		.nr_addresses = lo ? 2 : 1, /* on lo the peer is this host, too */
		.route = &peer,
		.nr_routes = !lo,
		.packet = &packet,
		.nr_packets = 1,
	};
	int ret = fill_sets(g, set, sets, &members, diags);

	if (ret == 0)
		ret = probe_run(&probe, ret_result, diags);
	ipsets_free(sets);
	buf_release(&members);
	return ret;
}

/* "'-A INPUT -j DROP' (ipv4 filter) drops it" */
static void describe(struct buf *buf, const struct guard *g, const struct probe_result *r)
{
	static const char *const what[2][2] = { { "it", "what follows on it" },
						{ "the answer", "the answers that follow on it" } };
	const char *family = family_name(g->caller.family), *table = xtable_name(r->table);

	if (r->rule)
		buf_addf(buf, "'-A %s%s%s' (%s %s)", r->chain->name, r->rule->spec[0] ? " " : "",
			 r->rule->spec, family, table);
	else
		buf_addf(buf, "the policy %s of '%s' (%s %s)", r->chain->policy, r->chain->name,
			 family, table);
	buf_addf(buf, " %s %s", r->verdict == PROBE_REJECTED ? "rejects" : "drops",
		 what[r->answer][r->open]);
}

static const struct origin *origin_of(const struct probe_result *r)
{
	const struct origin *origin = r->rule ? &r->rule->origin : &r->chain->policy_origin;

	return origin->file ? origin : NULL;
}

static void cant_tell(const struct guard *g, const char *why, struct diags *diags)
{
	diag_warning(diags, NULL,
		     "whether this cuts off your ssh connection from %s can't be told: %s",
		     g->caller.peer.text, why);
}

static bool is_stopped(const struct probe_result *result)
{
	return result->chain &&
	       (result->verdict == PROBE_DROPPED || result->verdict == PROBE_REJECTED);
}

static int refuse(const struct guard *g, const struct probe_result *after, struct diags *diags)
{
	const char *peer = g->caller.peer.text;
	struct buf rule = BUF_INIT;
	int ret = 0;

	describe(&rule, g, after);
	if (g->lockout->confirm)
		diag_warning(diags, origin_of(after),
			     "this cuts off your ssh connection from %s: %s; it is rolled back "
			     "unless confirmed",
			     peer, rule.data);
	else
		ret = diag_error(diags, origin_of(after),
				 "this would cut off your ssh connection from %s: %s; --force "
				 "applies it anyway, --confirm rolls back by itself",
				 peer, rule.data);
	buf_release(&rule);
	return ret;
}

/*
 * It does not come through the rules to be. If those that are live now stop it as well, it came
 * some other way, or before them: what will become of it is not to be seen from such a probe, and
 * to refuse every apply from there would be no help.
 */
static int judge_stopped(const struct guard *g, const struct probe_result *after,
			 struct diags *diags, struct diags *why)
{
	struct ruleset now = RULESET_INIT;
	struct buf reason = BUF_INIT;
	struct probe_result before = { .verdict = PROBE_LOST };
	int ret = 0;

	add_rules(&now, &g->look->live, g->caller.family);
	add_rules(&now, &g->rest, g->caller.family);
	if (connect_through(g, &now, &before, why) < 0) {
		cant_tell(g, why->list[0].text, diags);
	} else if (is_stopped(&before)) {
		buf_adds(&reason, "already now ");
		describe(&reason, g, &before);
		cant_tell(g, reason.data, diags);
	} else {
		ret = refuse(g, after, diags);
	}
	buf_release(&reason);
	ruleset_release(&now);
	return ret;
}

static int judge(const struct guard *g, const struct probe_result *after, struct diags *diags,
		 struct diags *why)
{
	struct buf reason = BUF_INIT;

	if (after->verdict == PROBE_ACCEPTED)
		return 0;
	if (is_stopped(after))
		return judge_stopped(g, after, diags, why);
	if (after->verdict == PROBE_QUEUED && after->rule)
		buf_addf(&reason, "'-A %s %s' (%s %s) hands it to a program", after->chain->name,
			 after->rule->spec, family_name(g->caller.family),
			 xtable_name(after->table));
	else
		buf_adds(&reason, "it gets lost, and no rule is known to drop it");
	cant_tell(g, reason.data, diags);
	buf_release(&reason);
	return 0;
}

int lockout_guard(void *arg, const struct look *look, struct diags *diags)
{
	struct guard g = { .lockout = arg, .look = look, .rest = RULESET_INIT };
	struct ruleset after = RULESET_INIT;
	struct diags why = DIAGS_INIT;
	struct probe_result result = { .verdict = PROBE_LOST };
	int ret = 0;

	if (!caller_find(&g.caller, diags) || !is_changed(look, g.caller.family))
		return 0;
	if (find_link(&g, &why) < 0 || read_rest(&g, &why) < 0) {
		cant_tell(&g, why.list[0].text, diags);
		goto out;
	}
	plan_after(&look->live, &look->goal.set, g.caller.family, &after);
	add_rules(&after, &g.rest, g.caller.family);
	if (connect_through(&g, &after, &result, &why) < 0)
		cant_tell(&g, why.list[0].text, diags);
	else
		ret = judge(&g, &result, diags, &why);
out:
	ruleset_release(&after);
	ruleset_release(&g.rest);
	diags_release(&why);
	return ret;
}
