#include <syslog.h>

#include "base.h"
#include "report.h"
#include "buf.h"
#include "diag.h"
#include "options.h"
#include "text.h"

void report_init(struct report *report, const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");

	*report = (struct report){ .json = options->json,
				   .verbose = options->verbose,
				   .quiet = options->quiet };
	report->color = isatty(STDERR_FILENO) && !(no_color && no_color[0]);
	if (report->json)
		report->object = json_object();
}

/* "FILE:LINE: error: TEXT (TEMPLATE:LINE)"; nothing in it can drive a terminal. */
static void format_diag(const struct diag *diag, bool color, struct buf *ret_line)
{
	static const char *const colors[] = { "\033[1;31m", "\033[1;35m", "\033[1;36m" };
	struct buf line = BUF_INIT;

	if (diag->file) {
		text_escape(&line, diag->file);
		if (diag->line)
			buf_addf(&line, ":%u", diag->line);
	} else {
		buf_adds(&line, "rampart");
	}
	buf_addf(&line, ": %s%s:%s ", color ? colors[diag->severity] : "",
		 diag_severity_name(diag->severity), color ? "\033[0m" : "");
	text_escape(&line, diag->text);
	if (diag->template) {
		buf_adds(&line, " (");
		text_escape(&line, diag->template);
		buf_addc(&line, ')');
	}
	*ret_line = line;
}

static void print_diag(const struct report *report, const struct diag *diag)
{
	struct buf line;

	format_diag(diag, report->color, &line);
	fprintf(stderr, "%s\n", line.data);
	buf_release(&line);
}

void report_log(const struct diags *diags, const char *truth, bool to_terminal)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE };
	const struct report plain = { .json = false };

	openlog("rampart", LOG_PID, LOG_DAEMON);
	for (size_t i = 0; i < diags->nr; i++) {
		struct buf line;

		format_diag(&diags->list[i], false, &line);
		syslog(priorities[diags->list[i].severity], "%s", line.data);
		buf_release(&line);
		if (to_terminal)
			print_diag(&plain, &diags->list[i]);
	}
	syslog(diags->errors ? LOG_ERR : LOG_WARNING, "%s", truth);
	closelog();
	if (to_terminal)
		fprintf(stderr, "rampart: %s\n", truth);
}

void report_diags(struct report *report, const struct diags *diags)
{
	for (size_t i = 0; i < diags->nr; i++)
		if (diags->list[i].severity == DIAG_ERROR || !report->quiet)
			print_diag(report, &diags->list[i]);
}

json_t *report_string(const char *text)
{
	struct buf escaped = BUF_INIT;
	json_t *string;

	text_escape(&escaped, text);
	string = json_string(buf_str(&escaped));
	buf_release(&escaped);
	return string;
}

static json_t *json_diag(const struct diag *diag)
{
	json_t *object = json_object();

	json_object_set_new(object, "severity", json_string(diag_severity_name(diag->severity)));
	if (diag->file)
		json_object_set_new(object, "file", report_string(diag->file));
	if (diag->line)
		json_object_set_new(object, "line", json_integer(diag->line));
	if (diag->template)
		json_object_set_new(object, "template", report_string(diag->template));
	json_object_set_new(object, "text", report_string(diag->text));
	return object;
}

void report_finish(struct report *report, const struct diags *diags, const char *truth)
{
	json_t *messages;

	if (!report->json) {
		report_diags(report, diags);
		if (truth)
			fprintf(stderr, "rampart: %s\n", truth);
		return;
	}
	messages = json_array();
	for (size_t i = 0; i < diags->nr; i++)
		json_array_append_new(messages, json_diag(&diags->list[i]));
	json_object_set_new(report->object, "messages", messages);
	if (truth)
		json_object_set_new(report->object, "truth", json_string(truth));
	json_dumpf(report->object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(report->object);
	report->object = NULL;
}

static void print_line(const char *fmt, va_list ap)
{
	struct buf line = BUF_INIT, escaped = BUF_INIT;

	buf_vaddf(&line, fmt, ap);
	text_escape(&escaped, buf_str(&line));
	puts(buf_str(&escaped));
	buf_release(&line);
	buf_release(&escaped);
}

void report_line(const struct report *report, const char *fmt, ...)
{
	va_list ap;

	if (report->json)
		return;
	va_start(ap, fmt);
	print_line(fmt, ap);
	va_end(ap);
}

void report_info(const struct report *report, const char *fmt, ...)
{
	va_list ap;

	if (report->json || report->quiet)
		return;
	va_start(ap, fmt);
	print_line(fmt, ap);
	va_end(ap);
}

void report_bytes(const struct report *report, const char *bytes, size_t len)
{
	if (!report->json)
		fwrite(bytes, 1, len, stdout);
}

void report_set(struct report *report, const char *key, json_t *value)
{
	if (report->json)
		json_object_set_new(report->object, key, value);
	else
		json_decref(value);
}
