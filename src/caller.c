#include <arpa/inet.h>

#include "base.h"
#include "caller.h"
#include "diag.h"
#include "text.h"

static const char variable[] = "SSH_CONNECTION";

enum {
	PARENTS_MAX = 256, /* a chain of processes that goes on for longer is none */
	WORD_MAX = 80
};

/* "::ffff:192.0.2.1" is IPv4, as ssh itself has it. */
static int parse_address(const char *text, struct caller_end *end, enum family *ret_family)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const char *zone = strchr(text, '%');
	char plain[WORD_MAX];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(text, "%"), text);
	*ret_family = FAMILY_IPV4;
	if (!zone && inet_pton(AF_INET, plain, end->address) == 1)
		return inet_ntop(AF_INET, end->address, end->text, sizeof(end->text)) ? 0 : -1;
	if (inet_pton(AF_INET6, plain, end->address) != 1 ||
	    (zone && (!zone[1] || strlen(zone + 1) >= sizeof(end->zone))))
		return -1;
	if (memcmp(end->address, mapped, sizeof(mapped)) == 0) {
		memmove(end->address, end->address + sizeof(mapped), 4);
		return inet_ntop(AF_INET, end->address, end->text, sizeof(end->text)) ? 0 : -1;
	}
	*ret_family = FAMILY_IPV6;
	snprintf(end->zone, sizeof(end->zone), "%s", zone ? zone + 1 : "");
	return inet_ntop(AF_INET6, end->address, end->text, sizeof(end->text)) ? 0 : -1;
}

/* "PEER PORT LOCAL PORT", single blanks between. */
static int parse(const char *text, struct caller *caller)
{
	struct caller_end *ends[] = { &caller->peer, &caller->local };
	enum family families[2];

	for (size_t i = 0; i < 4; i++) {
		size_t len = strcspn(text, " ");
		struct caller_end *end = ends[i / 2];
		char word[WORD_MAX];
		unsigned long port;

		if (!len || len >= sizeof(word) || (text[len] == ' ') != (i < 3))
			return -1;
		memcpy(word, text, len);
		word[len] = '\0';
		text += len + (i < 3);
		if (i % 2 == 0) {
			if (parse_address(word, end, &families[i / 2]) < 0)
				return -1;
		} else {
			if (text_number(word, 1, 65535, &port) < 0)
				return -1;
			end->port = (uint16_t)port;
		}
	}
	caller->family = families[0];
	return families[0] == families[1] ? 0 : -1;
}

/* A variable of another process; NULL: it has none, or can't be looked at. */
static char *variable_of(pid_t pid)
{
	char path[64], *entry = NULL, *found = NULL;
	size_t room = 0, len = sizeof(variable) - 1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	while (file && !found && getdelim(&entry, &room, '\0', file) > 0)
		if (strncmp(entry, variable, len) == 0 && entry[len] == '=')
			found = strdup(entry + len + 1);
	free(entry);
	if (file)
		fclose(file);
	return found;
}

/* "PID (NAME) STATE PPID ...": the name may hold anything. 0: not to be found. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[512];
	const char *behind;
	long parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);
	behind = strrchr(line, ')');
	return behind && sscanf(behind, ") %*c %ld", &parent) == 1 ? (pid_t)parent : 0;
}

static bool take(const char *text, struct caller *ret_caller, bool *ret_none, struct diags *diags)
{
	struct caller caller = { .family = FAMILY_IPV4 };

	*ret_none = !*text;
	if (*ret_none)
		return false;
	if (parse(text, &caller) < 0) {
		diag_warning(diags, NULL,
			     "%s is not 'ADDRESS PORT ADDRESS PORT', as ssh writes it: ignored",
			     variable);
		return false;
	}
	*ret_caller = caller;
	return true;
}

bool caller_find(struct caller *ret_caller, struct diags *diags)
{
	const char *own = getenv(variable);
	bool found = false, none = false;
	pid_t pid = getppid();

	if (own)
		found = take(own, ret_caller, &none, diags);
	for (unsigned int i = 0; i < PARENTS_MAX && pid > 0 && !found && !none; i++) {
		char *text = variable_of(pid);

		if (text)
			found = take(text, ret_caller, &none, diags);
		free(text);
		pid = parent_of(pid);
	}
	return found;
}
