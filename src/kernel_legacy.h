/*
 * kernel_legacy: whole tables of ip_tables and their fingerprint, for an exchange of tables: what
 * kernel_ops.fingerprint would say of them.
 */
#ifndef RAMPART_KERNEL_LEGACY_H
#define RAMPART_KERNEL_LEGACY_H

#include <xxhash.h>

#include "kernel_blob.h"

/* Without entries if it does not exist; make: then it is made. -1 with errno set. */
int legacy_read_table(enum family family, enum xtable table, bool make, struct blob *ret_blob);

/* NULL with errno set. The tables follow in the order of FOR_EACH_TABLE_BIT, and are stripped by
 * it; then the end. */
XXH3_state_t *legacy_print_begin(void);
void legacy_print_table(XXH3_state_t *state, struct blob *blob);
uint64_t legacy_print_end(XXH3_state_t *state);

#endif
