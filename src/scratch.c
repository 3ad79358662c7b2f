#include "base.h"
#include "scratch.h"
#include "diag.h"
#include "ipset.h"
#include "kernel.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int scratch_open(struct scratch *scratch, const struct kernel *kernel, unsigned int families)
{
	*scratch = (struct scratch){ .kernel = kernel,
				     .netns = { -1, -1 },
				     .userns = { -1, -1 },
				     .with_user = geteuid() != 0 };
	FOR_EACH_FAMILY(f) {
		if (!(families & family_bit(f)))
			continue;
		if (child_new_namespaces(scratch->with_user, &scratch->netns[f],
					 &scratch->userns[f]) < 0) {
			int saved = errno;

			scratch_close(scratch);
			errno = saved;
			return -1;
		}
	}
	return 0;
}

void scratch_close(struct scratch *scratch)
{
	FOR_EACH_FAMILY(f) {
		close_fd(&scratch->netns[f]);
		close_fd(&scratch->userns[f]);
	}
}

static int restore_sets(struct scratch *scratch, enum family family, const struct buf *text,
			struct diags *diags)
{
	const char *program = ipset_program();
	struct child child = CHILD_INIT;
	int ret = 0;

	if (!text->len)
		return 0;
	if (!program)
		return diag_error(diags, NULL,
				  "the rules name ipsets, but there is no ipset program");
	child.argv[0] = program;
	child.argv[1] = "restore";
	child.input = text->data;
	child.input_len = text->len;
	child.netns = scratch->netns[family];
	child.userns = scratch->userns[family];
	ret = child_run(&child, diags);
	if (ret == 0 && child.status != 0)
		ret = diag_error(diags, NULL, "the ipsets can't be mirrored for the proof: %s",
				 child_error(&child));
	child_release(&child);
	return ret;
}

static int mirror_sets(struct scratch *scratch, const struct ipsets *sets, enum family family,
		       struct diags *diags)
{
	struct buf text = BUF_INIT;
	int ret;

	ipsets_mirror(sets, family, &text);
	ret = restore_sets(scratch, family, &text, diags);
	buf_release(&text);
	return ret;
}

int scratch_mirror_sets(struct scratch *scratch, const struct ipsets *sets, unsigned int families,
			struct diags *diags)
{
	FOR_EACH_FAMILY(f)
		if (families & family_bit(f) && mirror_sets(scratch, sets, f, diags) < 0)
			return -1;
	return 0;
}

int scratch_fill_sets(struct scratch *scratch, enum family family, const struct buf *text,
		      struct diags *diags)
{
	return restore_sets(scratch, family, text, diags);
}

static void enter(const struct scratch *scratch, enum family family, struct child *child)
{
	child->netns = scratch->netns[family];
	child->userns = scratch->userns[family];
}

int scratch_start_restore(struct scratch *scratch, enum family family, const struct buf *text,
			  bool noflush, struct child *child, struct diags *diags)
{
	*child = (struct child)CHILD_INIT;
	child->argv[0] = scratch->kernel->restore[family];
	child->argv[1] = noflush ? "--noflush" : NULL;
	child->input = buf_str(text);
	child->input_len = text->len;
	child->trap.kind = scratch->trap;
	enter(scratch, family, child);
	return child_start(child, diags);
}

int scratch_start_save(struct scratch *scratch, enum family family, struct child *child,
		       struct diags *diags)
{
	*child = (struct child)CHILD_INIT;
	child->argv[0] = scratch->kernel->save[family];
	enter(scratch, family, child);
	return child_start(child, diags);
}

int scratch_renew(struct scratch *scratch, enum family family, const struct ipsets *sets,
		  struct diags *diags)
{
	close_fd(&scratch->netns[family]);
	close_fd(&scratch->userns[family]);
	if (child_new_namespaces(scratch->with_user, &scratch->netns[family],
				 &scratch->userns[family]) < 0)
		return diag_error(diags, NULL, "no network namespace for the proof: %s",
				  strerror(errno));
	return mirror_sets(scratch, sets, family, diags);
}
