#include "base.h"
#include "xalloc.h"

static void NORETURN out_of_memory(void)
{
	static const char text[] = "rampart: error: out of memory\n";

	/* no stdio: it allocates */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(2);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xreallocarray(void *old, size_t nr, size_t size)
{
	void *p = reallocarray(old, nr ? nr : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *xstrndup(const char *text, size_t len)
{
	char *p = xmalloc(len + 1);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

void *xgrow(void *array, size_t nr, size_t *cap, size_t size)
{
	if (nr < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 8;
	if (*cap <= nr)
		*cap = nr + 1;
	return xreallocarray(array, *cap, size);
}
