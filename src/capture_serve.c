#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "capture_internal.h"
#include "diag.h"
#include "xalloc.h"

enum connection_state { READS, GIVES_INPUT, SLEEPS };

/* One call of a program. */
struct connection {
	int fd;
	enum connection_state state;
	char *bytes; /* the request, as it came; what the pointers of request point into */
	struct request request;
};

static void end(struct session *s, size_t at)
{
	struct connection *c = &s->connection[at];

	close(c->fd);
	if (c->request.input >= 0)
		close(c->request.input);
	free(c->request.argv);
	free(c->bytes);
	*c = s->connection[--s->nr_connections];
}

void serve_close(struct session *s)
{
	while (s->nr_connections)
		end(s, s->nr_connections - 1);
	free(s->connection);
	s->connection = NULL;
}

static int send_bytes(int fd, char kind, const void *bytes, size_t len)
{
	struct iovec piece[2] = { { &kind, 1 }, { (void *)bytes, len } };
	struct msghdr message = { .msg_iov = piece, .msg_iovlen = 2 };

	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

/* Much output goes as a file: the caller may be slow to take it, and nobody waits for it here. */
static int send_file(int fd, const struct buf *out)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	char kind = SHIM_OUT_FD;
	struct iovec piece = { &kind, 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	int file = memfd_create("output", MFD_CLOEXEC), ret = -1;

	if (file < 0)
		return -1;
	memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
	if (write(file, out->data, out->len) == (ssize_t)out->len && lseek(file, 0, SEEK_SET) == 0)
		ret = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
	close(file);
	return ret;
}

static int send_output(int fd, const struct answer *answer)
{
	size_t err = answer->err.len < SHIM_ANSWER_MAX ? answer->err.len : SHIM_ANSWER_MAX;
	int ret = 0;

	if (answer->file)
		ret = send_bytes(fd, SHIM_TO, answer->file, strlen(answer->file) + 1);
	if (ret < 0)
		return -1;
	if (answer->out.len > SHIM_ANSWER_MAX)
		ret = send_file(fd, &answer->out);
	else if (answer->out.len)
		ret = send_bytes(fd, SHIM_OUT, answer->out.data, answer->out.len);
	if (ret == 0 && err)
		ret = send_bytes(fd, SHIM_ERR, answer->err.data, err);
	return ret;
}

/* What can't be sent is the caller's loss: it has ended, or does not read. */
static void send_answer(const struct session *s, int fd, const struct answer *answer)
{
	const struct processor *processor = &s->capture->processor;
	unsigned char status = (unsigned char)answer->status;
	struct buf path = BUF_INIT;

	if (answer->exec[0]) {
		/* it may ask how many there are, as nproc does */
		if (processor->stays)
			(void)send_bytes(fd, SHIM_PROCESSORS, &processor->before,
					 sizeof(processor->before));
		buf_addc(&path, (char)answer->skip);
		buf_add(&path, answer->exec, strlen(answer->exec) + 1);
		(void)send_bytes(fd, SHIM_EXEC, path.data, path.len);
		buf_release(&path);
	} else if (send_output(fd, answer) == 0) {
		(void)send_bytes(fd, SHIM_EXIT, &status, 1);
	}
}

static void handle(struct session *s, size_t at)
{
	struct connection *c = &s->connection[at];
	struct answer answer = ANSWER_INIT;

	if (c->state == READS && (++s->calls > CALLS_MAX || s->bytes > BYTES_MAX)) {
		if (!s->too_much)
			diag_error(s->diags, &s->origin,
				   "the script makes more than %d calls, or of more than %d MiB: "
				   "it is not answered any more",
				   (int)CALLS_MAX, BYTES_MAX / 1024 / 1024);
		s->too_much = s->script->failed = true;
		answer.status = SHIM_GONE;
	} else {
		tool_answer(s, &c->request, &answer);
	}
	if (answer.wants_input && send_bytes(c->fd, SHIM_STDIN, NULL, 0) == 0) {
		c->state = GIVES_INPUT;
	} else if (answer.later) {
		c->state = SLEEPS;
	} else {
		send_answer(s, c->fd, &answer);
		end(s, at);
	}
	buf_release(&answer.out);
	buf_release(&answer.err);
}

static void read_request(struct session *s, size_t at)
{
	static char bytes[SHIM_REQUEST_MAX + 1];
	struct connection *c = &s->connection[at];
	ssize_t got = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || got > SHIM_REQUEST_MAX) {
		end(s, at);
		return;
	}
	s->bytes += (size_t)got;
	c->bytes = xmalloc((size_t)got);
	memcpy(c->bytes, bytes, (size_t)got);
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
		c->request.pid = peer.pid;
	if (request_parse(&c->request, c->bytes, (size_t)got) < 0)
		end(s, at); /* not our stand-in: it hears nothing */
	else
		handle(s, at);
}

/* A message that should bring a descriptor. 0: not yet. */
static int take_input(struct connection *c)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	uint32_t error = 0;
	struct iovec piece = { &error, sizeof(error) };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  /* not what CMSG_SPACE() rounds up to: there is room for two */
				  .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t got = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&c->request.input, CMSG_DATA(head), sizeof(int));
	return got == sizeof(error) ? 1 : -1;
}

enum { INPUT_MAX = 64 * 1024 * 1024 }; /* bytes */

/* Only memory of the caller's own making: nothing else ends by itself, or can be read again. */
static bool is_small_memory(int fd)
{
	struct stat st;

	return fcntl(fd, F_GET_SEALS) >= 0 && fstat(fd, &st) == 0 && st.st_size <= INPUT_MAX;
}

static void read_input(struct session *s, size_t at)
{
	struct connection *c = &s->connection[at];
	int ret = take_input(c);

	if (ret == 0)
		return;
	if (ret < 0 || (c->request.input >= 0 && !is_small_memory(c->request.input))) {
		end(s, at);
		return;
	}
	if (c->request.input < 0) /* it could not be read: as an empty one */
		c->request.input = memfd_create("input", MFD_CLOEXEC);
	if (c->request.input < 0)
		end(s, at);
	else
		handle(s, at);
}

void serve_connection(struct session *s, size_t at)
{
	switch (s->connection[at].state) {
	case READS: read_request(s, at); break;
	case GIVES_INPUT: read_input(s, at); break;
	case SLEEPS: end(s, at); break; /* it was killed: it has nothing to say */
	}
}

void serve_accept(struct session *s)
{
	int fd = accept4(s->capture->sandbox.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!s->connection)
		s->connection = xcalloc(CONNECTIONS_MAX, sizeof(*s->connection));
	s->connection[s->nr_connections] =
		(struct connection){ .fd = fd, .request = { .input = -1 } };
	read_request(s, s->nr_connections++); /* mostly it is there already */
}

int serve_fd(const struct session *s, size_t at)
{
	return s->connection[at].fd;
}

bool serve_has_sleepers(const struct session *s)
{
	for (size_t i = 0; i < s->nr_connections; i++)
		if (s->connection[i].state == SLEEPS)
			return true;
	return false;
}

/* Nothing else goes on: the sleep that was called first is over. */
void serve_wake(struct session *s)
{
	struct answer answer = ANSWER_INIT;

	for (size_t i = 0; i < s->nr_connections; i++) {
		if (s->connection[i].state != SLEEPS)
			continue;
		send_answer(s, s->connection[i].fd, &answer);
		end(s, i);
		return;
	}
}
