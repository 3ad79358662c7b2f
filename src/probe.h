/*
 * probe: real packets through a ruleset, in a throw-away network namespace: what becomes of
 * each, and which rule decides it.
 *
 * The namespace has the interfaces that the packets need under their real names, each of them
 * one end of a veth pair. The other ends lie in a second namespace, from which packets arrive and
 * in which those that leave are seen. Whether a packet gets through is seen by its getting
 * there, never concluded from the text of rules; the deciding rule is told by the kernel's own
 * trace (-j TRACE in table raw).
 *
 * Nothing is slept through: whatever the kernel still has to do with a packet is done when a
 * frame that no rule sees, sent behind it on the same way, has come through.
 * in:     a ruleset in canonical text; the host that it is loaded on; packets
 * out:    a result for each packet
 * fails:  -1 after adding to diags: nothing can be told
 */
#ifndef RAMPART_PROBE_H
#define RAMPART_PROBE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ruleset.h"

struct buf;
struct diags;
struct ipsets;
struct kernel;

/* An address of the probe's family, in network order. */
struct probe_address {
	unsigned char bytes[16];
};

struct probe_link {
	char name[IFNAMSIZ];
	/* Of both its ends, so that -m mac sees it as the sender's; zero: made up. */
	unsigned char mac[6];
};

/* An address of the host, or a destination that it reaches over a link. */
struct probe_route {
	struct probe_address address;
	unsigned char prefix;
	const char *link; /* one of the probe's, or "lo" */
};

enum probe_kind {
	PROBE_PACKET,
	/*
	 * TCP to an address of the host: a connection is opened and a byte goes each way. The
	 * client is at the other end of the link, or on "lo" the host itself.
	 */
	PROBE_CONNECTION
};

struct probe_packet {
	enum probe_kind kind;
	const char *in; /* the link it arrives by; NULL: this host sends it */
	int protocol;	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 */
	struct probe_address source, destination;
	uint16_t source_port, destination_port; /* TCP, UDP */
	uint8_t tcp_flags;			/* as in the header; 0: SYN */
	uint8_t icmp_type, icmp_code;
};

enum probe_verdict {
	PROBE_ACCEPTED, /* received by this host, or seen leaving it */
	PROBE_DROPPED,
	PROBE_REJECTED,
	PROBE_QUEUED, /* a rule hands it to a program, which alone could tell (NFQUEUE) */
	PROBE_LOST    /* did not get there, though no rule is known to have stopped it */
};

struct probe_result {
	enum probe_verdict verdict;
	bool answer; /* connection: what was stopped goes from this host to the client */
	bool open;   /* connection: and it was open by then */
	/*
	 * What decided: of an accepted packet, the last of table filter. chain NULL: the kernel
	 * told of no rule. rule NULL: the chain's policy. Both are those of the ruleset given; at
	 * is the rule's place in its chain, from 1; 0: the policy.
	 */
	enum xtable table;
	const struct chain *chain;
	const struct rule *rule;
	size_t at;
};

enum { PROBE_LINKS_MAX = 64 };

struct probe {
	const struct kernel *kernel;
	enum family family;
	const struct ruleset *set; /* its tables of that family are loaded */
	const struct ipsets *sets; /* that its rules name; NULL: none */
	const struct buf *members; /* "ipset restore" lines that fill them; NULL: all stay empty */
	const struct probe_link *link; /* beside "lo" */
	size_t nr_links;
	const struct probe_route *address; /* of this host */
	size_t nr_addresses;
	const struct probe_route *route;
	size_t nr_routes;
	const struct probe_packet *packet; /* sent one after the other into the same state */
	size_t nr_packets;
};

int probe_run(const struct probe *probe, struct probe_result *ret_result, struct diags *diags);

/*
 * Over which interface the host that rampart runs on sends to an address, from one of its own; and
 * the MAC of the next machine on that way, zero if none is known. -1 with errno set: not at all.
 * Only looks. "lo" for an address of its own.
 */
int probe_find_link(enum family family, const struct probe_address *to,
		    const struct probe_address *from, struct probe_link *ret_link);

#endif
