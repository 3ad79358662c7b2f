#include <fnmatch.h>

#include "base.h"
#include "patterns.h"
#include "xalloc.h"

void patterns_add(struct patterns *patterns, const char *pattern)
{
	XGROW(patterns->v, patterns->nr, patterns->cap);
	patterns->v[patterns->nr++] = xstrdup(pattern);
}

bool patterns_match(const struct patterns *patterns, const char *text)
{
	for (size_t i = 0; i < patterns->nr; i++)
		if (fnmatch(patterns->v[i], text, 0) == 0)
			return true;
	return false;
}

void patterns_clear(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->nr; i++)
		free(patterns->v[i]);
	patterns->nr = 0;
}

void patterns_release(struct patterns *patterns)
{
	patterns_clear(patterns);
	free(patterns->v);
	*patterns = (struct patterns)PATTERNS_INIT;
}
