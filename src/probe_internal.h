/*
 * probe_internal: what the parts of the probe share. All of it runs in the child of probe_run(),
 * inside the scratch namespace, and fails with -1 and errno set.
 */
#ifndef RAMPART_PROBE_INTERNAL_H
#define RAMPART_PROBE_INTERNAL_H

#include <sys/socket.h>

#include "probe.h"

/* --- probe_link.c: interfaces, over rtnetlink ------------------------------------------ */

struct mnl_socket;

/* Of the namespace that the process is in. */
struct mnl_socket *probe_link_open(void);
/* The same, for probe_link_await(). */
struct mnl_socket *probe_link_watch(void);
void probe_link_close(struct mnl_socket *socket);
/* A pair of the same name and MAC, one end of it in the namespace peer; both still down. */
int probe_link_add(struct mnl_socket *socket, const struct probe_link *link, int peer);
int probe_link_up(struct mnl_socket *socket, const char *name);
/* Wait until the kernel says that they can send. The end that is set up first throws away what it
 * is given until a worker of the kernel has seen that the other one is there. */
int probe_link_await(struct mnl_socket *watch, const int *index, size_t nr);
int probe_link_add_address(struct mnl_socket *socket, enum family family,
			   const struct probe_route *address);
int probe_link_add_route(struct mnl_socket *socket, enum family family,
			 const struct probe_route *route);

/* --- probe_packet.c: headers ------------------------------------------------------------ */

enum { PROBE_BYTES_MAX = 128 };

/* What a packet is known by. */
struct probe_headers {
	int protocol;
	struct probe_address source, destination;
	uint16_t source_port, destination_port;
	uint8_t tcp_flags;
	uint32_t mark; /* IPv4: identification; IPv6: flow label. It survives NAT */
};

/* The packet as it is on the wire, from its IP header on; mark: see above. Returns its length. */
size_t probe_packet_build(enum family family, const struct probe_packet *packet, uint32_t mark,
			  unsigned char bytes[PROBE_BYTES_MAX]);
/* transport: where that header is apart from the network header; else NULL. */
bool probe_packet_parse(enum family family, const unsigned char *bytes, size_t len,
			const unsigned char *transport, size_t transport_len,
			struct probe_headers *ret_headers);

/* --- probe_nft.c, probe_legacy.c: what the kernel tells of a packet's way --------------- */

enum probe_event_kind { PROBE_EVENT_RULE, PROBE_EVENT_RETURN, PROBE_EVENT_POLICY };

struct probe_event {
	enum probe_event_kind kind;
	enum xtable table;
	char chain[CHAIN_NAME_MAX + 1];
	size_t at;	 /* legacy: the rule's place in its chain, from 1 */
	uint64_t handle; /* nft: the rule's name within its table */
	bool queued;	 /* nft: handed to a program */
	struct probe_headers headers;
};

struct probe_trace;

struct probe_tracer {
	struct probe_trace *(*open)(enum family family);
	/* Call found() for each event that has come since. */
	int (*read)(struct probe_trace *trace,
		    void (*found)(void *arg, const struct probe_event *event), void *arg);
	/* The place of the event's rule in its chain, from 1. */
	int (*find)(struct probe_trace *trace, const struct probe_event *event, size_t *ret_at);
	void (*close)(struct probe_trace *trace);
};

extern const struct probe_tracer probe_nft_tracer, probe_legacy_tracer;

/* --- probe_wire.c: the two namespaces ---------------------------------------------------- */

/* IEEE 802: for local experiments; no table of ip, ip6 or arp sees such frames. */
enum { PROBE_ECHO_TYPE = 0x88b5 };

struct probe_wire {
	const struct probe *probe;
	int host, peer;		  /* namespaces */
	int frames;		  /* packet socket: what reaches the other ends */
	int host_echo, peer_echo; /* packet sockets of the frames that no rule sees */
	struct mnl_socket *host_link, *peer_link, *peer_watch;
	int raw[3]; /* what this host receives, by protocol */
	int send;   /* what this host sends itself */
	struct probe_link link[PROBE_LINKS_MAX];
	int host_index[PROBE_LINKS_MAX], peer_index[PROBE_LINKS_MAX], lo_index;
};

/* ret_failed: what could not be done. */
int probe_wire_open(struct probe_wire *wire, const struct probe *probe, const char **ret_failed);
/* --- probe_send.c, probe_connect.c: what is sent between them ---------------------------- */

/* Which of the links; -1: none of them. */
int probe_wire_find(const struct probe_wire *w, const char *name);
/* For bind(2) and its kin; index: of the interface, for link-local addresses. */
struct sockaddr_storage probe_wire_address(enum family family, const struct probe_address *address,
					   uint16_t port, int index, socklen_t *ret_len);
/* Wait until the kernel has done all that it has to do with what was sent by that link. */
int probe_wire_settle(struct probe_wire *w, const char *link);
/* ret_arrived: it got there. */
int probe_wire_send(struct probe_wire *w, const struct probe_packet *packet, uint32_t mark,
		    bool *ret_arrived);
/* ret_open: it was open; ret_arrived: and a byte came through each way. */
int probe_wire_connect(struct probe_wire *w, const struct probe_packet *packet, bool *ret_open,
		       bool *ret_arrived);

/* --- probe_session.c: all of a probe's packets, from within the namespace ---------------- */

/* ret_failed: in one word, what could not be done. */
int probe_session(const struct probe *probe, struct probe_result *results, const char **ret_failed);

#endif
