/*
 * odd-send HOW: talk to the kernel as no restore program does. Exit code 0: it was taken.
 *   torn       a batch without an end
 *   other      a batch with a message of the other family, IPv4's and IPv6's
 *   write      a table "odd" by write(2)
 *   split      the same by sendmsg(2), its first header in two parts
 *   sendmmsg   the same by sendmmsg(2)
 *   far        sendmsg(2) of a message at no address
 *   x32        a system call of the x32 kind
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct mark {
	struct nlmsghdr header;
	struct nfgenmsg message;
};

static struct {
	struct mark begin;
	struct mark change;
	struct nlattr attr;
	char name[4];
	struct mark end;
} batch;

static struct mark mark(int type, int family, int subsystem, size_t len)
{
	return (struct mark){ { len, type, NLM_F_REQUEST | NLM_F_CREATE, 1, 0 },
			      { family, NFNETLINK_V0, htons(subsystem) } };
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int family = argc > 2 && strcmp(argv[2], "ipv6") == 0 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	size_t len = sizeof(batch);
	struct iovec parts[] = { { &batch, 6 }, { (char *)&batch + 6, sizeof(batch) - 6 } };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = parts, .msg_iovlen = 2 } };
	ssize_t sent;

	if (strcmp(how, "other") == 0)
		family = family == NFPROTO_IPV4 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	batch.begin = mark(NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES,
			   sizeof(struct mark));
	batch.change = mark(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, family, 0,
			    sizeof(struct mark) + 8);
	batch.attr = (struct nlattr){ 8, NFTA_TABLE_NAME };
	memcpy(batch.name, "odd", 4);
	batch.end = mark(NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, sizeof(struct mark));
	if (strcmp(how, "torn") == 0)
		len -= sizeof(struct mark);
	if (strcmp(how, "write") == 0)
		sent = write(fd, &batch, len);
	else if (strcmp(how, "split") == 0)
		sent = sendmsg(fd, &message.msg_hdr, 0);
	else if (strcmp(how, "sendmmsg") == 0)
		sent = sendmmsg(fd, &message, 1, 0);
	else if (strcmp(how, "far") == 0)
		sent = sendmsg(fd, (const struct msghdr *)16, 0);
	else if (strcmp(how, "x32") == 0)
		sent = syscall(0x40000000L + SYS_getpid);
	else
		sent = send(fd, &batch, len, 0);
	if (sent < 0)
		perror(how);
	return sent < 0;
}
