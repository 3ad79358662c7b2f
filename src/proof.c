#include "base.h"
#include "proof.h"
#include "diag.h"
#include "kernel.h"
#include "kmsg.h"
#include "proof_copy.h"
#include "proof_part.h"
#include "proven.h"
#include "proven_legacy.h"
#include "proven_nft.h"

struct proof {
	struct proof_part part[PROOF_PARTS];
	struct child child[PROOF_PARTS];     /* of the parts */
	struct proven_nft *nft[PROOF_PARTS]; /* NULL: not wanted, or not to be had here */
	size_t nr;
	struct diags *diags;
};

_Static_assert((int)PROOF_PARTS == (int)PROVEN_PARTS, "each keeps its own");

/* All at the same time. */
static int restore_all(struct proof *p, bool copy)
{
	struct kmsg log = kmsg_open();
	size_t before = p->diags->nr;
	int ret = 0;

	for (size_t i = 0; i < p->nr; i++)
		if (part_start_restore(&p->part[i], copy) < 0)
			ret = -1;
	if (copy && proof_copy(p->child, p->nr, p->nft, p->diags) < 0) {
		for (size_t i = 0; i < p->nr; i++)
			p->part[i].started = false; /* there is nothing to be had of them */
		ret = -1;
	}
	for (size_t i = 0; i < p->nr; i++)
		if (p->part[i].started && part_finish_restore(&p->part[i], &log) < 0)
			ret = -1;
	kmsg_close(&log);
	diags_sort(p->diags, before); /* refusals come by part and table */
	return ret;
}

static int save_all(struct proof *p)
{
	int ret = 0;

	for (size_t i = 0; i < p->nr; i++)
		if (part_start_save(&p->part[i]) < 0)
			ret = -1;
	for (size_t i = 0; i < p->nr; i++)
		if (p->part[i].started && part_finish_save(&p->part[i]) < 0)
			ret = -1;
	return ret;
}

/* nft: the part's copy, if it is of all its rules. */
static bool keep_nft(struct proof *p, size_t i, struct proven *ret)
{
	struct proof_part *part = &p->part[i];

	if (!p->nft[i] || proven_nft_match(p->nft[i], part->canonical, part->tables) < 0)
		return false;
	ret->nft[i] = p->nft[i];
	p->nft[i] = NULL;
	return true;
}

/* legacy: the part's tables, as long as its namespace is there. */
static bool keep_legacy(const struct proof_part *part, struct proven_legacy **ret)
{
	struct proven_legacy *legacy =
		proven_legacy_read(part->scratch.netns[part->family], part->tables);

	if (legacy && proven_legacy_match(legacy, part->canonical) == 0) {
		*ret = legacy;
		return true;
	}
	proven_legacy_free(legacy);
	return false;
}

/* In a user namespace nothing can be committed anyway. */
static void keep_proven(struct proof *p, enum backend_kind kind, struct proven *ret)
{
	ret->whole = geteuid() == 0;
	for (size_t i = 0; i < p->nr && ret->whole; i++)
		ret->whole = kind == KERNEL_NFT ? keep_nft(p, i, ret) :
						  keep_legacy(&p->part[i], &ret->legacy[i]);
}

/* Close those that are open. */
static void close_parts(struct proof *p, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		part_close(&p->part[i]);
		proven_nft_free(p->nft[i]);
	}
}

static enum proof_result run(struct proof *p, const struct kernel *kernel,
			     struct proven *ret_proven)
{
	enum proof_result ret = PROOF_REFUSED;

	for (size_t i = 0; i < p->nr; i++) {
		p->part[i].child = &p->child[i];
		p->part[i].diags = p->diags;
		if (part_open(&p->part[i], kernel) < 0) {
			int saved = errno;

			close_parts(p, i);
			errno = saved;
			return PROOF_IMPOSSIBLE;
		}
	}
	if (restore_all(p, ret_proven && kernel->kind == KERNEL_NFT && geteuid() == 0) == 0 &&
	    save_all(p) == 0)
		ret = PROOF_OK;
	if (ret == PROOF_OK && ret_proven)
		keep_proven(p, kernel->kind, ret_proven);
	close_parts(p, p->nr);
	return ret;
}

enum proof_result proof_run(const struct kernel *kernel, const struct ipsets *sets,
			    struct ruleset *placed, const unsigned int tables[FAMILY_NR],
			    struct ruleset *ret_canonical, struct proven *ret_proven,
			    struct diags *diags)
{
	struct proof p = { .diags = diags };

	FOR_EACH_FAMILY(f) {
		struct proof_part *part = &p.part[p.nr];

		if (!tables[f])
			continue;
		*part = (struct proof_part){
			.family = f, .sets = sets, .placed = placed, .canonical = ret_canonical
		};
		part->tables[f] = tables[f];
		p.nr++;
	}
	return run(&p, kernel, ret_proven);
}

enum proof_result proof_run_shares(const struct kernel *kernel, const struct ipsets *sets,
				   struct ruleset placed[PROOF_PARTS], enum family family,
				   unsigned int tables, struct ruleset ret_canonical[PROOF_PARTS],
				   struct proven *ret_proven, struct diags *diags)
{
	struct proof p = { .nr = PROOF_PARTS, .diags = diags };

	for (size_t i = 0; i < p.nr; i++) {
		struct proof_part *part = &p.part[i];

		*part = (struct proof_part){ .family = family,
					     .sets = sets,
					     .placed = &placed[i],
					     .canonical = &ret_canonical[i] };
		part->tables[family] = tables;
	}
	return run(&p, kernel, ret_proven);
}
