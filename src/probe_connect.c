#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "base.h"
#include "probe_internal.h"

struct ends {
	int client, server, accepted;
};

/* A socket of the client's namespace, or of the host's (-1). */
static int socket_in(struct probe_wire *w, int netns)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, fd;

	if (netns >= 0 && setns(netns, CLONE_NEWNET) < 0)
		return -1;
	fd = socket(w->probe->family == FAMILY_IPV4 ? AF_INET : AF_INET6, type, IPPROTO_TCP);
	if (netns >= 0 && setns(w->host, CLONE_NEWNET) < 0)
		_exit(1); /* what followed would happen in the wrong namespace */
	return fd;
}

static int bind_to(int fd, enum family family, const struct probe_address *address, uint16_t port,
		   int index)
{
	socklen_t len;
	struct sockaddr_storage to = probe_wire_address(family, address, port, index, &len);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	return bind(fd, (void *)&to, len);
}

static int open_ends(struct probe_wire *w, const struct probe_packet *p, int at, struct ends *ends)
{
	enum family family = w->probe->family;

	ends->server = socket_in(w, -1);
	ends->client = socket_in(w, at >= 0 ? w->peer : -1);
	if (ends->server < 0 || ends->client < 0 ||
	    bind_to(ends->server, family, &p->destination, p->destination_port,
		    at >= 0 ? w->host_index[at] : w->lo_index) < 0 ||
	    listen(ends->server, 1) < 0)
		return -1;
	return bind_to(ends->client, family, &p->source, p->source_port,
		       at >= 0 ? w->peer_index[at] : w->lo_index);
}

static bool is_open(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	return poll(&pfd, 1, 0) == 1 && !(pfd.revents & (POLLERR | POLLHUP)) &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error;
}

/* A byte there and a byte back. Where one does not come through, nothing more is tried. */
static int talk(struct probe_wire *w, const struct probe_packet *p, struct ends *ends,
		bool *ret_arrived)
{
	char byte = 0;

	if (send(ends->client, &byte, 1, MSG_NOSIGNAL) < 0)
		return 0; /* reset since */
	if (probe_wire_settle(w, p->in) < 0)
		return -1;
	ends->accepted = accept4(ends->server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (ends->accepted < 0 || recv(ends->accepted, &byte, 1, 0) != 1 ||
	    send(ends->accepted, &byte, 1, MSG_NOSIGNAL) < 0)
		return 0;
	if (probe_wire_settle(w, p->in) < 0)
		return -1;
	*ret_arrived = recv(ends->client, &byte, 1, 0) == 1;
	return 0;
}

int probe_wire_connect(struct probe_wire *w, const struct probe_packet *packet, bool *ret_open,
		       bool *ret_arrived)
{
	struct ends ends = { -1, -1, -1 };
	int at = probe_wire_find(w, packet->in), ret = -1;
	socklen_t len;
	struct sockaddr_storage to =
		probe_wire_address(w->probe->family, &packet->destination, packet->destination_port,
				   at >= 0 ? w->peer_index[at] : w->lo_index, &len);

	*ret_open = *ret_arrived = false;
	if (open_ends(w, packet, at, &ends) < 0)
		goto out;
	if (connect(ends.client, (void *)&to, len) < 0 && errno != EINPROGRESS && errno != EPERM)
		goto out;
	if (probe_wire_settle(w, packet->in) < 0)
		goto out;
	*ret_open = is_open(ends.client);
	ret = *ret_open ? talk(w, packet, &ends, ret_arrived) : 0;
out:
	if (ends.client >= 0)
		close(ends.client);
	if (ends.accepted >= 0)
		close(ends.accepted);
	if (ends.server >= 0)
		close(ends.server);
	return ret;
}
