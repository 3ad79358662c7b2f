#include "base.h"
#include "move.h"
#include "diag.h"
#include "flush.h"
#include "neighbours.h"
#include "pipeline.h"

static const struct state no_state = STATE_INIT;

static enum backend_kind other_backend(const struct pipeline *p)
{
	return p->kernel.kind == KERNEL_NFT ? KERNEL_LEGACY : KERNEL_NFT;
}

int move_check(struct pipeline *p, struct transaction *tx)
{
	const char *other = kernel_kind_name(other_backend(p));
	bool own = false;

	neighbours_other_backend(&p->kernel, &p->current, &own, p->diags);
	if (p->current.exists && p->current.backend != p->kernel.kind)
		tx->old = &no_state;
	if (!own || p->options->move)
		return 0;
	return diag_error(p->diags, NULL,
			  "rampart's chains are live in backend %s, and this is %s: 'rampart flush "
			  "--backend %s' takes them out, 'rampart apply --move' moves them",
			  other, kernel_kind_name(p->kernel.kind), other);
}

int move_finish(struct pipeline *p)
{
	struct kernel other;
	struct outcome outcome = { .kind = OUTCOME_REFUSED };

	if (kernel_init(&other, other_backend(p) == KERNEL_NFT ? BACKEND_NFT : BACKEND_LEGACY,
			p->config.families, p->diags) == 0)
		outcome = flush_backend(
			p, &other,
			p->current.exists && p->current.backend == other.kind ? &p->current : NULL,
			true, NULL);
	kernel_release(&other);
	if (outcome.kind == OUTCOME_SAME || outcome.kind == OUTCOME_APPLIED)
		return 0;
	return diag_error(p->diags, NULL, "rampart's chains could not be taken out of backend %s",
			  kernel_kind_name(other_backend(p)));
}
