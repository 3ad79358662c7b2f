#include <dirent.h>
#include <strings.h>

#include "base.h"
#include "lockdown.h"
#include "addr.h"
#include "buf.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "text.h"

enum { PORTS_MAX = 16, PORT_SSH = 22 };

struct ports {
	unsigned long v[PORTS_MAX];
	size_t nr;
	bool has_port; /* else those that listen on an address alone have the default */
};

static void add_port(struct ports *ports, const char *digits)
{
	char number[8];
	size_t len = strspn(digits, "0123456789");
	unsigned long port;

	if (len >= sizeof(number) || ports->nr == PORTS_MAX)
		return;
	memcpy(number, digits, len);
	number[len] = '\0';
	if (text_number(number, 1, 65535, &port) == 0)
		ports->v[ports->nr++] = port;
}

/* Where the line is about this keyword, its value: 'Port 2222', 'port="2222"'. */
static const char *value_of(const char *line, const char *keyword)
{
	size_t len = strlen(keyword);

	line += strspn(line, " \t");
	if (strncasecmp(line, keyword, len) != 0 || !line[len] || !strchr(" \t=\"", line[len]))
		return NULL;
	return line + len + strspn(line + len, " \t=\"");
}

/* See sshd_config(5). */
static void parse_line(struct ports *ports, const char *line)
{
	const char *value = value_of(line, "port"), *first, *last;
	size_t len;

	if (value) {
		add_port(ports, value);
		ports->has_port = true;
		return;
	}
	value = value_of(line, "listenaddress");
	if (!value)
		return;
	/* HOST:PORT or [ADDRESS]:PORT, but an IPv6 address without a port has colons as well */
	len = strcspn(value, " \t\"\r\n");
	first = memchr(value, ':', len);
	last = memrchr(value, ':', len);
	if (first && (first == last || last[-1] == ']'))
		add_port(ports, last + 1);
}

static void parse_file(struct ports *ports, const struct fs *fs, const char *path)
{
	struct diags unused = DIAGS_INIT; /* a file that can't be read names no port */
	struct buf text = BUF_INIT;
	int fd = -1;

	if (fs_open(fs, path, O_RDONLY, &fd, &unused) == 0 && fd >= 0 &&
	    fs_read_fd(fd, &text) == 0) {
		for (char *line = text.data; line && *line; line += strcspn(line, "\n")) {
			line += *line == '\n';
			parse_line(ports, line);
		}
	}
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	diags_release(&unused);
}

static void find_ports(struct ports *ports, const struct fs *fs)
{
	static const char *const directory = "/etc/ssh/sshd_config.d";
	char *host = fs_host_path(fs, directory);
	DIR *dir = opendir(host);
	struct buf path = BUF_INIT;
	const struct dirent *entry;

	parse_file(ports, fs, "/etc/ssh/sshd_config");
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 5 || !str_equal(entry->d_name + len - 5, ".conf"))
			continue;
		buf_reset(&path);
		buf_addf(&path, "%s/%s", directory, entry->d_name);
		parse_file(ports, fs, path.data);
	}
	if (!ports->nr || (!ports->has_port && ports->nr < PORTS_MAX))
		ports->v[ports->nr++] = PORT_SSH;
	if (dir)
		closedir(dir);
	buf_release(&path);
	free(host);
}

static void add_ssh(struct buf *text, const char *from, unsigned long port)
{
	const char *option = !from				 ? NULL :
			     addr_parse(from).kind == ADDR_RANGE ? "-m iprange --src-range" :
								   "-s";

	buf_adds(text, "-A INPUT ");
	if (option)
		buf_addf(text, "%s %s ", option, from);
	buf_addf(text, "-p tcp -m tcp --dport %lu -j ACCEPT\n", port);
}

void lockdown_write(const struct config *config, const struct fs *fs, struct buf *ret_text)
{
	struct ports ports = { .nr = 0 };

	find_ports(&ports, fs);
	buf_adds(ret_text, "*filter\n"
			   "-A INPUT -i lo -j ACCEPT\n"
			   "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n");
	/* without neighbour discovery and router advertisements there is no IPv6 ssh at all */
	for (unsigned int type = 133; type <= 136; type++)
		buf_addf(ret_text, "-6 -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type %u -j ACCEPT\n",
			 type);
	for (size_t i = 0; i < ports.nr; i++) {
		for (size_t k = 0; k < config->nr_lockdown_from; k++)
			add_ssh(ret_text, config->lockdown_from[k], ports.v[i]);
		if (!config->nr_lockdown_from)
			add_ssh(ret_text, NULL, ports.v[i]);
	}
	buf_adds(ret_text, "-A INPUT -j DROP\n"
			   "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
			   "-A FORWARD -j DROP\n"
			   "COMMIT\n");
}
