#include <limits.h>

#include "base.h"
#include "wish.h"
#include "buf.h"
#include "child.h"
#include "diag.h"
#include "ipset.h"
#include "text.h"
#include "xalloc.h"

struct wish {
	char *text; /* what the fields point into */
	const char *kind, *place, *name, *value;
};

void wish_add(struct buf *lines, const char *kind, const struct origin *origin, const char *name,
	      const char *value)
{
	buf_addf(lines, "%s\t", kind);
	text_escape(lines, origin->file); /* no tab, no newline */
	buf_addf(lines, ":%u\t%s\t%s\n", origin->line, name, value);
}

/* The line at *lines, cut up; to be freed. */
static struct wish next_wish(const char **lines)
{
	size_t len = strcspn(*lines, "\n");
	struct wish wish = { .text = xstrndup(*lines, len), .kind = "", .place = "", .name = "" };
	char *rest = wish.text;

	*lines += len + !!(*lines)[len];
	wish.kind = strsep(&rest, "\t");
	if (rest)
		wish.place = strsep(&rest, "\t");
	if (rest)
		wish.name = strsep(&rest, "\t");
	wish.value = rest ? rest : "";
	return wish;
}

static const char *modprobe(void)
{
	static const char *const programs[] = { "/usr/sbin/modprobe", "/sbin/modprobe" };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

static int load_module(const struct wish *wish, struct diags *diags)
{
	struct child child = CHILD_INIT;
	int ret = 0;

	child.argv[0] = modprobe();
	if (!child.argv[0]) {
		diag_warning(diags, NULL, "%s: 'modprobe %s': there is no modprobe here",
			     wish->place, wish->name);
		return -1;
	}
	child.argv[1] = "--";
	child.argv[2] = wish->name;
	if (child_run(&child, diags) < 0) {
		ret = -1;
	} else if (child.status != 0) {
		diag_warning(diags, NULL, "%s: 'modprobe %s' failed: %s", wish->place, wish->name,
			     child_error(&child));
		ret = -1;
	}
	child_release(&child);
	return ret;
}

int wish_load_modules(const char *lines, struct diags *diags)
{
	int ret = 0;

	while (lines && *lines) {
		struct wish wish = next_wish(&lines);

		if (str_equal(wish.kind, "module") && load_module(&wish, diags) < 0)
			ret = -1;
		free(wish.text);
	}
	return ret;
}

/* "net.ipv4.conf.eth0/1.rp_filter" is net/ipv4/conf/eth0.1/rp_filter: sysctl(8). */
static void sysctl_path(struct buf *path, const char *name)
{
	buf_adds(path, "/proc/sys/");
	for (; *name; name++)
		buf_addc(path, (char)(*name == '.' ? '/' : *name == '/' ? '.' : *name));
}

/* Blanks and tabs between numbers are the same to the kernel. */
static bool same_value(const char *a, const char *b)
{
	for (;;) {
		size_t len_a, len_b;

		a += strspn(a, " \t\n");
		b += strspn(b, " \t\n");
		len_a = strcspn(a, " \t\n");
		len_b = strcspn(b, " \t\n");
		if (len_a != len_b || strncmp(a, b, len_a) != 0)
			return false;
		if (!len_a)
			return true;
		a += len_a;
		b += len_b;
	}
}

static bool is_set(const char *path, const char *value)
{
	char now[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, now, sizeof(now) - 1);

	if (fd >= 0)
		close(fd);
	now[got > 0 ? got : 0] = '\0';
	return got > 0 && same_value(now, value);
}

static int set_sysctl(const struct wish *wish, struct diags *diags)
{
	size_t len = strlen(wish->value);
	struct buf path = BUF_INIT;
	int fd = -1, ret = 0;

	sysctl_path(&path, wish->name);
	/* what a script can write to is the network's, and below its own names */
	if (!str_starts(path.data, "/proc/sys/net/") || strstr(path.data, "/../") ||
	    strstr(path.data, "//")) {
		diag_warning(diags, NULL, "%s: '%s' is no sysctl of the network: ignored",
			     wish->place, wish->name);
		ret = -1;
	} else if (!is_set(path.data, wish->value)) {
		fd = open(path.data, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, wish->value, len) != (ssize_t)len) {
			diag_warning(diags, NULL, "%s: '%s = %s' could not be set: %s", wish->place,
				     wish->name, wish->value, strerror(errno));
			ret = -1;
		}
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return ret;
}

int wish_set_sysctls(const char *lines, struct diags *diags)
{
	int ret = 0;

	while (lines && *lines) {
		struct wish wish = next_wish(&lines);

		if (str_equal(wish.kind, "sysctl") && set_sysctl(&wish, diags) < 0)
			ret = -1;
		free(wish.text);
	}
	return ret;
}

int wish_fill_ipsets(const char *lines, struct diags *diags)
{
	struct diags faults = DIAGS_INIT;
	struct buf content = BUF_INIT;
	int ret = 0;

	while (lines && *lines) {
		struct wish wish = next_wish(&lines);

		if (str_equal(wish.kind, "ipset"))
			buf_addf(&content, "%s\n", wish.value);
		free(wish.text);
	}
	if (content.len)
		ret = ipset_fill(content.data, &faults);
	for (size_t i = 0; i < faults.nr; i++)
		diag_warning(diags, NULL, "ipsets of the scripts: %s", faults.list[i].text);
	diags_release(&faults);
	buf_release(&content);
	return ret;
}
