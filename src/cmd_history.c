#include "base.h"
#include "command.h"
#include "diag.h"
#include "generation.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"
#include "ruleset.h"

static void report_generation(struct report *report, const struct generation *g,
			      const struct state *state, json_t *list)
{
	const char *status = generation_status_name(g->status);
	json_t *object = json_object();
	size_t rules = 0;

	FOR_EACH_FAMILY(f)
		rules += ruleset_count_rules(&state->set, f);
	report_line(report, "%c %4u  %-8s  %s  %-6s  %-9s  %6zu  %s", g->current ? '*' : ' ',
		    g->number, status, state->applied, kernel_kind_name(state->backend),
		    ownership_name(state->ownership), rules, state->by);
	json_object_set_new(object, "generation", json_integer((json_int_t)g->number));
	json_object_set_new(object, "status", json_string(status));
	json_object_set_new(object, "current", json_boolean(g->current));
	json_object_set_new(object, "applied", json_string(state->applied));
	json_object_set_new(object, "by", report_string(state->by));
	json_object_set_new(object, "backend", json_string(kernel_kind_name(state->backend)));
	json_object_set_new(object, "ownership", json_string(ownership_name(state->ownership)));
	json_object_set_new(object, "rules", json_integer((json_int_t)rules));
	json_object_set_new(object, "inputs", json_string(state->inputs));
	json_object_set_new(object, "version", report_string(state->version));
	json_array_append_new(list, object);
}

static int run(struct pipeline *p, struct report *report)
{
	struct generations list = GENERATIONS_INIT;
	json_t *objects = json_array();
	int ret = EXIT_TROUBLE;

	if (pipeline_baseline(p) == 0 &&
	    state_read_header(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) == 0 &&
	    generation_list(&p->fs, &p->config, &p->current, &list, p->diags) == 0)
		ret = EXIT_DONE;
	if (ret == EXIT_DONE && !list.nr)
		report_info(report, "no generations: nothing applied yet");
	else if (ret == EXIT_DONE)
		report_info(report, "   gen  status    applied               kernel  ownership   "
				    "rules  by");
	for (size_t i = 0; ret == EXIT_DONE && i < list.nr; i++) {
		struct state state = STATE_INIT;

		/* one that can't be read hides none of the others */
		if (generation_read(&p->fs, &p->config, &list.v[i], &state, p->diags) == 0 &&
		    state.exists)
			report_generation(report, &list.v[i], &state, objects);
		state_release(&state);
	}
	report_set(report, "generations", objects);
	report_finish(report, p->diags, NULL);
	generations_release(&list);
	return ret == EXIT_DONE && p->diags->errors ? EXIT_TROUBLE : ret;
}

int cmd_history(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret = command_need_root(diags);

	if (ret != EXIT_DONE) {
		report_finish(report, diags, NULL);
		return ret;
	}
	if (pipeline_open(&p, options, true, diags) < 0) {
		report_finish(report, diags, NULL);
		ret = EXIT_TROUBLE;
	} else {
		ret = run(&p, report);
	}
	pipeline_release(&p);
	return ret;
}
