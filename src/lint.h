/*
 * lint: what the kernel takes but hardly anybody means, as warnings with origin;
 * and one error: a loop of chains that no built-in chain reaches, which neither
 * backend looks at.
 */
#ifndef RAMPART_LINT_H
#define RAMPART_LINT_H

struct diags;
struct ruleset;

/* nft takes 15 chains nested below a built-in one (NFT_JUMP_STACK_SIZE of the kernel is 16) */
enum { LINT_DEPTH_MAX = 15 };

int lint_ruleset(const struct ruleset *placed, struct diags *diags);

/* A hashlimit whose parameters change under the same name: the kernel keeps the old ones as
 * long as a rule uses them. Both in canonical text. */
void lint_hashlimit(const struct ruleset *live, const struct ruleset *wanted, struct diags *diags);

#endif
