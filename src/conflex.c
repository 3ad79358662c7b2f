#include "base.h"
#include "conflex.h"
#include "diag.h"

#define FROM_ENVIRONMENT "'${...}' would be read from the environment: write $NAME for a set"

static int fail(const struct conflex *lex, const char *text)
{
	return diag_error(lex->diags, &lex->origin, "%s", text);
}

bool conflex_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What libconfuse takes as part of an unquoted word; a slash needs a look ahead. */
bool conflex_is_bare(const char *p)
{
	if (*p == '/')
		return p[1] && p[1] != '/' && conflex_is_bare(p + 1);
	return (unsigned char)*p > ' ' && *p != 0x7f && !strchr("#\"'={}()+,*;", *p);
}

static void blank_until(struct conflex *lex, size_t end)
{
	for (; lex->at < end; lex->at++) {
		if (lex->text[lex->at] == '\n')
			lex->origin.line++;
		else
			lex->text[lex->at] = ' ';
	}
}

int conflex_comment(struct conflex *lex)
{
	const char *p = lex->text + lex->at;
	const char *end;

	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		if (!end)
			return fail(lex, "comment is not closed: '*/' is missing");
		end += 2;
	} else {
		end = p + strcspn(p, "\n");
	}
	blank_until(lex, (size_t)(end - lex->text));
	return 0;
}

bool conflex_at_comment(const struct conflex *lex)
{
	const char *p = lex->text + lex->at;

	return p[0] == '#' || (p[0] == '/' && (p[1] == '/' || p[1] == '*'));
}

/* In a double-quoted string at a backslash: what libconfuse would cut off or choke on. */
static const char *bad_escape(const char *p)
{
	unsigned long value;
	char *end, digits[4] = "";

	if (p[1] == 'x') {
		memcpy(digits, p + 2, strnlen(p + 2, 2));
		value = strtoul(digits, &end, 16);
		if (end == digits)
			return NULL;
	} else if (p[1] >= '0' && p[1] <= '9') {
		size_t octal = strspn(p + 1, "01234567");

		memcpy(digits, p + 1, octal > 3 ? 3 : octal);
		value = strtoul(digits, &end, 8);
		if (!octal || value > 0xff || p[1 + octal] == '8' || p[1 + octal] == '9')
			return "bad escape sequence in a quoted value";
	} else {
		return NULL;
	}
	return value ? NULL : "a value can't hold a NUL byte";
}

/* At an opening quote; leaves at behind the closing one. */
static int skip_quoted(struct conflex *lex)
{
	char quote = lex->text[lex->at];
	struct origin start = lex->origin;

	for (lex->at++; lex->text[lex->at] && lex->text[lex->at] != quote; lex->at++) {
		const char *p = lex->text + lex->at;

		if (quote == '"' && p[0] == '$' && p[1] == '{')
			return fail(lex, FROM_ENVIRONMENT ", or use single quotes");
		if (p[0] == '\\' && p[1]) {
			const char *error = quote == '"' ? bad_escape(p) : NULL;

			if (error)
				return fail(lex, error);
			lex->at++;
		}
		if (lex->text[lex->at] == '\n')
			lex->origin.line++;
	}
	if (!lex->text[lex->at])
		return diag_error(lex->diags, &start, "quoted value is not closed");
	lex->at++;
	if (conflex_is_bare(lex->text + lex->at) || lex->text[lex->at] == '"' ||
	    lex->text[lex->at] == '\'')
		return fail(lex, "text behind a closing quote");
	return 0;
}

static int skip_bare(struct conflex *lex)
{
	const char *p;

	while (conflex_is_bare(lex->text + lex->at))
		lex->at++;
	p = lex->text + lex->at;
	if (*p == '{' && p[-1] == '$')
		return fail(lex, FROM_ENVIRONMENT);
	if (*p && !conflex_is_blank(*p) && !strchr("={},", *p) && !(p[0] == '+' && p[1] == '='))
		return diag_error(lex->diags, &lex->origin,
				  "'%c' has to be quoted: write the whole value in double quotes",
				  *p);
	return 0;
}

int conflex_word(struct conflex *lex, bool *ret_quoted)
{
	char c = lex->text[lex->at];

	*ret_quoted = c == '"' || c == '\'';
	return *ret_quoted ? skip_quoted(lex) : skip_bare(lex);
}
