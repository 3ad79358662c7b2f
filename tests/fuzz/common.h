/*
 * common: what the harnesses share: a second reader of restore text, written
 * from iptables' own source and not from ours, and a fixed world for rules.
 */
#ifndef FUZZ_COMMON_H
#define FUZZ_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "diag.h"
#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A property that does not hold: say which, and die so that libFuzzer keeps the input. */
#define FUZZ_CHECK(cond, ...) \
	do { \
		if (!(cond)) \
			fuzz_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
	} while (0)
__attribute__((noreturn, format(printf, 4, 5))) void fuzz_fail(const char *file, int line,
							       const char *cond, const char *fmt, ...);

/* The input with a NUL behind it, in memory of exactly that size; to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Words as add_param_to_argv() of iptables 1.8.9 makes them. */
struct fuzz_words {
	char **v;
	size_t *len;
	size_t nr;
	bool open_quote; /* the line ended inside quotes: its last word is cut off */
};
void fuzz_words_read(struct fuzz_words *words, const char *line, size_t len);
void fuzz_words_release(struct fuzz_words *words);

/* Restore text that a *-restore program could cut into lines, chains and words. */
void fuzz_check_payload(const char *text, size_t len);

/* What every error message must have; those at file have a line of the text. file NULL: any. */
void fuzz_check_diags(const struct diags *diags, int ret, const char *file, const char *text,
		      size_t len);

/* A baseline with sets of all kinds; variant: bit 0 exclusive, bit 1 origin comments. */
const struct config *fuzz_config(unsigned int variant);
extern const char fuzz_baseline[];

/*
 * The second half of compiling: places what rules hold, renders it, reads it
 * again, and checks each step. Rules belong to *wanted.
 */
void fuzz_check_wanted(const struct ruleset *wanted, const struct config *config);

#endif
