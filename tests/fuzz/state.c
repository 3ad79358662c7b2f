/*
 * A state file. What is read and written again reads the same.
 */
#include "base.h"
#include "common.h"
#include "state.h"
#include "state_text.h"

static int parse(struct state *state, const char *text, size_t len, struct diags *diags)
{
	return state_text_parse(state, text, len, true, "current", diags);
}

static void release(struct state *state)
{
	ruleset_release(&state->set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state = STATE_INIT, again = STATE_INIT, header = STATE_INIT;
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct diags diags = DIAGS_INIT;
	char *text = fuzz_text(data, size);
	int ret = parse(&state, text, size, &diags);

	fuzz_check_diags(&diags, ret, "current", text, size);
	if (ret == 0) {
		state_text_format(&state, &first);
		ret = parse(&again, buf_str(&first), first.len, &diags);
		FUZZ_CHECK(ret == 0, "line %u of\n%s", diags.list[0].line, buf_str(&first));
		state_text_format(&again, &second);
		FUZZ_CHECK(str_equal(buf_str(&first), buf_str(&second)), "\n%s---\n%s",
			   buf_str(&first), buf_str(&second));
	}
	(void)state_text_parse(&header, text, size, false, "current", &diags);
	release(&state);
	release(&again);
	release(&header);
	buf_release(&first);
	buf_release(&second);
	diags_release(&diags);
	free(text);
	return 0;
}
