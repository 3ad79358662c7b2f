#include "base.h"
#include "template_parse.h"
#include "diag.h"
#include "template.h"
#include "text.h"
#include "token.h"

enum { PARAMS_MAX = 64, DEFAULTS_MAX = 64 };

struct parse {
	struct template *template;
	struct arena *arena;
	struct diags *diags;
	struct origin origin;
	struct tokens tokens;
};

static int fail(struct parse *p, const char *text)
{
	return diag_error(p->diags, &p->origin, "%s", text);
}

/* Where a line's comment begins: len if there is none. */
static size_t comment_at(const char *line, size_t len)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (line[i] == '\\' && quoted && i + 1 < len)
			i++;
		if (line[i] == '#' && !quoted &&
		    (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
			return i;
	}
	return len;
}

static const char *comment_text(struct parse *p, const char *line, size_t len)
{
	size_t at = comment_at(line, len);

	while (at < len && (line[at] == '#' || line[at] == ' ' || line[at] == '\t'))
		at++;
	while (len > at && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return arena_strndup(p->arena, line + at, len - at);
}

/* Unquoted words of a default may hold the braces and commas of a list. */
static void add_default(struct parse *p, struct param *param, const struct token *token)
{
	const char *s = token->text;

	if (token->quoted) {
		param->value[param->nr_values++] = arena_strndup(p->arena, s, token->len);
		return;
	}
	while (*s && param->nr_values <= DEFAULTS_MAX) {
		size_t len = strcspn(s, "{},");

		if (len)
			param->value[param->nr_values++] = arena_strndup(p->arena, s, len);
		s += len + !!s[len];
	}
}

static int parse_default(struct parse *p, struct param *param, size_t at)
{
	const struct tokens *t = &p->tokens;
	bool braced = at < t->nr && t->v[at].text[0] == '{' && !t->v[at].quoted;
	const struct token *last = &t->v[t->nr - 1];

	if (at == t->nr)
		return fail(p, "default is missing behind '='");
	if (braced && (last->quoted || last->text[last->len - 1] != '}'))
		return fail(p, "list is not closed: '}' is missing");
	if (!braced && at + 1 < t->nr)
		return fail(p,
			    "a default of several words has to be quoted, a list braced: {a, b}");
	param->value = arena_alloc(p->arena, (DEFAULTS_MAX + 1) * sizeof(*param->value));
	for (; at < t->nr && param->nr_values <= DEFAULTS_MAX; at++)
		add_default(p, param, &t->v[at]);
	if (param->nr_values > DEFAULTS_MAX)
		return fail(p, "a default has at most 64 values");
	return 0;
}

/* param NAME TYPE [optional] [= DEFAULT] */
static int parse_words(struct parse *p, struct param *param)
{
	const struct tokens *t = &p->tokens;
	size_t at = 3;

	if (t->nr < 3)
		return fail(p, "not a parameter: 'param NAME TYPE [optional] [= DEFAULT] # help'");
	if (text_name_len(t->v[1].text, t->v[1].len) != t->v[1].len)
		return diag_error(p->diags, &p->origin,
				  "'%s' can't be a parameter's name: letters, digits and '_' only",
				  t->v[1].text);
	if (str_equal(t->v[1].text, "USE"))
		return fail(p, "'USE' can't be a parameter's name: every use has $USE");
	for (size_t i = 0; i < p->template->nr_params; i++)
		if (str_equal(p->template->param[i].name, t->v[1].text))
			return diag_error(p->diags, &p->origin, "parameter '%s' is there twice",
					  t->v[1].text);
	if (value_type_by_name(t->v[2].text, t->v[2].len, &param->type) < 0)
		return diag_error(p->diags, &p->origin,
				  "'%s' is not a type: iface, address, port, proto, number, rate, "
				  "string or chain",
				  t->v[2].text);
	param->name = arena_strdup(p->arena, t->v[1].text);
	param->optional = at < t->nr && str_equal(t->v[at].text, "optional");
	at += param->optional;
	param->required = at == t->nr && !param->optional;
	if (at == t->nr)
		return 0;
	if (!str_equal(t->v[at].text, "="))
		return diag_error(p->diags, &p->origin, "unexpected '%s': expected '= DEFAULT'",
				  t->v[at].text);
	return parse_default(p, param, at + 1);
}

/* Behind the brace or comma of a list a quote begins a word of its own: {"a b", c}. */
static const char *scan_words(struct parse *p, const char *line, size_t len)
{
	struct buf text = BUF_INIT;
	const char *error;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\' && quoted && i + 1 < len)
			buf_addc(&text, line[i++]);
		else if (line[i] == '"' && !quoted && i && strchr("{,", line[i - 1]))
			buf_addc(&text, ' ');
		quoted ^= line[i] == '"' && !(i && line[i - 1] == '\\' && quoted);
		buf_addc(&text, line[i]);
	}
	error = tokens_scan(&p->tokens, buf_str(&text), text.len, TOKENS_DROPIN);
	buf_release(&text);
	return error;
}

static int parse_param(struct parse *p, const char *line, size_t len)
{
	struct template *t = p->template;
	struct param param = { .line = p->origin.line };
	const char *error = scan_words(p, line, len);

	if (error)
		return fail(p, error);
	if (t->nr_params == PARAMS_MAX)
		return fail(p, "too many parameters");
	param.help = comment_text(p, line, len);
	if (parse_words(p, &param) < 0)
		return -1;
	for (size_t i = 0; i < param.nr_values; i++) {
		/* what a set holds, or whether names may be resolved, is known at the use only */
		bool later = param.value[i][0] == '$' || str_equal(param.value[i], "any");

		error = later ? NULL : value_check(param.type, param.value[i], true);
		if (error)
			return diag_error(p->diags, &p->origin, "default '%s' of '%s': %s",
					  param.value[i], param.name, error);
	}
	if (!param.required && !param.optional && !param.nr_values)
		return fail(p, "an empty default needs 'optional' before it");
	XGROW(t->param, t->nr_params, t->cap_params);
	t->param[t->nr_params++] = param;
	return 0;
}

static bool is_param(const char *line, size_t len)
{
	return len > 6 && memcmp(line, "param", 5) == 0 && (line[5] == ' ' || line[5] == '\t');
}

int template_parse(struct template *template, struct arena *arena, struct diags *diags)
{
	struct parse p = { .template = template,
			   .arena = arena,
			   .diags = diags,
			   .origin = { template->path, 0, NULL },
			   .tokens = TOKENS_INIT };
	char *line = template->body.data, *end = line + template->body.len;
	bool in_body = false;
	int ret = 0;

	template->help = "";
	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);
		size_t text = len && line[len - 1] == '\r' ? len - 1 : len;

		p.origin.line++;
		if (is_param(line, text)) {
			if (in_body)
				ret = fail(&p, "parameters stand before the first rule");
			else if (parse_param(&p, line, text) < 0)
				ret = -1;
			memset(line, ' ', text);
		} else if (text && line[0] == '#') {
			if (!template->help[0])
				template->help = comment_text(&p, line, text);
		} else if (line[strspn(line, " \t\r")] != '\n') {
			in_body = true;
		}
		line += len + 1;
	}
	tokens_release(&p.tokens);
	return ret;
}
