#include "capture_internal.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "fs.h"
#include "payload.h"
#include "xalloc.h"

/* --- the scripts ------------------------------------------------------------------------- */

/* Where a script is in the host's view. A file given to validate stands in the highest layer. */
static char *host_path(const struct capture *capture, const struct dropin *dropin)
{
	const struct config *config = capture->ctx.config;
	const char *layer = dropin->layer ? dropin->layer : config->layers[config->nr_layers - 1];
	struct buf path = BUF_INIT;
	char *ret;

	buf_addf(&path, "%s/%s", layer, dropin->name);
	ret = fs_host_path(capture->ctx.fs, path.data);
	buf_release(&path);
	return ret;
}

static void collect(struct capture *capture)
{
	const struct dropin_list *list = capture->ctx.dropins;

	capture->script = xcalloc(list->nr + 1, sizeof(*capture->script));
	for (size_t i = 0; i < list->nr; i++) {
		struct script *script = &capture->script[capture->nr_scripts];

		if (list->v[i].kind != DROPIN_SCRIPT)
			continue;
		script->dropin = &list->v[i];
		script->host_path = host_path(capture, script->dropin);
		HASH_FIND_STR(capture->ctx.config->script_args, script->dropin->name, script->args);
		capture->nr_scripts++;
	}
}

/* Arguments for what is no script: a name that is misspelt, most likely. */
static void warn_unused_args(const struct capture *capture)
{
	for (const struct conf_args *args = capture->ctx.config->script_args; args;
	     args = args->hh.next) {
		bool used = false;

		for (size_t i = 0; i < capture->nr_scripts; i++)
			used |= capture->script[i].args == args;
		if (!used)
			diag_warning(capture->ctx.diags, &args->origin,
				     "script_args '%s': there is no script of that name: ignored",
				     args->name);
	}
}

struct capture *capture_new(const struct capture_context *context)
{
	struct capture *capture = xcalloc(1, sizeof(*capture));

	capture->ctx = *context;
	capture->ask_netns = capture->userns = -1;
	capture->sandbox = (struct sandbox)SANDBOX_INIT;
	capture->processor = (struct processor)PROCESSOR_INIT;
	collect(capture);
	warn_unused_args(capture);
	return capture;
}

static void release_script(struct script *script)
{
	ruleset_release(&script->view);
	free(script->modules.v);
	free(script->sysctls.v);
	free(script->host_path);
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	ask_close(capture);
	sandbox_close(&capture->sandbox);
	for (size_t i = 0; i < capture->nr_scripts; i++)
		release_script(&capture->script[i]);
	FOR_EACH_FAMILY(f) {
		free(capture->command[f].path);
		free(capture->restore[f].path);
	}
	buf_release(&capture->ipsets);
	buf_release(&capture->touched);
	buf_release(&capture->ipsets_before);
	buf_release(&capture->touched_before);
	free(capture->script);
	arena_release(&capture->arena);
	free(capture);
}

/* --- running ----------------------------------------------------------------------------- */

/* Messages of a run that is done all over again are its own. */
static int run_once(struct capture *capture, struct script *script, const struct wanted *wanted,
		    struct diags *ret_diags)
{
	struct diags *kept = capture->ctx.diags;
	int ret;

	capture->ctx.diags = ret_diags;
	script->doubt = script->failed = false;
	script->modules.nr = script->sysctls.nr = 0;
	ret = merge_start(capture, script, wanted);
	if (ret == 0)
		ret = session_run(capture, script);
	capture->ctx.diags = kept;
	return ret;
}

/* Nothing of the first run is there for the second. */
static int begin_again(struct capture *capture)
{
	ask_close(capture);
	sandbox_close(&capture->sandbox);
	capture->sandbox = (struct sandbox)SANDBOX_INIT;
	FOR_EACH_FAMILY(f) {
		free(capture->command[f].path);
		free(capture->restore[f].path);
	}
	buf_reset(&capture->ipsets);
	buf_reset(&capture->touched);
	buf_add(&capture->ipsets, buf_str(&capture->ipsets_before), capture->ipsets_before.len);
	buf_add(&capture->touched, buf_str(&capture->touched_before), capture->touched_before.len);
	return open_all(capture);
}

