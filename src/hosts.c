#include <arpa/inet.h>
#include <netdb.h>

#include "base.h"
#include "hosts.h"
#include "buf.h"
#include "hashtable.h"

struct host {
	char *name;
	const char **address; /* NULL-terminated; NULL: did not resolve */
	const char *error;
	UT_hash_handle hh;
};

struct hosts {
	struct host *by_name;
};

struct hosts *hosts_new(void)
{
	return xcalloc(1, sizeof(struct hosts));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const struct host *host, size_t nr, const char *address)
{
	for (size_t i = 0; i < nr; i++)
		if (str_equal(host->address[i], address))
			return true;
	return false;
}

static void resolve(struct host *host)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	size_t nr = 0, cap = 0;
	int ret = getaddrinfo(host->name, NULL, &hints, &found);

	if (ret != 0) {
		host->error = gai_strerror(ret);
		return;
	}
	for (struct addrinfo *ai = found; ai; ai = ai->ai_next) {
		char text[INET6_ADDRSTRLEN];
		const void *bin =
			ai->ai_family == AF_INET ?
				(const void *)&((struct sockaddr_in *)(void *)ai->ai_addr)
					->sin_addr :
				(const void *)&((struct sockaddr_in6 *)(void *)ai->ai_addr)
					->sin6_addr;

		if (!inet_ntop(ai->ai_family, bin, text, sizeof(text)) || has(host, nr, text))
			continue;
		XGROW(host->address, nr + 1, cap);
		host->address[nr++] = xstrdup(text);
		host->address[nr] = NULL;
	}
	freeaddrinfo(found);
	if (nr)
		qsort(host->address, nr, sizeof(*host->address), by_text);
}

const char *const *hosts_resolve(struct hosts *hosts, const char *name, const char **ret_error)
{
	struct host *host;

	HASH_FIND_STR(hosts->by_name, name, host);
	if (!host) {
		host = xcalloc(1, sizeof(*host));
		host->name = xstrdup(name);
		host->error = "the name has no address";
		resolve(host);
		HASH_ADD_KEYPTR(hh, hosts->by_name, host->name, strlen(name), host);
	}
	if (!host->address)
		*ret_error = host->error;
	return host->address;
}

void hosts_describe(const struct hosts *hosts, struct buf *buf)
{
	for (const struct host *host = hosts->by_name; host; host = host->hh.next)
		for (const char *const *a = host->address; a && *a; a++)
			buf_addf(buf, "%s %s\n", host->name, *a);
}

void hosts_free(struct hosts *hosts)
{
	struct host *host, *next;

	if (!hosts)
		return;
	host = hosts->by_name;
	HASH_CLEAR(hh, hosts->by_name);
	for (; host; host = next) {
		next = host->hh.next;
		for (const char **a = host->address; a && *a; a++)
			free((char *)*a);
		free(host->address);
		free(host->name);
		free(host);
	}
	free(hosts);
}
