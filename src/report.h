/*
 * report: what a run says: messages to standard error, results to standard
 * output, as text or as JSON. The only writer of either.
 *
 * With --json there is one object on standard output; the messages are in it, under
 * "messages", and not on standard error.
 */
#ifndef RAMPART_REPORT_H
#define RAMPART_REPORT_H

#include <jansson.h>
#include <stdbool.h>

struct buf;
struct diags;
struct options;
struct plan;
struct state;

struct report {
	bool json, verbose, quiet, color;
	json_t *object; /* with --json: what is printed at the end */
};

void report_init(struct report *report, const struct options *options);
/* Messages, then, if truth is not NULL, the line that says what is true now; then the JSON
 * object. Called once, at the end of a command. */
void report_finish(struct report *report, const struct diags *diags, const char *truth);
/* Messages so far, at once: before a question at the terminal. */
void report_diags(struct report *report, const struct diags *diags);

/* To the system's log, for what happens without anybody watching; also to standard error. */
void report_log(const struct diags *diags, const char *truth, bool to_terminal);

/* A line of results; nothing with --json. */
void report_line(const struct report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line that -q silences. */
void report_info(const struct report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Bytes as they are. */
void report_bytes(const struct report *report, const char *bytes, size_t len);

/* Put into the JSON object; takes over value. */
void report_set(struct report *report, const char *key, json_t *value);

/* Text that may hold any bytes, as a JSON string: what is not UTF-8 is escaped as \xNN. */
json_t *report_string(const char *text);

#endif
