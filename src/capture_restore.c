#include <getopt.h>
#include <sys/mman.h>

#include "capture_internal.h"
#include "fs.h"
#include "xalloc.h"

/* Its options as of iptables-restore 1.8.9; a lock option's number may stand in the next word. */
static const struct option options[] = {
	{ "binary", no_argument, NULL, 'b' },
	{ "counters", no_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "test", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "noflush", no_argument, NULL, 'n' },
	{ "modprobe", required_argument, NULL, 'M' },
	{ "table", required_argument, NULL, 'T' },
	{ "wait", optional_argument, NULL, 'w' },
	{ "wait-interval", required_argument, NULL, 'W' },
	{ NULL, 0, NULL, 0 },
};

bool restore_reads_stdin(const struct request *request)
{
	char **argv = xcalloc(request->argc + 1, sizeof(*argv));
	bool file;
	int c;

	for (size_t i = 0; i < request->argc; i++)
		argv[i] = (char *)request->argv[i];
	opterr = 0;
	optind = 0;
	while ((c = getopt_long((int)request->argc, argv, "bcvVthnw::M:T:W:", options, NULL)) != -1)
		if (c == 'w' && !optarg && optind < (int)request->argc && argv[optind][0] >= '0' &&
		    argv[optind][0] <= '9')
			optind++;
	file = optind < (int)request->argc;
	free(argv);
	return !file;
}

/* A file of ours, which nobody else can write to: what was checked is what is read. */
static int private_file(const struct buf *text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, buf_str(text), text->len) != (ssize_t)text->len) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* text: what it reads, unless it reads a file of the script's. */
static int run(struct session *s, enum family family, const struct request *given,
	       const struct buf *text, struct answer *answer)
{
	struct request request = *given;
	int ret = -1;

	if (given->input >= 0)
		request.input = private_file(text);
	if (given->input < 0 || request.input >= 0)
		ret = real_run(s, family, REAL_RESTORE, &request, false, answer);
	if (given->input >= 0 && request.input >= 0)
		close(request.input);
	return ret;
}

static bool refuse(struct session *s, const struct request *request, const struct buf *text,
		   struct answer *answer)
{
	struct buf why = BUF_INIT;
	bool bad = check_restore(s, text, &why) != NULL;

	if (bad)
		fault_refuse(s, request, answer, why.data);
	buf_release(&why);
	return bad;
}

void restore_answer(struct session *s, enum family family, const struct request *request,
		    struct answer *answer)
{
	struct buf text = BUF_INIT;
	int ret = 0;

	if (request->input >= 0 &&
	    (lseek(request->input, 0, SEEK_SET) < 0 || fs_read_fd(request->input, &text) < 0))
		ret = -1;
	if (ret == 0 && refuse(s, request, &text, answer))
		goto out;
	for (unsigned int names = 0; ret == 0; names++) {
		ret = run(s, family, request, &text, answer);
		if (ret < 0 || !answer->status || names == NAMES_MAX ||
		    !names_in_text(s, family, &text, answer))
			break;
		shadow_renew(s); /* as if it had not been tried */
	}
	/* one that fails has perhaps changed some tables */
	if (ret < 0 || harvest(s, family) < 0)
		answer->status = SHIM_GONE;
	else if (answer->status)
		fault_of_call(s, request, answer);
out:
	buf_release(&text);
}
