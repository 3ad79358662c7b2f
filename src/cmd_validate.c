#include "base.h"
#include "command.h"
#include "diag.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"

static int finish(struct pipeline *p, struct report *report, int ret, const char *result)
{
	report_set(report, "result", json_string(result));
	report_finish(report, p->diags,
		      ret == EXIT_TROUBLE ? "not valid; nothing was changed" : NULL);
	return ret;
}

/* The drop-in that a file stands for: --as NAME, or its own name. */
static int take_name(struct pipeline *p, const char *file, struct candidate *candidate)
{
	const char *slash = strrchr(file, '/');
	const char *name = p->options->as ? p->options->as : slash ? slash + 1 : file;
	struct origin origin = { file, 0, NULL };
	const char *error =
		strchr(name, '/') ? "a drop-in's name holds no '/'" : dropin_name_check(name);

	candidate->name = name;
	if (error)
		return diag_error(p->diags, &origin, "%s; say --as NAME.rules", error);
	/* the name that the user knows, not that of a manager's temporary file */
	candidate->path = file;
	if (p->options->as) {
		struct buf path = BUF_INIT;

		buf_addf(&path, "%s/%s", p->config.layers[p->config.nr_layers - 1], name);
		candidate->path = arena_strdup(&p->arena, path.data);
		buf_release(&path);
	}
	return 0;
}

/* FILE is the caller's own and need not be trusted as a layer's file. "-": standard input. */
static int take_file(struct pipeline *p, const char *file, struct candidate *candidate)
{
	struct origin origin = { file, 0, NULL };
	bool standard = str_equal(file, "-");
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	struct buf text = BUF_INIT;
	int ret = 0;

	if (fd < 0 || fs_read_fd(fd, &text) < 0) {
		ret = diag_error(p->diags, &origin, "%s", strerror(errno));
	} else {
		candidate->text = arena_strndup(&p->arena, buf_str(&text), text.len);
		candidate->len = text.len;
		ret = take_name(p, file, candidate);
	}
	if (fd >= 0 && !standard)
		close(fd);
	buf_release(&text);
	return ret;
}

/* Two files can't stand for one drop-in. */
static int check_names(struct pipeline *p)
{
	int ret = 0;

	for (size_t i = 1; i < p->nr_candidates; i++) {
		const struct candidate *one = &p->candidates[i];
		struct origin origin = { one->path, 0, NULL };

		for (size_t j = 0; j < i && one->name; j++)
			if (p->candidates[j].name && str_equal(p->candidates[j].name, one->name)) {
				ret = diag_error(p->diags, &origin,
						 "stands for the drop-in '%s', as '%s' does",
						 one->name, p->candidates[j].path);
				break;
			}
	}
	return ret;
}

static int take_candidates(struct pipeline *p)
{
	const struct options *o = p->options;
	int ret = 0;

	p->candidates = arena_alloc(&p->arena, o->nr_args * sizeof(*p->candidates));
	for (size_t i = 0; i < o->nr_args; i++)
		if (take_file(p, o->args[i], &p->candidates[p->nr_candidates++]) < 0)
			ret = -1;
	return ret < 0 ? ret : check_names(p);
}

/* What apply would say about chains of others: only on the host itself, and as root. */
static int check_against_live(struct pipeline *p)
{
	struct transaction tx = pipeline_transaction(p);
	struct look look = LOOK_INIT;
	int ret = transaction_look(&tx, &look, p->diags);

	look_release(&look);
	return ret;
}

static json_t *rule_counts(const struct pipeline *p)
{
	json_t *counts = json_object();

	FOR_EACH_FAMILY(f)
		json_object_set_new(
			counts, family_name(f),
			json_integer((json_int_t)ruleset_count_rules(&p->canonical, f)));
	return counts;
}

static int prove(struct pipeline *p, struct report *report, bool on_host)
{
	int proof;

	if (p->options->parse_only) {
		report_info(report, "parsed, not proven");
		return finish(p, report, EXIT_DONE, "parsed");
	}
	proof = pipeline_prove(p);
	if (proof > 0) {
		diag_error(p->diags, NULL,
			   "parsed, not proven: no network namespace can be made here (%s); "
			   "--parse-only says that this is enough",
			   strerror(errno));
		return finish(p, report, EXIT_NO_PERMISSION, "parsed");
	}
	if (proof < 0 || (on_host && check_against_live(p) < 0))
		return finish(p, report, EXIT_TROUBLE, "refused");
	report_set(report, "backend", json_string(kernel_kind_name(p->kernel.kind)));
	report_set(report, "dropins", json_integer((json_int_t)p->dropins.nr));
	report_set(report, "rules", rule_counts(p));
	report_info(report, "valid (%s); drop-ins: %zu, rules: ipv4 %zu, ipv6 %zu",
		    kernel_kind_name(p->kernel.kind), p->dropins.nr,
		    ruleset_count_rules(&p->canonical, FAMILY_IPV4),
		    ruleset_count_rules(&p->canonical, FAMILY_IPV6));
	return finish(p, report, EXIT_DONE, "valid");
}

static int run(struct pipeline *p, struct report *report)
{
	bool on_host = geteuid() == 0 && !p->options->root;

	if (pipeline_baseline(p) < 0 || pipeline_kernel(p) < 0 || take_candidates(p) < 0 ||
	    pipeline_discover(p) < 0 || (on_host && pipeline_state(p) < 0) ||
	    pipeline_compile(p) < 0 || (on_host && pipeline_live(p) < 0) ||
	    pipeline_place(p, false) < 0)
		return finish(p, report, EXIT_TROUBLE, "not valid");
	return prove(p, report, on_host);
}

int cmd_validate(const struct options *options, struct report *report, struct diags *diags)
{
	struct pipeline p;
	int ret;

	if (options->as && options->nr_args != 1) {
		diag_error(diags, NULL, "--as takes exactly one FILE");
		report_finish(report, diags, NULL);
		return EXIT_BAD_USAGE;
	}
	if (pipeline_open(&p, options, geteuid() == 0, diags) < 0)
		ret = finish(&p, report, EXIT_TROUBLE, "not valid");
	else
		ret = run(&p, report);
	pipeline_release(&p);
	return ret;
}
