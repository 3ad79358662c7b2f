#include <limits.h>

#include "base.h"
#include "pipeline.h"
#include "hosts.h"
#include "ipset.h"
#include "lint.h"
#include "listing.h"
#include "live.h"
#include "place.h"
#include "proof_reduced.h"
#include "version.h"

#ifndef DEFAULT_SYSCONFDIR
#define DEFAULT_SYSCONFDIR "/etc"
#endif

static const char *const default_baseline = DEFAULT_SYSCONFDIR "/rampart/rampart.conf";

/* -c FILE, absolute: below --root if that is given, else as the shell would have it. */
static const char *baseline_path(struct pipeline *p)
{
	const char *given = p->options->baseline;
	char cwd[PATH_MAX];
	struct buf path = BUF_INIT;
	const char *ret;

	if (!given)
		return default_baseline;
	if (given[0] == '/')
		return given;
	if (p->options->root || !getcwd(cwd, sizeof(cwd)))
		cwd[0] = '\0';
	buf_addf(&path, "%s/%s", cwd, given);
	ret = arena_strdup(&p->arena, path.data);
	buf_release(&path);
	return ret;
}

static int read_baseline(struct pipeline *p)
{
	const char *path = baseline_path(p);
	struct origin origin = { path, 0, NULL };
	int fd, ret;

	if (fs_open(&p->fs, path, O_RDONLY, &fd, p->diags) < 0)
		return -1;
	p->config.file = path;
	if (fd < 0) /* a host without a baseline has the defaults */
		return p->options->baseline ?
			       diag_error(p->diags, &origin, "%s", strerror(ENOENT)) :
			       0;
	ret = fs_read_fd(fd, &p->baseline) < 0 ?
		      diag_error(p->diags, &origin, "%s", strerror(errno)) :
		      0;
	close(fd);
	if (ret < 0)
		return -1;
	return config_parse(&p->config, buf_str(&p->baseline), p->baseline.len, path, p->diags);
}

int pipeline_open(struct pipeline *p, const struct options *options, bool trust_owner,
		  struct diags *diags)
{
	*p = (struct pipeline){
		.options = options, .diags = diags, .current = STATE_INIT, .begun = STATE_INIT
	};
	config_init(&p->config);
	template_store_init(&p->templates, &p->config, &p->fs);
	p->ipsets = ipsets_new(geteuid() == 0);
	p->hosts = hosts_new();
	return fs_init(&p->fs, options->root, trust_owner, diags);
}

int pipeline_baseline(struct pipeline *p)
{
	const struct options *options = p->options;
	int ret = read_baseline(p);

	/* a boot goes on with the rest of a broken one */
	if (options->backend >= 0)
		p->config.backend = (enum backend_choice)options->backend;
	for (size_t i = 0; i < options->nr_adopt; i++)
		patterns_add(&p->config.adopt, options->adopt[i]);
	return ret;
}

int pipeline_kernel(struct pipeline *p)
{
	return kernel_init(&p->kernel, (int)p->config.backend, p->config.families, p->diags);
}

int pipeline_discover(struct pipeline *p)
{
	return discover(&p->config, &p->fs, p->candidates, p->nr_candidates, &p->dropins, p->diags);
}

int pipeline_state(struct pipeline *p)
{
	if (state_read(&p->fs, &p->config, STATE_CURRENT, &p->current, p->diags) < 0 ||
	    state_read(&p->fs, &p->config, STATE_BEGUN, &p->begun, p->diags) < 0)
		return -1;
	return 0;
}

/* A save of this or another host, in the place of the kernel. */
static int live_from_file(struct pipeline *p)
{
	struct origin origin = { p->options->live, 0, NULL };
	int fd = open(p->options->live, O_RDONLY | O_CLOEXEC);
	struct buf text = BUF_INIT;
	int ret = 0;

	if (fd < 0 || fs_read_fd(fd, &text) < 0)
		ret = diag_error(p->diags, &origin, "%s", strerror(errno));
	else
		ret = listing_parse_file(&p->live, p->tables, p->options->live, buf_str(&text),
					 text.len, p->diags);
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	return ret;
}

int pipeline_live(struct pipeline *p)
{
	place_tables(&p->wanted, p->tables);
	place_tables(&p->current.set, p->tables);
	place_tables(&p->begun.set, p->tables);
	FOR_EACH_FAMILY(f)
		p->tables[f] |= p->current.taken[f];
	p->live_known = true;
	if (p->options->live)
		return live_from_file(p);
	return live_chains(&p->kernel, p->tables, &p->live, p->diags);
}

