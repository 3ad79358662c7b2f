#include "base.h"
#include "state.h"
#include "buf.h"
#include "patterns.h"
#include "xalloc.h"

static const char chain_key[] = "preserve ", rule_key[] = "preserve-rule ";

static void add_lines(struct buf *buf, const char *key, const struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->nr; i++)
		buf_addf(buf, "%s%s\n", key, patterns->v[i]);
}

void state_set_preserved(struct state *state, const struct config *config)
{
	struct buf text = BUF_INIT;

	state->preserved = NULL;
	if (state->ownership != OWNERSHIP_EXCLUSIVE)
		return;
	add_lines(&text, chain_key, &config->preserve);
	add_lines(&text, rule_key, &config->preserve_rules);
	if (text.len)
		state->preserved = arena_strdup(&state->set.arena, text.data);
	buf_release(&text);
}

static void add_all(struct patterns *to, const struct patterns *from)
{
	for (size_t i = 0; i < from->nr; i++)
		patterns_add(to, from->v[i]);
}

static void add_line(struct config *config, const char *line, size_t len)
{
	bool chain = str_starts(line, chain_key);
	size_t key = strlen(chain ? chain_key : rule_key);
	char *pattern;

	if (len < key)
		return;
	pattern = xstrndup(line + key, len - key);
	patterns_add(chain ? &config->preserve : &config->preserve_rules, pattern);
	free(pattern);
}

void config_then(struct config *ret_config, const struct config *now, const struct state *state)
{
	*ret_config = *now;
	ret_config->preserve = (struct patterns)PATTERNS_INIT;
	ret_config->preserve_rules = (struct patterns)PATTERNS_INIT;
	add_all(&ret_config->preserve, &now->preserve);
	add_all(&ret_config->preserve_rules, &now->preserve_rules);
	for (const char *line = state->preserved; line && *line;) {
		size_t len = strcspn(line, "\n");

		add_line(ret_config, line, len);
		line += len + !!line[len];
	}
}

void config_then_release(struct config *config)
{
	patterns_release(&config->preserve);
	patterns_release(&config->preserve_rules);
}
