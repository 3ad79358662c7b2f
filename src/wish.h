/*
 * wish: what scripts wanted done beside rules, and the baseline allows: modules loaded, sysctls
 * set. Kept with a generation, since a boot loads that without running the scripts.
 *
 * As text, a line each, fields between tabs: KIND, FILE:LINE, NAME, VALUE (of a module: empty).
 * KIND is "module", "sysctl" or "ipset"; the value of an ipset is a line of "ipset save". No field
 * holds a tab but the value, no line a newline.
 */
#ifndef RAMPART_WISH_H
#define RAMPART_WISH_H

struct buf;
struct diags;
struct origin;

void wish_add(struct buf *lines, const char *kind, const struct origin *origin, const char *name,
	      const char *value);

/* Before rules are proven or loaded, they may need them. -1: one could not be loaded, after a
 * warning. lines: NULL is none. */
int wish_load_modules(const char *lines, struct diags *diags);
/* Before rules are loaded that name them. -1: not all could be made, after a warning. */
int wish_fill_ipsets(const char *lines, struct diags *diags);
/* After the rules are live. The value is written only where it is another. -1: one could not be
 * set, after a warning. */
int wish_set_sysctls(const char *lines, struct diags *diags);

#endif
