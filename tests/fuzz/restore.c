/*
 * What a script feeds to a restore program: the text is refused exactly where a line of it would
 * be cut in another way by the program that reads it, and the number is that line's.
 */
#include <sys/mman.h>

#include "base.h"
#include "capture_internal.h"
#include "common.h"

/* Is the line one that a rule stands on, and can't be read? */
static bool is_bad(const char *line, size_t len)
{
	struct fuzz_words words;
	bool bad;

	if (memchr(line, '\0', len))
		return true;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (!len || (*line != '-' && *line != '['))
		return false;
	fuzz_words_read(&words, line, len);
	bad = words.open_quote;
	fuzz_words_release(&words);
	return bad;
}

/* 0: all can be read. */
static unsigned int first_bad(const char *text, size_t len)
{
	unsigned int number = 1;

	for (size_t at = 0; at < len; number++) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;

		if (is_bad(text + at, end - at))
			return number;
		at = end + 1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char *text = fuzz_text(data, size);
	struct buf why = BUF_INIT;
	unsigned int bad = first_bad(text, size), number = 0;
	const char *found;

	if (fd < 0)
		fd = memfd_create("restore", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
	found = check_restore(fd, &why);
	FUZZ_CHECK(!found == !bad, "line %u is bad; said: %s", bad, found ? found : "nothing");
	if (found)
		FUZZ_CHECK(sscanf(found, "line %u of its input: ", &number) == 1 && number == bad,
			   "line %u is bad; said: %s", bad, found);
	buf_release(&why);
	free(text);
	return 0;
}
