/*
 * flood: packets to allowed and to forbidden ports of this host until SIGTERM, and what becomes
 * of each.
 *
 *     flood [-p PEER] [-s BYTES] ADDRESS UDP-ALLOWED UDP-FORBIDDEN [TCP-ALLOWED TCP-FORBIDDEN]
 *
 * ADDRESS is this host's, of either family. The packets come from this host itself, or with -p
 * from the network namespace of the process PEER. Datagrams are sent one after the other: the
 * next one when the last has arrived, so that none can be lost for want of room. Large ones
 * (-s 60000, over lo) are on their way through rules that read them whole (-m string) for longer
 * than a commit takes. For TCP, connections are made and dropped, one after the other.
 *
 * Prints "ready" when it has begun; at the end "allowed SENT LOST", "forbidden SENT ARRIVED", and
 * with TCP "tcp-allowed TRIED LOST", "tcp-forbidden TRIED ARRIVED". Lost is what has not arrived
 * within a second; for TCP, before the kernel has sent its SYN again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES_MAX = 60000, SYN_AGAIN_MS = 900, BRIEFLY_MS = 2, QUEUED_MAX = 256 };

struct port {
	struct sockaddr_storage at;
	socklen_t len;
	int in;	 /* where packets arrive */
	int out; /* udp: where they are sent from */
	bool allowed;
	_Atomic unsigned long sent, arrived, accepted;
};

static volatile sig_atomic_t stop;
static char datagram[BYTES_MAX];
static size_t bytes = 18;
static int here = -1, peer = -1; /* network namespaces; peer -1: the same */

static void die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static int open_namespace(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static int open_socket(const struct port *port, int type)
{
	int fd = socket(port->at.ss_family, type, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

/* A socket belongs to the namespace that its thread was in. */
static int open_peer_socket(const struct port *port, int type)
{
	int fd;

	if (peer >= 0 && setns(peer, CLONE_NEWNET) < 0)
		die("setns");
	fd = open_socket(port, type);
	if (peer >= 0 && setns(here, CLONE_NEWNET) < 0)
		die("setns");
	return fd;
}

static void resolve(struct port *port, const char *address, const char *number)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;

	if (getaddrinfo(address, number, &hints, &found) != 0) {
		fprintf(stderr, "flood: no address: %s %s\n", address, number);
		exit(64);
	}
	memcpy(&port->at, found->ai_addr, found->ai_addrlen);
	port->len = found->ai_addrlen;
	freeaddrinfo(found);
}

static struct port *new_port(const char *address, const char *number, bool allowed)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		die("memory");
	port->allowed = allowed;
	resolve(port, address, number);
	return port;
}

/* --- udp -------------------------------------------------------------------------------- */

/* Without a peer one socket is both ends: no reply of the kernel's, and no port of others. */
static void open_udp(struct port *port)
{
	port->in = open_socket(port, SOCK_DGRAM | SOCK_NONBLOCK);
	port->out = peer >= 0 ? open_peer_socket(port, SOCK_DGRAM | SOCK_NONBLOCK) : port->in;
	if (bind(port->in, (struct sockaddr *)&port->at, port->len) < 0)
		die("bind");
	if (connect(port->out, (struct sockaddr *)&port->at, port->len) < 0)
		die("connect");
}

static bool take(const struct port *port)
{
	char byte;

	return recv(port->in, &byte, 1, 0) == 1;
}

static void send_allowed(struct port *port)
{
	struct pollfd p = { .fd = port->in, .events = POLLIN };

	port->sent++;
	if (send(port->out, datagram, bytes, 0) != (ssize_t)bytes)
		return;
	/* a slow softirq is no loss */
	if (take(port) || (poll(&p, 1, 1000) == 1 && take(port)))
		port->arrived++;
}

static void send_forbidden(struct port *port)
{
	port->sent++;
	(void)!send(port->out, datagram, bytes, 0);
	while (take(port))
		port->arrived++;
}

static void *flood_udp(void *arg)
{
	struct port *const *ports = arg;

	while (!stop) {
		send_allowed(ports[0]);
		send_forbidden(ports[1]);
	}
	return NULL;
}

/* --- tcp -------------------------------------------------------------------------------- */

static void open_tcp(struct port *port)
{
	port->in = open_socket(port, SOCK_STREAM);
	if (bind(port->in, (struct sockaddr *)&port->at, port->len) < 0 ||
	    listen(port->in, 1024) < 0)
		die("listen");
}

static bool connects(const struct port *port, int ms)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = open_peer_socket(port, SOCK_STREAM | SOCK_NONBLOCK), error = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(error);
	bool ret = connect(fd, (const struct sockaddr *)&port->at, port->len) == 0;

	if (!ret && errno == EINPROGRESS && poll(&p, 1, ms) == 1)
		ret = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	return ret;
}

static void *flood_tcp(void *arg)
{
	struct port *port = arg;

	while (!stop) {
		/* a full queue of the listener would lose the next one */
		if (port->arrived > port->accepted + QUEUED_MAX) {
			usleep(100);
			continue;
		}
		port->sent++;
		if (connects(port, port->allowed ? SYN_AGAIN_MS : BRIEFLY_MS) && port->allowed)
			port->arrived++;
	}
	return NULL;
}

/* Whoever gets through to a forbidden port is known here, however late. */
static void *accept_tcp(void *arg)
{
	struct port *port = arg;

	for (;;) {
		int fd = accept(port->in, NULL, NULL);

		if (fd < 0)
			continue;
		port->accepted++;
		if (!port->allowed)
			port->arrived++;
		close(fd);
	}
	return NULL;
}

/* --- both ------------------------------------------------------------------------------- */

static pthread_t begin(void *(*what)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, arg) != 0)
		die("thread");
	return thread;
}

static void print(const char *kind, const struct port *allowed, const struct port *forbidden)
{
	printf("%sallowed %lu %lu\n", kind, allowed->sent, allowed->sent - allowed->arrived);
	printf("%sforbidden %lu %lu\n", kind, forbidden->sent, forbidden->arrived);
}

static void run(struct port **udp, struct port **tcp)
{
	pthread_t thread[3];
	int nr = 0;

	thread[nr++] = begin(flood_udp, udp);
	for (int i = 0; tcp && i < 2; i++) {
		begin(accept_tcp, tcp[i]);
		thread[nr++] = begin(flood_tcp, tcp[i]);
	}
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
	usleep(10000); /* what is on its way yet */
	while (take(udp[1]))
		udp[1]->arrived++;
	print("", udp[0], udp[1]);
	if (tcp)
		print("tcp-", tcp[0], tcp[1]);
}

int main(int argc, char **argv)
{
	struct port *udp[2], *tcp[2] = { NULL };
	int option;

	while ((option = getopt(argc, argv, "p:s:")) != -1) {
		if (option == 'p') {
			here = open_namespace("self");
			peer = open_namespace(optarg);
		} else if (option == 's' && (bytes = (size_t)atol(optarg)) <= BYTES_MAX) {
			continue;
		} else {
			return 64;
		}
	}
	argv += optind;
	argc -= optind;
	if (argc != 3 && argc != 5)
		return 64;
	for (int i = 0; i < 2; i++) {
		udp[i] = new_port(argv[0], argv[1 + i], i == 0);
		open_udp(udp[i]);
		if (argc == 3)
			continue;
		tcp[i] = new_port(argv[0], argv[3 + i], i == 0);
		open_tcp(tcp[i]);
	}
	signal(SIGTERM, on_term);
	run(udp, tcp[0] ? tcp : NULL);
	return 0;
}
