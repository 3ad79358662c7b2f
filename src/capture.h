/*
 * capture: script drop-ins, run in a sandbox, with their calls of iptables answered here.
 *
 * A script sees virtual tables: empty, but for the chains that earlier drop-ins declared. What it
 * does to them is kept, and added to wanted at the place of the drop-in. Each call gets the real
 * program's answer. Most are worked out here; whatever is not certain, and every call with output,
 * goes to the real program, in a scratch namespace that is brought up to the state of the virtual
 * tables first (capture_real.c).
 *
 * Security: all that comes from a script is hostile: its requests, its files, its processes. The
 * real programs that work on its behalf run inside its sandbox, as its uid, with no right but
 * that to change the rules of the scratch namespace.
 *
 * owns:   the sandbox, the results; capture_free(). Rules stay capture's, which has to live longer
 *         than the wanted ruleset.
 * fails:  -1 after adding to diags
 */
#ifndef RAMPART_CAPTURE_H
#define RAMPART_CAPTURE_H

#include <stdbool.h>

struct buf;
struct capture;
struct config;
struct diags;
struct dropin;
struct dropin_list;
struct fs;
struct hosts;
struct ipsets;
struct kernel;
struct wanted;

struct capture_context {
	const struct config *config;
	const struct kernel *kernel;
	const struct fs *fs;
	struct ipsets *ipsets;
	struct hosts *hosts;
	const struct dropin_list *dropins; /* all, in their order */
	struct diags *diags;
	bool verbose; /* what a script writes is worth a note */
	/*
	 * Nothing is taken for certain: every rule goes to the kernel when it is added. For a
	 * second run, after the kernel has refused what seemed certain: at the end it only says
	 * that it does so, here the script hears of it as natively.
	 */
	bool careful;
};

struct capture *capture_new(const struct capture_context *context);
void capture_free(struct capture *capture);

/* Run a script drop-in, if it was not run before, and add what it made to wanted. */
int capture_add(struct capture *capture, const struct dropin *dropin, struct wanted *wanted);
/* Were there rules that only seemed certain? Is the origin's file a script? */
bool capture_was_sure(const struct capture *capture);
bool capture_is_script(const struct capture *capture, const char *file);

/* What the scripts made, as text: the same text, the same rules. */
void capture_describe(const struct capture *capture, struct buf *text);

/* What the scripts asked for beside rules and the baseline allows, as lines of wish.h. */
void capture_wishes(const struct capture *capture, struct buf *lines);

#endif
