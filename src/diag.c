#include "base.h"
#include "diag.h"
#include "buf.h"
#include "xalloc.h"

/* A run over a hostile file must not eat the memory with its messages. Errors have room of their
 * own: a thousand warnings hide none. */
enum { DIAGS_MAX = 1000 };

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && str_equal(a, b));
}

static bool is_known(const struct diags *diags, const struct diag *diag)
{
	for (size_t i = 0; i < diags->nr; i++) {
		const struct diag *d = &diags->list[i];

		if (d->severity == diag->severity && d->line == diag->line &&
		    same_text(d->file, diag->file) && same_text(d->template, diag->template) &&
		    same_text(d->text, diag->text))
			return true;
	}
	return false;
}

static void diag_release(struct diag *diag)
{
	free(diag->file);
	free(diag->template);
	free(diag->text);
}

/* The drop-in's line is what the user can change: it comes first. */
static void set_place(struct diag *diag, const struct origin *origin)
{
	if (origin && origin->use) {
		struct buf at = BUF_INIT;

		buf_addf(&at, "%s:%u", origin->file, origin->line);
		diag->template = buf_detach(&at);
		origin = origin->use;
	}
	if (origin && origin->file) {
		diag->file = xstrdup(origin->file);
		diag->line = origin->line;
	}
}

static void add(struct diags *diags, enum diag_severity severity, const struct origin *origin,
		const char *fmt, va_list ap)
{
	struct diag diag = { .severity = severity };
	struct buf text = BUF_INIT;

	if (severity == DIAG_ERROR && diags->errors >= DIAGS_MAX) {
		diags->errors++;
		return;
	}
	if (severity != DIAG_ERROR && diags->nr - diags->errors >= DIAGS_MAX)
		return;
	set_place(&diag, origin);
	buf_vaddf(&text, fmt, ap);
	diag.text = buf_detach(&text);
	if (is_known(diags, &diag)) {
		diag_release(&diag);
		return;
	}
	diags->errors += severity == DIAG_ERROR;
	diags->warnings += severity == DIAG_WARNING;
	XGROW(diags->list, diags->nr, diags->cap);
	diags->list[diags->nr++] = diag;
}

bool diags_has_error_at(const struct diags *diags, const struct origin *origin)
{
	struct diag diag = { .severity = DIAG_ERROR };
	bool found = false;

	set_place(&diag, origin);
	for (size_t i = 0; i < diags->nr && !found; i++) {
		const struct diag *d = &diags->list[i];

		found = d->severity == DIAG_ERROR && d->line == diag.line &&
			same_text(d->file, diag.file) && same_text(d->template, diag.template);
	}
	diag_release(&diag);
	return found;
}

int diag_error(struct diags *diags, const struct origin *origin, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diags, DIAG_ERROR, origin, fmt, ap);
	va_end(ap);
	return -1;
}

void diag_warning(struct diags *diags, const struct origin *origin, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diags, DIAG_WARNING, origin, fmt, ap);
	va_end(ap);
}

void diag_note(struct diags *diags, const struct origin *origin, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diags, DIAG_NOTE, origin, fmt, ap);
	va_end(ap);
}

void diags_cut(struct diags *diags, size_t nth)
{
	while (diags->nr > nth) {
		struct diag *diag = &diags->list[--diags->nr];

		diags->errors -= diag->severity == DIAG_ERROR;
		diags->warnings -= diag->severity == DIAG_WARNING;
		diag_release(diag);
	}
}

void diags_move(struct diags *diags, struct diags *from)
{
	for (size_t i = 0; i < from->nr; i++) {
		struct diag *diag = &from->list[i];
		size_t others =
			diag->severity == DIAG_ERROR ? diags->errors : diags->nr - diags->errors;

		if (others >= DIAGS_MAX || is_known(diags, diag)) {
			diag_release(diag);
			continue;
		}
		diags->errors += diag->severity == DIAG_ERROR;
		diags->warnings += diag->severity == DIAG_WARNING;
		XGROW(diags->list, diags->nr, diags->cap);
		diags->list[diags->nr++] = *diag;
	}
	free(from->list);
	*from = (struct diags)DIAGS_INIT;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

static int by_place(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;
	int order = strcmp(base_name(x->file), base_name(y->file));

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

void diags_sort(struct diags *diags, size_t from)
{
	if (diags->nr > from + 1)
		qsort(diags->list + from, diags->nr - from, sizeof(*diags->list), by_place);
}

const char *diag_severity_name(enum diag_severity severity)
{
	static const char *const names[] = { "error", "warning", "note" };

	return names[severity];
}

void diags_release(struct diags *diags)
{
	for (size_t i = 0; i < diags->nr; i++)
		diag_release(&diags->list[i]);
	free(diags->list);
	*diags = (struct diags)DIAGS_INIT;
}
