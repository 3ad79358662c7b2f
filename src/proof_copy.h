/*
 * proof_copy: the restore programs of a proof, whose batches are copied as they go by: the kernel
 * gets them from the programs themselves, and its refusals are theirs to tell.
 * in:     children that were started with TRAP_SEND
 * out:    the copies, where each batch could be copied
 */
#ifndef RAMPART_PROOF_COPY_H
#define RAMPART_PROOF_COPY_H

#include <stddef.h>

struct child;
struct diags;
struct proven_nft;

/* Until all have ended. ret: of each; NULL where something was not copied. -1 after adding to
 * diags: none has any. */
int proof_copy(struct child *children, size_t nr, struct proven_nft **ret, struct diags *diags);

#endif
