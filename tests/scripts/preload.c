/*
 * preload: code of a script's in the programs that rampart runs on its behalf, by way of
 * /etc/ld.so.preload: it tries to change the network of the host. Not in the script's own
 * programs, whose uid is 0.
 * What it does it says in /tmp/preload.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket that a process of the script has made in the host's namespace. */
static int take_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/hand" };
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	int hand = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	if (connect(hand, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    recvmsg(hand, &message, 0) < 0 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

__attribute__((constructor)) static void begin(void)
{
	static char *const no_again[] = { "PRELOADED=1", NULL };
	struct ifreq request = { .ifr_name = "lo" };
	char parent[16];
	int said, fd;

	if (getuid() == 0 || getenv("PRELOADED"))
		return;
	said = open("/tmp/preload", O_WRONLY | O_CREAT | O_APPEND, 0666);
	dprintf(said, "here\n");
	fd = take_socket();
	if (fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0)
		dprintf(said, "lo is down\n");
	dup2(said, STDERR_FILENO);
	snprintf(parent, sizeof(parent), "%d", (int)getppid());
	execle("/usr/sbin/ip", "ip", "link", "add", "preload0", "netns", parent, "type", "bridge",
	       NULL, no_again);
}
