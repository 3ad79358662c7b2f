#include "capture_internal.h"
#include "xalloc.h"

/* The next string of a message; NULL where it is not ended. */
static const char *next_word(const char **at, const char *stop)
{
	const char *word = *at;
	const char *nul = memchr(word, '\0', (size_t)(stop - word));

	if (nul)
		*at = nul + 1;
	return nul ? word : NULL;
}

int request_parse(struct request *request, const char *bytes, size_t len)
{
	const char *at = bytes + sizeof(struct shim_request), *stop = bytes + len;
	struct shim_request head;

	if (len < sizeof(head))
		return -1;
	memcpy(&head, bytes, sizeof(head));
	if (head.magic != SHIM_MAGIC || head.argc > len)
		return -1;
	request->flags = head.flags;
	request->hint = next_word(&at, stop);
	request->execfn = request->hint ? next_word(&at, stop) : NULL;
	/* longer than any that the stand-in sends */
	if (!request->execfn || strlen(request->hint) >= PATH_MAX ||
	    strlen(request->execfn) >= PATH_MAX)
		return -1;
	request->argv = xcalloc(head.argc + 1u, sizeof(*request->argv));
	for (; request->argc < head.argc; request->argc++) {
		request->argv[request->argc] = next_word(&at, stop);
		if (!request->argv[request->argc])
			return -1;
	}
	return at == stop ? 0 : -1;
}
