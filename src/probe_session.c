#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base.h"
#include "kernel.h"
#include "probe_internal.h"

/* What the trace tells of one packet, or of one connection. */
struct watch {
	const struct probe *probe;
	const struct probe_packet *packet;
	uint32_t mark;
	struct probe_event last, filter, queued; /* chain "": there was none */
	bool answer;				 /* of last */
};

static bool is_end(enum family family, const struct probe_address *address, uint16_t port,
		   const struct probe_address *client, uint16_t client_port)
{
	return port == client_port &&
	       memcmp(address->bytes, client->bytes, family == FAMILY_IPV4 ? 4 : 16) == 0;
}

/* A connection's packets, but for those that end it: a REJECT makes such, and so does its end. */
static bool is_of_connection(const struct watch *w, const struct probe_headers *h, bool *ret_answer)
{
	const struct probe_packet *p = w->packet;
	enum family family = w->probe->family;

	if (h->protocol != IPPROTO_TCP || h->tcp_flags & (TH_RST | TH_FIN))
		return false;
	*ret_answer = !is_end(family, &h->source, h->source_port, &p->source, p->source_port);
	return !*ret_answer ||
	       is_end(family, &h->destination, h->destination_port, &p->source, p->source_port);
}

static const struct chain *chain_of(const struct probe *probe, const struct probe_event *event)
{
	return ruleset_find(probe->set, probe->family, event->table, event->chain);
}

/* Rules of ours that stand before those of the ruleset. */
static size_t nr_added(const struct probe_event *event)
{
	return event->table == XTABLE_RAW &&
	       (str_equal(event->chain, "PREROUTING") || str_equal(event->chain, "OUTPUT"));
}

static const struct rule *rule_at(const struct probe *probe, const struct probe_event *event,
				  size_t at)
{
	const struct chain *chain = chain_of(probe, event);
	size_t added = nr_added(event);

	return chain && at > added && at - added <= chain->nr ? chain_rule(chain, at - added - 1) :
								NULL;
}

static bool is_queue(const struct rule *rule)
{
	return rule && rule->target &&
	       (str_equal(rule->target, "NFQUEUE") || str_equal(rule->target, "QUEUE"));
}

/*
 * ip_tables calls every verdict without a condition the end of its chain: "-j DROP" in a chain of
 * one's own a "return", in a built-in one the "policy". The number tells them apart.
 */
static enum probe_event_kind kind_of(const struct probe *probe, const struct probe_event *event)
{
	return rule_at(probe, event, event->at) ? PROBE_EVENT_RULE : event->kind;
}

static void see(void *arg, const struct probe_event *told)
{
	const struct probe_headers *h = &told->headers;
	struct probe_event event = *told;
	struct watch *w = arg;
	bool answer = false;

	if (w->packet->kind == PROBE_CONNECTION ?
		    !is_of_connection(w, h, &answer) :
		    h->protocol != w->packet->protocol || h->mark != w->mark)
		return;
	event.kind = kind_of(w->probe, told);
	if (event.kind == PROBE_EVENT_RETURN)
		return;
	w->last = event;
	w->answer = answer;
	/* a connection is let in by what accepts its first packet */
	if (event.table == XTABLE_FILTER && !answer &&
	    (w->packet->kind == PROBE_PACKET || !(h->tcp_flags & TH_ACK)))
		w->filter = event;
	if (event.queued || is_queue(rule_at(w->probe, &event, event.at)))
		w->queued = event;
}

/* Which rule, or which policy, an event is about. */
static int name_rule(const struct watch *w, const struct probe_tracer *tracer,
		     struct probe_trace *trace, const struct probe_event *event,
		     struct probe_result *result)
{
	size_t at = 0;

	if (!event->chain[0])
		return 0;
	if (event->kind == PROBE_EVENT_RULE && tracer->find(trace, event, &at) < 0)
		return -1;
	result->rule = rule_at(w->probe, event, at);
	if (event->kind == PROBE_EVENT_RULE && !result->rule)
		return 0; /* our own, or one that the ruleset has not */
	result->table = event->table;
	result->chain = chain_of(w->probe, event);
	result->at = result->rule ? at - nr_added(event) : 0;
	return 0;
}

/* Why it did not get there: by the last that the kernel told of it. */
static enum probe_verdict stopped_by(const struct probe_result *result)
{
	const char *target = result->rule ? result->rule->target : NULL;

	if (!result->chain)
		return PROBE_LOST;
	if (!result->rule)
		return result->chain->policy && str_equal(result->chain->policy, "DROP") ?
			       PROBE_DROPPED :
			       PROBE_LOST;
	if (!target)
		return PROBE_LOST;
	return str_equal(target, "DROP")   ? PROBE_DROPPED :
	       str_equal(target, "REJECT") ? PROBE_REJECTED :
					     PROBE_LOST;
}

static int decide(const struct watch *w, const struct probe_tracer *tracer,
		  struct probe_trace *trace, bool arrived, struct probe_result *result)
{
	const struct probe_event *event = w->queued.chain[0]		? &w->queued :
					  arrived && w->filter.chain[0] ? &w->filter :
									  &w->last;

	if (name_rule(w, tracer, trace, event, result) < 0)
		return -1;
	result->answer = !arrived && w->answer;
	result->verdict = w->queued.chain[0] ? PROBE_QUEUED :
			  arrived	     ? PROBE_ACCEPTED :
					       stopped_by(result);
	return 0;
}

static int run_packet(struct probe_wire *wire, const struct probe_tracer *tracer,
		      struct probe_trace *trace, size_t i, struct probe_result *result)
{
	const struct probe_packet *packet = &wire->probe->packet[i];
	/* never 0, which headers of others have */
	struct watch w = { wire->probe, packet, .mark = (uint32_t)(i + 1) };
	bool arrived = false;

	if (packet->kind == PROBE_CONNECTION) {
		if (probe_wire_connect(wire, packet, &result->open, &arrived) < 0)
			return -1;
	} else if (probe_wire_send(wire, packet, w.mark, &arrived) < 0) {
		return -1;
	}
	if (tracer->read(trace, see, &w) < 0)
		return -1;
	return decide(&w, tracer, trace, arrived, result);
}

int probe_session(const struct probe *probe, struct probe_result *results, const char **ret_failed)
{
	const struct probe_tracer *tracer =
		probe->kernel->kind == KERNEL_NFT ? &probe_nft_tracer : &probe_legacy_tracer;
	struct probe_trace *trace;
	struct probe_wire wire;
	int ret = 0;

	if (probe_wire_open(&wire, probe, ret_failed) < 0)
		return -1;
	*ret_failed = "trace";
	trace = tracer->open(probe->family);
	if (!trace)
		return -1;
	*ret_failed = "packets";
	for (size_t i = 0; ret == 0 && i < probe->nr_packets; i++)
		ret = run_packet(&wire, tracer, trace, i, &results[i]);
	tracer->close(trace);
	return ret; /* the wire ends with the process */
}
