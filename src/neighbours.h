/*
 * neighbours: other firewall programs on the host that would get in the way,
 * named before they do; and rampart's own chains in the other backend.
 */
#ifndef RAMPART_NEIGHBOURS_H
#define RAMPART_NEIGHBOURS_H

#include <stdbool.h>

struct config;
struct diags;
struct fs;
struct kernel;
struct state;

/* Warn of each that is enabled: it would load its own rules over ours at boot. */
void neighbours_warn(const struct config *config, const struct fs *fs, struct diags *diags);

/* Warn where IPv6 addresses are up that "families = {ipv4}" leaves unfiltered. */
void neighbours_warn_ipv6(const struct config *config, struct diags *diags);

/*
 * The backend that is not in use. ret_own: it holds chains of ours. Rules of
 * others there are worth a warning: packets go through both.
 */
void neighbours_other_backend(const struct kernel *kernel, const struct state *current,
			      bool *ret_own, struct diags *diags);

#endif
