/*
 * flood: large datagrams over lo to an allowed and a forbidden port, one after the other, until
 * SIGTERM; each that is sent has arrived when the call returns, or never will. Large ones, so
 * that a rule that reads them whole (-m string) keeps them on their way for longer than a
 * commit takes.
 *
 *     flood ALLOWED-PORT FORBIDDEN-PORT
 *
 * Prints "ready" when it has begun; at the end "allowed SENT LOST" and "forbidden SENT ARRIVED".
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DATAGRAM = 60000 };

static volatile sig_atomic_t stop;
static char datagram[DATAGRAM];

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

/* Bound and connected to itself: no reply of the kernel's, and no port of anybody else's. */
static int open_port(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		perror("flood");
		exit(2);
	}
	return fd;
}

/* A slow softirq is no loss: it has a second. */
static int arrives(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (recv(fd, &byte, 1, 0) == 1)
		return 1;
	return poll(&p, 1, 1000) == 1 && recv(fd, &byte, 1, 0) == 1;
}

int main(int argc, char **argv)
{
	unsigned long sent = 0, lost = 0, forbidden = 0, arrived = 0;
	int allowed_fd, forbidden_fd;
	char byte = 0;

	if (argc != 3)
		return 64;
	allowed_fd = open_port(argv[1]);
	forbidden_fd = open_port(argv[2]);
	signal(SIGTERM, on_term);
	puts("ready");
	fflush(stdout);
	while (!stop) {
		sent++;
		if (send(allowed_fd, datagram, DATAGRAM, 0) != DATAGRAM || !arrives(allowed_fd))
			lost++;
		forbidden++;
		if (send(forbidden_fd, datagram, DATAGRAM, 0) == DATAGRAM)
			while (recv(forbidden_fd, &byte, 1, 0) == 1)
				arrived++;
	}
	usleep(1000);
	while (recv(forbidden_fd, &byte, 1, 0) == 1)
		arrived++;
	printf("allowed %lu %lu\nforbidden %lu %lu\n", sent, lost, forbidden, arrived);
	return 0;
}
