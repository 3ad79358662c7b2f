#include <limits.h>

#include "base.h"
#include "import.h"
#include "diag.h"
#include "options.h"
#include "pipeline.h"
#include "place.h"
#include "proof.h"
#include "text.h"
#include "xalloc.h"

/*
 * A script runs where it is, under its own name: it may look at what lies beside it. That is a
 * path of the host: only the baseline is below --root.
 */
static int place_script(struct pipeline *p, const struct import_job *job)
{
	struct dropin *dropin = &p->dropins.v[0];
	struct origin origin = { job->file, 0, NULL };
	struct buf dir = BUF_INIT;
	char path[PATH_MAX];
	int ret = 0;

	buf_add(&dir, job->file, (size_t)(job->name - job->file));
	buf_addc(&dir, '.');
	if (realpath(dir.data, path)) {
		dropin->layer = arena_strdup(&p->arena, str_equal(path, "/") ? "" : path);
		free(dropin->name);
		dropin->name = xstrdup(job->name);
		fs_release(&p->fs);
		ret = fs_init(&p->fs, NULL, false, p->diags);
	} else {
		ret = diag_error(p->diags, &origin, "%s", strerror(errno));
	}
	buf_release(&dir);
	return ret;
}

/* The file as the only drop-in, under a baseline that says nothing about rules of its own. What a
 * script wants beside rules is none of them: import_leave() says so. */
static void set_config(struct config *config)
{
	config->nr_layers = 0;
	config->origin_comments = false;
	for (size_t i = 0; i < CONFIG_POLICIES; i++)
		config->policy[i].value = NULL;
	patterns_add(&config->allow_modprobe, "*");
	patterns_add(&config->allow_sysctl, "*");
}

static int compile(struct pipeline *p, struct import_job *job)
{
	struct candidate candidate = {
		.name = job->read_as,
		.path = job->file,
		.text = buf_str(&job->text),
		.len = job->text.len,
	};
	int ret;

	p->candidates = &candidate;
	p->nr_candidates = 1;
	ret = pipeline_discover(p);
	p->candidates = NULL;
	p->nr_candidates = 0;
	if (ret < 0 || (job->kind == IMPORT_SCRIPT && place_script(p, job) < 0) ||
	    pipeline_compile(p) < 0)
		return -1;
	/* for what a script goes by, the kernel's word counts */
	if (job->kind == IMPORT_SCRIPT && (pipeline_place(p, true) < 0 || pipeline_prove(p) < 0))
		return -1;
	return 0;
}

/* In the kernel's own spelling. 1: there are no namespaces here to ask it. */
static int canonical_of(struct pipeline *p, struct ruleset *rules, struct ruleset *ret_canonical)
{
	unsigned int tables[FAMILY_NR] = { 0 };
	struct ruleset placed = RULESET_INIT;
	int ret = place_rules(rules, &p->config, NULL, UNKNOWN_IS_FOREIGN, &placed, p->diags);

	place_tables(&placed, tables);
	if (ret == 0) {
		switch (proof_run(&p->kernel, p->ipsets, &placed, tables, ret_canonical, NULL,
				  p->diags)) {
		case PROOF_OK: break;
		case PROOF_IMPOSSIBLE: ret = 1; break;
		case PROOF_REFUSED: ret = -1; break;
		}
	}
	ruleset_release(&placed);
	return ret;
}

/*
 * The text has to make the rules that it was made of. Where it spells them differently, only the
 * kernel knows.
 */
static int verify(struct pipeline *p, struct import_job *job, const struct import *import)
{
	struct ruleset again = RULESET_INIT, a = RULESET_INIT, b = RULESET_INIT;
	struct origin origin = { job->file, 0, NULL };
	int ret = import_parse(&again, &p->config, import->families, job->made.data, job->made.len);

	if (ret == 0 && import_is_same(&p->wanted, &again))
		goto out;
	if (ret == 0 && !p->kernel.ops)
		ret = pipeline_kernel(p);
	if (ret == 0)
		ret = canonical_of(p, &p->wanted, &a);
	if (ret == 0)
		ret = canonical_of(p, &again, &b);
	if (ret > 0) {
		diag_warning(p->diags, &origin,
			     "imported, but not compared with its rules: no network namespace can "
			     "be made here: %s",
			     strerror(errno));
		ret = 0;
	} else if (ret < 0 || !import_is_same(&a, &b)) {
		ret = diag_error(p->diags, &origin, "what was made of it makes other rules");
	}
out:
	ruleset_release(&again);
	ruleset_release(&a);
	ruleset_release(&b);
	return ret;
}

/* "KIND\tFILE:LINE\tNAME\tVALUE": see wish.h. */
static void leave_wish(struct import *import, char *line)
{
	const char *kind = strsep(&line, "\t"), *name;
	char *place = line ? strsep(&line, "\t") : NULL,
	     *colon = place ? strrchr(place, ':') : NULL;
	struct origin origin = { place, 0, NULL };
	struct buf what = BUF_INIT;
	unsigned long number = 0;

	if (!line || !colon)
		return;
	*colon = '\0';
	(void)text_number(colon + 1, 0, UINT32_MAX, &number);
	origin.line = (unsigned int)number;
	name = strsep(&line, "\t");
	if (str_equal(kind, "module"))
		buf_addf(&what, "modprobe %s", name);
	else if (str_equal(kind, "ipset"))
		buf_addf(&what, "ipset %s", line ? line : "");
	else
		buf_addf(&what, "%s = %s", name, line ? line : "");
	import_leave(import, &origin, what.data);
	buf_release(&what);
}

static void leave_wishes(struct pipeline *p, struct import *import)
{
	struct buf lines = BUF_INIT;
	char *rest;

	if (p->capture)
		capture_wishes(p->capture, &lines);
	rest = lines.data;
	while (rest && *rest)
		leave_wish(import, strsep(&rest, "\n"));
	buf_release(&lines);
}

static int render(struct pipeline *p, struct import_job *job, const struct config *baseline)
{
	/* to standard output: who knows what the file will be called */
	const char *name = p->options->output ? job->dropin : "";
	struct import import;
	int ret = 0;

	import_init(&import, job->file, name, job->kind, &job->text, baseline, p->diags);
	leave_wishes(p, &import);
	import_render(&import, &p->wanted, &job->made);
	memcpy(job->nr_rules, import.nr_rules, sizeof(job->nr_rules));
	if (!import.nr_lost)
		ret = verify(p, job, &import);
	import_release(&import);
	return ret;
}

int import_run(struct import_job *job, const struct options *options, struct diags *diags)
{
	struct config baseline;
	struct pipeline p;
	int ret = -1;

	if (pipeline_open(&p, options, geteuid() == 0, diags) < 0 || pipeline_baseline(&p) < 0)
		goto out;
	baseline = p.config;
	set_config(&p.config);
	if (compile(&p, job) == 0)
		ret = render(&p, job, &baseline);
out:
	pipeline_release(&p);
	return ret;
}
