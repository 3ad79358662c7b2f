#include <limits.h>

#include "base.h"
#include "kernel.h"
#include "child.h"
#include "config.h"
#include "diag.h"
#include "xalloc.h"

static const char *const directories[] = { "/usr/local/sbin", "/usr/sbin", "/sbin",
					   "/usr/local/bin",  "/usr/bin",  "/bin" };

const char *kernel_kind_name(enum backend_kind kind)
{
	return kind == KERNEL_NFT ? "nft" : "legacy";
}

static char *find_program(const char *name)
{
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", directories[i], name);
		if (access(path.data, X_OK) == 0)
			return buf_detach(&path);
	}
	buf_release(&path);
	return NULL;
}

/* Ask a program: "iptables v1.8.9 (nf_tables)". -1: it does not say. */
static int kind_by_version(const char *program)
{
	struct child child = CHILD_INIT;
	struct diags unused = DIAGS_INIT;
	int kind = -1;

	child.argv[0] = program;
	child.argv[1] = "--version";
	if (child_run(&child, &unused) == 0 && child.status == 0) {
		if (strstr(buf_str(&child.out), "(nf_tables)"))
			kind = KERNEL_NFT;
		else if (strstr(buf_str(&child.out), "iptables"))
			kind = KERNEL_LEGACY; /* versions before 1.8 say nothing */
	}
	child_release(&child);
	diags_release(&unused);
	return kind;
}

/* A link of the alternatives system tells at once; only otherwise the program is asked. */
static int kind_of(const char *program)
{
	char real[PATH_MAX];

	if (realpath(program, real)) {
		if (strstr(real, "xtables-nft"))
			return KERNEL_NFT;
		if (strstr(real, "xtables-legacy"))
			return KERNEL_LEGACY;
	}
	return kind_by_version(program);
}

/* iptables-nft-restore, or iptables-restore where that is of the wanted kind. */
static char *find_tool(enum family family, enum backend_kind kind, const char *what)
{
	const char *prefix = family == FAMILY_IPV4 ? "iptables" : "ip6tables";
	struct buf name = BUF_INIT;
	char *path;

	buf_addf(&name, "%s-%s-%s", prefix, kernel_kind_name(kind), what);
	path = find_program(name.data);
	if (!path) {
		buf_reset(&name);
		buf_addf(&name, "%s-%s", prefix, what);
		path = find_program(name.data);
		if (path && kind_of(path) != (int)kind) {
			free(path);
			path = NULL;
		}
	}
	buf_release(&name);
	return path;
}

static int find_tools(struct kernel *kernel, unsigned int families, struct diags *diags)
{
	FOR_EACH_FAMILY(f) {
		kernel->restore[f] = find_tool(f, kernel->kind, "restore");
		kernel->save[f] = find_tool(f, kernel->kind, "save");
		if (families & family_bit(f) && (!kernel->restore[f] || !kernel->save[f]))
			return diag_error(diags, NULL,
					  "no %s-restore and %s-save of backend %s: is package "
					  "'iptables' installed?",
					  f == FAMILY_IPV4 ? "iptables" : "ip6tables",
					  f == FAMILY_IPV4 ? "iptables" : "ip6tables",
					  kernel_kind_name(kernel->kind));
	}
	return 0;
}

int kernel_init(struct kernel *kernel, int choice, unsigned int families, struct diags *diags)
{
	int kind = choice == BACKEND_NFT ? KERNEL_NFT : KERNEL_LEGACY;

	*kernel = (struct kernel){ .chosen = choice != BACKEND_AUTO };
	if (choice == BACKEND_AUTO) {
		char *program = find_program("iptables");

		kind = program ? kind_of(program) : -1;
		free(program);
		if (kind < 0)
			return diag_error(diags, NULL,
					  "no iptables program found: is package 'iptables' "
					  "installed?");
	}
	kernel->kind = (enum backend_kind)kind;
	kernel->ops = kind == KERNEL_NFT ? &kernel_nft_ops : &kernel_legacy_ops;
	return find_tools(kernel, families, diags);
}

void kernel_release(struct kernel *kernel)
{
	FOR_EACH_FAMILY(f) {
		free(kernel->restore[f]);
		free(kernel->save[f]);
	}
	*kernel = (struct kernel){ .ops = NULL };
}