int pipeline_place(struct pipeline *p, bool unknown_is_foreign)
{
	int ret;

	p->unknown_is_foreign = unknown_is_foreign;
	ret = place_rules(&p->wanted, &p->config, p->live_known ? &p->live : NULL,
			  unknown_is_foreign ? UNKNOWN_IS_FOREIGN : UNKNOWN_IS_ERROR, &p->placed,
			  p->diags);

	if (ret == 0)
		ret = lint_ruleset(&p->placed, p->diags);
	return ret;
}

static void forget(struct ruleset **sets, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		ruleset_release(sets[i]);
		*sets[i] = (struct ruleset)RULESET_INIT;
	}
}

/* All but what is live; and what scripts came to, whose rules are in it. */
static void forget_made(struct pipeline *p)
{
	struct ruleset *sets[] = { &p->canonical, &p->placed, &p->wanted };

	proven_release(&p->proven);
	forget(sets, ARRAY_SIZE(sets));
	capture_free(p->capture);
	p->capture = NULL;
}

static int prove(struct pipeline *p)
{
	unsigned int tables[FAMILY_NR] = { 0 };

	place_tables(&p->placed, tables);
	switch (proof_run_reduced(&p->fs, &p->kernel, p->ipsets, &p->placed, tables, p->remember,
				  &p->canonical, &p->proven, p->diags)) {
	case PROOF_OK: return 0;
	case PROOF_IMPOSSIBLE: return 1;
	case PROOF_REFUSED: break;
	}
	return -1;
}

/* Is one of the messages from the nth on about a script's rule that had seemed certain? */
static bool was_wrongly_sure(const struct pipeline *p, size_t from)
{
	if (!p->capture || p->careful || !capture_was_sure(p->capture))
		return false;
	for (size_t i = from; i < p->diags->nr; i++)
		if (p->diags->list[i].file && capture_is_script(p->capture, p->diags->list[i].file))
			return true;
	return false;
}

int pipeline_prove(struct pipeline *p)
{
	size_t before = p->diags->nr;
	int ret = prove(p);

	if (ret >= 0 || !was_wrongly_sure(p, before))
		return ret;
	diags_cut(p->diags, before);
	p->careful = true;
	p->compiled = false;
	forget_made(p);
	if (pipeline_compile(p) < 0 || pipeline_place(p, p->unknown_is_foreign) < 0)
		return -1;
	return prove(p);
}

struct transaction pipeline_transaction(struct pipeline *p)
{
	struct transaction tx = {
		.config = &p->config,
		.fs = &p->fs,
		.kernel = &p->kernel,
		.ownership = p->config.ownership,
		.wanted = &p->canonical,
		.proven = &p->proven,
		.old = &p->current,
		.begun = p->begun.exists ? &p->begun.set : NULL,
		.live = p->options->live ? &p->live : NULL,
		.take_over = p->options->take_over,
		.version = RAMPART_VERSION,
	};

	memcpy(tx.tables, p->tables, sizeof(tx.tables));
	memcpy(tx.inputs, p->inputs, sizeof(tx.inputs));
	memcpy(tx.captured, p->captured, sizeof(tx.captured));
	return tx;
}

struct transaction pipeline_applied(struct pipeline *p)
{
	struct transaction tx = pipeline_transaction(p);

	tx.wanted = &p->current.set;
	tx.ownership = p->current.ownership;
	FOR_EACH_FAMILY(f)
		tx.tables[f] = p->current.tables[f] | p->begun.tables[f];
	return tx;
}

void pipeline_forget_rules(struct pipeline *p)
{
	struct ruleset *sets[] = { &p->canonical, &p->placed, &p->live, &p->wanted };

	proven_release(&p->proven);
	forget(sets, ARRAY_SIZE(sets));
	p->compiled = false;
}

void pipeline_release(struct pipeline *p)
{
	pipeline_forget_rules(p);
	capture_free(p->capture);
	state_release(&p->current);
	state_release(&p->begun);
	ipsets_free(p->ipsets);
	hosts_free(p->hosts);
	template_store_release(&p->templates);
	dropin_list_release(&p->dropins);
	kernel_release(&p->kernel);
	config_release(&p->config);
	buf_release(&p->baseline);
	arena_release(&p->arena);
	fs_release(&p->fs);
}