/* What an earlier script has made of the sets is there for this one, whichever run of it counts. */
static void remember(struct capture *capture)
{
	buf_reset(&capture->ipsets_before);
	buf_reset(&capture->touched_before);
	buf_add(&capture->ipsets_before, buf_str(&capture->ipsets), capture->ipsets.len);
	buf_add(&capture->touched_before, buf_str(&capture->touched), capture->touched.len);
}

static int run_script(struct capture *capture, struct script *script, const struct wanted *wanted)
{
	struct origin file = { script->dropin->path, 0, NULL };
	struct diags said = DIAGS_INIT;
	int ret;

	remember(capture);
	ret = run_once(capture, script, wanted, &said);
	if (script->doubt && !capture->ctx.careful) {
		diags_release(&said);
		said = (struct diags)DIAGS_INIT;
		capture->ctx.careful = true;
		ret = begin_again(capture);
		if (ret == 0)
			ret = run_once(capture, script, wanted, &said);
		capture->ctx.careful = false;
	}
	diags_move(capture->ctx.diags, &said);
	if (script->doubt) /* even with care: what it begins with can't be loaded */
		ret = diag_error(capture->ctx.diags, &file,
				 "what the drop-ins before it made can't be loaded for the "
				 "script: %s",
				 script->why_doubt[0] ? script->why_doubt : "no message");
	return ret < 0 || script->failed ? -1 : 0;
}

/* The sandbox's first process inherits the processor, and gives it to the shells. */
static int run_first(struct capture *capture, struct script *script, const struct wanted *wanted)
{
	int ret;

	processor_stay(&capture->processor);
	ret = open_all(capture);
	if (ret == 0) {
		script->ran = true;
		script->failed = run_script(capture, script, wanted) < 0;
	}
	processor_leave(&capture->processor);
	return ret;
}

int capture_add(struct capture *capture, const struct dropin *dropin, struct wanted *wanted)
{
	struct script *script = capture->script;

	while (script->dropin != dropin)
		script++;
	if (!script->ran && run_first(capture, script, wanted) < 0)
		return -1;
	return script->failed ? -1 : merge_result(capture, script, wanted);
}

bool capture_was_sure(const struct capture *capture)
{
	for (size_t i = 0; i < capture->nr_scripts; i++)
		if (capture->script[i].was_sure)
			return true;
	return false;
}

bool capture_is_script(const struct capture *capture, const char *file)
{
	for (size_t i = 0; i < capture->nr_scripts; i++)
		if (str_equal(capture->script[i].dropin->path, file))
			return true;
	return false;
}

static void describe_wishes(const struct wishes *wishes, struct buf *text)
{
	for (size_t i = 0; i < wishes->nr; i++)
		buf_addf(text, "%s=%s\n", wishes->v[i].name,
			 wishes->v[i].value ? wishes->v[i].value : "");
}

void capture_describe(const struct capture *capture, struct buf *text)
{
	static const struct payload_style plain = { false, 0 };

	for (size_t i = 0; i < capture->nr_scripts; i++) {
		const struct script *script = &capture->script[i];

		buf_addf(text, "%s\n", script->dropin->path);
		FOR_EACH_FAMILY(f) {
			struct payload payload = PAYLOAD_INIT;

			payload_render(&payload, &script->view, f, (1u << XTABLE_NR) - 1, &plain);
			buf_add(text, buf_str(&payload.text), payload.text.len);
			payload_release(&payload);
		}
		describe_wishes(&script->modules, text);
		describe_wishes(&script->sysctls, text);
	}
	ipset_wishes(capture, text);
}
