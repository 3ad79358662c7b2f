#include <xxhash.h>

#include "base.h"
#include "pipeline.h"
#include "version.h"

static void hash_text(XXH3_state_t *state, const char *text)
{
	XXH3_128bits_update(state, text, strlen(text) + 1);
}

static void hash_format(XXH128_hash_t hash, char ret_text[HASH_TEXT])
{
	snprintf(ret_text, HASH_TEXT, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

void pipeline_hash_captured(struct pipeline *p)
{
	struct buf text = BUF_INIT;

	p->captured[0] = '\0';
	if (!p->capture)
		return;
	capture_describe(p->capture, &text);
	hash_format(XXH3_128bits(buf_str(&text), text.len), p->captured);
	buf_release(&text);
}

void pipeline_hash(struct pipeline *p, enum backend_kind kind)
{
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	p->inputs[0] = '\0';
	if (!state)
		return;
	XXH3_128bits_reset(state);
	hash_text(state, RAMPART_VERSION);
	hash_text(state, kernel_kind_name(kind));
	hash_text(state, p->config.file);
	XXH3_128bits_update(state, buf_str(&p->baseline), p->baseline.len + 1);
	for (size_t i = 0; i < p->dropins.nr; i++) {
		hash_text(state, p->dropins.v[i].path);
		XXH3_128bits_update(state, buf_str(&p->dropins.v[i].text),
				    p->dropins.v[i].text.len + 1);
	}
	template_store_hash(&p->templates, state);
	hash = XXH3_128bits_digest(state);
	hash_format(hash, p->inputs);
	XXH3_freeState(state);
}
