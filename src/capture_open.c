#include "capture_internal.h"
#include "capture_shell.h"
#include "config.h"
#include "diag.h"
#include "discover.h"
#include "kernel.h"
#include "text.h"
#include "xalloc.h"

/* The sandbox, once for all scripts of a run, and the real programs in it. */

#define XTABLES_LOCK "xtables.lock"

static struct real make_real(struct capture *capture, const char *program, const char *argv0)
{
	char resolved[PATH_MAX];
	struct buf path = BUF_INIT;

	if (!realpath(program, resolved))
		return (struct real){ NULL, argv0 };
	buf_addf(&path, SANDBOX_REAL "/%s", text_base_name(resolved));
	return (struct real){ buf_detach(&path), arena_strdup(&capture->arena, argv0) };
}

/* The programs of the backend: iptables-nft-restore, and iptables-nft beside it. */
static void find_real(struct capture *capture)
{
	FOR_EACH_FAMILY(f) {
		const char *restore = capture->ctx.kernel->restore[f];
		char *command;

		if (!restore)
			continue;
		command = xstrndup(restore, strlen(restore) - strlen("-restore"));
		capture->restore[f] = make_real(capture, restore, text_base_name(restore));
		capture->command[f] = make_real(capture, command, text_base_name(command));
		free(command);
	}
}

/* The mirror costs ten milliseconds: only where a script, or what it reads in, may need it. */
static bool wants_sysctl(const struct capture *capture)
{
	static const char *const words[] = {
		"sysctl", "proc/sys", "source ", "\n. ", "\t. ", " . "
	};

	for (size_t i = 0; i < capture->nr_scripts; i++)
		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			if (strstr(buf_str(&capture->script[i].dropin->text), words[j]))
				return true;
	return false;
}

/* All that is stood in for: the well known paths, and where this host has its own. */
static const char **all_tools(const struct capture *capture)
{
	const char **tools;
	size_t nr = 0;

	while (tool_paths[nr])
		nr++;
	tools = xcalloc(nr + 2 * FAMILY_NR + 1, sizeof(*tools));
	memcpy(tools, tool_paths, nr * sizeof(*tools));
	FOR_EACH_FAMILY(f) {
		if (capture->ctx.kernel->restore[f])
			tools[nr++] = capture->ctx.kernel->restore[f];
		if (capture->ctx.kernel->save[f])
			tools[nr++] = capture->ctx.kernel->save[f];
	}
	return tools;
}

static int open_sandbox(struct capture *capture)
{
	struct diags *diags = capture->ctx.diags;
	struct sandbox_file *scripts = xcalloc(capture->nr_scripts, sizeof(*scripts));
	const char **tools = all_tools(capture);
	/* the real programs' lock is no file of the script's: a FIFO would block them */
	struct sandbox_file extra[] = { { SHELL_PRELUDE, shell_prelude, strlen(shell_prelude) },
					{ XTABLES_LOCK, "", 0 } };
	struct sandbox_setup setup = { .scripts = scripts,
				       .nr_scripts = capture->nr_scripts,
				       .extra = extra,
				       .nr_extra = ARRAY_SIZE(extra),
				       .shim = shim_image,
				       .shim_len =
					       (uintptr_t)shim_image_end - (uintptr_t)shim_image,
				       .tools = tools,
				       .mirror_sysctl = wants_sysctl(capture) };
	int ret;

	for (size_t i = 0; i < capture->nr_scripts; i++) {
		const struct script *script = &capture->script[i];

		scripts[i] =
			(struct sandbox_file){ script->host_path, buf_str(&script->dropin->text),
					       script->dropin->text.len };
	}
	ret = sandbox_open(&capture->sandbox, &setup, diags);
	if (ret > 0)
		ret = diag_error(diags, NULL, "scripts can't be run: no namespaces here: %s",
				 strerror(errno));
	free(tools);
	free(scripts);
	return ret;
}

int open_all(struct capture *capture)
{
	if (capture->sandbox.init > 0)
		return 0;
	if (open_sandbox(capture) < 0)
		return -1;
	capture->userns = capture->sandbox.userns;
	capture->confine = (struct child_confinement){ .mntns = capture->sandbox.mntns,
						       .uid = capture->sandbox.uid,
						       .cwd = "/",
						       .lockfile = SANDBOX_EXTRA "/" XTABLES_LOCK };
	find_real(capture);
	return capture->ipsets.len ? 0 : ipset_open(capture);
}
